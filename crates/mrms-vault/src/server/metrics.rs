//! Counters of the vault beside those of its requests: refusals by their code, and bytes of ciphertext. No counter names
//! a record or a person.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mrms_http::{Requests, counter, head};

/// What has happened since the start.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    pub(super) requests: Arc<Requests>,
    refusals: Mutex<BTreeMap<&'static str, u64>>,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl Metrics {
    pub(super) fn refusal(&self, code: &'static str) {
        *self.refusals().entry(code).or_default() += 1;
    }

    pub(super) fn received(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn write(&self, text: &mut String) -> fmt::Result {
        self.requests.write(text, "mrms_vault")?;
        head(text, "mrms_vault_refusals_total", "counter", "Requests refused, by reason.")?;
        for (code, count) in self.refusals().iter() {
            writeln!(text, "mrms_vault_refusals_total{{reason=\"{code}\"}} {count}")?;
        }
        let (received, sent) = (&self.bytes_in, &self.bytes_out);
        let (received, sent) = (received.load(Ordering::Relaxed), sent.load(Ordering::Relaxed));
        counter(text, "mrms_vault_ciphertext_received_bytes_total", "Uploaded.", received)?;
        counter(text, "mrms_vault_ciphertext_sent_bytes_total", "Downloaded.", sent)
    }

    fn refusals(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
