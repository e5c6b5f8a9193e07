//! [`AppState`]: what every request handler works with. The guardian, the ciphertext, the bounds and the counters.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::guardian::Guardian;
use crate::protocol::Refusal as Refused;
use mrms_http::Pool;
use mrms_store::{BlobStore, Uploads};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::metrics::Metrics;
use super::refusal::Refusal;
use super::settings::VaultSettings;
use super::upload_locks::UploadLocks;

/// Shared by all requests.
pub(super) struct AppState {
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) uploads: Arc<Uploads>,
    pub(super) settings: VaultSettings,
    pub(super) metrics: Metrics,
    pub(super) upload_locks: UploadLocks,
    pub(super) transfers: Arc<Semaphore>,
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
        let transfers = settings.transfers.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            blobs,
            uploads,
            metrics: Metrics::default(),
            upload_locks: UploadLocks::default(),
            transfers: Arc::new(Semaphore::new(transfers)),
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

    /// Removes uploads that have been idle for too long.
    pub(super) fn sweep_uploads(&self) -> Result<Option<String>, String> {
        let swept = self.uploads.sweep(SystemTime::now(), self.settings.upload_idle);
        let swept = swept.map_err(|error| error.to_string())?;
        let told = format!("{} idle uploads with {} bytes removed", swept.uploads, swept.bytes);
        Ok((swept.uploads > 0).then_some(told))
    }

    /// A place among the transfers, as soon as there is one.
    pub(super) async fn transfer_place(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let place = Arc::clone(&self.transfers).acquire_owned();
        match tokio::time::timeout(self.settings.queue_timeout, place).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Refusal::Busy),
        }
    }
}
