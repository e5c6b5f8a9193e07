//! Bodies of requests: limits how long each may be, how slowly it may come, and how many bytes of them are in memory at
//! once, for one peer and for all.
//!
//! Memory counts when its bytes have come, and not when they are announced. When there is none left, the body that has
//! kept the server waiting longest makes way, and one body at a time is always finished. Knows nothing of what a body says.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as _, Frame};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::progress::Progress;
use crate::{MinRate, Peer, PeerPlaces};

/// Unit in which memory for bodies is counted.
const KIBIBYTE: usize = 1024;
/// How often a body that waits for memory looks for one that makes way.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How much time a body must owe to make way for others.
const LEAST_OWED: Duration = Duration::from_millis(250);

/// Limits on bodies.
#[derive(Clone, Copy, Debug)]
pub struct BodyBounds {
    /// Longest body, in bytes.
    pub longest: usize,
    /// Bytes of bodies that may be in memory at once, all requests together. At least `longest`. One peer gets a quarter
    /// of it, but at least `longest`, and this machine seven eighths.
    pub all: usize,
    /// How slowly a body may come.
    pub min_rate: MinRate,
    /// How long a body may wait for memory.
    pub queue_timeout: Duration,
}

/// The limits, with the memory that is left.
#[derive(Debug)]
pub struct BodyLimits {
    bounds: BodyBounds,
    /// Kibibytes that bodies may take; all but what `last` stands for.
    room: Arc<Semaphore>,
    /// Room for one body of the longest kind. Whoever finds no other room waits for it. So bodies that wait for each
    /// other's room all get on.
    last: Arc<Semaphore>,
    /// `room` for each peer.
    peers: PeerPlaces,
    /// The bodies that are being read.
    reading: Mutex<Vec<Arc<Reading>>>,
}

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is too long, or broke off.
    #[error("the body is over {limit} bytes")]
    TooLong {
        /// How long it may be, in bytes.
        limit: usize,
    },
    /// It came too slowly.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// Other bodies take all the memory.
    #[error("too many bodies at once")]
    NoRoom,
}

/// A body that is being read.
#[derive(Debug)]
struct Reading {
    /// What its connection owes. Without it, it never makes way.
    progress: Option<Arc<Progress>>,
    makes_way: Notify,
}

/// A body on the list of those that are being read.
struct Listed<'a> {
    limits: &'a BodyLimits,
    reading: Arc<Reading>,
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.limits.reading().retain(|other| !Arc::ptr_eq(other, &self.reading));
    }
}

/// Memory that a body has. Dropping it frees the memory.
#[derive(Debug, Default)]
struct Held {
    kibibytes: usize,
    /// Of its peer's room and of all room.
    room: Option<(Option<OwnedSemaphorePermit>, OwnedSemaphorePermit)>,
    /// The room for one body of the longest kind.
    last: Option<OwnedSemaphorePermit>,
}

impl Held {
    fn add(&mut self, own: Option<OwnedSemaphorePermit>, of_all: OwnedSemaphorePermit) {
        match (&mut self.room, own) {
            (Some((Some(mine), all)), Some(own)) => {
                mine.merge(own);
                all.merge(of_all);
            }
            (Some((_, all)), _) => all.merge(of_all),
            (none, own) => *none = Some((own, of_all)),
        }
    }
}

impl BodyLimits {
    /// Limits with all their memory free.
    #[must_use]
    pub fn new(bounds: BodyBounds) -> Self {
        let longest = bounds.longest.div_ceil(KIBIBYTE);
        let all = bounds.all.max(bounds.longest).div_ceil(KIBIBYTE);
        let room = Arc::new(Semaphore::new((all - longest).min(Semaphore::MAX_PERMITS)));
        let (last, peers) = (Arc::new(Semaphore::new(1)), PeerPlaces::new(all, longest));
        Self { bounds, room, last, peers, reading: Mutex::default() }
    }

