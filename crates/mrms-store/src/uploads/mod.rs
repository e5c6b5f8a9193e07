//! [`Uploads`]: receives blobs in pieces, across broken connections and restarts.
//!
//! The owner of an upload promises hash and length at its beginning. The bytes are written to a file, up to the
//! promised length. When the last one has arrived the hashes are compared, and only a blob that is as promised is passed to
//! a [`BlobStore`]; any other is discarded. After a restart the bytes in the file are hashed again.
//!
//! Knows neither HTTP nor signatures: an owner is a text that the caller has verified. The clock is an argument.

mod folder;
mod kept;
mod partial;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

pub use partial::PartialUpload;

use crate::hashed_file::HashedFile;
use crate::{BlobId, BlobStore, StoreError, io_error};
use folder::UploadFolder;
use kept::KeptFolder;

/// Folder that says who uploaded which blob.
const KEPT: &str = "kept";

/// Name of an upload: 16 random bytes, which only its owner knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId([u8; 16]);

impl UploadId {
    /// An id from 16 bytes that nobody can guess.
    #[must_use]
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for UploadId {
    /// Prints the beginning only: anyone who knows the whole id can append.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UploadId({}..)", hex::encode(&self.0[..4]))
    }
}

/// The text is no id of an upload: 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of an upload is 32 hexadecimal digits")]
pub struct UploadIdError;

impl FromStr for UploadId {
    type Err = UploadIdError;

    fn from_str(text: &str) -> Result<Self, UploadIdError> {
        let mut bytes = [0; 16];
        mrms_core::hexadecimal::decode_to_slice(text, &mut bytes).map_err(|_| UploadIdError)?;
        Ok(Self(bytes))
    }
}

/// The blob that an upload promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobPromise {
    /// The SHA-256 of all bytes.
    pub id: BlobId,
    /// The number of bytes.
    pub length: u64,
}

/// Limits on uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadLimits {
    /// Most bytes of one blob.
    pub blob_bytes: u64,
    /// Bytes promised by the unfinished uploads of one owner together.
    pub owner_bytes: u64,
    /// Unfinished uploads of one owner.
    pub owner_uploads: usize,
    /// Bytes of one owner, finished and unfinished.
    pub kept_bytes: u64,
    /// Bytes promised by all unfinished uploads together.
    pub all_bytes: u64,
    /// Unfinished uploads of all owners.
    pub all_uploads: usize,
    /// Bytes of the disk that uploads must leave free, for the vault's log.
    pub reserve_bytes: u64,
}

impl Default for UploadLimits {
    /// For a clinic's own vault: blobs of up to 64 GiB, 1 TiB for each owner, 512 GiB unfinished, and 1 GiB of the disk left
    /// free.
    fn default() -> Self {
        Self {
            blob_bytes: 64 << 30,
            owner_bytes: 128 << 30,
            owner_uploads: 16,
            kept_bytes: 1 << 40,
            all_bytes: 512 << 30,
            all_uploads: 1_024,
            reserve_bytes: 1 << 30,
        }
    }
}

/// The state of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its id.
    pub id: UploadId,
    /// The blob that it promises.
    pub promise: BlobPromise,
    /// Bytes that have arrived, which is the place of the next one.
    pub offset: u64,
}

