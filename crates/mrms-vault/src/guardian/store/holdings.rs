//! What the vault keeps for others: epochs with their shares, headers and salts.

use mrms_core::{BurnHeight, Principal, RecordId, Version};
use mrms_stacks::clarity::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::guardian::epochs::EpochId;
use crate::guardian::error::StorageFailure;

/// A record as it is stored: 16 bytes, big-endian.
pub(crate) fn record_bytes(record: RecordId) -> [u8; 16] {
    record.number().to_be_bytes()
}

/// A principal as it is stored: its consensus serialization.
pub(crate) fn principal_bytes(principal: &Principal) -> Vec<u8> {
    principal.to_consensus_bytes()
}

fn read_principal(bytes: &[u8]) -> Option<Principal> {
    match Value::decode(bytes).ok()? {
        Value::Principal(principal) => Some(principal),
        _ => None,
    }
}

/// What an epoch's key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Shares for a reader.
    Shares,
    /// Salts from whoever left them.
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

/// A key and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Epoch {
    pub(crate) id: EpochId,
    pub(crate) kind: Kind,
    pub(crate) record: RecordId,
    /// The reader of shares; who left salts.
    pub(crate) holder: Principal,
    /// Whose record it was when the epoch began.
    pub(crate) patient: Principal,
    /// Burn height of the newest deposit.
    pub(crate) left_at: BurnHeight,
    /// Number of the line about the newest deposit: tells this state of the epoch from a later one.
    pub(crate) line: u64,
    /// Digest of the grants at that time.
    pub(crate) seen: [u8; 32],
    /// Whether a grant was ever seen in force while the shares lay here.
    pub(crate) in_force: bool,
}

const COLUMNS: &str = "id, kind, record, holder, patient, left_at, line, seen, in_force";

