//! [`AppState`]: what every request handler works with. The guardian, the ciphertext, the bounds and the counters.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::guardian::{Guardian, Proven};
use crate::protocol::{Hex, Refusal as Refused};
use mrms_http::Pool;
use mrms_store::{BlobStore, StoreError, Uploads};

use super::metrics::Metrics;
use super::refusal::Refusal;
use super::settings::VaultSettings;
use super::transfers::Transfers;
use super::upload_locks::UploadLocks;

/// Announcements that one sweep asks the chain about.
const CLAIMS_AT_ONCE: usize = 256;
/// Ciphertexts of strangers that one sweep asks the chain about.
const STRANGERS_AT_ONCE: usize = 256;

/// Shared by all requests.
pub(super) struct AppState {
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) uploads: Arc<Uploads>,
    pub(super) settings: VaultSettings,
    pub(super) metrics: Metrics,
    pub(super) upload_locks: UploadLocks,
    pub(super) transfers: Transfers,
    pub(super) started: Instant,
    pub(super) guardian: Arc<Guardian>,
    /// Messages that the guardian answers at once.
    messages: Pool,
    /// Short questions to the store and the uploads.
    lookups: Pool,
}

impl AppState {
    pub(super) fn new(
        guardian: Arc<Guardian>,
        blobs: Arc<dyn BlobStore>,
        uploads: Arc<Uploads>,
        settings: VaultSettings,
    ) -> Self {
        let transfers = Transfers::new(settings.transfer_bounds());
        Self {
            blobs,
            uploads,
            metrics: Metrics::default(),
            upload_locks: UploadLocks::default(),
            transfers,
            started: Instant::now(),
            guardian,
            messages: Pool::new(settings.messages, settings.queue_timeout),
            lookups: Pool::new(settings.transfers, settings.queue_timeout),
            settings,
        }
    }

    /// Passes a message to the guardian.
    pub(super) async fn ask_guardian<T: Send + 'static>(
        self: &Arc<Self>,
        message: impl FnOnce(&Guardian) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refusal> {
        let refuse = |refused| Refusal::Message { refused };
        self.run_message(move |state| message(&state.guardian).map_err(refuse)).await
    }

    /// Runs work that ends in a line of the guardian's log, as one of the messages answered at once.
    pub(super) async fn run_message<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let state = Arc::clone(self);
        self.messages.run(move || work(&state)).await
    }

    /// Runs a short question to the store or the uploads.
    pub(super) async fn run_lookup<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let state = Arc::clone(self);
        self.lookups.run(move || question(&state)).await
    }

    /// Removes uploads that have been idle for too long, and forgets announcements that nothing followed.
    pub(super) fn sweep_uploads(&self) -> Result<Option<String>, String> {
        let forgotten = self.guardian.sweep_claims(CLAIMS_AT_ONCE);
        if let Err(error) = forgotten {
            // The next sweep asks again.
            tracing::warn!(%error, "announcements of ciphertext were not looked at");
        }
        self.look_at_strangers()?;
        let swept = self.uploads.sweep(SystemTime::now(), self.settings.upload_idle);
        let swept = swept.map_err(|error| error.to_string())?;
        let told = format!("{} idle uploads with {} bytes removed", swept.uploads, swept.bytes);
        Ok((swept.uploads > 0).then_some(told))
    }

    /// Asks the chain about ciphertext of accounts that were not known. If a version refers to it, the account is known now.
    /// If none came in time and strangers have taken half of their room, it goes.
    fn look_at_strangers(&self) -> Result<(), String> {
        let blobs = self.uploads.of_strangers().map_err(|error| error.to_string())?;
        for id in blobs.into_iter().take(STRANGERS_AT_ONCE) {
            let proven = self.guardian.prove_ciphertext(Hex(*id.as_bytes()));
            match proven.map_err(|error| error.to_string())? {
                Proven::Yes => self.uploads.settle(&id).map_err(|error| error.to_string())?,
                Proven::Overdue | Proven::Nobody if self.uploads.strangers_are_many() => {
                    let delete = || -> Result<(), StoreError> {
                        self.blobs.delete(&id)?;
                        self.uploads.forget(&id)
                    };
                    delete().map_err(|error| error.to_string())?;
                    let forgotten = self.guardian.ciphertext_is_gone(Hex(*id.as_bytes()));
                    forgotten.map_err(|error| error.to_string())?;
                }
                Proven::Overdue | Proven::NotYet | Proven::Nobody => {}
            }
        }
        Ok(())
    }
}
