//! Checks a ledger: executes its whole chain again, from genesis, in a fresh store, and compares.
//!
//! The check compares every field of every header, every signature, every receipt, and at the end every row
//! of every table, including the indexes for lists and the state of contracts. Before anything is read from a table,
//! the file's schema is compared with that of a fresh store: nothing is executed that somebody planted there. It
//! repairs nothing. The ledger may be in use meanwhile: the check looks at its state when the check began.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value as Column;

use super::block_writer::STACK_BYTES;
use super::error::{LedgerFailure, OpenError};
use super::identifiers::{BlockHash, SourceHash};
use super::json_depth::is_shallow;
use super::key;
use super::mark;
use super::replay::{Difference, HistoricBlock, Replay, ReplayError};
use super::store::{self, ANCESTRY, TABLES, Table};
use super::units::BlockHeight;

/// Key under which the VM stores its parsed form of a contract; see [`same_contract`].
const PARSED_CONTRACT: &str = "vm-metadata::9::contract";

/// Result of a successful check: everything in the ledger agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Hash of block 0, which identifies the ledger.
    pub genesis: BlockHash,
    /// Height of the newest block.
    pub height: BlockHeight,
    /// Hash of the newest block. If you noted an earlier block's hash, look for it in the chain as well.
    pub tip: BlockHash,
    /// How many transactions were executed again.
    pub transactions: u64,
    /// How many reverts the chain records. Each dropped blocks.
    pub reverts: u64,
    /// How many lost blocks the chain records without which the operator went on.
    pub losses: u64,
}

/// Why a check did not end with a sound ledger.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FsckError {
    /// The ledger does not open.
    #[error("ledger does not open")]
    Open {
        /// The cause.
        #[source]
        source: OpenError,
    },
    /// The ledger is not sound.
    #[error("ledger is not sound")]
    Differs {
        /// The first difference.
        #[source]
        difference: Difference,
    },
    /// The check itself failed; the ledger may or may not be sound.
    #[error("the check failed")]
    Failed {
        /// The cause.
        #[source]
        failure: LedgerFailure,
    },
}

impl From<Difference> for FsckError {
    fn from(difference: Difference) -> Self {
        Self::Differs { difference }
    }
}

impl From<LedgerFailure> for FsckError {
    fn from(failure: LedgerFailure) -> Self {
        Self::Failed { failure }
    }
}

impl From<ReplayError> for FsckError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Differs(difference) => difference.into(),
            ReplayError::Failed(failure) => failure.into(),
        }
    }
}

impl From<rusqlite::Error> for FsckError {
    fn from(error: rusqlite::Error) -> Self {
        LedgerFailure::from(error).into()
    }
}

/// Checks the ledger in `folder`. Only contracts with a known source run without metering: a ledger that pins
/// another one is refused at that block.
///
/// # Errors
/// [`FsckError::Differs`] with the first difference; the other variants when the check cannot be done.
pub fn fsck(folder: &Path, known: &[SourceHash]) -> Result<Sound, FsckError> {
    // The mark first: blocks are noted after they are made.
    let open = |source| FsckError::Open { source };
    let noted = mark::read_all(&[mark::path(folder)]).map_err(open)?;
    let has_log = store::has_log(folder);
    let stored = store::open_to_check(folder).map_err(open)?;
    if store::is_empty(&stored)? {
        return Err(open(mark::nothing_there(folder, has_log, noted.into_iter().next())));
    }
    let path = key::path(folder);
    if !path.exists() {
        return Err(Difference::NoNodeKey { path }.into());
    }
    let node_key = key::read(folder).ok().and_then(|key| key.public_key().ok());
    std::thread::scope(|scope| {
        let checking = std::thread::Builder::new()
            .name("ledger-fsck".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, move || {
                stored.execute_batch("BEGIN")?;
                let fresh = store::temporary()?;
                check_schema(&stored, &fresh)?;
                // Without any block, the check tells more.
                if matches!(store::tip(&stored), Ok(Some(_))) {
                    mark::must_have(&stored, folder, has_log, &noted).map_err(open)?;
                }
                check(&stored, &fresh, node_key, known)
            })
            .map_err(|error| LedgerFailure::Storage { message: error.to_string() })?;
        checking.join().unwrap_or(Err(FsckError::Failed { failure: LedgerFailure::VmBrokeOff }))
    })
}

fn check(
    stored: &Connection,
    fresh: &Connection,
    node_key_file: Option<[u8; 33]>,
    known: &[SourceHash],
) -> Result<Sound, FsckError> {
    check_file(stored)?;
    let tip = store::tip(stored).map_err(|_| Difference::Genesis)?.ok_or(Difference::Genesis)?;
    // Never committed: the temporary store disappears when the check ends.
    fresh.execute_batch("BEGIN")?;
    let genesis = HistoricBlock::stored(stored, BlockHeight::new(0))?;
    let first = genesis.hash;
    let mut replay = Replay::begin(fresh, known, genesis)?;
    if node_key_file != Some(replay.node_key()) {
        return Err(Difference::NodeKey.into());
    }
    for height in 1..=tip.header.height.get() {
        replay.block(HistoricBlock::stored(stored, BlockHeight::new(height))?)?;
    }
    // A file that an older program wrote has none. Its blocks do not commit to it.
    let has_ancestry = store::has_ancestry(stored)? || tip.header.ancestry_root.is_some();
    for table in TABLES.iter().filter(|table| has_ancestry || table.name != ANCESTRY) {
        compare(stored, fresh, table)?;
    }
    Ok(Sound {
        genesis: first,
        height: tip.header.height,
        tip: tip.hash,
        transactions: replay.transactions(),
        reverts: replay.reverts(),
        losses: replay.losses(),
    })
}

