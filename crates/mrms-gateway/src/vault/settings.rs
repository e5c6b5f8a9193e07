//! What the vault's face is told when it starts. Defaults are those of a clinic's own vault.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use mrms_http::Reach;

/// How the vault is served.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VaultSettings {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether an address beyond this machine is allowed.
    pub reach: Reach,
    /// Longest message, in bytes. Ciphertext is no message.
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
    /// Messages handed to the guardian at once; further ones wait. More share one `fsync`.
    pub messages: usize,
    /// Ciphertexts on their way in or out at once; further ones wait.
    pub transfers: usize,
    /// How long a request may wait for its turn.
    pub patience: Duration,
    /// How long a transfer may stand still, and the span over which its speed is taken.
    pub stall: Duration,
    /// Bytes a second below which a transfer is cut off.
    pub slowest: u64,
    /// How long an unfinished upload to which nothing is added is kept.
    pub upload_idle: Duration,
    /// How often grants that have ended are looked for.
    pub watch_every: Duration,
    /// How long requests under way have to end when the server is stopped.
    pub grace: Duration,
}

impl Default for VaultSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 20_444)),
            reach: Reach::Loopback,
            body_bytes: 512 * 1024,
            bodies_bytes: 16 * 1024 * 1024,
            connections: 256,
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(30),
            messages: 64,
            transfers: 64,
            patience: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            slowest: 1024,
            upload_idle: Duration::from_secs(86_400),
            watch_every: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }
    }
}
