//! Exports a ledger's history and, to a separate file, the node's key.

use std::io::{self, Write};
use std::path::Path;

use rusqlite::Connection;

use crate::chain::error::{LedgerFailure, OpenError};
use crate::chain::history::format::{HistoryHead, HistoryWriter};
use crate::chain::identifiers::BlockHash;
use crate::chain::key;
use crate::chain::mark;
use crate::chain::replay::{Difference, HistoricBlock};
use crate::chain::store;
use crate::chain::units::BlockHeight;

/// So many bytes of blocks are read in one snapshot, and are in memory at once.
const BYTES_A_SNAPSHOT: usize = 4 * 1024 * 1024;
/// What a block counts for without its transactions.
const HEADER_BYTES: usize = 500;

/// Why a history was not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The ledger does not open.
    #[error("ledger does not open")]
    Open {
        /// The cause.
        #[source]
        source: OpenError,
    },
    /// A block is missing or cannot be decoded.
    #[error("ledger is not sound")]
    Differs {
        /// What is missing or cannot be decoded.
        #[source]
        difference: Difference,
    },
    /// Blocks that were to be exported are no longer in the chain.
    #[error("the ledger was taken back while it was exported")]
    TakenBack,
    /// Reading the ledger failed.
    #[error("ledger cannot be read")]
    Failed {
        /// The failure.
        #[source]
        failure: LedgerFailure,
    },
    /// Writing the history failed.
    #[error("history cannot be written")]
    Write {
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Writes the history of the ledger in `folder` as it is now. The ledger may be in use meanwhile. The same
/// chain always gives the same bytes. This executes nothing: [`super::check_export`] does.
///
/// It reads blocks in short snapshots, so that the database's log does not grow beside it.
///
/// # Errors
/// [`ExportError`], [`ExportError::TakenBack`] among them; what was written so far is useless.
pub fn export(folder: &Path, out: impl Write) -> Result<HistoryHead, ExportError> {
    let differs = |difference| ExportError::Differs { difference };
    let write = |source| ExportError::Write { source };
    mark::must_have_blocks(folder, &[]).map_err(|source| ExportError::Open { source })?;
    let stored = store::open_existing(folder).map_err(|source| ExportError::Open { source })?;
    let tip = store::tip(&stored)
        .map_err(|failure| ExportError::Failed { failure })?
        .ok_or_else(|| differs(Difference::Genesis))?;
    let genesis = HistoricBlock::stored(&stored, BlockHeight::new(0)).map_err(differs)?;
    let head = HistoryHead { genesis: genesis.hash, height: tip.header.height, tip: tip.hash };
    let mut writer = HistoryWriter::begin(out, &head, &tip.header).map_err(write)?;
    let mut blocks = BlocksUpTo { stored: &stored, next: 0, newest: None, end: head.height };
    while let Some(batch) = blocks.batch()? {
        for block in &batch {
            writer.block(block).map_err(write)?;
        }
    }
    if blocks.newest != Some(head.tip) {
        return Err(ExportError::TakenBack);
    }
    writer.finish().map_err(write)?;
    Ok(head)
}

/// Reads the blocks up to a height, some at a time, each time in a snapshot of its own.
pub(super) struct BlocksUpTo<'a> {
    pub(super) stored: &'a Connection,
    pub(super) next: u32,
    pub(super) newest: Option<BlockHash>,
    pub(super) end: BlockHeight,
}

impl BlocksUpTo<'_> {
    /// The next blocks; none after the last one.
    pub(super) fn batch(&mut self) -> Result<Option<Vec<HistoricBlock>>, ExportError> {
        let failed = |error: rusqlite::Error| ExportError::Failed { failure: error.into() };
        self.stored.execute_batch("BEGIN").map_err(failed)?;
        let batch = self.read();
        self.stored.execute_batch("COMMIT").map_err(failed)?;
        batch.map(|batch| (!batch.is_empty()).then_some(batch))
    }

    fn read(&mut self) -> Result<Vec<HistoricBlock>, ExportError> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while self.next <= self.end.get() && bytes < BYTES_A_SNAPSHOT {
            let height = BlockHeight::new(self.next);
            let block = match HistoricBlock::stored(self.stored, height) {
                Ok(block) if self.newest.is_some_and(|newest| newest != block.header.parent) => {
                    Err(Difference::Header { height, field: "parent" })
                }
                block => block,
            };
            let block = match block {
                Err(_) if self.was_taken_back()? => return Err(ExportError::TakenBack),
                block => block.map_err(|difference| ExportError::Differs { difference })?,
            };
            let lengths = block.contents.iter().map(|(raw, receipt)| raw.len() + receipt.len());
            bytes += HEADER_BYTES + lengths.sum::<usize>();
            (self.newest, self.next) = (Some(block.hash), self.next + 1);
            batch.push(block);
        }
        Ok(batch)
    }

    /// Whether the newest block that was read is no longer in the chain.
    pub(super) fn was_taken_back(&self) -> Result<bool, ExportError> {
        let Some(height) = self.next.checked_sub(1) else { return Ok(false) };
        let block = store::stored_block_at(self.stored, BlockHeight::new(height));
        let block = block.map_err(|failure| ExportError::Failed { failure })?;
        Ok(block.map(|block| block.hash) != self.newest)
    }
}

/// Writes the key of the node in `folder` to a new file at `path` that only its owner can read. Anyone who
/// has the key can sign blocks in the node's name.
///
/// # Errors
/// [`OpenError::NodeKey`] when there is no key, [`OpenError::File`] when `path` exists or cannot be written.
pub fn export_key(folder: &Path, path: &Path) -> Result<(), OpenError> {
    key::write_new(path, &key::read(folder)?)
}
