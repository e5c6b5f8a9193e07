//! [`WriteTimeout`]: disconnects clients that read too slowly.
//!
//! A client that asks for much and reads none of it would hold its connection for ever. While the system's buffers are
//! full, the client must read at a minimum rate, measured over a window, or the connection is cut. Does not limit
//! how slowly a client sends; the code that reads its body does that.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How slow a transfer may be.
#[derive(Clone, Copy, Debug)]
pub struct MinRate {
    /// The window over which the speed is measured.
    pub window: Duration,
    /// Lowest speed in bytes a second.
    pub bytes_per_second: u64,
}

impl MinRate {
    /// Whether this many bytes in a whole window are too few.
    #[must_use]
    pub fn is_missed_by(self, bytes: u64) -> bool {
        let least = u128::from(self.bytes_per_second) * self.window.as_millis() / 1_000;
        u128::from(bytes) < least.max(1)
    }
}

impl Default for MinRate {
    /// 1 KiB a second over ten seconds.
    fn default() -> Self {
        Self { window: Duration::from_secs(10), bytes_per_second: 1024 }
    }
}

/// A window in which the client is waited for.
#[derive(Debug)]
struct Window {
    ends: Pin<Box<Sleep>>,
    bytes: u64,
}

/// A stream that is cut when the other side reads too slowly.
#[derive(Debug)]
pub struct WriteTimeout<S> {
    stream: S,
    min_rate: MinRate,
    window: Option<Window>,
}

impl<S> WriteTimeout<S> {
    /// Wraps a stream. Reading from it is not limited.
    pub const fn new(stream: S, min_rate: MinRate) -> Self {
        Self { stream, min_rate, window: None }
    }

    /// Counts the bytes that were taken, or checks and restarts the window while none are.
    fn check(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                if let Some(window) = &mut self.window {
                    window.bytes += bytes as u64;
                    // A window that ended while nothing had to be waited for.
                    if window.ends.deadline() <= Instant::now() {
                        self.window = None;
                    }
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                let length = self.min_rate.window;
                let window = self.window.get_or_insert_with(|| Window {
                    ends: Box::pin(tokio::time::sleep(length)),
                    bytes: 0,
                });
                ready!(window.ends.as_mut().poll(context));
                if self.min_rate.is_missed_by(window.bytes) {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                let mut ends = Box::pin(tokio::time::sleep(length));
                // Polled so that the task is woken when the window ends.
                let is_over = ends.as_mut().poll(context).is_ready();
                self.window = (!is_over).then_some(Window { ends, bytes: 0 });
                Poll::Pending
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.check(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.check(context, written)
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

    const MIN_RATE: MinRate = MinRate { window: Duration::from_secs(10), bytes_per_second: 100 };

    #[tokio::test(start_paused = true)]
    async fn reader_that_takes_nothing_is_cut_off() {
        let (near, _far) = tokio::io::duplex(64);
        let mut near = WriteTimeout::new(near, MIN_RATE);
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
            let mut near = WriteTimeout::new(near, MIN_RATE);
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
        let mut near = WriteTimeout::new(near, MIN_RATE);
        for _ in 0..3 {
            near.write_all(&[0; 64]).await.unwrap();
            let mut some = [0; 64];
            far.read_exact(&mut some).await.unwrap();
            tokio::time::sleep(Duration::from_secs(100)).await;
        }
    }
}
