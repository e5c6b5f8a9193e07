//! Encodes and decodes hexadecimal strictly: lower case on the way out, no `0x` on the way in.
//!
//! The library accepts `0x` and `0X` before the digits. A caller that allows `0x` removes it first.

/// Encodes bytes in lower case.
pub(crate) fn encode(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

/// Decodes digits in either case; none when the text has an odd length or contains anything else.
#[expect(clippy::disallowed_methods, reason = "the prefix was refused")]
pub(crate) fn decode(digits: &str) -> Option<Vec<u8>> {
    if has_prefix(digits) {
        return None;
    }
    hex::decode(digits).ok()
}

/// Decodes exactly as many bytes as `bytes` has; none as [`decode`], and when the length does not fit.
#[expect(clippy::disallowed_methods, reason = "the prefix was refused")]
pub(crate) fn decode_to_slice(digits: &str, bytes: &mut [u8]) -> Option<()> {
    if has_prefix(digits) {
        return None;
    }
    hex::decode_to_slice(digits, bytes).ok()
}

fn has_prefix(digits: &str) -> bool {
    matches!(digits.as_bytes(), [_, b'x' | b'X', ..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, one digit after the other.
    fn by_hand(text: &str) -> Option<Vec<u8>> {
        let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
        let pairs = digits.filter(|digits| digits.len().is_multiple_of(2))?;
        Some(pairs.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
    }

    proptest! {
        #[test]
        fn bytes_round_trip_and_only_pairs_of_digits_are_decoded(
            bytes: Vec<u8>,
            text in "(0x|0X)?[0-9a-fA-F]{0,70}|[0-9a-fx ]{0,9}|.{0,40}",
        ) {
            let written: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            prop_assert_eq!(encode(&bytes), written);
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
            let expected = by_hand(&text);
            prop_assert_eq!(decode(&text), expected.clone());
            let mut decoded = vec![0; text.len() / 2];
            let decoded = decode_to_slice(&text, &mut decoded).map(|()| decoded);
            prop_assert_eq!(decoded, expected);
            prop_assert_eq!(decode_to_slice(&text, &mut vec![0; text.len() / 2 + 1]), None);
        }
    }
}
