//! Opens what a command reads, and pipes of both directions, without waiting for ever.
//!
//! To open a pipe that has a name waits until somebody opens its other end. Here that has a limit.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::folder_of;

/// How long the other end of a pipe is waited for.
pub(crate) const WAIT: Duration = Duration::from_secs(20);
/// The most links that lead to a descriptor, one to the other.
const MOST_LINKS: usize = 8;

/// Opens a file, pipe or device to read from it.
///
/// # Errors
///
/// What the system says; [`io::ErrorKind::TimedOut`] for a pipe that nobody writes to.
pub fn open_to_read(path: &Path) -> io::Result<File> {
    open_to_read_within(path, WAIT)
}

fn open_to_read_within(path: &Path, wait: Duration) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    // The other end of an open descriptor is there, so it needs no waiting.
    if descriptor(path).is_none() && is_pipe(&fs::metadata(path)?) {
        open_within(&options, path, wait)
    } else {
        options.open(path)
    }
}

/// Opens a path, and gives up after `wait`. The thread that waits on is of no harm: it ends with the process, or when
/// the other end is opened.
pub(crate) fn open_within(options: &OpenOptions, path: &Path, wait: Duration) -> io::Result<File> {
    let (sender, receiver) = mpsc::channel();
    let (options, path) = (options.clone(), path.to_owned());
    thread::Builder::new().name("open-pipe".to_owned()).spawn(move || {
        // Whoever waited may have given up.
        let _ = sender.send(options.open(path));
    })?;
    receiver.recv_timeout(wait).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// The number of the open descriptor that a path names: `/dev/stdout`, `/dev/fd/3`, or a link to one.
pub(crate) fn descriptor(path: &Path) -> Option<u32> {
    let own: Vec<PathBuf> = ["/proc/self/fd", "/dev/fd"]
        .iter()
        .filter_map(|name| fs::canonicalize(name).ok())
        .collect();
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let folder = fs::canonicalize(folder_of(&path)).ok()?;
        if own.contains(&folder) {
            return path.file_name()?.to_str()?.parse().ok();
        }
        path = folder.join(fs::read_link(folder.join(path.file_name()?)).ok()?);
    }
    None
}

#[cfg(unix)]
fn is_pipe(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &fs::Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::testing::make_pipe;

    #[test]
    fn pipe_without_a_writer_is_given_up_and_one_with_a_writer_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        make_pipe(&path).unwrap();
        let error = open_to_read_within(&path, Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let other = folder.path().join("other");
        make_pipe(&other).unwrap();
        let writer = thread::spawn({
            let other = other.clone();
            move || fs::write(other, b"through").unwrap()
        });
        let mut text = String::new();
        open_to_read(&other).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "through");
        writer.join().unwrap();
    }

    #[test]
    fn only_names_of_descriptors_are_descriptors() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/fd/7", &link).unwrap();
        if Path::new("/dev/fd").exists() {
            assert_eq!(descriptor(&link), Some(7));
            assert_eq!(descriptor(Path::new("/dev/fd/63")), Some(63));
        }
        std::os::unix::fs::symlink(&link, folder.path().join("around")).unwrap();
        fs::write(folder.path().join("3"), b"").unwrap();
        for name in ["3", "nothing"] {
            assert_eq!(descriptor(&folder.path().join(name)), None, "{name}");
        }
    }
}
