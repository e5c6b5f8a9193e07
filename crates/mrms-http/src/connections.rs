//! [`Connections`]: who is connected, and who makes way when all places are taken.
//!
//! When there is no place for a new connection, the one that owes the most time is closed ([`Progress`]): it keeps the
//! server waiting longest. So connections that are idle, send slowly or never read hold nobody up, also where they come
//! from the same address as everybody else (this machine, or a proxy on it). If the server waits for none of them for long,
//! the oldest one gets its answer and is closed then, so that a client with many requests on one connection does not keep
//! its place. One peer gets a quota of the places; beyond it, one of its own connections makes way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::Peer;
use crate::peers::Quota;
use crate::progress::Progress;

/// How long to wait for a place before looking again for a connection that can be closed.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How much time a connection owes that is closed before one that is answered. A usual client sends its first request as
/// soon as it is connected, and thinks before the next one.
const FIRST_REQUEST: Duration = Duration::from_millis(10);
const BETWEEN_REQUESTS: Duration = Duration::from_millis(100);
/// The log tells at most this often that connections make way. Strangers can cause it.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// Bytes of answers in memory that clients do not read, all connections together.
const UNREAD: usize = 64 * 1024 * 1024;

/// The open connections of a listener.
pub(crate) struct Connections {
    places: usize,
    quota: Quota,
    open: Mutex<Open>,
    freed: Notify,
}

#[derive(Default)]
struct Open {
    next: u64,
    connections: HashMap<u64, Connection>,
    told: Option<Instant>,
}

struct Connection {
    peer: Peer,
    /// It is closed after its answer, and has no place any more.
    is_leaving: bool,
    progress: Arc<Progress>,
    leave: Arc<Notify>,
}

/// Whether a new connection gets a place.
pub(crate) enum Admission {
    /// It does.
    Place(Place),
    /// Its peer has its quota, and too many of its connections are leaving already.
    Refused,
    /// All places are taken, and too many connections are leaving already.
    Full,
}

/// A place, free again when this is dropped.
pub(crate) struct Place {
    connections: Arc<Connections>,
    number: u64,
    /// What the connection owes.
    pub(crate) progress: Arc<Progress>,
    leave: Arc<Notify>,
}

impl Connections {
    pub(crate) fn new(places: usize) -> Arc<Self> {
        let places = places.max(1);
        let (quota, freed) = (Quota::of(places, 1), Notify::new());
        Arc::new(Self { places, quota, open: Mutex::default(), freed })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a peer's new connection. Another connection may have to leave for it.
    pub(crate) fn admit(self: &Arc<Self>, peer: Peer) -> Admission {
        let mut open = self.open();
        let mut taken: HashMap<Peer, usize> = HashMap::new();
        for connection in open.connections.values().filter(|one| !one.is_leaving) {
            *taken.entry(connection.peer).or_default() += 1;
        }
        let of_peer = |peer: &Peer| taken.get(peer).copied().unwrap_or_default();
        if of_peer(&peer) >= self.quota.of_peer(peer) {
            if !open.make_room(self.places, |other| (other.peer == peer).then_some(())) {
                return Admission::Refused;
            }
        } else if taken.values().sum::<usize>() >= self.places
            && !open.make_room(self.places, |other| Some(of_peer(&other.peer)))
        {
            return Admission::Full;
        }
        let number = open.next;
        open.next += 1;
        let (progress, leave) = (Progress::begin(), Arc::new(Notify::new()));
        let connection = Connection {
            peer,
            is_leaving: false,
            progress: Arc::clone(&progress),
            leave: Arc::clone(&leave),
        };
        open.connections.insert(number, connection);
        Admission::Place(Place { connections: Arc::clone(self), number, progress, leave })
    }

    /// Ready when a place may be free.
    pub(crate) async fn freed(&self) {
        let _ = tokio::time::timeout(LOOK_EVERY, self.freed.notified()).await;
    }

    /// Closes connections that do not read their answers, the longest ones first, until the others fit into memory.
    pub(crate) fn bound_unread(&self) {
        self.bound_unread_to(UNREAD);
    }

    fn bound_unread_to(&self, most: usize) {
        let mut open = self.open();
        let mut unread: usize = open.connections.values().map(|one| one.progress.unread()).sum();
        while unread > most {
            let before = unread;
            let is_closed = open.close(|one| match one.progress.unread() {
                0 => None,
                _ => one.progress.owed(),
            });
            unread = open.connections.values().map(|one| one.progress.unread()).sum();
            if !is_closed || unread >= before {
                return;
            }
        }
    }
}

impl Open {
    /// Takes the place of a connection of the highest rank that may go: of one that owes time, else of one that is
    /// answered, else of any. False if too many are leaving already.
    fn make_room<R: Ord>(&mut self, most: usize, rank: impl Fn(&Connection) -> Option<R>) -> bool {
        let owing = |one: &Connection, least| {
            let owed = one.progress.owed()?;
            (owed >= least).then_some((rank(one)?, owed))
        };
        let least = |one: &Connection| match one.progress.has_asked() {
            true => BETWEEN_REQUESTS,
            false => FIRST_REQUEST,
        };
        let is_busy = |one: &Connection| rank(one).is_some() && one.progress.owed().is_none();
        self.close(|one| owing(one, least(one)))
            || self.retire(most, is_busy)
            || self.close(|one| owing(one, Duration::ZERO))
    }

