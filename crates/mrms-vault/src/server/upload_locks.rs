//! Locks of uploads: one request at a time writes to an upload, and the newest request gets it.
//!
//! A client whose connection broke comes back before the server notices. The new request waits for the upload's lock, and
//! the earlier request, told that the lock is wanted, stops and keeps what it has brought. Knows nothing of bytes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mrms_store::UploadId;
use tokio::sync::{Mutex as AsyncMutex, Notify, OwnedMutexGuard};

/// The uploads that requests write to.
#[derive(Debug, Default)]
pub(super) struct UploadLocks {
    entries: Mutex<HashMap<UploadId, Arc<LockEntry>>>,
}

#[derive(Debug, Default)]
struct LockEntry {
    lock: Arc<AsyncMutex<()>>,
    waiters: AtomicUsize,
    wanted: Notify,
}

/// The right to write to an upload. Dropping it passes the right on.
pub(super) struct UploadLock<'a> {
    locks: &'a UploadLocks,
    id: UploadId,
    entry: Option<Arc<LockEntry>>,
    guard: Option<OwnedMutexGuard<()>>,
}

impl UploadLocks {
    /// Locks an upload. Tells the request that holds the lock that it is wanted, and waits for it.
    pub(super) async fn lock(&self, id: UploadId) -> UploadLock<'_> {
        let entry = {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(entries.entry(id).or_default())
        };
        let mut lock = UploadLock { locks: self, id, entry: Some(Arc::clone(&entry)), guard: None };
        let waiter = UploadWaiter::new(&entry);
        entry.wanted.notify_one();
        lock.guard = Some(Arc::clone(&entry.lock).lock_owned().await);
        drop(waiter);
        lock
    }
}

/// Counts a request that waits for an upload, until it has the lock or gives up.
struct UploadWaiter<'a>(&'a LockEntry);

impl<'a> UploadWaiter<'a> {
    fn new(entry: &'a LockEntry) -> Self {
        entry.waiters.fetch_add(1, Ordering::AcqRel);
        Self(entry)
    }
}

impl Drop for UploadWaiter<'_> {
    fn drop(&mut self) {
        self.0.waiters.fetch_sub(1, Ordering::AcqRel);
    }
}

impl UploadLock<'_> {
    /// Ready when another request wants the upload.
    pub(super) async fn is_wanted(&self) {
        let Some(entry) = &self.entry else { return };
        // A notification may be left over from a request that has had the lock since.
        while entry.waiters.load(Ordering::Acquire) == 0 {
            entry.wanted.notified().await;
        }
    }
}

impl Drop for UploadLock<'_> {
    fn drop(&mut self) {
        self.guard = None;
        self.entry = None;
        let mut entries = self.locks.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.get(&self.id).is_some_and(|entry| Arc::strong_count(entry) == 1) {
            entries.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn next_request_waits_until_the_first_has_let_go() {
        let locks = UploadLocks::default();
        let id = UploadId::from_random([1; 16]);
        let first = locks.lock(id).await;
        let second = locks.lock(id);
        let releasing = async {
            first.is_wanted().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(second, releasing);
        assert_eq!(locks.entries.lock().unwrap().len(), 1);
        let unwanted = tokio::time::timeout(Duration::from_millis(20), second.is_wanted()).await;
        assert!(unwanted.is_err(), "nobody wants it now");
        drop(second);
        assert_eq!(locks.entries.lock().unwrap().len(), 0);
    }

    #[tokio::test]
    async fn other_uploads_are_not_waited_for() {
        let locks = UploadLocks::default();
        let _first = locks.lock(UploadId::from_random([1; 16])).await;
        locks.lock(UploadId::from_random([2; 16])).await;
    }
}
