//! How many rows the vault keeps, for metrics.

use rusqlite::Connection;

use crate::guardian::error::StorageFailure;

/// Rows that the vault keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StoredCounts {
    pub(crate) key_slots: u64,
    pub(crate) shares: u64,
    pub(crate) salts: u64,
    pub(crate) to_destroy: u64,
}

/// Counts the rows.
pub(crate) fn stored_counts(connection: &Connection) -> Result<StoredCounts, StorageFailure> {
    let count = |table: &str| -> Result<u64, StorageFailure> {
        let select = format!("SELECT count(*) FROM {table}");
        Ok(connection.prepare_cached(&select)?.query_row([], |row| row.get(0))?)
    };
    Ok(StoredCounts {
        key_slots: count("epochs")?,
        shares: count("shares")?,
        salts: count("salts")?,
        to_destroy: count("doomed")?,
    })
}
