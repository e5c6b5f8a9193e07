//! Counts since the start: requests by outcome, and the balance that the sponsor had when it last asked.
//!
//! Written out as metrics in [`server`](crate::server).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mrms_core::MicroStx;

/// What has happened since the start.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    outcomes: Mutex<BTreeMap<&'static str, u64>>,
    balance: AtomicU64,
}

impl Counts {
    /// Counts a request by how it ended.
    pub(crate) fn count(&self, outcome: &'static str) {
        *self.outcomes().entry(outcome).or_default() += 1;
    }

    /// The requests by how they ended.
    pub(crate) fn outcomes(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
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
