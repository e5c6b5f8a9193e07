//! Going back: copies of the ledger as it stood, and taking it back to one of them. For tests.
//!
//! A copy is a file beside the ledger's, taken between two blocks, and lives until the ledger is opened the
//! next time. Going back puts the copy's rows in place of the ledger's and says so in the next block, all in
//! one transaction of the file. Who may ask for it is not decided here.

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::LedgerFailure;
use super::identifiers::BlockHash;
use super::private;
use super::store::{self, TABLES};
use super::units::BlockHeight;

const FOLDER: &str = "snapshots";
/// How much of a block's hash is in a snapshot's name, in hexadecimal digits.
const DIGITS: usize = 16;

/// Names a snapshot by the newest block in it: `HEIGHT-HASH`, the hash shortened to 16 digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotId {
    height: BlockHeight,
    digits: String,
}

impl SnapshotId {
    /// Reads what [`fmt::Display`] writes; none for any other text.
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

/// Why the ledger was not taken back. It is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevertError {
    /// There is no such snapshot.
    #[error("no snapshot {snapshot}")]
    NoSuchSnapshot {
        /// Which.
        snapshot: SnapshotId,
    },
    /// The ledger failed.
    #[error("ledger was not taken back")]
    Failed {
        /// Why.
        #[source]
        failure: LedgerFailure,
    },
}

impl From<LedgerFailure> for RevertError {
    fn from(failure: LedgerFailure) -> Self {
        Self::Failed { failure }
    }
}

/// Takes a snapshot of the ledger as it stands. The same again when nothing has happened since.
pub(crate) fn take(connection: &Connection, folder: &Path) -> Result<SnapshotId, LedgerFailure> {
    let damaged = LedgerFailure::Damaged { what: "there is no block" };
    let tip = store::tip(connection)?.ok_or(damaged)?;
    let id = SnapshotId::of(tip.header.height, &tip.hash);
    let path = id.path(folder);
    if path.exists() {
        return Ok(id);
    }
    let storage = |error: std::io::Error| LedgerFailure::Storage { message: error.to_string() };
    private::make_folder(&folder.join(FOLDER)).map_err(storage)?;
    let unfinished = path.with_extension("new");
    // SQLite fills an empty file, which keeps the mode that it was made with.
    private::options()
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

/// Makes a snapshot's tables readable as `snapshot.…`.
pub(crate) fn attach(
    connection: &Connection,
    folder: &Path,
    id: &SnapshotId,
) -> Result<(), RevertError> {
    let path = id.path(folder);
    // One that could not be removed when the chain went back is of another past.
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

/// Puts the attached snapshot's rows in place of the ledger's, in the caller's transaction.
pub(crate) fn restore(connection: &Connection) -> Result<(), LedgerFailure> {
    for table in TABLES {
        let name = table.name;
        connection.execute_batch(&format!(
            "DELETE FROM main.{name}; INSERT INTO main.{name} SELECT * FROM snapshot.{name};"
        ))?;
    }
    Ok(())
}

/// Removes the snapshots above a height: what they hold is no longer this chain's past.
pub(crate) fn forget_above(folder: &Path, height: BlockHeight) {
    remove(folder, |id| id.is_none_or(|id| id.height > height));
}

/// Removes every snapshot.
pub(crate) fn forget_all(folder: &Path) {
    remove(folder, |_| true);
}

/// What cannot be removed now takes room and is overwritten or removed later.
fn remove(folder: &Path, unwanted: impl Fn(Option<SnapshotId>) -> bool) {
    let Ok(entries) = std::fs::read_dir(folder.join(FOLDER)) else { return };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let name = path.file_stem().and_then(|name| name.to_str());
        if unwanted(name.and_then(SnapshotId::parse)) {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn snapshot_is_named_by_height_and_hash_and_by_nothing_else() {
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
