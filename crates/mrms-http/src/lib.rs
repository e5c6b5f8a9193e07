//! What every HTTP face needs and none has an opinion on: a bounded listener, bounded bodies, bounded
//! work, and counters.
//!
//! Knows neither routes nor what is served. How a face says no is its own: it turns [`BodyError`],
//! [`Busy`] and [`BrokeOff`] into answers of its kind.

mod bodies;
mod listener;
mod metrics;
mod pool;

pub use bodies::{BodyBounds, BodyError, BodyLimits, bound};
pub use listener::{Bounds, ListenError, Listener, Reach};
pub use metrics::{Connection, Requests, counter, gauge, head, resident_bytes};
pub use pool::{BrokeOff, Busy, Pool, Turn, aside};
