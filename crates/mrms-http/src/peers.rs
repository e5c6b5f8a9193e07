//! [`PeerPlaces`]: how much of something one peer may have, so that one does not take everything.
//!
//! A peer is a network address; of IPv6 it is the network of 64 bits, since whoever has one address there has all.
//! This machine itself may have nearly everything: a reverse proxy asks for everybody.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;

/// Peers that are remembered before those that have nothing are forgotten.
const REMEMBERED: usize = 1024;

/// Who asks, as far as the network tells. Every request has it as an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer(IpAddr);

impl Peer {
    /// The peer at an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) if !address.is_loopback() => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            address => address,
        })
    }

    /// Whether it is this machine.
    #[must_use]
    pub const fn is_local(self) -> bool {
        self.0.is_loopback()
    }
}

/// How many of some places one peer may have: a quarter, or seven eighths if it is this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    remote: usize,
    local: usize,
}

impl Quota {
    /// Quotas of this many places. Each has at least `least`.
    pub(crate) fn of(all: usize, least: usize) -> Self {
        let quota = |places: usize| places.max(least).clamp(1, Semaphore::MAX_PERMITS);
        Self { remote: quota(all / 4), local: quota(all - all / 8) }
    }

    /// The quota of a peer.
    pub(crate) const fn of_peer(self, peer: Peer) -> usize {
        if peer.is_local() { self.local } else { self.remote }
    }
}

/// Places of which each peer may have a quota: a quarter, or seven eighths if it is this machine.
#[derive(Debug)]
pub struct PeerPlaces {
    quota: Quota,
    taken: Mutex<HashMap<Peer, Weak<Semaphore>>>,
}

impl PeerPlaces {
    /// Quotas of this many places. Each has at least `least`.
    #[must_use]
    pub fn new(all: usize, least: usize) -> Self {
        Self { quota: Quota::of(all, least), taken: Mutex::default() }
    }

    /// The places that a peer has left.
    #[must_use]
    pub fn of(&self, peer: Peer) -> Arc<Semaphore> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = taken.get(&peer).and_then(Weak::upgrade) {
            return places;
        }
        if taken.len() >= REMEMBERED {
            taken.retain(|_, places| places.strong_count() > 0);
        }
        let places = Arc::new(Semaphore::new(self.quota.of_peer(peer)));
        taken.insert(peer, Arc::downgrade(&places));
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::of(address.parse().unwrap())
    }

    #[test]
    fn one_peer_gets_its_share_and_leaves_the_rest_to_others() {
        let places = PeerPlaces::new(8, 1);
        let take = |address: &str| places.of(peer(address)).try_acquire_owned();
        let held = [take("192.0.2.1").unwrap(), take("192.0.2.1").unwrap()];
        assert!(take("192.0.2.1").is_err(), "a quarter is its quota");
        drop(take("192.0.2.2").unwrap());
        drop(held);
        drop(take("192.0.2.1").unwrap());
        let proxy: Vec<_> = (0..7).map(|_| take("127.0.0.1").unwrap()).collect();
        assert!(take("127.0.0.1").is_err());
        drop(proxy);
    }

    #[test]
    fn whole_network_of_one_subscriber_is_one_peer() {
        assert_eq!(peer("2001:db8:1:2::1"), peer("2001:db8:1:2:ffff::9"));
        assert_ne!(peer("2001:db8:1:2::1"), peer("2001:db8:1:3::1"));
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
        assert_ne!(peer("192.0.2.1"), peer("192.0.2.2"));
        assert!(peer("::1").is_local() && peer("127.0.0.2").is_local());
    }

    #[test]
    fn peers_that_have_nothing_are_forgotten() {
        let places = PeerPlaces::new(8, 1);
        let held = places.of(peer("192.0.2.1")).try_acquire_owned().unwrap();
        for number in 0..3 * REMEMBERED as u32 {
            drop(places.of(Peer::of(IpAddr::V4(number.into()))));
        }
        assert!(places.taken.lock().unwrap().len() <= REMEMBERED);
        assert_eq!(places.of(peer("192.0.2.1")).available_permits(), 1);
        drop(held);
    }
}
