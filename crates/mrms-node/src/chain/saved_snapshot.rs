//! Saved snapshots: copies of the ledger on disk, to which it can be reverted. For tests and demonstrations.
//!
//! A snapshot is a SQLite file beside the ledger's, taken between two blocks. Opening the ledger again
//! deletes it. A revert replaces the ledger's rows by the snapshot's and records itself in the next block,
//! all in one database transaction. This module does not decide who may ask for a revert.

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::LedgerFailure;
use super::identifiers::BlockHash;
use super::store::{self, TABLES};
use super::units::BlockHeight;

const FOLDER: &str = "snapshots";
/// How many hexadecimal digits of the block's hash a snapshot's name contains.
const DIGITS: usize = 16;

/// Name of a saved snapshot, after the newest block in it: `HEIGHT-HASH`, the hash shortened to 16 digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotId {
    height: BlockHeight,
    digits: String,
}

impl SnapshotId {
    /// Parses what [`fmt::Display`] writes; none for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (height, digits) = text.split_once('-')?;
        let is_hash = digits.len() == DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let id = Self { height: BlockHeight::new(height.parse().ok()?), digits: digits.to_owned() };
        (is_hash && id.to_string() == text).then_some(id)
    }

    /// Height of the newest block in it.
    #[must_use]
    pub fn height(&self) -> BlockHeight {
        self.height
    }

    fn of(height: BlockHeight, hash: &BlockHash) -> Self {
        let digits = hex::encode(&hash.as_bytes()[..DIGITS / 2]);
        Self { height, digits }
    }

    fn path(&self, folder: &Path) -> PathBuf {
        folder.join(FOLDER).join(format!("{self}.sqlite"))
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.height, self.digits)
    }
}

/// Why the ledger was not reverted. It is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevertError {
    /// There is no such snapshot.
    #[error("no snapshot {snapshot}")]
    NoSuchSnapshot {
        /// The name that was given.
        snapshot: SnapshotId,
    },
    /// The ledger failed.
    #[error("ledger was not taken back")]
    Failed {
        /// The failure.
        #[source]
        failure: LedgerFailure,
    },
}

impl From<LedgerFailure> for RevertError {
    fn from(failure: LedgerFailure) -> Self {
        Self::Failed { failure }
    }
}

/// Saves a snapshot of the ledger as it is now. Returns the existing one when no block was made since.
pub(crate) fn save(connection: &Connection, folder: &Path) -> Result<SnapshotId, LedgerFailure> {
    let damaged = LedgerFailure::Damaged { what: "there is no block" };
    let tip = store::tip(connection)?.ok_or(damaged)?;
    let id = SnapshotId::of(tip.header.height, &tip.hash);
    let path = id.path(folder);
    if path.exists() {
        return Ok(id);
    }
    let storage = |error: std::io::Error| LedgerFailure::Storage { message: error.to_string() };
    mrms_files::make_private_folder(&folder.join(FOLDER)).map_err(storage)?;
    let unfinished = path.with_extension("new");
    // SQLite writes into an empty file and keeps the permissions that the file was created with.
    mrms_files::private_options()
        .create(true)
        .write(true)
        .truncate(true)
        .open(&unfinished)
        .map_err(storage)?;
    let name = unfinished.to_string_lossy();
    connection.execute("VACUUM INTO ?1", [name])?;
    std::fs::rename(&unfinished, &path).map_err(storage)?;
    Ok(id)
}

/// Attaches a snapshot's file, so that SQL can read its tables as `snapshot.…`.
pub(crate) fn attach(
    connection: &Connection,
    folder: &Path,
    id: &SnapshotId,
) -> Result<(), RevertError> {
    let path = id.path(folder);
    // An earlier revert may have failed to delete this file. Then its blocks are no longer on the chain.
    let ours = store::stored_block_at(connection, id.height)?;
    let is_ours = ours.is_some_and(|block| SnapshotId::of(id.height, &block.hash) == *id);
    if !path.is_file() || !is_ours {
        return Err(RevertError::NoSuchSnapshot { snapshot: id.clone() });
    }
    connection
        .execute("ATTACH DATABASE ?1 AS snapshot", [path.to_string_lossy()])
        .map_err(LedgerFailure::from)?;
    Ok(())
}

/// Replaces the ledger's rows by those of the attached snapshot, in the caller's database transaction.
pub(crate) fn restore(connection: &Connection) -> Result<(), LedgerFailure> {
    for name in TABLES {
        connection.execute_batch(&format!(
            "DELETE FROM main.{name}; INSERT INTO main.{name} SELECT * FROM snapshot.{name};"
        ))?;
    }
    Ok(())
}

/// Deletes the snapshots above a height: after a revert they contain dropped blocks.
pub(crate) fn forget_above(folder: &Path, height: BlockHeight) {
    delete(folder, |id| id.is_none_or(|id| id.height > height));
}

/// Deletes every snapshot.
pub(crate) fn forget_all(folder: &Path) {
    delete(folder, |_| true);
}

/// A file that cannot be deleted now only takes room. It is overwritten or deleted later.
fn delete(folder: &Path, is_unwanted: impl Fn(Option<SnapshotId>) -> bool) {
    let Ok(entries) = std::fs::read_dir(folder.join(FOLDER)) else { return };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let name = path.file_stem().and_then(|name| name.to_str());
        if is_unwanted(name.and_then(SnapshotId::parse)) {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_height_and_hash_name_a_snapshot() {
        let id = SnapshotId::of(BlockHeight::new(12), &BlockHash::new([0xab; 32]));
        assert_eq!(id.to_string(), "12-abababababababab");
        assert_eq!(SnapshotId::parse("12-abababababababab").unwrap(), id);
        for text in [
            "",
            "12",
            "12-ab",
            "012-abababababababab",
            "+12-abababababababab",
            "12-ABABABABABABABAB",
            "12-abababababababab/",
            "../12-abababababababab",
            "99999999999-abababababababab",
        ] {
            assert_eq!(SnapshotId::parse(text), None, "{text}");
        }
    }
}
