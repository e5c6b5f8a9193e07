//! Times in ISO 8601, in UTC and to the second, as the hosted API writes them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::chain::UnixTime;

/// Length of 400 years of the Gregorian calendar, after which it repeats.
const SECONDS_OF_400_YEARS: u64 = 146_097 * 86_400;

/// Writes a time, such as `2025-06-15T13:46:40.000Z`. Years after 9999 have more digits.
pub(super) fn iso_8601(time: UnixTime) -> String {
    // jiff ends with the year 9999. The calendar repeats every 400 years, so this formats the same time
    // between 1970 and 2370, and adds the 400-year periods to its year.
    let (periods, second) = (time.get() / SECONDS_OF_400_YEARS, time.get() % SECONDS_OF_400_YEARS);
    let timestamp = Timestamp::UNIX_EPOCH + std::time::Duration::from_secs(second);
    let utc = TimeZone::UTC.to_datetime(timestamp);
    let year = periods * 400 + u64::from(utc.year().unsigned_abs());
    format!("{year:04}{}", utc.strftime("-%m-%dT%H:%M:%S.000Z"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, calculated by hand (days to civil date, after Howard Hinnant's algorithm).
    fn by_hand(time: UnixTime) -> String {
        let (days, second) = (time.get() / 86_400, time.get() % 86_400);
        // Counted from 1 March of year 0, leap days come last: 400 years have 146,097 days.
        let days = days + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z")
    }

    #[test]
    fn times_are_written_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.000Z"),
            (1_750_000_000, "2025-06-15T15:06:40.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799, "9999-12-31T23:59:59.000Z"),
            (253_402_300_800, "10000-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(iso_8601(UnixTime::new(seconds)), text);
        }
    }

    proptest! {
        #[test]
        fn every_time_is_written_as_calculated_by_hand(
            seconds in prop_oneof![0..20_000_000_000_u64, any::<u64>()]
        ) {
            let time = UnixTime::new(seconds);
            prop_assert_eq!(iso_8601(time), by_hand(time));
        }
    }
}