    /// Closes the connection of the highest rank, and those that leave and keep the server waiting. False if none has a
    /// rank.
    fn close<R: Ord>(&mut self, rank: impl Fn(&Connection) -> Option<R>) -> bool {
        self.connections.retain(|_, one| {
            let is_over = one.is_leaving && one.progress.owed().is_some();
            if is_over {
                one.leave.notify_one();
            }
            !is_over
        });
        let staying = self.connections.iter().filter(|(_, one)| !one.is_leaving);
        let ranked = staying.filter_map(|(number, one)| Some((rank(one)?, *number)));
        let Some((_, number)) = ranked.max() else { return false };
        if let Some(connection) = self.connections.remove(&number) {
            connection.leave.notify_one();
        }
        self.tell();
        true
    }

    /// Has the oldest connection leave after its answer. False if `most` are leaving already.
    fn retire(&mut self, most: usize, may_go: impl Fn(&Connection) -> bool) -> bool {
        if self.connections.values().filter(|one| one.is_leaving).count() >= most {
            return false;
        }
        let staying = self.connections.iter_mut().filter(|(_, one)| !one.is_leaving);
        let oldest = staying.filter(|(_, one)| may_go(one)).min_by_key(|(number, _)| **number);
        let Some((_, oldest)) = oldest else { return false };
        oldest.is_leaving = true;
        oldest.progress.end_after_answer();
        self.tell();
        true
    }

    fn tell(&mut self) {
        tracing::debug!(target: "mrms::http", "a connection makes way for another");
        if self.told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            self.told = Some(Instant::now());
            tracing::warn!(target: "mrms::http", "all connections are taken: those that wait longest for their clients are closed");
        }
    }
}

impl Place {
    /// Ready when the connection must be closed.
    pub(crate) async fn makes_way(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().connections.remove(&self.number);
        self.connections.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::of(address.parse().unwrap())
    }

    fn place(connections: &Arc<Connections>, address: &str) -> Place {
        match connections.admit(peer(address)) {
            Admission::Place(place) => place,
            Admission::Refused => panic!("refused"),
            Admission::Full => panic!("full"),
        }
    }

    async fn has_left(place: &Place) -> bool {
        tokio::time::timeout(Duration::from_millis(1), place.makes_way()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn longest_idle_connection_makes_way_and_one_that_is_answered_does_not() {
        let connections = Connections::new(8);
        let busy = place(&connections, "127.0.0.1");
        busy.progress.request_came();
        let mut idle = Vec::new();
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            idle.push(place(&connections, "127.0.0.1"));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        let newest = place(&connections, "127.0.0.1");
        assert!(has_left(&idle[0]).await);
        assert!(!has_left(&busy).await && !has_left(&idle[1]).await && !has_left(&newest).await);
    }

    #[tokio::test(start_paused = true)]
    async fn peer_over_its_share_closes_its_own_and_those_of_others_stay() {
        let connections = Connections::new(8);
        let (first, second) = (place(&connections, "192.0.2.1"), place(&connections, "192.0.2.1"));
        let other = place(&connections, "192.0.2.2");
        tokio::time::sleep(Duration::from_millis(200)).await;
        second.progress.request_came();
        let _third = place(&connections, "192.0.2.1");
        assert!(has_left(&first).await && !has_left(&other).await && !has_left(&second).await);
    }

    #[tokio::test(start_paused = true)]
    async fn connection_that_is_answered_leaves_after_its_answer_and_not_later() {
        let connections = Connections::new(8);
        let busy: Vec<_> = (0..7).map(|_| place(&connections, "127.0.0.1")).collect();
        for one in &busy {
            one.progress.request_came();
        }
        let newcomer = place(&connections, "127.0.0.1");
        newcomer.progress.request_came();
        assert!(busy[0].progress.ends_after_answer() && !busy[1].progress.ends_after_answer());
        assert!(!has_left(&busy[0]).await, "it gets its answer first");
        // It does not read the answer: the next newcomer does not wait for that.
        drop(crate::progress::WatchedAnswer::new((), Arc::clone(&busy[0].progress), ()));
        let _next = place(&connections, "127.0.0.1");
        assert!(has_left(&busy[0]).await);
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_an_end_to_those_that_leave() {
        let connections = Connections::new(8);
        let mut busy = Vec::new();
        let refused = (0..100).any(|_| match connections.admit(peer("127.0.0.1")) {
            Admission::Place(place) => {
                place.progress.request_came();
                busy.push(place);
                false
            }
            _ => true,
        });
        assert!(refused);
        assert!(busy.len() <= 16, "{}", busy.len());
    }

    #[tokio::test(start_paused = true)]
    async fn peer_with_the_most_connections_makes_way_first() {
        let connections = Connections::new(8);
        let alone = place(&connections, "192.0.2.1");
        tokio::time::sleep(Duration::from_secs(9)).await;
        let many: Vec<_> = (0..7).map(|_| place(&connections, "127.0.0.1")).collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(place(&connections, "192.0.2.3"));
        assert!(!has_left(&alone).await, "it is alone, though idle for long");
        let mut left = 0;
        for place in &many {
            left += usize::from(has_left(place).await);
        }
        assert_eq!(left, 1);
    }
}
