//! Metrics of a server, in the text format that Prometheus reads (exposition format 0.0.4).
//!
//! [`Requests`] and [`Counters`] count while the server runs; a scrape collects them, and whatever else the server
//! wants to tell, in an [`Exposition`]. Requests are counted by route, not by path: there are only so many
//! routes, and none names a record or a person. `prometheus-client` writes the text.

use std::fmt;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

/// Upper ends of the buckets of a request's time, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];
/// The same of what waits for others, such as a block of a network.
const LONG_BUCKETS: [f64; 11] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByRoute {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByStatus {
    route: String,
    status: u16,
}

/// The requests and connections of a server since its start.
#[derive(Clone, Debug)]
pub struct Requests {
    answered: Family<ByStatus, Counter>,
    seconds: Family<ByRoute, Histogram>,
    connections: Gauge,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            answered: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            connections: Gauge::default(),
        }
    }
}

/// A connection, counted as open until this is dropped.
#[derive(Debug)]
pub struct Connection(Gauge);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Requests {
    /// Counts a request that was answered, and how long that took.
    pub fn answered(&self, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        let by_route = ByRoute { route: route.clone() };
        self.seconds.get_or_create(&by_route).observe(took.as_secs_f64());
        self.answered.get_or_create(&ByStatus { route, status }).inc();
    }

    /// Counts a connection.
    #[must_use]
    pub fn connection(&self) -> Connection {
        self.connections.inc();
        Connection(self.connections.clone())
    }
}

/// Counters of one metric, told apart by one label.
#[derive(Clone, Debug)]
pub struct Counters {
    label: &'static str,
    family: Family<[(&'static str, &'static str); 1], Counter>,
}

impl Counters {
    /// Counters by this label, none of them counted yet.
    #[must_use]
    pub fn by(label: &'static str) -> Self {
        Self { label, family: Family::default() }
    }

    /// The same with counters that are told as 0 from the start, so that an alert sees the first that is counted.
    #[must_use]
    pub fn from_zero(label: &'static str, values: &[&'static str]) -> Self {
        let counters = Self::by(label);
        for value in values {
            // Made by asking for it.
            drop(counters.family.get_or_create(&[(label, *value)]));
        }
        counters
    }

    /// Adds one to the counter with this value of the label.
    pub fn count(&self, value: &'static str) {
        self.family.get_or_create(&[(self.label, value)]).inc();
    }
}

/// How long something took that waits for others, told apart by one label.
#[derive(Clone, Debug)]
pub struct Durations {
    label: &'static str,
    family: Family<[(&'static str, &'static str); 1], Histogram>,
}

impl Durations {
    /// Durations by this label, none of them counted yet.
    #[must_use]
    pub fn by(label: &'static str) -> Self {
        Self { label, family: Family::new_with_constructor(|| Histogram::new(LONG_BUCKETS)) }
    }

    /// Adds one that took so long, with this value of the label.
    pub fn count(&self, value: &'static str, took: Duration) {
        self.family.get_or_create(&[(self.label, value)]).observe(took.as_secs_f64());
    }
}

/// What a server answers to one scrape: metrics under their full names, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Exposition {
    registry: Registry,
}

impl Exposition {
    /// Adds `…_requests_total`, `…_request_seconds` and `…_connections`.
    pub fn requests(&mut self, prefix: &str, requests: &Requests) {
        let Requests { answered, seconds, connections } = requests.clone();
        self.add(&format!("{prefix}_requests_total"), "Requests answered.", answered);
        let help = "Time from a request's head to its answer's.";
        self.add(&format!("{prefix}_request_seconds"), help, seconds);
        self.add(&format!("{prefix}_connections"), "Open connections.", connections);
    }

    /// Adds counters that are told apart by a label.
    pub fn counters(&mut self, name: &str, help: &str, counters: &Counters) {
        self.add(name, help, counters.family.clone());
    }

