//! What holds for every request: the log line, the counters, headers that keep answers out of caches;
//! and for messages, bounds on their bodies.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Semaphore;

use super::desk::Desk;
use super::refusal::{Code, Refusal};
use super::settings::VaultSettings;

/// Unit in which the memory for bodies is handed out.
const KIBIBYTE: usize = 1024;

/// Bounds on the bodies of messages.
pub(super) struct BodyLimits {
    longest: usize,
    time: Duration,
    patience: Duration,
    /// Kibibytes that bodies may yet take.
    room: Arc<Semaphore>,
}

impl BodyLimits {
    pub(super) fn new(settings: &VaultSettings) -> Self {
        let all = settings.bodies_bytes.max(settings.body_bytes).div_ceil(KIBIBYTE);
        Self {
            longest: settings.body_bytes,
            time: settings.body_time,
            patience: settings.patience,
            room: Arc::new(Semaphore::new(all.clamp(1, Semaphore::MAX_PERMITS))),
        }
    }
}

/// Counts and logs a request, by its route: a path may hold the id of an upload.
pub(super) async fn dress(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let route = matched.as_ref().map_or("none", MatchedPath::as_str);
    let (status, took) = (response.status().as_u16(), began.elapsed());
    desk.metrics.request(route, status, took);
    let code = response.extensions().get::<Code>().map(|code| code.0);
    if let Some(code) = code {
        desk.metrics.refusal(code);
    }
    let took_ms = took.as_secs_f64() * 1_000.0;
    tracing::debug!(%method, route, status, code, took_ms, "request");
    response
}

/// Reads a message whole, within the bounds, before its route sees the request.
pub(super) async fn bound(
    State(limits): State<Arc<BodyLimits>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let announced = match parts.headers.get(CONTENT_LENGTH) {
        // Sent in chunks: it may turn out as long as is allowed.
        None if parts.headers.contains_key(TRANSFER_ENCODING) => limits.longest,
        None => 0,
        Some(length) => length.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(0),
    };
    if announced > limits.longest {
        return Err(Refusal::TooLong { limit: limits.longest });
    }
    let kibibytes = u32::try_from(announced.div_ceil(KIBIBYTE)).unwrap_or(u32::MAX);
    let room = Arc::clone(&limits.room).acquire_many_owned(kibibytes);
    let room = match tokio::time::timeout(limits.patience, room).await {
        Ok(Ok(room)) => room,
        Ok(Err(_)) | Err(_) => return Err(Refusal::Busy),
    };
    let reading = axum::body::to_bytes(body, limits.longest);
    let body = match tokio::time::timeout(limits.time, reading).await {
        Err(_) => return Err(Refusal::TooSlow),
        Ok(Err(_)) => return Err(Refusal::TooLong { limit: limits.longest }),
        Ok(Ok(body)) => body,
    };
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    drop(room);
    Ok(response)
}
