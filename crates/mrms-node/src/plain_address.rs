//! The address of a service that speaks plain HTTP: `http://HOST:PORT`, without a path.

use std::fmt;

use axum::http::Uri;
use tokio::net::TcpStream;

/// Such an address.
///
/// Invariant: it has a host, and names nobody who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlainAddress {
    host: String,
    port: u16,
}

impl PlainAddress {
    /// Reads one; `None` for any other text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let plain = uri.scheme_str() == Some("http") && uri.query().is_none();
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        (plain && matches!(uri.path(), "" | "/")).then(|| Self {
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(80),
        })
    }

    /// Connects.
    pub(crate) async fn connect(&self) -> std::io::Result<TcpStream> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        TcpStream::connect((host, self.port)).await
    }

    /// The value of the header `Host`.
    pub(crate) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for PlainAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}
