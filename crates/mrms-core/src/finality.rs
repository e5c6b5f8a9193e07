//! Finality: from when on a block counts as one that stays.
//!
//! A Stacks block can go away while Bitcoin can go back: Stacks blocks come every few seconds, and all that were made on one
//! Bitcoin block go together with it. So confirmations count **Bitcoin blocks**, for clients and vaults alike. They are
//! counted between blocks: what a node derives from its clock confirms nothing. On the embedded ledger nothing forks, and
//! a block is final at once. Pure rules; whoever asks a chain keeps the ids of the blocks that it relied on, and compares.

use crate::height::{BlockHeight, BurnHeight};
use crate::stx::ChainId;

/// How many Bitcoin blocks must lie on top of a block before something rests on it that can't be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finality {
    confirmations: u64,
}

/// How many blocks below the tip are tried when a chain does not show its newest one: a node tells the id of a block in
/// the next one, and a server may be a little behind.
const HIDDEN: u64 = 8;

impl Finality {
    /// A block is final as soon as it is made.
    pub const AT_ONCE: Self = Self::after(0);
    /// Final, as exchanges count: no fork of Bitcoin is that long. For what is given up or forgotten for good.
    pub const NETWORK: Self = Self::after(6);
    /// What a vault waits for on a network, where its operator names no number: forks of one Bitcoin block happen, and of
    /// two as good as never. A reader waits for it, so it is no longer than that.
    pub const VAULT: Self = Self::after(2);

    /// So many Bitcoin blocks.
    #[must_use]
    pub const fn after(confirmations: u64) -> Self {
        Self { confirmations }
    }

    /// When a block of this chain is final.
    #[must_use]
    pub fn of(chain: ChainId) -> Self {
        if chain == ChainId::EMBEDDED { Self::AT_ONCE } else { Self::NETWORK }
    }

    /// What a vault of this chain waits for, where its operator names no number.
    #[must_use]
    pub fn of_vault(chain: ChainId) -> Self {
        if chain == ChainId::EMBEDDED { Self::AT_ONCE } else { Self::VAULT }
    }

    /// The number of Bitcoin blocks.
    #[must_use]
    pub const fn confirmations(self) -> u64 {
        self.confirmations
    }

    /// Whether a block of one burn height is final, when the newest is of another.
    #[must_use]
    pub const fn is_final(self, block: BurnHeight, newest: BurnHeight) -> bool {
        self.missing(block, newest) == 0
    }

    /// How many Bitcoin blocks are missing until then.
    #[must_use]
    pub const fn missing(self, block: BurnHeight, newest: BurnHeight) -> u64 {
        self.confirmations.saturating_sub(newest.since(block))
    }

