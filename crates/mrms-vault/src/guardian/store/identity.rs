//! The vault's own row: whose vault it is, the highest block that it has acted on, and when it was restored.

use mrms_core::UnixTime;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::guardian::chain::ChainBlock;
use crate::guardian::error::{Pins, StorageFailure};

/// The newest block that the vault acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Acted {
    pub(crate) height: u64,
    /// What tells it from others of its height. `None` if older software acted on it.
    pub(crate) id: Option<[u8; 32]>,
}

impl Acted {
    pub(crate) const fn on(block: &ChainBlock) -> Self {
        Self { height: block.height.number(), id: Some(block.id) }
    }
}

/// The newest block that the vault acted on.
pub(crate) fn acted(connection: &Connection) -> Result<Acted, StorageFailure> {
    let height: u64 =
        connection.query_row("SELECT acted_height FROM vault", [], |row| row.get(0))?;
    let id = connection
        .query_row("SELECT id FROM acted_block WHERE height = ?", [column(height)], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(Acted { height, id })
}

/// Remembers the block that the vault acts on, if it is the highest so far.
pub(crate) fn act_on(connection: &Connection, block: &ChainBlock) -> Result<(), StorageFailure> {
    let height = column(block.height.number());
    connection
        .prepare_cached("UPDATE vault SET acted_height = ?1 WHERE acted_height < ?1")?
        .execute([height])?;
    connection
        .prepare_cached(
            "INSERT INTO acted_block (one, height, id) VALUES (0, ?1, ?2)
             ON CONFLICT (one) DO UPDATE SET height = excluded.height, id = excluded.id
             WHERE acted_block.height < excluded.height",
        )?
        .execute(params![height, &block.id[..]])?;
    Ok(())
}

/// Remembers this block in place of the one that the vault acted on, which is on another chain.
pub(crate) fn change_over(
    connection: &Connection,
    block: &ChainBlock,
) -> Result<(), StorageFailure> {
    let height = column(block.height.number());
    connection.execute("UPDATE vault SET acted_height = ?", [height])?;
    connection.execute(
        "INSERT OR REPLACE INTO acted_block (one, height, id) VALUES (0, ?, ?)",
        params![height, &block.id[..]],
    )?;
    connection.execute("DELETE FROM proving_chain", [])?;
    Ok(())
}

/// Whether the chain has proved that a block lies above another.
pub(crate) fn chain_proves(connection: &Connection) -> Result<bool, StorageFailure> {
    let noted = "SELECT EXISTS (SELECT 1 FROM proving_chain)";
    Ok(connection.query_row(noted, [], |row| row.get(0))?)
}

/// Notes that the chain has proved that a block lies above another: from now on it must.
pub(crate) fn note_that_chain_proves(connection: &Connection) -> Result<(), StorageFailure> {
    connection.execute("INSERT OR IGNORE INTO proving_chain (one) VALUES (0)", [])?;
    Ok(())
}

/// A height as it is stored. No chain reaches the largest number.
fn column(height: u64) -> i64 {
    i64::try_from(height).unwrap_or(i64::MAX)
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

/// Remembers that the vault was restored.
pub(crate) fn note_restored(
    connection: &Connection,
    restored: Restored,
) -> Result<(), StorageFailure> {
    connection.execute(
        "UPDATE vault SET restored_height = ?, restored_time = ?",
        params![column(restored.height), restored.time.seconds()],
    )?;
    Ok(())
}

/// Remembers the inode of the vault's file.
pub(crate) fn note_place(
    connection: &Connection,
    place: Option<&str>,
) -> Result<(), StorageFailure> {
    connection.execute("UPDATE vault SET place = ?", [place])?;
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
