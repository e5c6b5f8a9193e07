//! What the node counts beside its requests: transactions and messages to observers, by how they ended.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use mrms_http::{Requests, gauge, head, resident_bytes};

use super::node::Node;
use super::refusal::Refusal;

/// What has happened since the start.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    pub(super) requests: Arc<Requests>,
    transactions: Mutex<BTreeMap<&'static str, u64>>,
    observed: Mutex<BTreeMap<&'static str, u64>>,
}

fn lock<T>(counters: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    counters.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Metrics {
    /// Counts a transaction by how it ended: its status on the chain, or why it was refused.
    pub(super) fn transaction(&self, outcome: &'static str) {
        *lock(&self.transactions).entry(outcome).or_default() += 1;
    }

    /// Counts a message to an observer.
    pub(super) fn observed(&self, outcome: &'static str) {
        *lock(&self.observed).entry(outcome).or_default() += 1;
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        self.requests.write(text, "mrms_node")?;
        head(
            text,
            "mrms_node_transactions_total",
            "counter",
            "Transactions by status on the chain, reason of refusal, or pending.",
        )?;
        for (outcome, count) in lock(&self.transactions).iter() {
            writeln!(text, "mrms_node_transactions_total{{outcome=\"{outcome}\"}} {count}")?;
        }
        head(text, "mrms_node_observer_messages_total", "counter", "Blocks told to observers.")?;
        for (outcome, count) in lock(&self.observed).iter() {
            writeln!(text, "mrms_node_observer_messages_total{{outcome=\"{outcome}\"}} {count}")?;
        }
        Ok(())
    }
}

/// `GET /metrics`.
pub(super) async fn metrics(State(node): State<Arc<Node>>) -> Result<Response, Refusal> {
    let tip = node.read(|ledger| Ok(ledger.tip()?)).await?;
    let (pending, resident) = (node.mempool().len(), resident_bytes());
    let mut text = String::new();
    let written = node.metrics.write(&mut text).and_then(|()| {
        gauge(&mut text, "mrms_node_block_height", "Height of the newest block.", tip.height)?;
        gauge(&mut text, "mrms_node_burn_height", "Burn height now.", tip.burn_height_now)?;
        let help = "Transactions that wait for earlier nonces.";
        gauge(&mut text, "mrms_node_pending_transactions", help, pending)?;
        let up = node.started.elapsed().as_secs();
        gauge(&mut text, "mrms_node_up_seconds", "Time since the start.", up)?;
        match resident {
            Some(bytes) => {
                gauge(&mut text, "process_resident_memory_bytes", "Memory in use.", bytes)
            }
            None => Ok(()),
        }
    });
    written.map_err(|_| Refusal::BrokeOff)?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
