//! Dates and times as people of each language read them, in this machine's zone.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use mrms_core::{SECONDS_PER_BURN_BLOCK, UnixTime};

use crate::words::{Language, Words};

fn zoned(time: UnixTime) -> Option<Zoned> {
    let seconds = i64::try_from(time.seconds()).ok()?;
    Some(Timestamp::from_second(seconds).ok()?.to_zoned(TimeZone::system()))
}

/// A day: `28 May 2026`, `28. Mai 2026`, `28 de mayo de 2026`.
pub(crate) fn day(words: &Words, time: UnixTime) -> String {
    let Some(at) = zoned(time) else { return String::new() };
    let month = words.say(&format!("month-{}", at.month()));
    match words.language() {
        Language::English => format!("{} {month} {}", at.day(), at.year()),
        Language::German => format!("{}. {month} {}", at.day(), at.year()),
        Language::Spanish => format!("{} de {month} de {}", at.day(), at.year()),
    }
}

/// A day with its weekday: `Monday 28 May 2026`.
fn weekday(words: &Words, at: &Zoned, time: UnixTime) -> String {
    let weekday = words.say(&format!("weekday-{}", at.weekday().to_monday_one_offset()));
    let comma = if words.language() == Language::English { "" } else { "," };
    format!("{weekday}{comma} {}", day(words, time))
}

/// A day with its weekday and time: `Monday 28 May 2026, 14:30`.
pub(crate) fn day_and_time(words: &Words, time: UnixTime) -> String {
    let Some(at) = zoned(time) else { return String::new() };
    format!("{}, {:02}:{:02}", weekday(words, &at, time), at.hour(), at.minute())
}

/// The time of a day: `14:30`.
pub(crate) fn clock(time: UnixTime) -> String {
    zoned(time).map(|at| format!("{:02}:{:02}", at.hour(), at.minute())).unwrap_or_default()
}

/// The end of something, in the same way. What was given until the end of a day ends with the burn block after its midnight,
/// and is said to end with that day: `Monday 28 May 2026, 24:00`.
pub(crate) fn end(words: &Words, time: UnixTime) -> String {
    let said = UnixTime::from_seconds(time.seconds().saturating_sub(SECONDS_PER_BURN_BLOCK));
    match (zoned(said), zoned(time)) {
        (Some(before), Some(at)) if before.date() < at.date() => {
            format!("{}, 24:00", weekday(words, &before, said))
        }
        _ => day_and_time(words, time),
    }
}

/// A time as the ledger tells it of a block.
pub(crate) fn of_block(text: &str) -> Option<UnixTime> {
    let time: Timestamp = text.parse().ok()?;
    u64::try_from(time.as_second()).ok().map(UnixTime::from_seconds)
}

/// The end of a day, as a browser's form writes it: `2026-05-28`.
pub(crate) fn end_of_day(date: &str) -> Option<UnixTime> {
    let date: jiff::civil::Date = date.trim().parse().ok()?;
    let end = date.tomorrow().ok()?.to_zoned(TimeZone::system()).ok()?;
    u64::try_from(end.timestamp().as_second()).ok().map(UnixTime::from_seconds)
}

/// A day as a browser's form writes it, if there is such a day: `1980-02-29`.
pub(crate) fn date(text: &str) -> Option<String> {
    text.parse::<jiff::civil::Date>().ok().map(|date| date.to_string())
}

/// The day here at a time, as ISO 8601 has it: `2026-05-28`.
pub(crate) fn local_date(time: UnixTime) -> String {
    zoned(time).map(|at| at.date().to_string()).unwrap_or_default()
}

/// A time for programs: `2026-05-28T14:30:00Z`.
pub(crate) fn machine(time: UnixTime) -> String {
    let seconds = i64::try_from(time.seconds()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_is_read_in_each_language() {
        let noon = UnixTime::from_seconds(1_779_969_600); // 2026-05-28T12:00Z
        let of = |language| day(&Words::of(language), noon);
        assert_eq!(of(Language::English), "28 May 2026");
        assert_eq!(of(Language::German), "28. Mai 2026");
        assert_eq!(of(Language::Spanish), "28 de mayo de 2026");
        assert_eq!(machine(noon), "2026-05-28T12:00:00Z");
        assert_eq!(of_block(&machine(noon)), Some(noon));
        assert!(
            day_and_time(&Words::of(Language::German), noon)
                .starts_with("Donnerstag, 28. Mai 2026")
        );
        let words = Words::of(Language::English);
        let midnight = end_of_day("2026-05-28").unwrap();
        let after = |seconds| UnixTime::from_seconds(midnight.seconds() + seconds);
        for late in [0, 1, SECONDS_PER_BURN_BLOCK - 1] {
            assert_eq!(end(&words, after(late)), "Thursday 28 May 2026, 24:00", "{late}");
        }
        let next = end(&words, after(SECONDS_PER_BURN_BLOCK));
        assert_eq!(next, "Friday 29 May 2026, 00:10");
    }
}
