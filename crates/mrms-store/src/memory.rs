//! [`MemoryStore`]: a store in memory, for tests.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read as _, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::{BlobId, BlobPart, BlobStore, BlobWriter, StoreError, cut};

type Blobs = Arc<Mutex<BTreeMap<BlobId, Arc<[u8]>>>>;

/// Blobs in memory. Clones share their content.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    blobs: Blobs,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<BlobId, Arc<[u8]>>> {
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct MemoryWriter {
    store: MemoryStore,
    bytes: Vec<u8>,
}

impl Write for MemoryWriter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.bytes.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWriter for MemoryWriter {
    fn commit(self: Box<Self>) -> Result<(BlobId, u64), StoreError> {
        let Self { store, bytes } = *self;
        let id = BlobId(Sha256::digest(&bytes).into());
        let length = bytes.len() as u64;
        store.lock().entry(id).or_insert_with(|| bytes.into());
        Ok((id, length))
    }
}

impl BlobStore for MemoryStore {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Ok(Box::new(MemoryWriter { store: self.clone(), bytes: Vec::new() }))
    }

    fn open_range(&self, id: &BlobId, range: Range<u64>) -> Result<BlobPart, StoreError> {
        let bytes = self.lock().get(id).cloned().ok_or(StoreError::Missing { id: *id })?;
        let blob_length = bytes.len() as u64;
        let range = cut(id, &range, blob_length)?;
        let mut cursor = Cursor::new(bytes);
        cursor.set_position(range.start);
        let reader = Box::new(cursor.take(range.end - range.start));
        Ok(BlobPart { reader, range, blob_length })
    }

    fn delete(&self, id: &BlobId) -> Result<(), StoreError> {
        self.lock().remove(id);
        Ok(())
    }

    fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        Ok(self.lock().keys().copied().collect())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn memory_store_conforms() {
        crate::conformance::run(&super::MemoryStore::new());
    }
}
