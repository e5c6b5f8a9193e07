//! [`VaultSettings`]: how the vault is served. The defaults suit a clinic's own vault.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use mrms_http::{Gate, MinRate, PublishedFile, Reach};

use super::transfers::TransferBounds;

/// How the vault is served.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VaultSettings {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether an address beyond this machine is allowed.
    pub reach: Reach,
    /// Further names of the vault. By default it answers to the machine's own names.
    pub gate: Gate,
    /// What the operator shows to everybody who asks; none by default.
    pub published: Option<PublishedFile>,
    /// Longest message, in bytes. Ciphertext does not count as a message.
    pub body_bytes: usize,
    /// Bytes of messages that may be in memory at once, all requests together. Not below
    /// `body_bytes`.
    pub bodies_bytes: usize,
    /// Connections served at once; further ones wait.
    pub connections: usize,
    /// How long a client may take for the head of a request, and a connection may be idle.
    pub head_time: Duration,
    /// How long a client may take for a message.
    pub body_time: Duration,
    /// Messages that the guardian answers at once; further ones wait. Concurrent messages share one `fsync`.
    pub messages: usize,
    /// Uploads at once, and as many downloads; further ones wait.
    pub transfers: usize,
    /// How long a request may wait for a place among messages, transfers or bodies.
    pub queue_timeout: Duration,
    /// How long a transfer may stand still, and the window over which its speed is measured.
    pub stall: Duration,
    /// Lowest speed of a transfer in bytes a second; a slower one is cut off.
    pub slowest: u64,
    /// Speed in bytes a second that is asked when all places are taken: a slower transfer makes way for one that waits.
    pub busy_pace: u64,
    /// How long a transfer may take to show its speed, before it makes way.
    pub pace_grace: Duration,
    /// How long an unfinished upload is kept while nothing is added to it.
    pub upload_idle: Duration,
    /// How often the vault looks for grants that have ended.
    pub watch_every: Duration,
    /// How long running requests may take to end when the server stops.
    pub grace: Duration,
}

impl Default for VaultSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 20_444)),
            reach: Reach::Loopback,
            gate: Gate::default(),
            published: None,
            body_bytes: 512 * 1024,
            bodies_bytes: 16 * 1024 * 1024,
            connections: 256,
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(30),
            messages: 64,
            transfers: 64,
            queue_timeout: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            slowest: 1024,
            busy_pace: 64 * 1024,
            pace_grace: Duration::from_secs(5),
            upload_idle: Duration::from_secs(86_400),
            watch_every: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }
    }
}

impl VaultSettings {
    pub(super) const fn transfer_bounds(&self) -> TransferBounds {
        TransferBounds {
            places: self.transfers,
            busy_pace: self.busy_pace,
            grace: self.pace_grace,
            queue_timeout: self.queue_timeout,
        }
    }

    /// How slow a transfer may be, in either direction.
    pub(super) const fn min_rate(&self) -> MinRate {
        MinRate { window: self.stall, bytes_per_second: self.slowest }
    }
}
