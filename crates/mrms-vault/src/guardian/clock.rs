//! [`Clock`]: the vault's clock, a port.

use mrms_core::UnixTime;

/// Tells the time. The vault compares it with its log and distrusts a clock that went back.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> UnixTime;
}

impl<F: Fn() -> UnixTime + Send + Sync> Clock for F {
    fn now(&self) -> UnixTime {
        self()
    }
}
