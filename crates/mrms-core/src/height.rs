//! Burn heights, block heights and times: clocks that must never be confused, and the estimate
//! between them.
//!
//! A grant ends at a **burn height** (Bitcoin, about ten minutes a block). A **block height**
//! counts Stacks blocks. People think in dates, so [`BurnClock`] estimates one from the other.
//! Reads no clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Seconds between two Bitcoin blocks, by design of that chain and exactly so on the embedded
/// ledger.
pub const SECONDS_PER_BURN_BLOCK: u64 = 600;

/// Height of a Bitcoin block as the contract sees it.
///
/// Unit: blocks (about ten minutes each). Source: Clarity `burn-block-height`, a `uint` of 128
/// bits: no chain reaches the largest, but an expiry may name it. Never comparable with a Stacks
/// block height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BurnHeight(u128);

impl BurnHeight {
    /// The block at this height.
    #[must_use]
    pub const fn new(height: u64) -> Self {
        Self(height as u128)
    }

    /// The block at this height, as wide as the contract's `uint`.
    #[must_use]
    pub const fn from_uint(height: u128) -> Self {
        Self(height)
    }

    /// The height, in blocks.
    #[must_use]
    pub const fn number(self) -> u128 {
        self.0
    }

    /// Blocks from `earlier` to this one; 0 when it is not earlier, and at most the largest number.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        let blocks = self.0.saturating_sub(earlier.0);
        if blocks > u64::MAX as u128 { u64::MAX } else { blocks as u64 }
    }

    /// The height this many blocks later, at most the largest number.
    #[must_use]
    pub const fn plus(self, blocks: u64) -> Self {
        Self(self.0.saturating_add(blocks as u128))
    }
}

impl fmt::Display for BurnHeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for BurnHeight {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Height of a Stacks block. Never comparable with a [`BurnHeight`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlockHeight(u64);

impl BlockHeight {
    /// The block at this height.
    #[must_use]
    pub const fn new(height: u64) -> Self {
        Self(height)
    }

    /// The height, in blocks.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for BlockHeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A point in time, in whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The time this many seconds after 1970 began.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970 began.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

/// The current burn height, when it began, and the time now: the anchor of every estimate.
///
/// A height's time is counted from when the current height began, so it is the same however late in that height one
/// asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurnClock {
    /// The current height.
    pub height: BurnHeight,
    /// When it began; the time now where the ledger does not tell.
    pub began: UnixTime,
    /// The time now.
    pub now: UnixTime,
}

impl BurnClock {
    /// When `height` will be, or was, reached: an estimate at ten minutes a block.
    #[must_use]
    pub const fn time_of(self, height: BurnHeight) -> UnixTime {
        let ahead = height.since(self.height).saturating_mul(SECONDS_PER_BURN_BLOCK);
        let behind = self.height.since(height).saturating_mul(SECONDS_PER_BURN_BLOCK);
        UnixTime(self.began.0.saturating_add(ahead).saturating_sub(behind))
    }

    /// The expiry of a grant that is to last `seconds`: the first height that is not reached before they are over. Heights
    /// are ten minutes apart, so a grant may last up to ten minutes longer, and never ends sooner; [`Self::time_of`] tells
    /// when.
    #[must_use]
    pub const fn expiry_in(self, seconds: u64) -> BurnHeight {
        self.not_before(UnixTime(self.now.0.saturating_add(seconds)))
    }

    /// The expiry of a grant that is to last until `time`, by the same rule; `None` when `time` has come.
    #[must_use]
    pub const fn expiry_at(self, time: UnixTime) -> Option<BurnHeight> {
        if time.0 <= self.now.0 { None } else { Some(self.not_before(time)) }
    }

    /// The first height, later than the current one, that is not reached before `time`.
    const fn not_before(self, time: UnixTime) -> BurnHeight {
        let blocks = time.0.saturating_sub(self.began.0).div_ceil(SECONDS_PER_BURN_BLOCK);
        self.height.plus(if blocks == 0 { 1 } else { blocks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: BurnClock = BurnClock {
        height: BurnHeight::new(1_000),
        began: UnixTime::from_seconds(600_000),
        now: UnixTime::from_seconds(600_000),
    };

    #[test]
    fn a_height_has_one_time_however_late_in_the_current_one_it_is_asked() {
        for late in [0, 1, 300, 599] {
            let clock = BurnClock { now: UnixTime::from_seconds(600_000 + late), ..CLOCK };
            for height in [1, 998, 1_000, 1_002, 90_000] {
                let height = BurnHeight::new(height);
                assert_eq!(clock.time_of(height), CLOCK.time_of(height), "{late} s, {height}");
            }
        }
        // The next height begins where this one ends, and past and future stay where they were.
        let next = BurnClock {
            height: BurnHeight::new(1_001),
            began: UnixTime::from_seconds(600_600),
            now: UnixTime::from_seconds(600_900),
        };
        assert_eq!(next.time_of(BurnHeight::new(998)), CLOCK.time_of(BurnHeight::new(998)));
    }

    #[test]
    fn a_grant_never_ends_before_what_was_said_and_at_most_a_block_after_it() {
        for late in [0, 1, 300, 599] {
            let now = UnixTime::from_seconds(600_000 + late);
            let clock = BurnClock { now, ..CLOCK };
            for seconds in [1, 59, 600, 3_600, 86_400, 30 * 86_400] {
                let said = UnixTime::from_seconds(now.seconds() + seconds);
                let ends = [Some(clock.expiry_in(seconds)), clock.expiry_at(said)];
                for end in ends.map(|expiry| clock.time_of(expiry.unwrap())) {
                    let longer = end.seconds().checked_sub(said.seconds());
                    assert!(longer.is_some_and(|longer| longer < 600), "{late} {seconds}: {end:?}");
                }
            }
        }
    }

    #[test]
    fn a_time_that_has_come_gives_no_expiry() {
        let clock = BurnClock { now: UnixTime::from_seconds(600_300), ..CLOCK };
        assert_eq!(clock.expiry_at(UnixTime::from_seconds(0)), None);
        assert_eq!(clock.expiry_at(clock.now), None);
        assert_eq!(clock.expiry_at(UnixTime::from_seconds(600_301)), Some(BurnHeight::new(1_001)));
    }

    #[test]
    fn a_duration_rounds_up_to_blocks() {
        assert_eq!(CLOCK.expiry_in(0), BurnHeight::new(1_001));
        assert_eq!(CLOCK.expiry_in(600), BurnHeight::new(1_001));
        assert_eq!(CLOCK.expiry_in(601), BurnHeight::new(1_002));
        assert_eq!(CLOCK.expiry_in(30 * 86_400), BurnHeight::new(1_000 + 4_320));
    }

    #[test]
    fn heights_turn_into_times_both_ways() {
        assert_eq!(CLOCK.time_of(BurnHeight::new(1_002)), UnixTime::from_seconds(601_200));
        assert_eq!(CLOCK.time_of(BurnHeight::new(998)), UnixTime::from_seconds(598_800));
    }
}
