//! Copies a ledger for a backup, also while another process writes to it.
//!
//! SQLite copies its file in one read transaction, so the copy ends with a whole block. The node's key is
//! copied, too: without it the copy could be read, but could get no new blocks. The copy gets a mark of its own, of
//! its newest block.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::error::{LedgerFailure, OpenError};
use super::gap::Mark;
use super::identifiers::BlockHash;
use super::key;
use super::mark;
use super::store;
use super::units::BlockHeight;

/// What a copy contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Hash of block 0, which identifies the ledger.
    pub genesis: BlockHash,
    /// Height of the newest block.
    pub height: BlockHeight,
    /// Hash of the newest block.
    pub tip: BlockHash,
}

/// Copies the ledger in `folder`, with its key, to the folder `target`. Creates `target` when it does not
/// exist. Needs no lock. The copy is not durable yet when this returns.
///
/// # Errors
/// [`OpenError::Absent`] when there is no ledger in `folder`, [`OpenError::File`] when `target` cannot be
/// written or contains a ledger, [`OpenError::Failed`] when the ledger cannot be read or the disk is full.
pub fn copy(folder: &Path, target: &Path) -> Result<Copied, OpenError> {
    mark::must_have_blocks(folder, &[])?;
    let source = store::open_existing(folder)?;
    store::make_folder(target)?;
    // The key first: if this is interrupted, a key without a ledger does less harm than a ledger without its
    // key.
    copy_key(folder, target)?;
    let path = store::ledger_file(target);
    let file_error = |source| OpenError::File { path: path.clone(), source };
    // For its owner only from the beginning; SQLite writes into an empty file.
    mrms_files::private_options().write(true).create_new(true).open(&path).map_err(file_error)?;
    // SQLite takes names in UTF-8 only.
    let name = path.to_str().ok_or_else(|| file_error(io::ErrorKind::InvalidFilename.into()))?;
    source.execute("VACUUM INTO ?1", [name]).map_err(LedgerFailure::from)?;
    drop(source);
    let copy = store::open_existing(target)?;
    let no_chain = LedgerFailure::Damaged { what: "a ledger without block 0" };
    let first = store::stored_block_at(&copy, BlockHeight::new(0))?;
    let (first, tip) = first.zip(store::tip(&copy)?).ok_or(no_chain)?;
    let copied = Copied { genesis: first.hash, height: tip.header.height, tip: tip.hash };
    let Copied { genesis, height, tip: hash } = copied;
    mark::write_mark(&mark::path(target), &Mark { genesis, height, hash })?;
    Ok(copied)
}

/// Copies the node's key to another folder that has none.
pub(super) fn copy_key(folder: &Path, target: &Path) -> Result<(), OpenError> {
    let from = key::path(folder);
    let mut bytes = Zeroizing::new(Vec::with_capacity(128));
    std::fs::File::open(&from)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|source| OpenError::File { path: from, source })?;
    let to = key::path(target);
    mrms_files::private_options()
        .write(true)
        .create_new(true)
        .open(&to)
        .and_then(|mut file| file.write_all(&bytes))
        .map_err(|source| OpenError::File { path: to, source })
}
