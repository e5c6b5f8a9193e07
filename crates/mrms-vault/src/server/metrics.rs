//! The vault's metrics: its requests, refusals by code, bytes of ciphertext, and the guardian's figures. None names a
//! record or a person.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use mrms_http::{Counters, Exposition, Requests};
use mrms_store::UploadUsage;

use super::app_state::AppState;
use super::refusal::Refusal;
use crate::guardian::Statistics;

/// What is counted while the server runs.
#[derive(Debug)]
pub(super) struct Metrics {
    pub(super) requests: Requests,
    refusals: Counters,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Requests::default(),
            refusals: Counters::by("reason"),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    /// Counts a refusal by its code.
    pub(super) fn refusal(&self, code: &'static str) {
        self.refusals.count(code);
    }

    /// Counts bytes of ciphertext that came.
    pub(super) fn received(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts bytes of ciphertext that went out.
    pub(super) fn sent(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn add_to(&self, all: &mut Exposition) {
        all.requests("mrms_vault", &self.requests);
        all.counters("mrms_vault_refusals_total", "Requests refused, by reason.", &self.refusals);
        let received = self.bytes_in.load(Ordering::Relaxed);
        all.counter("mrms_vault_ciphertext_received_bytes_total", "Uploaded.", received);
        let sent = self.bytes_out.load(Ordering::Relaxed);
        all.counter("mrms_vault_ciphertext_sent_bytes_total", "Downloaded.", sent);
    }
}

/// `GET /metrics`.
pub(super) async fn metrics(State(state): State<Arc<AppState>>) -> Result<Exposition, Refusal> {
    state.run_lookup(|state| Ok(collect(state))).await
}

fn collect(state: &AppState) -> Exposition {
    let mut all = Exposition::default();
    state.metrics.add_to(&mut all);
    add_usage(&mut all, &state.uploads.usage());
    match state.guardian.statistics() {
        Ok(statistics) => add_statistics(&mut all, &statistics),
        // An alert looks for figures that are absent.
        Err(error) => tracing::error!(target: "mrms::vault", %error, "the guardian has no figures"),
    }
    let help = "1 if the vault's clock or the chain that it sees is in doubt: it releases and deletes nothing.";
    all.gauge("mrms_vault_in_doubt", help, u64::from(state.guardian.trouble().is_some()));
    let up = state.started.elapsed().as_secs();
    all.gauge("mrms_vault_up_seconds", "Time since the start.", up);
    all.resident_memory();
    all
}

fn add_usage(all: &mut Exposition, usage: &UploadUsage) {
    all.gauge("mrms_vault_uploads", "Unfinished uploads.", usage.uploads as u64);
    all.gauge("mrms_vault_uploads_bytes", "Bytes of unfinished uploads that came.", usage.bytes);
    let help = "Bytes of unfinished uploads that are to come, as announced. They take no room.";
    all.gauge("mrms_vault_uploads_promised_bytes", help, usage.promised);
    let help = "Bytes of those for which room is kept, because as many came.";
    all.gauge("mrms_vault_uploads_reserved_bytes", help, usage.reserved);
    let help = "Unfinished uploads of accounts that are not known.";
    all.gauge("mrms_vault_stranger_uploads", help, usage.stranger_uploads as u64);
    let help = "Bytes that accounts brought that are not known, kept and unfinished.";
    all.gauge("mrms_vault_stranger_bytes", help, usage.stranger_bytes);
}

fn add_statistics(all: &mut Exposition, told: &Statistics) {
    all.gauge("mrms_vault_log_lines", "Lines in the log.", told.lines);
    all.gauge("mrms_vault_log_time_seconds", "Time of the last line.", told.last_line);
    all.gauge("mrms_vault_pairs", "Readers by record that something is kept for.", told.key_slots);
    all.gauge("mrms_vault_shares", "Shares kept.", told.shares);
    all.gauge("mrms_vault_salts", "Erasure salts kept.", told.salts);
    let help = "Key files that must go and have not yet.";
    all.gauge("mrms_vault_keys_to_destroy", help, told.keys_to_destroy);
    all.gauge("mrms_vault_acted_height", "Highest block that was acted on.", told.acted_height);
    let help = "1 if lines are missing from the log that were anchored.";
    all.gauge("mrms_vault_log_cut", help, u64::from(told.log_was_cut));
    all.counter("mrms_vault_released_total", "Shares released.", told.released);
    all.counter("mrms_vault_deposited_total", "Deposits taken.", told.deposited);
    all.counter("mrms_vault_erased_total", "Records erased.", told.erased);
    all.counter("mrms_vault_forgotten_total", "Pairs that were forgotten.", told.forgotten);
}
