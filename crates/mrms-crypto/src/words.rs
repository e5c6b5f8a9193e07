//! The 24 words from which everything of a person can be recovered (BIP-39, English list).
//!
//! Makes and takes only 24 words (256 bits), and never a BIP-39 passphrase: whoever forgot it would
//! lose every record without a warning. [`crate::keyring`] derives keys from the words.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use bip39::{Language, Mnemonic};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::secret;

/// How many words there are: 256 bits and a checksum of 8.
pub const WORD_COUNT: usize = 24;

/// Why a text is not 24 words. Words are named by position only, so that an error can be logged.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// Too few or too many.
    #[error("{WORD_COUNT} words are needed, {count} were given")]
    Count {
        /// How many were given.
        count: usize,
    },
    /// A word that the list does not have: usually a typing error.
    #[error("word {position} is not in the list of words (BIP-39, English)")]
    NotInList {
        /// Which word, counted from 1.
        position: usize,
    },
    /// Each word is in the list, but together they fail the checksum: one was mistaken for
    /// another, or two changed places.
    #[error("the words do not belong together: one is wrong or two are swapped")]
    Checksum,
}

/// 24 words. Wiped when dropped.
pub struct Words(Mnemonic);

impl Words {
    /// Fresh words.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self::from_entropy(&secret::random(rng))
    }

    /// The words of this entropy.
    pub(crate) fn from_entropy(entropy: &[u8; 32]) -> Self {
        match Mnemonic::from_entropy_in(Language::English, entropy) {
            Ok(mnemonic) => Self(mnemonic),
            Err(_) => unreachable!("256 bits make 24 words"),
        }
    }

    /// The entropy behind the words: all that they are.
    pub(crate) fn to_entropy(&self) -> Zeroizing<[u8; 32]> {
        let (bytes, _) = self.0.to_entropy_array();
        let bytes = Zeroizing::new(bytes);
        let mut entropy = Zeroizing::new([0; 32]);
        entropy.copy_from_slice(&bytes[..32]);
        entropy
    }

    /// Reads words parted by any white space, in any letter case.
    ///
    /// # Errors
    ///
    /// [`WordsError`], in this order: the number of words, a word not in the list, the checksum.
    pub fn parse(text: &str) -> Result<Self, WordsError> {
        let count = text.split_whitespace().count();
        if count != WORD_COUNT {
            return Err(WordsError::Count { count });
        }
        let lower = Zeroizing::new(text.to_ascii_lowercase());
        Mnemonic::parse_in_normalized(Language::English, &lower).map(Self).map_err(|error| {
            match error {
                bip39::Error::UnknownWord(index) => WordsError::NotInList { position: index + 1 },
                _ => WordsError::Checksum,
            }
        })
    }

    /// Reads words as people note them: also with a byte order mark before them, or each after its number, in any order.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn parse_noted(text: &str) -> Result<Self, WordsError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let phrase = unnumbered(text);
        Self::parse(phrase.as_ref().map_or(text, |phrase| phrase.as_str()))
    }

    /// The words, lower case, parted by single spaces: what a person writes down.
    #[must_use]
    pub fn to_phrase(&self) -> Zeroizing<String> {
        // Enough for 24 words of up to 8 letters, so that no smaller copy stays behind.
        let mut phrase = Zeroizing::new(String::with_capacity(WORD_COUNT * 9));
        for word in self.0.words() {
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(word);
        }
        phrase
    }

    /// The BIP-39 seed, with the empty passphrase.
    pub(crate) fn to_seed(&self) -> Zeroizing<[u8; 64]> {
        Zeroizing::new(self.0.to_seed_normalized(""))
    }
}

impl FromStr for Words {
    type Err = WordsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words(..)")
    }
}

/// The words in the order of their numbers; `None` unless each has one before it, and they are 1, 2, 3 and so on.
fn unnumbered(text: &str) -> Option<Zeroizing<String>> {
    let mut words = BTreeMap::new();
    let mut parts = text.split_whitespace();
    while let Some(number) = parts.next() {
        let number: usize = number.trim_end_matches(['.', ')', ':']).parse().ok()?;
        if words.insert(number, parts.next()?).is_some() {
            return None;
        }
    }
    let is_complete = words.keys().copied().eq(1..=words.len());
    let mut phrase = Zeroizing::new(String::with_capacity(text.len()));
    for word in words.values() {
        phrase.push_str(word);
        phrase.push(' ');
    }
    is_complete.then_some(phrase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    fn phrase_of(word: &str, last: &str) -> String {
        format!("{} {last}", [word; 23].join(" "))
    }

    #[test]
    fn a_wrong_number_of_words_is_counted() {
        assert_eq!(Words::parse("").unwrap_err(), WordsError::Count { count: 0 });
        let twelve = format!("{} about", ["abandon"; 11].join(" "));
        assert_eq!(Words::parse(&twelve).unwrap_err(), WordsError::Count { count: 12 });
        let many = phrase_of("abandon", "art art");
        assert_eq!(Words::parse(&many).unwrap_err(), WordsError::Count { count: 25 });
    }

    #[test]
    fn an_unknown_word_is_named_by_position_only() {
        let text = phrase_of("abandon", "art").replacen("abandon abandon", "abandon sekret", 1);
        let error = Words::parse(&text).unwrap_err();
        assert_eq!(error, WordsError::NotInList { position: 2 });
        assert!(!format!("{error} {error:?}").contains("sekret"));
    }

    #[test]
    fn swapped_words_fail_the_checksum() {
        let text = phrase_of("abandon", "art");
        let swapped = text.replacen("abandon", "zoo", 1);
        assert_eq!(Words::parse(&swapped).unwrap_err(), WordsError::Checksum);
    }

    #[test]
    fn words_do_not_print() {
        let words = Words::parse(&phrase_of("abandon", "art")).unwrap();
        assert_eq!(format!("{words:?}"), "Words(..)");
    }

    #[test]
    fn words_survive_writing_down() {
        let mut rng = StdRng::seed_from_u64(1);
        for _ in 0..50 {
            let phrase = Words::generate(&mut rng).to_phrase();
            assert_eq!(phrase.split(' ').count(), WORD_COUNT);
            let spread = phrase.to_uppercase().replace(' ', "\n\t ");
            assert_eq!(*Words::parse(&spread).unwrap().to_phrase(), *phrase);
        }
    }

    // The all-zero vector that BIP-39 publishes, with the empty passphrase.
    #[test]
    fn the_seed_is_the_one_of_the_standard() {
        let words = Words::parse(&phrase_of("abandon", "art")).unwrap();
        let expected = "408b285c123836004f4b8842c89324c1f01382450c0d439af345ba7fc49acf70\
                        5489c6fc77dbd4e3dc1dd8cc6bc9f043db8ada1e243c4a0eafb290d399480840";
        assert_eq!(hex::encode(words.to_seed().as_slice()), expected);
    }
}
