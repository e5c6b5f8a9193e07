//! [`Progress`]: how long a connection has waited for its client, and not the client for the server.
//!
//! A server that is full closes the connection that owes it the most time. Time is owed while the server waits for a
//! request or its body, or for the client to read an answer. Bytes that move pay it back at [`PACE`], so whoever sends or
//! reads at that pace owes nothing, and whoever sends a byte now and then owes nearly all the time. While the server
//! works on an answer, nobody owes anything; unless the requests came all at once, before any answer. No usual client does
//! that. Then the time goes on, each of them waits for [`PAUSE`], and after [`MOST_AHEAD`] of them the connection ends.
//!
//! A request came before the answer to the one before if its bytes had been read by then. What is read afterwards may be
//! a quick client's next request, although it is there at the first look: between the answer and that look, the client
//! can have had a processor and the server none.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::lingering::Lingering;

/// Bytes a second at which a client owes no time.
const PACE: u64 = 64 * 1024;

/// How many requests more may have come before the answer to the one before than after it.
const MOST_AHEAD: u32 = 16;
/// How long such a request waits, so that those of others come first.
const PAUSE: Duration = Duration::from_millis(100);

/// Time that a client owes in one direction.
#[derive(Debug, Default)]
struct Debt {
    /// Since when the server has been waiting, if it is.
    since: Option<Instant>,
    /// What is owed from before that.
    owed: Duration,
}

impl Debt {
    fn wait(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// Ends the waiting. The bytes that came pay time back.
    fn moved(&mut self, bytes: usize) {
        let paid = (bytes as u64).saturating_mul(1_000_000) / PACE;
        self.owed = self.at(Instant::now()).saturating_sub(Duration::from_micros(paid));
        self.since = None;
    }

    fn clear(&mut self) {
        *self = Self::default();
    }

    fn at(&self, now: Instant) -> Duration {
        let waited = self.since.map(|since| now.saturating_duration_since(since));
        self.owed.saturating_add(waited.unwrap_or_default())
    }

    /// What is owed, if the server waits now.
    fn owed(&self, now: Instant) -> Option<Duration> {
        self.since.map(|_| self.at(now))
    }
}

#[derive(Debug, Default)]
struct Debts {
    reading: Debt,
    writing: Debt,
    /// Whether an answer was handed over and nothing was read since. A request that comes now had come before.
    is_ahead: bool,
    /// Requests of which that held, less those of which it did not.
    ahead: u32,
    has_asked: bool,
}

/// What one connection owes. Requests have it as an extension.
#[derive(Debug)]
pub(crate) struct Progress {
    debts: Mutex<Debts>,
    /// Bytes of answers in memory that the client has not taken yet.
    unsent: AtomicUsize,
    /// Whether the connection is closed after the answer that is being made.
    is_last: AtomicBool,
    /// Whether a request's body was left before its end, so that the client may still be sending.
    has_left_body: AtomicBool,
}

impl Progress {
    /// A connection whose first request is waited for.
    pub(crate) fn begin() -> Arc<Self> {
        let progress = Self {
            debts: Mutex::default(),
            unsent: AtomicUsize::new(0),
            is_last: AtomicBool::new(false),
            has_left_body: AtomicBool::new(false),
        };
        progress.debts().reading.wait();
        Arc::new(progress)
    }

    fn debts(&self) -> MutexGuard<'_, Debts> {
        self.debts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time that the client owes; `None` while the server does not wait for it.
    pub(crate) fn owed(&self) -> Option<Duration> {
        let (now, debts) = (Instant::now(), self.debts());
        debts.reading.owed(now).max(debts.writing.owed(now))
    }

    /// Whether a request has come.
    pub(crate) fn has_asked(&self) -> bool {
        self.debts().has_asked
    }

    /// Bytes of answers in memory, if the client does not take them.
    pub(crate) fn unread(&self) -> usize {
        match self.debts().writing.since {
            Some(_) => self.unsent(),
            None => 0,
        }
    }

