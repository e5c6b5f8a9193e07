//! Time on the chain: the wall clock that the caller passes in, and the burn clock derived from it.
//!
//! A real Stacks node learns burn heights from Bitcoin. This ledger has no Bitcoin beneath it, so its node
//! makes burn heights: one burn block per ten minutes of wall clock since genesis, plus the burn blocks that
//! an operator has added. Pure, except for [`SystemClock`] and [`SteadyClock`], which read the machine's clock.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use mrms_files::{ClockJudge, seconds_since_boot};

use super::units::{BurnHeight, UnixTime};

/// Wall-clock length of a burn block, in seconds.
pub const BURN_BLOCK_SECONDS: u64 = 600;
/// How long a jump of the machine's clock must stand before the chain's time follows it, in seconds.
const SETTLING_TIME: u64 = 3_600;

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

/// The machine's clock without its jumps, as the chain's time follows it. A clock that jumps ahead would end grants, and
/// a block made meanwhile would make that final. So a jump counts only when it has stood for an hour; and this clock
/// never goes back, so that no burn height falls that was answered before.
#[derive(Debug)]
pub struct SteadyClock {
    state: Mutex<Steady>,
}

#[derive(Debug)]
struct Steady {
    judge: ClockJudge,
    latest: u64,
}

impl SteadyClock {
    /// Begins with what the machine's clock shows now.
    #[must_use]
    pub fn new() -> Self {
        Self::beginning(SystemClock.now().get(), seconds_since_boot())
    }

    const fn beginning(now: u64, steady: u64) -> Self {
        let judge = ClockJudge::new(now, steady, SETTLING_TIME);
        Self { state: Mutex::new(Steady { judge, latest: now }) }
    }

    fn look(&self, now: u64, steady: u64) -> u64 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let time = state.judge.look(now, steady).time;
        state.latest = state.latest.max(time);
        state.latest
    }
}

impl Default for SteadyClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> UnixTime {
        UnixTime::new(self.look(SystemClock.now().get(), seconds_since_boot()))
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

    /// When a burn height began, or will begin, as the clock counts now. What operators advanced took no time.
    pub(crate) fn began(&self, height: BurnHeight) -> UnixTime {
        let first = u64::from(self.genesis_height.get()).saturating_add(self.advanced);
        let blocks = u64::from(height.get()).saturating_sub(first);
        let elapsed = blocks.saturating_mul(BURN_BLOCK_SECONDS);
        UnixTime::new(self.genesis_time.get().saturating_add(elapsed))
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
    fn a_clock_that_is_sixty_days_ahead_for_a_moment_moves_no_height() {
        const SIXTY_DAYS: u64 = 60 * 86_400;
        let clock = SteadyClock::beginning(1_000, 50);
        let genesis = BurnHeight::new(900_000);
        let height =
            |now, steady| CLOCK.height(UnixTime::new(clock.look(now, steady)), genesis).get();
        assert_eq!(height(1_600, 650), 900_001);
        assert_eq!(height(1_600 + SIXTY_DAYS, 650), 900_001);
        assert_eq!(height(1_608 + SIXTY_DAYS, 658), 900_001);
        assert_eq!(height(1_610, 660), 900_001);
        assert_eq!(height(2_200, 1_250), 900_002);
    }

    #[test]
    fn a_height_that_was_answered_does_not_fall_when_the_clock_is_set_right() {
        let clock = SteadyClock::beginning(100_000, 50);
        assert_eq!(clock.look(100_000 + 3_600, 3_650), 103_600);
        // It was ahead from the start and is set right: believed after an hour, and then the time stands still until
        // the clock is there again.
        for steady in (3_660..20_000).step_by(300) {
            assert!(clock.look(1_000 + steady, steady) >= 103_600);
        }
        assert_eq!(clock.look(200_000, 199_000), 200_000);
    }

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
    fn height_begins_when_the_one_before_ends() {
        let genesis = CLOCK.genesis_time.get();
        for advanced in [0, 5] {
            let clock = BurnClock { advanced, ..CLOCK };
            for late in [0, 1, 599, 600, 1_799] {
                let now = UnixTime::new(genesis + late);
                let began = clock.began(clock.height(now, BurnHeight::new(0)));
                assert_eq!(began.get(), genesis + late / 600 * 600, "{advanced} {late}");
            }
        }
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
