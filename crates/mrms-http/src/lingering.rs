//! [`Lingering`]: closes a connection so that the client gets the last answer.
//!
//! A server that refuses a request while its body still comes, and closes, has the system discard the answer: bytes that
//! nobody reads end a connection at once. So the answer is sent, the sending side is closed, and what still comes is read
//! and thrown away, for a while.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::progress::Progress;

/// How long a client may go on sending what nobody wants.
const LONGEST: Duration = Duration::from_secs(30);
/// How long it may be silent meanwhile.
const QUIET: Duration = Duration::from_secs(2);
/// Bytes that are thrown away at a time.
const PIECE: usize = 16 * 1024;

/// A stream that, when it is closed, throws away what the client is still sending.
#[derive(Debug)]
pub(crate) struct Lingering<S> {
    stream: S,
    progress: Arc<Progress>,
    closing: Option<Closing>,
}

/// The sending side is closed.
#[derive(Debug)]
struct Closing {
    ends: Pin<Box<Sleep>>,
    quiet: Pin<Box<Sleep>>,
}

impl<S> Lingering<S> {
    pub(crate) const fn new(stream: S, progress: Arc<Progress>) -> Self {
        Self { stream, progress, closing: None }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let closing = match &mut this.closing {
            Some(closing) => closing,
            none => {
                ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
                if !this.progress.has_left_body() {
                    return Poll::Ready(Ok(()));
                }
                let (ends, quiet) = (tokio::time::sleep(LONGEST), tokio::time::sleep(QUIET));
                none.insert(Closing { ends: Box::pin(ends), quiet: Box::pin(quiet) })
            }
        };
        let mut piece = [0; PIECE];
        loop {
            if closing.ends.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut piece);
            match Pin::new(&mut this.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    closing.quiet.set(tokio::time::sleep(QUIET));
                }
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    ready!(closing.quiet.as_mut().poll(context));
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
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
