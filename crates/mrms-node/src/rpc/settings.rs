//! What the RPC is told when it starts. Defaults are those of a ledger for one machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use mrms_http::Reach;

use super::mining::Mining;
use super::observers::ObserverUrl;

/// How the RPC is served.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RpcSettings {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether an address beyond this machine is allowed. The RPC has neither encryption nor accounts.
    pub reach: Reach,
    /// Who is told of each block.
    pub observers: Vec<ObserverUrl>,
    /// Longest request body, in bytes.
    pub body_bytes: usize,
    /// Bytes of bodies that may be in memory at once, all requests together. Not below `body_bytes`.
    pub bodies_bytes: usize,
    /// Connections served at once; further ones wait.
    pub connections: usize,
    /// How long a client may take for the head of a request, and a connection may be idle.
    pub head_time: Duration,
    /// How long a client may take for a request's body.
    pub body_time: Duration,
    /// Questions to the ledger at once; further ones wait.
    pub reads: usize,
    /// Submissions to the ledger at once; further ones wait. More share one `fsync`.
    pub writes: usize,
    /// How long a request may wait for its turn at the ledger.
    pub patience: Duration,
    /// How long requests under way have to end when the server is stopped.
    pub grace: Duration,
    /// How long a transaction may wait for the nonces before its own, or for a block.
    pub pending_time: Duration,
    /// When blocks are made.
    pub mining: Mining,
    /// Where the machine's owner may do more than ask; nowhere by default.
    #[cfg(unix)]
    pub control: Option<crate::control::ControlSettings>,
}

impl Default for RpcSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 20_443)),
            reach: Reach::Loopback,
            observers: Vec::new(),
            body_bytes: 16 * 1024 * 1024,
            bodies_bytes: 64 * 1024 * 1024,
            connections: 256,
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(30),
            reads: 16,
            writes: 64,
            patience: Duration::from_secs(30),
            grace: Duration::from_secs(10),
            pending_time: Duration::from_secs(3_600),
            mining: Mining::Automatic,
            #[cfg(unix)]
            control: None,
        }
    }
}
