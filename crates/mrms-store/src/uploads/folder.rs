//! [`UploadFolder`]: the files of unfinished uploads. Each has a file with its promise, and one with its bytes.
//!
//! The promise is complete or absent. Bytes without a promise are removed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mrms_files::{make_private_folder, remove_if_present};
use serde::{Deserialize, Serialize};

use super::{BlobPromise, Owner, OwnerKind, UploadId};

const PROMISE: &str = "promise";
const BYTES: &str = "bytes";

/// The content of the promise's file.
#[derive(Serialize, Deserialize)]
struct Promise {
    owner: String,
    sha256: String,
    length: u64,
    #[serde(default)]
    is_stranger: bool,
}

/// The folder.
#[derive(Debug)]
pub(super) struct UploadFolder {
    folder: PathBuf,
}

/// An upload in the folder.
pub(super) struct Found {
    pub(super) id: UploadId,
    pub(super) owner: Owner,
    pub(super) promise: BlobPromise,
    /// Bytes so far.
    pub(super) offset: u64,
    pub(super) begun: SystemTime,
}

impl UploadFolder {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        make_private_folder(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    fn path(&self, id: UploadId, kind: &str) -> PathBuf {
        self.folder.join(format!("{id}.{kind}"))
    }

    /// The file with the bytes.
    pub(super) fn bytes(&self, id: UploadId) -> PathBuf {
        self.path(id, BYTES)
    }

    /// The uploads in the folder. Files that are not part of a usable upload are removed.
    pub(super) fn read(&self) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.is_dir() {
                continue;
            }
            let id = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            let kind = path.extension().and_then(|kind| kind.to_str());
            match (id, kind) {
                (Some(id), Some(PROMISE)) => match self.read_one(id)? {
                    Some(upload) => found.push(upload),
                    None => self.remove(id)?,
                },
                (Some(id), Some(BYTES)) if self.path(id, PROMISE).exists() => {}
                _ => remove_if_present(&path)?,
            }
        }
        Ok(found)
    }

    fn read_one(&self, id: UploadId) -> io::Result<Option<Found>> {
        let path = self.path(id, PROMISE);
        let (text, begun) = (fs::read(&path)?, fs::metadata(&path)?.modified()?);
        let Ok(promise) = serde_json::from_slice::<Promise>(&text) else { return Ok(None) };
        let Ok(blob) = promise.sha256.parse() else { return Ok(None) };
        let offset = match fs::metadata(self.bytes(id)) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        if offset > promise.length {
            return Ok(None);
        }
        let Promise { owner: name, length, is_stranger, .. } = promise;
        let standing = if is_stranger { OwnerKind::Stranger } else { OwnerKind::Known };
        let (owner, promise) = (Owner { name, standing }, BlobPromise { id: blob, length });
        Ok(Some(Found { id, owner, promise, offset, begun }))
    }

    pub(super) fn create(&self, id: UploadId, owner: &Owner, blob: BlobPromise) -> io::Result<()> {
        let (sha256, length) = (blob.id.to_string(), blob.length);
        let is_stranger = owner.standing == OwnerKind::Stranger;
        let promise = Promise { owner: owner.name.clone(), sha256, length, is_stranger };
        mrms_files::write_new(&self.path(id, PROMISE), &serde_json::to_vec(&promise)?)
    }

    /// Opens the file with the bytes, to read it and to append to it.
    pub(super) fn open_bytes(&self, id: UploadId) -> io::Result<File> {
        let mut options = mrms_files::private_options();
        options.read(true).append(true).create(true).open(self.bytes(id))
    }

    /// Free bytes of its disk, where the system tells.
    #[cfg(unix)]
    pub(super) fn free_bytes(&self) -> io::Result<Option<u64>> {
        let disk = rustix::fs::statvfs(&self.folder)?;
        Ok(Some(disk.f_bavail.saturating_mul(disk.f_frsize)))
    }

    /// Free bytes of its disk, where the system tells.
    #[cfg(not(unix))]
    pub(super) fn free_bytes(&self) -> io::Result<Option<u64>> {
        Ok(None)
    }

    /// When bytes last arrived, or the upload was begun.
    pub(super) fn touched(&self, id: UploadId) -> io::Result<SystemTime> {
        match fs::metadata(self.bytes(id)) {
            Ok(metadata) => metadata.modified(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::metadata(self.path(id, PROMISE))?.modified()
            }
            Err(error) => Err(error),
        }
    }

    /// Removes promise and bytes. Missing files are no error.
    pub(super) fn remove(&self, id: UploadId) -> io::Result<()> {
        for kind in [BYTES, PROMISE] {
            remove_if_present(&self.path(id, kind))?;
        }
        Ok(())
    }
}
