//! What every request works with: the vault, the ciphertext, the places, the counters.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use mrms_core::ChainId;
use mrms_store::{BlobStore, Uploads};
use mrms_vault::protocol::VaultCard;
use mrms_vault::{Vault, VaultError};
use tokio::sync::Semaphore;

use super::Figures;
use super::holds::Holds;
use super::metrics::Metrics;
use super::pool::Pool;
use super::refusal::Refusal;
use super::settings::VaultSettings;

/// The vault behind the HTTP.
pub(super) struct Desk {
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) uploads: Arc<Uploads>,
    pub(super) figures: Figures,
    pub(super) settings: VaultSettings,
    pub(super) metrics: Metrics,
    pub(super) holds: Holds,
    pub(super) transfers: Arc<Semaphore>,
    pub(super) started: Instant,
    /// Which vault this is. What it says of its log there is of when the server started.
    pub(super) identity: VaultCard,
    pub(super) chain_id: ChainId,
    vault: Arc<dyn Vault>,
    messages: Pool,
    /// Questions to the store that are not transfers.
    lookups: Pool,
}

impl Desk {
    pub(super) fn new(
        vault: Arc<dyn Vault>,
        blobs: Arc<dyn BlobStore>,
        uploads: Arc<Uploads>,
        figures: Figures,
        settings: VaultSettings,
    ) -> Result<Self, VaultError> {
        let identity = vault.card()?;
        let transfers = settings.transfers.clamp(1, Semaphore::MAX_PERMITS);
        Ok(Self {
            blobs,
            uploads,
            figures,
            metrics: Metrics::default(),
            holds: Holds::default(),
            transfers: Arc::new(Semaphore::new(transfers)),
            started: Instant::now(),
            chain_id: ChainId::new(identity.chain_id),
            identity,
            vault,
            messages: Pool::new(settings.messages, settings.patience),
            lookups: Pool::new(settings.transfers, settings.patience),
            settings,
        })
    }

    /// Hands the vault a message.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Vault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let vault = Arc::clone(&self.vault);
        self.messages.run(move || question(&*vault).map_err(refusal)).await
    }

    /// Asks the store or the uploads something that is soon answered.
    pub(super) async fn look<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let desk = Arc::clone(self);
        self.lookups.run(move || question(&desk)).await
    }

    /// The vault's card.
    pub(super) async fn card(&self) -> Result<VaultCard, Refusal> {
        self.ask(|vault| vault.card()).await
    }

    /// Removes uploads to which nobody has come back.
    pub(super) fn sweep(&self) -> Result<Option<String>, String> {
        let swept = self.uploads.sweep(SystemTime::now(), self.settings.upload_idle);
        let swept = swept.map_err(|error| error.to_string())?;
        let told = format!("{} idle uploads with {} bytes removed", swept.uploads, swept.bytes);
        Ok((swept.uploads > 0).then_some(told))
    }
}

fn refusal(error: VaultError) -> Refusal {
    match error {
        VaultError::Refused(refused) => Refusal::Message { refused },
        error => {
            tracing::error!(%error, "the vault does not answer");
            Refusal::BrokeOff
        }
    }
}
