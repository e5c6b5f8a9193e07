//! [`FieldText`]: a short text that somebody wrote for others to read, such as a name.

use std::fmt;

use mrms_core::visible;
use serde::{Deserialize, Serialize};

/// A text of one line, with something to see in it, that acts on no screen: 1 to `MOST` bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FieldText<const MOST: usize>(String);

/// Why a text can't stand in a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// Nothing can be seen in it.
    #[error("the text is empty")]
    Empty,
    /// It is too long.
    #[error("the text has {length} bytes; {most} are the most")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The greatest length in bytes.
        most: usize,
    },
    /// A character would act on the screen in place of being read.
    #[error("the text has a character that acts on a screen: {}", visible::line(&character.to_string()))]
    Acting {
        /// The first such character.
        character: char,
    },
}

impl<const MOST: usize> FieldText<MOST> {
    /// Takes a text without the white space around it.
    ///
    /// # Errors
    ///
    /// [`FieldError`].
    pub fn new(text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        if let Some(character) = visible::acting(text) {
            return Err(FieldError::Acting { character });
        }
        if text.len() > MOST {
            return Err(FieldError::TooLong { length: text.len(), most: MOST });
        }
        if !text.chars().any(is_seen) {
            return Err(FieldError::Empty);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a character leaves something to see: no white space, and none of those that have no width.
fn is_seen(character: char) -> bool {
    let has_no_width = matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
    );
    !character.is_whitespace() && !has_no_width
}

impl<const MOST: usize> fmt::Display for FieldText<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MOST: usize> fmt::Debug for FieldText<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const MOST: usize> TryFrom<String> for FieldText<MOST> {
    type Error = FieldError;

    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::new(&text)
    }
}

impl<const MOST: usize> From<FieldText<MOST>> for String {
    fn from(text: FieldText<MOST>) -> Self {
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_that_can_be_read_is_taken() {
        assert_eq!(FieldText::<8>::new("  Clinic ").unwrap().as_str(), "Clinic");
        assert_eq!(FieldText::<8>::new(" \u{200b}\u{3164} "), Err(FieldError::Empty));
        assert_eq!(FieldText::<8>::new(""), Err(FieldError::Empty));
        for bad in ["a\nb", "a\u{1b}[2Jb", "a\u{202e}b"] {
            assert!(matches!(FieldText::<64>::new(bad), Err(FieldError::Acting { .. })), "{bad:?}");
        }
        let long = "a".repeat(100_000);
        assert_eq!(
            FieldText::<8>::new(&long),
            Err(FieldError::TooLong { length: 100_000, most: 8 })
        );
        assert!(serde_json::from_str::<FieldText<8>>("\"a\\nb\"").is_err());
    }
}
