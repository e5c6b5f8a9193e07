//! A store in a bucket: S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage.
//!
//! Below the prefix, `blobs/` holds each blob under its hash and `incoming/` what is being written
//! without its hash being known. An object appears at once and whole, so a blob is there whole or not
//! at all: one whose bytes fit into a part is put under its name when it is complete; a longer one
//! gathers under a name of its own and is copied by the bucket; an upload, whose hash is known, goes
//! straight to its name and is completed only when its bytes have hashed to it.
//!
//! Synchronous outside, with a small runtime of its own inside. Credentials are options that the
//! caller took from its environment; they are in no address, error or log.

mod connect;
mod fault;
mod reader;
mod writer;

use std::fmt;
use std::io::{self, Read as _};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

pub use connect::ConnectError;

use crate::{BlobId, BlobPart, BlobStore, BlobWriter, StagedBlob, StoreError, cut, io_error};
use fault::fault;
use reader::ObjectReader;
use writer::ObjectWriter;

/// Bytes of a part. A multipart upload has 10,000 of them at most.
const PART: usize = 8 << 20;
const MOST_PARTS: u64 = 10_000;
/// Parts on their way at once.
const PARTS_AHEAD: usize = 2;
/// What a bucket copies in one request: 5 GiB on S3.
const COPIED_AT_ONCE: u64 = 5 << 30;

/// Blobs in a bucket. Clones share the connection.
#[derive(Clone)]
pub struct ObjectBlobStore {
    bucket: Arc<Bucket>,
}

/// The bucket, and the runtime that its requests run on.
struct Bucket {
    /// None only while it is dropped.
    runtime: Option<Runtime>,
    objects: Box<dyn ObjectStore>,
    prefix: Path,
    /// What the names of this process's unfinished objects begin with.
    instance: String,
    begun: AtomicU64,
}

