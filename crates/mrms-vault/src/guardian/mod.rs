//! The key guardian: keeps shares, and lets one go only against an entry in the contract's log.
//!
//! What it checks, and in which order, is told in `docs/design/sealed-sharing.md`. It believes its
//! own view of the chain ([`ChainView`]) and its own clock ([`Clock`]), and nothing that a client
//! says beyond what the client signed. When the chain, the clock or the disk is in doubt it
//! releases nothing. It knows no HTTP, and can open nothing of what it keeps.
//!
//! In its folder: `vault.sqlite` (log, shares under epoch keys, what was used), `epochs/` (a key
//! file for each holder), `vault.lock`. The signing key is given when it is opened.

mod admission;
mod backup;
mod budget;
mod chain;
mod clock;
mod deposit;
mod epochs;
mod erase;
mod error;
pub mod faults;
mod log;
mod open;
mod release;
mod rules;
mod salts;
mod sealing;
mod settings;
mod statistics;
mod store;
mod subject;
mod watch;
mod writer;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mrms_stacks::keys::SigningKey;

use crate::protocol::{LogHead, Reason, Receipt, VaultCard};

pub use backup::{EpochKeys, Manifest, copy, restore};
pub use chain::{
    ChainError, ChainTip, ChainView, EmergencyOpening, GrantsHeld, IncludedTransaction, Record,
    VersionOrigin,
};
pub use clock::Clock;
pub use error::{BackupError, LogError, OpenError, StorageFailure, WatchError};
pub use log::Anchor;
pub use settings::{CLOCK_WINDOW, GuardianSettings};
pub use statistics::Statistics;
pub use watch::{Sweep, WatchReport};

use budget::Budget;
use epochs::{EpochFolder, EpochId};
use statistics::Counters;
use store::{Reading, Restored};
use writer::{Writer, Written};

/// A vault that is open: the only one in its folder. Shared between threads; concurrent requests
/// share commits.
pub struct Guardian {
    folder: PathBuf,
    key: SigningKey,
    settings: GuardianSettings,
    chain: Arc<dyn ChainView>,
    clock: Arc<dyn Clock>,
    writer: Writer,
    reading: Reading,
    epochs: EpochFolder,
    budget: Mutex<Budget>,
    counters: Counters,
    /// The highest block that was acted on, as stored.
    acted_height: AtomicU64,
    restored: Option<Restored>,
    cursor: Mutex<Option<EpochId>>,
    // Last, so that the folder is let go of when the writer has ended.
    _lock: mrms_files::FileLock,
}

impl Guardian {
    /// What the vault says of itself.
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

    /// The vault's signed word that a line stands in its log.
    fn receipt(&self, written: Written) -> Result<Receipt, Reason> {
        let GuardianSettings { vault, contract, chain_id, .. } = &self.settings;
        let Written { line, before } = written;
        Receipt::sign(line, before, *vault, contract.clone(), *chain_id, &self.key)
            .map_err(|_| Reason::LogUnavailable)
    }

    fn budget(&self) -> std::sync::MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note that something was done on the word of the chain up to this height.
    fn acted_on(&self, height: u64) {
        self.acted_height.fetch_max(height, Ordering::AcqRel);
    }

    /// Destroys the files of doomed keys, then strikes the keys off. What does not succeed is
    /// taken up by the next sweep.
    fn destroy(&self, ids: Vec<EpochId>) -> Result<(), StorageFailure> {
        if ids.is_empty() {
            return Ok(());
        }
        for id in &ids {
            self.epochs.destroy(*id)?;
        }
        self.writer.commit(move |page| store::forget_doomed(page.connection, &ids))
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        let tallies = self.budget().take_all();
        // Counts only: where the disk fails now, nothing that matters is lost.
        let _ = self.write_tallies(tallies);
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
