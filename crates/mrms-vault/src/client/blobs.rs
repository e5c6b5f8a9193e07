//! [`RemoteBlobStore`]: a vault's ciphertext as a blob store.
//!
//! A blob is written to a local staging store first, because its name, the hash, is known only after its last byte. Then
//! it is announced to the vault for the version that it is of, and the bytes that the vault lacks are sent. What could not be sent stays in the
//! staging store; writing the same bytes again sends the rest.

use std::fmt;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use mrms_core::{RecordId, Version};
use mrms_store::{BlobId, BlobPart, BlobPromise, BlobStore, BlobWriter, StoreError};

use super::http::HttpVault;
use super::transfer::{BlobReader, RetryPolicy, UploadFailure, is_of, length, upload};
use crate::protocol::{Signed, SignedError, UploadAnswer, UploadRequest};
use crate::{Vault as _, VaultError};

/// Announces a blob for the version that it is of: signs a message with a fresh nonce and the current time.
pub type Authorise =
    dyn Fn(BlobPromise) -> Result<Signed<UploadRequest>, SignedError> + Send + Sync;

/// The ciphertext that a vault keeps.
///
/// It can't delete or list what the vault has: a vault deletes only when a record's patient asks
/// ([`Erasure`](crate::protocol::Erasure)).
#[derive(Clone)]
pub struct RemoteBlobStore {
    vault: Arc<HttpVault>,
    staging: Arc<dyn BlobStore>,
    authorise: Option<Arc<Authorise>>,
}

impl RemoteBlobStore {
    /// The ciphertext of this vault, to read. Blobs are written to `staging` before they are sent.
    #[must_use]
    pub fn new(vault: Arc<HttpVault>, staging: Arc<dyn BlobStore>) -> Self {
        Self { vault, staging, authorise: None }
    }

    /// The same, to bring the ciphertext of one version, for which `authorise` announces it.
    #[must_use]
    pub fn bringing(&self, authorise: Arc<Authorise>) -> Self {
        Self { authorise: Some(authorise), ..self.clone() }
    }

    /// Whether the vault has a blob as the ciphertext of this version. If it has it and does not know that, announcing it
    /// tells it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreachable`].
    pub fn has_as(
        &self,
        id: &BlobId,
        record: RecordId,
        version: Version,
    ) -> Result<bool, StoreError> {
        let told = is_of(&self.vault, id, record, version);
        told.map_err(|error| elsewhere("tell of a blob", error))
    }

    /// Sends the bytes of a staged blob that the vault lacks, and removes the staged copy.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the staged copy stays.
    pub fn send(&self, id: &BlobId) -> Result<(), StoreError> {
        let answer = self.announce(id)?;
        if let Some(under_way) = &answer.upload {
            let sent = upload(&self.vault, &*self.staging, id, under_way, answer.offset);
            sent.map_err(|failure| match failure {
                UploadFailure::Vault(error) => elsewhere("take a blob", error),
                UploadFailure::Source(error) => error,
            })?;
        }
        self.staging.delete(id)
    }
}

impl RemoteBlobStore {
    /// Announces a blob. Each try is signed anew, because a vault accepts no message twice.
    fn announce(&self, id: &BlobId) -> Result<UploadAnswer, StoreError> {
        let promise = BlobPromise { id: *id, length: self.staging.length(id)? };
        let authorise = self.authorise.as_deref().ok_or_else(|| {
            let reason = "nobody said for which version it is".to_owned();
            elsewhere("announce a blob", VaultError::Answer { reason })
        })?;
        let mut retries = RetryPolicy::new(&self.vault);
        loop {
            let signed = authorise(promise);
            let signed = signed.map_err(|error| elsewhere("announce a blob", error))?;
            match self.vault.announce(&signed) {
                Err(error @ VaultError::Unreachable { .. }) => {
                    retries.failed(error).map_err(|error| elsewhere("announce a blob", error))?;
                }
                answered => return answered.map_err(|error| elsewhere("announce a blob", error)),
            }
        }
    }
}

fn elsewhere(
    action: &'static str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Unreachable { action, source: io::Error::other(error) }
}

struct RemoteWriter {
    store: RemoteBlobStore,
    writer: Box<dyn BlobWriter>,
}

impl Write for RemoteWriter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.writer.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl BlobWriter for RemoteWriter {
    /// Returns when the vault says that it keeps the blob.
    fn commit(self: Box<Self>) -> Result<(BlobId, u64), StoreError> {
        let Self { store, writer } = *self;
        let (id, length) = writer.commit()?;
        store.send(&id)?;
        Ok((id, length))
    }
}

impl BlobStore for RemoteBlobStore {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        let writer = self.staging.writer()?;
        Ok(Box::new(RemoteWriter { store: self.clone(), writer }))
    }

    fn open_range(&self, id: &BlobId, range: Range<u64>) -> Result<BlobPart, StoreError> {
        let blob_length = self.length(id)?;
        if range.start > blob_length {
            let (start, length) = (range.start, blob_length);
            return Err(StoreError::BeyondEnd { id: *id, start, length });
        }
        let range = range.start..range.end.clamp(range.start, blob_length);
        let (vault, path) = (Arc::clone(&self.vault), format!("/v1/blobs/{id}"));
        let reader = BlobReader { vault, path, at: range.start, end: range.end, part: None };
        Ok(BlobPart { reader: Box::new(reader), range, blob_length })
    }

    fn length(&self, id: &BlobId) -> Result<u64, StoreError> {
        let length = length(&self.vault, id).map_err(|error| elsewhere("tell of a blob", error))?;
        length.ok_or(StoreError::Missing { id: *id })
    }

    /// Deletes the staged copy. The vault keeps its own until the patient erases it.
    fn delete(&self, id: &BlobId) -> Result<(), StoreError> {
        self.staging.delete(id)
    }

    /// Fails: a vault tells nobody which blobs it has.
    fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        let reason = VaultError::Answer { reason: "a vault lists nothing".to_owned() };
        Err(elsewhere("list its blobs", reason))
    }
}

impl fmt::Debug for RemoteBlobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteBlobStore").field("vault", &self.vault).finish_non_exhaustive()
    }
}
