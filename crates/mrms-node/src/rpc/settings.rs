//! Settings of the RPC. The defaults are for a ledger on one machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use mrms_http::{Gate, PublishedFile, Reach};

use super::mining::Mining;
use super::observers::ObserverUrl;
use crate::chain::ScrubPace;

/// How to serve the RPC.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RpcSettings {
    /// Address and port. Port 0 takes a free port.
    pub listen: SocketAddr,
    /// Whether other machines may reach the address. The RPC has neither encryption nor accounts.
    pub reach: Reach,
    /// Further names of the node, and the web pages that may ask it. By default: the machine's own names, and no page.
    pub gate: Gate,
    /// Observers that get a message about each block.
    pub observers: Vec<ObserverUrl>,
    /// The folder in which it is kept how far each observer is. Without it, each start tells them everything again.
    pub observer_cursors: Option<PathBuf>,
    /// Maximum length of a request body, in bytes.
    pub body_bytes: usize,
    /// Maximum bytes of all request bodies in memory together. Not below `body_bytes`.
    pub bodies_bytes: usize,
    /// Maximum number of connections. For a further one, the connection makes way that has waited longest for its
    /// client.
    pub connections: usize,
    /// How long a client may take for the head of a request, and how long a connection may be idle.
    pub head_time: Duration,
    /// How long a body or an answer may stand still, and the window over which its speed is measured.
    pub stall: Duration,
    /// Lowest speed of a body or an answer, in bytes a second. A slower client is disconnected.
    pub slowest: u64,
    /// Maximum bytes of an answer that lists something. A longer list goes on after its `next_cursor`. An answer has
    /// one entry at least.
    pub answer_bytes: usize,
    /// Maximum number of simultaneous reads from the ledger. Further ones wait.
    pub reads: usize,
    /// Maximum number of simultaneous submissions to the ledger. Further ones wait. Simultaneous submissions
    /// share one `fsync`, so a higher number means fewer of them.
    pub writes: usize,
    /// Maximum number of simultaneous reads that run contracts which are not pinned.
    pub foreign_reads: usize,
    /// Maximum number of simultaneous submissions that run contracts which are not pinned.
    pub foreign_writes: usize,
    /// How long a read may run a contract that is not pinned.
    pub read_time: Duration,
    /// How long a request may wait for its turn to read or submit.
    pub queue_timeout: Duration,
    /// How long running requests may take to finish after the server is told to stop.
    pub grace: Duration,
    /// How long a transaction may stay in the mempool.
    pub mempool_timeout: Duration,
    /// When blocks are made.
    pub mining: Mining,
    /// How fast the ledger is read again and again to compare it with its check sums. Not at all by default.
    pub scrub: Option<ScrubPace>,
    /// What the operator shows to everybody who asks. None by default.
    pub published: Option<PublishedFile>,
    /// The control socket, over which the machine's owner can do more. None by default.
    #[cfg(unix)]
    pub control: Option<crate::control::ControlSettings>,
}

impl Default for RpcSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 20_443)),
            reach: Reach::Loopback,
            gate: Gate::default(),
            observers: Vec::new(),
            observer_cursors: None,
            body_bytes: 16 * 1024 * 1024,
            bodies_bytes: 64 * 1024 * 1024,
            connections: 256,
            head_time: Duration::from_secs(30),
            stall: Duration::from_secs(10),
            slowest: 1024,
            answer_bytes: 1024 * 1024,
            reads: 16,
            writes: 64,
            foreign_reads: 4,
            foreign_writes: 8,
            read_time: Duration::from_secs(1),
            queue_timeout: Duration::from_secs(30),
            grace: Duration::from_secs(1),
            mempool_timeout: Duration::from_secs(3_600),
            mining: Mining::Automatic,
            scrub: None,
            published: None,
            #[cfg(unix)]
            control: None,
        }
    }
}