/// Why an upload was not begun, or not continued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// There is no such upload: never begun, finished, discarded or swept.
    #[error("no such upload")]
    Unknown,
    /// Another connection is appending to it.
    #[error("the upload is being continued elsewhere")]
    Busy,
    /// The blob would be too large.
    #[error("a blob may have {limit} bytes, not {length}")]
    TooLarge {
        /// The bytes promised.
        length: u64,
        /// The bytes allowed.
        limit: u64,
    },
    /// The owner's unfinished uploads have reached a limit.
    #[error("{limit} unfinished uploads or bytes of one owner are too many")]
    OwnerLimit {
        /// Uploads or bytes.
        limit: u64,
    },
    /// The owner has stored as much as allowed.
    #[error("more than {limit} bytes of one owner")]
    KeptLimit {
        /// Bytes that one owner may store.
        limit: u64,
    },
    /// With this upload the disk would be too full.
    #[error("the disk has no room for {length} bytes more")]
    NoRoom {
        /// The bytes promised.
        length: u64,
    },
    /// All unfinished uploads together have reached a limit.
    #[error("too much is being uploaded by all together")]
    AllLimit,
    /// The bytes sent do not begin where the last ones ended.
    #[error("the upload continues at byte {offset}, not {given}")]
    WrongOffset {
        /// Where it continues.
        offset: u64,
        /// Where the bytes were meant to go.
        given: u64,
    },
    /// More bytes came than promised. The upload is as it was before them.
    #[error("more than the {length} bytes that were promised")]
    TooLong {
        /// The bytes promised.
        length: u64,
    },
    /// Fewer bytes than promised: it can't be finished yet.
    #[error("{offset} of {length} bytes have arrived")]
    Incomplete {
        /// Bytes that have arrived.
        offset: u64,
        /// Bytes promised.
        length: u64,
    },
    /// All bytes have arrived and do not have the promised hash. The upload was discarded.
    #[error("the bytes hash to {found}, not to {promised}")]
    WrongHash {
        /// The hash promised.
        promised: BlobId,
        /// The hash of the bytes that came.
        found: BlobId,
    },
    /// The disk or the store failed. If the disk was full, the upload was discarded to free room.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Uploads that were idle for too long.
    pub uploads: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// The unfinished uploads in a folder, and who uploaded the finished ones.
#[derive(Debug)]
pub struct Uploads {
    folder: UploadFolder,
    kept: KeptFolder,
    limits: UploadLimits,
    unfinished: Mutex<BTreeMap<UploadId, Unfinished>>,
    /// Bytes that each owner has stored. When both are locked, `unfinished` is locked first.
    totals: Mutex<BTreeMap<String, u64>>,
}

#[derive(Debug)]
struct Unfinished {
    owner: String,
    promise: BlobPromise,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nobody appends, and the bytes in the file are not hashed.
    Idle { offset: u64 },
    /// Nobody appends, and the bytes so far are hashed.
    Hashed { file: Box<HashedFile> },
    /// A [`PartialUpload`] appends to it.
    Appending { offset: u64 },
}

impl Unfinished {
    fn offset(&self) -> u64 {
        match &self.state {
            State::Idle { offset } | State::Appending { offset } => *offset,
            State::Hashed { file } => file.length(),
        }
    }

    fn progress(&self, id: UploadId) -> Progress {
        Progress { id, promise: self.promise, offset: self.offset() }
    }
}

impl Uploads {
    /// Opens the folder, which is made if it does not exist, with the uploads that an earlier process left. The caller makes
    /// sure that one process at a time uses it.
    ///
    /// If the folder is inside a `FileStore`'s, finished blobs are renamed and not copied.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn open_folder(folder: &Path, limits: UploadLimits) -> Result<Self, StoreError> {
        let kept = KeptFolder::open(&folder.join(KEPT)).map_err(io_error("open its uploads"))?;
        let totals = Mutex::new(kept.totals().map_err(io_error("read who brought its blobs"))?);
        let folder = UploadFolder::open(folder).map_err(io_error("open its uploads"))?;
        let found = folder.read().map_err(io_error("read its uploads"))?;
        let idle = |(id, owner, promise, offset)| {
            (id, Unfinished { owner, promise, state: State::Idle { offset } })
        };
        let unfinished = Mutex::new(found.into_iter().map(idle).collect());
        Ok(Self { folder, kept, limits, unfinished, totals })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<UploadId, Unfinished>> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an upload with the id `fresh`, or returns the one that this owner has begun for the same blob.
    ///
    /// # Errors
    ///
    /// [`UploadError::TooLarge`], [`UploadError::OwnerLimit`], [`UploadError::KeptLimit`],
    /// [`UploadError::AllLimit`], [`UploadError::NoRoom`] or [`UploadError::Store`].
    pub fn begin(
        &self,
        owner: &str,
        promise: BlobPromise,
        fresh: UploadId,
    ) -> Result<Progress, UploadError> {
        let limits = &self.limits;
        if promise.length > limits.blob_bytes {
            let (length, limit) = (promise.length, limits.blob_bytes);
            return Err(UploadError::TooLarge { length, limit });
        }
        let mut unfinished = self.lock();
        let mut theirs = Taken::default();
        let mut all = Taken::default();
        for (id, upload) in unfinished.iter() {
            if upload.owner == owner {
                if upload.promise == promise {
                    return Ok(upload.progress(*id));
                }
                theirs.add(upload.promise.length);
            }
            all.add(upload.promise.length);
        }
        if theirs.uploads >= limits.owner_uploads {
            return Err(UploadError::OwnerLimit { limit: limits.owner_uploads as u64 });
        }
        if theirs.bytes.saturating_add(promise.length) > limits.owner_bytes {
            return Err(UploadError::OwnerLimit { limit: limits.owner_bytes });
        }
        let kept = self.totals().get(owner).copied().unwrap_or(0);
        if kept.saturating_add(theirs.bytes).saturating_add(promise.length) > limits.kept_bytes {
            return Err(UploadError::KeptLimit { limit: limits.kept_bytes });
        }
        let all_bytes = all.bytes.saturating_add(promise.length);
        if all.uploads >= limits.all_uploads || all_bytes > limits.all_bytes {
            return Err(UploadError::AllLimit);
        }
        if let Some(free) = self.folder.free_bytes().map_err(io_error("ask for room"))? {
            let unfinished: u64 =
                unfinished.values().map(|upload| upload.promise.length - upload.offset()).sum();
            let needed = unfinished.saturating_add(promise.length);
            if free < needed.saturating_add(limits.reserve_bytes) {
                return Err(UploadError::NoRoom { length: promise.length });
            }
        }
        self.folder.create(fresh, owner, promise).map_err(io_error("begin an upload"))?;
        let upload =
            Unfinished { owner: owner.to_owned(), promise, state: State::Idle { offset: 0 } };
        let progress = upload.progress(fresh);
        unfinished.insert(fresh, upload);
        Ok(progress)
    }

