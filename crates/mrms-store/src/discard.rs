//! [`DiscardingStore`]: a store that hashes blobs and keeps none of them, for dry runs.

use std::io::{self, Write};
use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::{BlobId, BlobPart, BlobStore, BlobWriter, StoreError};

/// Accepts blobs and discards them. It never has any.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiscardingStore;

#[derive(Default)]
struct DiscardingWriter {
    hasher: Sha256,
    length: u64,
}

impl Write for DiscardingWriter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.hasher.update(buffer);
        self.length += buffer.len() as u64;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWriter for DiscardingWriter {
    fn commit(self: Box<Self>) -> Result<(BlobId, u64), StoreError> {
        Ok((BlobId::from_bytes(self.hasher.finalize().into()), self.length))
    }
}

impl BlobStore for DiscardingStore {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Ok(Box::new(DiscardingWriter::default()))
    }

    fn open_range(&self, id: &BlobId, _: Range<u64>) -> Result<BlobPart, StoreError> {
        Err(StoreError::Missing { id: *id })
    }

    fn delete(&self, _: &BlobId) -> Result<(), StoreError> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        Ok(Vec::new())
    }
}
