//! Records that were erased, and who announced which ciphertext: an erasure deletes a ciphertext only when nobody else
//! has announced it.

use mrms_core::{Principal, RecordId};
use rusqlite::{Connection, params};

use super::encoding::{principal_bytes, record_bytes};
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

/// Remembers who announced a ciphertext.
pub(crate) fn put_upload(
    connection: &Connection,
    blob: &[u8; 32],
    uploader: &Principal,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO uploads (blob, uploader) VALUES (?, ?)")?
        .execute(params![&blob[..], principal_bytes(uploader)])?;
    Ok(())
}

/// Deletes the announcements of a ciphertext by these accounts. Returns whether nobody else has announced it.
pub(crate) fn drop_uploads(
    connection: &Connection,
    blob: &[u8; 32],
    uploaders: &[Principal],
) -> Result<bool, StorageFailure> {
    let mut delete =
        connection.prepare_cached("DELETE FROM uploads WHERE blob = ? AND uploader = ?")?;
    for uploader in uploaders {
        delete.execute(params![&blob[..], principal_bytes(uploader)])?;
    }
    let others =
        connection.prepare_cached("SELECT 1 FROM uploads WHERE blob = ?")?.exists([&blob[..]])?;
    Ok(!others)
}
