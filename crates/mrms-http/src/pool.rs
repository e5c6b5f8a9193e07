//! [`Pool`]: runs blocking work on threads of its own, and limits how much of it runs at once.
//!
//! Threads that serve connections never block. Requests wait for a place asynchronously.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Peer, PeerPlaces};

/// All places were taken for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests at once")]
pub struct Busy;

/// The work panicked or was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work broke off")]
pub struct BrokeOff;

/// A place in a [`Pool`], free again when this is dropped.
#[derive(Debug)]
pub struct Turn {
    _place: OwnedSemaphorePermit,
    _quota: Option<OwnedSemaphorePermit>,
}

/// A number of places for work. Further work waits for a place, up to a timeout.
#[derive(Clone, Debug)]
pub struct Pool {
    places: Arc<Semaphore>,
    peers: Arc<PeerPlaces>,
    queue_timeout: Duration,
}

impl Pool {
    /// A pool with this many places, at least one. Work waits for a place up to `queue_timeout`.
    #[must_use]
    pub fn new(places: usize, queue_timeout: Duration) -> Self {
        let places = places.clamp(1, Semaphore::MAX_PERMITS);
        let peers = Arc::new(PeerPlaces::new(places, 1));
        Self { places: Arc::new(Semaphore::new(places)), peers, queue_timeout }
    }

    /// Waits for a place.
    ///
    /// # Errors
    ///
    /// [`Busy`] when no place became free in time.
    pub async fn turn(&self) -> Result<Turn, Busy> {
        let turn = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(self.queue_timeout, turn).await {
            Ok(Ok(place)) => Ok(Turn { _place: place, _quota: None }),
            Ok(Err(_)) | Err(_) => Err(Busy),
        }
    }

    /// Waits for a place for a peer, who may have a quota of the places only.
    ///
    /// # Errors
    ///
    /// [`Busy`] when the peer has its quota already, or no place became free in time.
    pub async fn turn_of(&self, peer: Peer) -> Result<Turn, Busy> {
        let quota = self.peers.of(peer).try_acquire_owned().map_err(|_| Busy)?;
        Ok(Turn { _quota: Some(quota), ..self.turn().await? })
    }

    /// Waits for a place and runs `work` on a blocking thread. The work runs to its end even if the client
    /// disconnects.
    ///
    /// # Errors
    ///
    /// Those of the work, and the server's answer for [`Busy`] and [`BrokeOff`].
    pub async fn run<T: Send + 'static, R: From<Busy> + From<BrokeOff> + Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, R> + Send + 'static,
    ) -> Result<T, R> {
        let turn = self.turn().await?;
        run_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
    }
}

/// Runs work that blocks, on a thread that may block.
///
/// # Errors
///
/// Those of the work, and the server's answer for [`BrokeOff`].
pub async fn run_blocking<T: Send + 'static, R: From<BrokeOff> + Send + 'static>(
    work: impl FnOnce() -> Result<T, R> + Send + 'static,
) -> Result<T, R> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(BrokeOff.into()))
}
