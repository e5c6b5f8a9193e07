//! [`FileStore`]: a store on a local disk. Each blob is one file, named by its hash, in one of 256 folders.
//!
//! A blob is written to a temporary file, synced and renamed, and its folder is synced: after a crash it is complete or
//! absent. Files are readable by their owner alone. Opening the store removes temporary files that killed processes left;
//! a living process holds a lock on the file that it writes.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use mrms_files::{make_private_folder, remove_if_present, sync_folder};
use tempfile::{NamedTempFile, TempPath};

use crate::hashed_file::HashedFile;
use crate::{
    BlobId, BlobPart, BlobStore, BlobWriter, StagedBlob, StoreError, copy_in, cut, io_error,
};

const INCOMING: &str = "incoming";
/// Size of the read buffer.
const READ_AHEAD: usize = 256 * 1024;

/// Blobs in a folder of the local disk.
#[derive(Clone, Debug)]
pub struct FileStore {
    folder: PathBuf,
}

impl FileStore {
    /// Opens the store in `folder`, which is made if it does not exist, and removes what killed writers left.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when the folder can't be made or read.
    pub fn open_folder(folder: &Path) -> Result<Self, StoreError> {
        let incoming = folder.join(INCOMING);
        make_private_folder(&incoming).map_err(io_error("make its folder"))?;
        let store = Self { folder: folder.to_owned() };
        store.sweep(&incoming).map_err(io_error("clear what a killed process left"))?;
        Ok(store)
    }

    /// The store in a folder that may be away. Nothing is made or removed, so a new blob finds no place.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn sweep(&self, incoming: &Path) -> io::Result<()> {
        for entry in fs::read_dir(incoming)? {
            let path = entry?.path();
            // Its writer has finished since the folder was listed.
            let Ok(file) = File::open(&path) else { continue };
            if file.try_lock().is_ok() {
                remove_if_present(&path)?;
            }
        }
        Ok(())
    }

    fn path(&self, id: &BlobId) -> PathBuf {
        let name = id.to_string();
        self.folder.join(&name[..2]).join(name)
    }

    /// Begins a blob. When its bytes are durable, and before it appears under its name, `before` is called with name and
    /// length. If `before` fails, nothing is kept.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn writer_telling(
        &self,
        before: impl FnOnce(&BlobId, u64) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<Box<dyn BlobWriter>, StoreError> {
        Ok(Box::new(self.begin(Some(Box::new(before)))?))
    }

    fn begin(&self, before: Option<BeforeItAppears>) -> Result<FileWriter, StoreError> {
        let begin = || -> io::Result<(File, TempPath)> {
            let (file, path) = NamedTempFile::new_in(self.folder.join(INCOMING))?.into_parts();
            file.lock()?;
            Ok((file, path))
        };
        let (file, path) = begin().map_err(io_error("begin a blob"))?;
        Ok(FileWriter { store: self.clone(), file: HashedFile::new(file), path, before })
    }

    /// Renames a synced file to its blob's name, durably.
    fn take_in(&self, file: &Path, id: &BlobId) -> io::Result<()> {
        let path = self.path(id);
        let parent = path.parent().unwrap_or(&self.folder);
        make_private_folder(parent)?;
        fs::rename(file, &path)?;
        sync_folder(parent)?;
        sync_folder(&self.folder)
    }
}

/// What is done with name and length of a blob before it appears.
type BeforeItAppears = Box<dyn FnOnce(&BlobId, u64) -> Result<(), StoreError> + Send>;

struct FileWriter {
    store: FileStore,
    file: HashedFile,
    path: TempPath,
    before: Option<BeforeItAppears>,
}

