//! The header `Range` of a request for a blob (RFC 9110 section 14).
//!
//! Understands one range of bytes. Several ranges, or another unit, are answered with the whole blob, which the standard
//! allows.

use std::ops::Range;

/// Which part of a blob the client asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// All of it.
    Whole,
    /// These bytes, at least one of which is there.
    Part(Range<u64>),
    /// Bytes that are not there.
    Nothing,
}

/// Reads the header for a blob of `length` bytes.
pub(super) fn asked(header: Option<&str>, length: u64) -> Asked {
    let Some(spec) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return Asked::Whole;
    };
    let Some((first, last)) = spec.split_once('-') else { return Asked::Whole };
    let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse::<u64>().ok(),
        false => None,
    };
    let range = match (number(first.trim()), number(last.trim())) {
        (None, Some(suffix)) if first.trim().is_empty() => length.saturating_sub(suffix)..length,
        (Some(first), None) if last.trim().is_empty() => first..length,
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
        _ => return Asked::Whole,
    };
    if range.start < range.end { Asked::Part(range) } else { Asked::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_beyond_the_end_are_not_there() {
        for header in ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99999999999-"] {
            assert_eq!(asked(Some(header), 10), Asked::Nothing, "{header}");
        }
        assert_eq!(asked(Some("bytes=0-0"), 0), Asked::Nothing);
    }

    #[test]
    fn what_is_no_single_range_is_the_whole() {
        for header in [
            "bytes=5-2",
            "bytes=0-1,4-5",
            "lines=1-2",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=--1",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(asked(Some(header), 10), Asked::Whole, "{header}");
        }
        assert_eq!(asked(None, 10), Asked::Whole);
    }

    #[test]
    fn ranges_are_cut_at_the_end() {
        assert_eq!(asked(Some("bytes=0-0"), 10), Asked::Part(0..1));
        assert_eq!(asked(Some("bytes=3-"), 10), Asked::Part(3..10));
        assert_eq!(asked(Some("bytes=3-99"), 10), Asked::Part(3..10));
        assert_eq!(asked(Some("bytes=-4"), 10), Asked::Part(6..10));
        assert_eq!(asked(Some("bytes=-40"), 10), Asked::Part(0..10));
        let most = format!("bytes=0-{}", u64::MAX);
        assert_eq!(asked(Some(&most), 10), Asked::Part(0..10));
    }
}
