//! What must not happen twice: a request, and a release against an entry. And whose vault this is.

use mrms_core::{RecordId, StandardPrincipal, UnixTime};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{principal_bytes, record_bytes};
use crate::guardian::error::{Pins, StorageFailure};
use crate::guardian::settings::CLOCK_WINDOW;
use crate::protocol::Nonce;

/// Whether this request came before.
pub(crate) fn was_made(
    connection: &Connection,
    signer: &StandardPrincipal,
    nonce: &Nonce,
) -> Result<bool, StorageFailure> {
    let found = connection
        .prepare_cached("SELECT 1 FROM requests WHERE signer = ? AND nonce = ?")?
        .exists(params![principal_bytes(&(*signer).into()), &nonce.0[..]])?;
    Ok(found)
}

/// Remembers a request.
pub(crate) fn remember(
    connection: &Connection,
    signer: &StandardPrincipal,
    nonce: &Nonce,
    time: UnixTime,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("INSERT INTO requests (signer, nonce, time) VALUES (?, ?, ?)")?
        .execute(params![principal_bytes(&(*signer).into()), &nonce.0[..], time.seconds()])?;
    Ok(())
}

/// Forgets requests that no clock lets in again: the vault's own may be one window before the
/// newest line before it is distrusted, and a message's may be off by another.
pub(crate) fn forget_requests(
    connection: &Connection,
    newest_line: UnixTime,
) -> Result<(), StorageFailure> {
    let before = newest_line.seconds().saturating_sub(2 * CLOCK_WINDOW);
    connection.prepare_cached("DELETE FROM requests WHERE time < ?")?.execute([before])?;
    Ok(())
}

/// Whether a share was released against this entry.
pub(crate) fn is_used(
    connection: &Connection,
    record: RecordId,
    audit_index: u64,
) -> Result<bool, StorageFailure> {
    let found = connection
        .prepare_cached("SELECT 1 FROM used_entries WHERE record = ? AND audit_index = ?")?
        .exists(params![record_bytes(record), audit_index])?;
    Ok(found)
}

/// Marks an entry as used by line `number`. Fails when it is used already.
pub(crate) fn use_entry(
    connection: &Connection,
    record: RecordId,
    audit_index: u64,
    number: u64,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("INSERT INTO used_entries (record, audit_index, number) VALUES (?, ?, ?)")?
        .execute(params![record_bytes(record), audit_index, number])?;
    Ok(())
}

/// The highest block that the vault has acted on.
pub(crate) fn acted_height(connection: &Connection) -> Result<u64, StorageFailure> {
    let height = connection
        .prepare_cached("SELECT acted_height FROM vault")?
        .query_row([], |row| row.get(0))?;
    Ok(height)
}

/// Remembers the block that the vault acts on, where it is higher than those before.
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

/// Remembers that the vault was restored, and where it now is.
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

/// Whose vault it is, as stored, and where its file was.
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

/// Writes whose vault it is, in a new one.
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
