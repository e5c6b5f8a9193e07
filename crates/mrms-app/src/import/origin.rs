//! Where the bytes of a file are, so that they can be read several times: on the disk, or in an archive on the disk or in memory.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use flate2::Crc;
use flate2::read::DeflateDecoder;
use sha2::{Digest as _, Sha256};

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// What holds an archive, or is a file itself.
#[derive(Clone, Debug)]
pub(super) enum Container {
    /// A file on the disk.
    Path(PathBuf),
    /// An archive that was in another one.
    Memory(Memory),
    /// A file that somebody handed over.
    Given(Arc<dyn Given>),
}

/// The bytes of a file that somebody handed over, wherever they lie. They are read more than once.
pub trait Given: fmt::Debug + Send + Sync {
    /// Begins to read them.
    ///
    /// # Errors
    ///
    /// What the place says where they lie.
    fn open(&self) -> io::Result<Box<dyn Bytes>>;
}

/// A file that somebody handed over.
#[derive(Clone, Debug)]
pub struct Handed {
    /// Its path in the folder that was handed over, with slashes; else its name.
    pub path: String,
    /// How many bytes it has.
    pub length: u64,
    /// Its bytes.
    pub content: Arc<dyn Given>,
}

/// Bytes in memory, held in common.
#[derive(Clone, Debug)]
pub(super) struct Memory(pub(super) Arc<Vec<u8>>);

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// What can be read from any place.
pub trait Bytes: Read + Seek + Send {}
impl<T: Read + Seek + Send> Bytes for T {}

impl Container {
    /// How many bytes of it are in memory.
    pub(super) fn held(&self) -> u64 {
        match self {
            Self::Path(_) | Self::Given(_) => 0,
            Self::Memory(memory) => memory.0.len() as u64,
        }
    }

    pub(super) fn open(&self) -> io::Result<Box<dyn Bytes>> {
        Ok(match self {
            Self::Path(path) => Box::new(File::open(path)?),
            Self::Memory(memory) => Box::new(Cursor::new(memory.clone())),
            Self::Given(given) => given.open()?,
        })
    }
}

/// Where a file is.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) container: Container,
    /// Its place in the archive; `None` for a file of its own.
    pub(super) packed: Option<Packed>,
    /// How many bytes it has, as its folder or archive says.
    pub(super) length: u64,
}

/// The place of a file in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    /// Where its header begins.
    pub(super) header: u64,
    /// How many bytes it takes there.
    pub(super) length: u64,
    /// Whether they are deflated.
    pub(super) is_deflated: bool,
    /// The checksum of its bytes.
    pub(super) crc: u32,
}

/// What the bytes of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) sha256: [u8; 32],
    pub(super) crc: u32,
}

impl Origin {
    /// The bytes, no more than the length. Whether they are those of the archive is seen by [`Self::sum`].
    pub(super) fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut source = self.container.open()?;
        let Some(packed) = self.packed else { return Ok(Box::new(source.take(self.length))) };
        source.seek(SeekFrom::Start(packed.header))?;
        let mut header = [0; 30];
        source.read_exact(&mut header)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let two = |at: usize| i64::from(u16::from_le_bytes([header[at], header[at + 1]]));
        source.seek(SeekFrom::Current(two(26) + two(28)))?;
        let bytes = source.take(packed.length);
        Ok(match packed.is_deflated {
            // One byte more than it may have shows that there are more.
            true => Box::new(
                DeflateDecoder::new(BufReader::with_capacity(PIECE, bytes)).take(self.length + 1),
            ),
            false => Box::new(bytes),
        })
    }

    /// The first bytes.
    pub(super) fn head(&self, most: u64) -> io::Result<Vec<u8>> {
        // In one piece: a buffer that grows is there twice for a moment.
        let mut head = Vec::with_capacity(usize::try_from(most.min(self.length)).unwrap_or(0));
        let read = self.open()?.take(most).read_to_end(&mut head);
        read.map_err(damaged)?;
        Ok(head)
    }

    /// Reads all of it.
    ///
    /// # Errors
    ///
    /// `InvalidData` when they are not the bytes that the archive tells, or a file changed its length meanwhile.
    pub(super) fn sum(&self) -> io::Result<Sum> {
        let (mut reader, mut sha256, mut crc) = (self.open()?, Sha256::new(), Crc::new());
        let mut piece = vec![0; PIECE];
        let mut length = 0;
        loop {
            let count = reader.read(&mut piece).map_err(damaged)?;
            if count == 0 {
                break;
            }
            sha256.update(&piece[..count]);
            crc.update(&piece[..count]);
            length += count as u64;
        }
        let is_right =
            length == self.length && self.packed.is_none_or(|packed| packed.crc == crc.sum());
        if !is_right {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Sum { sha256: sha256.finalize().into(), crc: crc.sum() })
    }
}

/// What a decoder finds wrong with bytes, as one kind of error.
fn damaged(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            io::Error::new(io::ErrorKind::InvalidData, error)
        }
        _ => error,
    }
}

/// Reads bytes once more, and fails where they are no longer what they were: a file may change while it is imported.
pub(super) struct Checked<R> {
    inner: R,
    hasher: Sha256,
    sum: Sum,
    left: u64,
}

impl<R> Checked<R> {
    pub(super) fn new(inner: R, sum: Sum, length: u64) -> Self {
        Self { inner, hasher: Sha256::new(), sum, left: length }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let count = self.inner.read(&mut buffer[..most])?;
        self.hasher.update(&buffer[..count]);
        self.left -= count as u64;
        let is_changed = match (count, self.left) {
            (0, _) => true,
            (_, 0) => self.hasher.clone().finalize().as_slice() != self.sum.sha256,
            _ => false,
        };
        if is_changed {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it changed while it was imported",
            ));
        }
        Ok(count)
    }
}
