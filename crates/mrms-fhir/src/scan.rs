//! Finds the places of values in JSON text, so that parts of a document can be taken out and changed while every other
//! byte stays as it was: the digits of decimals too.
//!
//! The text must be valid JSON, which the caller has made sure of. On any other text a place is `None` or wrong, and
//! nothing panics.

use std::ops::Range;

/// The place of the value that begins at or after `at`.
fn value_at(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = at + bytes.get(at..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let end = match bytes[start] {
        b'"' => string_end(bytes, start)?,
        b'{' | b'[' => {
            let (mut depth, mut place) = (0_usize, start);
            loop {
                match bytes.get(place)? {
                    b'"' => place = string_end(bytes, place)? - 1,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth = depth.checked_sub(1)?,
                    _ => {}
                }
                place += 1;
                if depth == 0 {
                    break place;
                }
            }
        }
        _ => {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || b",]}".contains(byte);
            bytes[start..].iter().position(ends).map_or(bytes.len(), |length| start + length)
        }
    };
    Some(start..end)
}

/// The first place after the string that begins at `start`.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut place = start + 1;
    loop {
        match bytes.get(place)? {
            b'\\' => place += 2,
            b'"' => return Some(place + 1),
            _ => place += 1,
        }
    }
}

fn next_sign(text: &str, at: usize) -> Option<(usize, u8)> {
    let rest = text.as_bytes().get(at..)?;
    let offset = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
    Some((at + offset, rest[offset]))
}

/// The value of a member of the object at `place`, the last one of this name, as readers take it.
pub(crate) fn member(text: &str, place: Range<usize>, name: &str) -> Option<Range<usize>> {
    let (mut at, sign) = next_sign(text, place.start)?;
    if sign != b'{' {
        return None;
    }
    at += 1;
    let mut found = None;
    while let Some((key_at, b'"')) = next_sign(text, at) {
        let key = value_at(text, key_at)?;
        let (colon, _) = next_sign(text, key.end)?;
        let value = value_at(text, colon + 1)?;
        let key: String = serde_json::from_str(&text[key]).ok()?;
        at = value.end;
        if key == name {
            found = Some(value);
        }
        match next_sign(text, at)? {
            (comma, b',') => at = comma + 1,
            _ => break,
        }
    }
    found
}

/// The values of the array at `place`.
pub(crate) fn items(text: &str, place: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let Some((mut at, b'[')) = next_sign(text, place.start) else { return found };
    at += 1;
    while let Some((_, sign)) = next_sign(text, at) {
        if sign == b']' {
            break;
        }
        let Some(value) = value_at(text, at) else { break };
        at = value.end;
        found.push(value);
        match next_sign(text, at) {
            Some((comma, b',')) => at = comma + 1,
            _ => break,
        }
    }
    found
}

/// The string values of all members of this name, at any depth of the value at `place`.
pub(crate) fn strings_named(text: &str, place: Range<usize>, name: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let quoted = format!("\"{name}\"");
    let (mut at, mut found, mut is_named) = (place.start, Vec::new(), false);
    while at < place.end {
        match bytes[at] {
            b'"' => {
                let Some(end) = string_end(bytes, at) else { break };
                match next_sign(text, end) {
                    // A string before a colon is a name.
                    Some((colon, b':')) => {
                        is_named = text[at..end] == quoted;
                        at = colon + 1;
                        continue;
                    }
                    _ if is_named => found.push(at..end),
                    _ => {}
                }
                is_named = false;
                at = end;
            }
            byte => {
                is_named &= byte.is_ascii_whitespace();
                at += 1;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#" {"a\"b": [1.00, {"reference" : "x\\"}, "reference" ], "id":"\u00e4", "n":{"reference":["y"], "reference":"z"}} "#;

    fn at(range: Option<Range<usize>>) -> &'static str {
        &TEXT[range.unwrap()]
    }

    #[test]
    fn members_and_items_keep_their_bytes() {
        let whole = 0..TEXT.len();
        assert_eq!(at(member(TEXT, whole.clone(), "id")), r#""\u00e4""#);
        let list = member(TEXT, whole.clone(), "a\"b").unwrap();
        let items: Vec<_> = items(TEXT, list).into_iter().map(|item| &TEXT[item]).collect();
        assert_eq!(items, ["1.00", r#"{"reference" : "x\\"}"#, r#""reference""#]);
        assert_eq!(member(TEXT, whole, "none"), None);
    }

    #[test]
    fn only_values_of_the_name_are_found_and_no_names() {
        let found = strings_named(TEXT, 0..TEXT.len(), "reference");
        let found: Vec<_> = found.into_iter().map(|place| &TEXT[place]).collect();
        assert_eq!(found, [r#""x\\""#, r#""z""#]);
    }

    #[test]
    fn cut_text_never_panics() {
        for end in (0..TEXT.len()).filter(|end| TEXT.is_char_boundary(*end)) {
            let cut = &TEXT[..end];
            let _ = member(cut, 0..end, "id");
            let _ = items(cut, 0..end);
            let _ = strings_named(cut, 0..end, "reference");
        }
    }
}
