//! Bodies of requests: limits how long each may be, how many bytes of them are in memory at once, and how long a client
//! may take.
//!
//! Knows nothing of what a body says.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

/// Unit in which memory for bodies is counted.
const KIBIBYTE: usize = 1024;

/// Limits on bodies.
#[derive(Clone, Copy, Debug)]
pub struct BodyBounds {
    /// Longest body, in bytes.
    pub longest: usize,
    /// Bytes of bodies that may be in memory at once, all requests together. At least `longest`.
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
        Self { bounds, room: Arc::new(Semaphore::new(all.clamp(1, Semaphore::MAX_PERMITS))) }
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
    let room = Arc::clone(&limits.room).acquire_many_owned(kibibytes);
    let room = match tokio::time::timeout(queue_timeout, room).await {
        Ok(Ok(room)) => room,
        Ok(Err(_)) | Err(_) => return Err(BodyError::NoRoom.into()),
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
