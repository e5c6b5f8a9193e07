//! How deep JSON is nested. Who parses a text that somebody else may have written asks before, since parsing takes
//! stack for each level.

/// Levels of JSON that are parsed. The VM lets a contract nest some 70 levels, and writes a handful of levels of
/// JSON for each.
const DEEPEST: u32 = 2_000;

/// Whether a text is nested no deeper than this program parses. Says nothing else of the text.
pub(crate) fn is_shallow(text: &str) -> bool {
    let (mut depth, mut is_in_text) = (0_u32, false);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => is_in_text = !is_in_text,
            // The byte after it belongs to it.
            b'\\' if is_in_text => drop(bytes.next()),
            b'[' | b'{' if !is_in_text => {
                depth += 1;
                if depth > DEEPEST {
                    return false;
                }
            }
            b']' | b'}' if !is_in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_and_brackets_in_texts_are_not() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(is_shallow(&deep(2_000)));
        assert!(!is_shallow(&deep(2_001)));
        assert!(!is_shallow(&"[".repeat(3_000_000)));
        assert!(is_shallow(&format!("[\"{}\", 1]", "[".repeat(5_000))));
        assert!(is_shallow(&format!("[\"\\\"{}\"]", "{".repeat(5_000))));
        assert!(!is_shallow(&format!("[\"\\\\\",{}", "{".repeat(5_000))));
        assert!(is_shallow(&"[],".repeat(5_000)));
    }
}
