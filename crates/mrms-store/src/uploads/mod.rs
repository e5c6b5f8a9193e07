//! [`Uploads`]: receives blobs in pieces, across broken connections and restarts.
//!
//! The owner of an upload promises hash and length at its beginning. The bytes are written to a file, up to the
//! promised length. When the last one has arrived the hashes are compared, and only a blob that is as promised is passed to
//! a [`BlobStore`]; any other is discarded. After a restart the bytes in the file are hashed again.
//!
//! An announcement takes no room: room is for bytes that came ([`room`]). Owners that the caller does not know share a small
//! part of it.
//!
//! Knows neither HTTP nor signatures: an owner is a text that the caller has verified. The clock is an argument.

mod error;
mod folder;
mod id;
mod kept;
mod limits;
mod owner;
mod partial;
mod room;
mod staged;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

pub use error::UploadError;
pub use id::UploadId;
pub use limits::{UploadLimits, UploadUsage};
pub use owner::{Owner, OwnerKind};
pub use partial::PartialUpload;
pub use staged::StagedBlob;

use crate::hashed_file::HashedFile;
use crate::{BlobId, BlobStore, StoreError, io_error};
use folder::UploadFolder;
use kept::{KeptFolder, Uploader};
use owner::Totals;
use room::Room;

/// Folder that says who uploaded which blob.
const KEPT: &str = "kept";

/// The blob that an upload promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobPromise {
    /// The SHA-256 of all bytes.
    pub id: BlobId,
    /// The number of bytes.
    pub length: u64,
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
    /// What is stored of whom. When both are locked, `unfinished` is locked first.
    totals: Mutex<Totals>,
}

#[derive(Debug)]
struct Unfinished {
    owner: Owner,
    promise: BlobPromise,
    state: State,
    begun: SystemTime,
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
        let mut totals = Totals::default();
        for (_, uploader) in kept.list().map_err(io_error("read who brought its blobs"))? {
            totals.add(&uploader);
        }
        let totals = Mutex::new(totals);
        let folder = UploadFolder::open(folder).map_err(io_error("open its uploads"))?;
        let found = folder.read().map_err(io_error("read its uploads"))?;
        let idle = |found: folder::Found| {
            let folder::Found { id, owner, promise, offset, begun } = found;
            (id, Unfinished { owner, promise, state: State::Idle { offset }, begun })
        };
        let unfinished = Mutex::new(found.into_iter().map(idle).collect());
        Ok(Self { folder, kept, limits, unfinished, totals })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<UploadId, Unfinished>> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an upload with the id `fresh`, or returns the one that this owner has begun for the same blob. If all places
    /// are taken, or all room of strangers, uploads that hardly advance make way.
    ///
    /// # Errors
    ///
    /// [`UploadError::TooLarge`], [`UploadError::OwnerLimit`], [`UploadError::KeptLimit`],
    /// [`UploadError::StrangersLimit`], [`UploadError::AllLimit`], [`UploadError::NoRoom`] or [`UploadError::Store`].
    pub fn begin(
        &self,
        owner: &Owner,
        promise: BlobPromise,
        fresh: UploadId,
        now: SystemTime,
    ) -> Result<Progress, UploadError> {
        let limits = &self.limits;
        if promise.length > limits.blob_bytes {
            let (length, limit) = (promise.length, limits.blob_bytes);
            return Err(UploadError::TooLarge { length, limit });
        }
        let mut unfinished = self.lock();
        let same = |upload: &Unfinished| upload.owner.name == owner.name;
        let found = unfinished.iter().find(|(_, one)| same(one) && one.promise == promise);
        if let Some((id, upload)) = found {
            return Ok(upload.progress(*id));
        }
        let theirs = unfinished.values().filter(|one| same(one));
        let (uploads, bytes) = theirs.fold((0, 0_u64), |(uploads, bytes), one| {
            (uploads + 1, bytes.saturating_add(one.promise.length))
        });
        if uploads >= limits.owner_uploads {
            return Err(UploadError::OwnerLimit { limit: limits.owner_uploads as u64 });
        }
        if bytes.saturating_add(promise.length) > limits.owner_bytes {
            return Err(UploadError::OwnerLimit { limit: limits.owner_bytes });
        }
        let kept = self.totals().owners.get(&owner.name).copied().unwrap_or(0);
        if kept.saturating_add(bytes).saturating_add(promise.length) > limits.kept_bytes {
            return Err(UploadError::KeptLimit { limit: limits.kept_bytes });
        }
        while let Err(refused) = self.room(&unfinished)?.admit(owner.standing, promise.length) {
            let Some(slow) = room::slowest(&unfinished, refused.way_for(owner.standing), now)
            else {
                return Err(refused.into());
            };
            unfinished.remove(&slow);
            self.folder.remove(slow).map_err(io_error("discard an upload"))?;
        }
        self.folder.create(fresh, owner, promise).map_err(io_error("begin an upload"))?;
        let (owner, state) = (owner.clone(), State::Idle { offset: 0 });
        let upload = Unfinished { owner, promise, state, begun: now };
        let progress = upload.progress(fresh);
        unfinished.insert(fresh, upload);
        Ok(progress)
    }

