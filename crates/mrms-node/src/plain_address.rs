//! A service that speaks plain HTTP at `http://HOST:PORT`, and one request to it over a connection of its own.

use std::fmt;

use axum::body::Body;
use axum::http::header::HOST;
use axum::http::request::Builder;
use axum::http::{Response, Uri};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
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

    /// Sends a request, and reads the answer while the connection is open. Whoever calls bounds the time.
    pub(crate) async fn exchange<T, E, R>(
        &self,
        request: Builder,
        body: Body,
        read: impl FnOnce(Response<Incoming>) -> R,
    ) -> Result<T, E>
    where
        R: Future<Output = Result<T, E>>,
        E: From<std::io::Error> + From<hyper::Error> + From<axum::http::Error>,
    {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, self.port)).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake::<_, Body>(TokioIo::new(stream)).await?;
        let authority = format!("{}:{}", self.host, self.port);
        let request = request.header(HOST, authority).body(body)?;
        // This function drives the connection itself, so that the connection always ends with it.
        let answered = async move { read(sender.send_request(request).await?).await };
        tokio::pin!(answered, connection);
        tokio::select! {
            biased;
            answer = &mut answered => answer,
            // The service may have closed the connection right after its answer. Then the answer is there.
            _ = &mut connection => answered.await,
        }
    }
}

impl fmt::Display for PlainAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}
