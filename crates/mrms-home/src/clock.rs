//! The machine's clock and its source of randomness. No other file of this crate reads them.

use std::time::{SystemTime, UNIX_EPOCH};

use mrms_core::UnixTime;

/// The machine's time.
#[must_use]
pub fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixTime::from_seconds(since.map_or(0, |since| since.as_secs()))
}

/// The system's source of randomness.
#[must_use]
pub fn rng() -> impl rand_core::CryptoRng + Send {
    rand_core::UnwrapErr(rand::rngs::SysRng)
}
