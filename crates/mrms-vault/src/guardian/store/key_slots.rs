//! Key slots: which key file seals what, and for whom.
//!
//! A slot belongs to one holder of one record: a reader's shares, or the salts that somebody left. Its key file is in
//! [`key_slots`](crate::guardian::key_slots). In SQL a slot is an `epoch`, the name that the tables were made with;
//! the protocol's epoch of patient and reader is the column `pair`.

use std::collections::HashSet;

use mrms_core::{BurnHeight, Principal, RecordId};
use rusqlite::{Connection, Row, params};

use super::encoding::{principal_bytes, read_principal, record_bytes, stored_height};
use crate::guardian::error::StorageFailure;
use crate::guardian::key_slots::KeySlotId;

/// What the key of a slot seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Shares for a reader.
    Shares,
    /// Salts of the account that left them.
    Salts,
}

impl Kind {
    const fn number(self) -> u8 {
        match self {
            Self::Shares => 0,
            Self::Salts => 1,
        }
    }

    const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Shares),
            1 => Some(Self::Salts),
            _ => None,
        }
    }
}

/// A slot: a key, for whom, and what the chain said when the newest deposit came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeySlot {
    pub(crate) id: KeySlotId,
    pub(crate) kind: Kind,
    pub(crate) record: RecordId,
    /// The reader of the shares, or the account that left the salts.
    pub(crate) holder: Principal,
    /// The record's patient when the slot was made.
    pub(crate) patient: Principal,
    /// Burn height of the newest deposit.
    pub(crate) left_at: BurnHeight,
    /// Number of the line about the newest deposit. It differs when the slot has got another deposit.
    pub(crate) line: u64,
    /// Digest of the grants when the newest deposit came.
    pub(crate) seen: [u8; 32],
    /// Whether a grant was ever seen in force since the slot was made.
    pub(crate) in_force: bool,
}

const COLUMNS: &str = "id, kind, record, holder, patient, left_at, line, seen, in_force";

fn slot(row: &Row<'_>) -> Result<KeySlot, StorageFailure> {
    let damaged = || StorageFailure::Damaged { what: "a key slot" };
    let holder: Vec<u8> = row.get(3)?;
    let patient: Vec<u8> = row.get(4)?;
    Ok(KeySlot {
        id: KeySlotId(row.get(0)?),
        kind: Kind::from_number(row.get(1)?).ok_or_else(damaged)?,
        record: RecordId::new(u128::from_be_bytes(row.get(2)?)),
        holder: read_principal(&holder).ok_or_else(damaged)?,
        patient: read_principal(&patient).ok_or_else(damaged)?,
        left_at: BurnHeight::new(row.get(5)?),
        line: row.get(6)?,
        seen: row.get(7)?,
        in_force: row.get(8)?,
    })
}

/// The slot of a holder of a record.
pub(crate) fn find_key_slot(
    connection: &Connection,
    kind: Kind,
    record: RecordId,
    holder: &Principal,
) -> Result<Option<KeySlot>, StorageFailure> {
    let select =
        format!("SELECT {COLUMNS} FROM epochs WHERE record = ? AND kind = ? AND holder = ?");
    let mut statement = connection.prepare_cached(&select)?;
    let mut rows =
        statement.query(params![record_bytes(record), kind.number(), principal_bytes(holder)])?;
    rows.next()?.map(slot).transpose()
}

