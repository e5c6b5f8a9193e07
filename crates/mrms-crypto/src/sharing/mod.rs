//! Sharing versions with a reader: one hybrid header for each pair of patient and reader, then 32
//! bytes for each version.
//!
//! A [`PairSecret`] is derived from the patient's record root, so that the words alone give it
//! back. A [`PairHeader`] carries it to the reader, sealed to their hybrid recipient. A
//! [`RecordWrap`] is the file key of one version under the pair secret. A [`KeyEnvelope`] goes to
//! the contract (`put-key-envelope`) and lets the reader open a version without any server. What
//! [`sealed`] makes goes to vaults, and lets the reader open a version only against an entry in the
//! log. A new [`Epoch`] means new secrets: what was wrapped in an older epoch tells nothing about
//! them.
//!
//! Knows nothing of grants: the caller decides who may read before it wraps a key.

mod key_envelope;
pub mod sealed;

use std::fmt;

use mrms_core::Principal;
use rand_core::CryptoRng;

use crate::bytes::sealed_bytes;
use crate::context::{Binding, ContentKey, ErasureSalt, VersionContext};
use crate::envelope::{ContentEnvelope, UnlockError};
use crate::hybrid::{HybridIdentity, HybridRecipient, SEALED_LENGTH, SealedSecret};
use crate::kdf::{self, Key, WRAP_LENGTH};
use crate::keyring::RecordRoot;
use crate::secret::{FileKey, secret_bytes};

pub use key_envelope::{KeyEnvelope, KeyEnvelopeError};

const PAIR_INFO: &[u8] = b"mrms/pair/v1";
const PAIR_HEADER_INFO: &[u8] = b"mrms/pair-header/v1";
const RECORD_WRAP_INFO: &[u8] = b"mrms/record-wrap/v1";

/// Tells the secrets between two people apart: a random number, drawn anew when sharing begins and
/// when the reader's key has changed. Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// A fresh epoch.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(rng.next_u64())
    }

    /// An epoch that was read.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A patient, a reader and an epoch. Every key of this module is bound to all three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Whose records are shared.
    pub patient: Principal,
    /// Who reads them.
    pub reader: Principal,
    /// Which of their secrets it is.
    pub epoch: Epoch,
}

impl Pair {
    /// Domain ‖ patient ‖ reader, in consensus serialization ‖ epoch, 8 bytes.
    fn bound_to(&self, domain: &[u8]) -> Vec<u8> {
        let Self { patient, reader, epoch } = self;
        let (patient, reader) = (patient.to_consensus_bytes(), reader.to_consensus_bytes());
        [domain, &patient, &reader, &epoch.0.to_be_bytes()].concat()
    }
}

secret_bytes! {
    /// The secret that patient and reader share in one epoch: it opens every version that was
    /// wrapped for the reader in that epoch.
    pub PairSecret, 16
}

impl PairSecret {
    /// Derives the secret of this pair from the patient's record root: always the same one.
    #[must_use]
    pub fn derive(root: &RecordRoot, pair: &Pair) -> Self {
        Self(kdf::hkdf(root.expose(), &[], &[&pair.bound_to(PAIR_INFO)]))
    }
}

/// The reader has no key for this: it was sealed to another recipient, for another pair, or was
/// altered. These cannot be told apart.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pair header does not open with this identity for this pair and epoch")]
pub struct PairHeaderError;

/// A pair secret sealed to the reader's hybrid recipient: 1,152 bytes. Made once for each pair and
/// epoch; it lies in the first key envelope of the epoch, or in a vault.
#[derive(Clone, PartialEq, Eq)]
pub struct PairHeader(Box<SealedSecret>);

impl PairHeader {
    /// Bytes of a pair header.
    pub const LENGTH: usize = SEALED_LENGTH;

    /// Seals the secret to the reader.
    pub fn seal(
        secret: &PairSecret,
        pair: &Pair,
        reader: &HybridRecipient,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let info = pair.bound_to(PAIR_HEADER_INFO);
        Self(Box::new(reader.seal(&info, None, secret.expose(), rng)))
    }

    /// Opens it with the reader's identity.
    ///
    /// # Errors
    ///
    /// [`PairHeaderError`].
    pub fn open(
        &self,
        pair: &Pair,
        identity: &HybridIdentity,
    ) -> Result<PairSecret, PairHeaderError> {
        let opened = identity.open(&pair.bound_to(PAIR_HEADER_INFO), None, &self.0);
        opened.map(PairSecret::new).ok_or(PairHeaderError)
    }

    /// A header that was read.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(Box::new(bytes))
    }

    /// The bytes: X-Wing's encapsulated key, then the sealed secret.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl fmt::Debug for PairHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairHeader(..)")
    }
}

sealed_bytes! {
    /// The file key of one version under a pair secret.
    RecordWrap, WRAP_LENGTH
}

impl RecordWrap {
    /// Wraps the key of a version for the reader of `pair`.
    #[must_use]
    pub fn seal(secret: &PairSecret, pair: &Pair, key: &ContentKey) -> Self {
        let wrap_key = record_key(secret, pair, &key.binding(), key.erasure_salt());
        Self(kdf::wrap(&wrap_key, key.file_key.expose()))
    }

    /// The version's key, checked against the commitment of its envelope. `context` is what the
    /// chain says; `salt` is needed for an erasable version and not looked at for another.
    ///
    /// # Errors
    ///
    /// [`UnlockError`].
    pub fn open(
        &self,
        secret: &PairSecret,
        pair: &Pair,
        envelope: &ContentEnvelope,
        context: &VersionContext,
        salt: Option<&ErasureSalt>,
    ) -> Result<ContentKey, UnlockError> {
        let salt = envelope.needed_salt(salt)?;
        let payload = envelope.payload_digest();
        let key = record_key(secret, pair, &Binding::new(context, &payload), salt);
        let file_key = kdf::unwrap(&key, &self.0).map(FileKey::new).ok_or(UnlockError::NoWrap)?;
        envelope.accept(file_key, context, payload, salt)
    }
}

/// HKDF(pair secret, salt = erasure salt or none, "mrms/record-wrap/v1" ‖ patient ‖ reader ‖ epoch
/// ‖ binding). The binding has record, version and patient, and the hash of a payload that only
/// one file key seals: also where a version is sealed a second time, because a transaction failed,
/// each such key wraps one value.
fn record_key(
    secret: &PairSecret,
    pair: &Pair,
    binding: &Binding,
    salt: Option<&ErasureSalt>,
) -> Key {
    let salt = salt.map_or(&[][..], |salt| salt.expose());
    kdf::hkdf(secret.expose(), salt, &[&pair.bound_to(RECORD_WRAP_INFO), binding.as_bytes()])
}

#[cfg(test)]
mod tests;
