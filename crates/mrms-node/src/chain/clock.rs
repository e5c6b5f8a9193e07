//! Time on the chain: the wall clock that the caller passes in, and the burn clock derived from it.
//!
//! A real Stacks node learns burn heights from Bitcoin. This ledger has no Bitcoin beneath it, so its node
//! makes burn heights: one burn block per ten minutes of wall clock since genesis, plus the burn blocks that
//! an operator has added. Pure, except for [`SystemClock`], which reads the machine's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use super::units::{BurnHeight, UnixTime};

/// Wall-clock length of a burn block, in seconds.
pub const BURN_BLOCK_SECONDS: u64 = 600;

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// The time now. It may go backwards between two calls; the chain never lets its own time go backwards.
    fn now(&self) -> UnixTime;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// Returns 1970 when the clock is set before 1970.
    fn now(&self) -> UnixTime {
        UnixTime::new(
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        )
    }
}

/// When burn time started, and how far operators have moved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BurnClock {
    /// Burn height of the genesis block.
    pub(crate) genesis_height: BurnHeight,
    /// Wall-clock time of the genesis block.
    pub(crate) genesis_time: UnixTime,
    /// Sum of the burn blocks that operators have added with `advance`.
    pub(crate) advanced: u64,
}

impl BurnClock {
    /// Whether the height at `now` fits in a [`BurnHeight`].
    pub(crate) fn counts_at(&self, now: UnixTime) -> bool {
        self.unbounded(now) <= u64::from(u32::MAX)
    }

    fn unbounded(&self, now: UnixTime) -> u64 {
        let elapsed = now.get().saturating_sub(self.genesis_time.get()) / BURN_BLOCK_SECONDS;
        u64::from(self.genesis_height.get()).saturating_add(elapsed).saturating_add(self.advanced)
    }

    /// Burn height at `now`. Never below `parent`: while the clock is behind, the height stays the same.
    pub(crate) fn height(&self, now: UnixTime, parent: BurnHeight) -> BurnHeight {
        BurnHeight::new(u32::try_from(self.unbounded(now)).unwrap_or(u32::MAX)).max(parent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: BurnClock = BurnClock {
        genesis_height: BurnHeight::new(900_000),
        genesis_time: UnixTime::new(1_000),
        advanced: 0,
    };

    #[test]
    fn clock_set_back_does_not_lower_the_height() {
        let parent = BurnHeight::new(900_010);
        assert_eq!(CLOCK.height(UnixTime::new(0), parent), parent);
    }

    #[test]
    fn height_rises_once_in_ten_minutes() {
        let genesis = BurnHeight::new(900_000);
        assert_eq!(CLOCK.height(UnixTime::new(1_599), genesis).get(), 900_000);
        assert_eq!(CLOCK.height(UnixTime::new(1_600), genesis).get(), 900_001);
    }

    #[test]
    fn advance_adds_to_elapsed_time() {
        let advanced = BurnClock { advanced: 5, ..CLOCK };
        assert_eq!(advanced.height(UnixTime::new(2_200), BurnHeight::new(900_000)).get(), 900_007);
    }

    #[test]
    fn height_stops_at_the_highest_number() {
        let advanced = BurnClock { advanced: u64::MAX, ..CLOCK };
        assert_eq!(advanced.height(UnixTime::new(2_200), BurnHeight::new(900_000)).get(), u32::MAX);
    }
}
