//! Where a command writes its result: a file that appears complete or not at all; or a pipe, a device or an open
//! descriptor, which is written to and never replaced.
//!
//! A file that exists is kept unless it may be replaced, and only a regular file is ever replaced. A link to a file
//! is refused: replacing it would leave what it leads to as it was, and following it would write where somebody else
//! has pointed. A link to a pipe or device, such as `/dev/stdout`, is followed.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use crate::source::{descriptor, open_within};
use crate::{Existing, Unfinished};

/// Why nothing can be written to a path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// There is a file, which is not to be replaced.
    #[error("{} exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// It is a link to a file, or to nothing.
    #[error("{} is a link to {}", path.display(), to.display())]
    Link {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        to: PathBuf,
    },
    /// It is something that no result can be written to.
    #[error("{} is {what}, not a file", path.display())]
    Unfit {
        /// What was named.
        path: PathBuf,
        /// What it is: a folder, a socket, a disk.
        what: &'static str,
    },
    /// It is a pipe with a name, and nobody opened its other end.
    #[error("nobody reads from the pipe {}", path.display())]
    NoReader {
        /// The pipe.
        path: PathBuf,
    },
    /// The system can't write it.
    #[error("{} cannot be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl TargetError {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            _ => Self::File { path, source },
        }
    }
}

/// Where a result goes.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    File { file: Unfinished, existing: Existing },
    Stdout { writer: Box<dyn Write + Send>, is_terminal: bool },
    Stream(File),
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::File { .. } => "File",
            Self::Stdout { .. } => "Stdout",
            Self::Stream(_) => "Stream",
        })
    }
}

/// Whether a path is a name of standard output: `-`, `/dev/stdout`, or another one of descriptor 1.
#[must_use]
pub fn is_standard_output(path: &Path) -> bool {
    path == Path::new("-") || descriptor(path) == Some(1)
}

impl Target {
    /// Standard output, which the caller has, by the name that was given for it.
    #[must_use]
    pub fn standard_output(path: &Path, writer: Box<dyn Write + Send>, is_terminal: bool) -> Self {
        Self { path: path.to_owned(), kind: Kind::Stdout { writer, is_terminal } }
    }

    /// Opens what a path names, unless [`is_standard_output`]. A file is begun beside the path, with no name; a pipe or
    /// device is opened.
    ///
    /// # Errors
    ///
    /// [`TargetError`].
    pub fn open(path: &Path, existing: Existing) -> Result<Self, TargetError> {
        let kind = Self::kind_of(path, existing)?;
        Ok(Self { path: path.to_owned(), kind })
    }

    fn kind_of(path: &Path, existing: Existing) -> Result<Kind, TargetError> {
        if descriptor(path).is_some() {
            // What it leads to is open in this process. A file is continued, as a shell does it.
            let stream = OpenOptions::new().append(true).open(path);
            return stream.map(Kind::Stream).map_err(TargetError::file(path));
        }
        let found = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            found => Some(found.map_err(TargetError::file(path))?.file_type()),
        };
        match found {
            Some(kind) if is_stream(kind) => open_stream(path, kind).map(Kind::Stream),
            _ => {
                must_be_replaceable(path, existing)?;
                let file = Unfinished::beside(path).map_err(TargetError::file(path))?;
                Ok(Kind::File { file, existing })
            }
        }
    }

    /// The path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether what is written can't be taken back: it goes to a pipe, a device or an open descriptor.
    #[must_use]
    pub const fn is_stream(&self) -> bool {
        !matches!(self.kind, Kind::File { .. })
    }

    /// Whether it is the standard output.
    #[must_use]
    pub const fn is_stdout(&self) -> bool {
        matches!(self.kind, Kind::Stdout { .. })
    }

    /// Whether a person sees at once what is written.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        match &self.kind {
            Kind::File { .. } => false,
            Kind::Stdout { is_terminal, .. } => *is_terminal,
            Kind::Stream(file) => file.is_terminal(),
        }
    }

    /// The writer for the result. Call [`Self::finish`] afterwards.
    pub fn as_write(&mut self) -> &mut (dyn Write + Send) {
        match &mut self.kind {
            Kind::File { file, .. } => file.as_file_mut(),
            Kind::Stdout { writer, .. } => writer,
            Kind::Stream(file) => file,
        }
    }

    /// Gives a file its name, durably; flushes anything else.
    ///
    /// # Errors
    ///
    /// [`TargetError`]. A file that was there before is still there then.
    pub fn finish(self) -> Result<(), TargetError> {
        match self.kind {
            Kind::File { mut file, existing } => file.finish_at(&self.path, existing),
            Kind::Stdout { mut writer, .. } => {
                writer.flush().map_err(TargetError::file(&self.path))
            }
            Kind::Stream(mut file) => file.flush().map_err(TargetError::file(&self.path)),
        }
    }
}

impl Unfinished {
    /// As [`Self::finish`], for a path that a person named: nothing but a regular file is replaced.
    ///
    /// # Errors
    ///
    /// [`TargetError`]. The file is still unfinished then, and another name may be tried.
    pub fn finish_at(&mut self, path: &Path, existing: Existing) -> Result<(), TargetError> {
        must_be_replaceable(path, existing)?;
        self.finish(path, existing).map_err(TargetError::file(path))
    }
}

