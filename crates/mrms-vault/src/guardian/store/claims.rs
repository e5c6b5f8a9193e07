//! Claims: who announced which ciphertext, and for which version of which record.
//!
//! A claim is *proven* when the chain showed that the version refers to the ciphertext and that the account is the version's
//! author or the record's patient. Until then it waits.

use mrms_core::{BurnHeight, Principal, RecordId, Version};
use rusqlite::{Connection, Row, params};

use super::encoding::{principal_bytes, read_principal, record_bytes, stored_height};
use crate::guardian::error::StorageFailure;
use crate::protocol::Hex;

/// An announced ciphertext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Its place in the order in which claims came.
    pub(crate) id: i64,
    pub(crate) blob: Hex<32>,
    pub(crate) record: RecordId,
    pub(crate) version: Version,
    pub(crate) uploader: Principal,
    /// Burn height of the announcement.
    pub(crate) left_at: BurnHeight,
    /// Burn height of the version; `None` while the claim waits.
    pub(crate) on_chain: Option<BurnHeight>,
}

/// A claim that is about to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewClaim {
    pub(crate) blob: Hex<32>,
    pub(crate) record: RecordId,
    pub(crate) version: Version,
    pub(crate) uploader: Principal,
    pub(crate) left_at: BurnHeight,
    pub(crate) on_chain: Option<BurnHeight>,
    pub(crate) is_stranger: bool,
}

const COLUMNS: &str = "id, blob, record, version, uploader, left_at, on_chain";

fn claim(row: &Row<'_>) -> Result<Claim, StorageFailure> {
    let damaged = || StorageFailure::Damaged { what: "who brought a ciphertext" };
    let uploader: Vec<u8> = row.get(4)?;
    let on_chain: Option<u64> = row.get(6)?;
    Ok(Claim {
        id: row.get(0)?,
        blob: Hex(row.get(1)?),
        record: RecordId::new(u128::from_be_bytes(row.get(2)?)),
        version: Version::new(row.get(3)?).ok_or_else(damaged)?,
        uploader: read_principal(&uploader).ok_or_else(damaged)?,
        left_at: BurnHeight::new(row.get(5)?),
        on_chain: on_chain.map(BurnHeight::new),
    })
}

fn claims(
    connection: &Connection,
    condition: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Claim>, StorageFailure> {
    let select = format!("SELECT {COLUMNS} FROM claims WHERE {condition}");
    let mut statement = connection.prepare_cached(&select)?;
    let mut rows = statement.query(parameters)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(claim(row)?);
    }
    Ok(found)
}

/// Notes a claim. The same claim made again keeps its place in the order, and may become proven.
pub(crate) fn put_claim(connection: &Connection, new: &NewClaim) -> Result<(), StorageFailure> {
    connection
        .prepare_cached(
            "INSERT INTO claims
                 (blob, record, version, uploader, left_at, on_chain, is_stranger, is_brought)
             VALUES (?, ?, ?, ?, ?, ?, ?, 0)
             ON CONFLICT (blob, record, version, uploader) DO UPDATE SET
                 on_chain = coalesce(on_chain, excluded.on_chain),
                 is_stranger = min(is_stranger, excluded.is_stranger)",
        )?
        .execute(params![
            &new.blob.0[..],
            record_bytes(new.record),
            new.version.number(),
            principal_bytes(&new.uploader),
            stored_height(new.left_at),
            new.on_chain.map(stored_height),
            new.is_stranger,
        ])?;
    Ok(())
}

/// Whether anybody announced this ciphertext.
pub(crate) fn is_claimed(connection: &Connection, blob: &Hex<32>) -> Result<bool, StorageFailure> {
    let select = "SELECT 1 FROM claims WHERE blob = ?";
    Ok(connection.prepare_cached(select)?.exists([&blob.0[..]])?)
}

/// Whether a proven claim says that this ciphertext is of this version.
pub(crate) fn is_proven_for(
    connection: &Connection,
    blob: &Hex<32>,
    record: RecordId,
    version: Version,
) -> Result<bool, StorageFailure> {
    let Ok(version) = i64::try_from(version.number()) else { return Ok(false) };
    let select = "SELECT 1 FROM claims
                  WHERE blob = ? AND record = ? AND version = ? AND on_chain IS NOT NULL";
    let parameters = params![&blob.0[..], record_bytes(record), version];
    Ok(connection.prepare_cached(select)?.exists(parameters)?)
}

/// Whether this account brought the ciphertext of a version.
pub(crate) fn has_brought(
    connection: &Connection,
    record: RecordId,
    version: Version,
    account: &Principal,
) -> Result<bool, StorageFailure> {
    let Ok(version) = i64::try_from(version.number()) else { return Ok(false) };
    let select = "SELECT 1 FROM claims
                  WHERE record = ? AND version = ? AND uploader = ? AND is_brought = 1";
    let parameters = params![record_bytes(record), version, principal_bytes(account)];
    Ok(connection.prepare_cached(select)?.exists(parameters)?)
}

/// Whether a version on chain refers to a ciphertext that this account brought.
pub(crate) fn has_proven(
    connection: &Connection,
    account: &Principal,
) -> Result<bool, StorageFailure> {
    let select = "SELECT 1 FROM claims WHERE uploader = ? AND on_chain IS NOT NULL";
    Ok(connection.prepare_cached(select)?.exists([principal_bytes(account)])?)
}

