//! The node's metrics: its requests, transactions and messages to observers by outcome, and the state of the ledger.

use std::sync::Arc;

use axum::extract::State;
use mrms_http::{Counters, Exposition, Requests};

use super::node::Node;
use super::refusal::Refusal;

/// What is counted while the node runs.
#[derive(Debug)]
pub(super) struct Metrics {
    pub(super) requests: Requests,
    transactions: Counters,
    observer_messages: Counters,
}

impl Default for Metrics {
    fn default() -> Self {
        let (transactions, observer_messages) = (Counters::by("outcome"), Counters::by("outcome"));
        Self { requests: Requests::default(), transactions, observer_messages }
    }
}

impl Metrics {
    /// Counts a transaction by how it ended: its status on the chain, or why it was refused.
    pub(super) fn transaction(&self, outcome: &'static str) {
        self.transactions.count(outcome);
    }

    /// Counts a message to an observer.
    pub(super) fn observed(&self, outcome: &'static str) {
        self.observer_messages.count(outcome);
    }
}

/// `GET /metrics`.
pub(super) async fn metrics(State(node): State<Arc<Node>>) -> Result<Exposition, Refusal> {
    let tip = node.read(|ledger| Ok(ledger.tip()?)).await?;
    let pending = node.mempool().len() as u64;
    let mut all = Exposition::default();
    all.requests("mrms_node", &node.metrics.requests);
    let help = "Transactions by status on the chain, reason of refusal, or pending.";
    all.counters("mrms_node_transactions_total", help, &node.metrics.transactions);
    let help = "Blocks told to observers.";
    all.counters("mrms_node_observer_messages_total", help, &node.metrics.observer_messages);
    let height = u64::from(tip.height.get());
    all.gauge("mrms_node_block_height", "Height of the newest block.", height);
    let height = u64::from(tip.burn_height_now.get());
    all.gauge("mrms_node_burn_height", "Burn height now.", height);
    let help = "Transactions that wait for earlier nonces.";
    all.gauge("mrms_node_pending_transactions", help, pending);
    if let Some(scrub) = &node.scrub {
        let help = "How often the scrub has read everything and found it in order.";
        all.gauge("mrms_node_scrub_passes", help, scrub.passes());
        let help = "Height of the block that the scrub reads next.";
        all.gauge("mrms_node_scrub_height", help, scrub.height().into());
        let help = "1 if the last scrub has found damage.";
        all.gauge("mrms_node_scrub_damage", help, scrub.fault().is_some().into());
    }
    let up = node.started.elapsed().as_secs();
    all.gauge("mrms_node_up_seconds", "Time since the start.", up);
    all.resident_memory();
    Ok(all)
}
