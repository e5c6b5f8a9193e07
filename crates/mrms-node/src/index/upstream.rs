//! The node behind the index: what the index does not have itself is asked of it.
//!
//! Plain HTTP, a connection for each request, as the node itself tells its observers. Sources: `docs/rpc` of stacks-core.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde::de::DeserializeOwned;

use crate::plain_address::PlainAddress;

/// How long the node may take for an answer: it runs read-only calls.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest answer of the node that is passed on: a block's worth of hexadecimal and more.
const ANSWER_BYTES: usize = 16 << 20;

/// Address of a node: `http://HOST:PORT`, without a path.
///
/// Invariant: plain HTTP, with a host. The node belongs on the same machine, or behind an encrypted tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeUrl(PlainAddress);

/// A text that is not the address of a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no address of a node such as http://127.0.0.1:20443")]
pub struct NodeUrlError {
    /// The text.
    pub text: String,
}

impl FromStr for NodeUrl {
    type Err = NodeUrlError;

    fn from_str(text: &str) -> Result<Self, NodeUrlError> {
        let address = PlainAddress::parse(text);
        address.map(Self).ok_or_else(|| NodeUrlError { text: text.to_owned() })
    }
}

impl fmt::Display for NodeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why the node gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NodeError {
    /// Nobody answers there.
    #[error("no connection")]
    Connect(#[from] std::io::Error),
    /// The connection broke off.
    #[error("the connection broke off")]
    Http(#[from] hyper::Error),
    /// The request can't be passed on.
    #[error("the request can't be passed on")]
    Request(#[from] axum::http::Error),
    /// Its answer is too long, or broke off.
    #[error("its answer broke off or is too long")]
    Body(#[from] axum::Error),
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// It answered with something else.
    #[error("it answered {0}")]
    Status(StatusCode),
    /// Its answer can't be read.
    #[error("its answer can't be read: {0}")]
    Json(#[from] serde_json::Error),
}

/// An answer of the node.
pub(super) struct NodeAnswer {
    pub(super) status: StatusCode,
    pub(super) kind: Option<HeaderValue>,
    pub(super) body: Bytes,
}

impl NodeUrl {
    /// Asks the node.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        kind: Option<HeaderValue>,
        body: Bytes,
    ) -> Result<NodeAnswer, NodeError> {
        let asked = self.ask_now(method, path, kind, body);
        tokio::time::timeout(ANSWER_TIMEOUT, asked).await.unwrap_or(Err(NodeError::Timeout))
    }

    /// Asks for something in JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, NodeError> {
        let answer = self.ask(Method::GET, path, None, Bytes::new()).await?;
        match answer.status.is_success() {
            true => Ok(serde_json::from_slice(&answer.body)?),
            false => Err(NodeError::Status(answer.status)),
        }
    }

    async fn ask_now(
        &self,
        method: Method,
        path: &str,
        kind: Option<HeaderValue>,
        body: Bytes,
    ) -> Result<NodeAnswer, NodeError> {
        let mut request =
            Request::builder().method(method).uri(path).header(CONTENT_LENGTH, body.len());
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        let read = async |answer: Response<Incoming>| {
            let (head, body) = answer.into_parts();
            let kind = head.headers.get(CONTENT_TYPE).cloned();
            let body = to_bytes(Body::new(body), ANSWER_BYTES).await?;
            Ok::<_, NodeError>(NodeAnswer { status: head.status, kind, body })
        };
        self.0.exchange(request, Body::from(body), read).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn node_is_a_plain_http_address_without_a_path() {
        for text in ["", "127.0.0.1:20443", "https://127.0.0.1:1", "http://a@b", "http://a/path"] {
            assert!(text.parse::<NodeUrl>().is_err(), "{text}");
        }
        for text in ["http://127.0.0.1:20443", "http://[::1]:1"] {
            assert_eq!(text.parse::<NodeUrl>().unwrap().to_string(), text);
        }
    }
}
