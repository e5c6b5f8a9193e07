//! What a version's keys are bound to: the record, the version, the patient, and the payload.
//!
//! An age payload has no associated data and commits to no key. So every wrap of a file key is
//! derived with a binding of these. The content envelope carries a commitment to the file key under
//! the binding, which is checked before anything is decrypted.

use std::fmt;

use aws_lc_rs::digest;
use mrms_core::{Principal, RecordId, Version};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::kdf;
use crate::secret::{self, FileKey, secret_bytes};

const BINDING_DOMAIN: &[u8] = b"mrms/content/v1";
const COMMITMENT_INFO: &[u8] = b"mrms/key-commit/v1";

/// A version of a record, as the chain describes it. What is sealed under one context opens under
/// no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionContext {
    /// The record.
    pub record: RecordId,
    /// The version.
    pub version: Version,
    /// Whose record it was when the version was written. A record that was transferred since keeps
    /// the former patient here for its older versions.
    pub patient: Principal,
    /// Who wrote the version: the patient, a delegate, or a provider who may amend.
    pub author: Principal,
}

/// Length and SHA-256 of a payload: of ciphertext, never of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PayloadDigest {
    length: u64,
    sha256: [u8; 32],
}

impl PayloadDigest {
    /// A digest that was computed or read.
    #[must_use]
    pub const fn new(length: u64, sha256: [u8; 32]) -> Self {
        Self { length, sha256 }
    }

    /// The digest of a payload in memory.
    #[must_use]
    pub fn of(payload: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, payload);
        Self::from_parts(payload.len() as u64, &hash)
    }

    pub(crate) fn from_parts(length: u64, hash: &digest::Digest) -> Self {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(hash.as_ref());
        Self { length, sha256 }
    }

    /// Bytes of ciphertext.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// SHA-256 of the ciphertext, which is also its name in a blob store.
    #[must_use]
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

/// SHA-256 over the context and the payload's hash: what wraps and the commitment are bound to.
///
/// `sha256("mrms/content/v1" ‖ record id, 16 bytes ‖ version, 8 bytes ‖ patient, consensus
/// serialization ‖ payload's sha256)`, numbers big-endian. Each part has a fixed length or tells
/// its own, so no two contexts give the same bytes. The author is not in it: the header inside the
/// ciphertext names the author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Binding([u8; 32]);

impl Binding {
    pub(crate) fn new(context: &VersionContext, payload: &PayloadDigest) -> Self {
        // The author is in the sealed header; the payload's hash fixes its length.
        let VersionContext { record, version, patient, author: _ } = context;
        let PayloadDigest { length: _, sha256 } = payload;
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(BINDING_DOMAIN);
        hash.update(&record.number().to_be_bytes());
        hash.update(&version.number().to_be_bytes());
        hash.update(&patient.to_consensus_bytes());
        hash.update(sha256);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(hash.finish().as_ref());
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A commitment to a file key: two keys never have the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyCommitment([u8; 32]);

impl KeyCommitment {
    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn of(file_key: &FileKey, binding: &Binding) -> Self {
        Self(*kdf::hkdf(file_key.expose(), &binding.0, &[COMMITMENT_INFO]))
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it commits to this key. Takes the same time either way.
    pub(crate) fn commits_to(&self, file_key: &FileKey, binding: &Binding) -> bool {
        Self::of(file_key, binding).0.ct_eq(&self.0).into()
    }
}

secret_bytes! {
    /// The part of an erasable version's keys that the vault keeps beside its payload. Without it
    /// no wrap opens, not even with the words: erasing both erases the version.
    pub ErasureSalt, 32
}

impl ErasureSalt {
    /// A fresh salt.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(secret::random(rng))
    }

    /// A salt that the vault gave back.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes to put into the vault.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.expose()
    }

    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }
}

/// The key of one version, which was checked to be the right one, with what it is bound to.
///
/// [`crate::content::seal`] makes one; [`crate::envelope::ContentEnvelope`] gives one back after
/// its commitment was checked. It opens the payload and wraps the key for others.
pub struct ContentKey {
    pub(crate) file_key: FileKey,
    pub(crate) context: VersionContext,
    pub(crate) payload: PayloadDigest,
    pub(crate) salt: Option<ErasureSalt>,
}

impl ContentKey {
    /// The version it is the key of.
    #[must_use]
    pub const fn context(&self) -> &VersionContext {
        &self.context
    }

    /// The payload that it opens.
    #[must_use]
    pub const fn payload(&self) -> &PayloadDigest {
        &self.payload
    }

    /// The salt to keep beside the payload, where the version is erasable.
    #[must_use]
    pub const fn erasure_salt(&self) -> Option<&ErasureSalt> {
        self.salt.as_ref()
    }

    pub(crate) fn binding(&self) -> Binding {
        Binding::new(&self.context, &self.payload)
    }

    pub(crate) fn commitment(&self) -> KeyCommitment {
        KeyCommitment::of(&self.file_key, &self.binding())
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentKey")
            .field("context", &self.context)
            .field("payload", &self.payload)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> VersionContext {
        let patient: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        VersionContext {
            record: RecordId::new(5),
            version: Version::FIRST,
            author: patient.clone(),
            patient,
        }
    }

    #[test]
    fn a_change_of_any_part_changes_the_binding() {
        let payload = PayloadDigest::of(b"payload");
        let binding = Binding::new(&context(), &payload);
        let others = [
            VersionContext { record: RecordId::new(6), ..context() },
            VersionContext { version: Version::FIRST.next(), ..context() },
            VersionContext {
                patient: "ST000000000000000000002AMW42H.wallet".parse().unwrap(),
                ..context()
            },
        ];
        for other in others {
            assert_ne!(Binding::new(&other, &payload), binding);
        }
        assert_ne!(Binding::new(&context(), &PayloadDigest::of(b"other")), binding);
    }

    #[test]
    fn a_commitment_holds_for_one_key_and_one_binding() {
        let key = FileKey::new(Zeroizing::new([1; 16]));
        let other = FileKey::new(Zeroizing::new([2; 16]));
        let binding = Binding::new(&context(), &PayloadDigest::of(b"payload"));
        let elsewhere = Binding::new(&context(), &PayloadDigest::of(b"other"));
        let commitment = KeyCommitment::of(&key, &binding);
        assert!(!commitment.commits_to(&other, &binding));
        assert!(!commitment.commits_to(&key, &elsewhere));
        assert!(commitment.commits_to(&key, &binding));
    }

    #[test]
    fn a_content_key_prints_no_secret() {
        let key = ContentKey {
            file_key: FileKey::new(Zeroizing::new([0xab; 16])),
            context: context(),
            payload: PayloadDigest::new(1, [0; 32]),
            salt: Some(ErasureSalt::from_bytes([0xcd; 32])),
        };
        let printed = format!("{key:?} {:?}", key.erasure_salt());
        assert!(printed.ends_with(".. } Some(ErasureSalt(..))"), "{printed}");
        assert!(!printed.contains("171") && !printed.contains("205"), "{printed}");
    }
}
