//! [`Transfers`]: places for ciphertext on its way in and out.
//!
//! Uploads and downloads have places of their own, so that neither shuts the other out; accounts that the vault does not know
//! have half of the places for uploads. When all places are taken and somebody waits, the slowest transfer makes way, if it
//! had time to show its pace and is below the busy pace. It loses its place only: an upload keeps what came, and a download
//! goes on after what it has. Knows nothing of bytes.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mrms_store::OwnerKind;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::refusal::Refusal;

/// How often a request that waits looks for a transfer that makes way.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How many transfers there may be, and how slow they may be when others wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct TransferBounds {
    /// Places for uploads, and as many for downloads.
    pub(super) places: usize,
    /// Bytes a second below which a transfer makes way for a request that waits.
    pub(super) busy_pace: u64,
    /// How long a transfer may take to show its pace.
    pub(super) grace: Duration,
    /// How long a request may wait for a place.
    pub(super) queue_timeout: Duration,
}

/// The places.
pub(super) struct Transfers {
    bounds: TransferBounds,
    uploads: Arc<Lane>,
    downloads: Arc<Lane>,
    /// The part of the places for uploads that strangers may have.
    strangers: Arc<Semaphore>,
}

/// Transfers in one direction.
struct Lane {
    places: Arc<Semaphore>,
    running: Mutex<BTreeMap<u64, Arc<Transfer>>>,
    next: AtomicU64,
}

/// A transfer that has a place.
pub(super) struct Transfer {
    began: Instant,
    bytes: AtomicU64,
    is_strangers: bool,
    makes_way: AtomicBool,
    told: Notify,
}

/// A place of a transfer. Dropping it gives the place to the next request.
pub(super) struct Place {
    lane: Arc<Lane>,
    number: u64,
    transfer: Arc<Transfer>,
    _permits: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>),
}

impl Transfers {
    pub(super) fn new(bounds: TransferBounds) -> Self {
        let places = bounds.places.clamp(1, Semaphore::MAX_PERMITS);
        let lane = || {
            Arc::new(Lane {
                places: Arc::new(Semaphore::new(places)),
                running: Mutex::default(),
                next: AtomicU64::new(0),
            })
        };
        let strangers = Arc::new(Semaphore::new((places / 2).max(1)));
        Self { bounds, uploads: lane(), downloads: lane(), strangers }
    }

    /// A place for an upload, as soon as there is one.
    pub(super) async fn upload(&self, standing: OwnerKind) -> Result<Place, Refusal> {
        let deadline = Instant::now() + self.bounds.queue_timeout;
        let is_strangers = standing == OwnerKind::Stranger;
        let stranger = match is_strangers {
            true => Some(self.wait(&self.uploads, &self.strangers, is_strangers, deadline).await?),
            false => None,
        };
        let permit = self.wait(&self.uploads, &self.uploads.places, is_strangers, deadline).await?;
        Ok(Place::taken(&self.uploads, (permit, stranger), is_strangers))
    }

    /// A place for a download, as soon as there is one.
    pub(super) async fn download(&self) -> Result<Place, Refusal> {
        let deadline = Instant::now() + self.bounds.queue_timeout;
        let permit = self.wait(&self.downloads, &self.downloads.places, false, deadline).await?;
        Ok(Place::taken(&self.downloads, (permit, None), false))
    }

    /// Waits for a permit. Meanwhile, asks slow transfers to make way: a stranger asks strangers alone.
    async fn wait(
        &self,
        lane: &Lane,
        permits: &Arc<Semaphore>,
        is_strangers: bool,
        deadline: Instant,
    ) -> Result<OwnedSemaphorePermit, Refusal> {
        let mut permit = pin!(Arc::clone(permits).acquire_owned());
        let mut pause = Duration::ZERO;
        loop {
            let look = (Instant::now() + pause).min(deadline);
            tokio::select! {
                biased;
                permit = &mut permit => return permit.map_err(|_| Refusal::Busy),
                () = tokio::time::sleep_until(look) => {}
            }
            if Instant::now() >= deadline {
                return Err(Refusal::Busy);
            }
            lane.ask_slowest(&self.bounds, is_strangers);
            pause = LOOK_EVERY;
        }
    }
}