    /// The room as it is now.
    fn room(&self, unfinished: &BTreeMap<UploadId, Unfinished>) -> Result<Room<'_>, StoreError> {
        let free = self.folder.free_bytes().map_err(io_error("ask for room"))?;
        let kept_of_strangers = self.totals().strangers;
        Ok(Room { limits: &self.limits, usage: usage(unfinished, kept_of_strangers), free })
    }

    /// Whether there is room for some more bytes of an upload.
    fn room_for(&self, id: UploadId, bytes: u64) -> Result<(), UploadError> {
        let unfinished = self.lock();
        let standing =
            unfinished.get(&id).map(|one| one.owner.standing).ok_or(UploadError::Unknown)?;
        self.room(&unfinished)?.admit_bytes(standing, bytes).map_err(UploadError::from)
    }

    /// How much of the limits is used.
    #[must_use]
    pub fn usage(&self) -> UploadUsage {
        let unfinished = self.lock();
        usage(&unfinished, self.totals().strangers)
    }

    fn totals(&self) -> MutexGuard<'_, Totals> {
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
                totals.take(&uploader);
            }
            Ok(())
        };
        forget().map_err(io_error("forget who brought a blob"))
    }

    /// The blobs of owners who were strangers when they uploaded them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn of_strangers(&self) -> Result<Vec<BlobId>, StoreError> {
        let kept = self.kept.list().map_err(io_error("read who brought its blobs"))?;
        let strangers = kept.into_iter().filter(|(_, uploader)| uploader.is_stranger);
        Ok(strangers.map(|(id, _)| id).collect())
    }

    /// Whether strangers have taken half of what they may have.
    #[must_use]
    pub fn strangers_are_many(&self) -> bool {
        let room = self.room(&self.lock());
        room.is_ok_and(|room| room.usage.stranger_bytes >= room.strangers() / 2)
    }

    /// The owner of a blob is no stranger any more.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn settle(&self, id: &BlobId) -> Result<(), StoreError> {
        let settle = || -> io::Result<()> {
            let mut totals = self.totals();
            if let Some(before) = self.kept.uploader(id)?.filter(|uploader| uploader.is_stranger) {
                let after = Uploader { is_stranger: false, ..before.clone() };
                self.kept.write(id, &after)?;
                totals.take(&before);
                totals.add(&after);
            }
            Ok(())
        };
        settle().map_err(io_error("note who brought a blob"))
    }

    /// Notes who uploads a blob, unless the store has it and somebody uploaded it before.
    fn note_uploader(
        &self,
        id: UploadId,
        promise: BlobPromise,
        store: &dyn BlobStore,
    ) -> Result<(), StoreError> {
        let Some(owner) = self.lock().get(&id).map(|upload| upload.owner.clone()) else {
            return Ok(());
        };
        let is_here = store.length(&promise.id).is_ok();
        let uploader = Uploader {
            owner: owner.name,
            length: promise.length,
            is_stranger: owner.standing == OwnerKind::Stranger,
        };
        let note = || -> io::Result<()> {
            let mut totals = self.totals();
            match self.kept.uploader(&promise.id)? {
                Some(_) if is_here => return Ok(()),
                Some(earlier) => totals.take(&earlier),
                None => {}
            }
            self.kept.write(&promise.id, &uploader)?;
            totals.add(&uploader);
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
    pub fn owner(&self, id: UploadId) -> Result<Owner, UploadError> {
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

    /// Discards the uploads of a blob that is no longer wanted, except those that are appended to now.
    ///
    /// # Errors
    ///
    /// [`UploadError::Store`].
    pub fn discard_blob(&self, blob: &BlobId) -> Result<(), UploadError> {
        let unwanted: Vec<UploadId> = self
            .lock()
            .iter()
            .filter(|(_, upload)| {
                upload.promise.id == *blob && !matches!(upload.state, State::Appending { .. })
            })
            .map(|(id, _)| *id)
            .collect();
        unwanted.into_iter().try_for_each(|id| self.discard(id))
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
        let usage = self.usage();
        (usage.uploads, usage.bytes)
    }
}

/// How much unfinished uploads take, with what is kept of strangers.
fn usage(unfinished: &BTreeMap<UploadId, Unfinished>, kept_of_strangers: u64) -> UploadUsage {
    let mut usage = UploadUsage { stranger_bytes: kept_of_strangers, ..UploadUsage::default() };
    for upload in unfinished.values() {
        let (offset, length) = (upload.offset(), upload.promise.length);
        usage.uploads += 1;
        usage.bytes = usage.bytes.saturating_add(offset);
        usage.promised = usage.promised.saturating_add(length.saturating_sub(offset));
        usage.reserved = usage.reserved.saturating_add(room::reserved(offset, length));
        if upload.owner.standing == OwnerKind::Stranger {
            usage.stranger_uploads += 1;
            usage.stranger_bytes = usage.stranger_bytes.saturating_add(offset);
        }
    }
    usage
}
