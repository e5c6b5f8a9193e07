//! The text of a document in what somebody pasted: a whole mail, perhaps, with a greeting before it, a signature below it, quote
//! marks at its lines, and its own lines broken. Knows no kind of document; whoever reads it checks kind and signature.

use mrms_stacks::DecodeError;
use mrms_stacks::clarity::Value;

use crate::document::{CODE_BEGINS, MOST_BYTES, TEXT_BEGINS};

/// How bytes are written after what a text begins with.
#[derive(Clone, Copy)]
enum Writing {
    /// Base64url: six bits a character.
    Text,
    /// Base32: five bits a character.
    Code,
}

/// What mail programs put before the lines of whoever is answered.
const QUOTES: [char; 2] = ['>', '|'];

impl Writing {
    const fn begins(self) -> &'static str {
        match self {
            Self::Text => TEXT_BEGINS,
            Self::Code => CODE_BEGINS,
        }
    }

    const fn bits(self) -> usize {
        match self {
            Self::Text => 6,
            Self::Code => 5,
        }
    }

    /// What a character stands for; `None` for one that no such text has.
    fn value(self, character: u8) -> Option<u32> {
        Some(u32::from(match (self, character) {
            (_, b'A'..=b'Z') => character - b'A',
            (Self::Text, b'a'..=b'z') => character - b'a' + 26,
            (Self::Text, b'0'..=b'9') => character - b'0' + 52,
            (Self::Text, b'-') => 62,
            (Self::Text, b'_') => 63,
            (Self::Code, b'2'..=b'7') => character - b'2' + 26,
            _ => return None,
        }))
    }

    /// The bytes that these characters begin with, as far as whole bytes are there.
    fn bytes(self, body: &str) -> Vec<u8> {
        let (mut bits, mut count) = (0_u32, 0);
        let mut bytes = Vec::with_capacity(body.len() * self.bits() / 8);
        for value in body.bytes().filter_map(|character| self.value(character)) {
            bits = (bits << self.bits()) | value;
            count += self.bits();
            if count >= 8 {
                count -= 8;
                bytes.push(u8::try_from((bits >> count) & 0xff).unwrap_or_default());
                bits &= (1 << count) - 1;
            }
        }
        bytes
    }
}

/// A text that was found.
enum Found {
    /// A document, to its last character.
    Whole(String),
    /// Something that begins like one and is damaged, or was not copied whole.
    Damaged(String),
}

/// The text of the document that was pasted, in one word; `None` where nothing in it begins as a document does. The first whole one
/// counts; without one, the first that is damaged, for whoever reads it to refuse.
#[must_use]
pub fn text_in(pasted: &str) -> Option<String> {
    let mut places: Vec<(usize, Writing)> = [Writing::Text, Writing::Code]
        .into_iter()
        .flat_map(|one| pasted.match_indices(one.begins()).map(move |(at, _)| (at, one)))
        // A word that only ends so is none.
        .filter(|(at, _)| !pasted[..*at].ends_with(char::is_alphanumeric))
        .collect();
    places.sort_unstable_by_key(|(at, _)| *at);
    let mut damaged = None;
    for (at, writing) in places {
        match found_at(&pasted[at + writing.begins().len()..], writing) {
            Some(Found::Whole(text)) => return Some(text),
            Some(Found::Damaged(text)) => damaged = damaged.or(Some(text)),
            None => {}
        }
    }
    damaged
}

/// What stands after the beginning of a text.
fn found_at(rest: &str, writing: Writing) -> Option<Found> {
    // No document is longer.
    let most = (MOST_BYTES + 1) * 8 / writing.bits();
    let (mut body, mut ends) = (String::new(), Vec::new());
    // Word by word: whatever follows the text is not looked at.
    for word in rest.split_whitespace() {
        let word = word.trim_start_matches(QUOTES);
        let length = word.bytes().take_while(|one| writing.value(*one).is_some()).count();
        body.push_str(&word[..length]);
        ends.push(body.len());
        if length < word.len() || body.len() > most {
            break;
        }
    }
    let bytes = writing.bytes(&body);
    let length = match Value::decode(&bytes[..bytes.len().min(MOST_BYTES)]) {
        Ok(_) => Some(bytes.len().min(MOST_BYTES)),
        // What follows is the rest of the mail.
        Err(DecodeError::Trailing { at, .. }) => Some(at),
        Err(_) => None,
    };
    let end = length.map(|length| (length * 8).div_ceil(writing.bits()));
    let text = |body: &str| format!("{}{body}", writing.begins());
    if let Some(end) = end.filter(|end| ends.contains(end)) {
        return Some(Found::Whole(text(&body[..end])));
    }
    // A sentence that tells how such a text begins is none.
    let first = rest.bytes().next().is_some_and(|one| writing.value(one).is_some());
    first.then(|| Found::Damaged(text(&body)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{armor, armor_for_code, bytes_of_text};

    /// A document, as far as this file knows any.
    fn bytes() -> Vec<u8> {
        let list = (0..40_u32).map(Value::uint).collect();
        Value::List(list).encode().unwrap()
    }

    /// A text in lines of so many characters, each with this before it.
    fn broken(text: &str, width: usize, before: &str) -> String {
        let lines: Vec<_> = text.as_bytes().chunks(width).collect();
        let lines = lines.into_iter().map(|line| std::str::from_utf8(line).unwrap());
        lines.map(|line| format!("{before}{line}\r\n")).collect()
    }

    #[test]
    fn document_is_found_in_a_mail_with_greeting_quotes_and_broken_lines() {
        for text in [armor(&bytes()), armor_for_code(&bytes())] {
            for pasted in [
                text.clone(),
                format!("  {text}\n"),
                format!(
                    "Liebe Frau Muster\n\nhier ist meine Karte:\n{text}\n\nViele Gruesse\nAnna"
                ),
                format!("My card: <{text}>."),
                format!("\u{201e}{text}\u{201c}"),
                format!("A card begins with mrms: and MRMS: is for codes.\n{text}"),
                broken(&text, 76, ""),
                format!("Hello\n\n{}\nBest wishes\nAnna", broken(&text, 76, "> ")),
                format!("> Hello\n>\n{}>\n> Anna", broken(&text, 60, "> > ")),
                broken(&text, 9, "\t"),
            ] {
                assert_eq!(text_in(&pasted).as_deref(), Some(text.as_str()), "{pasted}");
                assert_eq!(bytes_of_text(&pasted).unwrap(), bytes(), "{pasted}");
            }
        }
    }

    #[test]
    fn what_begins_like_one_and_is_not_whole_is_found_to_be_refused() {
        let text = armor(&bytes());
        let (cut, longer) = (&text[..text.len() - 9], format!("{text}AAAA"));
        assert_eq!(text_in(cut).as_deref(), Some(cut));
        assert_eq!(text_in(&longer), Some(longer.clone()), "a character more is no document");
        assert_eq!(
            text_in(&format!("{cut}\n\n{text}")),
            Some(text.clone()),
            "the whole one counts"
        );
    }

    #[test]
    fn text_of_another_kind_has_no_document() {
        for pasted in [
            "",
            "Liebe Frau Muster",
            "https://clinic.example/mrms",
            "such a text begins with mrms: and has letters",
            "mrms:",
            "mrms:??",
            "form:mrmsABC",
            "formrms:AAAA",
        ] {
            assert_eq!(text_in(pasted), None, "{pasted}");
        }
    }

    #[test]
    fn many_beginnings_are_looked_through_once() {
        let pasted = "mrms:A ".repeat(200_000);
        assert_eq!(text_in(&pasted).as_deref(), Some("mrms:Amrms"));
    }
}
