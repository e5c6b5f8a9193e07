//! Creating files, appending to them and removing them, durably.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{folder_of, private_options};

/// Files that are synced at once.
const MOST_AT_ONCE: usize = 32;

/// Adds bytes to the end of a private file and syncs it. Makes the file if it does not exist. If the last line
/// was cut short, a new line is begun first.
///
/// # Errors
///
/// What the system says.
pub fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    append_to(path, bytes)?.sync_all()
}

/// The same without waiting for the disk: after a loss of power the end of it may be missing. For what costs little when it is
/// lost.
///
/// # Errors
///
/// What the system says.
pub fn append_unsynced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    append_to(path, bytes).map(drop)
}

fn append_to(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = private_options().create(true).append(true).read(true).open(path)?;
    let length = file.metadata()?.len();
    if length > 0 {
        let mut last = [0];
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    file.write_all(bytes)?;
    Ok(file)
}

/// Writes a private file that must not exist yet, under its name from the first byte, and syncs it. A crash may
/// leave part of it. For secrets that are erased later: the bytes are in this file and in no copy. Syncing the
/// folder, which makes the name durable, is left to the caller.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when it exists, else what the system says.
pub fn create_in_place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    begin_in_place(path, bytes)?.sync_all()
}

/// The same without syncing it: for several files, which the caller hands to [`sync_files`] together.
///
/// # Errors
///
/// As [`create_in_place`].
pub fn begin_in_place(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = private_options().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// Makes durable what was written to these files. Asks for all of them at once: a file system then writes its journal once or
/// twice, where it would write it for each of them, one after the other.
///
/// # Errors
///
/// What the system says about the first file that can't be synced.
pub fn sync_files(files: &[File]) -> io::Result<()> {
    let Some((first, others)) = files.split_first() else { return Ok(()) };
    let next = AtomicUsize::new(0);
    let sync_some = || -> io::Result<()> {
        while let Some(file) = others.get(next.fetch_add(1, Ordering::Relaxed)) {
            file.sync_all()?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..others.len().min(MOST_AT_ONCE))
            .filter_map(|_| std::thread::Builder::new().spawn_scoped(scope, sync_some).ok())
            .collect();
        // Whatever no thread took, and all where none could be started.
        let here = first.sync_all().and_then(|()| sync_some());
        let broken = || io::Error::other("a thread that synced files broke off");
        let there = waiting.into_iter().map(|one| one.join().unwrap_or_else(|_| Err(broken())));
        there.fold(here, |all, one| all.and(one))
    })
}

/// Opens a private file to append to it and to read it. Makes the file, with a durable name, if it does not
/// exist.
///
/// # Errors
///
/// What the system says.
pub fn open_to_append(path: &Path) -> io::Result<File> {
    let file = private_options().create(true).append(true).read(true).open(path)?;
    sync_folder(folder_of(path))?;
    Ok(file)
}

/// Removes a file durably. A file that does not exist is no error.
///
/// # Errors
///
/// What the system says.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        result => result?,
    }
    sync_folder(folder_of(path))
}

/// Removes a file without waiting for the disk. A file that does not exist is no error.
///
/// # Errors
///
/// What the system says.
pub fn remove_if_present(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes durable what was made, renamed or removed in a folder.
///
/// # Errors
///
/// What the system says.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_synced_and_one_that_cannot_be_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let begin = |number: usize| {
            begin_in_place(&folder.path().join(number.to_string()), b"key").unwrap()
        };
        sync_files(&[]).unwrap();
        let mut files: Vec<_> = (0..3 * MOST_AT_ONCE).map(begin).collect();
        sync_files(&files[..1]).unwrap();
        sync_files(&files).unwrap();
        for number in 0..files.len() {
            assert_eq!(fs::read(folder.path().join(number.to_string())).unwrap(), b"key");
        }
        let again = begin_in_place(&folder.path().join("0"), b"other").unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        // A pipe can't be synced.
        #[cfg(unix)]
        for place in [0, 1, files.len()] {
            let (_reader, writer) = std::io::pipe().unwrap();
            files.insert(place, File::from(std::os::fd::OwnedFd::from(writer)));
            sync_files(&files).unwrap_err();
            files.remove(place);
        }
    }

    #[test]
    fn line_that_was_cut_short_does_not_swallow_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        append(&path, b"one\n").unwrap();
        append(&path, b"tw").unwrap();
        append(&path, b"three\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one\ntw\nthree\n");
    }

    #[test]
    fn file_that_exists_is_not_created_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        create_in_place(&path, b"one").unwrap();
        let error = create_in_place(&path, b"two").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }

    #[test]
    fn removing_a_file_twice_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for remove in [remove, remove_if_present] {
            fs::write(&path, b"").unwrap();
            remove(&path).unwrap();
            assert!(!path.exists());
            remove(&path).unwrap();
        }
    }
}
