//! Keys of an account: signing, recovering who signed, and the account's address.
//!
//! secp256k1 with RFC 6979 nonces and low S, as SIP-005 wants it; deterministic, so no randomness
//! is drawn. Where a key comes from (words, a file) is not known here.

use std::fmt;

use k256::ecdsa::{RecoveryId, Signature, SigningKey as EcdsaKey, VerifyingKey};
use mrms_core::StandardPrincipal;

use crate::hash::hash160;
use crate::network::TransactionVersion;

/// Why bytes are not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Zero, or not below the order of the curve.
    #[error("not a secret key of secp256k1")]
    Secret,
    /// Not a point of the curve, or not in SEC 1 form.
    #[error("not a public key of secp256k1")]
    Public,
}

/// Why a signature doesn't say what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// 65 zero bytes: the place is there, the signature is not.
    #[error("not signed yet")]
    Missing,
    /// Its numbers are out of range, or no key could have made it.
    #[error("not a signature of secp256k1")]
    Malformed,
    /// S is in the upper half of the order, which a node refuses: anyone could have flipped it.
    #[error("the signature's S is high")]
    HighS,
    /// It was made by another account's key, or over other content.
    #[error("signed by {found}, not by {expected}")]
    OtherSigner {
        /// The account that should have signed.
        expected: StandardPrincipal,
        /// The account that the signature gives.
        found: StandardPrincipal,
    },
}

/// An account's secret key. Wiped on drop, never shown, not `Clone`.
pub struct SigningKey(EcdsaKey);

impl SigningKey {
    /// The key with these 32 bytes, big-endian.
    ///
    /// # Errors
    ///
    /// [`KeyError::Secret`] for zero and for the curve's order and above.
    pub fn from_bytes(secret: &[u8; 32]) -> Result<Self, KeyError> {
        EcdsaKey::from_slice(secret).map(Self).map_err(|_| KeyError::Secret)
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    /// The account that this key alone controls, on networks of this version.
    #[must_use]
    pub fn address(&self, version: TransactionVersion) -> StandardPrincipal {
        self.public_key().address(version)
    }

    /// Signs a 32-byte digest. The same key and digest give the same signature (RFC 6979).
    #[must_use]
    pub fn sign_digest(&self, digest: &[u8; 32]) -> RecoverableSignature {
        let (signature, recovery) = self.0.sign_prehash_recoverable(digest);
        let mut bytes = [0; RecoverableSignature::LENGTH];
        bytes[0] = recovery.to_byte();
        bytes[1..].copy_from_slice(&signature.to_bytes());
        RecoverableSignature(bytes)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A public key: a point of secp256k1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Length of the compressed form in bytes.
    pub const LENGTH: usize = 33;

    /// A key from its SEC 1 form, compressed (33 bytes) or not (65 bytes).
    ///
    /// # Errors
    ///
    /// [`KeyError::Public`] when it is not a point of the curve.
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        VerifyingKey::from_sec1_bytes(bytes).map(Self).map_err(|_| KeyError::Public)
    }

    /// The compressed form: 02 or 03, then the x coordinate.
    #[must_use]
    pub fn to_compressed(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes.copy_from_slice(self.0.to_sec1_point(true).as_bytes());
        bytes
    }

    /// The uncompressed form: 04, then both coordinates.
    #[must_use]
    pub fn to_uncompressed(&self) -> [u8; 65] {
        let mut bytes = [0; 65];
        bytes.copy_from_slice(self.0.to_sec1_point(false).as_bytes());
        bytes
    }

    /// The account that this key alone controls, on networks of this version.
    #[must_use]
    pub fn address(&self, version: TransactionVersion) -> StandardPrincipal {
        version.single_sig_account(hash160(&self.to_compressed()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex::encode(self.to_compressed()))
    }
}

/// A signature that tells its key: recovery id (one byte, 0 to 3), then R and S (32 bytes each).
///
/// Holds any 65 bytes, as the wire does; [`recover`](Self::recover) judges them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RecoverableSignature([u8; Self::LENGTH]);

impl RecoverableSignature {
    /// Length in bytes.
    pub const LENGTH: usize = 65;
    /// The zeros that stand where a signature is yet to come.
    pub const MISSING: Self = Self([0; Self::LENGTH]);

    /// A signature with the recovery id first, as transactions have it.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Recovery id, R, S.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// A signature with the recovery id last, as wallets and Clarity's `secp256k1-recover?` have it.
    #[must_use]
    pub fn from_rsv(mut bytes: [u8; Self::LENGTH]) -> Self {
        bytes.rotate_right(1);
        Self(bytes)
    }

    /// R, S, recovery id.
    #[must_use]
    pub fn to_rsv(&self) -> [u8; Self::LENGTH] {
        let mut bytes = self.0;
        bytes.rotate_left(1);
        bytes
    }

    /// The key that signed `digest`.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Missing`], [`SignatureError::Malformed`], [`SignatureError::HighS`]. A
    /// signature over another digest gives another key, not an error: compare the key.
    pub fn recover(&self, digest: &[u8; 32]) -> Result<PublicKey, SignatureError> {
        if *self == Self::MISSING {
            return Err(SignatureError::Missing);
        }
        let [id, numbers @ ..] = &self.0;
        let malformed = SignatureError::Malformed;
        let id = RecoveryId::from_byte(*id).ok_or(malformed)?;
        let signature = Signature::from_slice(numbers).map_err(|_| malformed)?;
        if signature.normalize_s() != signature {
            return Err(SignatureError::HighS);
        }
        let key = VerifyingKey::recover_from_prehash(digest, &signature, id);
        key.map(PublicKey).map_err(|_| malformed)
    }
}

impl fmt::Debug for RecoverableSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoverableSignature({})", hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_bytes(&[byte; 32]).unwrap()
    }