/// The number of an account's claims that wait.
pub(crate) fn waiting_of(
    connection: &Connection,
    account: &Principal,
) -> Result<u64, StorageFailure> {
    let select = "SELECT count(*) FROM claims WHERE uploader = ? AND on_chain IS NULL";
    let mut count = connection.prepare_cached(select)?;
    Ok(count.query_row([principal_bytes(account)], |row| row.get(0))?)
}

/// Lets at most `limit` claims of strangers wait whose ciphertext has not come: the oldest ones beyond that go.
pub(crate) fn bound_strangers(connection: &Connection, limit: u64) -> Result<(), StorageFailure> {
    let waiting: u64 = connection
        .prepare_cached(
            "SELECT count(*) FROM claims
             WHERE on_chain IS NULL AND is_stranger = 1 AND is_brought = 0",
        )?
        .query_row([], |row| row.get(0))?;
    if waiting > limit {
        connection
            .prepare_cached(
                "DELETE FROM claims WHERE id IN
                     (SELECT id FROM claims
                      WHERE on_chain IS NULL AND is_stranger = 1 AND is_brought = 0
                      ORDER BY left_at, id LIMIT ?)",
            )?
            .execute([waiting - limit])?;
    }
    Ok(())
}

/// Notes that this account brought the bytes of a ciphertext.
pub(crate) fn mark_brought(
    connection: &Connection,
    blob: &Hex<32>,
    by: &Principal,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("UPDATE claims SET is_brought = 1 WHERE blob = ? AND uploader = ?")?
        .execute(params![&blob.0[..], principal_bytes(by)])?;
    Ok(())
}

/// Notes the height of the version that a claim is about.
pub(crate) fn mark_proven(
    connection: &Connection,
    id: i64,
    on_chain: BurnHeight,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("UPDATE claims SET on_chain = ? WHERE id = ?")?
        .execute(params![stored_height(on_chain), id])?;
    Ok(())
}

/// Forgets a claim, unless it was proven meanwhile or its ciphertext is here: that would be nobody's then, and stay for good.
pub(crate) fn drop_waiting(connection: &Connection, id: i64) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("DELETE FROM claims WHERE id = ? AND on_chain IS NULL AND is_brought = 0")?
        .execute([id])?;
    Ok(())
}

/// Forgets who announced a ciphertext, which is gone.
pub(crate) fn drop_claims_of(
    connection: &Connection,
    blob: &Hex<32>,
) -> Result<(), StorageFailure> {
    connection.prepare_cached("DELETE FROM claims WHERE blob = ?")?.execute([&blob.0[..]])?;
    Ok(())
}

/// What was announced for a record.
pub(crate) fn claims_for(
    connection: &Connection,
    record: RecordId,
) -> Result<Vec<Claim>, StorageFailure> {
    claims(connection, "record = ? ORDER BY id", [record_bytes(record)])
}

/// Who announced a ciphertext: at most `limit` claims, the proven ones and the first ones before others.
pub(crate) fn claims_of(
    connection: &Connection,
    blob: &Hex<32>,
    limit: usize,
) -> Result<Vec<Claim>, StorageFailure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    claims(
        connection,
        "blob = ? ORDER BY on_chain IS NULL, id LIMIT ?",
        params![&blob.0[..], limit],
    )
}

/// Claims that wait since before `height` for a ciphertext that never came: at most `limit`, the oldest ones.
pub(crate) fn overdue_claims(
    connection: &Connection,
    height: BurnHeight,
    limit: usize,
) -> Result<Vec<Claim>, StorageFailure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    claims(
        connection,
        "on_chain IS NULL AND is_brought = 0 AND left_at < ? ORDER BY left_at, id LIMIT ?",
        params![stored_height(height), limit],
    )
}

/// Claims on a ciphertext for one version that wait: at most `limit`.
pub(crate) fn waiting_for(
    connection: &Connection,
    blob: &Hex<32>,
    record: RecordId,
    version: Version,
    limit: usize,
) -> Result<Vec<Claim>, StorageFailure> {
    let Ok(version) = i64::try_from(version.number()) else { return Ok(Vec::new()) };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    claims(
        connection,
        "blob = ? AND record = ? AND version = ? AND on_chain IS NULL ORDER BY id LIMIT ?",
        params![&blob.0[..], record_bytes(record), version, limit],
    )
}

/// Claims for other records on a ciphertext that wait since `height` or before: at most `limit`.
pub(crate) fn waiting_rivals(
    connection: &Connection,
    blob: &Hex<32>,
    record: RecordId,
    height: BurnHeight,
    limit: usize,
) -> Result<Vec<Claim>, StorageFailure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    claims(
        connection,
        "blob = ? AND record != ? AND on_chain IS NULL AND left_at <= ? ORDER BY id LIMIT ?",
        params![&blob.0[..], record_bytes(record), stored_height(height), limit],
    )
}

/// Whether another record referred to a ciphertext before the version of a claim did: by the chain's heights, and within one
/// height by the order in which the claims came.
pub(crate) fn has_elder(
    connection: &Connection,
    blob: &Hex<32>,
    record: RecordId,
    (on_chain, id): (BurnHeight, i64),
) -> Result<bool, StorageFailure> {
    let select = "SELECT 1 FROM claims WHERE blob = ?1 AND record != ?2
                  AND (on_chain < ?3 OR (on_chain = ?3 AND id < ?4))";
    let parameters = params![&blob.0[..], record_bytes(record), stored_height(on_chain), id];
    Ok(connection.prepare_cached(select)?.exists(parameters)?)
}
