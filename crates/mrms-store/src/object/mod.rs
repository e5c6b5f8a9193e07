//! [`ObjectBlobStore`]: a store in a bucket of S3 or a compatible service, Google Cloud Storage or Azure Blob Storage.
//!
//! Below the prefix, `blobs/` has each blob under its hash, and `incoming/` has blobs that are being written and whose hash
//! is not known yet. An object appears only when it is complete, so a blob is complete or absent. A blob that fits into
//! one part is put under its name at the end. A longer one is written to `incoming/` and copied by the bucket. An upload,
//! whose hash is known, is written to its name and completed only if its bytes have that hash.
//!
//! The interface is synchronous; inside is a small asynchronous runtime. Credentials are options that the caller took from
//! its environment. They are in no address, error or log.

mod connect;
mod fault;
mod http;
mod parts;
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
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _, PutPayload};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

pub use connect::ConnectError;

use crate::{BlobId, BlobPart, BlobStore, BlobWriter, StagedBlob, StoreError, cut, io_error};
use fault::fault;
use parts::Parts;
use reader::ObjectReader;
use writer::ObjectWriter;

/// Bytes in a part. A multipart upload has at most 10,000 parts.
const PART: usize = 8 << 20;
const MOST_PARTS: u64 = 10_000;
/// Parts that are sent at once.
const PARTS_AHEAD: usize = 2;
/// Most bytes that a bucket copies in one request: 5 GiB on S3.
const COPIED_AT_ONCE: u64 = 5 << 30;

/// Blobs in a bucket. Clones share the connection.
#[derive(Clone)]
pub struct ObjectBlobStore {
    bucket: Arc<Bucket>,
}

/// The bucket, and the runtime that its requests run on.
struct Bucket {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    objects: Box<dyn ObjectStore>,
    prefix: Path,
    /// Beginning of the names of this process's unfinished objects.
    instance: String,
    begun: AtomicU64,
}

impl Bucket {
    /// Runs a request to its end. Must not be called from a thread of a runtime.
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

    /// A name in `incoming/` that nobody else writes to.
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
        // Dropping it here would block, which is not allowed in asynchronous code.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl ObjectBlobStore {
    /// Removes objects that killed writers left in `incoming/`, if they are older than `idle` at `now`. Parts of multipart
    /// uploads that were never completed can't be listed; a lifecycle rule of the bucket removes them.
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
            let begun =
                Parts::begin(&*self.bucket.objects, &path, part.max(PART), PARTS_AHEAD).await;
            let mut parts = begun.map_err(fault("keep an upload"))?;
            let mut buffer = vec![0; 1 << 20];
            loop {
                // Blocks, but the disk is faster than the network and nothing else runs here.
                let sent = match file.read(&mut buffer) {
                    Ok(0) => altered(std::mem::take(&mut hasher)).map(|()| true),
                    Ok(read) => {
                        hasher.update(&buffer[..read]);
                        parts.write(&buffer[..read]).await.map_err(fault("keep an upload"))?;
                        Ok(false)
                    }
                    Err(source) => Err(StoreError::Io { action: "read an upload", source }),
                };
                match sent {
                    Ok(false) => {}
                    Ok(true) => break,
                    Err(error) => {
                        parts.abort().await;
                        return Err(error);
                    }
                }
            }
            parts.finish().await.map_err(fault("keep an upload"))
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

/// An I/O error from an error of the store.
fn as_io(error: StoreError) -> io::Error {
    match error {
        StoreError::Unreachable { source, .. } | StoreError::Io { source, .. } => source,
        other => io::Error::other(other),
    }
}
