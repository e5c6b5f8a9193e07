//! X25519 keys of age v1 (C2SP age, "The X25519 recipient type").
//!
//! For age files that others made or that must open in tools without hybrid keys. No record of
//! MRMS is encrypted to one: an attacker who keeps today's ciphertext may read it with a quantum
//! computer.

use std::fmt;
use std::str::FromStr;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::kdf::{self, WRAP_LENGTH};
use crate::key_text::{KeyKind, ParseKeyError};
use crate::secret::{self, FileKey};

/// Bytes of a public key or share.
pub(crate) const SHARE_LENGTH: usize = 32;

pub(crate) const RECIPIENT: KeyKind = KeyKind { prefix: "age", begins: "age1" };
pub(crate) const IDENTITY: KeyKind =
    KeyKind { prefix: "age-secret-key-", begins: "AGE-SECRET-KEY-1" };
const WRAP_INFO: &[u8] = b"age-encryption.org/v1/X25519";

/// Whether every key agreement with this share gives zero: a share that an honest party never
/// sends and that a reader must refuse (RFC 7748, section 6.1; C2SP age).
pub(crate) fn is_low_order(share: &[u8; SHARE_LENGTH]) -> bool {
    // A scalar of X25519 is a multiple of the curve's cofactor, so any one of them tells.
    x25519_dalek::x25519([1; 32], *share).ct_eq(&[0; 32]).into()
}

/// Who can open: the public half, written `age1…`.
#[derive(Clone, PartialEq, Eq)]
pub struct X25519Recipient([u8; SHARE_LENGTH]);

impl X25519Recipient {
    /// Wraps a file key: the share and the wrapped key of a stanza.
    pub(crate) fn wrap(
        &self,
        file_key: &FileKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> ([u8; SHARE_LENGTH], [u8; WRAP_LENGTH]) {
        let ephemeral = StaticSecret::from(*secret::random(rng));
        let share = PublicKey::from(&ephemeral).to_bytes();
        let agreed = ephemeral.diffie_hellman(&PublicKey::from(self.0));
        // The share is fresh, so this key wraps one value.
        let key = kdf::hkdf(agreed.as_bytes(), &[share, self.0].concat(), &[WRAP_INFO]);
        (share, kdf::wrap(&key, file_key.expose()))
    }
}

impl fmt::Display for X25519Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&RECIPIENT.encode_lower(&self.0))
    }
}

impl fmt::Debug for X25519Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for X25519Recipient {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = RECIPIENT.decode(text)?;
        if is_low_order(&key) {
            return Err(ParseKeyError::NotAKey { expected: RECIPIENT.begins });
        }
        Ok(Self(*key))
    }
}

/// Who opens: the secret half, written `AGE-SECRET-KEY-1…`. Wiped when dropped.
pub struct X25519Identity(StaticSecret);

impl X25519Identity {
    /// Reads an identity.
    ///
    /// # Errors
    ///
    /// [`ParseKeyError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, ParseKeyError> {
        IDENTITY.decode(text).map(|key| Self(StaticSecret::from(*key)))
    }

    /// The public half.
    #[must_use]
    pub fn recipient(&self) -> X25519Recipient {
        X25519Recipient(PublicKey::from(&self.0).to_bytes())
    }

    /// The text that [`X25519Identity::parse`] reads: a secret.
    #[must_use]
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        IDENTITY.encode_upper(self.0.as_bytes())
    }

    /// Opens what [`X25519Recipient::wrap`] made for this key; `None` when it was made for
    /// another or altered. The caller has refused shares of low order.
    pub(crate) fn unwrap(
        &self,
        share: &[u8; SHARE_LENGTH],
        wrapped: &[u8; WRAP_LENGTH],
    ) -> Option<FileKey> {
        let agreed = self.0.diffie_hellman(&PublicKey::from(*share));
        let salt = [*share, self.recipient().0].concat();
        let key = kdf::hkdf(agreed.as_bytes(), &salt, &[WRAP_INFO]);
        kdf::unwrap(&key, wrapped).map(FileKey::new)
    }
}

impl fmt::Debug for X25519Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("X25519Identity(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn a_recipient_of_low_order_is_refused() {
        for point in [[0; 32], {
            let mut one = [0; 32];
            one[0] = 1;
            one
        }] {
            assert!(is_low_order(&point));
            let error = RECIPIENT.encode_lower(&point).parse::<X25519Recipient>().unwrap_err();
            assert_eq!(error, ParseKeyError::NotAKey { expected: "age1" });
        }
    }

    #[test]
    fn a_file_key_opens_for_its_recipient_only() {
        let mut rng = StdRng::seed_from_u64(2);
        let mine = X25519Identity(StaticSecret::from(*secret::random(&mut rng)));
        let other = X25519Identity(StaticSecret::from(*secret::random(&mut rng)));
        let key = FileKey::generate(&mut rng);
        let (share, wrapped) = mine.recipient().wrap(&key, &mut rng);
        assert!(!is_low_order(&share));
        assert!(other.unwrap(&share, &wrapped).is_none());
        assert_eq!(mine.unwrap(&share, &wrapped).unwrap().expose(), key.expose());
    }

    #[test]
    fn an_identity_prints_only_when_asked_for_its_secret() {
        let identity = X25519Identity(StaticSecret::from([3; 32]));
        assert_eq!(format!("{identity:?}"), "X25519Identity(..)");
        let text = identity.to_secret_text();
        assert!(text.starts_with("AGE-SECRET-KEY-1"));
        assert_eq!(X25519Identity::parse(&text).unwrap().recipient(), identity.recipient());
    }
}
