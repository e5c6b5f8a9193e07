//! Whether the burn heights that a node told can be so.
//!
//! A person says "for a day", and the program signs a height that it counts from the node's. A node that tells a later one
//! would have a grant last for years. So nothing with an end is signed until the highest one that was told agrees with what
//! the node can't choose: the newest block that it signed and this machine's clock; on mainnet, Bitcoin's known pace. A
//! height that is too low makes a grant end early, and is not looked for here.

use std::sync::{Mutex, PoisonError};

use mrms_app::ledger::LedgerError;
use mrms_core::{BurnHeight, ChainId, SECONDS_PER_BURN_BLOCK, UnixTime};

use super::RemoteLedger;
use crate::clock::now;
use crate::ledger::lineage;

/// How far ahead a height may be, in burn blocks: a day, since clocks of machines differ.
const AHEAD: u64 = 144;
/// How long the present burn block is taken to have lasted at most.
const LONGEST_BLOCK: u64 = 6 * 60 * 60;

/// A burn height that was reached at a time, as known without the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    height: u64,
    time: UnixTime,
    /// By how many hundredths blocks may come faster than one in ten minutes.
    faster: u64,
}

/// The fourth halving of Bitcoin's reward, on 20 April 2024. Its difficulty follows the pace every two weeks, so that blocks are
/// taken to come by five hundredths faster than one in ten minutes at most, over the years.
const MAINNET: Known =
    Known { height: 840_000, time: UnixTime::from_seconds(1_713_571_767), faster: 5 };

impl Known {
    /// The highest height that can be so at a time.
    fn most(self, now: UnixTime) -> BurnHeight {
        let blocks = now.seconds().saturating_sub(self.time.seconds()) / SECONDS_PER_BURN_BLOCK;
        let faster = blocks.saturating_mul(self.faster) / 100;
        BurnHeight::new(self.height).plus(blocks.saturating_add(faster).saturating_add(AHEAD))
    }
}

/// The highest burn height that the node told this process.
#[derive(Debug, Default)]
pub(super) struct ToldHeights(Mutex<Option<BurnHeight>>);

impl ToldHeights {
    pub(super) fn note(&self, told: BurnHeight) {
        let mut highest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *highest = (*highest).max(Some(told));
    }

    fn highest(&self) -> Option<BurnHeight> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the present burn height began, as far as what the node says of it can be so.
pub(super) fn began(told: UnixTime, now: UnixTime) -> UnixTime {
    let earliest = UnixTime::from_seconds(now.seconds().saturating_sub(LONGEST_BLOCK));
    told.min(now).max(earliest)
}

fn check(told: BurnHeight, known: Known, now: UnixTime) -> Result<(), LedgerError> {
    let most = known.most(now);
    if told <= most {
        return Ok(());
    }
    let reason = format!(
        "the node says that burn block {told} is reached; by this machine's clock and what is known without the node, it is {most} at most"
    );
    Err(LedgerError::BurnHeight { reason })
}

impl RemoteLedger {
    /// Refuses where the node told a burn height that can't be so, and where an embedded ledger's node signs nothing to compare it
    /// with. Of networks other than mainnet nothing is known.
    pub(super) fn check_told_heights(&self) -> Result<(), LedgerError> {
        let Some(told) = self.told.highest() else { return Ok(()) };
        let known = match self.proofs()? {
            Some((proofs, node_key)) => {
                let tip = lineage::signed_tip(&proofs, &node_key)?.header;
                let height = u64::from(tip.burn_height.get());
                Some(Known { height, time: UnixTime::from_seconds(tip.time.get()), faster: 0 })
            }
            None if self.is_embedded() => {
                let reason = "the node shows no block that its key signed".to_owned();
                return Err(LedgerError::BurnHeight { reason });
            }
            None => (self.network.chain_id == ChainId::MAINNET).then_some(MAINNET),
        };
        known.map_or(Ok(()), |known| check(told, known, now()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const DAY: u64 = 24 * 60 * 60;
    const KNOWN: Known = Known { height: 1_000, time: UnixTime::from_seconds(10 * DAY), faster: 0 };

    fn is_taken(told: u64, known: Known, seconds: u64) -> bool {
        check(BurnHeight::new(told), known, UnixTime::from_seconds(seconds)).is_ok()
    }

    #[test]
    fn height_may_be_ahead_by_a_day_and_no_more() {
        let week = 7 * 144;
        assert!(is_taken(1_000 + week, KNOWN, 17 * DAY));
        assert!(is_taken(1_000 + week + AHEAD, KNOWN, 17 * DAY));
        assert!(!is_taken(1_001 + week + AHEAD, KNOWN, 17 * DAY));
        assert!(is_taken(0, KNOWN, 17 * DAY), "too low is not looked for");
        assert!(is_taken(1_000, KNOWN, 0), "a clock from before the block");
        assert!(!is_taken(u64::MAX, KNOWN, 17 * DAY));
    }

    #[test]
    fn mainnet_at_its_pace_is_taken_and_ten_years_ahead_is_not() {
        // At the halving; and 20,000 blocks later at ten minutes each, and by four hundredths faster.
        for (height, time) in
            [(840_000, 1_713_571_767), (860_000, 1_725_571_767), (860_800, 1_725_571_767)]
        {
            assert!(is_taken(height, MAINNET, time), "{height}");
            assert!(!is_taken(height + 10 * 52_560, MAINNET, time), "{height}");
        }
    }

    #[test]
    fn highest_of_what_was_told_counts() {
        let told = ToldHeights::default();
        assert_eq!(told.highest(), None);
        for height in [5, 900, 7] {
            told.note(BurnHeight::new(height));
        }
        assert_eq!(told.highest(), Some(BurnHeight::new(900)));
    }

    #[test]
    fn present_block_did_not_begin_long_ago_nor_later_than_now() {
        let now = UnixTime::from_seconds(100 * DAY);
        let at = UnixTime::from_seconds;
        assert_eq!(began(at(0), now), at(100 * DAY - LONGEST_BLOCK));
        assert_eq!(began(at(100 * DAY - 300), now), at(100 * DAY - 300));
        assert_eq!(began(at(101 * DAY), now), now);
    }
}
