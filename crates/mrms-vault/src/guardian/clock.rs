//! [`Clock`]: the vault's clock, a port; and the judge that the guardian reads it through.
//!
//! The guardian does not believe a clock that jumped: it goes on from the last time that it believed, refuses messages
//! and deletes nothing, until the clock is back, or has stood where it is for [`SETTLING_TIME`].

use std::sync::{Arc, Mutex, PoisonError};

use mrms_core::UnixTime;
use mrms_files::ClockJudge;

use super::settings::CLOCK_WINDOW;

/// How long a jump of the clock must stand before it is believed, in seconds.
pub(crate) const SETTLING_TIME: u64 = 600;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> UnixTime;

    /// Seconds since some moment that stays the same, whatever the clock is set to; `None` if there is nothing that
    /// tells them, and then no jump of the clock is noticed.
    fn steady(&self) -> Option<u64> {
        None
    }
}

impl<F: Fn() -> UnixTime + Send + Sync> Clock for F {
    fn now(&self) -> UnixTime {
        self()
    }
}

/// A clock, and what the guardian believes of it.
pub(crate) struct JudgedClock {
    clock: Arc<dyn Clock>,
    judge: Option<Mutex<ClockJudge>>,
}

impl JudgedClock {
    /// Believes what the clock shows, unless it is before the newest line of the log: then either the clock is wrong now,
    /// or it was when that line was written.
    pub(crate) fn new(clock: Arc<dyn Clock>, newest_line: UnixTime) -> Self {
        let judge = clock.steady().map(|steady| {
            let (now, line) = (clock.now().seconds(), newest_line.seconds());
            let believed = if now.saturating_add(CLOCK_WINDOW) < line { line } else { now };
            let mut judge = ClockJudge::new(believed, steady, SETTLING_TIME);
            judge.look(now, steady);
            Mutex::new(judge)
        });
        Self { clock, judge }
    }

    /// The time to go by.
    pub(crate) fn now(&self) -> UnixTime {
        self.look().0
    }

    /// How far the clock is from that time, in seconds, if it jumped.
    pub(crate) fn jump(&self) -> Option<i64> {
        self.look().1
    }

    /// Seconds that no setting of the clock changes, where the clock has them.
    pub(crate) fn steady(&self) -> u64 {
        self.clock.steady().unwrap_or_else(|| self.clock.now().seconds())
    }

    fn look(&self) -> (UnixTime, Option<i64>) {
        let now = self.clock.now();
        let (Some(judge), Some(steady)) = (&self.judge, self.clock.steady()) else {
            return (now, None);
        };
        let mut judge = judge.lock().unwrap_or_else(PoisonError::into_inner);
        let judged = judge.look(now.seconds(), steady);
        (UnixTime::from_seconds(judged.time), judged.jump)
    }
}
