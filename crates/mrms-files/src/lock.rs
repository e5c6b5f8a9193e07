//! Locks between processes: an advisory lock on a file, which the system releases when its holder ends, however
//! it ends.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::private_options;

const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it, or this one does elsewhere.
    #[error("the file is locked")]
    InUse {
        /// The process that holds it, if it wrote its id with [`FileLock::name_holder`].
        holder: Option<u32>,
    },
    /// The file can't be opened or read.
    #[error("the file to lock cannot be opened")]
    Open(#[source] io::Error),
    /// The system can't lock files there.
    #[error("the file cannot be locked")]
    Lock(#[source] io::Error),
}

/// A locked file. The lock is released on drop.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

impl FileLock {
    /// Locks the file at `path`, waiting up to `wait` while another holds it. Makes the file, private, if it
    /// does not exist.
    ///
    /// # Errors
    ///
    /// [`LockError`].
    pub fn take(path: &Path, wait: Duration) -> Result<Self, LockError> {
        let mut options = private_options();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(LockError::Open)?;
        let deadline = Instant::now() + wait;
        while !is_locked_now(&file)? {
            if Instant::now() >= deadline {
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(LockError::Open)?;
                return Err(LockError::InUse { holder: text.trim().parse().ok() });
            }
            std::thread::sleep(ASK_AGAIN);
        }
        Ok(Self { file })
    }

    /// Locks the file at `path`, which must exist, unless another holds it: then `None`, at once. The file is
    /// opened for reading only.
    ///
    /// # Errors
    ///
    /// [`LockError::Open`], also for a file that does not exist, and [`LockError::Lock`].
    pub fn try_existing(path: &Path) -> Result<Option<Self>, LockError> {
        let file = File::open(path).map_err(LockError::Open)?;
        Ok(is_locked_now(&file)?.then_some(Self { file }))
    }

    /// Whether another holder has the file at `path` locked now. Any number of processes may ask at once.
    ///
    /// # Errors
    ///
    /// [`LockError::Open`], also for a file that does not exist, and [`LockError::Lock`].
    pub fn is_held(path: &Path) -> Result<bool, LockError> {
        let file = File::open(path).map_err(LockError::Open)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(LockError::Lock(error)),
        }
    }

    /// Writes this process's id into the file, so that whoever finds it locked can tell who holds it. The rest
    /// of the file is lost.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn name_holder(mut self) -> io::Result<Self> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "{}", std::process::id())?;
        Ok(self)
    }
}

fn is_locked_now(file: &File) -> Result<bool, LockError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(LockError::Lock(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_that_is_held_is_refused_with_its_holder_and_free_again_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = FileLock::take(&path, Duration::ZERO).unwrap();
        let refused = || FileLock::take(&path, Duration::ZERO).unwrap_err();
        assert!(matches!(refused(), LockError::InUse { holder: None }));
        let held = held.name_holder().unwrap();
        let pid = std::process::id();
        assert!(matches!(refused(), LockError::InUse { holder: Some(found) } if found == pid));
        assert!(FileLock::try_existing(&path).unwrap().is_none());
        assert!(FileLock::is_held(&path).unwrap());
        drop(held);
        assert!(!FileLock::is_held(&path).unwrap());
        assert!(FileLock::try_existing(&path).unwrap().is_some());
        FileLock::take(&path, Duration::ZERO).unwrap();
    }

    #[test]
    fn lock_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = FileLock::take(&path, Duration::ZERO).unwrap();
        let waiting = std::thread::spawn(move || FileLock::take(&path, Duration::from_secs(60)));
        std::thread::sleep(ASK_AGAIN * 2);
        drop(held);
        waiting.join().unwrap().unwrap();
    }

    #[test]
    fn file_that_must_exist_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let error = FileLock::try_existing(&path).unwrap_err();
        assert!(matches!(error, LockError::Open(e) if e.kind() == io::ErrorKind::NotFound));
        assert!(!path.exists());
    }
}
