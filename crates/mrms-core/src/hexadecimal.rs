//! Decodes hexadecimal digits strictly: a leading `0x` is refused.
//!
//! The library accepts `0x` and `0X` before the digits. The formats of this system do not, so that a name or a
//! signed value has one spelling. A format that allows `0x` removes it first. Encoding needs no rule of its
//! own: `hex::encode` writes lower-case digits.

pub use hex::FromHexError;

/// Decodes digits in either case.
///
/// # Errors
///
/// [`FromHexError`] when the text has an odd length or contains anything but hexadecimal digits.
#[expect(clippy::disallowed_methods, reason = "the prefix was refused")]
pub fn decode(digits: impl AsRef<[u8]>) -> Result<Vec<u8>, FromHexError> {
    let digits = digits.as_ref();
    refuse_prefix(digits)?;
    hex::decode(digits)
}

/// Decodes exactly as many bytes as `bytes` has. On an error the contents of `bytes` are undefined.
///
/// # Errors
///
/// As [`decode`], and when the length does not fit.
#[expect(clippy::disallowed_methods, reason = "the prefix was refused")]
pub fn decode_to_slice(digits: impl AsRef<[u8]>, bytes: &mut [u8]) -> Result<(), FromHexError> {
    let digits = digits.as_ref();
    refuse_prefix(digits)?;
    hex::decode_to_slice(digits, bytes)
}

fn refuse_prefix(digits: &[u8]) -> Result<(), FromHexError> {
    match digits {
        [_, c @ (b'x' | b'X'), ..] => {
            Err(FromHexError::InvalidHexCharacter { c: char::from(*c), index: 1 })
        }
        _ => Ok(()),
    }
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
        fn only_pairs_of_digits_are_decoded(
            text in "(0x|0X)?[0-9a-fA-F]{0,70}|[0-9a-fx ]{0,9}|.{0,40}"
        ) {
            let expected = by_hand(&text);
            prop_assert_eq!(decode(&text).ok(), expected.clone());
            let mut bytes = vec![0; text.len() / 2];
            let decoded = decode_to_slice(&text, &mut bytes).ok().map(|()| bytes);
            prop_assert_eq!(decoded, expected);
            // A length that does not fit is refused.
            prop_assert!(decode_to_slice(&text, &mut vec![0; text.len() / 2 + 1]).is_err());
        }
    }
}
