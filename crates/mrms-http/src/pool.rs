//! Work that blocks, kept away from the threads that serve connections, and how much of it there may be at
//! once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Too many are at it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests at once")]
pub struct Busy;

/// The work panicked or was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work broke off")]
pub struct BrokeOff;

/// A place in a [`Pool`], until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _place: OwnedSemaphorePermit,
}

/// So many at once; the others wait their turn, and not for ever.
#[derive(Clone, Debug)]
pub struct Pool {
    places: Arc<Semaphore>,
    patience: Duration,
}

impl Pool {
    /// A pool of so many places, at least one; `patience` is how long one may wait for a place.
    #[must_use]
    pub fn new(places: usize, patience: Duration) -> Self {
        let places = places.clamp(1, Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(places)), patience }
    }

    /// A turn, which lasts until it is dropped.
    ///
    /// # Errors
    ///
    /// [`Busy`] when none came in time.
    pub async fn turn(&self) -> Result<Turn, Busy> {
        let turn = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(self.patience, turn).await {
            Ok(Ok(place)) => Ok(Turn { _place: place }),
            Ok(Err(_)) | Err(_) => Err(Busy),
        }
    }

    /// Runs `work` on a thread of its own when its turn has come. It runs to its end even if the client
    /// goes away.
    ///
    /// # Errors
    ///
    /// The work's own, and the face's word for [`Busy`] and [`BrokeOff`].
    pub async fn run<T: Send + 'static, R: From<Busy> + From<BrokeOff> + Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, R> + Send + 'static,
    ) -> Result<T, R> {
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
///
/// # Errors
///
/// The work's own, and the face's word for [`BrokeOff`].
pub async fn aside<T: Send + 'static, R: From<BrokeOff> + Send + 'static>(
    work: impl FnOnce() -> Result<T, R> + Send + 'static,
) -> Result<T, R> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(BrokeOff.into()))
}
