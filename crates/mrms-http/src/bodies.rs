//! Bounds on the bodies of requests: how long each may be, how much of them is in memory at once, and how
//! long a client may take.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

/// Unit in which the memory for bodies is handed out.
const KIBIBYTE: usize = 1024;

/// How much is allowed.
#[derive(Clone, Copy, Debug)]
pub struct BodyBounds {
    /// Longest body, in bytes.
    pub longest: usize,
    /// Bytes of bodies that may be in memory at once, all requests together; `longest` where that is
    /// more.
    pub all: usize,
    /// How long a client may take for a body.
    pub time: Duration,
    /// How long a request may wait for room.
    pub patience: Duration,
}

/// The bounds, with the room that is left.
#[derive(Debug)]
pub struct BodyLimits {
    bounds: BodyBounds,
    /// Kibibytes that bodies may yet take.
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
    /// There was no room for it.
    #[error("too many bodies at once")]
    NoRoom,
}

impl BodyLimits {
    /// With all the room.
    #[must_use]
    pub fn new(bounds: BodyBounds) -> Self {
        let all = bounds.all.max(bounds.longest).div_ceil(KIBIBYTE);
        Self { bounds, room: Arc::new(Semaphore::new(all.clamp(1, Semaphore::MAX_PERMITS))) }
    }
}

/// Reads the body whole, within the bounds, before the route sees the request. It has its room until it
/// is answered.
///
/// # Errors
///
/// The face's word for a [`BodyError`].
pub async fn bound<R: From<BodyError> + IntoResponse>(
    State(limits): State<Arc<BodyLimits>>,
    request: Request,
    next: Next,
) -> Result<Response, R> {
    let (parts, body) = request.into_parts();
    let BodyBounds { longest, time, patience, .. } = limits.bounds;
    let announced = match parts.headers.get(CONTENT_LENGTH) {
        // Sent in chunks: it may turn out as long as is allowed.
        None if parts.headers.contains_key(TRANSFER_ENCODING) => longest,
        None => 0,
        Some(length) => length.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(0),
    };
    if announced > longest {
        return Err(BodyError::TooLong { limit: longest }.into());
    }
    let kibibytes = u32::try_from(announced.div_ceil(KIBIBYTE)).unwrap_or(u32::MAX);
    let room = Arc::clone(&limits.room).acquire_many_owned(kibibytes);
    let room = match tokio::time::timeout(patience, room).await {
        Ok(Ok(room)) => room,
        Ok(Err(_)) | Err(_) => return Err(BodyError::NoRoom.into()),
    };
    let reading = axum::body::to_bytes(body, longest);
    let body = match tokio::time::timeout(time, reading).await {
        Err(_) => return Err(BodyError::TooSlow.into()),
        Ok(Err(_)) => return Err(BodyError::TooLong { limit: longest }.into()),
        Ok(Ok(body)) => body,
    };
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    drop(room);
    Ok(response)
}
