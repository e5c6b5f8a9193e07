//! Whether the index and its node agree on the newest block.
//!
//! A node tells of each block when it has processed it, also of one that ends up beside the chain, and it does not tell that
//! it went back to a block that it had told of before. So the index asks the node for its newest block every few seconds.
//! When two answers in a row name another block than the index's newest, and no block came between them, the index goes
//! there. Pure; [`super::server`] asks and acts.

use serde::Deserialize;

use crate::chain::{BlockHash, BlockHeight};

/// What a node says of its chain (`/v2/info`).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct NodeInfo {
    pub(super) network_id: u32,
    pub(super) stacks_tip_height: u32,
    pub(super) stacks_tip: String,
    pub(super) genesis_chainstate_hash: Option<String>,
}

/// A block's height and the hash of its header.
pub(super) type Place = (BlockHeight, BlockHash);

/// How index and node compared when the node was last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was not asked yet.
    #[default]
    NotAsked,
    /// It does not answer.
    NoAnswer,
    /// It is the node of another chain.
    OtherChain,
    /// It answered, and its newest block is at this height.
    At(BlockHeight),
}

/// What was compared before.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    before: Option<(Place, Option<Place>)>,
    pub(super) standing: Standing,
}

impl Comparison {
    /// Compares the node's newest block with the index's. Returns where the index has to go.
    pub(super) fn compare(&mut self, node: Place, index: Option<Place>) -> Option<Place> {
        self.standing = Standing::At(node.0);
        let is_settled = self.before == Some((node, index));
        self.before = Some((node, index));
        (is_settled && index != Some(node)).then_some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(height: u32) -> Place {
        (BlockHeight::new(height), BlockHash::new([u8::try_from(height).unwrap_or(0); 32]))
    }

    #[test]
    fn index_goes_where_two_answers_in_a_row_say_while_no_block_comes() {
        let mut comparison = Comparison::default();
        assert_eq!(comparison.compare(place(5), Some(place(7))), None, "one answer may be late");
        assert_eq!(comparison.compare(place(5), Some(place(8))), None, "a block came");
        assert_eq!(comparison.compare(place(6), Some(place(8))), None, "the node went on");
        assert_eq!(comparison.compare(place(6), Some(place(8))), Some(place(6)));
    }

    #[test]
    fn index_that_agrees_stays() {
        let mut comparison = Comparison::default();
        for _ in 0..3 {
            assert_eq!(comparison.compare(place(5), Some(place(5))), None);
        }
        assert_eq!(comparison.standing, Standing::At(BlockHeight::new(5)));
    }
}
