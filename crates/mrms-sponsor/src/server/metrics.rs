//! The sponsor's metrics, in the text format that Prometheus reads (exposition format 0.0.4).

use std::fmt::Write as _;

use jiff::Timestamp;
use mrms_http::{gauge, head};

use crate::{Chain, Sponsor};

/// Writes all of them.
pub(super) fn write<C: Chain>(sponsor: &Sponsor<C>, now: Timestamp) -> String {
    let mut text = String::new();
    // Writing to a String never fails.
    let _ = write_to(&mut text, sponsor, now);
    text
}

fn write_to<C: Chain>(text: &mut String, sponsor: &Sponsor<C>, now: Timestamp) -> std::fmt::Result {
    let name = "mrms_sponsor_requests_total";
    head(text, name, "counter", "Requests by outcome.")?;
    for (outcome, count) in sponsor.counts.outcomes().iter() {
        writeln!(text, "{name}{{outcome=\"{outcome}\"}} {count}")?;
    }
    let left = sponsor.remaining(None, now).all;
    for (name, help, value) in [
        ("under_way", "Transactions that wait for a block.", sponsor.in_flight() as u64),
        ("balance_microstx", "What the sponsor's account has.", sponsor.counts.balance()),
        ("remaining_transactions", "What is left of today's budget.", left.transactions),
        ("remaining_fees_microstx", "What is left of today's budget.", left.fees.number()),
    ] {
        gauge(text, &format!("mrms_sponsor_{name}"), help, value)?;
    }
    Ok(())
}
