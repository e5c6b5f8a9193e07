//! Text in whatever encoding it is, and JSON and XML as text.

use std::borrow::Cow;

use crate::document::{Document, Writer};
use crate::kind::Kind;
use crate::request::NotShown;

/// The bytes 0x80 to 0x9F of Windows-1252; those that it leaves free are kept.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text that these bytes are: UTF-8, UTF-16 where a mark says so, and else Windows-1252, which older systems write.
pub(crate) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |from: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = from.chunks_exact(2).map(|two| unit([two[0], two[1]]));
        Cow::Owned(char::decode_utf16(units).map(|one| one.unwrap_or('\u{fffd}')).collect())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => return wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return wide(rest, u16::from_be_bytes),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(
            bytes
                .iter()
                .map(|byte| match byte {
                    0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
                    _ => char::from(*byte),
                })
                .collect(),
        ),
    }
}

/// Plain text.
pub(crate) fn document(bytes: &[u8], kind: Kind) -> Document {
    let mut writer = Writer::new(kind);
    writer.preformatted(&decoded(bytes));
    writer.done()
}

/// JSON, with line ends where one would put them.
pub(crate) fn json(bytes: &[u8]) -> Result<Document, NotShown> {
    let text = decoded(bytes);
    let value: serde_json::Value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(error) if error.to_string().contains("recursion") => return Err(NotShown::TooMuch),
        // Several values, or a comment: it is shown as it is.
        Err(_) => return Ok(document(bytes, Kind::Json)),
    };
    let mut writer = Writer::new(Kind::Json);
    writer.preformatted(&serde_json::to_string_pretty(&value).unwrap_or_default());
    Ok(writer.done())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_encodings_are_read() {
        assert_eq!(decoded(b"Gr\xfc\xdfe \x80 5"), "Grüße € 5");
        assert_eq!(decoded(b"\xef\xbb\xbfa"), "a");
        assert_eq!(decoded(b"\xff\xfea\0\xfc\0"), "aü");
        assert_eq!(decoded(b"\xfe\xff\0a"), "a");
    }

    #[test]
    fn json_of_any_depth_ends_in_a_sentence() {
        let deep = "[".repeat(100_000);
        assert!(matches!(json(deep.as_bytes()), Err(NotShown::TooMuch)));
        assert!(json(b"{\"a\":[1,2]} trailing").is_ok());
    }
}