    /// Bytes of answers in memory.
    pub(crate) fn unsent(&self) -> usize {
        self.unsent.load(Ordering::Relaxed)
    }

    /// Has the connection end after the answer that is being made.
    pub(crate) fn end_after_answer(&self) {
        self.is_last.store(true, Ordering::Relaxed);
    }

    /// Whether the connection ends after the answer that is being made.
    pub(crate) fn ends_after_answer(&self) -> bool {
        self.is_last.load(Ordering::Relaxed)
    }

    /// Whether a request's body was left before its end.
    pub(crate) fn has_left_body(&self) -> bool {
        self.has_left_body.load(Ordering::Relaxed)
    }

    /// The head of a request is there. Returns how long it has to wait.
    pub(crate) fn request_came(&self) -> Duration {
        let mut debts = self.debts();
        debts.has_asked = true;
        debts.ahead = if debts.is_ahead { debts.ahead + 1 } else { debts.ahead.saturating_sub(1) };
        if debts.ahead >= MOST_AHEAD {
            self.end_after_answer();
        }
        if debts.ahead < 2 {
            debts.reading.clear();
            return Duration::ZERO;
        }
        PAUSE
    }

    /// An answer was handed over, and the next request is waited for.
    fn answered(&self) {
        let mut debts = self.debts();
        debts.is_ahead = true;
        debts.reading.wait();
    }

    /// More was read, or nothing more was there.
    fn has_read(&self) {
        self.debts().is_ahead = false;
    }
}

/// A stream that notes when the client does not take what is written, and that a client who is still sending when it is closed
/// gets the last answer from.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    stream: S,
    progress: Arc<Progress>,
    is_blocked: bool,
    /// What still comes after the sending side was closed.
    lingering: Option<Lingering>,
}

impl<S> Watched<S> {
    pub(crate) const fn new(stream: S, progress: Arc<Progress>) -> Self {
        Self { stream, progress, is_blocked: false, lingering: None }
    }

    fn note(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Pending => {
                self.is_blocked = true;
                self.progress.debts().writing.wait();
            }
            Poll::Ready(Ok(bytes)) if self.is_blocked => {
                self.progress.debts().writing.moved(*bytes);
            }
            Poll::Ready(_) => {}
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.progress.has_read();
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called when all bytes were written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(context));
        if self.is_blocked {
            self.is_blocked = false;
            self.progress.debts().writing.clear();
        }
        self.progress.unsent.store(0, Ordering::Relaxed);
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, progress, lingering, .. } = &mut *self;
        if lingering.is_none() {
            ready!(Pin::new(&mut *stream).poll_shutdown(context))?;
            if !progress.has_left_body() {
                return Poll::Ready(Ok(()));
            }
        }
        lingering.get_or_insert_with(Lingering::begin).poll(stream, context).map(Ok)
    }
}

/// The body of a request. Notes when the server waits for it, and when it leaves it before its end.
#[derive(Debug)]
pub(crate) struct WatchedRequest<B: Body> {
    body: B,
    progress: Arc<Progress>,
    /// Whether the client may owe time for it.
    has_waited: bool,
    has_ended: bool,
}

