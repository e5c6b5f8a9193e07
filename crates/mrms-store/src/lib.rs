//! Stores of ciphertext that is too large for the chain, by its hash.
//!
//! A [`BlobStore`] takes bytes, names them by their SHA-256 and gives them back. It knows nothing else: no record, no
//! patient, no file name, and not whether the bytes are ciphertext. Back ends: [`FileStore`] on a local disk,
//! `ObjectBlobStore` in a bucket (feature `object`) and [`MemoryStore`] for tests; all of them pass
//! [`conformance::run`]. [`DiscardingStore`] keeps nothing: it is for dry runs. [`Uploads`] receives blobs in pieces,
//! across restarts, and passes the complete ones to a store.

pub mod conformance;
mod discard;
mod fs;
mod hashed_file;
mod memory;
#[cfg(feature = "object")]
mod object;
mod uploads;

pub use discard::DiscardingStore;
pub use fs::FileStore;
pub use memory::MemoryStore;
#[cfg(feature = "object")]
pub use object::{ConnectError, ObjectBlobStore};
pub use uploads::{
    BlobPromise, Owner, OwnerKind, PartialUpload, Progress, StagedBlob, Swept, UploadError,
    UploadId, UploadLimits, UploadUsage, Uploads,
};

use std::fmt;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// Name of a blob: the SHA-256 of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId([u8; 32]);

impl BlobId {
    /// The blob whose SHA-256 this is.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The text is no name of a blob: 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name of a blob is 64 hexadecimal digits in lower case")]
pub struct BlobIdError;

impl FromStr for BlobId {
    type Err = BlobIdError;

    /// Reads what `Display` writes, and nothing else: a blob has one name.
    fn from_str(text: &str) -> Result<Self, BlobIdError> {
        let mut bytes = [0; 32];
        mrms_core::hexadecimal::decode_to_slice(text, &mut bytes).map_err(|_| BlobIdError)?;
        let id = Self(bytes);
        if id.to_string() == text { Ok(id) } else { Err(BlobIdError) }
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

/// Why a store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store has no blob of this name.
    #[error("no blob {id} in the store")]
    Missing {
        /// The blob asked for.
        id: BlobId,
    },
    /// The stored bytes do not hash to their name.
    #[error("blob {id} was altered: its bytes hash to {found}")]
    Altered {
        /// The blob asked for.
        id: BlobId,
        /// What its bytes hash to.
        found: BlobId,
    },
    /// The part asked for begins after the blob's end.
    #[error("blob {id} has {length} bytes and none at {start}")]
    BeyondEnd {
        /// The blob asked for.
        id: BlobId,
        /// Where the part was to begin.
        start: u64,
        /// How many bytes the blob has.
        length: u64,
    },
    /// The blob is too large for this store.
    #[error("a blob of more than {limit} bytes is too large for this store")]
    TooLarge {
        /// The largest that it takes, in bytes.
        limit: u64,
    },
    /// The store is on another machine, and could not be reached or did not answer.
    #[error("the blob store elsewhere cannot {action}")]
    Unreachable {
        /// What was being done.
        action: &'static str,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// The vault that keeps the store is away.
    #[error("the vault of this home is gone: there is none in {}", folder.display())]
    VaultMissing {
        /// Where it was.
        folder: PathBuf,
    },
    /// The disk failed: no room, no permission, a fault.
    #[error("the blob store cannot {action}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl StoreError {
    /// Whether the disk has no room left, or none for this account.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if is_full(source))
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn io_error(action: &'static str) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError::Io { action, source }
}

/// Some bytes of a blob, and their place in it.
pub struct BlobPart {
    /// The bytes of `range`, **not** verified: only the whole blob has a hash.
    pub reader: Box<dyn Read + Send>,
    /// The range that the reader gives: the one asked for, cut at the blob's end.
    pub range: Range<u64>,
    /// How many bytes the whole blob has.
    pub blob_length: u64,
}

impl BlobPart {
    /// How many bytes the reader gives.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.range.end - self.range.start
    }
}

impl fmt::Debug for BlobPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BlobPart");
        shown.field("range", &self.range).field("blob_length", &self.blob_length);
        shown.finish_non_exhaustive()
    }
}

/// A range, cut at the end of its blob.
fn cut(id: &BlobId, range: &Range<u64>, length: u64) -> Result<Range<u64>, StoreError> {
    if range.start > length {
        return Err(StoreError::BeyondEnd { id: *id, start: range.start, length });
    }
    Ok(range.start..range.end.clamp(range.start, length))
}

/// A blob that is being written. Nothing is kept before [`commit`](Self::commit). Dropping it deletes what was written.
pub trait BlobWriter: Write + Send {
    /// Makes the blob durable under its hash, and returns the hash and the length in bytes. A blob that the store has
    /// already stays as it is.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`]; then nothing was kept.
    fn commit(self: Box<Self>) -> Result<(BlobId, u64), StoreError>;
}

/// A store of immutable byte strings under their SHA-256.
pub trait BlobStore: Send + Sync {
    /// Begins a new blob.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError>;

