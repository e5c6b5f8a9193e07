//! Where ciphertext that is too large for the chain is kept, by its hash.
//!
//! A [`BlobStore`] takes bytes, names them by their SHA-256 and gives them back. It is told
//! nothing else: no record, no patient, no file name. What it holds is ciphertext, and it could
//! not tell. Back ends: [`FileStore`] on a local disk and [`MemoryStore`] for tests; both pass
//! [`conformance::run`]. [`DiscardingStore`] keeps nothing, for trying what would be stored.

pub mod conformance;
mod discard;
mod fs;
mod memory;

pub use discard::DiscardingStore;
pub use fs::FileStore;
pub use memory::MemoryStore;

use std::fmt;
use std::io::{self, Read, Write};

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
    /// No blob of that name is here.
    #[error("no blob {id} in the store")]
    Missing {
        /// The blob asked for.
        id: BlobId,
    },
    /// The bytes that are here do not hash to their name.
    #[error("blob {id} was altered: its bytes hash to {found}")]
    Altered {
        /// The blob asked for.
        id: BlobId,
        /// What its bytes hash to.
        found: BlobId,
    },
    /// The medium refused: no room, no permission, a fault.
    #[error("the blob store cannot {action}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A blob that is being written. Nothing is kept until [`commit`](Self::commit); dropping it
/// leaves no trace.
pub trait BlobWriter: Write + Send {
    /// Makes the blob durable under its hash and returns that hash and the length in bytes. A blob
    /// that is here already stays as it is.
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

    /// Opens a blob for reading and tells its length in bytes. The bytes are **not** verified:
    /// whoever reads them checks the hash, as a reader of content does anyway.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] or [`StoreError::Io`].
    fn open(&self, id: &BlobId) -> Result<(Box<dyn Read + Send>, u64), StoreError>;

    /// Deletes a blob. One that is not here is no error.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    fn delete(&self, id: &BlobId) -> Result<(), StoreError>;

    /// Every blob that is here, in order of their names.
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
        use sha2::{Digest, Sha256};
        let (mut reader, _) = self.open(id)?;
        let mut hasher = Sha256::new();
        let length = io::copy(&mut reader, &mut hasher)
            .map_err(|source| StoreError::Io { action: "read a blob", source })?;
        let found = BlobId(hasher.finalize().into());
        if found == *id { Ok(length) } else { Err(StoreError::Altered { id: *id, found }) }
    }
}
