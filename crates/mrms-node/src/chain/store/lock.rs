//! One process at a time: an advisory lock on a file in the ledger's folder, which the system lets go of
//! however the process ends.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::chain::error::OpenError;
use crate::chain::private;

const LOCK_FILE: &str = "ledger.lock";
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// The right to write in a folder, for as long as this lives.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the folder, waiting up to `wait` for whoever has it.
    ///
    /// # Errors
    /// [`OpenError::InUse`] with the holder's process id; [`OpenError::File`] where files can't be locked.
    pub(crate) fn take(folder: &Path, wait: Duration) -> Result<Self, OpenError> {
        let path = folder.join(LOCK_FILE);
        let file_error = |source| OpenError::File { path: path.clone(), source };
        let mut file = private::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(file_error)?;
        let deadline = Instant::now() + wait;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => return Err(file_error(source)),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    let mut holder = String::new();
                    file.read_to_string(&mut holder).map_err(file_error)?;
                    let pid = holder.trim().parse().unwrap_or(0);
                    return Err(OpenError::InUse { folder: folder.to_owned(), pid });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(ASK_AGAIN),
            }
        }
        file.set_len(0).map_err(file_error)?;
        file.rewind().map_err(file_error)?;
        writeln!(file, "{}", std::process::id()).map_err(file_error)?;
        Ok(Self { _file: file })
    }

    /// Whether this is the file that is locked in its folder.
    pub(crate) fn is_file_of(path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == LOCK_FILE)
    }
}
