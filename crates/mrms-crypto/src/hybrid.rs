//! Hybrid keys, ML-KEM-768 with X25519 (X-Wing), and sealing to them with HPKE (RFC 9180).
//!
//! Whoever breaks only one of the two learns nothing, so a future quantum computer does not open
//! ciphertext that somebody keeps today. The texts are those of the C2SP age specification:
//! `age1pq1…` for a recipient, `AGE-SECRET-KEY-PQ-1…` for an identity (its 32-byte seed).
//!
//! HPKE in base mode, or in PSK mode where a second secret is needed too; KEM X-Wing (0x647a),
//! HKDF-SHA256, ChaCha20-Poly1305. The X-Wing draft leaves open whether an X25519 share of low
//! order is refused; age refuses it, and so does this module.

use std::fmt;
use std::str::FromStr;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, PskBundle, Serializable};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::kdf::WRAP_LENGTH;
use crate::key_text::{KeyKind, ParseKeyError};
use crate::{secret, x25519};

/// Bytes of a public key: ML-KEM-768's 1,184 and X25519's 32.
pub const RECIPIENT_LENGTH: usize = 1_216;
/// Bytes of an encapsulated key: ML-KEM-768's 1,088 and X25519's 32.
pub(crate) const ENCAPSULATED_LENGTH: usize = 1_120;
/// Bytes of a 16-byte secret sealed to a recipient: the encapsulated key and the wrapped secret.
pub(crate) const SEALED_LENGTH: usize = ENCAPSULATED_LENGTH + WRAP_LENGTH;
/// Names the second secret in HPKE's key schedule (RFC 9180, section 5.1: `psk_id`).
const SECOND_SECRET: &[u8] = b"mrms/second-secret/v1";

const FINGERPRINT: &[u8] = b"mrms/recipient-fingerprint/v1";
const FINGERPRINT_LENGTH: usize = 10;

pub(crate) const RECIPIENT: KeyKind = KeyKind { prefix: "age1pq", begins: "age1pq1" };
pub(crate) const IDENTITY: KeyKind =
    KeyKind { prefix: "age-secret-key-pq-", begins: "AGE-SECRET-KEY-PQ-1" };

type PublicKey = <XWing as Kem>::PublicKey;
type PrivateKey = <XWing as Kem>::PrivateKey;
type EncappedKey = <XWing as Kem>::EncappedKey;

/// A 16-byte secret sealed to a recipient: X-Wing's encapsulated key, then the ciphertext and its
/// tag.
pub(crate) type SealedSecret = [u8; SEALED_LENGTH];

/// Whether the X25519 part of an encapsulated key or a public key is of low order.
pub(crate) fn has_low_order_share(key: &[u8]) -> bool {
    key.last_chunk().is_none_or(x25519::is_low_order)
}

/// Who can open: the public half, written `age1pq1…`.
#[derive(Clone, PartialEq, Eq)]
pub struct HybridRecipient(Box<PublicKey>);

