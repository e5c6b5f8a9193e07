//! [`AppState`]: what every request handler works with. The guardian, the ciphertext, the bounds and the counters.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use crate::guardian::{Guardian, Proven};
use crate::protocol::{Hex, Refusal as Refused};
use mrms_http::Pool;
use mrms_store::{BlobId, BlobStore, StoreError, Uploads};

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
    /// The ciphertext of a stranger that was looked at last.
    looked_at: Mutex<Option<BlobId>>,
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
            looked_at: Mutex::new(None),
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
        let mut blobs = self.uploads.of_strangers().map_err(|error| error.to_string())?;
        blobs.sort_unstable();
        let mut looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        // Each sweep goes on after the last one: what waits hides nothing.
        let next = looked_at.map_or(0, |last| blobs.partition_point(|id| *id <= last));
        blobs.rotate_left(next);
        for id in blobs.into_iter().take(STRANGERS_AT_ONCE) {
            *looked_at = Some(id);
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

#[cfg(all(test, feature = "testing"))]
mod tests {
    use std::time::Duration;

    use mrms_core::{ChainId, RecordId, UnixTime, Version};
    use mrms_stacks::keys::SigningKey;
    use mrms_stacks::network::TransactionVersion;
    use mrms_store::{
        BlobPromise, FileStore, Owner, OwnerKind, UploadError, UploadId, UploadLimits,
    };
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::guardian::{GuardianSettings, Presence};
    use crate::protocol::{Header, Signed, UploadRequest};
    use crate::testing::FakeChain;

    const NOW: u64 = 1_800_000_000;
    const LIMITS: UploadLimits = UploadLimits {
        blob_bytes: 1 << 20,
        owner_bytes: 1 << 20,
        owner_uploads: 4,
        kept_bytes: 1 << 20,
        all_bytes: 1 << 20,
        all_uploads: 8,
        stranger_bytes: 1 << 20,
        stranger_uploads: 8,
        reserve_bytes: 0,
    };

    /// Brings a ciphertext as somebody whom the vault does not know.
    fn bring(state: &AppState, number: u64) -> Result<(), UploadError> {
        let bytes = number.to_be_bytes();
        let id = BlobId::from_bytes(Sha256::digest(bytes).into());
        let promise = BlobPromise { id, length: bytes.len() as u64 };
        let owner = Owner { name: "stranger".to_owned(), standing: OwnerKind::Stranger };
        let upload = UploadId::from_random(u128::from(number).to_be_bytes());
        state.uploads.begin(&owner, promise, upload, SystemTime::now())?;
        let mut upload = state.uploads.resume(upload, 0)?;
        upload.append(&bytes)?;
        upload.finish(&*state.blobs).map(drop)
    }

    #[test]
    fn ciphertext_that_waits_hides_none_that_is_proven() {
        let folder = tempfile::tempdir().unwrap();
        let account = |number| {
            let key = SigningKey::from_bytes(&[number; 32]).unwrap();
            (key.address(TransactionVersion::Testnet), key)
        };
        let ((vault, vault_key), (patient, key)) = (account(1), account(2));
        let contract = format!("{vault}.medical-records-management").parse().unwrap();
        let clock = || UnixTime::from_seconds(NOW);
        let chain = Arc::new(FakeChain::following(clock));
        let settings = GuardianSettings::new(vault, contract, ChainId::EMBEDDED);
        let header =
            Header { vault, contract: settings.contract.clone(), time: NOW, nonce: Hex([1; 16]) };
        let rng = Box::new(StdRng::seed_from_u64(1));
        let database = folder.path().join("guardian");
        let guardian = Guardian::open(
            &database,
            vault_key,
            Arc::clone(&chain) as _,
            Arc::new(clock),
            rng,
            settings,
        );
        let uploads = Uploads::open_folder(&folder.path().join("uploads"), LIMITS).unwrap();
        let state = AppState::new(
            Arc::new(guardian.unwrap()),
            Arc::new(FileStore::open_folder(folder.path()).unwrap()),
            Arc::new(uploads),
            VaultSettings { upload_idle: Duration::from_secs(60), ..VaultSettings::default() },
        );
        (0..=STRANGERS_AT_ONCE as u64).try_for_each(|number| bring(&state, number)).unwrap();
        // The last one in the folder.
        let proven = *state.uploads.of_strangers().unwrap().last().unwrap();
        let (sha256, record_id) = (Hex(*proven.as_bytes()), RecordId::new(7));
        let named = UploadRequest { sha256, length: 8, record_id, version: Version::FIRST };
        let signed = Signed::sign(named, header, ChainId::EMBEDDED, patient, &key).unwrap();
        state.guardian.admit_upload(&signed, Presence::Absent).unwrap();
        assert!(state.guardian.ciphertext_is_here(sha256, &signed.signer.into()).unwrap());
        chain.lock().create_with(record_id, patient, Some(sha256.0));
        for _ in 0..2 {
            state.sweep_uploads().unwrap();
        }
        let waiting = state.uploads.of_strangers().unwrap();
        assert_eq!(waiting.len(), STRANGERS_AT_ONCE);
        assert!(!waiting.contains(&proven));
    }
}
