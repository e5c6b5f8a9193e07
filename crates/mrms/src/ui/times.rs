//! Reads and prints times for people: durations such as `30d`, dates such as `2027-01-31`.
//!
//! No other file reads the machine's time zone. The ledger's time is an argument.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use mrms_core::{BurnClock, BurnHeight, UnixTime};

pub(crate) use mrms_app::audit::trail::rfc3339;

use crate::ui::failure::Failure;

/// Reads a duration in seconds: a whole number and `m`, `h`, `d` or `w`.
pub(crate) fn parse_duration(text: &str) -> Result<u64, Failure> {
    let wrong = || {
        Failure::usage(format!("{text:?} is not a duration"))
            .hint("write a whole number and a unit: 90m, 12h, 30d or 8w")
    };
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    match number.checked_mul(seconds) {
        Some(seconds) if number > 0 => Ok(seconds),
        _ => Err(wrong()),
    }
}

/// Reads a time: RFC 3339, or a date, which means its end in the machine's time zone.
pub(crate) fn parse_time(text: &str) -> Result<UnixTime, Failure> {
    let timestamp = if let Ok(timestamp) = text.parse::<Timestamp>() {
        Some(timestamp)
    } else {
        text.parse::<Date>().ok().and_then(end_of_day)
    };
    timestamp
        .and_then(|timestamp| u64::try_from(timestamp.as_second()).ok())
        .map(UnixTime::from_seconds)
        .ok_or_else(|| {
            Failure::usage(format!("{text:?} is not a date"))
                .hint("write a date, 2027-01-31, or a time, 2027-01-31T18:00:00Z")
        })
}

fn end_of_day(date: Date) -> Option<Timestamp> {
    let next = date.checked_add(1.day()).ok()?;
    Some(next.to_zoned(TimeZone::system()).ok()?.timestamp())
}

/// The estimated time of an expiry, for JSON.
pub(crate) fn expires_at(expiry: Option<BurnHeight>, clock: BurnClock) -> Option<String> {
    expiry.map(|height| rfc3339(clock.time_of(height)))
}

/// A time in the machine's time zone, such as `10 December 2026, 14:02`.
pub(crate) fn local(time: UnixTime) -> String {
    zoned(time).strftime("%-d %B %Y, %H:%M").to_string()
}

/// The same for a time in RFC 3339. Returns any other text unchanged.
pub(crate) fn local_of_rfc3339(text: &str) -> String {
    match text.parse::<Timestamp>().map(|time| u64::try_from(time.as_second())) {
        Ok(Ok(seconds)) => local(UnixTime::from_seconds(seconds)),
        _ => text.to_owned(),
    }
}

/// An expiry in words: `until 10 December 2026, about 14:02 (18 days left)`.
pub(crate) fn expiry_words(expiry: Option<BurnHeight>, clock: BurnClock) -> String {
    let Some(height) = expiry else { return "until it is revoked".to_owned() };
    let time = clock.time_of(height);
    let when = zoned(time).strftime("%-d %B %Y, about %H:%M").to_string();
    if height <= clock.height {
        format!("ended {when}")
    } else {
        let left = duration_words(time.seconds().saturating_sub(clock.now.seconds()));
        format!("until {when} ({left} left)")
    }
}

/// A duration in its largest fitting unit, such as `18 days`.
pub(crate) fn duration_words(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..3_600 => (seconds.div_ceil(60), "minute"),
        3_600..172_800 => (seconds / 3_600, "hour"),
        172_800.. => (seconds / 86_400, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

fn timestamp(time: UnixTime) -> Timestamp {
    let seconds = i64::try_from(time.seconds()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

fn zoned(time: UnixTime) -> Zoned {
    timestamp(time).to_zoned(TimeZone::system())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_without_number_or_unit_are_refused() {
        for text in ["", "30", "d", "0d", "-1d", "1.5h", "30 d", "99999999999999999999w", "3é"] {
            assert!(parse_duration(text).is_err(), "{text:?}");
        }
        assert_eq!(parse_duration("30d").unwrap(), 2_592_000);
        assert_eq!(parse_duration("90m").unwrap(), 5_400);
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for text in ["", "tomorrow", "2027-02-30", "31.01.2027", "1960-01-01"] {
            assert!(parse_time(text).is_err(), "{text:?}");
        }
        let time = parse_time("2027-01-31T18:00:00Z").unwrap();
        assert_eq!(rfc3339(time), "2027-01-31T18:00:00Z");
    }

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(duration_words(60), "1 minute");
        assert_eq!(duration_words(7_200), "2 hours");
        assert_eq!(duration_words(30 * 86_400), "30 days");
    }
}