    fn reading(&self) -> MutexGuard<'_, Vec<Arc<Reading>>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a whole body, with the memory that it takes.
    async fn read(
        &self,
        peer: Option<Peer>,
        progress: Option<Arc<Progress>>,
        body: Body,
    ) -> Result<(Bytes, Held), BodyError> {
        let BodyBounds { longest, min_rate, .. } = self.bounds;
        let mut body = pin!(body);
        let reading = Arc::new(Reading { progress, makes_way: Notify::new() });
        let mut listed = None;
        let (mut pieces, mut length, mut held) = (Vec::new(), 0_usize, Held::default());
        let (mut ends, mut came) = (Instant::now() + min_rate.window, 0_u64);
        loop {
            let frame = std::future::poll_fn(|context| body.as_mut().poll_frame(context));
            let frame = tokio::select! {
                biased;
                frame = tokio::time::timeout_at(ends, frame) => frame,
                () = reading.makes_way.notified() => return Err(BodyError::TooSlow),
            };
            let bytes = match frame.map(|frame| frame.map(|frame| frame.map(Frame::into_data))) {
                Err(_) if min_rate.is_missed_by(came) => return Err(BodyError::TooSlow),
                Err(_) => {
                    (ends, came) = (Instant::now() + min_rate.window, 0);
                    continue;
                }
                Ok(None) => break,
                Ok(Some(Err(_))) => return Err(BodyError::TooLong { limit: longest }),
                Ok(Some(Ok(Err(_trailers)))) => continue,
                Ok(Some(Ok(Ok(bytes)))) => bytes,
            };
            came += bytes.len() as u64;
            length += bytes.len();
            if length > longest {
                return Err(BodyError::TooLong { limit: longest });
            }
            let began = Instant::now();
            self.make_room(peer, length.div_ceil(KIBIBYTE), &mut held).await?;
            // Time in which there was no memory is not counted against the sender.
            ends += began.elapsed();
            pieces.push(bytes);
            if listed.is_none() {
                self.reading().push(Arc::clone(&reading));
                listed = Some(Listed { limits: self, reading: Arc::clone(&reading) });
            }
        }
        Ok((joined(pieces, length), held))
    }

    /// Waits until a body has this much memory. A peer waits for its own room first, so that it does not hold what others
    /// wait for.
    async fn make_room(
        &self,
        peer: Option<Peer>,
        kibibytes: usize,
        held: &mut Held,
    ) -> Result<(), BodyError> {
        let more = kibibytes.saturating_sub(held.kibibytes);
        if more == 0 || held.last.is_some() {
            return Ok(());
        }
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        let mut room = pin!(async {
            let own = match peer {
                Some(peer) => Some(self.peers.of(peer).acquire_many_owned(more).await.ok()?),
                None => None,
            };
            Some((own, Arc::clone(&self.room).acquire_many_owned(more).await.ok()?))
        });
        let mut last = pin!(Arc::clone(&self.last).acquire_owned());
        let deadline = Instant::now() + self.bounds.queue_timeout;
        let mut pause = Duration::ZERO;
        loop {
            let look = (Instant::now() + pause).min(deadline);
            tokio::select! {
                biased;
                room = &mut room => {
                    let (own, of_all) = room.ok_or(BodyError::NoRoom)?;
                    held.add(own, of_all);
                    held.kibibytes = kibibytes;
                    return Ok(());
                }
                last = &mut last => {
                    held.last = Some(last.map_err(|_| BodyError::NoRoom)?);
                    return Ok(());
                }
                () = tokio::time::sleep_until(look) => {}
            }
            if Instant::now() >= deadline {
                return Err(BodyError::NoRoom);
            }
            self.ask_slowest();
            pause = LOOK_EVERY;
        }
    }

    /// Asks the body that has kept the server waiting longest to make way.
    fn ask_slowest(&self) {
        let reading = self.reading();
        let slow = reading.iter().filter_map(|one| {
            let owed = one.progress.as_ref()?.owed()?;
            (owed >= LEAST_OWED).then_some((owed, one))
        });
        if let Some((_, slowest)) = slow.max_by_key(|(owed, _)| *owed) {
            slowest.makes_way.notify_one();
        }
    }
}

fn joined(mut pieces: Vec<Bytes>, length: usize) -> Bytes {
    match pieces.len() {
        0 | 1 => pieces.pop().unwrap_or_default(),
        _ => {
            let mut whole = Vec::with_capacity(length);
            for piece in pieces.drain(..) {
                whole.extend_from_slice(&piece);
            }
            whole.into()
        }
    }
}