    /// Opens a part of a blob: the bytes from `range.start` up to `range.end`, which is exclusive, or up to the blob's
    /// end. A range that begins at the blob's end is empty.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`], [`StoreError::BeyondEnd`] or [`StoreError::Io`].
    fn open_range(&self, id: &BlobId, range: Range<u64>) -> Result<BlobPart, StoreError>;

    /// Opens a blob for reading, and returns its length in bytes. The bytes are **not** verified: the reader of the
    /// content checks the hash.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] or [`StoreError::Io`].
    fn open(&self, id: &BlobId) -> Result<(Box<dyn Read + Send>, u64), StoreError> {
        let part = self.open_range(id, 0..u64::MAX)?;
        Ok((part.reader, part.blob_length))
    }

    /// Opens one of several copies of a blob, counted from 0: the reader of the content asks for the next one when the
    /// bytes of this one were wrong. `None` after the last copy. A store keeps one copy unless it says otherwise.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`], [`StoreError::Unreachable`] or [`StoreError::Io`]; there may be a next copy.
    fn open_copy(
        &self,
        id: &BlobId,
        copy: usize,
    ) -> Result<Option<Box<dyn Read + Send>>, StoreError> {
        if copy > 0 {
            return Ok(None);
        }
        self.open(id).map(|(reader, _)| Some(reader))
    }

    /// The length of a blob in bytes.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] or [`StoreError::Io`].
    fn length(&self, id: &BlobId) -> Result<u64, StoreError> {
        Ok(self.open_range(id, 0..0)?.blob_length)
    }

    /// Keeps a blob from a complete upload. It is durable under its hash when this returns. A blob that the store has
    /// already stays as it is. After a failure the staged file still belongs to the caller's [`Uploads`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] or [`StoreError::TooLarge`]; then nothing was kept. [`StoreError::Altered`]
    /// when the staged file changed after it was verified.
    fn keep(&self, staged: &StagedBlob) -> Result<(), StoreError> {
        copy_in(self, staged)
    }

    /// Deletes a blob. A blob that the store does not have is no error.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    fn delete(&self, id: &BlobId) -> Result<(), StoreError>;

    /// All blobs of the store, in the order of their names.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    fn list(&self) -> Result<Vec<BlobId>, StoreError>;

    /// Reads a blob to its end and compares its hash with its name. Returns its length in bytes.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`], [`StoreError::Altered`] or [`StoreError::Io`].
    fn verify(&self, id: &BlobId) -> Result<u64, StoreError> {
        let (mut reader, _) = self.open(id)?;
        let mut hasher = Sha256::new();
        let length = io::copy(&mut reader, &mut hasher)
            .map_err(|source| StoreError::Io { action: "read a blob", source })?;
        let found = BlobId(hasher.finalize().into());
        if found == *id { Ok(length) } else { Err(StoreError::Altered { id: *id, found }) }
    }
}

/// Copies an upload into a store, if its bytes still hash to its name.
fn copy_in(store: &(impl BlobStore + ?Sized), staged: &StagedBlob) -> Result<(), StoreError> {
    let mut writer = store.writer()?;
    let mut reader = staged.open()?;
    let mut copied = HashingReader { reader: &mut reader, hasher: Sha256::new() };
    io::copy(&mut copied, &mut writer).map_err(io_error("copy an upload"))?;
    let found = BlobId(copied.hasher.finalize().into());
    if found != staged.id() {
        return Err(StoreError::Altered { id: staged.id(), found });
    }
    writer.commit().map(|_| ())
}

/// Hashes what is read through it.
struct HashingReader<'a> {
    reader: &'a mut dyn Read,
    hasher: Sha256,
}

impl Read for HashingReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}