    #[test]
    fn zero_and_the_order_are_no_secret_keys() {
        let mut order = [0; 32];
        mrms_core::hexadecimal::decode_to_slice(ORDER, &mut order).unwrap();
        for secret in [[0; 32], order, [0xff; 32]] {
            assert_eq!(SigningKey::from_bytes(&secret).err(), Some(KeyError::Secret));
        }
    }

    #[test]
    fn bytes_off_the_curve_are_no_public_key() {
        for bytes in [&[][..], &[0], &[2; 32], &[5; 33], &[4; 65]] {
            assert_eq!(PublicKey::from_sec1(bytes).err(), Some(KeyError::Public));
        }
    }

    #[test]
    fn missing_malformed_and_high_s_signatures_are_refused() {
        let digest = [7; 32];
        assert_eq!(RecoverableSignature::MISSING.recover(&digest), Err(SignatureError::Missing));

        let good = *key(1).sign_digest(&digest).as_bytes();
        let mut bad_id = good;
        bad_id[0] = 4;
        let mut zero_s = good;
        zero_s[33..].fill(0);
        for bytes in [bad_id, zero_s, [0xff; 65]] {
            let refused = RecoverableSignature::from_bytes(bytes).recover(&digest);
            assert_eq!(refused, Err(SignatureError::Malformed));
        }

        // S becomes the order minus S, and the recovery id flips with it: the same key signed.
        let mut high = good;
        let mut order = [0; 32];
        mrms_core::hexadecimal::decode_to_slice(ORDER, &mut order).unwrap();
        let mut borrow = 0i16;
        for index in (0..32).rev() {
            let digit = i16::from(order[index]) - i16::from(good[33 + index]) - borrow;
            borrow = i16::from(digit < 0);
            high[33 + index] = digit.rem_euclid(256) as u8;
        }
        high[0] ^= 1;
        assert_eq!(
            RecoverableSignature::from_bytes(high).recover(&digest),
            Err(SignatureError::HighS)
        );
    }

    #[test]
    fn the_signer_is_recovered_and_another_digest_gives_another_key() {
        let signature = key(3).sign_digest(&[9; 32]);
        assert_eq!(signature.recover(&[9; 32]), Ok(key(3).public_key()));
        assert_ne!(signature.recover(&[8; 32]), Ok(key(3).public_key()));
        assert_eq!(RecoverableSignature::from_rsv(signature.to_rsv()), signature);
        assert_eq!(signature.to_rsv()[64], signature.as_bytes()[0]);
    }

    #[test]
    fn a_secret_key_is_never_shown() {
        assert_eq!(format!("{:?}", key(0x5a)), "SigningKey(..)");
    }

    #[test]
    fn both_forms_of_a_public_key_are_the_same_key() {
        let public = key(2).public_key();
        assert_eq!(PublicKey::from_sec1(&public.to_compressed()), Ok(public));
        assert_eq!(PublicKey::from_sec1(&public.to_uncompressed()), Ok(public));
    }
}