/// Middleware: reads the whole body within the limits before the route sees the request. Its memory counts as used
/// until the request is answered.
///
/// # Errors
///
/// The server's answer for a [`BodyError`].
pub async fn bound<R: From<BodyError> + IntoResponse>(
    State(limits): State<Arc<BodyLimits>>,
    request: Request,
    next: Next,
) -> Result<Response, R> {
    let (parts, body) = request.into_parts();
    let longest = limits.bounds.longest;
    let announced = parts.headers.get(CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > longest as u64) {
        return Err(BodyError::TooLong { limit: longest }.into());
    }
    if body.is_end_stream() {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    let progress = parts.extensions.get::<Arc<Progress>>().map(Arc::clone);
    let peer = parts.extensions.get().copied();
    let (body, held) = limits.read(peer, progress, body).await?;
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    drop(held);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use super::*;
    use crate::progress::WatchedRequest;

    const LONGEST: usize = 64 * KIBIBYTE;

    fn limits(all: usize) -> Arc<BodyLimits> {
        Arc::new(BodyLimits::new(BodyBounds {
            longest: LONGEST,
            all,
            min_rate: MinRate { window: Duration::from_secs(10), bytes_per_second: 1024 },
            queue_timeout: Duration::from_secs(5),
        }))
    }

    /// A body that brings this much of itself and then nothing, for ever.
    struct Stalling {
        bytes: usize,
    }

    impl hyper::body::Body for Stalling {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            match std::mem::take(&mut self.bytes) {
                0 => std::task::Poll::Pending,
                bytes => std::task::Poll::Ready(Some(Ok(Frame::data(vec![0; bytes].into())))),
            }
        }
    }

    /// Reads it in a task of its own.
    fn stall(
        limits: &Arc<BodyLimits>,
        bytes: usize,
    ) -> tokio::task::JoinHandle<Result<usize, BodyError>> {
        let (limits, progress) = (Arc::clone(limits), Progress::begin());
        tokio::spawn(async move {
            progress.request_came();
            let body = Body::new(WatchedRequest::new(Stalling { bytes }, Arc::clone(&progress)));
            limits.read(None, Some(progress), body).await.map(|(body, _)| body.len())
        })
    }

    async fn read(limits: &BodyLimits, bytes: usize) -> Result<usize, BodyError> {
        let body = Body::from(vec![1; bytes]);
        limits.read(None, None, body).await.map(|(body, _)| body.len())
    }

    #[tokio::test(start_paused = true)]
    async fn body_that_does_not_come_takes_no_memory() {
        let limits = limits(LONGEST);
        let _idle: Vec<_> = (0..4).map(|_| stall(&limits, 0)).collect();
        tokio::task::yield_now().await;
        let began = Instant::now();
        assert_eq!(read(&limits, 3).await, Ok(3));
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn body_that_stalls_makes_way_when_others_need_its_memory() {
        let limits = limits(4 * LONGEST);
        let stalled: Vec<_> = (0..4).map(|_| stall(&limits, LONGEST - 1)).collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let began = Instant::now();
        assert_eq!(read(&limits, LONGEST).await, Ok(LONGEST));
        assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
        let mut gone = 0;
        for one in &stalled {
            gone += usize::from(one.is_finished());
        }
        assert_eq!(gone, 1, "no more than needed");
    }

    #[tokio::test(start_paused = true)]
    async fn body_that_is_too_slow_is_given_up_and_a_steady_one_is_not() {
        let limits = limits(4 * LONGEST);
        let began = Instant::now();
        assert_eq!(stall(&limits, 100).await.unwrap(), Err(BodyError::TooSlow));
        assert_eq!(began.elapsed(), Duration::from_secs(10));
        assert_eq!(read(&limits, LONGEST + 1).await, Err(BodyError::TooLong { limit: LONGEST }));
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_taken_until_the_answer_and_who_finds_none_is_told() {
        let limits = limits(LONGEST);
        let held = limits.read(None, None, Body::from(vec![1; 10])).await.unwrap();
        let began = Instant::now();
        assert_eq!(read(&limits, 10).await, Err(BodyError::NoRoom));
        assert_eq!(began.elapsed(), Duration::from_secs(5));
        drop(held);
        assert_eq!(read(&limits, 10).await, Ok(10));
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_that_wait_for_each_others_memory_all_get_on() {
        let limits = limits(3 * LONGEST);
        let mut tasks = Vec::new();
        for _ in 0..8 {
            let limits = Arc::clone(&limits);
            tasks.push(tokio::spawn(async move {
                // In pieces, with pauses in which the others take memory, too.
                let (sender, pieces) = tokio::sync::mpsc::channel::<Bytes>(1);
                tokio::spawn(async move {
                    for _ in 0..8 {
                        if sender.send(vec![0; LONGEST / 8].into()).await.is_err() {
                            return;
                        }
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                });
                limits.read(None, None, Body::new(Pieces(pieces))).await.map(|(body, _)| body.len())
            }));
        }
        for task in tasks {
            assert_eq!(task.await.unwrap(), Ok(LONGEST));
        }
    }

    struct Pieces(tokio::sync::mpsc::Receiver<Bytes>);

    impl hyper::body::Body for Pieces {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            self.0.poll_recv(context).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
        }
    }
}
