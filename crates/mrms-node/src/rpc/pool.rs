//! How much is asked of the ledger at once, and work that blocks, kept away from the threads that serve
//! connections.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::refusal::Refusal;

/// One of those places.
pub(super) struct Turn {
    _place: OwnedSemaphorePermit,
}

/// So many at once; the others wait their turn, and not for ever.
#[derive(Clone)]
pub(super) struct Pool {
    places: Arc<Semaphore>,
    patience: Duration,
}

impl Pool {
    pub(super) fn new(places: usize, patience: Duration) -> Self {
        let places = places.clamp(1, Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(places)), patience }
    }

    /// A turn, which lasts until it is dropped.
    pub(super) async fn turn(&self) -> Result<Turn, Refusal> {
        let turn = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(self.patience, turn).await {
            Ok(Ok(place)) => Ok(Turn { _place: place }),
            Ok(Err(_)) | Err(_) => Err(Refusal::Busy),
        }
    }

    /// Runs `work` on a thread of its own when its turn has come. It runs to its end even if the client goes
    /// away.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = self.turn().await?;
        aside(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
    }
}

/// Runs work that blocks on a thread of its own.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Refusal::BrokeOff))
}
