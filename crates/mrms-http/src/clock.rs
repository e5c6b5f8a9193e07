//! [`ClockWatch`]: notices that the machine's clock was set, so that a server can tell its operator.
//!
//! Compares the wall clock with the time since the machine started, which nobody sets and which goes on while the
//! machine sleeps. A clock that is wrong from the beginning is not noticed here.

use std::time::{Duration, Instant, SystemTime};

/// A difference that a clock's usual correction does not make.
const TOLERANCE: Duration = Duration::from_secs(60);

/// Watches the machine's clock from when this was made.
#[derive(Clone, Copy, Debug)]
pub struct ClockWatch {
    wall: SystemTime,
    steady: Steady,
}

impl ClockWatch {
    /// Begins to watch. The clock counts as right now.
    #[must_use]
    pub fn begin() -> Self {
        Self { wall: SystemTime::now(), steady: Steady::now() }
    }

    /// How far the clock was set forward or back since then; `None` if it was not, or by less than a minute.
    #[must_use]
    pub fn was_set_by(&self) -> Option<Duration> {
        self.difference(SystemTime::now(), self.steady.elapsed())
    }

    fn difference(&self, wall: SystemTime, elapsed: Duration) -> Option<Duration> {
        let expected = self.wall.checked_add(elapsed)?;
        let difference = wall.duration_since(expected).unwrap_or_else(|behind| behind.duration());
        (difference > TOLERANCE).then_some(difference)
    }
}

/// A time that only grows, also while the machine sleeps where the system has such a clock.
#[derive(Clone, Copy, Debug)]
enum Steady {
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    SinceBoot(Duration),
    #[cfg_attr(target_os = "linux", allow(dead_code))]
    Awake(Instant),
}

impl Steady {
    fn now() -> Self {
        since_boot().map_or_else(|| Self::Awake(Instant::now()), Self::SinceBoot)
    }

    fn elapsed(self) -> Duration {
        match self {
            Self::SinceBoot(then) => since_boot().unwrap_or(then).saturating_sub(then),
            Self::Awake(then) => then.elapsed(),
        }
    }
}

#[cfg(target_os = "linux")]
fn since_boot() -> Option<Duration> {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME).ok().map(Duration::from)
}

#[cfg(not(target_os = "linux"))]
fn since_boot() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_that_was_set_is_noticed_and_one_that_runs_is_not() {
        let watch = ClockWatch::begin();
        assert_eq!(watch.was_set_by(), None);
        let hour = Duration::from_secs(3_600);
        assert_eq!(watch.difference(watch.wall + hour, hour), None, "also over a long sleep");
        assert_eq!(watch.difference(watch.wall + 2 * hour, hour), Some(hour));
        assert_eq!(watch.difference(watch.wall - hour, Duration::ZERO), Some(hour));
    }
}
