//! [`KeptFolder`]: who uploaded which blob. Each blob has a small file, which is written before the blob appears.
//!
//! It answers how much an owner has stored, and who may delete a blob. Blobs that came in another way have no file here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mrms_files::{make_private_folder, remove_if_present, sync_folder};
use serde::{Deserialize, Serialize};

use crate::BlobId;

/// Who uploaded a blob, its length in bytes, and whether the owner was a stranger then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Uploader {
    pub(super) owner: String,
    pub(super) length: u64,
    #[serde(default)]
    pub(super) is_stranger: bool,
}

#[derive(Debug)]
pub(super) struct KeptFolder {
    folder: PathBuf,
}

impl KeptFolder {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        make_private_folder(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    fn path(&self, id: &BlobId) -> PathBuf {
        self.folder.join(id.to_string())
    }

    /// Every blob with who uploaded it. Files that a killed process left incomplete are removed.
    pub(super) fn list(&self) -> io::Result<Vec<(BlobId, Uploader)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            match path.file_name().and_then(|name| name.to_str()?.parse().ok()) {
                Some(id) => found.extend(self.uploader(&id)?.map(|uploader| (id, uploader))),
                None => remove_if_present(&path)?,
            }
        }
        Ok(found)
    }

    pub(super) fn uploader(&self, id: &BlobId) -> io::Result<Option<Uploader>> {
        match fs::read(self.path(id)) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn write(&self, id: &BlobId, uploader: &Uploader) -> io::Result<()> {
        mrms_files::write_whole(&self.path(id), &serde_json::to_vec(uploader)?)
    }

    pub(super) fn remove(&self, id: &BlobId) -> io::Result<()> {
        remove_if_present(&self.path(id))?;
        sync_folder(&self.folder)
    }
}
