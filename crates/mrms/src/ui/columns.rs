//! Text in columns of a screen: how wide it is, and how it is cut and wrapped.
//!
//! Counts what a terminal draws: a letter with its accents once, and characters of East Asia and most pictures twice.

use std::io::{self, IsTerminal};

/// Columns of a screen that everything fits into.
pub(crate) const SCREEN: usize = 80;

/// Columns that a line of a list may take: those of a screen at a terminal. What goes into a file or another program is
/// not cut, unless COLUMNS says how wide it may be.
pub(crate) fn room() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse::<usize>().ok());
    if io::stdout().is_terminal() {
        return Some(SCREEN);
    }
    said.map(|columns| columns.max(SCREEN))
}

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(of_character).sum()
}

/// The text in at most this many columns; what is cut off ends with an ellipsis.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut taken = 0;
    let mut cut = String::new();
    for one in text.chars() {
        taken += of_character(one);
        if taken + 1 > columns {
            break;
        }
        cut.push(one);
    }
    let mut cut = cut.trim_end().to_owned();
    if columns > 0 {
        cut.push('…');
    }
    cut
}

/// The text cut, and filled with spaces, to exactly this many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let missing = columns.saturating_sub(width(&text));
    format!("{text}{}", " ".repeat(missing))
}

/// The text in lines of a screen. Those after the first begin with `indent` spaces.
pub(crate) fn wrap(text: &str, indent: usize) -> String {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut is_first_word = true;
    for word in text.split(' ') {
        if !is_first_word && width(&line) + 1 + width(word) > SCREEN {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
        } else if !is_first_word {
            line.push(' ');
        }
        line.push_str(word);
        is_first_word = false;
    }
    lines.push(line);
    lines.join("\n")
}

/// Columns of one character.
fn of_character(one: char) -> usize {
    match u32::from(one) {
        0x0300..=0x036f | 0x200b..=0x200f | 0x20d0..=0x20ff | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_to_its_columns_and_never_wider() {
        assert_eq!(cut("Blood test", 10), "Blood test");
        assert_eq!(cut("Blood test, May", 10), "Blood tes…");
        assert_eq!(cut("Blood test", 7), "Blood…");
        assert_eq!(cut("\u{8840}\u{6db2}\u{691c}\u{67fb}", 5), "\u{8840}\u{6db2}…");
        assert_eq!(pad("Mu\u{308}ller", 8), "Mu\u{308}ller  ");
        assert_eq!(cut("anything", 0), "");
    }

    #[test]
    fn wrapped_lines_fit_and_keep_every_word() {
        let text = ["word"; 40].join(" ");
        let wrapped = wrap(&text, 2);
        assert!(wrapped.lines().all(|line| width(line) <= SCREEN), "{wrapped}");
        assert_eq!(wrapped.split_whitespace().count(), 40);
        assert!(wrapped.lines().skip(1).all(|line| line.starts_with("  word")));
    }
}
