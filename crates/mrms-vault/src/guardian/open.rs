//! Opens a vault: locks its folder, checks whose it is and how its log ends, and finishes what a kill or a restore left.

use std::path::Path;
use std::sync::{Arc, Mutex};

use mrms_core::ChainId;
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::TransactionVersion;
use rand_core::CryptoRng;
use rusqlite::Connection;

use super::Guardian;
use super::backup::{has_marker, remove_marker};
use super::chain::ChainView;
use super::clock::{Clock, JudgedClock};
use super::database_writer::DatabaseWriter;
use super::error::{OpenError, Pins, StorageFailure, WatchError};
use super::finality::ChainMemory;
use super::key_slots::{KEY_SLOTS, KeySlotFolder};
use super::settings::GuardianSettings;
use super::statistics::Counters;
use super::store::{self, ReadConnections, Restored, StoredPins};
use super::watch::Keyless;

/// Lines at the log's end that an opening checks. [`Guardian::verify_log`] checks all.
const TAIL: u64 = 1_000;
/// The same for a vault that was closed in order: a home's own vault is opened for each command.
const TAIL_IN_ORDER: u64 = 100;

impl Guardian {
    /// Opens the vault in `folder`, which is made if it does not exist, and locks it for this process.
    ///
    /// Checks the end of the log and finishes erasures that were interrupted. If the folder was copied or restored from
    /// a backup, it checks every grant before it returns: what was revoked meanwhile is deleted, and entries up to the
    /// chain's current height are no longer accepted.
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
        let key_slots = KeySlotFolder::open(folder).map_err(file_error(&folder.join(KEY_SLOTS)))?;
        if was_restored {
            key_slots.set_tidy(false);
        }
        let tip = store::log_tip(&connection)?;
        let tail = if key_slots.is_tidy() { TAIL_IN_ORDER } else { TAIL };
        store::verify_from(&connection, tip.count.saturating_sub(tail))?;
        let (acted, proves) = (store::acted(&connection)?, store::chain_proves(&connection)?);
        let chain_memory = ChainMemory::new(acted, proves);
        let clock = Arc::new(JudgedClock::new(clock, tip.time));
        let restored = store::restored(&connection)?;
        let writer = DatabaseWriter::start(key_slots.clone(), connection, Arc::clone(&clock), rng)?;
        let guardian = Self {
            folder: folder.to_owned(),
            key,
            settings,
            chain,
            clock,
            writer,
            reading: ReadConnections::of(folder),
            key_slots,
            rate_limits: Arc::default(),
            counters: Counters::default(),
            chain_memory,
            restored: Mutex::new(restored),
            swept: Mutex::default(),
            _lock: lock,
        };
        guardian.tidy()?;
        if was_restored {
            guardian.settle_in()?;
        }
        Ok(guardian)
    }

    /// What a restored vault must do before it answers its first request.
    fn settle_in(&self) -> Result<(), OpenError> {
        let now = self.clock.now();
        let seen = self.look_at_chain(now).map_err(WatchError::from)?;
        self.sweep_all(Keyless::Go)?;
        let restored = Restored { height: seen.tip.block_height.number(), time: now };
        let place = store::place_of(&self.folder)
            .map_err(StorageFailure::file("look at the database's file"))?;
        self.writer.commit(move |transaction| {
            store::note_restored(transaction.connection, restored)?;
            store::note_place(transaction.connection, place.as_deref())
        })?;
        self.set_restored(restored);
        remove_marker(&self.folder)
            .map_err(StorageFailure::file("remove the mark of a restored vault"))?;
        Ok(())
    }
}

/// Writes or checks whose vault it is. Returns whether the database is a copy.
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
