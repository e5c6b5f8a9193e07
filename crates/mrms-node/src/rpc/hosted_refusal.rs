//! Error answers under `/extended` and `/mrms`: the hosted API's JSON in place of a node's line of text.
//!
//! Handlers refuse as a Stacks node does, whatever their path, and so do the parts of the server before and after them.
//! Whoever asked for something of the hosted API reads `statusCode`, `error` and `message`, as the API tells each of its
//! errors.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::refusal::Refusal;

/// The longest line of text that becomes a message. None of this program's is nearly as long.
const LONGEST: usize = 16 * 1024;

/// Whether a path is one of the hosted API, or this program's own beside it.
fn is_hosted(path: &str) -> bool {
    let is_below = |root: &str| {
        path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_below("/extended") || is_below("/mrms")
}

/// Puts errors of these paths into the hosted API's words.
pub(crate) async fn as_hosted_api(request: Request, next: Next) -> Response {
    let is_hosted = is_hosted(request.uri().path());
    let response = next.run(request).await;
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let is_json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if is_hosted && is_error && !is_json { in_json(response).await } else { response }
}

async fn in_json(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let text = to_bytes(body, LONGEST).await.unwrap_or_default();
    let body = hosted_error(parts.status, String::from_utf8_lossy(&text).trim());
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::from_parts(parts, Body::from(body.to_string()))
}

fn hosted_error(status: StatusCode, message: &str) -> serde_json::Value {
    let error = status.canonical_reason().unwrap_or("Error");
    let message = if message.is_empty() { error } else { message };
    json!({"statusCode": status.as_u16(), "error": error, "message": message})
}

/// What is answered where there is no such route.
pub(crate) fn no_route(method: &Method, uri: &Uri) -> Refusal {
    let path = uri.path();
    if !is_hosted(path) {
        return Refusal::absent(format!("No such API endpoint '{method} {path}'"));
    }
    let asked = uri.path_and_query().map_or(path, |asked| asked.as_str());
    Refusal::absent(format!("Route {method}:{asked} not found"))
}

/// What is answered where a route has other methods. The hosted API has no such route then. Elsewhere axum adds the header
/// `Allow`, which names the right methods.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> Response {
    if is_hosted(uri.path()) {
        return no_route(&method, &uri).into_response();
    }
    (StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_of_folders_are_hosted() {
        for path in ["/extended", "/extended/", "/extended/v1/tx/0x00", "/mrms/v1/proofs/tip"] {
            assert!(is_hosted(path), "{path}");
        }
        for path in ["/", "/v2/info", "/extendedly", "/v1/extended", "/metrics", "/mrmsx"] {
            assert!(!is_hosted(path), "{path}");
        }
    }

    #[test]
    fn error_without_a_text_has_the_name_of_its_status() {
        let expected = json!({"statusCode": 404, "error": "Not Found", "message": "Not Found"});
        assert_eq!(hosted_error(StatusCode::NOT_FOUND, ""), expected);
    }
}