/// Fails unless a file can appear at this path: nothing is there, or a regular file that may be replaced.
fn must_be_replaceable(path: &Path, existing: Existing) -> Result<(), TargetError> {
    let kind = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(TargetError::file(path))?.file_type(),
    };
    let path = path.to_owned();
    if kind.is_symlink() {
        let to = fs::read_link(&path).unwrap_or_default();
        return Err(TargetError::Link { path, to });
    }
    match (kind.is_file(), existing) {
        (true, Existing::Replace) => Ok(()),
        (true, Existing::Keep) => Err(TargetError::Exists { path }),
        (false, _) => Err(TargetError::Unfit { path, what: word(kind) }),
    }
}

/// Whether something is written to, byte by byte, and is not replaced.
#[cfg(unix)]
fn is_stream(kind: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    kind.is_fifo() || kind.is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: FileType) -> bool {
    false
}

#[cfg(unix)]
fn open_stream(path: &Path, kind: FileType) -> Result<File, TargetError> {
    use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
    let mut options = OpenOptions::new();
    options.write(true);
    // A terminal that is opened to write to it does not become this process's own.
    options.custom_flags(rustix::fs::OFlags::NOCTTY.bits().cast_signed());
    let opened = if kind.is_fifo() {
        open_within(&options, path, crate::source::WAIT)
    } else {
        options.open(path)
    };
    let file = opened.map_err(|source| match source.kind() {
        io::ErrorKind::TimedOut => TargetError::NoReader { path: path.to_owned() },
        _ => TargetError::File { path: path.to_owned(), source },
    })?;
    // Something else may have taken its place meanwhile.
    let now = file.metadata().map_err(TargetError::file(path))?.file_type();
    match is_stream(now) {
        true => Ok(file),
        false => Err(TargetError::Unfit { path: path.to_owned(), what: word(now) }),
    }
}

#[cfg(not(unix))]
fn open_stream(path: &Path, _: FileType) -> Result<File, TargetError> {
    OpenOptions::new().write(true).open(path).map_err(TargetError::file(path))
}

#[cfg(unix)]
fn word(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_dir() {
        "a folder"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_block_device() {
        "a disk"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_char_device() {
        "a device"
    } else {
        "something else"
    }
}

#[cfg(not(unix))]
fn word(kind: FileType) -> &'static str {
    if kind.is_dir() { "a folder" } else { "something else" }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::testing::make_pipe;

    fn write(path: &Path, existing: Existing, bytes: &[u8]) -> Result<(), TargetError> {
        let mut target = Target::open(path, existing)?;
        target.as_write().write_all(bytes).map_err(TargetError::file(path))?;
        target.finish()
    }

    #[test]
    fn file_is_kept_unless_it_may_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write(&path, Existing::Keep, b"one").unwrap();
        let refused = write(&path, Existing::Keep, b"two").unwrap_err();
        assert!(matches!(refused, TargetError::Exists { .. }), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write(&path, Existing::Replace, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn pipe_is_written_to_and_stays_a_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        make_pipe(&path).unwrap();
        for existing in [Existing::Keep, Existing::Replace] {
            let reader = std::thread::spawn({
                let path = path.clone();
                move || {
                    let mut bytes = Vec::new();
                    File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
                    bytes
                }
            });
            write(&path, existing, b"through").unwrap();
            assert_eq!(reader.join().unwrap(), b"through");
            assert!(fs::symlink_metadata(&path).unwrap().file_type().is_fifo());
        }
    }

    #[test]
    fn link_is_followed_to_a_pipe_and_refused_to_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), b"kept").unwrap();
        symlink(at("file"), at("to-file")).unwrap();
        symlink(at("nothing"), at("to-nothing")).unwrap();
        for existing in [Existing::Keep, Existing::Replace] {
            for name in ["to-file", "to-nothing"] {
                let refused = write(&at(name), existing, b"new").unwrap_err();
                assert!(matches!(refused, TargetError::Link { .. }), "{refused}");
            }
        }
        assert_eq!(fs::read(at("file")).unwrap(), b"kept");
        assert!(!at("nothing").exists());
        make_pipe(&at("pipe")).unwrap();
        symlink(at("pipe"), at("to-pipe")).unwrap();
        let reader = std::thread::spawn({
            let path = at("pipe");
            move || fs::read(path).unwrap()
        });
        write(&at("to-pipe"), Existing::Keep, b"through").unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
        assert!(fs::symlink_metadata(at("to-pipe")).unwrap().is_symlink());
    }

    #[test]
    fn pipe_that_takes_the_place_of_a_file_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, b"old").unwrap();
        let mut target = Target::open(&path, Existing::Replace).unwrap();
        target.as_write().write_all(b"new").unwrap();
        fs::remove_file(&path).unwrap();
        make_pipe(&path).unwrap();
        let refused = target.finish().unwrap_err();
        assert!(matches!(refused, TargetError::Unfit { what: "a pipe", .. }), "{refused}");
        assert!(fs::symlink_metadata(&path).unwrap().file_type().is_fifo());
    }

    #[test]
    fn folder_and_socket_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        for (path, expected) in [(folder.path(), "a folder"), (&socket, "a socket")] {
            let refused = write(path, Existing::Replace, b"").unwrap_err();
            assert!(matches!(refused, TargetError::Unfit { what, .. } if what == expected));
            assert!(path.exists());
        }
    }

    #[test]
    fn names_of_open_descriptors_are_streams() {
        for name in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            let path = Path::new(name);
            if name == "-" || fs::symlink_metadata(path).is_ok() {
                assert!(is_standard_output(path), "{name}");
            }
        }
        // A file that this process has open is continued, and not replaced.
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"one ").unwrap();
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file.as_file()));
        if Path::new("/proc/self/fd").exists() {
            write(Path::new(&path), Existing::Keep, b"two").unwrap();
            assert_eq!(fs::read(file.path()).unwrap(), b"one two");
        }
    }
}
