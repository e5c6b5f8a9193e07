//! [`ObjectWriter`]: writes a blob whose name, its hash, is not known before the last byte.

use std::io::{self, Write};
use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use sha2::{Digest as _, Sha256};

use super::fault::fault;
use super::parts::Parts;
use super::{Bucket, COPIED_AT_ONCE, PART, PARTS_AHEAD, as_io};
use crate::{BlobId, BlobWriter, StoreError};

/// Where the bytes are so far.
enum Written {
    /// In memory: no more than one part.
    InMemory(Vec<u8>),
    /// In the bucket, as parts of an object in `incoming/`.
    InBucket { parts: Box<Parts>, path: Path },
    /// Lost after an error. The blob can't be written any more.
    Lost,
}

/// A blob that is being written.
pub(super) struct ObjectWriter {
    bucket: Arc<Bucket>,
    written: Written,
    hasher: Sha256,
    length: u64,
}

impl ObjectWriter {
    pub(super) fn new(bucket: Arc<Bucket>) -> Self {
        let written = Written::InMemory(Vec::new());
        Self { bucket, written, hasher: Sha256::new(), length: 0 }
    }

    /// Begins to send the bytes when they are more than one part.
    fn send(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let bucket = Arc::clone(&self.bucket);
        let path = bucket.fresh();
        bucket.block_on(async {
            let begun = Parts::begin(&*bucket.objects, &path, PART, PARTS_AHEAD).await;
            let mut parts = Box::new(begun.map_err(fault("begin a blob"))?);
            parts.write(bytes).await.map_err(fault("write a blob"))?;
            self.written = Written::InBucket { parts, path };
            Ok(())
        })
    }
}

impl Write for ObjectWriter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let buffer = &buffer[..buffer.len().min(PART)];
        let length = self.length + buffer.len() as u64;
        if length > COPIED_AT_ONCE {
            return Err(io::Error::other(StoreError::TooLarge { limit: COPIED_AT_ONCE }));
        }
        let bucket = Arc::clone(&self.bucket);
        match &mut self.written {
            Written::InMemory(bytes) => {
                bytes.extend_from_slice(buffer);
                if bytes.len() > PART {
                    let bytes = std::mem::take(bytes);
                    self.written = Written::Lost;
                    self.send(&bytes).map_err(as_io)?;
                }
            }
            Written::InBucket { parts, .. } => {
                if let Err(error) = bucket.block_on(parts.write(buffer)) {
                    self.written = Written::Lost;
                    return Err(as_io(fault("write a blob")(error)));
                }
            }
            Written::Lost => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        self.hasher.update(buffer);
        self.length = length;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWriter for ObjectWriter {
    fn commit(mut self: Box<Self>) -> Result<(BlobId, u64), StoreError> {
        let id = BlobId(std::mem::take(&mut self.hasher).finalize().into());
        let bucket = Arc::clone(&self.bucket);
        let name = bucket.blob(&id);
        let written = std::mem::replace(&mut self.written, Written::Lost);
        let keep = async {
            match written {
                Written::InMemory(bytes) => {
                    let put = bucket.objects.put(&name, PutPayload::from(bytes)).await;
                    put.map_err(fault("keep a blob"))?;
                }
                Written::InBucket { parts, path } => {
                    parts.finish().await.map_err(fault("keep a blob"))?;
                    let copied = bucket.objects.copy(&path, &name).await;
                    // A sweep removes what stays of it.
                    let _ = bucket.objects.delete(&path).await;
                    copied.map_err(fault("keep a blob"))?;
                }
                Written::Lost => return Err(lost()),
            }
            Ok(())
        };
        bucket.block_on(keep)?;
        Ok((id, self.length))
    }
}

fn lost() -> StoreError {
    StoreError::Unreachable { action: "keep a blob", source: io::ErrorKind::BrokenPipe.into() }
}

impl Drop for ObjectWriter {
    fn drop(&mut self) {
        let written = std::mem::replace(&mut self.written, Written::Lost);
        if let (Written::InBucket { mut parts, .. }, Some(runtime)) =
            (written, &self.bucket.runtime)
        {
            // A rule of the bucket removes parts that this does not remove.
            runtime.spawn(async move { parts.abort().await });
        }
    }
}
