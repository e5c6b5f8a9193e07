//! Counters of the sponsor, in the text format that Prometheus reads (exposition format 0.0.4).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use mrms_core::MicroStx;
use mrms_http::{gauge, head};

use super::desk::Remaining;

/// What has happened since the start.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    outcomes: Mutex<BTreeMap<&'static str, u64>>,
    balance: AtomicU64,
}

impl Metrics {
    /// Counts a request by how it ended.
    pub(super) fn count(&self, outcome: &'static str) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        *outcomes.entry(outcome).or_default() += 1;
    }

    /// What the sponsor's account had when it was last asked for.
    pub(super) fn set_balance(&self, balance: MicroStx) {
        self.balance.store(balance.number(), Ordering::Relaxed);
    }

    pub(super) fn write(&self, remaining: Remaining, under_way: usize) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = self.write_to(&mut text, remaining, under_way);
        text
    }

    fn write_to(
        &self,
        text: &mut String,
        remaining: Remaining,
        under_way: usize,
    ) -> std::fmt::Result {
        let name = "mrms_sponsor_requests_total";
        head(text, name, "counter", "Requests by outcome.")?;
        let outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        for (outcome, count) in outcomes.iter() {
            writeln!(text, "{name}{{outcome=\"{outcome}\"}} {count}")?;
        }
        let balance = self.balance.load(Ordering::Relaxed);
        let all = remaining.all;
        for (name, help, value) in [
            ("under_way", "Transactions that wait for a block.", under_way as u64),
            ("balance_microstx", "What the sponsor's account has.", balance),
            ("remaining_transactions", "What is left of today's budget.", all.transactions),
            ("remaining_fees_microstx", "What is left of today's budget.", all.fees.number()),
        ] {
            gauge(text, &format!("mrms_sponsor_{name}"), help, value)?;
        }
        Ok(())
    }
}
