//! Who has an upload in hand, and how the next one gets it.
//!
//! A client whose connection broke comes back before the server has noticed. Whoever comes with the
//! upload's id takes it over: the earlier request is told to let go, and keeps what it has brought.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mrms_store::UploadId;
use tokio::sync::{Mutex as Turn, Notify, OwnedMutexGuard};

/// The uploads in hand.
#[derive(Debug, Default)]
pub(super) struct Holds {
    held: Mutex<HashMap<UploadId, Arc<Holder>>>,
}

#[derive(Debug, Default)]
struct Holder {
    turn: Arc<Turn<()>>,
    waiting: AtomicUsize,
    let_go: Notify,
}

/// An upload in hand, until this goes.
pub(super) struct Hold<'a> {
    holds: &'a Holds,
    id: UploadId,
    holder: Option<Arc<Holder>>,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Holds {
    /// Takes an upload in hand as soon as whoever has it has let go.
    pub(super) async fn take(&self, id: UploadId) -> Hold<'_> {
        let holder = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(held.entry(id).or_default())
        };
        let mut hold = Hold { holds: self, id, holder: Some(Arc::clone(&holder)), turn: None };
        let waiting = Waiting::new(&holder);
        holder.let_go.notify_one();
        hold.turn = Some(Arc::clone(&holder.turn).lock_owned().await);
        drop(waiting);
        hold
    }
}

/// Counts who waits, also of those who stop waiting.
struct Waiting<'a>(&'a Holder);

impl<'a> Waiting<'a> {
    fn new(holder: &'a Holder) -> Self {
        holder.waiting.fetch_add(1, Ordering::AcqRel);
        Self(holder)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Hold<'_> {
    /// Ready when somebody else wants it.
    pub(super) async fn is_wanted(&self) {
        let Some(holder) = &self.holder else { return };
        // A notification may be left over from one who has had their turn since.
        while holder.waiting.load(Ordering::Acquire) == 0 {
            holder.let_go.notified().await;
        }
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.turn = None;
        self.holder = None;
        let mut held = self.holds.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(&self.id).is_some_and(|holder| Arc::strong_count(holder) == 1) {
            held.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn next_one_waits_until_the_first_has_let_go() {
        let holds = Holds::default();
        let id = UploadId::from_random([1; 16]);
        let first = holds.take(id).await;
        let second = holds.take(id);
        let letting_go = async {
            first.is_wanted().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(second, letting_go);
        assert_eq!(holds.held.lock().unwrap().len(), 1);
        let unwanted = tokio::time::timeout(Duration::from_millis(20), second.is_wanted()).await;
        assert!(unwanted.is_err(), "nobody wants it now");
        drop(second);
        assert_eq!(holds.held.lock().unwrap().len(), 0);
    }

    #[tokio::test]
    async fn other_uploads_are_not_waited_for() {
        let holds = Holds::default();
        let _first = holds.take(UploadId::from_random([1; 16])).await;
        holds.take(UploadId::from_random([2; 16])).await;
    }
}
