//! What must not happen twice: a request, and a release against an entry of the contract's log.

use mrms_core::{RecordId, StandardPrincipal, UnixTime};
use rusqlite::{Connection, params};

use super::encoding::{principal_bytes, record_bytes};
use crate::guardian::error::StorageFailure;
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

/// Forgets requests that are too old to be admitted again by any clock: the vault's own clock may be one window before
/// the newest line, and a message's time may be off by another window.
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

/// Marks an entry as used, with the number of the line about it. Fails if it is used already.
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
