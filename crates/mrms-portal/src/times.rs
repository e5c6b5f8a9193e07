//! Dates and times as people of each language read them, in this machine's zone.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use mrms_core::UnixTime;

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

/// A day with its weekday and time: `Monday 28 May 2026, 14:30`.
pub(crate) fn day_and_time(words: &Words, time: UnixTime) -> String {
    let Some(at) = zoned(time) else { return String::new() };
    let weekday = words.say(&format!("weekday-{}", at.weekday().to_monday_one_offset()));
    let comma = if words.language() == Language::English { "" } else { "," };
    format!("{weekday}{comma} {}, {:02}:{:02}", day(words, time), at.hour(), at.minute())
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
    }
}
