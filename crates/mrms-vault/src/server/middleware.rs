//! Middleware of every request: the log line, the counters, and headers that keep answers out of caches.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::Next;
use axum::response::Response;
use mrms_http::{Observation, RefusalCode};

use super::app_state::AppState;

/// Adds the headers, counts and logs.
pub(super) async fn middleware(
    State(state): State<Arc<AppState>>,
    request: Request,
    next: Next,
) -> Response {
    let observation = Observation::begin(&request);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    observation.end(&response, &state.metrics.requests);
    if let Some(RefusalCode(code)) = response.extensions().get().copied() {
        state.metrics.refusal(code);
    }
    response
}