    fn totals(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who first uploaded a blob; `None` if it came in another way.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn uploader(&self, id: &BlobId) -> Result<Option<String>, StoreError> {
        let uploader = self.kept.uploader(id).map_err(io_error("read who brought a blob"))?;
        Ok(uploader.map(|uploader| uploader.owner))
    }

    /// Forgets who uploaded a blob that was deleted: its bytes no longer count.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn forget(&self, id: &BlobId) -> Result<(), StoreError> {
        let forget = || -> io::Result<()> {
            let mut totals = self.totals();
            if let Some(uploader) = self.kept.uploader(id)? {
                self.kept.remove(id)?;
                if let Some(total) = totals.get_mut(&uploader.owner) {
                    *total = total.saturating_sub(uploader.length);
                }
            }
            Ok(())
        };
        forget().map_err(io_error("forget who brought a blob"))
    }

    /// Notes who uploads a blob, unless the store has it and somebody uploaded it before.
    fn note_uploader(
        &self,
        id: UploadId,
        promise: BlobPromise,
        store: &dyn BlobStore,
    ) -> Result<(), StoreError> {
        let Ok(owner) = self.owner(id) else { return Ok(()) };
        let is_here = store.length(&promise.id).is_ok();
        let note = || -> io::Result<()> {
            let mut totals = self.totals();
            match self.kept.uploader(&promise.id)? {
                Some(_) if is_here => return Ok(()),
                Some(earlier) => {
                    if let Some(total) = totals.get_mut(&earlier.owner) {
                        *total = total.saturating_sub(earlier.length);
                    }
                }
                None => {}
            }
            self.kept.write(&owner, promise)?;
            *totals.entry(owner.clone()).or_default() += promise.length;
            Ok(())
        };
        note().map_err(io_error("note who brought a blob"))
    }

    /// The state of an upload.
    ///
    /// # Errors
    ///
    /// [`UploadError::Unknown`].
    pub fn progress(&self, id: UploadId) -> Result<Progress, UploadError> {
        self.lock().get(&id).map(|upload| upload.progress(id)).ok_or(UploadError::Unknown)
    }

    /// Whose upload it is.
    ///
    /// # Errors
    ///
    /// [`UploadError::Unknown`].
    pub fn owner(&self, id: UploadId) -> Result<String, UploadError> {
        self.lock().get(&id).map(|upload| upload.owner.clone()).ok_or(UploadError::Unknown)
    }