impl HybridRecipient {
    /// A recipient from the bytes that the contract's directory of encryption keys holds.
    ///
    /// # Errors
    ///
    /// [`ParseKeyError::NotAKey`] unless these are [`RECIPIENT_LENGTH`] bytes of a valid ML-KEM
    /// key (FIPS 203, section 7.2) and an X25519 key that is not of low order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ParseKeyError> {
        let not_a_key = ParseKeyError::NotAKey { expected: RECIPIENT.begins };
        if bytes.len() != RECIPIENT_LENGTH || has_low_order_share(bytes) {
            return Err(not_a_key);
        }
        PublicKey::from_bytes(bytes).map(|key| Self(Box::new(key))).map_err(|_| not_a_key)
    }

    /// The [`RECIPIENT_LENGTH`] bytes: ML-KEM-768 encapsulation key, X25519 public key.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes().to_vec()
    }

    /// What two people compare to know that they mean the same recipient.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_digest(&self.digest())
    }

    /// SHA-256 over a label and the recipient's bytes: names one recipient among all.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        use aws_lc_rs::digest::{Context, SHA256};
        let mut digest = Context::new(&SHA256);
        digest.update(FINGERPRINT);
        digest.update(&self.to_bytes());
        let mut whole = [0; 32];
        whole.copy_from_slice(digest.finish().as_ref());
        whole
    }

    /// Seals one secret to this recipient. Opening needs the same `info`, and the same `second`
    /// secret when there is one.
    pub(crate) fn seal(
        &self,
        info: &[u8],
        second: Option<&[u8; 32]>,
        secret: &[u8; 16],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> SealedSecret {
        let mode = match second {
            None => OpModeS::Base,
            Some(second) => OpModeS::Psk(psk(second)),
        };
        let sealed = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &mode,
            &self.0,
            info,
            secret,
            &[],
            &mut &mut *rng,
        );
        let mut out = [0; SEALED_LENGTH];
        match sealed {
            Ok((encapped, wrapped)) if wrapped.len() == WRAP_LENGTH => {
                encapped.write_exact(&mut out[..ENCAPSULATED_LENGTH]);
                out[ENCAPSULATED_LENGTH..].copy_from_slice(&wrapped);
            }
            _ => unreachable!("encapsulating to a valid key and sealing 16 bytes cannot fail"),
        }
        out
    }
}

/// A recipient in 20 hexadecimal digits, to be read aloud: five groups of four. The first 80 bits of
/// SHA-256 over a label and the recipient's bytes; nobody can make another recipient with the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; FINGERPRINT_LENGTH]);

impl Fingerprint {
    /// The fingerprint of the recipient with this [digest](HybridRecipient::digest).
    #[must_use]
    pub fn of_digest(digest: &[u8; 32]) -> Self {
        let mut short = [0; FINGERPRINT_LENGTH];
        short.copy_from_slice(&digest[..FINGERPRINT_LENGTH]);
        Self(short)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            let gap = if place > 0 && place % 2 == 0 { " " } else { "" };
            write!(f, "{gap}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl fmt::Display for HybridRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&RECIPIENT.encode_lower(&self.0.to_bytes()))
    }
}

impl fmt::Debug for HybridRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for HybridRecipient {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_bytes(RECIPIENT.decode::<RECIPIENT_LENGTH>(text)?.as_slice())
    }
}

/// Who opens: the secret half, written `AGE-SECRET-KEY-PQ-1…`. Wiped when dropped.
pub struct HybridIdentity {
    key: Box<PrivateKey>,
    recipient: HybridRecipient,
}

impl HybridIdentity {
    /// The identity of this seed (X-Wing's 32-byte decapsulation key).
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        match PrivateKey::from_bytes(seed) {
            Ok(key) => {
                let recipient = HybridRecipient(Box::new(XWing::sk_to_pk(&key)));
                Self { key: Box::new(key), recipient }
            }
            Err(_) => unreachable!("every 32 bytes are an X-Wing seed"),
        }
    }

    /// A fresh identity that belongs to no words. A person's identity is derived from their words
    /// instead ([`crate::Keyring::identity`]).
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self::from_seed(&secret::random(rng))
    }

    /// Reads an identity.
    ///
    /// # Errors
    ///
    /// [`ParseKeyError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, ParseKeyError> {
        IDENTITY.decode(text).map(|seed| Self::from_seed(&seed))
    }

    /// The public half.
    #[must_use]
    pub const fn recipient(&self) -> &HybridRecipient {
        &self.recipient
    }

    /// The text that [`HybridIdentity::parse`] reads: a secret.
    #[must_use]
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        let mut seed = Zeroizing::new([0; 32]);
        self.key.write_exact(seed.as_mut_slice());
        IDENTITY.encode_upper(seed.as_slice())
    }

    /// Opens what [`HybridRecipient::seal`] made; `None` when it was made for another key, another
    /// `info`, another second secret, or was altered.
    pub(crate) fn open(
        &self,
        info: &[u8],
        second: Option<&[u8; 32]>,
        sealed: &SealedSecret,
    ) -> Option<Zeroizing<[u8; 16]>> {
        let (encapped, wrapped) = sealed.split_at(ENCAPSULATED_LENGTH);
        if has_low_order_share(encapped) {
            return None;
        }
        let mode = match second {
            None => OpModeR::Base,
            Some(second) => OpModeR::Psk(psk(second)),
        };
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &mode,
            &self.key,
            &EncappedKey::from_bytes(encapped).ok()?,
            info,
            wrapped,
            &[],
        );
        let opened = Zeroizing::new(opened.ok()?);
        let mut secret = Zeroizing::new([0; 16]);
        secret.copy_from_slice(opened.get(..16)?);
        Some(secret)
    }
}

