//! Small files that are there whole or not at all, and readable by their owner alone.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use tempfile::{NamedTempFile, TempPath};

/// Replaces the file at `path` with these bytes: written beside it, synced, renamed, and the
/// folder synced. After a crash the old content or the new one is there.
///
/// # Errors
///
/// What the system says; then the old content is still there.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = begin_beside(path)?;
    file.write_all(bytes)?;
    finish(file, path, Existing::Replace)
}

/// The same for a file that must not exist yet.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when it does, else what the system says.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = begin_beside(path)?;
    file.write_all(bytes)?;
    finish(file, path, Existing::Keep)
}

/// Whether [`finish`] may replace what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Replace it.
    Replace,
    /// Keep it, and fail.
    Keep,
}

/// Begins a file that will be renamed to `path`; it goes away if it is dropped before
/// [`finish`]. Mode 0600.
///
/// # Errors
///
/// What the system says.
pub fn begin_beside(path: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".mrms-").tempfile_in(folder_of(path))
}

/// Makes a file that [`begin_beside`] began durable under its final name.
///
/// # Errors
///
/// What the system says, [`io::ErrorKind::AlreadyExists`] among it for [`Existing::Keep`].
pub fn finish(file: NamedTempFile, path: &Path, existing: Existing) -> io::Result<()> {
    file.as_file().sync_all()?;
    let file: TempPath = file.into_temp_path();
    match existing {
        Existing::Replace => file.persist(path).map_err(|error| error.error)?,
        Existing::Keep => file.persist_noclobber(path).map_err(|error| error.error)?,
    }
    File::open(folder_of(path))?.sync_all()
}

/// Makes a folder, and those above it, for the owner alone.
///
/// # Errors
///
/// What the system says.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Removes a file durably; one that is not there is no error.
///
/// # Errors
///
/// What the system says.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        result => result?,
    }
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exists_is_kept_unless_it_is_to_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_new(&path, b"one").unwrap();
        assert_eq!(write_new(&path, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write_whole(&path, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }
}
