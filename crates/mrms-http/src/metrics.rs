//! Counters, in the text format that Prometheus reads (exposition format 0.0.4).
//!
//! Requests are counted by route, not by path: there are only so many routes, and none tells of a record
//! or a person.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Upper ends of the buckets of a request's time, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

/// The requests and connections since the start.
#[derive(Debug, Default)]
pub struct Requests {
    routes: Mutex<BTreeMap<String, Route>>,
    connections: AtomicI64,
}

#[derive(Clone, Debug, Default)]
struct Route {
    statuses: BTreeMap<u16, u64>,
    buckets: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

/// A connection, counted as open for as long as this lives.
#[derive(Debug)]
pub struct Connection(Arc<Requests>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Requests {
    /// Counts a request that was answered.
    pub fn answered(&self, route: &str, status: u16, took: Duration) {
        let mut routes = self.routes();
        let route = match routes.get_mut(route) {
            Some(known) => known,
            None => routes.entry(route.to_owned()).or_default(),
        };
        *route.statuses.entry(status).or_default() += 1;
        let seconds = took.as_secs_f64();
        for (bucket, end) in route.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(seconds <= end);
        }
        route.count += 1;
        route.seconds += seconds;
    }

    /// Counts a connection.
    #[must_use]
    pub fn connection(self: &Arc<Self>) -> Connection {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Connection(Arc::clone(self))
    }

    /// Writes `…_requests_total`, `…_request_seconds` and `…_connections`.
    ///
    /// # Errors
    ///
    /// What the text says, which as a `String` says nothing.
    pub fn write(&self, text: &mut String, prefix: &str) -> fmt::Result {
        let routes = self.routes();
        let name = format!("{prefix}_requests_total");
        head(text, &name, "counter", "Requests answered.")?;
        for (route, of) in routes.iter() {
            for (status, count) in &of.statuses {
                writeln!(text, "{name}{{route=\"{route}\",status=\"{status}\"}} {count}")?;
            }
        }
        let name = format!("{prefix}_request_seconds");
        head(text, &name, "histogram", "Time from a request's head to its answer's.")?;
        for (route, of) in routes.iter() {
            for (end, count) in BUCKETS.iter().zip(of.buckets) {
                writeln!(text, "{name}_bucket{{route=\"{route}\",le=\"{end}\"}} {count}")?;
            }
            writeln!(text, "{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {}", of.count)?;
            writeln!(text, "{name}_sum{{route=\"{route}\"}} {}", of.seconds)?;
            writeln!(text, "{name}_count{{route=\"{route}\"}} {}", of.count)?;
        }
        let connections = self.connections.load(Ordering::Relaxed);
        gauge(text, &format!("{prefix}_connections"), "Open connections.", connections)
    }

    fn routes(&self) -> MutexGuard<'_, BTreeMap<String, Route>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lines before a figure, or before several of one name.
///
/// # Errors
///
/// What the text says.
pub fn head(text: &mut String, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

/// A figure that only grows.
///
/// # Errors
///
/// What the text says.
pub fn counter(text: &mut String, name: &str, help: &str, value: impl Display) -> fmt::Result {
    head(text, name, "counter", help)?;
    writeln!(text, "{name} {value}")
}

/// A figure that goes up and down.
///
/// # Errors
///
/// What the text says.
pub fn gauge(text: &mut String, name: &str, help: &str, value: impl Display) -> fmt::Result {
    head(text, name, "gauge", help)?;
    writeln!(text, "{name} {value}")
}

/// Memory that the process occupies, in bytes, where the system tells.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_by_route_status_and_time() {
        let requests = Arc::new(Requests::default());
        let open = requests.connection();
        drop(requests.connection());
        requests.answered("/v1/a", 200, Duration::from_millis(3));
        requests.answered("/v1/a", 404, Duration::from_secs(9));
        let mut text = String::new();
        requests.write(&mut text, "x").unwrap();
        for line in [
            "# TYPE x_requests_total counter",
            "x_requests_total{route=\"/v1/a\",status=\"200\"} 1",
            "x_requests_total{route=\"/v1/a\",status=\"404\"} 1",
            "x_request_seconds_bucket{route=\"/v1/a\",le=\"0.002\"} 0",
            "x_request_seconds_bucket{route=\"/v1/a\",le=\"0.005\"} 1",
            "x_request_seconds_bucket{route=\"/v1/a\",le=\"5\"} 1",
            "x_request_seconds_bucket{route=\"/v1/a\",le=\"+Inf\"} 2",
            "x_request_seconds_sum{route=\"/v1/a\"} 9.003",
            "x_connections 1",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
        drop(open);
    }
}
