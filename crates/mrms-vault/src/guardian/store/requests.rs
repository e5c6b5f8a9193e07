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

/// Seconds of a period whose requests are forgotten together.
const PERIOD: u64 = 2 * CLOCK_WINDOW;

/// Forgets requests that are too old to be admitted again, period by period. The periods are remembered: if the clock is
/// ahead now and is corrected later, a message of one of them is refused until it is over, since nobody can tell whether
/// it came before.
pub(crate) fn forget_requests(
    connection: &Connection,
    now: UnixTime,
) -> Result<(), StorageFailure> {
    let before = now.seconds().saturating_sub(PERIOD) / PERIOD * PERIOD;
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO forgotten_periods (period)
             SELECT DISTINCT time / ?1 FROM requests WHERE time < ?2",
        )?
        .execute(params![PERIOD, before])?;
    connection.prepare_cached("DELETE FROM requests WHERE time < ?")?.execute([before])?;
    Ok(())
}

/// Whether the requests of that time were forgotten.
pub(crate) fn were_forgotten(
    connection: &Connection,
    time: UnixTime,
) -> Result<bool, StorageFailure> {
    let Ok(period) = i64::try_from(time.seconds() / PERIOD) else { return Ok(false) };
    let found = connection
        .prepare_cached("SELECT 1 FROM forgotten_periods WHERE period = ?")?
        .exists([period])?;
    Ok(found)
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

/// Whether the log has the reason of an emergency for which there was no share, against this entry.
pub(crate) fn is_reason_told(
    connection: &Connection,
    record: RecordId,
    audit_index: u64,
) -> Result<bool, StorageFailure> {
    let found = connection
        .prepare_cached("SELECT 1 FROM told_reasons WHERE record = ? AND audit_index = ?")?
        .exists(params![record_bytes(record), audit_index])?;
    Ok(found)
}

/// Remembers the line that has that reason.
pub(crate) fn tell_reason(
    connection: &Connection,
    record: RecordId,
    audit_index: u64,
    number: u64,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("INSERT INTO told_reasons (record, audit_index, number) VALUES (?, ?, ?)")?
        .execute(params![record_bytes(record), audit_index, number])?;
    Ok(())
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