/// Compares everything that the file defines: tables, indexes, triggers and views, each with the text that made
/// it, and the numbers by which a file says what it is.
fn check_schema(stored: &Connection, fresh: &Connection) -> Result<(), FsckError> {
    // A file that an older program wrote lacks the ancestry, and says so by its number.
    let has_ancestry = !store::is_without_ancestry(stored)?;
    let fields =
        if has_ancestry { &["user_version", "application_id"][..] } else { &["application_id"] };
    for field in fields.iter().copied() {
        let number = |connection: &Connection| {
            connection.pragma_query_value(None, field, |row| row.get::<_, i64>(0))
        };
        let (expected, found) = (number(fresh)?, number(stored)?);
        if expected != found {
            return Err(Difference::FileNumber { field, expected, found }.into());
        }
    }
    let (mut made, found) = (objects(fresh)?, objects(stored)?);
    made.retain(|one| has_ancestry || one.table != ANCESTRY);
    let differs = |one: &&SchemaObject, others: &[SchemaObject]| !others.contains(one);
    let first = found.iter().find(|one| differs(one, &made));
    match first.or_else(|| made.iter().find(|one| differs(one, &found))) {
        Some(SchemaObject { kind, name, .. }) => {
            let object = format!("{kind} {name}");
            Err(Difference::Schema { object }.into())
        }
        None => Ok(()),
    }
}

/// A row of SQLite's own table of everything that a file defines.
#[derive(PartialEq, Eq)]
struct SchemaObject {
    kind: String,
    name: String,
    table: String,
    /// None for the index of a key, which SQLite makes by itself.
    sql: Option<String>,
}

fn objects(connection: &Connection) -> rusqlite::Result<Vec<SchemaObject>> {
    let sql =
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY sql IS NULL, type, name";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(SchemaObject {
            kind: row.get(0)?,
            name: row.get(1)?,
            table: row.get(2)?,
            sql: row.get(3)?,
        })
    })?;
    rows.collect()
}

fn check_file(stored: &Connection) -> Result<(), FsckError> {
    let message: String = stored.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if message == "ok" { Ok(()) } else { Err(Difference::File { message }.into()) }
}

/// Compares a table row by row.
fn compare(stored: &Connection, fresh: &Connection, table: &Table) -> Result<(), FsckError> {
    let Table { name, key, columns } = *table;
    let sql = format!("SELECT {columns}, {key} FROM {name} ORDER BY {key}");
    let differs = |row: &[Column]| Difference::Row { table: name, row: describe(row, table) };
    let (mut left, mut right) = (stored.prepare(&sql)?, fresh.prepare(&sql)?);
    let width = left.column_count();
    let (mut left, mut right) = (left.query([])?, right.query([])?);
    loop {
        let (one, other) = (values(left.next()?, width)?, values(right.next()?, width)?);
        match (one, other) {
            (None, None) => return Ok(()),
            (Some(one), Some(other)) => {
                if one != other && !same_contract(table, &one, &other) {
                    return Err(differs(&one).into());
                }
            }
            (Some(row), None) | (None, Some(row)) => return Err(differs(&row).into()),
        }
    }
}

fn values(row: Option<&rusqlite::Row<'_>>, width: usize) -> rusqlite::Result<Option<Vec<Column>>> {
    match row {
        None => Ok(None),
        Some(row) => {
            (0..width).map(|column| row.get(column)).collect::<rusqlite::Result<_>>().map(Some)
        }
    }
}

/// The columns that identify the row, as text.
fn describe(row: &[Column], table: &Table) -> String {
    let keys = table.key.split(',').count();
    let shown = row.iter().skip(row.len().saturating_sub(keys)).map(|column| match column {
        Column::Integer(number) => number.to_string(),
        Column::Text(text) => text.clone(),
        Column::Blob(bytes) => format!("0x{}", hex::encode(bytes)),
        other => format!("{other:?}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Whether two rows contain the same contract in the VM's parsed form. That form is JSON in which the VM
/// writes sets in no fixed order, so the texts of equal contracts can differ.
fn same_contract(table: &Table, one: &[Column], other: &[Column]) -> bool {
    if table.name != "contract_metadata" || one.get(1..) != other.get(1..) {
        return false;
    }
    let is_parsed = matches!(one.last(), Some(Column::Text(key)) if key == PARSED_CONTRACT);
    match (one.first(), other.first()) {
        (Some(Column::Text(one)), Some(Column::Text(other))) if is_parsed => {
            matches!((ordered(one), ordered(other)), (Some(one), Some(other)) if one == other)
        }
        _ => false,
    }
}

/// Parses the JSON and sorts the VM's sets in it. JSON that is nested deeper than any contract is none.
fn ordered(text: &str) -> Option<serde_json::Value> {
    use serde::Deserialize as _;
    if !is_shallow(text) {
        return None;
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    // This thread's stack is large enough for what is shallow.
    reader.disable_recursion_limit();
    let mut json = serde_json::Value::deserialize(&mut reader).ok()?;
    let context = json.get_mut("contract_context")?.as_object_mut()?;
    for name in ["persisted_names", "implemented_traits"] {
        if let Some(set) = context.get_mut(name).and_then(serde_json::Value::as_array_mut) {
            set.sort_by_key(ToString::to_string);
        }
    }
    Some(json)
}
