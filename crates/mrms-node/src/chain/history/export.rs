//! Exports a ledger's history and, to a separate file, the node's key.

use std::io::{self, Write};
use std::path::Path;

use crate::chain::error::{LedgerFailure, OpenError};
use crate::chain::history::format::{HistoryHead, HistoryWriter};
use crate::chain::key;
use crate::chain::mark;
use crate::chain::replay::{Difference, HistoricBlock};
use crate::chain::store;
use crate::chain::units::BlockHeight;

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
/// # Errors
/// [`ExportError`]; what was written so far is useless.
pub fn export(folder: &Path, out: impl Write) -> Result<HistoryHead, ExportError> {
    let failed = |error: rusqlite::Error| ExportError::Failed { failure: error.into() };
    let differs = |difference| ExportError::Differs { difference };
    let write = |source| ExportError::Write { source };
    mark::must_have_blocks(folder, &[]).map_err(|source| ExportError::Open { source })?;
    let stored = store::open_existing(folder).map_err(|source| ExportError::Open { source })?;
    // One database transaction: blocks that are added meanwhile are not seen.
    stored.execute_batch("BEGIN").map_err(failed)?;
    let tip = store::tip(&stored)
        .map_err(|failure| ExportError::Failed { failure })?
        .ok_or_else(|| differs(Difference::Genesis))?;
    let genesis = HistoricBlock::stored(&stored, BlockHeight::new(0)).map_err(differs)?;
    let head = HistoryHead { genesis: genesis.hash, height: tip.header.height, tip: tip.hash };
    let mut writer = HistoryWriter::begin(out, &head, &tip.header).map_err(write)?;
    writer.block(&genesis).map_err(write)?;
    for height in 1..=head.height.get() {
        let block = HistoricBlock::stored(&stored, BlockHeight::new(height)).map_err(differs)?;
        writer.block(&block).map_err(write)?;
    }
    writer.finish().map_err(write)?;
    Ok(head)
}

/// Writes the key of the node in `folder` to a new file at `path` that only its owner can read. Anyone who
/// has the key can sign blocks in the node's name.
///
/// # Errors
/// [`OpenError::NodeKey`] when there is no key, [`OpenError::File`] when `path` exists or cannot be written.
pub fn export_key(folder: &Path, path: &Path) -> Result<(), OpenError> {
    key::write_new(path, &key::read(folder)?)
}
