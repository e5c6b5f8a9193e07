//! Carries the blocks of a ledger after one that somebody has already, and adds them to a copy of the ledger that ends with
//! that one. For backups that carry what is new.

use std::io::{BufReader, Read, Write};
use std::path::Path;

use super::export::{BlocksUpTo, ExportError};
use super::format::{HistoryFileError, HistoryHead, HistoryReader, HistoryWriter};
use super::import::{ImportError, on_large_stack};
use crate::chain::gap::Mark;
use crate::chain::identifiers::SourceHash;
use crate::chain::mark;
use crate::chain::replay::{Keeps, Replay};
use crate::chain::store;
use crate::chain::units::BlockHeight;

/// Number of blocks that are committed together.
const BLOCKS_A_COMMIT: u32 = 500;

/// Writes the blocks of the ledger in `folder` after the block `below`, up to the newest one. The ledger may be in use
/// meanwhile.
///
/// # Errors
/// [`ExportError::TakenBack`] when `below` is not in the chain, or not any more; else as [`super::export`].
pub fn export_later(
    folder: &Path,
    below: &Mark,
    out: impl Write,
) -> Result<HistoryHead, ExportError> {
    let failed = |failure| ExportError::Failed { failure };
    let write = |source| ExportError::Write { source };
    mark::must_have_blocks(folder, &[]).map_err(|source| ExportError::Open { source })?;
    let stored = store::open_existing(folder).map_err(|source| ExportError::Open { source })?;
    let genesis = store::stored_block_at(&stored, BlockHeight::new(0)).map_err(failed)?;
    let tip = store::tip(&stored).map_err(failed)?;
    let (Some(genesis), Some(tip)) = (genesis, tip) else { return Err(ExportError::TakenBack) };
    if genesis.hash != below.genesis || below.height > tip.header.height {
        return Err(ExportError::TakenBack);
    }
    let head = HistoryHead { genesis: genesis.hash, height: tip.header.height, tip: tip.hash };
    let mut blocks = BlocksUpTo {
        stored: &stored,
        next: below.height.get().saturating_add(1),
        newest: Some(below.hash),
        end: head.height,
    };
    if blocks.was_taken_back()? {
        return Err(ExportError::TakenBack);
    }
    let mut writer = HistoryWriter::begin_after(out, below, &head, &tip.header).map_err(write)?;
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

/// Executes these blocks after the newest block of the ledger in `folder`, compares them, and adds them. Nobody else may
/// use the ledger. After a failure it may have some of them. Returns the newest block.
///
/// # Errors
/// [`ImportError::File`] when they do not follow its newest block, or the file is damaged; [`ImportError::Differs`].
pub fn append_later(
    folder: &Path,
    file: &mut (impl Read + Send),
    known: &[SourceHash],
) -> Result<Mark, ImportError> {
    on_large_stack(|| {
        let connection = store::open_writable(folder, None)?;
        let (mut reader, below) = HistoryReader::begin_after(BufReader::new(file))?;
        let mut replay = Replay::onto(&connection, known, Keeps::Everything)?;
        if replay.newest()? != below {
            return Err(HistoryFileError::Head { field: "block below" }.into());
        }
        connection.execute_batch("BEGIN IMMEDIATE")?;
        while let Some(block) = reader.block()? {
            if block.header.height.get().is_multiple_of(BLOCKS_A_COMMIT) {
                connection.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
            }
            replay.block(block)?;
        }
        connection.execute_batch("COMMIT")?;
        let newest = replay.newest()?;
        drop(replay);
        store::settle(&connection);
        connection.close().map_err(|(_, error)| error)?;
        mark::write_mark(&mark::path(folder), &newest)?;
        Ok(newest)
    })
}