    /// The newest block that is final, on a chain whose newest block is at `tip`; `None` if there is none, or the chain does
    /// not show its newest blocks. `known` is one that was final before: the search begins there. `burn_of` tells the burn
    /// height of the block at a height. Found by doubling and halving.
    ///
    /// # Errors
    ///
    /// That of `burn_of`.
    pub fn newest_final<E>(
        self,
        tip: BlockHeight,
        known: Option<BlockHeight>,
        mut burn_of: impl FnMut(BlockHeight) -> Result<Option<BurnHeight>, E>,
    ) -> Result<Option<BlockHeight>, E> {
        if self.confirmations == 0 {
            return Ok(Some(tip));
        }
        let mut newest = None;
        let mut tip = tip.number();
        for below in (0..HIDDEN).filter_map(|back| tip.checked_sub(back)) {
            newest = burn_of(BlockHeight::new(below))?;
            if newest.is_some() {
                tip = below;
                break;
            }
        }
        let Some(newest) = newest else { return Ok(None) };
        let mut is_final = |height: u64| -> Result<bool, E> {
            let burn = burn_of(BlockHeight::new(height))?;
            Ok(burn.is_some_and(|burn| self.is_final(burn, newest)))
        };
        let (mut low, mut step) = (tip, 1_u64);
        let mut high;
        let known = known.map(BlockHeight::number).filter(|known| *known < tip);
        match known {
            Some(known) if is_final(known)? => {
                low = known;
                loop {
                    high = low.saturating_add(step).min(tip);
                    if high == tip || !is_final(high)? {
                        break;
                    }
                    (low, step) = (high, step.saturating_mul(2));
                }
            }
            _ => loop {
                let Some(below) = low.checked_sub(1) else { return Ok(None) };
                (high, low) = (low, below.saturating_sub(step - 1));
                step = step.saturating_mul(2);
                if is_final(low)? {
                    break;
                }
            },
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if is_final(middle)? { low = middle } else { high = middle }
        }
        Ok(Some(BlockHeight::new(low)))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    const CHAIN: ChainId = ChainId::TESTNET;

    #[test]
    fn the_embedded_ledger_is_final_at_once_and_a_network_with_bitcoin() {
        let (old, new) = (BurnHeight::new(100), BurnHeight::new(105));
        assert!(Finality::of(ChainId::EMBEDDED).is_final(new, new));
        assert!(Finality::of_vault(ChainId::EMBEDDED).is_final(new, new));
        assert_eq!(Finality::of(CHAIN).missing(old, new), 1);
        assert!(!Finality::of(CHAIN).is_final(old, new));
        assert!(Finality::of(CHAIN).is_final(old, BurnHeight::new(106)));
        assert!(!Finality::of_vault(CHAIN).is_final(new, new), "nothing rests on the tip");
        assert_eq!(Finality::of(CHAIN).missing(new, old), 6, "a server that is behind");
    }

    /// A chain with these many Stacks blocks on each Bitcoin block from height 100 on; the newest ones may be hidden.
    fn search(per_burn: &[u64], finality: u64, known: Option<u64>, hidden: u64) -> Option<u64> {
        let burns: Vec<u64> = (100..)
            .zip(per_burn)
            .flat_map(|(burn, count)| std::iter::repeat_n(burn, *count as usize))
            .collect();
        let tip = burns.len() as u64 - 1;
        let mut asked = 0;
        let burn_of = |height: BlockHeight| {
            asked += 1;
            let shown = height.number() + hidden <= tip;
            Ok::<_, Infallible>(
                burns.get(height.number() as usize).filter(|_| shown).map(|b| BurnHeight::new(*b)),
            )
        };
        let known = known.map(BlockHeight::new);
        let found =
            Finality::after(finality).newest_final(BlockHeight::new(tip), known, burn_of).unwrap();
        assert!(asked < 40, "{asked} questions");
        found.map(BlockHeight::number)
    }

    #[test]
    fn the_newest_final_block_is_the_last_one_of_its_bitcoin_block() {
        // Blocks 0..=99 are of 100, 100..=219 of 101, 220 of 102, 221..=260 of 104.
        let chain = [100, 120, 1, 0, 40];
        for (finality, expected) in [(0, 260), (1, 220), (2, 220), (3, 219), (4, 99)] {
            assert_eq!(search(&chain, finality, None, 0), Some(expected), "{finality}");
            for known in 0..expected {
                assert_eq!(search(&chain, finality, Some(known), 0), Some(expected), "{known}");
            }
        }
        assert_eq!(search(&chain, 5, None, 0), None, "the chain is too short");
        // What was final is so no more: the chain went back.
        assert_eq!(search(&chain, 4, Some(250), 0), Some(99));
    }

    #[test]
    fn a_chain_that_hides_its_newest_block_is_searched_from_the_one_below() {
        assert_eq!(search(&[5, 5, 5], 1, None, 1), Some(9));
        assert_eq!(search(&[5, 5, 1], 1, None, 1), Some(4), "what is not shown confirms nothing");
        assert_eq!(search(&[50, 50, 50], 1, None, 20), None);
    }
}
