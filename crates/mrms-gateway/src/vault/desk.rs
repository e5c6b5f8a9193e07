//! What every request works with: the vault, the ciphertext, the places, the counters.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use mrms_http::Pool;
use mrms_store::{BlobStore, Uploads};
use mrms_vault::guardian::Guardian;
use mrms_vault::protocol::Refusal as Refused;
use tokio::sync::Semaphore;

use super::holds::Holds;
use super::metrics::Metrics;
use super::refusal::Refusal;
use super::settings::VaultSettings;

/// The vault behind the HTTP.
pub(super) struct Desk {
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) uploads: Arc<Uploads>,
    pub(super) settings: VaultSettings,
    pub(super) metrics: Metrics,
    pub(super) holds: Holds,
    pub(super) transfers: Arc<Semaphore>,
    pub(super) started: Instant,
    pub(super) guardian: Arc<Guardian>,
    messages: Pool,
    /// Questions to the store that are not transfers.
    lookups: Pool,
}

impl Desk {
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
            holds: Holds::default(),
            transfers: Arc::new(Semaphore::new(transfers)),
            started: Instant::now(),
            guardian,
            messages: Pool::new(settings.messages, settings.patience),
            lookups: Pool::new(settings.transfers, settings.patience),
            settings,
        }
    }

    /// Hands the guardian a message.
    pub(super) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        message: impl FnOnce(&Guardian) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refusal> {
        let refuse = |refused| Refusal::Message { refused };
        self.hand(move |desk| message(&desk.guardian).map_err(refuse)).await
    }

    /// Does something that ends in the guardian's log.
    pub(super) async fn hand<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let desk = Arc::clone(self);
        self.messages.run(move || work(&desk)).await
    }

    /// Asks the store or the uploads something that is soon answered.
    pub(super) async fn look<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let desk = Arc::clone(self);
        self.lookups.run(move || question(&desk)).await
    }

    /// Removes uploads to which nobody has come back.
    pub(super) fn sweep(&self) -> Result<Option<String>, String> {
        let swept = self.uploads.sweep(SystemTime::now(), self.settings.upload_idle);
        let swept = swept.map_err(|error| error.to_string())?;
        let told = format!("{} idle uploads with {} bytes removed", swept.uploads, swept.bytes);
        Ok((swept.uploads > 0).then_some(told))
    }
}
