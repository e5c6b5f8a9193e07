//! What the vault has done since it was opened, and what it keeps: for metrics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::error::StorageFailure;
use super::{Guardian, store};
use crate::protocol::Reason;

/// Numbers of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Lines in the log.
    pub lines: u64,
    /// Time of the last line: seconds since 1970.
    pub last_line: u64,
    /// Readers and authors that something is kept for, by record.
    pub epochs: u64,
    /// Shares kept.
    pub shares: u64,
    /// Salts kept.
    pub salts: u64,
    /// Key files that must go and have not yet: more than 0 for long means that the disk refuses.
    pub keys_to_destroy: u64,
    /// The highest block of the chain that was acted on.
    pub acted_height: u64,
    /// Shares released since the vault was opened.
    pub released: u64,
    /// Deposits taken since then.
    pub deposited: u64,
    /// Records erased since then.
    pub erased: u64,
    /// Epochs that the watcher deleted since then.
    pub forgotten: u64,
    /// Messages refused since then, by reason.
    pub refused: Vec<(Reason, u64)>,
}

/// What is counted while the vault is open.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) released: AtomicU64,
    pub(crate) deposited: AtomicU64,
    pub(crate) erased: AtomicU64,
    pub(crate) forgotten: AtomicU64,
    refused: Mutex<BTreeMap<&'static str, (Reason, u64)>>,
}

impl Counters {
    pub(crate) fn refused(&self, reason: Reason) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.entry(reason.as_str()).or_insert((reason, 0)).1 += 1;
    }
}

impl Guardian {
    /// Numbers for metrics.
    ///
    /// # Errors
    ///
    /// [`StorageFailure`] when the database can't be read.
    pub fn statistics(&self) -> Result<Statistics, StorageFailure> {
        let kept = self.reading.ask(store::holdings)?;
        let (tip, counters) = (self.writer.tip(), &self.counters);
        let refused = counters.refused.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Statistics {
            lines: tip.count,
            last_line: tip.time.seconds(),
            epochs: kept.epochs,
            shares: kept.shares,
            salts: kept.salts,
            keys_to_destroy: kept.doomed,
            acted_height: self.acted_height.load(Ordering::Acquire),
            released: counters.released.load(Ordering::Relaxed),
            deposited: counters.deposited.load(Ordering::Relaxed),
            erased: counters.erased.load(Ordering::Relaxed),
            forgotten: counters.forgotten.load(Ordering::Relaxed),
            refused: refused.values().copied().collect(),
        })
    }
}
