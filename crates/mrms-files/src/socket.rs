//! Addresses of Unix sockets in folders whose path is long.
//!
//! An address of a socket has room for some hundred bytes. On Linux a longer path is shortened: its folder is
//! opened, and the address goes through the descriptor.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::folder_of;

/// The most bytes of a path that every system takes as a socket's address.
const MOST_BYTES: usize = 103;

/// A path to bind or connect a socket with. Keep it until that is done.
#[derive(Debug)]
pub struct SocketPath {
    path: PathBuf,
    _folder: Option<File>,
}

impl SocketPath {
    /// The address of the socket at `path`, in a folder that is there.
    ///
    /// # Errors
    ///
    /// What the system says of the folder.
    pub fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().len() <= MOST_BYTES {
            return Ok(Self { path: path.to_owned(), _folder: None });
        }
        Self::through_folder(path)
    }

    #[cfg(target_os = "linux")]
    fn through_folder(path: &Path) -> io::Result<Self> {
        use std::os::fd::AsRawFd as _;
        let folder = File::open(folder_of(path))?;
        let name = path.file_name().unwrap_or_default();
        let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
        Ok(Self { path, _folder: Some(folder) })
    }

    /// Elsewhere the system says that the path is too long.
    #[cfg(not(target_os = "linux"))]
    fn through_folder(path: &Path) -> io::Result<Self> {
        let _ = folder_of(path);
        Ok(Self { path: path.to_owned(), _folder: None })
    }
}

impl AsRef<Path> for SocketPath {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn socket_in_a_long_path_is_bound_and_connected() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("d".repeat(120)).join("e".repeat(120));
        std::fs::create_dir_all(&deep).unwrap();
        let path = deep.join("node.sock");
        let listener = UnixListener::bind(SocketPath::of(&path).unwrap()).unwrap();
        assert!(path.exists());
        UnixStream::connect(SocketPath::of(&path).unwrap()).unwrap();
        listener.accept().unwrap();
    }
}
