//! Counters, in the text format that Prometheus reads (exposition format 0.0.4).
//!
//! Requests are counted by route, not by path: there are only so many routes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::node::Node;
use super::refusal::Refusal;

/// Upper ends of the buckets of a request's time, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

/// What has happened since the start.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    requests: Mutex<BTreeMap<(String, u16), u64>>,
    times: Mutex<BTreeMap<String, Times>>,
    transactions: Mutex<BTreeMap<&'static str, u64>>,
    observed: Mutex<BTreeMap<&'static str, u64>>,
    connections: AtomicI64,
}

#[derive(Clone, Debug, Default)]
struct Times {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

fn lock<T>(counters: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    counters.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Metrics {
    pub(super) fn request(&self, route: &str, status: u16, took: Duration) {
        *lock(&self.requests).entry((route.to_owned(), status)).or_default() += 1;
        let mut times = lock(&self.times);
        let times = times.entry(route.to_owned()).or_default();
        let seconds = took.as_secs_f64();
        for (bucket, end) in times.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(seconds <= end);
        }
        times.count += 1;
        times.seconds += seconds;
    }

    /// Counts a transaction by how it ended: its status on the chain, or why it was refused.
    pub(super) fn transaction(&self, outcome: &'static str) {
        *lock(&self.transactions).entry(outcome).or_default() += 1;
    }

    /// Counts a message to an observer.
    pub(super) fn observed(&self, outcome: &'static str) {
        *lock(&self.observed).entry(outcome).or_default() += 1;
    }

    pub(super) fn connection_opened(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn connection_closed(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        head(text, "mrms_node_requests_total", "counter", "Requests answered.")?;
        for ((route, status), count) in lock(&self.requests).iter() {
            let labels = format!("route=\"{route}\",status=\"{status}\"");
            writeln!(text, "mrms_node_requests_total{{{labels}}} {count}")?;
        }
        let name = "mrms_node_request_seconds";
        head(text, name, "histogram", "Time from a request's head to its answer.")?;
        for (route, times) in lock(&self.times).iter() {
            for (end, count) in BUCKETS.iter().zip(times.buckets) {
                writeln!(text, "{name}_bucket{{route=\"{route}\",le=\"{end}\"}} {count}")?;
            }
            writeln!(text, "{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {}", times.count)?;
            writeln!(text, "{name}_sum{{route=\"{route}\"}} {}", times.seconds)?;
            writeln!(text, "{name}_count{{route=\"{route}\"}} {}", times.count)?;
        }
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
        let connections = self.connections.load(Ordering::Relaxed);
        gauge(text, "mrms_node_connections", "Open connections.", connections)
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn gauge(
    text: &mut String,
    name: &str,
    help: &str,
    value: impl std::fmt::Display,
) -> std::fmt::Result {
    head(text, name, "gauge", help)?;
    writeln!(text, "{name} {value}")
}

/// Memory that the process occupies, in bytes, where the system tells.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

/// `GET /metrics`.
pub(super) async fn metrics(State(node): State<Arc<Node>>) -> Result<Response, Refusal> {
    let tip = node.read(|ledger| Ok(ledger.tip()?)).await?;
    let (pending, resident) = (node.pending().len(), resident_bytes());
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
