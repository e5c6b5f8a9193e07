//! An upload in hand: bytes are appended, and the last one decides.

use std::fmt;

use super::{BlobPromise, Progress, StagedBlob, State, UploadError, UploadId, Uploads};
use crate::hashed_file::HashedFile;
use crate::{BlobStore, StoreError, io_error};

/// An upload that one connection has in hand. Dropping it keeps what has arrived.
pub struct PartialUpload<'a> {
    uploads: &'a Uploads,
    id: UploadId,
    promise: BlobPromise,
    /// None once it was given up.
    file: Option<Box<HashedFile>>,
}

impl<'a> PartialUpload<'a> {
    pub(super) fn new(
        uploads: &'a Uploads,
        id: UploadId,
        promise: BlobPromise,
        file: Box<HashedFile>,
    ) -> Self {
        Self { uploads, id, promise, file: Some(file) }
    }

    fn offset(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.length())
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { id: self.id, promise: self.promise, offset: self.offset() }
    }

    /// Appends bytes.
    ///
    /// # Errors
    ///
    /// [`UploadError::TooLong`], with none of them taken; [`UploadError::Store`], then the upload is
    /// discarded; [`UploadError::Unknown`] after that.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        let file = self.file.as_mut().ok_or(UploadError::Unknown)?;
        let length = self.promise.length;
        if file.length() + bytes.len() as u64 > length {
            return Err(UploadError::TooLong { length });
        }
        if let Err(source) = file.append(bytes) {
            return Err(self.give_up(StoreError::Io { action: "keep an upload's bytes", source }));
        }
        self.uploads.advanced(self.id, self.offset());
        Ok(())
    }

    /// Compares the hash of all bytes with the one promised, and hands the blob to the store.
    ///
    /// # Errors
    ///
    /// [`UploadError::Incomplete`], and the upload stays. [`UploadError::WrongHash`], and it is
    /// discarded. [`UploadError::Store`]: it stays when a store elsewhere failed, so that it can be
    /// finished later, and is discarded when this disk failed or has no room.
    pub fn finish(mut self, store: &dyn BlobStore) -> Result<BlobPromise, UploadError> {
        let BlobPromise { id: promised, length } = self.promise;
        let offset = self.offset();
        if offset < length {
            return Err(UploadError::Incomplete { offset, length });
        }
        let file = self.file.take().ok_or(UploadError::Unknown)?;
        let found = match file.finish() {
            Ok(found) => found,
            Err(source) => {
                return Err(self.give_up(StoreError::Io { action: "keep an upload", source }));
            }
        };
        if found != promised {
            self.uploads.discard(self.id)?;
            return Err(UploadError::WrongHash { promised, found });
        }
        let path = self.uploads.folder.bytes(self.id);
        let kept = self.uploads.note_bringer(self.id, self.promise, store);
        let staged = StagedBlob { path, promise: self.promise };
        if let Err(error) = kept.and_then(|()| store.keep(&staged)) {
            if error.is_full() || matches!(error, StoreError::Altered { .. }) {
                return Err(self.give_up(error));
            }
            self.uploads.put_back(self.id, State::Lying { offset });
            return Err(error.into());
        }
        self.uploads.discard(self.id)?;
        Ok(self.promise)
    }

    /// What the file has after a failed write is not known: the upload goes.
    fn give_up(&mut self, error: StoreError) -> UploadError {
        self.file = None;
        // The failure is the answer; what can't be removed now goes at the next sweep or start.
        let _ = self.uploads.discard(self.id);
        error.into()
    }
}

impl Drop for PartialUpload<'_> {
    fn drop(&mut self) {
        let Some(mut file) = self.file.take() else { return };
        match file.pause().map_err(io_error("keep an upload's bytes")) {
            Ok(()) => self.uploads.put_back(self.id, State::Hashed { file }),
            Err(error) => drop(self.give_up(error)),
        }
    }
}

impl fmt::Debug for PartialUpload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartialUpload").field("progress", &self.progress()).finish_non_exhaustive()
    }
}
