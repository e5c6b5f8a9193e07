//! The sponsor's metrics: requests by outcome, transactions in flight, balance, and what is left of today's budget.

use jiff::Timestamp;
use mrms_http::Exposition;

use crate::{Chain, Sponsor};

/// Collects all of them.
pub(super) fn collect<C: Chain>(sponsor: &Sponsor<C>, now: Timestamp) -> Exposition {
    let mut all = Exposition::default();
    let outcomes = &sponsor.counts.outcomes;
    all.counters("mrms_sponsor_requests_total", "Requests by outcome.", outcomes);
    let in_flight = sponsor.in_flight() as u64;
    all.gauge("mrms_sponsor_under_way", "Transactions that wait for a block.", in_flight);
    let balance = sponsor.counts.balance();
    all.gauge("mrms_sponsor_balance_microstx", "What the sponsor's account has.", balance);
    let left = sponsor.remaining(None, now).all;
    let help = "What is left of today's budget.";
    all.gauge("mrms_sponsor_remaining_transactions", help, left.transactions);
    all.gauge("mrms_sponsor_remaining_fees_microstx", help, left.fees.number());
    all
}
