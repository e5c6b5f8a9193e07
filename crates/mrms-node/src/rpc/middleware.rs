//! Middleware of every request: the headers of a node's answers, OPTIONS, the log line and the counters.
//!
//! The listener's gate has let the request in before. So a page that asks is one that may.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use mrms_http::Observation;

use super::node::Node;

const TIP_HEIGHT: HeaderName = HeaderName::from_static("x-canonical-stacks-tip-height");

/// Answers OPTIONS, adds the headers that a Stacks node sends, counts and logs.
pub(super) async fn middleware(
    State(node): State<Arc<Node>>,
    request: Request,
    next: Next,
) -> Response {
    let observation = Observation::begin(&request);
    let method = request.method().clone();
    let page = request.headers().get(ORIGIN).cloned();
    let mut response = match method {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    if let Some(page) = page {
        cross_origin(headers, &method, page);
    }
    headers.insert(TIP_HEIGHT, HeaderValue::from(node.height().get()));
    observation.end(&response, &node.metrics.requests);
    response
}

/// Lets the web page that asked read the answer.
fn cross_origin(headers: &mut HeaderMap, method: &Method, page: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, page);
    headers.insert(VARY, HeaderValue::from_static("origin"));
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
