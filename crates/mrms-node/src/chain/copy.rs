//! A copy of a ledger, for a backup: one moment of it, also while somebody else is writing.
//!
//! SQLite copies its own file in one read transaction, so that the copy ends with a whole block. The
//! node's key goes with it: without the key, the copy could be read but not go on.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::error::{LedgerFailure, OpenError};
use super::identifiers::BlockHash;
use super::key;
use super::private;
use super::store;
use super::units::BlockHeight;

/// What a copy holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Hash of block 0, which names the ledger.
    pub genesis: BlockHash,
    /// Height of the newest block.
    pub height: BlockHeight,
    /// Hash of the newest block.
    pub tip: BlockHash,
}

/// Copies the ledger in `folder`, with its key, to `target`: a folder without one, made when it is not
/// there. Needs no lock. Nothing in the copy is durable yet when this returns.
///
/// # Errors
/// [`OpenError`]: [`OpenError::Absent`] when there is no ledger, [`OpenError::File`] when `target` can't be
/// written or has a ledger, [`OpenError::Failed`] when the ledger can't be read or the disk is full.
pub fn copy(folder: &Path, target: &Path) -> Result<Copied, OpenError> {
    let source = store::open_existing(folder)?;
    store::make_folder(target)?;
    // The key first: a ledger without its key is the worse half.
    copy_key(folder, target)?;
    let path = store::ledger_file(target);
    let file_error = |source| OpenError::File { path: path.clone(), source };
    // For its owner only from the beginning; SQLite writes into an empty file.
    private::options().write(true).create_new(true).open(&path).map_err(file_error)?;
    // SQLite takes names in UTF-8 only.
    let name = path.to_str().ok_or_else(|| file_error(io::ErrorKind::InvalidFilename.into()))?;
    source.execute("VACUUM INTO ?1", [name]).map_err(LedgerFailure::from)?;
    drop(source);
    let copy = store::open_existing(target)?;
    let no_chain = LedgerFailure::Damaged { what: "a ledger without block 0" };
    let first = store::stored_block_at(&copy, BlockHeight::new(0))?;
    let (first, tip) = first.zip(store::tip(&copy)?).ok_or(no_chain)?;
    Ok(Copied { genesis: first.hash, height: tip.header.height, tip: tip.hash })
}

fn copy_key(folder: &Path, target: &Path) -> Result<(), OpenError> {
    let from = key::path(folder);
    let mut bytes = Zeroizing::new(Vec::with_capacity(128));
    std::fs::File::open(&from)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|source| OpenError::File { path: from, source })?;
    let to = key::path(target);
    private::options()
        .write(true)
        .create_new(true)
        .open(&to)
        .and_then(|mut file| file.write_all(&bytes))
        .map_err(|source| OpenError::File { path: to, source })
}
