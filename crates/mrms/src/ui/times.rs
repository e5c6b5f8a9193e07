//! Reads and prints times for people: durations such as `30d`, dates such as `2027-01-31`.
//!
//! No other file of the command line reads the machine's time zone; the portal does so for its pages. The ledger's time is an argument. What can be
//! understood in two ways is refused, with both ways in the hint.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{Disambiguation, OffsetConflict, TimeZone};
use jiff::{Timestamp, ToSpan, Zoned};
use mrms_core::{BurnClock, BurnHeight, Lasting, SECONDS_PER_BURN_BLOCK, UnixTime};

pub(crate) use mrms_app::times::rfc3339;

use crate::ui::failure::{Exit, Failure};

/// Seconds of the furthest end of a grant: about 100 years. Whoever means longer means for ever.
const FURTHEST: u64 = 36_525 * 86_400;

/// What `m` means in a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LetterM {
    /// Minutes: no longer duration is possible here.
    Minutes,
    /// It could be months, so it is refused.
    Unclear,
}

/// Reads a duration in seconds: a whole number and a unit, short or in words: `min`, `h`, `d`, `w`, `2 weeks`.
pub(crate) fn parse_duration(text: &str, letter_m: LetterM) -> Result<u64, Failure> {
    let wrong = || {
        Failure::usage(format!("{text:?} is not a duration"))
            .hint("write a whole number and a unit: 90min, 12h, 30d, 8w, or \"2 weeks\"")
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    // One space, as people write it.
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let seconds: u64 = match unit {
        "m" if letter_m == LetterM::Unclear => {
            return Err(Failure::usage(format!(
                "{text:?} is unclear: m could mean minutes or months"
            ))
            .hint(format!(
                "write {number}min for minutes; for months, give days or weeks: 180d, 26w"
            )));
        }
        "month" | "months" | "year" | "years" => {
            return Err(Failure::usage(format!("{text:?} has no length of its own in days"))
                .hint("give days or weeks, such as 180d or 52w, or the day itself with --until"));
        }
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 604_800,
        _ => return Err(wrong()),
    };
    match number.checked_mul(seconds) {
        Some(seconds) if number > 0 => Ok(seconds),
        _ => Err(wrong()),
    }
}

/// Reads how long a grant is to last, in seconds.
pub(crate) fn grant_duration(text: &str) -> Result<u64, Failure> {
    let seconds = parse_duration(text, LetterM::Unclear)?;
    if seconds > FURTHEST {
        return Err(too_far(format!("{text:?} is longer than 100 years")));
    }
    Ok(seconds)
}

/// Reads when a grant is to end: a time, a date, or `today`, `tomorrow` or a day of the week after `now`.
pub(crate) fn grant_end(text: &str, now: UnixTime) -> Result<UnixTime, Failure> {
    let here = TimeZone::system();
    match day_in_words(text, now, &here)? {
        Some(date) => Ok(unix_time(end_of_day(date, &here))),
        None => parse_time(text, &here),
    }
}

/// Reads a time that has passed: a duration before `now`, such as `1w`; a time; or the beginning of a date, of `today`,
/// of `yesterday`, or of the last such day of the week.
pub(crate) fn past_time(text: &str, now: UnixTime) -> Result<UnixTime, Failure> {
    if date(text).is_none()
        && let Ok(seconds) = parse_duration(text, LetterM::Unclear)
    {
        return Ok(UnixTime::from_seconds(now.seconds().saturating_sub(seconds)));
    }
    let here = TimeZone::system();
    let ahead = day_in_words(text, now, &here)?;
    let today = timestamp(now).to_zoned(here.clone()).date();
    let day = match (text.trim().to_ascii_lowercase().as_str(), ahead) {
        ("today", _) => Some(today),
        ("yesterday", _) => today.checked_add((-1).days()).ok(),
        (_, Some(next)) => next.checked_add((-7).days()).ok(),
        (_, None) => date(text),
    };
    match day {
        Some(day) => Ok(unix_time(beginning_of_day(day, &here))),
        None => parse_time(text, &here),
    }
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// The day of `today`, `tomorrow`, or a day of the week such as `friday` or `fri`; `None` for any other text. A day of
/// the week that is today could mean today or in a week, and is refused.
fn day_in_words(text: &str, now: UnixTime, here: &TimeZone) -> Result<Option<Date>, Failure> {
    let today = timestamp(now).to_zoned(here.clone()).date();
    let after = |days: i64| today.checked_add(days.days()).ok();
    let word = text.trim().to_ascii_lowercase();
    let is_meant = |name: &str| word == name || (word.len() == 3 && name.starts_with(&word));
    let Some((name, weekday)) = WEEKDAYS.iter().find(|(name, _)| is_meant(name)) else {
        return Ok(match word.as_str() {
            "today" => Some(today),
            "tomorrow" => after(1),
            _ => None,
        });
    };
    match today.weekday().until(*weekday) {
        0 => {
            let week = after(7).unwrap_or(today);
            Err(Failure::usage(format!("today is a {name}: {text} could mean today or in a week"))
                .hint(format!("write today, or {week}")))
        }
        days => Ok(after(days.into())),
    }
}

/// The expiry of a grant that is to last until this time. It ends with a burn block: then, or up to ten minutes later.
pub(crate) fn expiry_until(time: UnixTime, clock: BurnClock) -> Result<BurnHeight, Failure> {
    if time.seconds().saturating_sub(clock.now.seconds()) > FURTHEST {
        return Err(too_far(format!("{} is more than 100 years away", with_zone(time))));
    }
    let passed = || in_past(format!("{} has passed", with_zone(time)), clock);
    clock.expiry_at(time).ok_or_else(passed)
}

/// Refuses an expiry that has passed, or is absurdly far away.
pub(crate) fn check_expiry(height: BurnHeight, clock: BurnClock) -> Result<BurnHeight, Failure> {
    if height <= clock.height {
        let reached = format!("burn height {height} was reached, about {}", {
            with_zone(clock.time_of(height))
        });
        return Err(in_past(reached, clock));
    }
    if height > clock.expiry_in(FURTHEST) {
        return Err(too_far(format!("burn height {height} is more than 100 years away")));
    }
    Ok(height)
}

fn in_past(what: String, clock: BurnClock) -> Failure {
    Failure::new(Exit::Failed, "expiry-in-past", what).hint(format!(
        "by the ledger it is {} now, burn height {}: give a later time, or --for 30d",
        with_zone(clock.now),
        clock.height
    ))
}

fn too_far(what: String) -> Failure {
    Failure::usage(what).hint("--forever grants until you revoke it")
}

/// Reads a time. A date means its end, and a time without zone or offset is a local one: both in
/// `here`. A time that the clocks skip or show twice is refused.
fn parse_time(text: &str, here: &TimeZone) -> Result<UnixTime, Failure> {
    // Civil times are parsed last, and only where nothing follows them: their parser passes over an
    // offset.
    let strict = DateTimeParser::new()
        .disambiguation(Disambiguation::Reject)
        .offset_conflict(OffsetConflict::Reject);
    let timestamp = if text.contains('[') {
        strict.parse_zoned(text).ok().map(|zoned| zoned.timestamp())
    } else if let Some(date) = date(text) {
        Some(end_of_day(date, here))
    } else if let Some(time) = local_time(text) {
        let ambiguous = here.to_ambiguous_zoned(time);
        if ambiguous.is_ambiguous() {
            return Err(Failure::usage(format!(
                "{text} is no one time here: the clocks skip it, or show it twice that day"
            ))
            .hint("add the offset from UTC: 2027-10-31T02:30+02:00"));
        }
        ambiguous.unambiguous().ok().map(|zoned| zoned.timestamp())
    } else if has_minutes(text) {
        strict.parse_timestamp(text).ok()
    } else {
        None
    };
    timestamp
        .and_then(|timestamp| u64::try_from(timestamp.as_second()).ok())
        .map(UnixTime::from_seconds)
        .ok_or_else(|| {
            Failure::usage(format!("{text:?} is not a date or time")).hint(
                "write tomorrow, friday; a date, 2027-01-31 (its end); a local time, 2027-01-31T18:00; or a time with its offset or zone: 2027-01-31T18:00+01:00, 2027-01-31T17:00Z, 2027-01-31T18:00[Europe/Berlin]",
            )
        })
}

/// `2027-01-31` and nothing else.
fn date(text: &str) -> Option<Date> {
    let shape = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    shape.then(|| text.parse().ok()).flatten()
}

/// `2027-01-31T18:00` or with seconds, with `T` or a space, and nothing else.
fn local_time(text: &str) -> Option<DateTime> {
    let time = text.get(11..)?;
    let shape = time.bytes().all(|byte| byte.is_ascii_digit() || byte == b':' || byte == b'.');
    (shape && has_minutes(text)).then(|| text.parse().ok()).flatten()
}

/// Whether hours and minutes follow the date: `2027-01-31T18` could mean more than one thing.
fn has_minutes(text: &str) -> bool {
    let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let byte = |at: usize| text.as_bytes().get(at).copied();
    matches!(byte(10), Some(b'T' | b't' | b' '))
        && byte(13) == Some(b':')
        && [11, 12, 14, 15].into_iter().all(digit)
}

/// The end of a day; of the last one that there is, the last time that there is.
fn end_of_day(date: Date, here: &TimeZone) -> Timestamp {
    let next = date.checked_add(1.day()).and_then(|next| next.to_zoned(here.clone()));
    next.map_or(Timestamp::MAX, |next| next.timestamp())
}

/// The first moment of a day.
fn beginning_of_day(date: Date, here: &TimeZone) -> Timestamp {
    date.to_zoned(here.clone()).map_or(Timestamp::MIN, |first| first.timestamp())
}

fn unix_time(time: Timestamp) -> UnixTime {
    UnixTime::from_seconds(u64::try_from(time.as_second()).unwrap_or_default())
}

/// The estimated time of an expiry, for JSON.
pub(crate) fn expires_at(expiry: Option<BurnHeight>, clock: BurnClock) -> Option<String> {
    expiry.map(|height| rfc3339(clock.time_of(height)))
}

/// A time in the machine's time zone, such as `10 December 2026, 14:02`.
pub(crate) fn local(time: UnixTime) -> String {
    zoned(time).strftime("%-d %B %Y, %H:%M").to_string()
}

/// A time in a list, such as `10 Dec 2026, 14:02`.
pub(crate) fn day_and_time(time: UnixTime) -> String {
    zoned(time).strftime("%-d %b %Y, %H:%M").to_string()
}

/// The same for a time in RFC 3339. Returns any other text unchanged.
pub(crate) fn local_of_rfc3339(text: &str) -> String {
    match text.parse::<Timestamp>().map(|time| u64::try_from(time.as_second())) {
        Ok(Ok(seconds)) => local(UnixTime::from_seconds(seconds)),
        _ => text.to_owned(),
    }
}

/// A time with weekday and zone, such as `Thursday, 10 December 2026, 14:02 CET`.
fn with_zone(time: UnixTime) -> String {
    zoned(time).strftime("%A, %-d %B %Y, %H:%M %Z").to_string()
}

/// An expiry in words: `until Thursday, 10 December 2026, about 14:02 CET (18 days left)`.
pub(crate) fn expiry_words(expiry: Option<BurnHeight>, clock: BurnClock) -> String {
    let Some(height) = expiry else { return "until it is revoked".to_owned() };
    let time = clock.time_of(height);
    let when = zoned(time).strftime("%A, %-d %B %Y, about %H:%M %Z").to_string();
    if height <= clock.height {
        format!("ended {when}")
    } else {
        let left = duration_words(time.seconds().saturating_sub(clock.now.seconds()));
        format!("until {when} ({left} left)")
    }
}

/// A moment of the day that was said for an end: a grant until the end of a day ends up to a burn block after its midnight.
pub(crate) fn said_day(end: UnixTime) -> UnixTime {
    UnixTime::from_seconds(end.seconds().saturating_sub(SECONDS_PER_BURN_BLOCK))
}

/// An expiry in a list: `until Friday` within a week, else `until 31 Jan 2027`.
pub(crate) fn until_words(expiry: Option<BurnHeight>, clock: BurnClock) -> String {
    let Some(height) = expiry else { return "until revoked".to_owned() };
    let time = clock.time_of(height);
    let left = time.seconds().saturating_sub(clock.now.seconds());
    let format = match left {
        0..86_400 => "%H:%M",
        86_400..518_400 => "%A",
        518_400.. => "%-d %b %Y",
    };
    let is_tomorrow = left < 86_400 && zoned(time).date() != zoned(clock.now).date();
    let tomorrow = if is_tomorrow { "tomorrow, " } else { "" };
    let said = if left < 86_400 { time } else { said_day(time) };
    format!("until {tomorrow}{}", zoned(said).strftime(format))
}

/// How long it is until a time, in words.
pub(crate) fn time_left(end: UnixTime, clock: BurnClock) -> String {
    duration_words(end.seconds().saturating_sub(clock.now.seconds()))
}

/// A duration in the unit that fits, such as `18 days`.
pub(crate) fn duration_words(seconds: u64) -> String {
    let (number, unit) = match Lasting::of(seconds) {
        Lasting::Over => (0, "minute"),
        Lasting::Minutes(minutes) => (minutes, "minute"),
        Lasting::Hours(hours) => (hours, "hour"),
        Lasting::Days(days) => (days, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

fn timestamp(time: UnixTime) -> Timestamp {
    let seconds = i64::try_from(time.seconds()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

pub(super) fn zoned(time: UnixTime) -> Zoned {
    timestamp(time).to_zoned(TimeZone::system())
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

    /// A zone with summer time, without a database of zones.
    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn until(text: &str) -> Result<BurnHeight, Failure> {
        expiry_until(parse_time(text, &berlin())?, CLOCK)
    }

    fn read(text: &str) -> String {
        rfc3339(parse_time(text, &berlin()).unwrap())
    }

    #[test]
    fn durations_without_number_or_unit_are_refused() {
        for text in [
            "",
            "30",
            "d",
            "0d",
            "-1d",
            "+1d",
            "1.5h",
            "30  d",
            " 30d",
            "30 days ",
            "3 months",
            "1 year",
            "99999999999999999999w",
            "3é",
            "3D",
            "3mo",
            "1d12h",
        ] {
            assert!(parse_duration(text, LetterM::Minutes).is_err(), "{text:?}");
        }
        assert_eq!(parse_duration("30d", LetterM::Unclear).unwrap(), 2_592_000);
        assert_eq!(parse_duration("90min", LetterM::Unclear).unwrap(), 5_400);
        assert_eq!(parse_duration("15m", LetterM::Minutes).unwrap(), 900);
    }

    #[test]
    fn durations_are_taken_as_people_say_them() {
        for (text, seconds) in [
            ("2weeks", 1_209_600),
            ("2 weeks", 1_209_600),
            ("1 day", 86_400),
            ("12 hours", 43_200),
            ("90 minutes", 5_400),
            ("30 d", 2_592_000),
        ] {
            assert_eq!(grant_duration(text).unwrap(), seconds, "{text}");
        }
        let hint = grant_duration("3 months").unwrap_err().hint.unwrap();
        assert!(hint.contains("180d") && hint.contains("--until"), "{hint}");
    }

    #[test]
    fn days_in_words_are_days_after_today() {
        // A Saturday.
        let day = |text: &str| day_in_words(text, CLOCK.now, &berlin()).map(|day| day.unwrap());
        for (text, expected) in [
            ("today", "2026-11-28"),
            ("tomorrow", "2026-11-29"),
            ("Friday", "2026-12-04"),
            ("fri", "2026-12-04"),
            ("sunday", "2026-11-29"),
        ] {
            assert_eq!(day(text).unwrap().to_string(), expected, "{text}");
        }
        let hint = day("saturday").unwrap_err().hint.unwrap();
        assert!(hint.contains("today") && hint.contains("2026-12-05"), "{hint}");
        for text in ["f", "frid", "someday", ""] {
            assert_eq!(day_in_words(text, CLOCK.now, &berlin()).unwrap(), None, "{text}");
        }
    }

    #[test]
    fn past_times_are_durations_days_and_dates() {
        let now = CLOCK.now;
        let since = |text: &str| past_time(text, now).map(|time| now.seconds() - time.seconds());
        assert_eq!(since("1w").unwrap(), 604_800);
        assert_eq!(since("2 days").unwrap(), 172_800);
        let hours = |text: &str| since(text).unwrap() / 3_600;
        assert!(hours("today") < 24 && (24..49).contains(&hours("yesterday")));
        assert!((24..49).contains(&hours("friday")), "the last one");
        assert!((24..49).contains(&hours("2026-11-27")));
        assert!(since("1 month").is_err() && since("often").is_err());
    }

    #[test]
    fn six_m_is_neither_minutes_nor_months() {
        let refused = grant_duration("6m").unwrap_err();
        assert_eq!(refused.exit, Exit::Usage);
        let hint = refused.hint.unwrap();
        assert!(hint.contains("6min") && hint.contains("26w"), "{hint}");
        assert_eq!(grant_duration("6min").unwrap(), 360);
    }

    #[test]
    fn ends_beyond_a_century_are_refused() {
        for text in ["99999999w", "5300w"] {
            assert!(grant_duration(text).unwrap_err().hint.unwrap().contains("--forever"));
        }
        for text in ["9999-12-31", "2999-01-31T00:00Z"] {
            assert!(until(text).unwrap_err().hint.unwrap().contains("--forever"));
        }
        assert!(check_expiry(BurnHeight::from_uint(u128::MAX), CLOCK).is_err());
        assert!(grant_duration("5200w").is_ok());
        assert!(until("2099-12-31").is_ok());
    }

    #[test]
    fn times_with_zone_or_offset_are_taken_exactly() {
        for (text, expected) in [
            ("2027-01-31T18:00:00Z", "2027-01-31T18:00:00Z"),
            ("2027-01-31T18:00Z", "2027-01-31T18:00:00Z"),
            ("2027-01-31T18:00+01:00", "2027-01-31T17:00:00Z"),
            ("2027-01-31 18:00-05:00", "2027-01-31T23:00:00Z"),
            ("2027-01-31T18:00[UTC]", "2027-01-31T18:00:00Z"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn local_times_are_not_the_end_of_the_day() {
        for (text, expected) in [
            ("2027-01-31T09:00", "2027-01-31T08:00:00Z"),
            ("2027-01-31 09:00:30", "2027-01-31T08:00:30Z"),
            ("2027-07-31T09:00", "2027-07-31T07:00:00Z"),
            ("2027-01-31", "2027-01-31T23:00:00Z"),
            // The day of 25 hours.
            ("2027-10-31", "2027-10-31T23:00:00Z"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2027-02-30",
            "31.01.2027",
            "1960-01-01",
            "20270131",
            "2027-01-31T",
            "2027-01-31T18",
            "2027-01-31T25:00",
            "2027-01-31T18:00 CET",
            "2027-01-31T18:00+99:00",
            "2027-01-31T18:00[Nowhere/Atall]",
            "2027-01-31+01:00",
            "2027-01-31T6pm",
            "2027-01-31Z",
            "2027-01-31T18:00:00Z tomorrow",
            " 2027-01-31",
            // Skipped, shown twice, and an offset that is not the zone's.
            "2027-03-28T02:30",
            "2027-10-31T02:30",
            "2027-01-31T18:00+05:00[UTC]",
        ] {
            assert!(parse_time(text, &berlin()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn time_that_has_passed_is_refused() {
        for text in ["2026-11-28T08:59Z", "2026-11-27T23:00Z", "2020-01-31"] {
            assert_eq!(until(text).unwrap_err().code, "expiry-in-past", "{text}");
        }
        assert_eq!(until("2026-11-28T09:05Z").unwrap(), BurnHeight::new(900_001));
        assert_eq!(until("2026-11-28T09:20Z").unwrap(), BurnHeight::new(900_002));
        assert_eq!(check_expiry(CLOCK.height, CLOCK).unwrap_err().code, "expiry-in-past");
    }

    #[test]
    fn end_is_shown_with_weekday_and_zone() {
        let words = expiry_words(Some(BurnHeight::new(900_144)), CLOCK);
        assert!(words.starts_with("until Sunday, 29 November 2026, about "), "{words}");
        let zone = zoned(CLOCK.now).strftime("%Z").to_string();
        assert!(words.contains(&format!(" {zone} (24 hours left)")), "{words}");
    }

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(duration_words(60), "1 minute");
        assert_eq!(duration_words(7_200), "2 hours");
        assert_eq!(duration_words(30 * 86_400), "30 days");
        let shared_a_minute_ago =
            BurnClock { now: UnixTime::from_seconds(CLOCK.now.seconds() + 60), ..CLOCK };
        let words = expiry_words(Some(CLOCK.expiry_in(30 * 86_400)), shared_a_minute_ago);
        assert!(words.ends_with("(30 days left)"), "{words}");
    }
}
