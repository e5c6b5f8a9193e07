//! Converts between Clarity values and the types of `mrms-core`: one conversion each way for each
//! type.

use mrms_core::{BurnHeight, Powers, Principal, RecordId, Rights, Version};
use mrms_stacks::clarity::{ReadError, Reading, Value};

pub(crate) fn record_value(record: RecordId) -> Value {
    Value::UInt(record.number())
}

pub(crate) fn version_value(version: Version) -> Value {
    Value::uint(version.number())
}

pub(crate) fn principal_value(principal: &Principal) -> Value {
    Value::principal(principal.clone())
}

pub(crate) fn expiry_value(expiry: Option<BurnHeight>) -> Value {
    Value::optional(expiry.map(|height| Value::uint(height.number())))
}

pub(crate) fn height(reading: &Reading<'_>) -> Result<BurnHeight, ReadError> {
    reading.uint().map(BurnHeight::from_uint)
}

pub(crate) fn expiry(reading: &Reading<'_>) -> Result<Option<BurnHeight>, ReadError> {
    reading.optional()?.map(|inner| height(&inner)).transpose()
}

pub(crate) fn version(reading: &Reading<'_>) -> Result<Version, AnswerError> {
    Version::new(reading.uint64()?).ok_or_else(|| unexpected(reading, "a version from u1"))
}

/// The rights of a grant; `None` for the u0 that a revoke leaves.
pub(crate) fn rights(reading: &Reading<'_>) -> Result<Option<Rights>, AnswerError> {
    let bits = u8::try_from(reading.uint()?).ok();
    match bits {
        Some(0) => Ok(None),
        _ => bits
            .and_then(Rights::from_bits)
            .map(Some)
            .ok_or_else(|| unexpected(reading, "rights from u0 to u15")),
    }
}

pub(crate) fn powers(reading: &Reading<'_>) -> Result<Powers, AnswerError> {
    let bits = u8::try_from(reading.uint()?).ok();
    bits.and_then(Powers::from_bits).ok_or_else(|| unexpected(reading, "powers from u1 to u7"))
}

/// A field that contracts before release 2.0.0 do not have.
pub(crate) fn later_field<'a>(
    reading: &Reading<'a>,
    name: &str,
) -> Result<Option<Reading<'a>>, ReadError> {
    match reading.field(name) {
        Err(ReadError::NoField { .. }) => Ok(None),
        found => found.map(Some),
    }
}

pub(crate) fn unexpected(reading: &Reading<'_>, expected: &'static str) -> AnswerError {
    AnswerError::Unexpected {
        path: reading.path().to_owned(),
        found: reading.value().to_string(),
        expected,
    }
}

/// An answer of the contract that this software can't understand: another contract answered, or a
/// newer one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The value has another type than the contract's interface says.
    #[error(transparent)]
    Type(#[from] ReadError),
    /// The type is right, the value is none that the contract gives.
    #[error("{path} is {found}, not {expected}")]
    Unexpected {
        /// Where in the answer.
        path: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
}
