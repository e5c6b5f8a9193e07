//! Key files of the slots: one for each holder of each record, outside of the database.
//!
//! Shares and salts are sealed under the key of their slot, and deleting the key erases them everywhere but in copies
//! of the key. A key file is made and durable before the row that refers to it is committed, and it is destroyed only after the row is
//! deleted. To destroy it, the file is overwritten, synced and unlinked, and its folder is synced. A file without a row
//! is left over from a deposit that was not committed or an erasure that was not finished. To find those, all files must be
//! listed, which a vault with many slots can't do each time that it is opened: so whoever closes it leaves the mark `tidy`, and
//! takes it away before making the next key.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mrms_crypto::at_rest::SlotKey;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::error::StorageFailure;
use super::faults::{Point, reached};

/// Name of the folder of key files. On disk a slot is called an epoch.
pub(crate) const KEY_SLOTS: &str = "epochs";
const KEY_LENGTH: usize = 32;
/// The mark beside it that every key file has a row, or stands in the list of keys to destroy.
const TIDY: &str = "tidy";

/// Names a slot and its key: 16 random bytes, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeySlotId(pub(crate) [u8; 16]);

impl KeySlotId {
    fn file_name(self) -> String {
        hex::encode(self.0)
    }

    fn from_hex(text: &[u8]) -> Option<Self> {
        let mut id = [0; 16];
        mrms_core::hexadecimal::decode_to_slice(text, &mut id).ok()?;
        Some(Self(id))
    }
}

/// The folder of key files. Clones share what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct KeySlotFolder {
    folder: PathBuf,
    mark: PathBuf,
    /// Whether no file is left over, as far as this process knows.
    is_tidy: Arc<AtomicBool>,
    /// Whether the mark that says so may be there.
    is_marked: Arc<AtomicBool>,
    /// The slot that the watcher checked last; none where it begins anew. The mark has it, so that a vault that is opened for
    /// one command at a time checks all its slots in the end.
    checked: Arc<Mutex<Option<KeySlotId>>>,
}

impl KeySlotFolder {
    pub(crate) fn open(vault: &Path) -> io::Result<Self> {
        let folder = vault.join(KEY_SLOTS);
        mrms_files::make_private_folder(&folder)?;
        let mark = vault.join(TIDY);
        let marked = fs::read(&mark).ok();
        let is_tidy = || Arc::new(AtomicBool::new(marked.is_some()));
        let (is_tidy, is_marked) = (is_tidy(), is_tidy());
        let checked = marked.and_then(|text| KeySlotId::from_hex(text.trim_ascii_end()));
        Ok(Self { folder, mark, is_tidy, is_marked, checked: Arc::new(Mutex::new(checked)) })
    }

    fn path(&self, id: KeySlotId) -> PathBuf {
        self.folder.join(id.file_name())
    }

    /// Whether no file is left over.
    pub(crate) fn is_tidy(&self) -> bool {
        self.is_tidy.load(Ordering::SeqCst)
    }

    /// Notes whether files may be left over.
    pub(crate) fn set_tidy(&self, is_tidy: bool) {
        self.is_tidy.store(is_tidy, Ordering::SeqCst);
    }

    /// The slot that the watcher checked last.
    pub(crate) fn checked(&self) -> MutexGuard<'_, Option<KeySlotId>> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves the mark for whoever opens the vault next. Without it they list all files.
    pub(crate) fn close(&self) {
        if !self.is_tidy() {
            return;
        }
        let mut options = mrms_files::private_options();
        if let Ok(mut mark) = options.write(true).create(true).truncate(true).open(&self.mark) {
            let checked = self.checked().map(KeySlotId::file_name).unwrap_or_default();
            let _ = mark.write_all(checked.as_bytes());
        }
    }

    /// Makes a key. It is durable once [`make_durable`](Self::make_durable) was called with its file.
    pub(crate) fn make(
        &self,
        rng: &mut dyn CryptoRng,
    ) -> Result<(KeySlotId, SlotKey, File), StorageFailure> {
        if self.is_marked.swap(false, Ordering::SeqCst) {
            // Were this lost with the power and the key not, a key would be left over that seals nothing.
            mrms_files::remove_if_present(&self.mark)
                .map_err(StorageFailure::file("write a key file"))?;
        }
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let (id, key) = (KeySlotId(id), SlotKey::generate(rng));
        let made = mrms_files::begin_in_place(&self.path(id), key.expose_bytes());
        let file = made.map_err(StorageFailure::file("write a key file"))?;
        Ok((id, key, file))
    }

