//! [`RemoteBlobStore`]: a vault's ciphertext as a blob store.
//!
//! A blob is written to a local staging store first, because its name, the hash, is known only after its last byte. Then
//! it is announced to the vault, and the bytes that the vault lacks are sent. What could not be sent stays in the
//! staging store; writing the same bytes again sends the rest.

use std::fmt;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use mrms_store::{BlobId, BlobPart, BlobStore, BlobWriter, StoreError};

use super::http::HttpVault;
use super::transfer::{BlobReader, RetryPolicy, UploadFailure, length, upload};
use crate::VaultError;
use crate::protocol::{Hex, Signed, SignedError, UploadAnswer, UploadRequest};

/// Signs the announcement of an upload, with a fresh nonce and the current time.
pub type Authorise =
    dyn Fn(UploadRequest) -> Result<Signed<UploadRequest>, SignedError> + Send + Sync;

/// The ciphertext that a vault keeps.
///
/// It can't delete or list what the vault has: a vault deletes only when a record's patient asks
/// ([`Erasure`](crate::protocol::Erasure)).
#[derive(Clone)]
pub struct RemoteBlobStore {
    vault: Arc<HttpVault>,
    staging: Arc<dyn BlobStore>,
    authorise: Arc<Authorise>,
}

impl RemoteBlobStore {
    /// The ciphertext of this vault. Blobs are written to `staging` before they are sent.
    #[must_use]
    pub fn new(
        vault: Arc<HttpVault>,
        staging: Arc<dyn BlobStore>,
        authorise: Arc<Authorise>,
    ) -> Self {
        Self { vault, staging, authorise }
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
        let request =
            UploadRequest { sha256: Hex(*id.as_bytes()), length: self.staging.length(id)? };
        let mut retries = RetryPolicy::new(&self.vault);
        loop {
            let signed = (self.authorise)(request.clone());
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
