//! How a time is written in files and answers of the program. How people read it is a face's.

use mrms_core::UnixTime;

/// A time as RFC 3339, in UTC.
#[must_use]
pub fn rfc3339(time: UnixTime) -> String {
    let seconds = i64::try_from(time.seconds()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX).to_string()
}