fn epoch(row: &Row<'_>) -> Result<Epoch, StorageFailure> {
    let damaged = || StorageFailure::Damaged { what: "an epoch" };
    let holder: Vec<u8> = row.get(3)?;
    let patient: Vec<u8> = row.get(4)?;
    Ok(Epoch {
        id: EpochId(row.get(0)?),
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

/// A burn height as it is stored. No chain comes near the largest number.
fn stored_height(height: BurnHeight) -> i64 {
    i64::try_from(height.number()).unwrap_or(i64::MAX)
}

/// The epoch of a holder of a record.
pub(crate) fn find_epoch(
    connection: &Connection,
    kind: Kind,
    record: RecordId,
    holder: &Principal,
) -> Result<Option<Epoch>, StorageFailure> {
    let select =
        format!("SELECT {COLUMNS} FROM epochs WHERE record = ? AND kind = ? AND holder = ?");
    let mut statement = connection.prepare_cached(&select)?;
    let mut rows =
        statement.query(params![record_bytes(record), kind.number(), principal_bytes(holder)])?;
    rows.next()?.map(epoch).transpose()
}

/// Epochs after `after` in the order of their ids, at most `limit`.
pub(crate) fn epochs_after(
    connection: &Connection,
    after: Option<EpochId>,
    limit: usize,
) -> Result<Vec<Epoch>, StorageFailure> {
    let after = after.map_or(Vec::new(), |id| id.0.to_vec());
    let select = format!("SELECT {COLUMNS} FROM epochs WHERE id > ? ORDER BY id LIMIT ?");
    let mut statement = connection.prepare_cached(&select)?;
    let mut rows = statement.query(params![after, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(epoch(row)?);
    }
    Ok(found)
}

/// All epochs of a record.
pub(crate) fn epochs_of(
    connection: &Connection,
    record: RecordId,
) -> Result<Vec<Epoch>, StorageFailure> {
    let select = format!("SELECT {COLUMNS} FROM epochs WHERE record = ?");
    let mut statement = connection.prepare_cached(&select)?;
    let mut rows = statement.query([record_bytes(record)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(epoch(row)?);
    }
    Ok(found)
}

/// Whether shares were left by or for this account. Salts don't count: anybody may leave one.
pub(crate) fn is_known(
    connection: &Connection,
    account: &Principal,
) -> Result<bool, StorageFailure> {
    let bytes = principal_bytes(account);
    let found = connection
        .prepare_cached(
            "SELECT 1 FROM epochs WHERE holder = ?1 AND kind = 0
             UNION ALL SELECT 1 FROM epochs WHERE patient = ?1 AND kind = 0 LIMIT 1",
        )?
        .exists([bytes])?;
    Ok(found)
}

/// Writes a new epoch, or what a further deposit changes of one.
pub(crate) fn put_epoch(connection: &Connection, epoch: &Epoch) -> Result<(), StorageFailure> {
    connection
        .prepare_cached(
            "INSERT INTO epochs (id, kind, record, holder, patient, left_at, line, seen, in_force)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET
                 left_at = excluded.left_at, line = excluded.line, seen = excluded.seen, in_force = excluded.in_force",
        )?
        .execute(params![
            &epoch.id.0[..],
            epoch.kind.number(),
            record_bytes(epoch.record),
            principal_bytes(&epoch.holder),
            principal_bytes(&epoch.patient),
            stored_height(epoch.left_at),
            epoch.line,
            &epoch.seen[..],
            epoch.in_force,
        ])?;
    Ok(())
}

/// Remembers that a grant was seen in force while the shares lay here.
pub(crate) fn mark_in_force(connection: &Connection, id: EpochId) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("UPDATE epochs SET in_force = 1 WHERE id = ? AND in_force = 0")?
        .execute([&id.0[..]])?;
    Ok(())
}

/// Rows that went with an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    pub(crate) shares: u64,
    pub(crate) salts: u64,
}

/// Deletes an epoch's rows and dooms its key: from the commit on, nothing under it is released.
pub(crate) fn doom(connection: &Connection, id: EpochId) -> Result<Deleted, StorageFailure> {
    let delete = |table: &str, column: &str| -> Result<u64, StorageFailure> {
        let statement = format!("DELETE FROM {table} WHERE {column} = ?");
        let count = connection.prepare_cached(&statement)?.execute([&id.0[..]])?;
        Ok(count as u64)
    };
    connection
        .prepare_cached("INSERT OR IGNORE INTO doomed (id) VALUES (?)")?
        .execute([&id.0[..]])?;
    delete("pair_headers", "epoch")?;
    let deleted = Deleted { shares: delete("shares", "epoch")?, salts: delete("salts", "epoch")? };
    delete("epochs", "id")?;
    Ok(deleted)
}

/// Keys whose files must go.
pub(crate) fn doomed(connection: &Connection) -> Result<Vec<EpochId>, StorageFailure> {
    let mut statement = connection.prepare_cached("SELECT id FROM doomed")?;
    let mut rows = statement.query([])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        ids.push(EpochId(row.get(0)?));
    }
    Ok(ids)
}

/// Strikes keys off whose files have gone.
pub(crate) fn forget_doomed(
    connection: &Connection,
    ids: &[EpochId],
) -> Result<(), StorageFailure> {
    let mut statement = connection.prepare_cached("DELETE FROM doomed WHERE id = ?")?;
    for id in ids {
        statement.execute([&id.0[..]])?;
    }
    Ok(())
}

/// Whether an epoch with this key is there.
pub(crate) fn has_epoch(connection: &Connection, id: EpochId) -> Result<bool, StorageFailure> {
    Ok(connection.prepare_cached("SELECT 1 FROM epochs WHERE id = ?")?.exists([&id.0[..]])?)
}

/// A number of 64 bits in a column of 63 and a sign.
const fn column(pair: u64) -> i64 {
    pair.cast_signed()
}

/// Keeps a pair header.
pub(crate) fn put_header(
    connection: &Connection,
    id: EpochId,
    pair: u64,
    sealed: &[u8],
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO pair_headers (epoch, pair, sealed) VALUES (?, ?, ?)",
        )?
        .execute(params![&id.0[..], column(pair), sealed])?;
    Ok(())
}

/// Keeps a share in place of an older one.
pub(crate) fn put_share(
    connection: &Connection,
    id: EpochId,
    version: Version,
    pair: u64,
    sealed: &[u8],
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO shares (epoch, version, pair, sealed) VALUES (?, ?, ?, ?)",
        )?
        .execute(params![&id.0[..], version.number(), column(pair), sealed])?;
    Ok(())
}

/// Removes headers that no share refers to any more.
pub(crate) fn drop_unused_headers(
    connection: &Connection,
    id: EpochId,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached(
            "DELETE FROM pair_headers WHERE epoch = ?1
             AND pair NOT IN (SELECT pair FROM shares WHERE epoch = ?1)",
        )?
        .execute([&id.0[..]])?;
    Ok(())
}

/// A share and its header, both sealed under the epoch's key.
pub(crate) struct StoredShare {
    pub(crate) pair: u64,
    pub(crate) share: Vec<u8>,
    pub(crate) header: Vec<u8>,
}

