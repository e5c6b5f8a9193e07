//! Notes for readers, sealed under the key of the slot that has the reader's shares.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::guardian::error::StorageFailure;
use crate::guardian::key_slots::KeySlotId;

/// Keeps the note of a slot. Replaces an older one.
pub(crate) fn put_reader_note(
    connection: &Connection,
    id: KeySlotId,
    sealed: &[u8],
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO reader_notes (epoch, sealed) VALUES (?, ?)")?
        .execute(params![&id.0[..], sealed])?;
    Ok(())
}

/// The note of a slot.
pub(crate) fn reader_note(
    connection: &Connection,
    id: KeySlotId,
) -> Result<Option<Vec<u8>>, StorageFailure> {
    let found = connection
        .prepare_cached("SELECT sealed FROM reader_notes WHERE epoch = ?")?
        .query_row([&id.0[..]], |row| row.get(0))
        .optional()?;
    Ok(found)
}
