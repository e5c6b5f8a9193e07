//! The file key of a version, wrapped for the two people who must be able to open it without
//! anybody's help: the record's patient and the version's author.

use mrms_core::Principal;
use rand_core::CryptoRng;

use super::EnvelopeError;
use crate::bytes::Reader;
use crate::context::{Binding, ContentKey, ErasureSalt, VersionContext};
use crate::hybrid::{HybridIdentity, HybridRecipient, SEALED_LENGTH, SealedSecret};
use crate::kdf::{self, Key, WRAP_LENGTH};
use crate::keyring::RecordRoot;
use crate::secret::FileKey;

const ROOT_INFO: &[u8] = b"mrms/root-wrap/v1";
const RECIPIENT_INFO: &[u8] = b"mrms/recipient-wrap/v1";
/// Holder and kind, before each wrapped key.
const HEAD_LENGTH: usize = 2;

/// Whom a wrap is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// The patient of the record.
    Patient,
    /// Who wrote the version, when that is somebody else.
    Author,
}

impl Holder {
    const fn code(self) -> u8 {
        match self {
            Self::Patient => 1,
            Self::Author => 2,
        }
    }

    const fn principal(self, context: &VersionContext) -> &Principal {
        match self {
            Self::Patient => &context.patient,
            Self::Author => &context.author,
        }
    }
}

/// How a file key is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WrapKind {
    /// Under the holder's record root: 32 bytes, and the holder's words open it.
    Root,
    /// To the holder's published hybrid recipient: 1,152 bytes.
    Recipient,
}

impl WrapKind {
    const fn code(self) -> u8 {
        match self {
            Self::Root => 1,
            Self::Recipient => 2,
        }
    }

    /// Bytes of such a wrap in an envelope, with holder and kind.
    pub(super) const fn encoded_length(self) -> usize {
        HEAD_LENGTH
            + match self {
                Self::Root => WRAP_LENGTH,
                Self::Recipient => SEALED_LENGTH,
            }
    }
}

#[derive(Clone, PartialEq, Eq)]
enum Wrapped {
    Root([u8; WRAP_LENGTH]),
    Recipient(Box<SealedSecret>),
}

/// A file key wrapped for one holder.
#[derive(Clone, PartialEq, Eq)]
pub struct FileKeyWrap {
    holder: Holder,
    wrapped: Wrapped,
}

impl FileKeyWrap {
    /// Wraps under the holder's own root: for a patient who seals a version of their own, and for
    /// a provider who wants to open again what they wrote.
    ///
    /// The key for the wrap comes from the root, the holder, and the binding. The binding has the
    /// hash of a payload that only this file key seals, so each such key wraps one value.
    #[must_use]
    pub fn under_root(holder: Holder, root: &RecordRoot, key: &ContentKey) -> Self {
        let wrap_key = root_key(holder, root, &key.context, &key.binding(), key.erasure_salt());
        Self { holder, wrapped: Wrapped::Root(kdf::wrap(&wrap_key, key.file_key.expose())) }
    }

    /// Wraps to the holder's published recipient: for an author who seals for the patient.
    pub fn to_recipient(
        holder: Holder,
        recipient: &HybridRecipient,
        key: &ContentKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let sealed = recipient.seal(
            &recipient_info(holder, &key.context, &key.binding()),
            key.erasure_salt().map(ErasureSalt::expose),
            key.file_key.expose(),
            rng,
        );
        Self { holder, wrapped: Wrapped::Recipient(Box::new(sealed)) }
    }

    /// Whom it is for.
    #[must_use]
    pub const fn holder(&self) -> Holder {
        self.holder
    }

    /// How it is wrapped.
    #[must_use]
    pub const fn kind(&self) -> WrapKind {
        match self.wrapped {
            Wrapped::Root(_) => WrapKind::Root,
            Wrapped::Recipient(_) => WrapKind::Recipient,
        }
    }

    /// Its place among the wraps of an envelope.
    pub(super) const fn order(&self) -> (u8, u8) {
        (self.holder.code(), self.kind().code())
    }

    pub(super) fn open_with_root(
        &self,
        root: &RecordRoot,
        context: &VersionContext,
        binding: &Binding,
        salt: Option<&ErasureSalt>,
    ) -> Option<FileKey> {
        let Wrapped::Root(wrapped) = &self.wrapped else { return None };
        let key = root_key(self.holder, root, context, binding, salt);
        kdf::unwrap(&key, wrapped).map(FileKey::new)
    }

    pub(super) fn open_with_identity(
        &self,
        identity: &HybridIdentity,
        context: &VersionContext,
        binding: &Binding,
        salt: Option<&ErasureSalt>,
    ) -> Option<FileKey> {
        let Wrapped::Recipient(sealed) = &self.wrapped else { return None };
        let info = recipient_info(self.holder, context, binding);
        identity.open(&info, salt.map(ErasureSalt::expose), sealed).map(FileKey::new)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        let holder = match reader.u8()? {
            1 => Holder::Patient,
            2 => Holder::Author,
            code => return Err(EnvelopeError::UnknownCode { field: "holder", code }),
        };
        let wrapped = match reader.u8()? {
            1 => Wrapped::Root(reader.array()?),
            2 => Wrapped::Recipient(Box::new(reader.array()?)),
            code => return Err(EnvelopeError::UnknownCode { field: "kind of wrap", code }),
        };
        Ok(Self { holder, wrapped })
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        let Self { holder, wrapped } = self;
        bytes.extend_from_slice(&[holder.code(), self.kind().code()]);
        match wrapped {
            Wrapped::Root(wrapped) => bytes.extend_from_slice(wrapped),
            Wrapped::Recipient(sealed) => bytes.extend_from_slice(sealed.as_slice()),
        }
    }
}

impl std::fmt::Debug for FileKeyWrap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileKeyWrap")
            .field("holder", &self.holder)
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

/// HKDF(record root, salt = erasure salt or none, "mrms/root-wrap/v1" ‖ holder ‖ holder's
/// principal ‖ binding).
fn root_key(
    holder: Holder,
    root: &RecordRoot,
    context: &VersionContext,
    binding: &Binding,
    salt: Option<&ErasureSalt>,
) -> Key {
    let principal = holder.principal(context).to_consensus_bytes();
    let salt = salt.map_or(&[][..], |salt| salt.expose());
    kdf::hkdf(root.expose(), salt, &[ROOT_INFO, &[holder.code()], &principal, binding.as_bytes()])
}

/// HPKE's `info`: "mrms/recipient-wrap/v1" ‖ holder ‖ holder's principal ‖ binding.
fn recipient_info(holder: Holder, context: &VersionContext, binding: &Binding) -> Vec<u8> {
    let principal = holder.principal(context).to_consensus_bytes();
    [RECIPIENT_INFO, &[holder.code()], &principal, binding.as_bytes()].concat()
}