/// The share of a version.
pub(crate) fn share(
    connection: &Connection,
    id: EpochId,
    version: Version,
) -> Result<Option<StoredShare>, StorageFailure> {
    let Ok(version) = i64::try_from(version.number()) else { return Ok(None) };
    let found = connection
        .prepare_cached(
            "SELECT shares.pair, shares.sealed, pair_headers.sealed FROM shares
             JOIN pair_headers USING (epoch, pair) WHERE shares.epoch = ? AND version = ?",
        )?
        .query_row(params![&id.0[..], version], |row| {
            let pair: i64 = row.get(0)?;
            Ok(StoredShare { pair: pair.cast_unsigned(), share: row.get(1)?, header: row.get(2)? })
        })
        .optional()?;
    Ok(found)
}

/// A salt, sealed under the epoch's key.
pub(crate) struct StoredSalt {
    pub(crate) sealed: Vec<u8>,
    pub(crate) on_chain: bool,
}

/// The salt of a version.
pub(crate) fn salt(
    connection: &Connection,
    id: EpochId,
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

/// Keeps a salt in place of an older one.
pub(crate) fn put_salt(
    connection: &Connection,
    id: EpochId,
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

/// Versions of an epoch's salts that were not seen on the chain yet, with when they were left.
pub(crate) fn waiting_salts(
    connection: &Connection,
    id: EpochId,
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

/// Whether an epoch has any salt.
pub(crate) fn has_salts(connection: &Connection, id: EpochId) -> Result<bool, StorageFailure> {
    Ok(connection.prepare_cached("SELECT 1 FROM salts WHERE epoch = ?")?.exists([&id.0[..]])?)
}

/// Remembers that a salt's version was seen on the chain.
pub(crate) fn mark_on_chain(
    connection: &Connection,
    id: EpochId,
    version: Version,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("UPDATE salts SET on_chain = 1 WHERE epoch = ? AND version = ?")?
        .execute(params![&id.0[..], version.number()])?;
    Ok(())
}

/// Deletes one salt, unless its version was seen on the chain meanwhile; says whether it did.
pub(crate) fn drop_waiting_salt(
    connection: &Connection,
    id: EpochId,
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

/// Whether a record was erased for good.
pub(crate) fn is_erased(connection: &Connection, record: RecordId) -> Result<bool, StorageFailure> {
    let found = connection
        .prepare_cached("SELECT 1 FROM erased WHERE record = ?")?
        .exists([record_bytes(record)])?;
    Ok(found)
}

/// Marks a record as erased by line `number`.
pub(crate) fn mark_erased(
    connection: &Connection,
    record: RecordId,
    number: u64,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO erased (record, number) VALUES (?, ?)")?
        .execute(params![record_bytes(record), number])?;
    Ok(())
}

/// Remembers who announced a ciphertext.
pub(crate) fn put_upload(
    connection: &Connection,
    blob: &[u8; 32],
    uploader: &Principal,
) -> Result<(), StorageFailure> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO uploads (blob, uploader) VALUES (?, ?)")?
        .execute(params![&blob[..], principal_bytes(uploader)])?;
    Ok(())
}

/// Takes back what these accounts announced of a ciphertext; says whether nobody else has
/// announced it.
pub(crate) fn drop_uploads(
    connection: &Connection,
    blob: &[u8; 32],
    uploaders: &[Principal],
) -> Result<bool, StorageFailure> {
    let mut delete =
        connection.prepare_cached("DELETE FROM uploads WHERE blob = ? AND uploader = ?")?;
    for uploader in uploaders {
        delete.execute(params![&blob[..], principal_bytes(uploader)])?;
    }
    let others =
        connection.prepare_cached("SELECT 1 FROM uploads WHERE blob = ?")?.exists([&blob[..]])?;
    Ok(!others)
}

/// How much the vault keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holdings {
    pub(crate) epochs: u64,
    pub(crate) shares: u64,
    pub(crate) salts: u64,
    pub(crate) doomed: u64,
}

/// Counts what the vault keeps.
pub(crate) fn holdings(connection: &Connection) -> Result<Holdings, StorageFailure> {
    let count = |table: &str| -> Result<u64, StorageFailure> {
        let select = format!("SELECT count(*) FROM {table}");
        Ok(connection.prepare_cached(&select)?.query_row([], |row| row.get(0))?)
    };
    Ok(Holdings {
        epochs: count("epochs")?,
        shares: count("shares")?,
        salts: count("salts")?,
        doomed: count("doomed")?,
    })
}
