//! The vault's own row: whose vault it is, the highest block that it has acted on, and when it was restored.

use mrms_core::UnixTime;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::guardian::error::{Pins, StorageFailure};

/// The highest block that the vault has acted on.
pub(crate) fn acted_height(connection: &Connection) -> Result<u64, StorageFailure> {
    let height = connection
        .prepare_cached("SELECT acted_height FROM vault")?
        .query_row([], |row| row.get(0))?;
    Ok(height)
}

/// Remembers the block that the vault acts on, if it is the highest so far.
pub(crate) fn act_on(connection: &Connection, height: u64) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("UPDATE vault SET acted_height = ?1 WHERE acted_height < ?1")?
        .execute([i64::try_from(height).unwrap_or(i64::MAX)])?;
    Ok(())
}

/// When the vault was last restored: the chain's block height then, and the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Restored {
    pub(crate) height: u64,
    pub(crate) time: UnixTime,
}

/// When the vault was last restored from a copy.
pub(crate) fn restored(connection: &Connection) -> Result<Option<Restored>, StorageFailure> {
    let found: (Option<u64>, Option<u64>) =
        connection.query_row("SELECT restored_height, restored_time FROM vault", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(match found {
        (Some(height), Some(time)) => Some(Restored { height, time: UnixTime::from_seconds(time) }),
        _ => None,
    })
}

/// Remembers that the vault was restored, and the inode of its file now.
pub(crate) fn mark_restored(
    connection: &Connection,
    restored: Restored,
    place: Option<&str>,
) -> Result<(), StorageFailure> {
    connection.execute(
        "UPDATE vault SET restored_height = ?, restored_time = ?, place = ?",
        params![restored.height, restored.time.seconds(), place],
    )?;
    Ok(())
}

/// Whose vault it is, as stored, and the inode of its file.
pub(crate) struct StoredPins {
    pub(crate) account: String,
    pub(crate) contract: String,
    pub(crate) chain_id: u32,
    pub(crate) place: Option<String>,
}

/// Whose vault it is, as stored; `None` in a new one.
pub(crate) fn stored_pins(connection: &Connection) -> Result<Option<StoredPins>, StorageFailure> {
    let found = connection
        .query_row("SELECT account, contract, chain_id, place FROM vault", [], |row| {
            Ok(StoredPins {
                account: row.get(0)?,
                contract: row.get(1)?,
                chain_id: row.get(2)?,
                place: row.get(3)?,
            })
        })
        .optional()?;
    Ok(found)
}

/// Writes whose vault it is, into a new database.
pub(crate) fn pin(
    connection: &Connection,
    pins: &Pins,
    place: Option<&str>,
) -> Result<(), StorageFailure> {
    connection.execute(
        "INSERT INTO vault (one, account, contract, chain_id, place) VALUES (0, ?, ?, ?, ?)",
        params![pins.account.to_string(), pins.contract.to_string(), pins.chain_id.number(), place],
    )?;
    Ok(())
}