    /// Opens an upload to append from byte `at` on. After a restart this reads and hashes the bytes in the file.
    ///
    /// # Errors
    ///
    /// [`UploadError::Unknown`], [`UploadError::Busy`], [`UploadError::WrongOffset`] or
    /// [`UploadError::Store`].
    pub fn resume(&self, id: UploadId, at: u64) -> Result<PartialUpload<'_>, UploadError> {
        let (state, promise) = {
            let mut unfinished = self.lock();
            let upload = unfinished.get_mut(&id).ok_or(UploadError::Unknown)?;
            if matches!(upload.state, State::Appending { .. }) {
                return Err(UploadError::Busy);
            }
            let offset = upload.offset();
            if offset != at {
                return Err(UploadError::WrongOffset { offset, given: at });
            }
            (std::mem::replace(&mut upload.state, State::Appending { offset }), upload.promise)
        };
        let hashed = match state {
            State::Hashed { file } => Ok(file),
            State::Idle { .. } | State::Appending { .. } => self.hash_again(id).map(Box::new),
        };
        match hashed {
            Ok(file) => Ok(PartialUpload::new(self, id, promise, file)),
            Err(source) => {
                self.put_back(id, State::Idle { offset: at });
                Err(StoreError::Io { action: "continue an upload", source }.into())
            }
        }
    }

    fn hash_again(&self, id: UploadId) -> io::Result<HashedFile> {
        HashedFile::resume(self.folder.open_bytes(id)?)
    }

    /// Ends appending to an upload.
    fn put_back(&self, id: UploadId, state: State) {
        if let Some(upload) = self.lock().get_mut(&id) {
            upload.state = state;
        }
    }

    /// Notes the bytes that came while an upload is appended to.
    fn advanced(&self, id: UploadId, offset: u64) {
        self.put_back(id, State::Appending { offset });
    }

    /// Removes an upload with its bytes. An unknown upload is no error.
    ///
    /// # Errors
    ///
    /// [`UploadError::Store`].
    pub fn discard(&self, id: UploadId) -> Result<(), UploadError> {
        self.lock().remove(&id);
        Ok(self.folder.remove(id).map_err(io_error("discard an upload"))?)
    }

    /// Discards uploads to which nothing was added for `idle` before `now`, except those that are appended to now.
    ///
    /// # Errors
    ///
    /// [`UploadError::Store`].
    pub fn sweep(&self, now: SystemTime, idle: Duration) -> Result<Swept, UploadError> {
        let mut swept = Swept::default();
        let candidates: Vec<UploadId> = self.lock().keys().copied().collect();
        for id in candidates {
            let touched = match self.folder.touched(id) {
                Ok(touched) => touched,
                // Finished meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => {
                    return Err(StoreError::Io { action: "look at an upload", source }.into());
                }
            };
            if now.duration_since(touched).is_ok_and(|age| age >= idle) {
                let mut unfinished = self.lock();
                let Some(upload) = unfinished.get(&id) else { continue };
                if matches!(upload.state, State::Appending { .. }) {
                    continue;
                }
                let bytes = upload.offset();
                unfinished.remove(&id);
                drop(unfinished);
                self.folder.remove(id).map_err(io_error("discard an upload"))?;
                swept.uploads += 1;
                swept.bytes += bytes;
            }
        }
        Ok(swept)
    }

    /// The number of unfinished uploads, and their bytes.
    #[must_use]
    pub fn unfinished(&self) -> (usize, u64) {
        let unfinished = self.lock();
        (unfinished.len(), unfinished.values().map(Unfinished::offset).sum())
    }
}

/// How much some uploads take.
#[derive(Default)]
struct Taken {
    uploads: usize,
    bytes: u64,
}

impl Taken {
    fn add(&mut self, bytes: u64) {
        self.uploads += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// A complete and verified upload, which a store is about to keep.
#[derive(Debug)]
pub struct StagedBlob {
    path: PathBuf,
    promise: BlobPromise,
}

impl StagedBlob {
    /// Its name, the hash.
    #[must_use]
    pub const fn id(&self) -> BlobId {
        self.promise.id
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.promise.length
    }

    /// Its file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it for reading.
    pub(crate) fn open(&self) -> Result<File, StoreError> {
        File::open(&self.path).map_err(io_error("read an upload"))
    }
}
