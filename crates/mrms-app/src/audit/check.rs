//! Checks what is stored of a version: its hash, envelope and ciphertext. Needs no key.

use mrms_core::{ContentHash, RecordId, Version};
use mrms_crypto::envelope::{EnvelopeError, Storage};
use mrms_store::BlobStore;

use crate::access::open::{OpenRecordError, blob_id, envelope};
use crate::session::Session;

/// A version that passed the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckedVersion {
    /// The version.
    pub version: Version,
    /// SHA-256 of what is on chain.
    pub content_hash: ContentHash,
    /// Where the payload is; `None` for content that another program wrote without our envelope.
    pub storage: Option<Storage>,
    /// Bytes of the payload.
    pub length: u64,
}

impl Session<'_> {
    /// Checks a version: its content has the hash that the contract says, and the ciphertext that
    /// our envelope refers to is whole, wherever it is.
    ///
    /// # Errors
    ///
    /// [`OpenRecordError`], the same as opening it gives.
    pub fn check_version(
        &self,
        id: RecordId,
        version: Version,
    ) -> Result<CheckedVersion, OpenRecordError> {
        let stored = self.stored(id, version)?;
        let content_hash = stored.content_hash;
        let envelope = match envelope(id, version, &stored) {
            Err(OpenRecordError::Envelope { source: EnvelopeError::NotAnEnvelope, .. }) => {
                let length = stored.encrypted_content.len() as u64;
                return Ok(CheckedVersion { version, content_hash, storage: None, length });
            }
            envelope => envelope?,
        };
        let payload = envelope.payload_digest();
        if envelope.payload().is_none() {
            BlobStore::verify(self.blobs, &blob_id(&envelope))?;
        }
        let storage = Some(envelope.storage());
        Ok(CheckedVersion { version, content_hash, storage, length: payload.length() })
    }
}
