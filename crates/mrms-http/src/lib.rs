//! Shared code of the HTTP servers: listener, limits, blocking work and metrics.
//!
//! [`Listener`] accepts a limited number of connections and lets the slowest make way when all places are taken,
//! [`Gate`] lets requests in by the names in their head, [`Whose`] by the user who asks, [`PeerPlaces`] gives each peer a quota, [`BodyLimits`] limits
//! bodies, [`Pool`] limits blocking work, [`WriteTimeout`] disconnects clients that read too slowly, [`Observation`]
//! counts and logs requests, [`ClockWatch`] notices a clock that was set, [`PublishedFile`] shows a file of the operator, and
//! [`Exposition`] tells the metrics. This crate knows neither routes nor what is served. Each server chooses how it refuses: it turns [`BodyError`], [`Busy`] and
//! [`BrokeOff`] into its own answers, and what the gate refuses by its [`Wording`].

mod bodies;
mod clock;
mod connections;
mod gate;
mod lingering;
mod listener;
mod metrics;
mod observation;
mod owner;
mod peers;
mod pool;
mod progress;
mod published;
mod write_timeout;

pub use bodies::{BodyBounds, BodyError, BodyLimits, bound};
pub use clock::ClockWatch;
pub use gate::{Gate, GateRefusal, HostName, NameError, WebOrigin};
pub use listener::{Bounds, ListenError, Listener, Reach, Wording};
pub use metrics::{Connection, Counters, Durations, Exposition, Requests};
pub use observation::{Observation, RefusalCode};
pub use owner::{LocalUser, Whose};
pub use peers::{Peer, PeerPlaces};
pub use pool::{BrokeOff, Busy, Pool, Turn, run_blocking};
pub use published::PublishedFile;
pub use write_timeout::{MinRate, WriteTimeout};
