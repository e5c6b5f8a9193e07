//! Texts with rules: Clarity names, and the characters of a `string-ascii`.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::str::FromStr;

/// Longest name in a prefixed text: functions, assets, tuple fields.
pub(crate) const NAME_MAX: usize = 128;

/// Why a text is not a Clarity name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a Clarity name: a letter, then letters, digits and -_!?+<>=/*, 128 at most"
)]
pub struct ParseNameError {
    /// The text as given.
    pub text: String,
}

/// A name in Clarity: of a function, an asset or a tuple's field.
///
/// A letter, then letters, digits and `-_!?+<>=/*`, 128 characters at most; or one of the operators
/// `- + = / * < > <= >=`. Ordered by its bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClarityName(Cow<'static, str>);

impl ClarityName {
    /// A name that is known when compiling: use it for constants, where a wrong one doesn't
    /// compile.
    ///
    /// # Panics
    ///
    /// When `text` is not a Clarity name.
    #[must_use]
    pub const fn literal(text: &'static str) -> Self {
        assert!(is_name(text.as_bytes()), "not a Clarity name");
        Self(Cow::Borrowed(text))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_name(text: &[u8]) -> bool {
    match text {
        [] => return false,
        [b'-' | b'+' | b'=' | b'/' | b'*' | b'<' | b'>'] | [b'<' | b'>', b'='] => return true,
        [first, ..] if !first.is_ascii_alphabetic() || text.len() > NAME_MAX => return false,
        _ => {}
    }
    let mut index = 1;
    while index < text.len() {
        let symbol = matches!(
            text[index],
            b'-' | b'_' | b'!' | b'?' | b'+' | b'<' | b'>' | b'=' | b'/' | b'*'
        );
        if !symbol && !text[index].is_ascii_alphanumeric() {
            return false;
        }
        index += 1;
    }
    true
}

impl FromStr for ClarityName {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_name(text.as_bytes()) {
            Ok(Self(Cow::Owned(text.to_owned())))
        } else {
            Err(ParseNameError { text: text.to_owned() })
        }
    }
}

impl Borrow<str> for ClarityName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClarityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ClarityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A character that its kind of text can't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the character {character:?} at byte {at} is not allowed here, printable ASCII is")]
pub struct TextError {
    /// Where it is, in bytes from the start.
    pub at: usize,
    /// The character.
    pub character: char,
}

impl TextError {
    /// The first character of `text` that is not one of those `allowed`, as an error.
    pub(crate) fn check(text: &str, allowed: impl Fn(char) -> bool) -> Result<(), Self> {
        match text.char_indices().find(|(_, character)| !allowed(*character)) {
            Some((at, character)) => Err(Self { at, character }),
            None => Ok(()),
        }
    }
}

/// The text of a `string-ascii`: printable ASCII, tab, line feed, form feed and carriage return.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AsciiString(String);

impl AsciiString {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AsciiString {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        TextError::check(&text, |c| {
            c.is_ascii_graphic() || matches!(c, ' ' | '\t' | '\n' | '\x0c' | '\r')
        })?;
        Ok(Self(text))
    }
}

impl FromStr for AsciiString {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl fmt::Display for AsciiString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AsciiString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_outside_the_rules_are_refused() {
        for text in ["", "1a", "-a", "a b", "a.b", "a'", "ä", "==", "<>", &"a".repeat(129)] {
            assert!(text.parse::<ClarityName>().is_err(), "{text:?}");
        }
        for text in ["a", "A1", "record-id", "is_it?", "x!+<>=/*", "-", "<=", &"a".repeat(128)] {
            assert_eq!(text.parse::<ClarityName>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn control_characters_and_other_scripts_are_no_ascii_string() {
        assert_eq!("a\u{7}".parse::<AsciiString>(), Err(TextError { at: 1, character: '\u{7}' }));
        assert_eq!("né".parse::<AsciiString>(), Err(TextError { at: 1, character: 'é' }));
        assert!("\u{7f}".parse::<AsciiString>().is_err());
        assert_eq!("a ~\t\n\r".parse::<AsciiString>().unwrap().as_str(), "a ~\t\n\r");
    }
}
