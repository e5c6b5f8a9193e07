//! Times on screens of 80 columns: days, and times of days, in the machine's time zone.

use jiff::Zoned;
use mrms_core::{BurnClock, BurnHeight, UnixTime};

use super::times::{said_day, time_left, zoned};

/// A day with its year: `28 Nov 2026`.
pub(crate) fn day(time: UnixTime) -> String {
    zoned(time).strftime("%-d %b %Y").to_string()
}

/// The day of a date that a document has: `4 May 2026`; what has no day stays as it is written.
pub(crate) fn day_of(date: &str) -> String {
    let day = date.split('T').next().unwrap_or_default();
    match day.parse::<jiff::civil::Date>() {
        Ok(date) => date.strftime("%-d %b %Y").to_string(),
        Err(_) => day.to_owned(),
    }
}

/// The day and time of a time in RFC 3339: `28 Nov 2026, 14:02`; any other text unchanged.
pub(crate) fn day_and_time_of(text: &str) -> String {
    match text.parse::<jiff::Timestamp>().map(|time| u64::try_from(time.as_second())) {
        Ok(Ok(seconds)) => {
            let time = UnixTime::from_seconds(seconds);
            format!("{}, {}", day(time), zoned(time).strftime("%H:%M"))
        }
        _ => text.to_owned(),
    }
}

/// A day as it is said around `now`: `Fri 5 Dec`; with the year where it is more than half a year away.
pub(crate) fn near_day(time: UnixTime, now: UnixTime) -> String {
    let half_a_year = 182 * 86_400;
    let is_near = time.seconds().abs_diff(now.seconds()) < half_a_year;
    zoned(time).strftime(if is_near { "%a %-d %b" } else { "%-d %b %Y" }).to_string()
}

/// A moment as it is said around `now`: `Fri 5 Dec, 14:02`.
pub(crate) fn near_time(time: UnixTime, now: UnixTime) -> String {
    format!("{}, {}", near_day(time, now), zoned(time).strftime("%H:%M"))
}

/// The same for a time in RFC 3339; any other text unchanged.
pub(crate) fn near_time_of(text: &str, now: UnixTime) -> String {
    match text.parse::<jiff::Timestamp>().map(|time| u64::try_from(time.as_second())) {
        Ok(Ok(seconds)) => near_time(UnixTime::from_seconds(seconds), now),
        _ => text.to_owned(),
    }
}

/// The end of a grant that is in force: `until Fri 5 Dec`, `until 18:30 today`, `until you end it`. An end just after
/// midnight is that of the day before.
pub(crate) fn until(expiry: Option<BurnHeight>, clock: BurnClock) -> String {
    let Some(height) = expiry else { return "until you end it".to_owned() };
    let end = clock.time_of(height);
    let is_today = |time: &Zoned| time.date() == zoned(clock.now).date();
    if is_today(&zoned(end)) {
        return format!("until {} today", zoned(end).strftime("%H:%M"));
    }
    format!("until {}", near_day(said_day(end), clock.now))
}

/// An end with the day as it was said, and how long it is until then: `until 17 May 2044 (6379 days left)`. The ledger's
/// own end is a burn block, up to ten minutes later.
pub(crate) fn until_said(end: UnixTime, clock: BurnClock) -> String {
    format!("until {} ({} left)", day(said_day(end)), time_left(end, clock))
}

/// How somebody's access ended: `ended Sat 28 Nov`, or by the person themselves.
pub(crate) fn ended(expired: Option<BurnHeight>, clock: BurnClock) -> String {
    match expired {
        Some(height) => format!("ended {}", near_day(clock.time_of(height), clock.now)),
        None => "ended by you".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: BurnClock = BurnClock {
        height: BurnHeight::new(900_000),
        // 2026-11-28T09:00:00Z, a Saturday.
        began: UnixTime::from_seconds(1_795_856_400),
        now: UnixTime::from_seconds(1_795_856_400),
    };

    #[test]
    fn date_of_a_document_is_a_day_where_it_has_one() {
        assert_eq!(day_of("2026-05-04T11:30:00Z"), "4 May 2026");
        assert_eq!(
            (day_of("2026-05-04"), day_of("2026-05")),
            ("4 May 2026".to_owned(), "2026-05".to_owned())
        );
    }

    #[test]
    fn near_ends_have_a_weekday_and_far_ones_a_year() {
        let until = |blocks: u64| until(Some(BurnHeight::new(900_000 + blocks)), CLOCK);
        assert!(until(1).starts_with("until ") && until(1).ends_with(" today"), "{}", until(1));
        assert_eq!(until(144 * 7), "until Sat 5 Dec");
        assert_eq!(until(144 * 365), "until 28 Nov 2027");
        assert_eq!(super::until(None, CLOCK), "until you end it");
        // Until the end of Saturday, which the next burn block is a few minutes after.
        let midnight = zoned(CLOCK.now).date().tomorrow().unwrap();
        let midnight = midnight.to_zoned(zoned(CLOCK.now).time_zone().clone()).unwrap();
        let now = UnixTime::from_seconds(CLOCK.now.seconds() - 2 * 86_400 + 100);
        let early = BurnClock { began: now, now, ..CLOCK };
        let end = UnixTime::from_seconds(u64::try_from(midnight.timestamp().as_second()).unwrap());
        assert_eq!(super::until(early.expiry_at(end), early), "until Sat 28 Nov");
    }
}
