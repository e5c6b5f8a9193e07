//! Signatures on transactions and block headers: secp256k1, recoverable, low S.
//!
//! Source: SIP-005, "Transaction Signing and Verifying". The origin signs a hash over the whole transaction
//! with all signatures cleared, its fee and its nonce. The sponsor signs a hash that continues from the
//! origin's signature.

use sha2::{Digest as _, Sha512_256};
use stacks_common::types::{PrivateKey as _, PublicKey as _};
use stacks_common::util::hash::Hash160;
use stacks_common::util::secp256k1::{MessageSignature, Secp256k1PrivateKey, Secp256k1PublicKey};
use zeroize::Zeroizing;

use super::{Authorization, KeyEncoding, SpendingCondition, Transaction, Witness};
use crate::chain::identifiers::Principal;

/// The byte before the fee in the hash that the origin signs, with or without a sponsor.
const ORIGIN_FLAG: u8 = 0x04;
/// The byte before the fee in the hash that the sponsor signs.
const SPONSOR_FLAG: u8 = 0x05;
/// Half the order of secp256k1, rounded down: the highest S of a canonical signature (SEC 1, BIP-62).
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// Why a signature is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// No key can be recovered from the 65 bytes.
    #[error("signature is malformed")]
    Malformed,
    /// S is in the upper half of the order: anyone can turn a valid signature into such a one.
    #[error("signature is not canonical: its S is high")]
    HighS,
    /// The key that signed is not the account's, or the keys do not hash to the account.
    #[error("signature was made by another key")]
    WrongSigner,
    /// An account of several keys does not have as many signatures as it requires.
    #[error("{given} signatures are given, {required} are required")]
    Count {
        /// How many there are.
        given: usize,
        /// How many there must be; in the order-independent modes, at least. Zero is always refused.
        required: u16,
    },
    /// An uncompressed key is in an account whose mode has only compressed keys.
    #[error("uncompressed keys do not go with P2WSH")]
    UncompressedKey,
    /// The 33 bytes are not a public key.
    #[error("public key is malformed")]
    BadPublicKey,
    /// The 32 bytes are not a secp256k1 private key.
    #[error("private key is out of range")]
    BadKey,
}

/// A private key for signing. Wiped when dropped; never printed, cloned or serialized.
pub struct SigningKey(Zeroizing<[u8; 32]>);

