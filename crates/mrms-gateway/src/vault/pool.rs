//! Work that blocks, kept away from the threads that serve connections, and bounded.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::refusal::Refusal;

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

    /// Runs `work` on a thread of its own, to its end even if the client goes away: what was handed to
    /// the guardian is in its log.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = Arc::clone(&self.places).acquire_owned();
        let place = match tokio::time::timeout(self.patience, turn).await {
            Ok(Ok(place)) => place,
            Ok(Err(_)) | Err(_) => return Err(Refusal::Busy),
        };
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.unwrap_or(Err(Refusal::BrokeOff))
    }
}
