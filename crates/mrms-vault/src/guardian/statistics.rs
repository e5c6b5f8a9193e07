//! [`Statistics`]: what the vault has done since it was opened, and how much it keeps. For metrics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::error::StorageFailure;
use super::{Guardian, store};
use crate::protocol::RefusalReason;

/// The vault's figures at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Lines in the log.
    pub lines: u64,
    /// Time of the last line: seconds since 1970.
    pub last_line: u64,
    /// Key slots: readers and authors for whom something is kept, counted for each record.
    pub key_slots: u64,
    /// Shares kept.
    pub shares: u64,
    /// Salts kept.
    pub salts: u64,
    /// Key files that must be destroyed and are not yet. If it stays above 0, the disk fails.
    pub keys_to_destroy: u64,
    /// The highest block of the chain that the vault has acted on.
    pub acted_height: u64,
    /// Whether lines are missing from the log that were anchored: an older state of the vault was put back.
    pub log_was_cut: bool,
    /// Shares released since the vault was opened.
    pub released: u64,
    /// Deposits taken since then.
    pub deposited: u64,
    /// Records erased since then.
    pub erased: u64,
    /// Slots and salts that the watcher deleted since then.
    pub forgotten: u64,
    /// Messages refused since then, by reason.
    pub refused: Vec<(RefusalReason, u64)>,
}

/// Counts since the vault was opened.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) released: AtomicU64,
    pub(crate) deposited: AtomicU64,
    pub(crate) erased: AtomicU64,
    pub(crate) forgotten: AtomicU64,
    refused: Mutex<BTreeMap<&'static str, (RefusalReason, u64)>>,
}

impl Counters {
    pub(crate) fn refused(&self, reason: RefusalReason) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.entry(reason.as_str()).or_insert((reason, 0)).1 += 1;
    }
}

impl Guardian {
    /// Figures for metrics.
    ///
    /// # Errors
    ///
    /// [`StorageFailure`] when the database can't be read.
    pub fn statistics(&self) -> Result<Statistics, StorageFailure> {
        let kept = self.reading.ask(store::stored_counts)?;
        let (tip, counters) = (self.writer.tip(), &self.counters);
        let refused = counters.refused.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Statistics {
            lines: tip.count,
            last_line: tip.time.seconds(),
            key_slots: kept.key_slots,
            shares: kept.shares,
            salts: kept.salts,
            keys_to_destroy: kept.to_destroy,
            acted_height: self.chain_memory.acted_height(),
            log_was_cut: self.chain_memory.log_was_cut(),
            released: counters.released.load(Ordering::Relaxed),
            deposited: counters.deposited.load(Ordering::Relaxed),
            erased: counters.erased.load(Ordering::Relaxed),
            forgotten: counters.forgotten.load(Ordering::Relaxed),
            refused: refused.values().copied().collect(),
        })
    }
}