impl SigningKey {
    /// The key with these bytes.
    ///
    /// # Errors
    /// [`SignatureError::BadKey`] for zero and for numbers not below the curve's order.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, SignatureError> {
        let key = Self(Zeroizing::new(bytes));
        key.key()?;
        Ok(key)
    }

    /// The public key, compressed (SEC 1).
    ///
    /// # Errors
    /// Never for a key that [`Self::from_bytes`] accepted.
    pub fn public_key(&self) -> Result<[u8; 33], SignatureError> {
        let public = Secp256k1PublicKey::from_private(&self.key()?).to_bytes_compressed();
        public.try_into().map_err(|_| SignatureError::BadKey)
    }

    /// The account that this key signs for, written for this ledger's network (`ST…`).
    ///
    /// # Errors
    /// Never for a key that [`Self::from_bytes`] accepted.
    pub fn account(&self) -> Result<Principal, SignatureError> {
        Ok(Principal::standard(
            crate::chain::identifiers::TESTNET_SINGLE_SIG,
            hash160(&self.public_key()?),
        ))
    }

    /// Signs a 32-byte hash. Returns recovery id, r, low s. Deterministic (RFC 6979).
    pub(crate) fn sign(&self, hash: &[u8; 32]) -> Result<[u8; 65], SignatureError> {
        self.key()?.sign(hash).map(|signature| signature.0).map_err(|_| SignatureError::BadKey)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn key(&self) -> Result<Secp256k1PrivateKey, SignatureError> {
        let mut key = Secp256k1PrivateKey::from_slice(self.0.as_slice())
            .map_err(|_| SignatureError::BadKey)?;
        key.set_compress_public(true);
        Ok(key)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// SHA-512/256 over the parts in order.
pub(crate) fn sha512_256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha512_256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// RIPEMD-160 of SHA-256.
pub(crate) fn hash160(bytes: &[u8]) -> [u8; 20] {
    Hash160::from_data(bytes).0
}

/// Recovers the public key that signed `hash`.
pub(crate) fn recover(
    hash: &[u8; 32],
    signature: &[u8; 65],
) -> Result<Secp256k1PublicKey, SignatureError> {
    if signature[33..] > HALF_ORDER[..] {
        return Err(SignatureError::HighS);
    }
    Secp256k1PublicKey::recover_to_pubkey(hash, &MessageSignature(*signature))
        .map_err(|_| SignatureError::Malformed)
}

fn presign_hash(before: &[u8; 32], flag: u8, condition: &SpendingCondition) -> [u8; 32] {
    sha512_256(&[before, &[flag], &condition.fee.to_be_bytes(), &condition.nonce.to_be_bytes()])
}

fn next_hash(presign: &[u8; 32], encoding: KeyEncoding, signature: &[u8; 65]) -> [u8; 32] {
    sha512_256(&[presign, &[encoding.byte()], signature])
}

/// Recovers the key that signed `presign`, in the form in which its account hashes it.
fn signing_key(
    presign: &[u8; 32],
    encoding: KeyEncoding,
    signature: &[u8; 65],
) -> Result<Secp256k1PublicKey, SignatureError> {
    let mut key = recover(presign, signature)?;
    key.set_compressed(encoding == KeyEncoding::Compressed);
    Ok(key)
}

/// Checks a spending condition, and returns the hash that the next signer continues from.
fn verify(
    before: &[u8; 32],
    flag: u8,
    condition: &SpendingCondition,
) -> Result<[u8; 32], SignatureError> {
    let (account, after) = match &condition.witness {
        Witness::Single { key_encoding, signature } => {
            let presign = presign_hash(before, flag, condition);
            let key = signing_key(&presign, *key_encoding, signature)?;
            (hash160(&key.to_bytes()), next_hash(&presign, *key_encoding, signature))
        }
        Witness::Multi(multisig) => {
            multisig.check_form()?;
            let mut after = *before;
            let account = multisig.account(|encoding, signature| {
                let presign = presign_hash(&after, flag, condition);
                if multisig.mode.is_sequential() {
                    after = next_hash(&presign, encoding, signature);
                }
                signing_key(&presign, encoding, signature)
            })?;
            (account, after)
        }
    };
    if account == condition.signer { Ok(after) } else { Err(SignatureError::WrongSigner) }
}

fn sign(
    before: &[u8; 32],
    flag: u8,
    condition: &mut SpendingCondition,
    key: &SigningKey,
) -> Result<(), SignatureError> {
    condition.signer = hash160(&key.public_key()?);
    let signature = key.sign(&presign_hash(before, flag, condition))?;
    condition.witness = Witness::Single { key_encoding: KeyEncoding::Compressed, signature };
    Ok(())
}

impl Transaction {
    fn initial_hash(&self) -> [u8; 32] {
        let unsigned = Self { authorization: self.authorization.unsigned(), ..self.clone() };
        *unsigned.txid().as_bytes()
    }

    /// Checks the origin's signature, then the sponsor's.
    ///
    /// # Errors
    /// [`SignatureError`] for the first signature that is not valid.
    pub fn verify_signatures(&self) -> Result<(), SignatureError> {
        let after_origin = verify(&self.initial_hash(), ORIGIN_FLAG, self.authorization.origin())?;
        match self.authorization.sponsor() {
            None => Ok(()),
            Some(sponsor) => verify(&after_origin, SPONSOR_FLAG, sponsor).map(|_| ()),
        }
    }

    /// Signs as the origin with one key, and makes that key's account the origin. Set nonce and fee before.
    ///
    /// # Errors
    /// Never for a key that [`SigningKey::from_bytes`] accepted.
    pub fn sign_as_origin(&mut self, key: &SigningKey) -> Result<(), SignatureError> {
        let public = hash160(&key.public_key()?);
        match &mut self.authorization {
            Authorization::Standard { origin } | Authorization::Sponsored { origin, .. } => {
                origin.signer = public;
                origin.witness = Witness::unsigned();
            }
        }
        let before = self.initial_hash();
        match &mut self.authorization {
            Authorization::Standard { origin } | Authorization::Sponsored { origin, .. } => {
                sign(&before, ORIGIN_FLAG, origin, key)
            }
        }
    }

    /// Signs as the sponsor, after the origin has signed. Does nothing to a transaction without a sponsor.
    ///
    /// # Errors
    /// [`SignatureError`] when the origin's signature is not valid.
    pub fn sign_as_sponsor(&mut self, key: &SigningKey) -> Result<(), SignatureError> {
        let after_origin = verify(&self.initial_hash(), ORIGIN_FLAG, self.authorization.origin())?;
        match &mut self.authorization {
            Authorization::Standard { .. } => Ok(()),
            Authorization::Sponsored { sponsor, .. } => {
                sign(&after_origin, SPONSOR_FLAG, sponsor, key)
            }
        }
    }
}
