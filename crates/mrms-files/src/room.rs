//! How much room is left on a disk.

use std::io;
use std::path::Path;

/// Bytes that this user can still write on the disk that has this path; `None` where the system does not tell.
///
/// # Errors
///
/// What the system says.
#[cfg(unix)]
pub fn free_bytes(path: &Path) -> io::Result<Option<u64>> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(Some(disk.f_bavail.saturating_mul(disk.f_frsize)))
}

/// Bytes that this user can still write on the disk that has this path; `None` where the system does not tell.
///
/// # Errors
///
/// What the system says.
#[cfg(not(unix))]
pub fn free_bytes(_: &Path) -> io::Result<Option<u64>> {
    Ok(None)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn room_on_a_disk_is_told_and_that_of_nothing_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(folder.path()).unwrap().is_some());
        assert!(free_bytes(&folder.path().join("nothing")).is_err());
    }
}
