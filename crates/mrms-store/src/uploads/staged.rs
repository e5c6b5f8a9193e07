//! [`StagedBlob`]: a complete upload on its way into a store.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::BlobPromise;
use crate::{BlobId, StoreError, io_error};

/// A complete and verified upload, which a store is about to keep.
#[derive(Debug)]
pub struct StagedBlob {
    pub(super) path: PathBuf,
    pub(super) promise: BlobPromise,
}

impl StagedBlob {
    /// Its name, the hash.
    #[must_use]
    pub const fn id(&self) -> BlobId {
        self.promise.id
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.promise.length
    }

    /// Its file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it for reading.
    pub(crate) fn open(&self) -> Result<File, StoreError> {
        File::open(&self.path).map_err(io_error("read an upload"))
    }
}