/// Slots after `after` in the order of their ids, at most `limit`.
pub(crate) fn key_slots_after(
    connection: &Connection,
    after: Option<KeySlotId>,
    limit: usize,
) -> Result<Vec<KeySlot>, StorageFailure> {
    let after = after.map_or(Vec::new(), |id| id.0.to_vec());
    let select = format!("SELECT {COLUMNS} FROM epochs WHERE id > ? ORDER BY id LIMIT ?");
    let mut statement = connection.prepare_cached(&select)?;
    let mut rows = statement.query(params![after, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(slot(row)?);
    }
    Ok(found)
}

/// All slots of a record.
pub(crate) fn key_slots_of(
    connection: &Connection,
    record: RecordId,
) -> Result<Vec<KeySlot>, StorageFailure> {
    let select = format!("SELECT {COLUMNS} FROM epochs WHERE record = ?");
    let mut statement = connection.prepare_cached(&select)?;
    let mut rows = statement.query([record_bytes(record)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(slot(row)?);
    }
    Ok(found)
}

/// Whether shares were left by or for this account, under a grant that was seen in force. A deposit alone does not count,
/// since a patient may leave shares for any number of accounts, and salts don't, because anybody may leave one.
pub(crate) fn is_known(
    connection: &Connection,
    account: &Principal,
) -> Result<bool, StorageFailure> {
    let bytes = principal_bytes(account);
    let found = connection
        .prepare_cached(
            "SELECT 1 FROM epochs WHERE holder = ?1 AND kind = 0 AND in_force = 1
             UNION ALL SELECT 1 FROM epochs WHERE patient = ?1 AND kind = 0 AND in_force = 1 LIMIT 1",
        )?
        .exists([bytes])?;
    Ok(found)
}

/// The newest slot with shares for this account.
pub(crate) fn left_for(
    connection: &Connection,
    reader: &Principal,
) -> Result<Option<KeySlot>, StorageFailure> {
    let select = format!(
        "SELECT {COLUMNS} FROM epochs WHERE holder = ? AND kind = 0 ORDER BY line DESC LIMIT 1"
    );
    let mut statement = connection.prepare_cached(&select)?;
    let mut rows = statement.query([principal_bytes(reader)])?;
    rows.next()?.map(slot).transpose()
}

/// Writes a new slot, or updates one after a further deposit.
pub(crate) fn put_key_slot(connection: &Connection, slot: &KeySlot) -> Result<(), StorageFailure> {
    connection
        .prepare_cached(
            "INSERT INTO epochs (id, kind, record, holder, patient, left_at, line, seen, in_force)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET
                 left_at = excluded.left_at, line = excluded.line, seen = excluded.seen, in_force = excluded.in_force",
        )?
        .execute(params![
            &slot.id.0[..],
            slot.kind.number(),
            record_bytes(slot.record),
            principal_bytes(&slot.holder),
            principal_bytes(&slot.patient),
            stored_height(slot.left_at),
            slot.line,
            &slot.seen[..],
            slot.in_force,
        ])?;
    Ok(())
}

/// Remembers that a grant was seen in force.
pub(crate) fn mark_in_force(connection: &Connection, id: KeySlotId) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("UPDATE epochs SET in_force = 1 WHERE id = ? AND in_force = 0")?
        .execute([&id.0[..]])?;
    Ok(())
}

/// Rows that were deleted with a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    pub(crate) shares: u64,
    pub(crate) salts: u64,
}

/// Deletes a slot's rows and adds its key to those to destroy. From the commit on, nothing of it is released.
pub(crate) fn delete_slot(
    connection: &Connection,
    id: KeySlotId,
) -> Result<Deleted, StorageFailure> {
    let delete = |table: &str, column: &str| -> Result<u64, StorageFailure> {
        let statement = format!("DELETE FROM {table} WHERE {column} = ?");
        let count = connection.prepare_cached(&statement)?.execute([&id.0[..]])?;
        Ok(count as u64)
    };
    connection
        .prepare_cached("INSERT OR IGNORE INTO doomed (id) VALUES (?)")?
        .execute([&id.0[..]])?;
    delete("pair_headers", "epoch")?;
    delete("reader_notes", "epoch")?;
    let deleted = Deleted { shares: delete("shares", "epoch")?, salts: delete("salts", "epoch")? };
    delete("epochs", "id")?;
    Ok(deleted)
}

/// Slots whose key files must be destroyed.
pub(crate) fn keys_to_destroy(connection: &Connection) -> Result<Vec<KeySlotId>, StorageFailure> {
    let mut statement = connection.prepare_cached("SELECT id FROM doomed")?;
    let mut rows = statement.query([])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        ids.push(KeySlotId(row.get(0)?));
    }
    Ok(ids)
}

/// Forgets slots whose key files were destroyed.
pub(crate) fn forget_destroyed(
    connection: &Connection,
    ids: &[KeySlotId],
) -> Result<(), StorageFailure> {
    let mut statement = connection.prepare_cached("DELETE FROM doomed WHERE id = ?")?;
    for id in ids {
        statement.execute([&id.0[..]])?;
    }
    Ok(())
}

/// The ids of all slots.
pub(crate) fn all_key_slots(connection: &Connection) -> Result<HashSet<KeySlotId>, StorageFailure> {
    let mut statement = connection.prepare_cached("SELECT id FROM epochs")?;
    let mut rows = statement.query([])?;
    let mut ids = HashSet::new();
    while let Some(row) = rows.next()? {
        ids.insert(KeySlotId(row.get(0)?));
    }
    Ok(ids)
}
