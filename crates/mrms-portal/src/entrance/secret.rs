//! Secrets that let a browser in: random, shown as text that can be typed, kept as hashes.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Digits and letters that are hard to take for each other.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 26;

/// A secret of 130 random bits, as 26 letters and digits.
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    /// A fresh one.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        getrandom::fill(bytes.as_mut_slice())?;
        let letters = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        Ok(Self(Zeroizing::new(letters.collect())))
    }

    /// The text.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// SHA-256 of a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of a text that somebody gave, typed or pasted: case, spaces and dashes do not matter.
    pub(crate) fn of(text: &str) -> Self {
        let plain = text.chars().filter(|one| !one.is_whitespace() && *one != '-');
        let plain: Zeroizing<String> = Zeroizing::new(plain.flat_map(char::to_uppercase).collect());
        Self(Sha256::digest(plain.as_bytes()).into())
    }

    /// Whether it is this one, in constant time.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    pub(crate) fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        mrms_core::hexadecimal::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_is_known_by_its_hash_however_it_is_typed() {
        let secret = Secret::generate().unwrap();
        assert_eq!(secret.expose().len(), LENGTH);
        let (first, rest) = secret.expose().split_at(5);
        let typed = format!(" {}-{rest}\n", first.to_lowercase());
        assert!(SecretHash::of(&typed).is(&secret.hash()));
        assert!(!SecretHash::of("other").is(&secret.hash()));
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert!(SecretHash::from_hex(&secret.hash().to_hex()).unwrap().is(&secret.hash()));
    }
}
