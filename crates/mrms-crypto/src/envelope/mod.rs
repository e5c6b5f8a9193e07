//! The content envelope: the bytes that go to the contract as `encrypted-content`.
//!
//! A small binary header around one age payload, or around a reference to one that a vault keeps.
//! The contract takes all of it as opaque bytes and stores its SHA-256. Knows nothing of what is
//! inside the ciphertext ([`crate::content`]) and nothing of other readers ([`crate::sharing`]).
//!
//! Format 1, numbers big-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `MRMS` |
//! | 1 | format: 1 |
//! | 1 | storage: 1 inline, 2 reference, 3 erasable reference |
//! | 1 | number of wraps, 1 to 4 |
//! | each: 1, 1, 32 or 1,152 | holder (1 patient, 2 author), kind (1 root, 2 recipient), the wrapped file key |
//! | 32 | key commitment |
//! | inline: the rest | age payload: 16-byte nonce, then STREAM chunks; 33 bytes or more |
//! | reference: 8, 32 | length and SHA-256 of the payload: no location, no name, no type |
//!
//! Wraps are in ascending order of holder and kind, none twice, so that each envelope has one
//! encoding. The wraps of an erasable envelope open only with the [`ErasureSalt`] that the vault
//! keeps beside the payload.
//!
//! Each wrap and the commitment are bound to record, version, patient and payload (see
//! [`crate::context`]): an envelope moved to another record opens for nobody.

mod wrap;

use mrms_core::ContentHash;

use crate::bytes::{Reader, Short};
use crate::context::{
    Binding, ContentKey, ErasureSalt, KeyCommitment, PayloadDigest, VersionContext,
};
use crate::hybrid::HybridIdentity;
use crate::kdf::TAG_LENGTH;
use crate::keyring::RecordRoot;
use crate::secret::FileKey;
use crate::stream::NONCE_LENGTH;

pub use wrap::{FileKeyWrap, Holder, WrapKind};

const MAGIC: &[u8; 4] = b"MRMS";
const FORMAT: u8 = 1;
const COMMITMENT_LENGTH: usize = 32;
const REFERENCE_LENGTH: usize = 8 + 32;
/// Before the wraps: magic, format, storage, number of wraps.
const HEAD_LENGTH: usize = 4 + 3;
/// Most wraps that an envelope can have: each holder, each kind.
const MOST_WRAPS: usize = 4;

/// Where the payload of a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In the envelope, and so on the chain for good.
    Inline,
    /// In a vault; the envelope has its length and hash.
    Reference,
    /// In a vault, with a salt without which no key can be unwrapped: deleting both erases it.
    Erasable,
}

impl Storage {
    const fn code(self) -> u8 {
        match self {
            Self::Inline => 1,
            Self::Reference => 2,
            Self::Erasable => 3,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Inline),
            2 => Some(Self::Reference),
            3 => Some(Self::Erasable),
            _ => None,
        }
    }
}

/// Why bytes are not a content envelope, or parts do not make one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// It does not begin with `MRMS`: something else was stored there.
    #[error("not a content envelope of MRMS")]
    NotAnEnvelope,
    /// A later format than this software knows.
    #[error("the content envelope has format {format}, this software knows {FORMAT}")]
    UnknownFormat {
        /// The format's number.
        format: u8,
    },
    /// A storage, holder or kind that the format does not have.
    #[error("the content envelope has an unknown {field}: {code}")]
    UnknownCode {
        /// Which field.
        field: &'static str,
        /// What it has.
        code: u8,
    },
    /// No wrap, too many, or in the wrong order.
    #[error("the content envelope's wrapped keys are not 1 to {MOST_WRAPS} in their order")]
    Wraps,
    /// It is too short or too long.
    #[error("the content envelope is cut short or has bytes too many")]
    Length,
    /// The payload is not the one that the key belongs to.
    #[error("the payload is not the one that was sealed with this key")]
    OtherPayload,
    /// An erasable version must not be put on the chain.
    #[error("an erasable version cannot be stored inline")]
    ErasableInline,
}

impl From<Short> for EnvelopeError {
    fn from(Short: Short) -> Self {
        Self::Length
    }
}

/// Why an envelope did not give its key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnlockError {
    /// No wrap is for this key, or the envelope belongs to another record, version or patient, or
    /// was altered. These cannot be told apart.
    #[error("no wrapped key of this version opens with the key at hand")]
    NoWrap,
    /// A wrap opened but the key is not the one that the envelope commits to: whoever made the
    /// wrap put in another key.
    #[error("the wrapped key is not the key that this version was sealed with")]
    Commitment,
    /// The version is erasable and the salt from the vault is missing.
    #[error("an erasable version opens only with the salt from its vault")]
    SaltNeeded,
}

