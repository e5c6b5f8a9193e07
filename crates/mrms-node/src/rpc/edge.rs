//! What holds for every request: the headers of a node's answers, the log line, the counters.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::node::Node;

const TIP_HEIGHT: HeaderName = HeaderName::from_static("x-canonical-stacks-tip-height");

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
    node.metrics.requests.answered(route, status, took);
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
