//! Atomic writes: a file appears complete or not at all.
//!
//! On Linux the file has no name until it is complete (`O_TMPFILE`, `linkat`): a process that is killed meanwhile
//! leaves nothing behind, and no plaintext. Elsewhere a file that lost its name is copied to one that has one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::{folder_of, sync_folder};

/// Replaces the file at `path` with these bytes, durably. After a crash the file has its old content or the new
/// one.
///
/// # Errors
///
/// What the system says. The old content is still there then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = Unfinished::beside(path)?;
    file.as_file_mut().write_all(bytes)?;
    file.finish(path, Existing::Replace)
}

/// Writes a file that must not exist yet, durably. After a crash it is complete or absent.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when it does, else what the system says.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = Unfinished::beside(path)?;
    file.as_file_mut().write_all(bytes)?;
    file.finish(path, Existing::Keep)
}

/// Writes a file that can be made again at any time, in place of another of that name. Nobody reads half of it while the system
/// runs; after a loss of power it may be absent, empty or damaged, so that whoever reads it makes another then. Waits for no disk.
///
/// # Errors
///
/// What the system says.
pub fn write_derived(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Such a file is for its owner alone.
    let mut file = tempfile::Builder::new().prefix(".mrms-").tempfile_in(folder_of(path))?;
    file.write_all(bytes)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Whether [`Unfinished::finish`] may replace what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Replace it.
    Replace,
    /// Keep it, and fail.
    Keep,
}

/// A file that is being written and has no name yet. Dropping it deletes it.
#[derive(Debug)]
pub struct Unfinished {
    file: File,
    folder: PathBuf,
}

impl Unfinished {
    /// Begins a file in the folder of `path`, mode 0600.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn beside(path: &Path) -> io::Result<Self> {
        let folder = folder_of(path).to_owned();
        let file = tempfile::tempfile_in(&folder)?;
        // A nameless file takes its mode from the process's mask, which may let others read.
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        Ok(Self { file, folder })
    }

    /// The file, to write it and to read it again.
    pub const fn as_file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    /// Makes the file durable under `path`, which is in the folder that it was begun in.
    ///
    /// # Errors
    ///
    /// What the system says; [`io::ErrorKind::AlreadyExists`] for [`Existing::Keep`] and a name that is taken.
    /// The file is still unfinished then, and another name may be tried.
    pub fn finish(&mut self, path: &Path, existing: Existing) -> io::Result<()> {
        self.file.sync_all()?;
        match existing {
            Existing::Keep => match link(&self.file, path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    let copy = self.copy()?;
                    copy.persist_noclobber(path).map_err(|error| error.error)?;
                }
                result => result?,
            },
            Existing::Replace => {
                // A name that nobody else uses: link there, then rename over `path`.
                let reserved = NamedTempFile::new_in(&self.folder)?.into_temp_path();
                fs::remove_file(&reserved)?;
                match link(&self.file, &reserved) {
                    Ok(()) => fs::rename(&reserved, path)?,
                    Err(_) => {
                        self.copy()?.persist(path).map_err(|error| error.error)?;
                    }
                }
            }
        }
        sync_folder(&self.folder)
    }

    /// A named copy, for systems that can't give a nameless file a name.
    fn copy(&mut self) -> io::Result<NamedTempFile> {
        use std::io::{Seek, SeekFrom};
        let mut copy = tempfile::Builder::new().prefix(".mrms-").tempfile_in(&self.folder)?;
        self.file.seek(SeekFrom::Start(0))?;
        io::copy(&mut self.file, copy.as_file_mut())?;
        copy.as_file().sync_all()?;
        Ok(copy)
    }
}

/// Gives a nameless file a name that must not exist yet.
#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    use std::os::fd::AsRawFd;
    let descriptor = format!("/proc/self/fd/{}", file.as_raw_fd());
    linkat(CWD, descriptor, CWD, path, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from)
}

/// Only Linux can do this.
#[cfg(not(target_os = "linux"))]
fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
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
        write_derived(&path, b"four").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"four");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[cfg(unix)]
    #[test]
    fn files_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for write in [write_new, write_whole, write_derived] {
            write(&path, b"secret").unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
