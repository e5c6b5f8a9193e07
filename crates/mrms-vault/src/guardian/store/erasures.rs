//! Records that were erased.

use mrms_core::RecordId;
use rusqlite::{Connection, params};

use super::encoding::record_bytes;
use crate::guardian::error::StorageFailure;

/// Whether a record was erased for good.
pub(crate) fn is_erased(connection: &Connection, record: RecordId) -> Result<bool, StorageFailure> {
    let found = connection
        .prepare_cached("SELECT 1 FROM erased WHERE record = ?")?
        .exists([record_bytes(record)])?;
    Ok(found)
}

/// Marks a record as erased, with the number of the line about it.
pub(crate) fn mark_erased(
    connection: &Connection,
    record: RecordId,
    number: u64,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO erased (record, number) VALUES (?, ?)")?
        .execute(params![record_bytes(record), number])?;
    Ok(())
}
