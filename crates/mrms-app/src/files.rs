//! Files that are there whole or not at all, and readable by their owner alone.
//!
//! A file is written without a name where the system can do that (Linux), and gets its name when
//! it is complete: a process that is killed meanwhile leaves nothing behind, no plaintext either.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Replaces the file at `path` with these bytes. After a crash the old content or the new one is
/// there.
///
/// # Errors
///
/// What the system says; then the old content is still there.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = Unfinished::beside(path)?;
    file.as_file_mut().write_all(bytes)?;
    file.finish(path, Existing::Replace)
}

/// The same for a file that must not exist yet.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when it does, else what the system says.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = Unfinished::beside(path)?;
    file.as_file_mut().write_all(bytes)?;
    file.finish(path, Existing::Keep)
}

/// Whether [`Unfinished::finish`] may replace what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Replace it.
    Replace,
    /// Keep it, and fail.
    Keep,
}

/// A file that is being written and has no name yet. Dropped, it is gone.
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

    /// The file, to write and to read again.
    pub const fn as_file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    /// Makes the file durable under `path`, which is in the folder that it was begun in.
    ///
    /// # Errors
    ///
    /// What the system says, [`io::ErrorKind::AlreadyExists`] among it for [`Existing::Keep`];
    /// then the file is still unfinished, and another name may be tried.
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
                // A name that nobody else has, given up again for the rename over `path`.
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
        File::open(&self.folder)?.sync_all()
    }

    /// A named copy, where the system can't give a nameless file a name.
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

/// Only Linux can.
#[cfg(not(target_os = "linux"))]
fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
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

/// Adds bytes to the end of a file for its owner alone, durably; makes it if it is not there. After a
/// line that was cut short, a new one begins.
///
/// # Errors
///
/// What the system says.
pub fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    options.create(true).append(true).read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let length = file.metadata()?.len();
    if length > 0 {
        let mut last = [0];
        io::Seek::seek(&mut file, io::SeekFrom::Start(length - 1))?;
        io::Read::read_exact(&mut file, &mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    file.write_all(bytes)?;
    file.sync_all()
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

    #[cfg(unix)]
    #[test]
    fn files_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for write in [write_new, write_whole] {
            write(&path, b"secret").unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
