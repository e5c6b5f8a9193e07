//! [`ClockJudge`]: tells a machine's clock that jumped from one that went on.
//!
//! A clock that somebody sets, or that a time server corrects, jumps against the time since the machine was started. A
//! jump is not believed at once: the time goes on from the last one that was believed, until the clock is back, or has
//! stood where it is for a while. Pure, except for [`seconds_since_boot`].

/// How far a clock may be off before it counts as one that jumped, in seconds.
const WINDOW: u64 = 300;
/// Seconds between two times that are taken over from the clock: it may run a little fast or slow.
const FOLLOW_AFTER: u64 = 60;

/// The machine's clock, and the time since the machine was started, at one moment. Both in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sample {
    clock: u64,
    steady: u64,
}

impl Sample {
    /// What the clock shows later if it goes on as it should.
    const fn at(self, steady: u64) -> u64 {
        self.clock.saturating_add(steady.saturating_sub(self.steady))
    }
}

/// What a judge says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The time to go by: seconds since 1970.
    pub time: u64,
    /// How far the clock is from that, in seconds, if it jumped: above 0 if it is ahead.
    pub jump: Option<i64>,
}

/// Judges one clock.
#[derive(Clone, Debug)]
pub struct ClockJudge {
    settling_time: u64,
    believed: Sample,
    /// Where the clock jumped to, and when that was first seen.
    jumped: Option<Sample>,
}

impl ClockJudge {
    /// Believes what the clock shows now. `settling_time` is how many seconds a jump must stand before it is believed.
    #[must_use]
    pub const fn new(clock: u64, steady: u64, settling_time: u64) -> Self {
        Self { settling_time, believed: Sample { clock, steady }, jumped: None }
    }

    /// Looks at the clock.
    pub fn look(&mut self, clock: u64, steady: u64) -> Judged {
        let expected = self.believed.at(steady);
        let now = Sample { clock, steady };
        if clock.abs_diff(expected) <= WINDOW {
            self.jumped = None;
            if steady.saturating_sub(self.believed.steady) >= FOLLOW_AFTER {
                self.believed = now;
            }
            return Judged { time: clock, jump: None };
        }
        match self.jumped {
            Some(first) if clock.abs_diff(first.at(steady)) <= WINDOW => {
                if steady.saturating_sub(first.steady) >= self.settling_time {
                    self.jumped = None;
                    self.believed = now;
                    return Judged { time: clock, jump: None };
                }
            }
            _ => self.jumped = Some(now),
        }
        let (ahead, behind) = (clock.saturating_sub(expected), expected.saturating_sub(clock));
        let jump = ahead.cast_signed().saturating_sub(behind.cast_signed());
        Judged { time: expected, jump: Some(jump) }
    }
}

/// Seconds since the machine was started, with the time that it slept. No setting of the clock changes it.
#[must_use]
pub fn seconds_since_boot() -> u64 {
    #[cfg(target_os = "linux")]
    return rustix::time::clock_gettime(rustix::time::ClockId::Boottime).tv_sec.unsigned_abs();
    // Elsewhere since the first call. It does not count the time that the machine slept.
    #[cfg(not(target_os = "linux"))]
    {
        static FIRST: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        FIRST.get_or_init(std::time::Instant::now).elapsed().as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_800_000_000;
    const TEN_DAYS: u64 = 864_000;

    fn judge() -> ClockJudge {
        ClockJudge::new(START, 50, 600)
    }

    #[test]
    fn a_clock_that_is_ahead_for_a_moment_is_told_and_not_believed() {
        let mut judge = judge();
        let ahead = judge.look(START + 10 + TEN_DAYS, 60);
        assert_eq!(ahead, Judged { time: START + 10, jump: Some(864_000) });
        assert_eq!(judge.look(START + 18, 68), Judged { time: START + 18, jump: None });
    }

    #[test]
    fn a_jump_that_stands_is_believed_after_a_while() {
        for clock in [START + TEN_DAYS, START - TEN_DAYS] {
            let mut judge = judge();
            for passed in [0, 300, 599] {
                let judged = judge.look(clock + passed, 60 + passed);
                assert_eq!(judged.time, START + 10 + passed);
                assert!(judged.jump.is_some());
            }
            let judged = judge.look(clock + 600, 660);
            assert_eq!(judged, Judged { time: clock + 600, jump: None });
        }
    }

    #[test]
    fn a_clock_that_jumps_about_is_not_believed() {
        let mut judge = judge();
        for step in 1..20 {
            let judged = judge.look(START + step * TEN_DAYS, 50 + step * 300);
            assert_eq!(judged.time, START + step * 300);
            assert!(judged.jump.is_some());
        }
    }

    #[test]
    fn a_clock_that_runs_a_little_fast_is_followed() {
        let mut judge = judge();
        for hour in 1..1_000_u64 {
            // A second an hour: over a window in all.
            let clock = START + hour * 3_601;
            assert_eq!(judge.look(clock, 50 + hour * 3_600), Judged { time: clock, jump: None });
        }
    }

    #[test]
    fn the_time_since_the_start_does_not_fall() {
        let first = seconds_since_boot();
        assert!(seconds_since_boot() >= first);
    }
}