impl fmt::Debug for HybridIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HybridIdentity(..)")
    }
}

fn psk(second: &[u8; 32]) -> PskBundle<'_> {
    match PskBundle::new(second, SECOND_SECRET) {
        Ok(bundle) => bundle,
        Err(_) => unreachable!("neither the secret nor its name is empty"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn public_keys_that_nobody_can_hold_are_refused() {
        let identity = HybridIdentity::from_seed(&[1; 32]);
        let good = identity.recipient().to_bytes();
        assert!(HybridRecipient::from_bytes(&good[1..]).is_err());
        assert!(HybridRecipient::from_bytes(&[]).is_err());
        let mut low_order = good.clone();
        low_order[RECIPIENT_LENGTH - 32..].fill(0);
        assert!(HybridRecipient::from_bytes(&low_order).is_err());
        let mut not_reduced = good;
        not_reduced[..2].fill(0xff);
        assert!(HybridRecipient::from_bytes(&not_reduced).is_err());
    }

    #[test]
    fn a_sealed_secret_opens_with_all_its_parts_only() {
        let mut rng = StdRng::seed_from_u64(3);
        let mine = HybridIdentity::generate(&mut rng);
        let other = HybridIdentity::generate(&mut rng);
        for second in [None, Some(&[5; 32])] {
            let sealed = mine.recipient().seal(b"info", second, &[7; 16], &mut rng);
            assert!(other.open(b"info", second, &sealed).is_none());
            assert!(mine.open(b"other", second, &sealed).is_none());
            assert!(mine.open(b"info", Some(&[6; 32]), &sealed).is_none());
            if second.is_some() {
                assert!(mine.open(b"info", None, &sealed).is_none());
            }
            for position in [0, 1_087, 1_088, 1_119, 1_120, SEALED_LENGTH - 1] {
                let mut altered = sealed;
                altered[position] ^= 1;
                assert!(mine.open(b"info", second, &altered).is_none(), "byte {position}");
            }
            assert_eq!(mine.open(b"info", second, &sealed).unwrap().as_slice(), [7; 16]);
        }
    }

    #[test]
    fn recipients_that_differ_in_one_bit_have_other_fingerprints() {
        let recipient = HybridIdentity::from_seed(&[9; 32]).recipient().clone();
        let print = recipient.fingerprint().to_string();
        let groups: Vec<_> = print.split(' ').map(str::len).collect();
        assert_eq!(groups, [4; 5]);
        let mut bytes = recipient.to_bytes();
        bytes[RECIPIENT_LENGTH - 1] ^= 1;
        let other = HybridRecipient::from_bytes(&bytes).unwrap();
        assert_ne!(other.fingerprint(), recipient.fingerprint());
    }

    #[test]
    fn keys_survive_being_written() {
        let identity = HybridIdentity::from_seed(&[9; 32]);
        let recipient = identity.recipient();
        let text = recipient.to_string();
        assert!(text.starts_with("age1pq1"));
        assert_eq!(&text.parse::<HybridRecipient>().unwrap(), recipient);
        assert_eq!(&HybridRecipient::from_bytes(&recipient.to_bytes()).unwrap(), recipient);
        let secret = identity.to_secret_text();
        assert!(secret.starts_with("AGE-SECRET-KEY-PQ-1"));
        assert_eq!(HybridIdentity::parse(&secret).unwrap().recipient(), recipient);
        assert_eq!(format!("{identity:?}"), "HybridIdentity(..)");
    }
}