    /// Adds durations that are told apart by a label.
    pub fn durations(&mut self, name: &str, help: &str, durations: &Durations) {
        self.add(name, help, durations.family.clone());
    }

    /// Adds a figure that only grows.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.add(name, help, ConstCounter::new(value));
    }

    /// Adds a figure that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.add(name, help, ConstGauge::new(value));
    }

    /// Adds `process_resident_memory_bytes`, where the system tells it.
    pub fn resident_memory(&mut self) {
        if let Some(bytes) = resident_bytes() {
            self.gauge("process_resident_memory_bytes", "Memory in use.", bytes);
        }
    }

    /// The text of the scrape.
    ///
    /// # Errors
    ///
    /// Never in practice: writing to a `String` does not fail.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// The library adds the suffix `_total` and the full stop itself.
    fn add<M: Metric>(&mut self, name: &str, help: &str, metric: M) {
        let name = name.strip_suffix("_total").unwrap_or(name);
        let help = help.strip_suffix('.').unwrap_or(help);
        self.registry.register(name, help, Announced(metric));
    }
}

impl IntoResponse for Exposition {
    fn into_response(self) -> Response {
        match self.text() {
            Ok(text) => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// A metric whose name and type are written even while it has no samples.
#[derive(Debug)]
struct Announced<M>(M);

impl<M: EncodeMetric> EncodeMetric for Announced<M> {
    fn encode(&self, encoder: MetricEncoder<'_>) -> fmt::Result {
        self.0.encode(encoder)
    }

    fn metric_type(&self) -> MetricType {
        self.0.metric_type()
    }
}

/// Memory that the process occupies, in bytes, where the system tells it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_by_route_status_and_time() {
        let requests = Requests::default();
        let open = requests.connection();
        drop(requests.connection());
        requests.answered("/v1/a", 200, Duration::from_millis(3));
        requests.answered("/v1/a", 404, Duration::from_secs(9));
        let mut exposition = Exposition::default();
        exposition.requests("x", &requests);
        let text = exposition.text().unwrap();
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

    #[test]
    fn durations_are_told_by_label_and_announced_before_the_first() {
        let waits = Durations::by("outcome");
        let mut exposition = Exposition::default();
        exposition.durations("x_wait_seconds", "Waited.", &waits);
        assert!(exposition.text().unwrap().contains("# TYPE x_wait_seconds histogram\n"));
        waits.count("done", Duration::from_secs(20));
        let text = exposition.text().unwrap();
        for line in [
            "x_wait_seconds_bucket{outcome=\"done\",le=\"15\"} 0",
            "x_wait_seconds_bucket{outcome=\"done\",le=\"60\"} 1",
            "x_wait_seconds_count{outcome=\"done\"} 1",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn text_is_the_one_that_dashboards_read() {
        let mut exposition = Exposition::default();
        let outcomes = Counters::by("outcome");
        exposition.counters("x_outcomes_total", "By outcome.", &outcomes);
        exposition.counter("x_done_total", "Done.", 7);
        exposition.gauge("x_height", "Height now.", u64::MAX);
        let text = exposition.text().unwrap();
        let expected = "# HELP x_outcomes_total By outcome.\n# TYPE x_outcomes_total counter\n\
             # HELP x_done_total Done.\n# TYPE x_done_total counter\nx_done_total 7\n\
             # HELP x_height Height now.\n# TYPE x_height gauge\nx_height 18446744073709551615\n";
        assert_eq!(text, expected);
        let mut from_zero = Exposition::default();
        from_zero.counters("x", "By outcome.", &Counters::from_zero("outcome", &["broken"]));
        assert!(from_zero.text().unwrap().contains("x_total{outcome=\"broken\"} 0\n"));
        outcomes.count("refused");
        outcomes.count("refused");
        assert!(exposition.text().unwrap().contains("\nx_outcomes_total{outcome=\"refused\"} 2\n"));
    }
}
