//! What lies on a disk under a key that is going to be erased.
//!
//! An [`SlotKey`] seals small secrets for as long as they may be kept. Whoever keeps them puts
//! the key where it can be overwritten, apart from what it seals: erasing the key erases the
//! secrets from every copy and backup that does not have it.

use aws_lc_rs::aead::{Aad, Nonce};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::kdf::{self, TAG_LENGTH};
use crate::secret::{self, secret_bytes};

const NONCE_LENGTH: usize = 12;

secret_bytes! {
    /// A key that is erased in its time.
    pub SlotKey, 32
}

/// It was sealed under another key or for another place, or was altered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is stored does not open under its epoch key")]
pub struct AtRestError;

impl SlotKey {
    /// Bytes that sealing adds.
    pub const OVERHEAD: usize = NONCE_LENGTH + TAG_LENGTH;

    /// A fresh key.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(secret::random(rng))
    }

    /// A key that was read back.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The bytes, to be stored where they can be erased.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.expose()
    }

    /// Seals `secret` for its `place`, which opening must name again. The nonce is random: at most
    /// 2^32 secrets under one key.
    #[must_use]
    pub fn seal(
        &self,
        place: &[u8],
        secret: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Vec<u8> {
        let nonce: Zeroizing<[u8; NONCE_LENGTH]> = secret::random(rng);
        let mut sealed = Vec::with_capacity(secret.len() + Self::OVERHEAD);
        sealed.extend_from_slice(nonce.as_slice());
        sealed.extend_from_slice(secret);
        let body = &mut sealed[NONCE_LENGTH..];
        let cipher = kdf::cipher(self.expose());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        match cipher.seal_in_place_separate_tag(nonce, Aad::from(place), body) {
            Ok(tag) => sealed.extend_from_slice(tag.as_ref()),
            Err(_) => unreachable!("a small secret is far below the cipher's limit of 256 GiB"),
        }
        sealed
    }

    /// Opens what was sealed for `place`.
    ///
    /// # Errors
    ///
    /// [`AtRestError`].
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, AtRestError> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LENGTH>().ok_or(AtRestError)?;
        let mut body = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let cipher = kdf::cipher(self.expose());
        let length = cipher
            .open_in_place(nonce, Aad::from(place), &mut body)
            .map_err(|_| AtRestError)?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn a_secret_opens_under_its_key_for_its_place_unaltered() {
        let mut rng = StdRng::seed_from_u64(1);
        let (key, other) = (SlotKey::generate(&mut rng), SlotKey::generate(&mut rng));
        let sealed = key.seal(b"place", b"secret", &mut rng);
        assert_eq!(other.open(b"place", &sealed), Err(AtRestError));
        assert_eq!(key.open(b"elsewhere", &sealed), Err(AtRestError));
        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert_eq!(key.open(b"place", &altered), Err(AtRestError), "byte {position}");
            assert_eq!(key.open(b"place", &sealed[..position]), Err(AtRestError));
        }
        assert_eq!(key.open(b"place", &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(sealed.len(), b"secret".len() + SlotKey::OVERHEAD);
        assert_ne!(key.seal(b"place", b"secret", &mut rng), sealed);
    }
}