impl Lane {
    fn running(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Transfer>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the slowest transfer that is below the busy pace to make way.
    fn ask_slowest(&self, bounds: &TransferBounds, strangers_alone: bool) {
        let running = self.running();
        let slow = running.values().filter_map(|transfer| {
            let age = transfer.began.elapsed();
            let pace = transfer.bytes.load(Ordering::Relaxed) / age.as_secs().max(1);
            let may_go = (transfer.is_strangers || !strangers_alone)
                && !transfer.makes_way.load(Ordering::Acquire)
                && age >= bounds.grace
                && pace < bounds.busy_pace;
            may_go.then_some((pace, transfer))
        });
        if let Some((_, transfer)) = slow.min_by_key(|(pace, _)| *pace) {
            transfer.makes_way.store(true, Ordering::Release);
            transfer.told.notify_one();
        }
    }
}

impl Place {
    fn taken(
        lane: &Arc<Lane>,
        permits: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>),
        is_strangers: bool,
    ) -> Self {
        let transfer = Arc::new(Transfer {
            began: Instant::now(),
            bytes: AtomicU64::new(0),
            is_strangers,
            makes_way: AtomicBool::new(false),
            told: Notify::new(),
        });
        let number = lane.next.fetch_add(1, Ordering::Relaxed);
        lane.running().insert(number, Arc::clone(&transfer));
        Self { lane: Arc::clone(lane), number, transfer, _permits: permits }
    }

    /// The transfer that has the place.
    pub(super) const fn transfer(&self) -> &Arc<Transfer> {
        &self.transfer
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.lane.running().remove(&self.number);
    }
}

impl Transfer {
    /// Counts bytes that moved.
    pub(super) fn moved(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Ready when it must make way.
    pub(super) async fn makes_way(&self) {
        while !self.makes_way.load(Ordering::Acquire) {
            self.told.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const BOUNDS: TransferBounds = TransferBounds {
        places: 2,
        busy_pace: 1_000,
        grace: Duration::from_secs(5),
        queue_timeout: Duration::from_secs(30),
    };

    #[tokio::test(start_paused = true)]
    async fn the_slowest_makes_way_for_who_waits_and_the_quick_ones_stay() {
        let transfers = Transfers::new(BOUNDS);
        let known = OwnerKind::Known;
        let (quick, slow) = (transfers.upload(known).await, transfers.upload(known).await);
        let (quick, slow) = (quick.unwrap(), slow.unwrap());
        quick.transfer().moved(1_000_000);
        slow.transfer().moved(10_000);
        let began = Instant::now();
        let leaving = async {
            slow.transfer().makes_way().await;
            drop(slow);
        };
        let (next, ()) = tokio::join!(transfers.upload(known), leaving);
        let waited = began.elapsed();
        // 10,000 bytes are below the pace after more than ten seconds.
        assert!(waited > Duration::from_secs(10) && waited < Duration::from_secs(13), "{waited:?}");
        drop((next.unwrap(), quick));
    }

    #[tokio::test(start_paused = true)]
    async fn transfers_that_keep_the_pace_are_waited_for_until_the_timeout() {
        let transfers = Transfers::new(BOUNDS);
        let places = (transfers.download().await.unwrap(), transfers.download().await.unwrap());
        places.0.transfer().moved(1_000_000);
        places.1.transfer().moved(1_000_000);
        assert!(matches!(transfers.download().await, Err(Refusal::Busy)));
        // The other direction has places of its own.
        transfers.upload(OwnerKind::Known).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_have_half_of_the_places_and_ask_nobody_else_to_leave() {
        let transfers = Transfers::new(BOUNDS);
        let stranger = transfers.upload(OwnerKind::Stranger).await.unwrap();
        stranger.transfer().moved(1_000_000);
        let known = transfers.upload(OwnerKind::Known).await.unwrap();
        let next = transfers.upload(OwnerKind::Stranger).await;
        assert!(matches!(next, Err(Refusal::Busy)));
        assert!(!known.transfer().makes_way.load(Ordering::Acquire), "it is slow, and known");
        drop(stranger);
        transfers.upload(OwnerKind::Stranger).await.unwrap();
    }
}
