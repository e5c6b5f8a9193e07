//! The reason of an emergency: only the patient reads its words; the chain has 32 bytes that commit
//! to them.
//!
//! Reasons are short and could be guessed, so the commitment is salted. Whoever declares the
//! emergency makes the salt, and sends it to the patient with the words.

use std::fmt;

use mrms_core::RecordId;
use zeroize::Zeroizing;

use crate::kdf;
use crate::keyring::RecordRoot;

const SALT_INFO: &[u8] = b"mrms/emergency-reason/v1";

/// Why a record was opened in an emergency, with the salt of its commitment.
pub struct EmergencyReason {
    salt: [u8; Self::SALT_LENGTH],
    words: Zeroizing<String>,
}

impl EmergencyReason {
    /// Bytes of a salt.
    pub const SALT_LENGTH: usize = 16;
    /// Most bytes of the words.
    pub const MOST_WORDS: usize = 1_024;

    /// A reason for opening `record`, by the holder of `root`: the same words give the same
    /// commitment again. `None` for words that are blank or longer than
    /// [`MOST_WORDS`](Self::MOST_WORDS) bytes.
    #[must_use]
    pub fn new(root: &RecordRoot, record: RecordId, words: &str) -> Option<Self> {
        let words = words.trim();
        if words.is_empty() || words.len() > Self::MOST_WORDS {
            return None;
        }
        let record = record.number().to_be_bytes();
        let salt = kdf::hkdf(root.expose(), &[], &[SALT_INFO, &record, words.as_bytes()]);
        Some(Self { salt: *salt, words: Zeroizing::new(words.to_owned()) })
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.words
    }

    /// HKDF-SHA256 of the words with the salt: what goes to the chain.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        *kdf::hkdf(self.words.as_bytes(), &self.salt, &[SALT_INFO])
    }

    /// Salt and words, to be sealed to the patient.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([self.salt.as_slice(), self.words.as_bytes()].concat())
    }

    /// A reason that the patient received; `None` when the bytes are no reason.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (salt, words) = bytes.split_first_chunk()?;
        let words = std::str::from_utf8(words).ok().filter(|words| !words.trim().is_empty())?;
        Some(Self { salt: *salt, words: Zeroizing::new(words.to_owned()) })
    }
}

impl fmt::Debug for EmergencyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmergencyReason(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(byte: u8) -> RecordRoot {
        RecordRoot::new(Zeroizing::new([byte; 32]))
    }

    #[test]
    fn blank_and_endless_reasons_are_none() {
        let long = "a".repeat(EmergencyReason::MOST_WORDS + 1);
        for words in ["", " \n", &long] {
            assert!(EmergencyReason::new(&root(1), RecordId::new(1), words).is_none());
        }
        for bytes in [&[0; 15][..], &[0; 16], b"0123456789abcdef ", b"0123456789abcdef\xff"] {
            assert!(EmergencyReason::from_bytes(bytes).is_none());
        }
    }

    #[test]
    fn a_commitment_is_of_one_person_one_record_and_one_text() {
        let commitment = |byte, record, words| {
            EmergencyReason::new(&root(byte), RecordId::new(record), words).unwrap().commitment()
        };
        let one = commitment(1, 1, "unconscious");
        assert_ne!(one, commitment(2, 1, "unconscious"));
        assert_ne!(one, commitment(1, 2, "unconscious"));
        assert_ne!(one, commitment(1, 1, "Unconscious"));
        assert_eq!(one, commitment(1, 1, "unconscious "));
    }

    #[test]
    fn the_patient_reads_the_words_and_finds_the_commitment() {
        let reason = EmergencyReason::new(&root(1), RecordId::new(1), "unconscious").unwrap();
        let read = EmergencyReason::from_bytes(&reason.to_bytes()).unwrap();
        assert_eq!((read.words(), read.commitment()), ("unconscious", reason.commitment()));
        assert_eq!(format!("{reason:?}"), "EmergencyReason(..)");
    }
}