impl Write for FileWriter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.file.append(buffer)?;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWriter for FileWriter {
    fn commit(self: Box<Self>) -> Result<(BlobId, u64), StoreError> {
        let Self { store, file, path, before } = *self;
        let length = file.length();
        let id = file.finish().map_err(io_error("keep a blob"))?;
        if let Some(before) = before {
            before(&id, length)?;
        }
        let name = |from: &Path| -> io::Result<()> { store.take_in(from, &id) };
        name(&path).map_err(io_error("keep a blob"))?;
        // The file was renamed: there is nothing left to remove.
        let _ = path.keep();
        Ok((id, length))
    }
}

impl BlobStore for FileStore {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Ok(Box::new(self.begin(None)?))
    }

    fn open_range(&self, id: &BlobId, range: Range<u64>) -> Result<BlobPart, StoreError> {
        let file = match File::open(self.path(id)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Missing { id: *id });
            }
            Err(source) => return Err(StoreError::Io { action: "open a blob", source }),
        };
        let blob_length = file.metadata().map_err(io_error("open a blob"))?.len();
        let range = cut(id, &range, blob_length)?;
        let mut file = BufReader::with_capacity(READ_AHEAD, file);
        file.seek(SeekFrom::Start(range.start)).map_err(io_error("open a blob"))?;
        let reader = Box::new(file.take(range.end - range.start));
        Ok(BlobPart { reader, range, blob_length })
    }

    /// Renames the file if both are on one disk, else copies it.
    fn keep(&self, staged: &StagedBlob) -> Result<(), StoreError> {
        match self.take_in(staged.path(), &staged.id()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy_in(self, staged),
            Err(source) => Err(StoreError::Io { action: "keep an upload", source }),
        }
    }

    fn delete(&self, id: &BlobId) -> Result<(), StoreError> {
        let path = self.path(id);
        match fs::remove_file(&path) {
            Ok(()) => sync_folder(path.parent().unwrap_or(&self.folder))
                .map_err(io_error("make a deletion durable")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(StoreError::Io { action: "delete a blob", source }),
        }
    }

    fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        let list = || -> io::Result<Vec<BlobId>> {
            let mut ids = Vec::new();
            for folder in fs::read_dir(&self.folder)? {
                let folder = folder?;
                if folder.file_name() == INCOMING || !folder.file_type()?.is_dir() {
                    continue;
                }
                for file in fs::read_dir(folder.path())? {
                    let mut id = [0; 32];
                    let name = file?.file_name();
                    if mrms_core::hexadecimal::decode_to_slice(name.as_encoded_bytes(), &mut id)
                        .is_ok()
                    {
                        ids.push(BlobId(id));
                    }
                }
            }
            ids.sort_unstable();
            Ok(ids)
        };
        list().map_err(io_error("list its blobs"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_store_conforms() {
        let folder = tempfile::tempdir().unwrap();
        crate::conformance::run(&FileStore::open_folder(&folder.path().join("vault")).unwrap());
    }

    #[test]
    fn an_altered_file_is_found_out() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::open_folder(folder.path()).unwrap();
        let mut writer = store.writer().unwrap();
        writer.write_all(b"ciphertext").unwrap();
        let (id, _) = writer.commit().unwrap();
        fs::write(store.path(&id), b"ciphertexT").unwrap();
        assert!(matches!(store.verify(&id), Err(StoreError::Altered { .. })));
    }

    #[test]
    fn what_a_killed_writer_left_is_swept_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::open_folder(folder.path()).unwrap();
        let orphan = folder.path().join(INCOMING).join("orphan");
        fs::write(&orphan, b"half").unwrap();
        let mut living = store.writer().unwrap();
        living.write_all(b"whole").unwrap();
        let again = FileStore::open_folder(folder.path()).unwrap();
        assert!(!orphan.exists());
        let (id, _) = living.commit().unwrap();
        assert_eq!(again.verify(&id).unwrap(), 5);
    }

    #[cfg(unix)]
    #[test]
    fn blobs_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::open_folder(&folder.path().join("vault")).unwrap();
        let (id, _) = store.writer().unwrap().commit().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&store.path(&id)), 0o600);
        assert_eq!(mode(&folder.path().join("vault")), 0o700);
    }
}