#[derive(Clone, PartialEq, Eq)]
enum Body {
    Inline(Vec<u8>),
    Reference(PayloadDigest),
    Erasable(PayloadDigest),
}

/// A version's `encrypted-content`.
#[derive(Clone, PartialEq, Eq)]
pub struct ContentEnvelope {
    wraps: Vec<FileKeyWrap>,
    commitment: KeyCommitment,
    body: Body,
}

impl ContentEnvelope {
    /// An envelope that carries its payload.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::OtherPayload`] when `payload` is not what `key` was made for,
    /// [`EnvelopeError::ErasableInline`], and [`EnvelopeError::Wraps`] for none or a doubled wrap.
    pub fn inline(
        key: &ContentKey,
        payload: Vec<u8>,
        wraps: Vec<FileKeyWrap>,
    ) -> Result<Self, EnvelopeError> {
        if key.erasure_salt().is_some() {
            return Err(EnvelopeError::ErasableInline);
        }
        if PayloadDigest::of(&payload) != *key.payload() {
            return Err(EnvelopeError::OtherPayload);
        }
        Self::new(key, wraps, Body::Inline(payload))
    }

    /// An envelope that refers to its payload; erasable when `key` has an erasure salt.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::Wraps`] for no wrap or a doubled one.
    pub fn reference(key: &ContentKey, wraps: Vec<FileKeyWrap>) -> Result<Self, EnvelopeError> {
        let body = match key.erasure_salt() {
            None => Body::Reference(*key.payload()),
            Some(_) => Body::Erasable(*key.payload()),
        };
        Self::new(key, wraps, body)
    }

    fn new(
        key: &ContentKey,
        mut wraps: Vec<FileKeyWrap>,
        body: Body,
    ) -> Result<Self, EnvelopeError> {
        wraps.sort_by_key(FileKeyWrap::order);
        check_wraps(&wraps)?;
        Ok(Self { wraps, commitment: key.commitment(), body })
    }

