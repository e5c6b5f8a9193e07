//! [`PartialUpload`]: appends bytes to an upload, and finishes it.

use std::fmt;

use super::{BlobPromise, Progress, StagedBlob, State, UploadError, UploadId, Uploads};
use crate::hashed_file::HashedFile;
use crate::{BlobStore, StoreError, io_error};

/// Bytes beyond the next ones for which room is asked.
const ROOM_STEP: u64 = 1 << 20;

/// An upload that one request appends to. Dropping it keeps what has arrived.
pub struct PartialUpload<'a> {
    uploads: &'a Uploads,
    id: UploadId,
    promise: BlobPromise,
    /// `None` after the upload was discarded.
    file: Option<Box<HashedFile>>,
    /// Bytes up to which there was room when it was last asked.
    room_until: u64,
}

impl<'a> PartialUpload<'a> {
    pub(super) fn new(
        uploads: &'a Uploads,
        id: UploadId,
        promise: BlobPromise,
        file: Box<HashedFile>,
    ) -> Self {
        let room_until = file.length();
        Self { uploads, id, promise, file: Some(file), room_until }
    }

    fn offset(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.length())
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { id: self.id, promise: self.promise, offset: self.offset() }
    }

    /// The name of whom the upload belongs to; `None` after it was discarded.
    #[must_use]
    pub fn owner(&self) -> Option<String> {
        self.uploads.lock().get(&self.id).map(|upload| upload.owner.name.clone())
    }

    /// Appends bytes.
    ///
    /// # Errors
    ///
    /// [`UploadError::TooLong`], [`UploadError::NoRoom`], [`UploadError::StrangersLimit`] or [`UploadError::AllLimit`],
    /// with none of them taken; [`UploadError::Store`], then the upload is
    /// discarded; [`UploadError::Unknown`] after that.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        let file = self.file.as_mut().ok_or(UploadError::Unknown)?;
        let length = self.promise.length;
        if file.length() + bytes.len() as u64 > length {
            return Err(UploadError::TooLong { length });
        }
        let end = file.length() + bytes.len() as u64;
        if end > self.room_until {
            let ask =
                |until: u64| self.uploads.room_for(self.id, until - file.length()).map(|()| until);
            self.room_until =
                ask(end.saturating_add(ROOM_STEP).min(length)).or_else(|_| ask(end))?;
        }
        if let Err(source) = file.append(bytes) {
            return Err(self.give_up(StoreError::Io { action: "keep an upload's bytes", source }));
        }
        self.uploads.advanced(self.id, self.offset());
        Ok(())
    }

    /// Compares the hash of all bytes with the promised one, and passes the blob to the store.
    ///
    /// # Errors
    ///
    /// After [`UploadError::Incomplete`] the upload stays. After [`UploadError::WrongHash`] it is discarded. After
    /// [`UploadError::Store`] it stays if a store on another machine failed, so that it can be finished later, and is
    /// discarded if this disk failed or is full.
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
        let kept = self.uploads.note_uploader(self.id, self.promise, store);
        let staged = StagedBlob { path, promise: self.promise };
        if let Err(error) = kept.and_then(|()| store.keep(&staged)) {
            if error.is_full() || matches!(error, StoreError::Altered { .. }) {
                return Err(self.give_up(error));
            }
            self.uploads.put_back(self.id, State::Idle { offset });
            return Err(error.into());
        }
        self.uploads.discard(self.id)?;
        Ok(self.promise)
    }

    /// Discards the upload: after a failed write nobody knows what the file has.
    fn give_up(&mut self, error: StoreError) -> UploadError {
        self.file = None;
        // The failure is reported. The next sweep or start removes what can't be removed now.
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
