//! Shares and the pair headers that they need, both sealed under the key of their slot.

use mrms_core::Version;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::guardian::error::StorageFailure;
use crate::guardian::key_slots::KeySlotId;

/// An epoch as it is stored: SQLite has signed integers only.
const fn column(epoch: u64) -> i64 {
    epoch.cast_signed()
}

/// Keeps a pair header.
pub(crate) fn put_header(
    connection: &Connection,
    id: KeySlotId,
    epoch: u64,
    sealed: &[u8],
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO pair_headers (epoch, pair, sealed) VALUES (?, ?, ?)",
        )?
        .execute(params![&id.0[..], column(epoch), sealed])?;
    Ok(())
}

/// Keeps a share. Returns whether it replaces an older one.
pub(crate) fn put_share(
    connection: &Connection,
    id: KeySlotId,
    version: Version,
    epoch: u64,
    sealed: &[u8],
) -> Result<bool, StorageFailure> {
    let replaces = connection
        .prepare_cached("SELECT 1 FROM shares WHERE epoch = ? AND version = ?")?
        .exists(params![&id.0[..], version.number()])?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO shares (epoch, version, pair, sealed) VALUES (?, ?, ?, ?)",
        )?
        .execute(params![&id.0[..], version.number(), column(epoch), sealed])?;
    Ok(replaces)
}

/// Deletes pair headers that no share refers to.
pub(crate) fn drop_unused_headers(
    connection: &Connection,
    id: KeySlotId,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached(
            "DELETE FROM pair_headers WHERE epoch = ?1
             AND pair NOT IN (SELECT pair FROM shares WHERE epoch = ?1)",
        )?
        .execute([&id.0[..]])?;
    Ok(())
}

/// A share and its pair header, both sealed under the key of their slot.
pub(crate) struct StoredShare {
    pub(crate) epoch: u64,
    pub(crate) share: Vec<u8>,
    pub(crate) header: Vec<u8>,
}

/// The share of a version.
pub(crate) fn share(
    connection: &Connection,
    id: KeySlotId,
    version: Version,
) -> Result<Option<StoredShare>, StorageFailure> {
    let Ok(version) = i64::try_from(version.number()) else { return Ok(None) };
    let found = connection
        .prepare_cached(
            "SELECT shares.pair, shares.sealed, pair_headers.sealed FROM shares
             JOIN pair_headers USING (epoch, pair) WHERE shares.epoch = ? AND version = ?",
        )?
        .query_row(params![&id.0[..], version], |row| {
            let epoch: i64 = row.get(0)?;
            Ok(StoredShare {
                epoch: epoch.cast_unsigned(),
                share: row.get(1)?,
                header: row.get(2)?,
            })
        })
        .optional()?;
    Ok(found)
}