    /// Makes keys durable, and empties the list of their files.
    pub(crate) fn make_durable(&self, made: &mut Vec<File>) -> Result<(), StorageFailure> {
        if made.is_empty() {
            return Ok(());
        }
        let synced = mrms_files::sync_files(made).and_then(|()| self.sync());
        synced.map_err(StorageFailure::file("write a key file"))?;
        made.clear();
        reached(Point::KeyFileMade);
        Ok(())
    }

    /// Reads a key; `None` if it was destroyed.
    pub(crate) fn read(&self, id: KeySlotId) -> Result<Option<SlotKey>, StorageFailure> {
        let read = || -> io::Result<Zeroizing<[u8; KEY_LENGTH]>> {
            let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
            File::open(self.path(id))?.read_exact(bytes.as_mut_slice())?;
            Ok(bytes)
        };
        match read() {
            // A destruction that was stopped before the file was removed has left zeros.
            Ok(bytes) if *bytes == [0; KEY_LENGTH] => Ok(None),
            Ok(bytes) => Ok(Some(SlotKey::from_bytes(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StorageFailure::file("read a key file")(error)),
        }
    }

    /// Destroys a key. Doing it again does no harm.
    pub(crate) fn destroy(&self, id: KeySlotId) -> Result<(), StorageFailure> {
        let path = self.path(id);
        let destroy = || -> io::Result<()> {
            let mut file = match File::options().write(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            };
            file.rewind()?;
            file.write_all(&[0; KEY_LENGTH])?;
            file.sync_all()?;
            reached(Point::KeyFileOverwritten);
            fs::remove_file(&path)?;
            self.sync()?;
            reached(Point::KeyFileRemoved);
            Ok(())
        };
        destroy().map_err(StorageFailure::file("destroy a key file"))
    }

    /// Every key in the folder.
    pub(crate) fn list(&self) -> Result<Vec<KeySlotId>, StorageFailure> {
        let list = || -> io::Result<Vec<KeySlotId>> {
            let mut ids = Vec::new();
            for entry in fs::read_dir(&self.folder)? {
                ids.extend(KeySlotId::from_hex(entry?.file_name().as_encoded_bytes()));
            }
            Ok(ids)
        };
        list().map_err(StorageFailure::file("list the key files"))
    }

    /// Copies a key to another vault's folder; `false` if it was destroyed.
    pub(crate) fn copy_to(&self, id: KeySlotId, to: &Self) -> io::Result<bool> {
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        match File::open(self.path(id)).and_then(|mut file| file.read_exact(bytes.as_mut_slice())) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        }
        mrms_files::create_in_place(&to.path(id), bytes.as_slice())?;
        Ok(true)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        mrms_files::sync_folder(&self.folder)
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn a_destroyed_key_is_gone_and_destroying_it_again_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let key_slots = KeySlotFolder::open(folder.path()).unwrap();
        let mut rng = StdRng::seed_from_u64(1);
        let (id, key, _) = key_slots.make(&mut rng).unwrap();
        assert_eq!(key_slots.list().unwrap(), [id]);
        let sealed = key.seal(b"", b"share", &mut rng);
        assert!(key_slots.read(id).unwrap().unwrap().open(b"", &sealed).is_ok());
        for _ in 0..2 {
            key_slots.destroy(id).unwrap();
            assert!(key_slots.read(id).unwrap().is_none());
        }
        assert_eq!(key_slots.list().unwrap(), []);
    }

    #[test]
    fn a_key_file_that_was_overwritten_but_not_removed_holds_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let key_slots = KeySlotFolder::open(folder.path()).unwrap();
        let (id, _, _) = key_slots.make(&mut StdRng::seed_from_u64(1)).unwrap();
        fs::write(key_slots.path(id), [0; KEY_LENGTH]).unwrap();
        assert!(key_slots.read(id).unwrap().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn key_files_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let key_slots = KeySlotFolder::open(folder.path()).unwrap();
        let (id, _, _) = key_slots.make(&mut StdRng::seed_from_u64(1)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&key_slots.folder), mode(&key_slots.path(id))), (0o700, 0o600));
    }
}
