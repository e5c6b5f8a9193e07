//! The key guardian: keeps shares, and releases one only against an entry in the contract's log.
//!
//! `docs/design/sealed-sharing.md` lists what it checks, and in which order. It trusts its own view of the chain
//! ([`ChainView`]) and its own clock ([`Clock`]). It trusts nothing that a client says but what the client signed. When
//! the chain, the clock or the disk is in doubt, it releases nothing. It knows no HTTP, and can open nothing of
//! what it keeps.
//!
//! Its folder has `vault.sqlite` (log, shares sealed under the keys of their slots, used entries), `epochs/` (a key file
//! for each slot) and `vault.lock`. The signing key is given when it is opened.

mod admission;
mod backup;
mod chain;
mod claims;
mod clock;
mod database_writer;
mod deposit;
mod deposits;
mod erase;
mod error;
pub mod faults;
mod finality;
mod key_slots;
mod log;
mod open;
mod proofs;
mod rate_limits;
mod reader_notes;
mod refusal_lines;
mod release;
mod rules;
mod salts;
mod sealing;
mod settings;
mod statistics;
mod store;
mod watch;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use mrms_stacks::keys::SigningKey;

use crate::protocol::{LogHead, RefusalReason, VaultCard, VaultReceipt};

pub use backup::{BackupKeys, Manifest, copy, restore};
pub use chain::{
    AnchoredLog, ChainBlock, ChainError, ChainTip, ChainView, DeclaredUnder, Delegation, Descent,
    EmergencyOpening, GrantsHeld, IncludedTransaction, Record, VersionOrigin,
};
pub use claims::{Presence, UploaderKind};
pub use clock::Clock;
pub use error::{BackupError, LogError, OpenError, StorageFailure, WatchError};
pub use finality::{accept_chain, acted_block};
pub use log::Anchor;
pub use proofs::Proven;
pub use settings::{CLOCK_WINDOW, GuardianSettings};
pub use statistics::Statistics;
pub use watch::{Sweep, WatchReport};

use clock::JudgedClock;
use database_writer::{DatabaseWriter, WrittenLine};
use finality::ChainMemory;
use key_slots::{KeySlotFolder, KeySlotId};
use rate_limits::RateLimits;
use statistics::Counters;
use store::{ReadConnections, Restored};

/// An open vault: the only one in its folder. Threads share it, and concurrent requests share commits.
pub struct Guardian {
    folder: PathBuf,
    key: SigningKey,
    settings: GuardianSettings,
    chain: Arc<dyn ChainView>,
    clock: Arc<JudgedClock>,
    writer: DatabaseWriter,
    reading: ReadConnections,
    key_slots: KeySlotFolder,
    rate_limits: Arc<Mutex<RateLimits>>,
    counters: Counters,
    chain_memory: ChainMemory,
    restored: Mutex<Option<Restored>>,
    swept: Mutex<watch::Swept>,
    // Last, so that the folder is unlocked after the writer has ended.
    _lock: mrms_files::FileLock,
}

impl Guardian {
    /// What the vault says about itself.
    #[must_use]
    pub fn card(&self) -> VaultCard {
        let Anchor { head, count } = self.anchor();
        VaultCard {
            vault: self.settings.vault,
            contract: self.settings.contract.clone(),
            chain_id: self.settings.chain_id.number(),
            log_count: count,
            log_head: head,
        }
    }

    /// Head and count of the durable log, for `anchor-vault-log`.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        let tip = self.writer.tip();
        Anchor { head: tip.head, count: tip.count }
    }

    /// Signs a receipt for a line that is in the log.
    fn receipt(&self, written: WrittenLine) -> Result<VaultReceipt, RefusalReason> {
        let GuardianSettings { vault, contract, chain_id, .. } = &self.settings;
        let WrittenLine { line, before } = written;
        VaultReceipt::sign(line, before, *vault, contract.clone(), *chain_id, &self.key)
            .map_err(|_| RefusalReason::LogUnavailable)
    }

    fn rate_limits(&self) -> std::sync::MutexGuard<'_, RateLimits> {
        self.rate_limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the vault was last restored.
    fn restored(&self) -> Option<Restored> {
        *self.restored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_restored(&self, restored: Restored) {
        *self.restored.lock().unwrap_or_else(PoisonError::into_inner) = Some(restored);
    }

    /// Destroys key files, then removes the keys from the list of those to destroy. The next sweep tries again
    /// what fails.
    fn destroy(&self, ids: Vec<KeySlotId>) -> Result<(), StorageFailure> {
        if ids.is_empty() {
            return Ok(());
        }
        for id in &ids {
            self.key_slots.destroy(*id)?;
        }
        self.writer.commit(move |transaction| store::forget_destroyed(transaction.connection, &ids))
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        let tallies = self.rate_limits().take_all();
        // Only counts are lost if the disk fails now.
        let _ = self.write_tallies(tallies);
        // The writer, which ends next, moves the database's log into its file. An open reader would keep it.
        self.reading.close_idle();
    }
}

impl std::fmt::Debug for Guardian {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guardian")
            .field("folder", &self.folder)
            .field("log", &LogHead::to_string(&self.anchor().head))
            .finish_non_exhaustive()
    }
}
