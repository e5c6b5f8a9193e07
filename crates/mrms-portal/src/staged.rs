//! Files that a browser sent to be taken in. They are read more than once and from any place, so they lie on the disk: in
//! one file without a name, encrypted under a key that is in memory alone. They go with the session.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mrms_app::import::{Bytes, Given, Handed};
use mrms_crypto::at_rest::SlotKey;
use mrms_home::clock::rng;
use zeroize::Zeroizing;

/// Bytes of a piece.
const PIECE: usize = 64 * 1024;
/// Bytes of a piece as it lies there.
const SLOT: u64 = (PIECE + SlotKey::OVERHEAD) as u64;
/// The most files.
const MOST: usize = 100_000;

/// What came.
pub(crate) struct Staged {
    file: File,
    key: SlotKey,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// How many pieces were written.
    pieces: u64,
    parts: Vec<Part>,
}

/// Where a file lies.
#[derive(Clone, Debug)]
struct Part {
    path: String,
    first: u64,
    length: u64,
}

impl fmt::Debug for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Staged(..)")
    }
}

impl Staged {
    /// Nothing yet, on the disk of this folder.
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        let (file, key) = (tempfile::tempfile_in(folder)?, SlotKey::generate(&mut rng()));
        Ok(Self { file, key, held: Mutex::default() })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a file as its bytes come, one after the other. One that breaks off is not kept.
    pub(crate) fn take(&self, path: String, mut content: impl Read) -> io::Result<()> {
        let (mut held, mut rng) = (self.held(), rng());
        if held.parts.len() >= MOST {
            return Err(io::Error::other("these are too many files at once"));
        }
        let (first, mut length) = (held.pieces, 0);
        let mut piece = Zeroizing::new(Vec::with_capacity(PIECE));
        loop {
            piece.clear();
            let count = content.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
            if count == 0 {
                break;
            }
            let sealed = self.key.seal(&held.pieces.to_be_bytes(), &piece, &mut rng);
            self.file.write_all_at(&sealed, held.pieces * SLOT)?;
            held.pieces += 1;
            length += count as u64;
        }
        held.parts.push(Part { path, first, length });
        Ok(())
    }

    /// What is here, in the order of its paths.
    pub(crate) fn files(self: &Arc<Self>) -> Vec<Handed> {
        let mut parts = self.held().parts.clone();
        parts.sort_by(|one, other| one.path.cmp(&other.path));
        let handed = |Part { path, first, length }| Handed {
            path,
            length,
            content: Arc::new(Kept { staged: Arc::clone(self), first, length }),
        };
        parts.into_iter().map(handed).collect()
    }

    /// How many files are here.
    pub(crate) fn count(&self) -> usize {
        self.held().parts.len()
    }
}

/// One of the files.
#[derive(Clone, Debug)]
struct Kept {
    staged: Arc<Staged>,
    first: u64,
    length: u64,
}

impl Given for Kept {
    fn open(&self) -> io::Result<Box<dyn Bytes>> {
        Ok(Box::new(Reading { kept: self.clone(), at: 0, piece: None }))
    }
}

impl Kept {
    /// A piece of it, by its number from 0.
    fn piece(&self, number: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        let left = self.length.saturating_sub(number * PIECE as u64);
        let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let (place, mut sealed) = (self.first + number, vec![0; length + SlotKey::OVERHEAD]);
        self.staged.file.read_exact_at(&mut sealed, place * SLOT)?;
        let opened = self.staged.key.open(&place.to_be_bytes(), &sealed);
        opened.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

struct Reading {
    kept: Kept,
    at: u64,
    /// The piece that was read last, and its number.
    piece: Option<(u64, Zeroizing<Vec<u8>>)>,
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.at >= self.kept.length {
            return Ok(0);
        }
        let number = self.at / PIECE as u64;
        let piece = match self.piece.take() {
            Some((known, piece)) if known == number => piece,
            _ => self.kept.piece(number)?,
        };
        let from = usize::try_from(self.at % PIECE as u64).unwrap_or(0);
        let rest = piece.get(from..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.piece = Some((number, piece));
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Reading {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.kept.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_from_any_place_and_lie_encrypted_in_a_file_without_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let staged = Arc::new(Staged::new(folder.path()).unwrap());
        assert_eq!(staged.count(), 0);
        let long: Vec<u8> = (0..PIECE * 2 + 5).map(|at| (at / 7 % 251) as u8).collect();
        staged.take("b/long.bin".to_owned(), long.as_slice()).unwrap();
        staged.take("a.txt".to_owned(), &b"Potassium 4.1 mmol/l"[..]).unwrap();
        staged.take("c/none".to_owned(), &b""[..]).unwrap();
        let files = staged.files();
        let paths: Vec<_> = files.iter().map(|one| (one.path.as_str(), one.length)).collect();
        assert_eq!(paths, [("a.txt", 20), ("b/long.bin", long.len() as u64), ("c/none", 0)]);
        for (file, bytes) in files.iter().zip([&b"Potassium 4.1 mmol/l"[..], &long, b""]) {
            let mut read = Vec::new();
            file.content.open().unwrap().read_to_end(&mut read).unwrap();
            assert!(read == bytes, "{}", file.path);
        }
        let mut reading = files[1].content.open().unwrap();
        assert_eq!(reading.seek(SeekFrom::End(-7)).unwrap(), long.len() as u64 - 7);
        let mut end = Vec::new();
        reading.read_to_end(&mut end).unwrap();
        assert_eq!(end, long[long.len() - 7..]);
        let mut two = [0; 2];
        reading.seek(SeekFrom::Start(PIECE as u64 - 1)).unwrap();
        reading.read_exact(&mut two).unwrap();
        assert_eq!(two, long[PIECE - 1..=PIECE], "over the border of a piece");
        assert!(reading.seek(SeekFrom::Current(-(1 << 40))).is_err());

        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has no name");
        let mut lies = vec![0; staged.file.metadata().unwrap().len() as usize];
        staged.file.read_exact_at(&mut lies, 0).unwrap();
        assert!(!lies.windows(9).any(|window| window == b"Potassium"), "it is encrypted");
        staged.file.write_all_at(b"x", 3 * SLOT + 20).unwrap();
        let altered = files[0].content.open().unwrap().read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(altered.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn file_that_breaks_off_is_not_kept_and_takes_no_place_of_another() {
        struct Breaks;
        impl Read for Breaks {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let staged = Arc::new(Staged::new(folder.path()).unwrap());
        let broken = vec![7; PIECE + 1];
        assert!(staged.take("broken".to_owned(), broken.as_slice().chain(Breaks)).is_err());
        assert_eq!(staged.count(), 0);
        staged.take("whole".to_owned(), &b"whole"[..]).unwrap();
        let mut read = String::new();
        staged.files()[0].content.open().unwrap().read_to_string(&mut read).unwrap();
        assert_eq!(read, "whole");
    }
}
