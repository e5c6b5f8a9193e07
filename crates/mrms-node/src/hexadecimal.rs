//! Hexadecimal where much of it goes by: what the VM keeps, and what clients ask for. In lower case.

/// The bytes in hexadecimal.
pub(crate) fn encode(bytes: &[u8]) -> String {
    const_hex::encode(bytes)
}

/// The bytes of a text that is hexadecimal to its end, in either case; without `0x`.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    // The library passes over a prefix, `0x` or `0X`.
    let is_prefixed = matches!(text.as_bytes(), [_, b'x' | b'X', ..]);
    if is_prefixed { None } else { const_hex::decode(text).ok() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_what_it_is_elsewhere(bytes: Vec<u8>, text in "(0x|0X)?[0-9a-fA-F]{0,70}|[0-9a-fx ]{0,9}|.{0,40}") {
            prop_assert_eq!(encode(&bytes), hex::encode(&bytes));
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
            prop_assert_eq!(decode(&text), hex::decode(&text).ok());
        }
    }
}
