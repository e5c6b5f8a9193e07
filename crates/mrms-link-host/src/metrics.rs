//! The host's metrics: requests, what was given, refusals by cause, how long entries took, and what is kept. No figure
//! names a link, a person or a passcode.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use mrms_app::links::usage::HostUsage;
use mrms_http::{Counters, Durations, Exposition, Observation, RefusalCode, Requests};
use mrms_links::manifest::NO_LINK;

use crate::answer::Refused;
use crate::health;
use crate::server::Server;

/// Reasons of refusals that alerts are about.
const ALERTING: [&str; 4] = ["no-entry", "wrong-passcode", "no-link", "failed"];

/// What is counted while the host runs.
pub(crate) struct Metrics {
    pub(crate) requests: Requests,
    openings: Counters,
    refusals: Counters,
    managed: Counters,
    entries: Durations,
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Requests::default(),
            openings: Counters::by("what"),
            refusals: Counters::from_zero("reason", &ALERTING),
            managed: Counters::by("what"),
            entries: Durations::by("outcome"),
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    /// Counts an answer that gave sealed files, or said where they are.
    pub(crate) fn opened(&self, what: &'static str, lengths: impl IntoIterator<Item = u64>) {
        self.openings.count(what);
        for length in lengths {
            self.files.fetch_add(1, Ordering::Relaxed);
            self.bytes.fetch_add(length, Ordering::Relaxed);
        }
    }

    /// Counts what somebody did with their link here.
    pub(crate) fn managed(&self, what: &'static str) {
        self.managed.count(what);
    }

    /// Counts a round of entries on the ledger.
    pub(crate) fn entered(&self, outcome: &'static str, took: Duration) {
        self.entries.count(outcome, took);
    }
}

/// Counts each request, and writes its line in the log.
pub(crate) async fn observe(
    State(server): State<Arc<Server>>,
    request: Request,
    next: Next,
) -> Response {
    let observation = Observation::begin(&request);
    let response = next.run(request).await;
    observation.end(&response, &server.metrics.requests);
    response
}

/// Counts refusals of what has to do with links.
pub(crate) async fn count_refusals(
    State(server): State<Arc<Server>>,
    request: Request,
    next: Next,
) -> Response {
    let names_none = request.uri().path() == NO_LINK;
    let response = next.run(request).await;
    if names_none {
        return response;
    }
    let (status, refusals) = (response.status(), &server.metrics.refusals);
    match response.extensions().get::<RefusalCode>() {
        Some(&RefusalCode(reason)) => refusals.count(reason),
        // Refused before it was read.
        None if status.is_client_error() => refusals.count("malformed"),
        None if status.is_server_error() => refusals.count("failed"),
        None => {}
    }
    response
}

/// `GET /metrics`.
pub(crate) async fn metrics(State(server): State<Arc<Server>>) -> Result<Exposition, Refused> {
    let trouble = health::trouble(&server).await;
    let shared = Arc::clone(&server);
    let usage = server.looks.run(move || Ok::<_, Refused>(shared.links.usage()?)).await?;
    Ok(collect(&server, usage, trouble.is_some()))
}

fn collect(server: &Server, usage: HostUsage, is_in_trouble: bool) -> Exposition {
    let told = &server.metrics;
    let mut all = Exposition::default();
    all.requests("mrms_links", &told.requests);
    let help = "Answers that gave sealed files or said where they are, by what was asked.";
    all.counters("mrms_links_openings_total", help, &told.openings);
    let help = "Requests about links that were refused, by reason.";
    all.counters("mrms_links_refusals_total", help, &told.refusals);
    let help = "What people did with their links here.";
    all.counters("mrms_links_managed_total", help, &told.managed);
    let given = told.files.load(Ordering::Relaxed);
    all.counter("mrms_links_given_files_total", "Sealed files given.", given);
    let given = told.bytes.load(Ordering::Relaxed);
    all.counter("mrms_links_given_bytes_total", "Bytes of these.", given);
    let help = "Time until the entries of one answer stood on the ledger, by outcome.";
    all.durations("mrms_links_entry_seconds", help, &told.entries);
    all.gauge("mrms_links_kept", "Links that were not destroyed.", usage.links);
    all.gauge("mrms_links_kept_files", "Their sealed files.", usage.files);
    all.gauge("mrms_links_kept_bytes", "Bytes of these.", usage.bytes);
    let help = "1 if the host can give nothing now: no entry can be made, or its disk is full.";
    all.gauge("mrms_links_trouble", help, is_in_trouble.into());
    let up = server.started.elapsed().as_secs();
    all.gauge("mrms_links_up_seconds", "Time since the start.", up);
    all.resident_memory();
    all
}
