//! [`Lingering`]: closes a connection so that the client gets the last answer.
//!
//! A server that refuses a request while its body still comes, and closes, has the system discard the answer: bytes that
//! nobody reads end a connection at once. So the answer is sent, the sending side is closed, and what still comes is read
//! and thrown away, for a while.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Sleep;

/// How long a client may go on sending what nobody wants.
const LONGEST: Duration = Duration::from_secs(30);
/// How long it may be silent meanwhile.
const QUIET: Duration = Duration::from_secs(2);
/// Bytes that are thrown away at a time.
const PIECE: usize = 16 * 1024;

/// What a client is still sending after the server has closed its side.
#[derive(Debug)]
pub(crate) struct Lingering {
    ends: Pin<Box<Sleep>>,
    quiet: Pin<Box<Sleep>>,
}

impl Lingering {
    pub(crate) fn begin() -> Self {
        let (ends, quiet) = (tokio::time::sleep(LONGEST), tokio::time::sleep(QUIET));
        Self { ends: Box::pin(ends), quiet: Box::pin(quiet) }
    }

    /// Throws it away. Ready when the client has ended, or was waited for long enough.
    pub(crate) fn poll(
        &mut self,
        mut stream: impl AsyncRead + Unpin,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let mut piece = [0; PIECE];
        loop {
            if self.ends.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut piece);
            match Pin::new(&mut stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.quiet.set(tokio::time::sleep(QUIET));
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => {
                    ready!(self.quiet.as_mut().poll(context));
                    return Poll::Ready(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Instant;

    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::post;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use crate::{Listener, Reach};

    /// A server that refuses every body without a look at it.
    async fn refusing() -> SocketAddr {
        let address = "127.0.0.1:0".parse().unwrap();
        let listener = Listener::bind(address, Reach::Loopback).await.unwrap();
        let address = listener.address();
        let router = Router::new().route("/", post(async || StatusCode::PAYLOAD_TOO_LARGE));
        tokio::spawn(listener.serve(router, std::future::pending()));
        address
    }

    fn head(address: SocketAddr, length: usize) -> String {
        format!("POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n")
    }

    #[tokio::test]
    async fn client_that_sends_its_whole_body_first_gets_the_answer() {
        let address = refusing().await;
        let length = 24 * 1024 * 1024;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head(address, length).as_bytes()).await.unwrap();
        let piece = vec![b'a'; 64 * 1024];
        for _ in 0..length / piece.len() {
            stream.write_all(&piece).await.unwrap();
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }

    #[tokio::test]
    async fn silent_client_is_not_waited_for_long() {
        let address = refusing().await;
        let began = Instant::now();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head(address, 1024 * 1024).as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        // The server has closed its side; it ends the other one a little later.
        while stream.write_all(b"a").await.is_ok() {
            assert!(began.elapsed().as_secs() < 60, "it still reads");
            tokio::time::sleep(super::QUIET * 2).await;
        }
    }
}
