//! Middleware of every request: the log line, the counters, and headers that keep answers out of caches.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::Next;
use axum::response::Response;

use super::app_state::AppState;
use super::refusal::Code;

/// Counts and logs a request by its route, not by its path, which may hold the id of an upload.
pub(super) async fn middleware(
    State(state): State<Arc<AppState>>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let route = matched.as_ref().map_or("none", MatchedPath::as_str);
    let (status, took) = (response.status().as_u16(), began.elapsed());
    state.metrics.requests.answered(route, status, took);
    let code = response.extensions().get::<Code>().map(|code| code.0);
    if let Some(code) = code {
        state.metrics.refusal(code);
    }
    let took_ms = took.as_secs_f64() * 1_000.0;
    tracing::debug!(%method, route, status, code, took_ms, "request");
    response
}
