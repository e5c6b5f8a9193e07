//! Counts since the start: requests by outcome, and the balance that the sponsor had when it last asked.
//!
//! [`server`](crate::server) exposes them as metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use mrms_core::MicroStx;
use mrms_http::Counters;

/// What has happened since the start.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) outcomes: Counters,
    balance: AtomicU64,
}

impl Default for Counts {
    fn default() -> Self {
        Self { outcomes: Counters::by("outcome"), balance: AtomicU64::new(0) }
    }
}

impl Counts {
    /// Counts a request by how it ended.
    pub(crate) fn count(&self, outcome: &'static str) {
        self.outcomes.count(outcome);
    }

    /// Takes note of the balance of the sponsor's account.
    pub(crate) fn set_balance(&self, balance: MicroStx) {
        self.balance.store(balance.number(), Ordering::Relaxed);
    }

    /// The balance that was last noted, 0 before the first.
    pub(crate) fn balance(&self) -> u64 {
        self.balance.load(Ordering::Relaxed)
    }
}
