//! Opening a vault: its folder, its pins, the end of its log, and what a kill or a restore left.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use mrms_core::ChainId;
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::TransactionVersion;
use rand_core::CryptoRng;
use rusqlite::Connection;

use super::Guardian;
use super::backup::{has_marker, remove_marker};
use super::budget::Budget;
use super::chain::ChainView;
use super::clock::Clock;
use super::epochs::{EPOCHS, EpochFolder};
use super::error::{OpenError, Pins, StorageFailure, WatchError};
use super::settings::GuardianSettings;
use super::statistics::Counters;
use super::store::{self, Reading, Restored, StoredPins};
use super::watch::Keyless;
use super::writer::Writer;

/// Lines at the log's end that are checked each time; all of them by [`Guardian::verify_log`].
const TAIL: u64 = 1_000;

impl Guardian {
    /// Opens the vault in `folder`, made if it is not there, and takes it for this process.
    ///
    /// Checks the end of the log, finishes erasures that were cut short, and, where the folder was
    /// restored from a backup or copied, looks at every grant before it returns: what was revoked
    /// meanwhile is deleted, and entries up to the chain's height of now are no longer taken.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open(
        folder: &Path,
        key: SigningKey,
        chain: Arc<dyn ChainView>,
        clock: Arc<dyn Clock>,
        rng: Box<dyn CryptoRng + Send>,
        settings: GuardianSettings,
    ) -> Result<Self, OpenError> {
        let accounts = [TransactionVersion::Mainnet, TransactionVersion::Testnet];
        if !accounts.map(|version| key.address(version)).contains(&settings.vault) {
            return Err(OpenError::Key { account: settings.vault });
        }
        let file_error = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenError::File { path, source }
        };
        mrms_files::make_private_folder(folder).map_err(file_error(folder))?;
        let lock = store::lock_folder(folder)?;
        let connection = store::open_writable(folder)?;
        let was_copied = check_pins(&connection, folder, &settings)?;
        let was_restored = was_copied || has_marker(folder);
        let tip = store::log_tip(&connection)?;
        store::verify_from(&connection, tip.count.saturating_sub(TAIL))?;
        let epochs = EpochFolder::open(folder).map_err(file_error(&folder.join(EPOCHS)))?;
        let acted_height = AtomicU64::new(store::acted_height(&connection)?);
        let restored = store::restored(&connection)?;
        let writer = Writer::start(folder, connection, Arc::clone(&clock), rng)?;
        let mut guardian = Self {
            folder: folder.to_owned(),
            key,
            settings,
            chain,
            clock,
            writer,
            reading: Reading::of(folder),
            epochs,
            budget: Mutex::new(Budget::default()),
            counters: Counters::default(),
            acted_height,
            restored,
            cursor: Mutex::new(None),
            _lock: lock,
        };
        guardian.tidy()?;
        if was_restored {
            guardian.settle_in()?;
        }
        Ok(guardian)
    }

    /// What a restored vault must do before it answers anyone.
    fn settle_in(&mut self) -> Result<(), OpenError> {
        let now = self.clock.now();
        let tip = self.chain.tip().map_err(WatchError::from)?;
        self.check_tip(&tip, now).map_err(|reason| WatchError::Distrusted { reason })?;
        self.sweep_all(Keyless::Go)?;
        let restored = Restored { height: tip.block_height.number(), time: now };
        let place = store::place_of(&self.folder)
            .map_err(StorageFailure::file("look at the database's file"))?;
        self.writer.commit(move |page| {
            store::mark_restored(page.connection, restored, place.as_deref())
        })?;
        self.restored = Some(restored);
        remove_marker(&self.folder)
            .map_err(StorageFailure::file("remove the mark of a restored vault"))?;
        Ok(())
    }
}

/// Writes or checks whose vault it is. Says whether the file is a copy of one that was elsewhere.
fn check_pins(
    connection: &Connection,
    folder: &Path,
    settings: &GuardianSettings,
) -> Result<bool, OpenError> {
    let place =
        store::place_of(folder).map_err(StorageFailure::file("look at the database's file"))?;
    let GuardianSettings { vault, contract, chain_id, .. } = settings;
    let Some(stored) = store::stored_pins(connection)? else {
        let pins = Pins { account: *vault, contract: contract.clone(), chain_id: *chain_id };
        store::pin(connection, &pins, place.as_deref())?;
        return Ok(false);
    };
    let fits = stored.account == vault.to_string()
        && stored.contract == contract.to_string()
        && stored.chain_id == chain_id.number();
    if !fits {
        let StoredPins { account, contract, chain_id, .. } = stored;
        let chain_id = ChainId::new(chain_id);
        return Err(OpenError::OtherVault { account, contract, chain_id });
    }
    Ok(stored.place != place)
}
