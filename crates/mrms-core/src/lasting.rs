//! How long something still lasts, as people count it: thirty days a minute after they began are thirty days.
//!
//! Every face rounds by this, so that none says less than another.

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A length of time in the unit in which people say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// Nothing is left of it.
    Over,
    /// Minutes, begun ones counted whole: below two hours, where it is not one hour.
    Minutes(u64),
    /// Hours, to the nearest: below two days.
    Hours(u64),
    /// Days, to the nearest: two or more.
    Days(u64),
}

impl Lasting {
    /// So many seconds.
    #[must_use]
    pub const fn of(seconds: u64) -> Self {
        let minutes = seconds.div_ceil(MINUTE);
        if seconds == 0 {
            Self::Over
        } else if minutes < 120 && minutes != 60 {
            Self::Minutes(minutes)
        } else if seconds < 2 * DAY - HOUR / 2 {
            Self::Hours(nearest(seconds, HOUR))
        } else {
            Self::Days(nearest(seconds, DAY))
        }
    }
}

const fn nearest(seconds: u64, unit: u64) -> u64 {
    seconds.saturating_add(unit / 2) / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_rounded_as_people_count() {
        for (seconds, said) in [
            (0, Lasting::Over),
            (1, Lasting::Minutes(1)),
            (59 * MINUTE, Lasting::Minutes(59)),
            (HOUR - 30, Lasting::Hours(1)),
            (68 * MINUTE, Lasting::Minutes(68)),
            (2 * HOUR - 1, Lasting::Hours(2)),
            (DAY - MINUTE, Lasting::Hours(24)),
            (2 * DAY - HOUR, Lasting::Hours(47)),
            (2 * DAY - MINUTE, Lasting::Days(2)),
            (30 * DAY - MINUTE, Lasting::Days(30)),
            (30 * DAY + 10 * MINUTE, Lasting::Days(30)),
            (30 * DAY - DAY / 2, Lasting::Days(30)),
            (30 * DAY - DAY / 2 - 1, Lasting::Days(29)),
            (u64::MAX, Lasting::Days(u64::MAX / DAY)),
        ] {
            assert_eq!(Lasting::of(seconds), said, "{seconds}");
        }
    }
}
