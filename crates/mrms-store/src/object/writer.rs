//! Writing an object whose name is not known before its last byte.

use std::io::{self, Write};
use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload, WriteMultipart};
use sha2::{Digest as _, Sha256};

use super::fault::fault;
use super::{Bucket, COPIED_AT_ONCE, PART, PARTS_AHEAD, as_io};
use crate::{BlobId, BlobWriter, StoreError};

/// Where the bytes are.
enum Gathered {
    /// All of them here: not more than a part.
    Here(Vec<u8>),
    /// In parts, under a name of their own.
    There { parts: Box<WriteMultipart>, path: Path },
    /// Lost by a fault: nothing more can come of it.
    Gone,
}

/// A blob that is being written.
pub(super) struct ObjectWriter {
    bucket: Arc<Bucket>,
    gathered: Gathered,
    hasher: Sha256,
    length: u64,
}

impl ObjectWriter {
    pub(super) fn new(bucket: Arc<Bucket>) -> Self {
        let gathered = Gathered::Here(Vec::new());
        Self { bucket, gathered, hasher: Sha256::new(), length: 0 }
    }

    /// Begins to send what has become more than a part.
    fn send(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let bucket = Arc::clone(&self.bucket);
        let path = bucket.fresh();
        bucket.block_on(async {
            let begun = bucket.objects.put_multipart_opts(&path, Default::default()).await;
            let begun = begun.map_err(fault("begin a blob"))?;
            let mut parts = Box::new(WriteMultipart::new_with_chunk_size(begun, PART));
            parts.write(bytes);
            self.gathered = Gathered::There { parts, path };
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
        match &mut self.gathered {
            Gathered::Here(bytes) => {
                bytes.extend_from_slice(buffer);
                if bytes.len() > PART {
                    let bytes = std::mem::take(bytes);
                    self.gathered = Gathered::Gone;
                    self.send(&bytes).map_err(as_io)?;
                }
            }
            Gathered::There { parts, .. } => {
                let room = bucket.block_on(async {
                    parts.wait_for_capacity(PARTS_AHEAD).await?;
                    parts.write(buffer);
                    Ok(())
                });
                if let Err(error) = room {
                    self.gathered = Gathered::Gone;
                    return Err(as_io(fault("write a blob")(error)));
                }
            }
            Gathered::Gone => return Err(io::ErrorKind::BrokenPipe.into()),
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
        let gathered = std::mem::replace(&mut self.gathered, Gathered::Gone);
        let keep = async {
            match gathered {
                Gathered::Here(bytes) => {
                    let put = bucket.objects.put(&name, PutPayload::from(bytes)).await;
                    put.map_err(fault("keep a blob"))?;
                }
                Gathered::There { parts, path } => {
                    parts.finish().await.map_err(fault("keep a blob"))?;
                    let copied = bucket.objects.copy(&path, &name).await;
                    // What stays of it is swept.
                    let _ = bucket.objects.delete(&path).await;
                    copied.map_err(fault("keep a blob"))?;
                }
                Gathered::Gone => return Err(lost()),
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
        let gathered = std::mem::replace(&mut self.gathered, Gathered::Gone);
        if let (Gathered::There { parts, .. }, Some(runtime)) = (gathered, &self.bucket.runtime) {
            // A rule of the bucket removes parts that this does not.
            runtime.spawn(async move { parts.abort().await });
        }
    }
}
