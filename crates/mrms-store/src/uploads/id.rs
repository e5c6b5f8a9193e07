//! [`UploadId`]: the name of an upload, which only its owner knows.

use std::fmt;
use std::str::FromStr;

/// Name of an upload: 16 random bytes, which only its owner knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId([u8; 16]);

impl UploadId {
    /// An id from 16 bytes that nobody can guess.
    #[must_use]
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for UploadId {
    /// Prints the beginning only: anyone who knows the whole id can append.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UploadId({}..)", hex::encode(&self.0[..4]))
    }
}

/// The text is no id of an upload: 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of an upload is 32 hexadecimal digits")]
pub struct UploadIdError;

impl FromStr for UploadId {
    type Err = UploadIdError;

    fn from_str(text: &str) -> Result<Self, UploadIdError> {
        let mut bytes = [0; 16];
        mrms_core::hexadecimal::decode_to_slice(text, &mut bytes).map_err(|_| UploadIdError)?;
        Ok(Self(bytes))
    }
}
