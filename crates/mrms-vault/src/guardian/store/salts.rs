//! Erasure salts, sealed under the key of their slot.

use mrms_core::{BurnHeight, Principal, RecordId, Version};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::encoding::{principal_bytes, record_bytes, stored_height};
use crate::guardian::error::StorageFailure;
use crate::guardian::key_slots::KeySlotId;

/// A salt, sealed under the key of its slot.
pub(crate) struct StoredSalt {
    pub(crate) sealed: Vec<u8>,
    pub(crate) on_chain: bool,
}

/// The salt of a version.
pub(crate) fn salt(
    connection: &Connection,
    id: KeySlotId,
    version: Version,
) -> Result<Option<StoredSalt>, StorageFailure> {
    let Ok(version) = i64::try_from(version.number()) else { return Ok(None) };
    let found = connection
        .prepare_cached("SELECT sealed, on_chain FROM salts WHERE epoch = ? AND version = ?")?
        .query_row(params![&id.0[..], version], |row| {
            Ok(StoredSalt { sealed: row.get(0)?, on_chain: row.get(1)? })
        })
        .optional()?;
    Ok(found)
}

/// Whether anybody left a salt for a version.
pub(crate) fn has_salt(
    connection: &Connection,
    record: RecordId,
    version: Version,
) -> Result<bool, StorageFailure> {
    let Ok(version) = i64::try_from(version.number()) else { return Ok(false) };
    let found = connection
        .prepare_cached(
            "SELECT 1 FROM epochs JOIN salts ON salts.epoch = epochs.id
             WHERE epochs.record = ? AND epochs.kind = 1 AND salts.version = ?",
        )?
        .exists(params![record_bytes(record), version])?;
    Ok(found)
}

/// Keeps a salt. Replaces an older one.
pub(crate) fn put_salt(
    connection: &Connection,
    id: KeySlotId,
    version: Version,
    left_at: BurnHeight,
    on_chain: bool,
    sealed: &[u8],
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO salts (epoch, version, left_at, on_chain, sealed)
             VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![&id.0[..], version.number(), stored_height(left_at), on_chain, sealed])?;
    Ok(())
}

/// Versions of a slot's salts that were not seen on the chain yet, with the height at which each was left.
pub(crate) fn waiting_salts(
    connection: &Connection,
    id: KeySlotId,
) -> Result<Vec<(Version, BurnHeight)>, StorageFailure> {
    let select = "SELECT version, left_at FROM salts WHERE epoch = ? AND on_chain = 0";
    let mut statement = connection.prepare_cached(select)?;
    let mut rows = statement.query([&id.0[..]])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let version = Version::new(row.get(0)?);
        let version = version.ok_or(StorageFailure::Damaged { what: "a salt" })?;
        found.push((version, BurnHeight::new(row.get(1)?)));
    }
    Ok(found)
}

/// The number of salts of one account that wait for their versions.
pub(crate) fn salts_waiting_of(
    connection: &Connection,
    account: &Principal,
) -> Result<u64, StorageFailure> {
    let select = "SELECT count(*) FROM epochs JOIN salts ON salts.epoch = epochs.id
                  WHERE epochs.holder = ? AND epochs.kind = 1 AND salts.on_chain = 0";
    let mut count = connection.prepare_cached(select)?;
    Ok(count.query_row([principal_bytes(account)], |row| row.get(0))?)
}

/// The number of all salts that wait for their versions.
pub(crate) fn all_salts_waiting(connection: &Connection) -> Result<u64, StorageFailure> {
    let select = "SELECT count(*) FROM salts WHERE on_chain = 0";
    Ok(connection.prepare_cached(select)?.query_row([], |row| row.get(0))?)
}

/// Whether a slot has a salt.
pub(crate) fn has_salts(connection: &Connection, id: KeySlotId) -> Result<bool, StorageFailure> {
    Ok(connection.prepare_cached("SELECT 1 FROM salts WHERE epoch = ?")?.exists([&id.0[..]])?)
}

/// Remembers that a salt's version was seen on the chain.
pub(crate) fn mark_on_chain(
    connection: &Connection,
    id: KeySlotId,
    version: Version,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("UPDATE salts SET on_chain = 1 WHERE epoch = ? AND version = ?")?
        .execute(params![&id.0[..], version.number()])?;
    Ok(())
}

/// Deletes a salt, unless its version was seen on the chain meanwhile. Returns whether it did.
pub(crate) fn drop_waiting_salt(
    connection: &Connection,
    id: KeySlotId,
    version: Version,
    left_at: BurnHeight,
) -> Result<bool, StorageFailure> {
    let deleted = connection
        .prepare_cached(
            "DELETE FROM salts WHERE epoch = ? AND version = ? AND left_at = ? AND on_chain = 0",
        )?
        .execute(params![&id.0[..], version.number(), stored_height(left_at)])?;
    Ok(deleted > 0)
}
