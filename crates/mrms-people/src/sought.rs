//! [`Sought`]: what somebody looks for in a list, word by word.

use crate::name::likeness;

/// The words of a search. All of them are to be found, in any order, each in anything that is said of what is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought(Vec<Word>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    looks: String,
    /// The number that it is, `7` or `#7`.
    number: Option<u64>,
}

impl Sought {
    /// The words of a text. Of one without any, everything is found.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let word = |word: &str| Word {
            looks: likeness(word),
            number: word.strip_prefix('#').unwrap_or(word).parse().ok(),
        };
        Self(text.split_whitespace().map(word).filter(|word| !word.looks.is_empty()).collect())
    }

    /// Whether nothing is looked for, and everything is found.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether what has this number is found: `says` tells whether anything that is said of it has a word, of which it gets the
    /// [`likeness`].
    pub fn finds(&self, number: u64, mut says: impl FnMut(&str) -> bool) -> bool {
        self.0.iter().all(|word| word.number == Some(number) || says(&word.looks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_to_be_found_somewhere_in_any_order() {
        let said = ["CT: e+1, 2004-01-19", "Image (DICOM)", "Radiology South"].map(likeness);
        let finds = |text: &str| {
            Sought::of(text).finds(7, |word| said.iter().any(|one| one.contains(word)))
        };
        for text in ["CT 2004", "2004 ct", "south ct", "  ", "7", "#7 dicom", "ra\u{301}diology"] {
            let expected = text != "ra\u{301}diology";
            assert_eq!(finds(text), expected, "{text}");
        }
        for text in ["CT 2005", "MR 2004", "#2004", "17"] {
            assert!(!finds(text), "{text}");
        }
        assert!(Sought::of(" \t").is_everything() && !Sought::of("7").is_everything());
    }
}
