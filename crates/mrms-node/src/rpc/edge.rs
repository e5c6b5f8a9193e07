//! What holds for every request: the headers of a node's answers, bounds on bodies, the log line, the
//! counters.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CONTENT_LENGTH, TRANSFER_ENCODING,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::node::Node;
use super::refusal::Refusal;
use super::settings::RpcSettings;

const TIP_HEIGHT: HeaderName = HeaderName::from_static("x-canonical-stacks-tip-height");
/// Unit in which the memory for bodies is handed out.
const KIBIBYTE: usize = 1024;

/// Bounds on request bodies.
pub(super) struct BodyLimits {
    longest: usize,
    time: Duration,
    patience: Duration,
    /// Kibibytes that bodies may yet take.
    room: Arc<Semaphore>,
}

impl BodyLimits {
    pub(super) fn new(settings: &RpcSettings) -> Self {
        let all = settings.bodies_bytes.max(settings.body_bytes).div_ceil(KIBIBYTE);
        Self {
            longest: settings.body_bytes,
            time: settings.body_time,
            patience: settings.patience,
            room: Arc::new(Semaphore::new(all.clamp(1, Semaphore::MAX_PERMITS))),
        }
    }
}

/// Gives an answer the headers that a node's has, answers OPTIONS, and keeps count.
pub(super) async fn dress(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let mut response = match method {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    cross_origin(headers, &method);
    headers.insert(TIP_HEIGHT, HeaderValue::from(node.height().get()));
    let route = matched.as_ref().map_or("none", MatchedPath::as_str);
    let (status, took) = (response.status().as_u16(), began.elapsed());
    node.metrics.request(route, status, took);
    let took_ms = took.as_secs_f64() * 1_000.0;
    tracing::debug!(%method, route, status, took_ms, "request");
    response
}

/// Any page may ask: everything here is public, and what changes the chain is signed.
fn cross_origin(headers: &mut HeaderMap, method: &Method) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("x-canonical-stacks-tip-height"),
    );
    if method == Method::OPTIONS {
        headers.insert(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("origin, content-type, accept"),
        );
        headers
            .insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, GET, OPTIONS"));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    }
}

/// Reads the body whole, within the bounds, before the route sees the request.
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
