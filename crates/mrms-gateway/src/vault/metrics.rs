//! Counters, in the text format that Prometheus reads (exposition format 0.0.4).
//!
//! Requests are counted by route, not by path, and refusals by their word: there are only so many of
//! each. Nothing here tells of a record or a person.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Upper ends of the buckets of a request's time, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

/// What has happened since the start.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    requests: Mutex<BTreeMap<(String, u16), u64>>,
    times: Mutex<BTreeMap<String, Times>>,
    refusals: Mutex<BTreeMap<&'static str, u64>>,
    connections: AtomicI64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

#[derive(Clone, Debug, Default)]
struct Times {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

fn lock<T>(counters: &Mutex<T>) -> MutexGuard<'_, T> {
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

    pub(super) fn refusal(&self, code: &'static str) {
        *lock(&self.refusals).entry(code).or_default() += 1;
    }

    pub(super) fn connection_opened(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn connection_closed(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn write(&self, text: &mut String) -> fmt::Result {
        head(text, "mrms_vault_requests_total", "counter", "Requests answered.")?;
        for ((route, status), count) in lock(&self.requests).iter() {
            let labels = format!("route=\"{route}\",status=\"{status}\"");
            writeln!(text, "mrms_vault_requests_total{{{labels}}} {count}")?;
        }
        let name = "mrms_vault_request_seconds";
        head(text, name, "histogram", "Time from a request's head to its answer's.")?;
        for (route, times) in lock(&self.times).iter() {
            for (end, count) in BUCKETS.iter().zip(times.buckets) {
                writeln!(text, "{name}_bucket{{route=\"{route}\",le=\"{end}\"}} {count}")?;
            }
            writeln!(text, "{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {}", times.count)?;
            writeln!(text, "{name}_sum{{route=\"{route}\"}} {}", times.seconds)?;
            writeln!(text, "{name}_count{{route=\"{route}\"}} {}", times.count)?;
        }
        head(text, "mrms_vault_refusals_total", "counter", "Requests refused, by reason.")?;
        for (code, count) in lock(&self.refusals).iter() {
            writeln!(text, "mrms_vault_refusals_total{{reason=\"{code}\"}} {count}")?;
        }
        let (received, sent) = (&self.bytes_in, &self.bytes_out);
        let (received, sent) = (received.load(Ordering::Relaxed), sent.load(Ordering::Relaxed));
        counter(text, "mrms_vault_ciphertext_received_bytes_total", "Uploaded.", received)?;
        counter(text, "mrms_vault_ciphertext_sent_bytes_total", "Downloaded.", sent)?;
        let connections = self.connections.load(Ordering::Relaxed);
        gauge(text, "mrms_vault_connections", "Open connections.", connections)
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

pub(super) fn counter(
    text: &mut String,
    name: &str,
    help: &str,
    value: impl Display,
) -> fmt::Result {
    head(text, name, "counter", help)?;
    writeln!(text, "{name} {value}")
}

pub(super) fn gauge(text: &mut String, name: &str, help: &str, value: impl Display) -> fmt::Result {
    head(text, name, "gauge", help)?;
    writeln!(text, "{name} {value}")
}

/// Memory that the process occupies, in bytes, where the system tells.
pub(super) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
