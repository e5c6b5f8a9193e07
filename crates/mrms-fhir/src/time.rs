//! Times as FHIR and HTTP write them, and the span of time that a FHIR date means.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use mrms_core::UnixTime;

fn timestamp(time: UnixTime) -> Timestamp {
    let seconds = i64::try_from(time.seconds()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

/// An instant, in UTC: `2026-05-04T08:30:00Z`.
#[must_use]
pub fn instant(time: UnixTime) -> String {
    timestamp(time).to_string()
}

/// A time as HTTP's headers have it: `Mon, 04 May 2026 08:30:00 GMT`.
#[must_use]
pub fn http_date(time: UnixTime) -> String {
    timestamp(time).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// From a first time on, up to and without a second one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// The first time.
    pub from: Timestamp,
    /// The first time that is no longer meant.
    pub until: Timestamp,
}

impl TimeRange {
    /// The whole second of a time.
    #[must_use]
    pub fn at(time: UnixTime) -> Self {
        Self::lasting(timestamp(time), Span::new().seconds(1))
    }

    fn lasting(from: Timestamp, span: Span) -> Self {
        Self { from, until: from.checked_add(span).unwrap_or(Timestamp::MAX) }
    }

    /// What a FHIR date, dateTime or instant means: the year, month, day, minute or second that it names. Without a
    /// zone it is meant in UTC. `None` for what is no date.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.len() {
            4 => Self::days(text.parse().ok()?, 1, 1, Days::Year),
            7 => Self::days(text.get(..4)?.parse().ok()?, month(text)?, 1, Days::Month),
            10 => {
                let day = text.get(7..)?.strip_prefix('-')?.parse().ok()?;
                Self::days(text.get(..4)?.parse().ok()?, month(text)?, day, Days::Day)
            }
            _ => Self::instant(text),
        }
    }

    fn days(year: i16, month: i8, day: i8, what: Days) -> Option<Self> {
        let first = Date::new(year, month, day).ok()?;
        let next = match what {
            Days::Year => first.checked_add(Span::new().years(1)),
            Days::Month => first.checked_add(Span::new().months(1)),
            Days::Day => first.checked_add(Span::new().days(1)),
        };
        let begins = |date: Date| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp());
        let until = next.ok().and_then(begins).unwrap_or(Timestamp::MAX);
        Some(Self { from: begins(first)?, until })
    }

    fn instant(text: &str) -> Option<Self> {
        let (_, clock) = text.split_once('T')?;
        let end = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
        let (clock, zone) = clock.split_at_checked(end)?;
        let span = match clock.len() {
            5 => Span::new().minutes(1),
            8 => Span::new().seconds(1),
            9.. if clock.as_bytes()[8] == b'.' => Span::new().milliseconds(1),
            _ => return None,
        };
        let from = match zone {
            "" => text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp(),
            _ => text.parse::<Timestamp>().ok()?,
        };
        Some(Self::lasting(from, span))
    }
}

enum Days {
    Year,
    Month,
    Day,
}

fn month(text: &str) -> Option<i8> {
    text.get(4..7)?.strip_prefix('-')?.parse().ok()
}

/// The seconds of a time, for comparing with other clocks.
#[must_use]
pub fn seconds(time: Timestamp) -> UnixTime {
    UnixTime::from_seconds(u64::try_from(time.as_second()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_means_all_that_it_does_not_name() {
        for (text, from, until) in [
            ("2026", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2026-02", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
            ("2026-05-04T08:30", "2026-05-04T08:30:00Z", "2026-05-04T08:31:00Z"),
            ("2026-05-04T08:30:05Z", "2026-05-04T08:30:05Z", "2026-05-04T08:30:06Z"),
            ("2026-05-04T08:30:00+02:00", "2026-05-04T06:30:00Z", "2026-05-04T06:30:01Z"),
        ] {
            let span = TimeRange::parse(text).unwrap();
            assert_eq!(
                (span.from.to_string(), span.until.to_string()),
                (from.into(), until.into())
            );
        }
        let precise = TimeRange::parse("2026-05-04T08:30:00.250Z").unwrap();
        assert_eq!(precise.from.as_millisecond() + 1, precise.until.as_millisecond());
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["", "20", "yesterday", "2026-13", "2026-02-30", "2026/05/04", "2026-05-04T", "äöüß"]
        {
            assert_eq!(TimeRange::parse(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_written_as_the_standards_say() {
        let time = UnixTime::from_seconds(1_777_883_400);
        assert_eq!(instant(time), "2026-05-04T08:30:00Z");
        assert_eq!(http_date(time), "Mon, 04 May 2026 08:30:00 GMT");
    }
}
