//! A connection whose other side has to read what is written to it.
//!
//! A client that asks for much and takes none of it would hold its place for ever: when the system
//! has no room for more bytes, the client must take them at a certain speed over a certain span, or
//! the connection is cut. Says nothing about reading: whoever reads knows what to expect.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How slowly a client may read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The span over which its speed is taken.
    pub(super) span: Duration,
    /// Bytes a second that it must take.
    pub(super) slowest: u64,
}

impl Pace {
    /// Whether that many bytes in a whole span are too few.
    pub(super) fn is_too_slow(self, bytes: u64) -> bool {
        bytes < self.slowest.saturating_mul(self.span.as_secs().max(1))
    }
}

/// A span in which the client is being waited for.
struct Wait {
    ends: Pin<Box<Sleep>>,
    bytes: u64,
}

/// A stream that is cut when its reader is too slow.
pub(super) struct Patient<S> {
    stream: S,
    pace: Pace,
    wait: Option<Wait>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, pace: Pace) -> Self {
        Self { stream, pace, wait: None }
    }

    /// Counts what was taken, or waits with an end.
    fn watch(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                if let Some(wait) = &mut self.wait {
                    wait.bytes += bytes as u64;
                    // Left over from a client that has caught up since.
                    if wait.ends.deadline() <= Instant::now() {
                        self.wait = None;
                    }
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                let span = self.pace.span;
                let wait = self.wait.get_or_insert_with(|| Wait {
                    ends: Box::pin(tokio::time::sleep(span)),
                    bytes: 0,
                });
                ready!(wait.ends.as_mut().poll(context));
                if self.pace.is_too_slow(wait.bytes) {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                let mut ends = Box::pin(tokio::time::sleep(span));
                // So that the context is woken at its end.
                let is_over = ends.as_mut().poll(context).is_ready();
                self.wait = (!is_over).then_some(Wait { ends, bytes: 0 });
                Poll::Pending
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const PACE: Pace = Pace { span: Duration::from_secs(10), slowest: 100 };

    #[tokio::test(start_paused = true)]
    async fn reader_that_takes_nothing_is_cut_off() {
        let (near, _far) = tokio::io::duplex(64);
        let mut near = Patient::new(near, PACE);
        let began = Instant::now();
        let error = near.write_all(&[0; 65]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() < Duration::from_secs(11));
    }

    #[tokio::test(start_paused = true)]
    async fn reader_that_takes_too_little_is_cut_off_and_one_that_takes_enough_is_not() {
        for (every, is_enough) in
            [(Duration::from_millis(700), false), (Duration::from_millis(300), true)]
        {
            let (near, mut far) = tokio::io::duplex(64);
            let mut near = Patient::new(near, PACE);
            let reading = tokio::spawn(async move {
                let mut some = [0; 50];
                while far.read_exact(&mut some).await.is_ok() {
                    tokio::time::sleep(every).await;
                }
            });
            assert_eq!(near.write_all(&[0; 10_000]).await.is_ok(), is_enough, "{every:?}");
            reading.abort();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_between_two_answers_is_no_slowness() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut near = Patient::new(near, PACE);
        for _ in 0..3 {
            near.write_all(&[0; 64]).await.unwrap();
            let mut some = [0; 64];
            far.read_exact(&mut some).await.unwrap();
            tokio::time::sleep(Duration::from_secs(100)).await;
        }
    }
}
