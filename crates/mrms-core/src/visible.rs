//! Text from others, made safe to show: which characters would act on a screen in place of being
//! read, and how each of them is written so that it can be read.
//!
//! These characters move the cursor, set colors, clear lines, begin a new line, or turn the reading
//! direction. With them, whoever wrote a label or a reason could forge what the program says. Knows
//! no terminal and no format; sources: Unicode Standard Annex #9 (bidirectional formatting
//! characters), ECMA-48 (control sequences).

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character acts on the screen in place of being seen: control characters, line and
/// paragraph separators, and those that turn the reading direction.
#[must_use]
pub const fn acts(character: char) -> bool {
    // `char::is_control` is not const.
    matches!(
        character,
        '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// The first character of a text that [`acts`], if one does.
#[must_use]
pub fn acting(text: &str) -> Option<char> {
    text.chars().find(|character| acts(*character))
}

/// A text that is part of a line: each character that [`acts`] is written as `\n`, `\t`, `\r`, or
/// as its number, such as `\u{1b}`.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    written(text, acts)
}

/// A text of several lines, whose line ends and tabs are meant. Other characters as in [`line()`].
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    written(text, |character| !matches!(character, '\n' | '\t') && acts(character))
}

fn written(text: &str, is_written: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_written) {
        return Cow::Borrowed(text);
    }
    let mut visible = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            _ if !is_written(character) => visible.push(character),
            '\n' => visible.push_str("\\n"),
            '\r' => visible.push_str("\\r"),
            '\t' => visible.push_str("\\t"),
            // Writing to a `String` never fails.
            _ => {
                let _ = write!(visible, "\\u{{{:x}}}", u32::from(character));
            }
        }
    }
    Cow::Owned(visible)
}

/// JSON text in which each character that [`acts`] is an escape, `\u001b`. JSON escapes most control
/// characters itself, but not those from U+007F on. A reader of the JSON gets the same strings.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    let is_raw = |character: char| character > '\x1f' && acts(character);
    if !text.chars().any(is_raw) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_raw(character) {
            // They stand in strings alone, and all of them are below U+10000: one escape each.
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORGED: &str = "asleep\x1b[2K\r\nnothing differs\u{202e}\u{9b}1m";

    #[test]
    fn what_acts_on_a_screen_is_written_out() {
        assert_eq!(line(FORGED), "asleep\\u{1b}[2K\\r\\nnothing differs\\u{202e}\\u{9b}1m");
        for acting in ["\u{61c}", "\u{200e}", "\u{200f}", "\u{2028}", "\u{2029}", "\u{7f}", "\0"] {
            assert!(line(acting).starts_with("\\u{"), "{acting:?}");
        }
        for turn in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            assert!(acts(turn), "{turn:?}");
        }
        for control in ('\0'..='\u{10ffff}').filter(|character| character.is_control()) {
            assert!(acts(control), "{control:?}");
        }
    }

    #[test]
    fn lines_keep_their_ends() {
        assert_eq!(lines("one\ntwo\x1b[A"), "one\ntwo\\u{1b}[A");
    }

    #[test]
    fn letters_of_every_script_stay() {
        for text in ["Käthe", "שלום", "مرحبا", "血液検査", "🩸 👩‍⚕️", "a\\nb"]
        {
            assert_eq!(line(text), text);
            assert_eq!(acting(text), None);
        }
    }

    #[test]
    fn json_has_no_raw_character_that_acts_and_the_same_strings() {
        // As a JSON writer leaves it: characters from U+007F on stand there as they are.
        let text = "{\"reason\":\"a\\u001b\u{9b}2K\u{202e}\u{7f}\"}";
        assert_eq!(json(text), "{\"reason\":\"a\\u001b\\u009b2K\\u202e\\u007f\"}");
        assert_eq!(acting(&json(text)), None);
    }
}