impl<B: Body> WatchedRequest<B> {
    pub(crate) const fn new(body: B, progress: Arc<Progress>) -> Self {
        Self { body, progress, has_waited: false, has_ended: false }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for WatchedRequest<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        match &frame {
            Poll::Pending => {
                self.has_waited = true;
                self.progress.debts().reading.wait();
            }
            Poll::Ready(Some(Ok(frame))) if self.has_waited => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                self.progress.debts().reading.moved(bytes);
            }
            Poll::Ready(None) => self.has_ended = true,
            Poll::Ready(_) => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: Body> Drop for WatchedRequest<B> {
    fn drop(&mut self) {
        if !self.has_ended && !self.body.is_end_stream() {
            self.progress.has_left_body.store(true, Ordering::Relaxed);
        }
        if self.has_waited {
            self.progress.debts().reading.clear();
        }
    }
}

/// The body of an answer. When it is handed over, the next request is waited for.
pub(crate) struct WatchedAnswer<B, F> {
    body: B,
    progress: Arc<Progress>,
    /// Called when bytes of the answer were added to those in memory.
    added: F,
}

impl<B, F> WatchedAnswer<B, F> {
    pub(crate) const fn new(body: B, progress: Arc<Progress>, added: F) -> Self {
        Self { body, progress, added }
    }
}

impl<B: Body<Data = Bytes> + Unpin, F: Fn() + Unpin> Body for WatchedAnswer<B, F> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            self.progress.unsent.fetch_add(bytes, Ordering::Relaxed);
            (self.added)();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B, F> Drop for WatchedAnswer<B, F> {
    fn drop(&mut self) {
        self.progress.answered();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_sends_at_the_pace_owes_nothing_and_who_trickles_owes_all_the_time() {
        for (bytes, owed) in [(64 * 1024, 0), (1, 10)] {
            let mut debt = Debt::default();
            for _ in 0..10 {
                debt.wait();
                tokio::time::sleep(Duration::from_secs(1)).await;
                debt.moved(bytes);
            }
            debt.wait();
            assert_eq!(debt.owed(Instant::now()).unwrap().as_millis().div_ceil(1000), owed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_that_came_quickly_are_no_credit_for_later() {
        let mut debt = Debt::default();
        debt.wait();
        debt.moved(16 * 1024 * 1024);
        debt.wait();
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(debt.owed(Instant::now()), Some(Duration::from_secs(3)));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_owes_time_that_the_server_takes() {
        let progress = Progress::begin();
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(progress.owed(), Some(Duration::from_secs(2)));
        progress.request_came();
        tokio::time::sleep(Duration::from_secs(9)).await;
        assert_eq!(progress.owed(), None);
        drop(WatchedAnswer::new((), Arc::clone(&progress), ()));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(progress.owed(), Some(Duration::from_secs(1)), "the next request is waited for");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_all_came_at_once_are_the_clients_time_and_have_an_end() {
        let second = Duration::from_secs(1);
        for (waits, owed, ends) in [(true, None, false), (false, Some(18 * second), true)] {
            let progress = Progress::begin();
            for _ in 0..20 {
                progress.request_came();
                tokio::time::sleep(second).await;
                drop(WatchedAnswer::new((), Arc::clone(&progress), ()));
                if waits {
                    progress.has_read();
                }
            }
            progress.request_came();
            assert_eq!((progress.owed(), progress.ends_after_answer()), (owed, ends));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_as_soon_as_the_answer_is_there_waits_for_nothing() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let progress = Progress::begin();
        let (near, mut far) = tokio::io::duplex(64);
        let mut near = Watched::new(near, Arc::clone(&progress));
        for _ in 0..100 {
            far.write_all(b"ask").await.unwrap();
            near.read_exact(&mut [0; 3]).await.unwrap();
            assert_eq!(progress.request_came(), Duration::ZERO);
            drop(WatchedAnswer::new((), Arc::clone(&progress), ()));
        }
        assert!(!progress.ends_after_answer());
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_came_in_small_heaps_have_an_end_as_well() {
        let progress = Progress::begin();
        for number in 0..100 {
            if number % 3 == 0 {
                progress.has_read();
            }
            progress.request_came();
            drop(WatchedAnswer::new((), Arc::clone(&progress), ()));
        }
        assert!(progress.ends_after_answer());
    }

    #[tokio::test(start_paused = true)]
    async fn client_that_does_not_read_owes_time_although_its_next_request_is_there() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let progress = Progress::begin();
        progress.request_came();
        let (near, mut far) = tokio::io::duplex(64);
        let mut near = Watched::new(near, Arc::clone(&progress));
        let writing = tokio::spawn(async move {
            near.write_all(&[0; 100]).await.unwrap();
            near.flush().await.unwrap();
            near
        });
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(progress.owed(), Some(Duration::from_secs(4)));
        far.read_exact(&mut [0; 100]).await.unwrap();
        drop(writing.await.unwrap());
        assert_eq!(progress.owed(), None);
    }
}
