//! The machine's clock and its source of randomness. No other file of this crate reads them.

use std::time::{SystemTime, UNIX_EPOCH};

use mrms_core::UnixTime;
use mrms_vault::guardian::Clock;

/// The machine's time.
#[must_use]
pub fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixTime::from_seconds(since.map_or(0, |since| since.as_secs()))
}

/// The machine's clock for a vault that is served, which notices when the clock jumps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MachineClock;

impl Clock for MachineClock {
    fn now(&self) -> UnixTime {
        now()
    }

    fn steady(&self) -> Option<u64> {
        Some(mrms_files::seconds_since_boot())
    }
}

/// The system's source of randomness.
#[must_use]
pub fn rng() -> impl rand_core::CryptoRng + Send {
    rand_core::UnwrapErr(rand::rngs::SysRng)
}
