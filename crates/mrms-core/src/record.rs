//! Records and their versions, as the contract names them.
//!
//! Only identifiers and hashes. Does not know what a version contains: `mrms-crypto` does.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not a record id.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRecordIdError {
    /// Something other than decimal digits, or a number of 2^128 or more.
    #[error("a record id is a whole number from 0 to 2^128 - 1, not {text:?}")]
    NotANumber {
        /// The text as given.
        text: String,
    },
}

/// Identifier of a medical record: the contract's `record-id`, a Clarity `uint`.
///
/// Range: 0 to 2^128 - 1. Written in decimal, in JSON as a string, since most JSON readers round
/// numbers beyond 2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(u128);

impl RecordId {
    /// The record with this number.
    #[must_use]
    pub const fn new(number: u128) -> Self {
        Self(number)
    }

    /// The number, as the contract's `uint`.
    #[must_use]
    pub const fn number(self) -> u128 {
        self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RecordId {
    type Err = ParseRecordIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits => Ok(Self(number)),
            _ => Err(ParseRecordIdError::NotANumber { text: text.to_owned() }),
        }
    }
}

impl Serialize for RecordId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Number of a version of a record, from 1. Versions are added, never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(NonZeroU64);

impl Version {
    /// The version that `create-medical-record` writes.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// The version with this number; `None` for 0, which no version has.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number, at least 1.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0.get()
    }

    /// The version after this one; stays at the largest number, which no chain reaches.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Every version from the first to this one.
    pub fn up_to(self) -> impl DoubleEndedIterator<Item = Version> {
        (1..=self.number()).filter_map(Version::new)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is not a version number.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a version is a whole number from 1, not {text:?}")]
pub struct ParseVersionError {
    /// The text as given.
    pub text: String,
}

impl FromStr for Version {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| ParseVersionError { text: text.to_owned() })
    }
}

/// SHA-256 of a version's `encrypted-content`, as the contract stores it.
///
/// Always of ciphertext: the hash of a short plaintext could be guessed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// A hash that was read from somewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Hashes the bytes that go, or went, to the contract.
    #[must_use]
    pub fn of(encrypted_content: &[u8]) -> Self {
        use sha2::{Digest, Sha256};
        Self(Sha256::digest(encrypted_content).into())
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_ids_that_are_not_plain_decimal_are_refused() {
        for text in ["", "-1", "+1", " 1", "0x10", "u1", "340282366920938463463374607431768211456"]
        {
            assert!(text.parse::<RecordId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn record_ids_cover_the_whole_clarity_uint() {
        for number in [0, 1, u128::MAX] {
            assert_eq!(number.to_string().parse(), Ok(RecordId::new(number)));
        }
    }

    #[test]
    fn version_zero_does_not_exist() {
        assert_eq!(Version::new(0), None);
        assert!("0".parse::<Version>().is_err());
        assert_eq!(Version::FIRST.next().up_to().map(Version::number).collect::<Vec<_>>(), [1, 2]);
    }
}