impl Bucket {
    /// Runs a request to its end. Not from within a runtime's own threads.
    fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            None => unreachable!("the runtime lives as long as the bucket"),
        }
    }

    fn blobs(&self) -> Path {
        self.prefix.clone().join("blobs")
    }

    fn blob(&self, id: &BlobId) -> Path {
        self.blobs().join(id.to_string())
    }

    fn incoming(&self) -> Path {
        self.prefix.clone().join("incoming")
    }

    /// A name that nobody else writes to.
    fn fresh(&self) -> Path {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        self.incoming().join(format!("{}-{number}", self.instance))
    }

    fn meta(&self, id: &BlobId) -> Result<ObjectMeta, StoreError> {
        match self.block_on(self.objects.head(&self.blob(id))) {
            Err(object_store::Error::NotFound { .. }) => Err(StoreError::Missing { id: *id }),
            answered => answered.map_err(fault("ask for a blob")),
        }
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        // Dropping it in place would wait, which asynchronous code must not.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl ObjectBlobStore {
    /// Removes what killed writers left in `incoming/` longer than `idle` before `now`. Parts of
    /// uploads that were never completed are not listed; a rule of the bucket removes them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreachable`].
    pub fn sweep(&self, now: SystemTime, idle: Duration) -> Result<usize, StoreError> {
        let bucket = &self.bucket;
        let all = bucket.objects.list(Some(&bucket.incoming())).try_collect::<Vec<_>>();
        let all = bucket.block_on(all).map_err(fault("list what was left"))?;
        let mut removed = 0;
        for object in all {
            let written = SystemTime::from(object.last_modified);
            if now.duration_since(written).is_ok_and(|age| age >= idle) {
                let deleted = bucket.block_on(bucket.objects.delete(&object.location));
                deleted.map_err(fault("remove what was left"))?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

impl BlobStore for ObjectBlobStore {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Ok(Box::new(ObjectWriter::new(Arc::clone(&self.bucket))))
    }

    fn open_range(&self, id: &BlobId, range: Range<u64>) -> Result<BlobPart, StoreError> {
        let blob_length = self.bucket.meta(id)?.size;
        let range = cut(id, &range, blob_length)?;
        let path = self.bucket.blob(id);
        let reader = ObjectReader::new(Arc::clone(&self.bucket), path, range.clone());
        Ok(BlobPart { reader: Box::new(reader), range, blob_length })
    }

    fn length(&self, id: &BlobId) -> Result<u64, StoreError> {
        Ok(self.bucket.meta(id)?.size)
    }

    fn keep(&self, staged: &StagedBlob) -> Result<(), StoreError> {
        match self.length(&staged.id()) {
            Ok(length) if length == staged.length() => return Ok(()),
            Ok(_) | Err(StoreError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
        let path = self.bucket.blob(&staged.id());
        let mut file = staged.open()?;
        let mut hasher = Sha256::new();
        let altered = |hasher: Sha256| {
            let found = BlobId(hasher.finalize().into());
            match found == staged.id() {
                true => Ok(()),
                false => Err(StoreError::Altered { id: staged.id(), found }),
            }
        };
        if staged.length() <= PART as u64 {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(io_error("read an upload"))?;
            hasher.update(&bytes);
            altered(hasher)?;
            let put = self.bucket.objects.put(&path, PutPayload::from(bytes));
            return self.bucket.block_on(put).map(|_| ()).map_err(fault("keep an upload"));
        }
        self.bucket.block_on(async {
            let part = usize::try_from(staged.length().div_ceil(MOST_PARTS)).unwrap_or(PART);
            let begun = self.bucket.objects.put_multipart(&path).await;
            let begun = begun.map_err(fault("keep an upload"))?;
            let mut parts = WriteMultipart::new_with_chunk_size(begun, part.max(PART));
            let mut buffer = vec![0; 1 << 20];
            loop {
                // A disk beside a network: waiting for it here holds nobody up.
                let sent = match file.read(&mut buffer) {
                    Ok(0) => altered(std::mem::take(&mut hasher)).map(|()| true),
                    Ok(read) => {
                        hasher.update(&buffer[..read]);
                        let room = parts.wait_for_capacity(PARTS_AHEAD).await;
                        parts.write(&buffer[..read]);
                        room.map(|()| false).map_err(fault("keep an upload"))
                    }
                    Err(source) => Err(StoreError::Io { action: "read an upload", source }),
                };
                match sent {
                    Ok(false) => {}
                    Ok(true) => break,
                    Err(error) => {
                        // The first error is the answer; a rule of the bucket removes the parts.
                        let _ = parts.abort().await;
                        return Err(error);
                    }
                }
            }
            parts.finish().await.map(|_| ()).map_err(fault("keep an upload"))
        })
    }

    fn delete(&self, id: &BlobId) -> Result<(), StoreError> {
        match self.bucket.block_on(self.bucket.objects.delete(&self.bucket.blob(id))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(fault("delete a blob")(error)),
        }
    }

    fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        let objects = self.bucket.objects.list(Some(&self.bucket.blobs()));
        let ids = objects.try_filter_map(|object| async move {
            Ok(object.location.filename().and_then(|name| name.parse::<BlobId>().ok()))
        });
        let ids = self.bucket.block_on(ids.try_collect::<Vec<BlobId>>());
        let mut ids = ids.map_err(fault("list its blobs"))?;
        ids.sort_unstable();
        Ok(ids)
    }
}

impl fmt::Debug for ObjectBlobStore {
    /// Names no credential: what the bucket's client prints of itself is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectBlobStore")
            .field("prefix", &self.bucket.prefix.as_ref())
            .finish_non_exhaustive()
    }
}

/// An error of input and output, from one of the bucket's.
fn as_io(error: StoreError) -> io::Error {
    match error {
        StoreError::Unreachable { source, .. } | StoreError::Io { source, .. } => source,
        other => io::Error::other(other),
    }
}
