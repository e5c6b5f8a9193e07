//! Bodies of requests: limits how long each may be, how many bytes of them are in memory at once, for one peer and for
//! all, and how long a client may take.
//!
//! Knows nothing of what a body says.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Peer, PeerPlaces};

/// Unit in which memory for bodies is counted.
const KIBIBYTE: usize = 1024;

/// Limits on bodies.
#[derive(Clone, Copy, Debug)]
pub struct BodyBounds {
    /// Longest body, in bytes.
    pub longest: usize,
    /// Bytes of bodies that may be in memory at once, all requests together. At least `longest`. One peer gets a quarter
    /// of it, but at least `longest`, and this machine seven eighths.
    pub all: usize,
    /// How long a client may take for a body.
    pub time: Duration,
    /// How long a request may wait for memory.
    pub queue_timeout: Duration,
}

/// The limits, with the memory that is left.
#[derive(Debug)]
pub struct BodyLimits {
    bounds: BodyBounds,
    /// Kibibytes that further bodies may take.
    room: Arc<Semaphore>,
    /// The same for each peer.
    peers: PeerPlaces,
}

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is too long, or broke off.
    #[error("the body is over {limit} bytes")]
    TooLong {
        /// How long it may be, in bytes.
        limit: usize,
    },
    /// It did not arrive in time.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// Other bodies take all the memory.
    #[error("too many bodies at once")]
    NoRoom,
}

impl BodyLimits {
    /// Limits with all their memory free.
    #[must_use]
    pub fn new(bounds: BodyBounds) -> Self {
        let all = bounds.all.max(bounds.longest).div_ceil(KIBIBYTE);
        let peers = PeerPlaces::new(all, bounds.longest.div_ceil(KIBIBYTE));
        let room = Arc::new(Semaphore::new(all.clamp(1, Semaphore::MAX_PERMITS)));
        Self { bounds, room, peers }
    }

    /// Waits for room for a body. A peer waits for its own room first, so that it does not hold what others wait for.
    async fn room(
        &self,
        peer: Option<Peer>,
        kibibytes: u32,
    ) -> Option<(Option<OwnedSemaphorePermit>, OwnedSemaphorePermit)> {
        let own = match peer {
            Some(peer) => Some(self.peers.of(peer).acquire_many_owned(kibibytes).await.ok()?),
            None => None,
        };
        Some((own, Arc::clone(&self.room).acquire_many_owned(kibibytes).await.ok()?))
    }
}

/// Middleware: reads the whole body within the limits before the route sees the request. Its memory counts as used
/// until the request is answered.
///
/// # Errors
///
/// The server's answer for a [`BodyError`].
pub async fn bound<R: From<BodyError> + IntoResponse>(
    State(limits): State<Arc<BodyLimits>>,
    request: Request,
    next: Next,
) -> Result<Response, R> {
    let (parts, body) = request.into_parts();
    let BodyBounds { longest, time, queue_timeout, .. } = limits.bounds;
    let announced = match parts.headers.get(CONTENT_LENGTH) {
        // A body in chunks may turn out as long as is allowed.
        None if parts.headers.contains_key(TRANSFER_ENCODING) => longest,
        None => 0,
        Some(length) => length.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(0),
    };
    if announced > longest {
        return Err(BodyError::TooLong { limit: longest }.into());
    }
    let kibibytes = u32::try_from(announced.div_ceil(KIBIBYTE)).unwrap_or(u32::MAX);
    let room = limits.room(parts.extensions.get().copied(), kibibytes);
    let Ok(Some(room)) = tokio::time::timeout(queue_timeout, room).await else {
        return Err(BodyError::NoRoom.into());
    };
    let body = read_body(body, longest, time).await?;
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    drop(room);
    Ok(response)
}

/// Reads a whole body of at most `longest` bytes within `time`.
///
/// # Errors
///
/// [`BodyError::TooLong`], also for a body that breaks off; [`BodyError::TooSlow`].
pub async fn read_body(body: Body, longest: usize, time: Duration) -> Result<Bytes, BodyError> {
    match tokio::time::timeout(time, axum::body::to_bytes(body, longest)).await {
        Err(_) => Err(BodyError::TooSlow),
        Ok(Err(_)) => Err(BodyError::TooLong { limit: longest }),
        Ok(Ok(body)) => Ok(body),
    }
}
