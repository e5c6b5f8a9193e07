//! One process at a time writes in a ledger's folder: a lock on a file in it, which names its holder.

use std::path::Path;
use std::time::Duration;

use mrms_files::{FileLock, LockError};

use crate::chain::error::OpenError;

const LOCK_FILE: &str = "ledger.lock";

/// Takes the right to write in a folder, for as long as the lock lives. Waits up to `wait` for whoever has it.
///
/// # Errors
/// [`OpenError::InUse`] with the holder's process id; [`OpenError::File`] where files can't be locked.
pub(crate) fn lock_folder(folder: &Path, wait: Duration) -> Result<FileLock, OpenError> {
    let path = folder.join(LOCK_FILE);
    let lock =
        FileLock::take(&path, wait).and_then(|lock| lock.name_holder().map_err(LockError::Open));
    lock.map_err(|error| match error {
        LockError::InUse { holder } => {
            OpenError::InUse { folder: folder.to_owned(), pid: holder.unwrap_or(0) }
        }
        LockError::Open(source) | LockError::Lock(source) => OpenError::File { path, source },
    })
}

/// Whether this is the file that is locked in its folder.
pub(crate) fn is_lock_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == LOCK_FILE)
}
