//! The versions that HTTP's headers name: `W/"3"`.

use crate::outcome::{Refusal, Why};

/// The header `ETag` of a version.
#[must_use]
pub fn of(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// The version in `If-Match` or `If-None-Match`.
///
/// # Errors
///
/// [`Why::Invalid`] when it names none.
pub fn parse(header: &str) -> Result<u64, Refusal> {
    let text = header.trim();
    let text = text.strip_prefix("W/").unwrap_or(text);
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.and_then(|inner| inner.parse().ok()).ok_or_else(|| {
        Why::Invalid.because(format!("{header:?} names no version.")).hint("It is like W/\"3\".")
    })
}

/// Fails when a change was meant for another version than the present one.
///
/// # Errors
///
/// [`Why::OtherVersion`], [`Why::Invalid`].
pub fn must_match(header: Option<&str>, present: u64) -> Result<(), Refusal> {
    match header {
        None => Ok(()),
        Some(header) if header.trim() == "*" => Ok(()),
        Some(header) if parse(header)? == present => Ok(()),
        Some(header) => Err(Why::OtherVersion
            .because(format!(
                "The change is for version {header}, and the present one is {}.",
                of(present)
            ))
            .hint("Read it again, and decide again.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_is_for_the_version_that_its_client_saw() {
        assert_eq!(must_match(None, 3), Ok(()));
        for header in ["W/\"3\"", "\"3\"", " W/\"3\" ", "*"] {
            assert_eq!(must_match(Some(header), 3), Ok(()), "{header}");
        }
        assert_eq!(must_match(Some("W/\"2\""), 3).unwrap_err().why, Why::OtherVersion);
        for header in ["3", "", "W/3", "\"x\""] {
            assert_eq!(must_match(Some(header), 3).unwrap_err().why, Why::Invalid, "{header}");
        }
    }
}
