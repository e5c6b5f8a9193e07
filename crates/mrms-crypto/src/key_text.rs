//! How keys are written as text: Bech32 with the prefixes of the age specification.
//!
//! A hybrid recipient has 1,216 bytes, more than Bech32 allows; age uses the checksum without a
//! length limit. Reading is strict: one letter case, the right prefix, the right length, and
//! exactly the text that the bytes are written as.

use bech32::primitives::checksum::Checksum;
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use zeroize::Zeroizing;

/// Why a text is not an age key. The text itself is never part of it: it may be a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseKeyError {
    /// It does not begin like the key that was wanted.
    #[error("not an age key that can be used here: {expected} is needed")]
    Prefix {
        /// How such a key begins.
        expected: &'static str,
    },
    /// It begins like one, but the checksum or the length is wrong: usually mistyped or cut short.
    #[error("not a whole age key beginning with {expected}: mistyped or cut short")]
    Malformed {
        /// How such a key begins.
        expected: &'static str,
    },
    /// The text is in order, but no key pair has this public key.
    #[error("the age key beginning with {expected} is not a valid public key")]
    NotAKey {
        /// How such a key begins.
        expected: &'static str,
    },
}

/// Bech32's checksum (BIP-173) without its limit on length.
enum UnlimitedBech32 {}

impl Checksum for UnlimitedBech32 {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// A kind of key: its prefix, in lower case, and how its text begins.
pub(crate) struct KeyKind {
    pub(crate) prefix: &'static str,
    pub(crate) begins: &'static str,
}

impl KeyKind {
    /// The text of a public key, in lower case.
    pub(crate) fn encode_lower(&self, bytes: &[u8]) -> String {
        self.encode(bytes, bech32::encode_lower::<UnlimitedBech32>)
    }

    /// The text of a secret key, in upper case.
    pub(crate) fn encode_upper(&self, bytes: &[u8]) -> Zeroizing<String> {
        Zeroizing::new(self.encode(bytes, bech32::encode_upper::<UnlimitedBech32>))
    }

    fn encode<E>(&self, bytes: &[u8], encode: fn(Hrp, &[u8]) -> Result<String, E>) -> String {
        match Hrp::parse(self.prefix).ok().and_then(|prefix| encode(prefix, bytes).ok()) {
            Some(text) => text,
            None => unreachable!("{:?} is a prefix and the length is not limited", self.prefix),
        }
    }

    /// Whether `text` begins like a key of this kind, in either case.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let head = text.as_bytes().get(..self.begins.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(self.begins.as_bytes()))
    }

    /// The bytes of a key of this kind and of `N` bytes.
    pub(crate) fn decode<const N: usize>(
        &self,
        text: &str,
    ) -> Result<Zeroizing<[u8; N]>, ParseKeyError> {
        let expected = self.begins;
        if !self.matches(text) {
            return Err(ParseKeyError::Prefix { expected });
        }
        let malformed = ParseKeyError::Malformed { expected };
        let Ok(checked) = CheckedHrpstring::new::<UnlimitedBech32>(text) else {
            return Err(malformed);
        };
        let mut bytes = Zeroizing::new([0; N]);
        let mut read = checked.byte_iter();
        if read.len() != N || !checked.hrp().to_lowercase().eq(self.prefix) {
            return Err(malformed);
        }
        bytes.iter_mut().zip(&mut read).for_each(|(slot, byte)| *slot = byte);
        // The bits that fill up the last character must be zero.
        let again = Zeroizing::new(self.encode_lower(bytes.as_slice()));
        if again.eq_ignore_ascii_case(text) { Ok(bytes) } else { Err(malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: KeyKind = KeyKind { prefix: "age", begins: "age1" };

    #[test]
    fn texts_that_are_not_the_key_are_refused() {
        let text = KIND.encode_lower(&[7; 32]);
        let expected = "age1";
        assert_eq!(KIND.decode::<32>("ago1"), Err(ParseKeyError::Prefix { expected }));
        let mixed = text.replacen('q', "Q", 1);
        let mistyped = format!("age1{}", text[4..].replacen('c', "x", 1));
        for bad in [&text[..text.len() - 1], &mixed, &mistyped, &format!("{text} "), "age1"] {
            assert_eq!(KIND.decode::<32>(bad), Err(ParseKeyError::Malformed { expected }));
        }
        assert_eq!(KIND.decode::<31>(&text), Err(ParseKeyError::Malformed { expected }));
    }

    #[test]
    fn keys_of_any_length_round_trip_in_either_case() {
        let long = KIND.encode_lower(&[9; 1_216]);
        assert_eq!(KIND.decode::<1_216>(&long).unwrap().as_slice(), [9; 1_216]);
        assert_eq!(KIND.decode::<1_216>(&long.to_uppercase()).unwrap().as_slice(), [9; 1_216]);
    }
}