    /// Reads an envelope. Every envelope reads back to the same bytes.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError`]; never panics, whatever the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let mut reader = Reader::new(bytes);
        if reader.array() != Ok(*MAGIC) {
            return Err(EnvelopeError::NotAnEnvelope);
        }
        match reader.u8()? {
            FORMAT => {}
            format => return Err(EnvelopeError::UnknownFormat { format }),
        }
        let code = reader.u8()?;
        let storage = Storage::from_code(code)
            .ok_or(EnvelopeError::UnknownCode { field: "storage", code })?;
        let count = usize::from(reader.u8()?);
        if count > MOST_WRAPS {
            return Err(EnvelopeError::Wraps);
        }
        let wraps = (0..count)
            .map(|_| FileKeyWrap::read(&mut reader))
            .collect::<Result<Vec<_>, EnvelopeError>>()?;
        check_wraps(&wraps)?;
        let commitment = KeyCommitment::from_bytes(reader.array()?);
        let body = match storage {
            Storage::Inline => {
                let payload = reader.rest();
                if payload.len() <= NONCE_LENGTH + TAG_LENGTH {
                    return Err(EnvelopeError::Length);
                }
                Body::Inline(payload.to_vec())
            }
            Storage::Reference | Storage::Erasable => {
                let digest = PayloadDigest::new(reader.u64()?, reader.array()?);
                if !reader.is_empty() {
                    return Err(EnvelopeError::Length);
                }
                match storage {
                    Storage::Erasable => Body::Erasable(digest),
                    _ => Body::Reference(digest),
                }
            }
        };
        Ok(Self { wraps, commitment, body })
    }

    /// The bytes for the contract.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let kinds: Vec<_> = self.wraps.iter().map(FileKeyWrap::kind).collect();
        let length = Self::encoded_length(self.storage(), self.payload_digest().length(), &kinds);
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        let Self { wraps, commitment, body } = self;
        bytes.extend_from_slice(MAGIC);
        // At most four wraps, by construction.
        bytes.extend_from_slice(&[FORMAT, self.storage().code(), wraps.len() as u8]);
        for wrap in wraps {
            wrap.write(&mut bytes);
        }
        bytes.extend_from_slice(commitment.as_bytes());
        match body {
            Body::Inline(payload) => bytes.extend_from_slice(payload),
            Body::Reference(digest) | Body::Erasable(digest) => {
                bytes.extend_from_slice(&digest.length().to_be_bytes());
                bytes.extend_from_slice(digest.sha256());
            }
        }
        bytes
    }

    /// Bytes of an envelope around a payload of this length with wraps of these kinds. Tells
    /// before anything is sealed whether a version fits into the contract's limit.
    #[must_use]
    pub fn encoded_length(storage: Storage, payload: u64, wraps: &[WrapKind]) -> u64 {
        let wraps: usize = wraps.iter().map(|kind| kind.encoded_length()).sum();
        let fixed = (HEAD_LENGTH + wraps + COMMITMENT_LENGTH) as u64;
        match storage {
            Storage::Inline => payload.saturating_add(fixed),
            Storage::Reference | Storage::Erasable => fixed + REFERENCE_LENGTH as u64,
        }
    }

    /// The hash under which the contract knows these bytes.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        ContentHash::of(&self.to_bytes())
    }

    /// Where the payload is.
    #[must_use]
    pub const fn storage(&self) -> Storage {
        match self.body {
            Body::Inline(_) => Storage::Inline,
            Body::Reference(_) => Storage::Reference,
            Body::Erasable(_) => Storage::Erasable,
        }
    }

    /// The payload, where the envelope carries it.
    #[must_use]
    pub fn payload(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Inline(payload) => Some(payload),
            Body::Reference(_) | Body::Erasable(_) => None,
        }
    }

    /// Length and hash of the payload, wherever it is.
    #[must_use]
    pub fn payload_digest(&self) -> PayloadDigest {
        match &self.body {
            Body::Inline(payload) => PayloadDigest::of(payload),
            Body::Reference(digest) | Body::Erasable(digest) => *digest,
        }
    }

    /// For whom the file key is wrapped in the envelope, and how.
    #[must_use]
    pub fn wraps(&self) -> &[FileKeyWrap] {
        &self.wraps
    }

    /// Unlocks the version's key with the root of its patient or its author. `context` is what the
    /// chain says; `salt` is needed for an erasable version, and ignored for another.
    ///
    /// # Errors
    ///
    /// [`UnlockError`].
    pub fn unlock_with_root(
        &self,
        context: &VersionContext,
        root: &RecordRoot,
        salt: Option<&ErasureSalt>,
    ) -> Result<ContentKey, UnlockError> {
        self.unlock(context, salt, |wrap, binding, salt| {
            wrap.open_with_root(root, context, binding, salt)
        })
    }

    /// Unlocks the version's key with the identity that it was wrapped to: for the patient of a
    /// version that a provider wrote. Arguments as for [`ContentEnvelope::unlock_with_root`].
    ///
    /// # Errors
    ///
    /// [`UnlockError`].
    pub fn unlock_with_identity(
        &self,
        context: &VersionContext,
        identity: &HybridIdentity,
        salt: Option<&ErasureSalt>,
    ) -> Result<ContentKey, UnlockError> {
        self.unlock(context, salt, |wrap, binding, salt| {
            wrap.open_with_identity(identity, context, binding, salt)
        })
    }

    fn unlock(
        &self,
        context: &VersionContext,
        salt: Option<&ErasureSalt>,
        open: impl Fn(&FileKeyWrap, &Binding, Option<&ErasureSalt>) -> Option<FileKey>,
    ) -> Result<ContentKey, UnlockError> {
        let salt = self.needed_salt(salt)?;
        let payload = self.payload_digest();
        let binding = Binding::new(context, &payload);
        let mut refusal = UnlockError::NoWrap;
        for file_key in self.wraps.iter().filter_map(|wrap| open(wrap, &binding, salt)) {
            match self.accept(file_key, context, payload, salt) {
                Ok(key) => return Ok(key),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// The salt that this envelope's wraps are made with: none unless it is erasable.
    pub(crate) fn needed_salt<'s>(
        &self,
        salt: Option<&'s ErasureSalt>,
    ) -> Result<Option<&'s ErasureSalt>, UnlockError> {
        match (self.storage(), salt) {
            (Storage::Inline | Storage::Reference, _) => Ok(None),
            (Storage::Erasable, None) => Err(UnlockError::SaltNeeded),
            (Storage::Erasable, salt) => Ok(salt),
        }
    }

    /// Checks an unwrapped key against the commitment, before anything is decrypted with it.
    pub(crate) fn accept(
        &self,
        file_key: FileKey,
        context: &VersionContext,
        payload: PayloadDigest,
        salt: Option<&ErasureSalt>,
    ) -> Result<ContentKey, UnlockError> {
        if !self.commitment.commits_to(&file_key, &Binding::new(context, &payload)) {
            return Err(UnlockError::Commitment);
        }
        let salt = salt.map(ErasureSalt::duplicate);
        Ok(ContentKey { file_key, context: context.clone(), payload, salt })
    }
}

impl std::fmt::Debug for ContentEnvelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContentEnvelope")
            .field("storage", &self.storage())
            .field("wraps", &self.wraps)
            .field("payload", &self.payload_digest())
            .finish_non_exhaustive()
    }
}

fn check_wraps(wraps: &[FileKeyWrap]) -> Result<(), EnvelopeError> {
    let ascending = wraps.windows(2).all(|pair| pair[0].order() < pair[1].order());
    if wraps.is_empty() || !ascending { Err(EnvelopeError::Wraps) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
