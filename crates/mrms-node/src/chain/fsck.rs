//! Is the ledger what it says? Executes a whole chain again, from genesis, in a fresh store, and compares.
//!
//! Compared are every field of every header, every signature, every receipt, and at the end every row of
//! every table, indexes for lists and the state of contracts included. Nothing is repaired. The ledger may
//! be in use meanwhile; what is checked is its state when the check began.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value as Column;

use super::error::{LedgerFailure, OpenError};
use super::header::Header;
use super::key;
use super::names::{BlockHash, TxId};
use super::operation::Operation;
use super::producer::{Chain, Produced, produce};
use super::store::{self, BlockRecord, StoredBlock, TABLES, Table};
use super::units::BlockHeight;
use super::vm::{Incoming, Machine};
use super::writer::STACK_BYTES;

/// Where the VM's parsed form of a contract is kept; see [`same_contract`].
const PARSED_CONTRACT: &str = "vm-metadata::9::contract";

/// A ledger in which everything agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Hash of block 0, which names the ledger.
    pub genesis: BlockHash,
    /// Height of the newest block.
    pub height: BlockHeight,
    /// Hash of the newest block. Whoever noted an earlier one can look for it in the chain.
    pub tip: BlockHash,
    /// How many transactions were executed again.
    pub transactions: u64,
}

/// The first thing in which a ledger differs from what its transactions make.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Difference {
    /// The file's structure is broken.
    #[error("the file is no sound SQLite database: {message}")]
    File {
        /// What SQLite says.
        message: String,
    },
    /// The chain does not begin as a chain does.
    #[error("block 0 does not begin a chain")]
    Genesis,
    /// The key in the folder is not the one that block 0 names.
    #[error("the node's key is not the one that block 0 names")]
    NodeKey,
    /// A block between genesis and the newest is not there.
    #[error("block {height} is missing")]
    MissingBlock {
        /// Its height.
        height: BlockHeight,
    },
    /// A block's records can't be read.
    #[error("block {height} has unreadable records")]
    Unreadable {
        /// Its height.
        height: BlockHeight,
    },
    /// A header's field is not what the block's contents make it.
    #[error("header of block {height}: {field} does not follow from its contents")]
    Header {
        /// Height of the block.
        height: BlockHeight,
        /// Which field.
        field: &'static str,
    },
    /// A block's signature does not hold.
    #[error("block {height} is not signed by the node")]
    Signature {
        /// Its height.
        height: BlockHeight,
    },
    /// An operation that is in a block could not have been.
    #[error("operation {position} of block {height} is impossible")]
    Operation {
        /// Height of the block.
        height: BlockHeight,
        /// The operation's place in it.
        position: usize,
    },
    /// A transaction that is in a block could not have been.
    #[error("transaction {position} of block {height} is impossible")]
    Transaction {
        /// Height of the block.
        height: BlockHeight,
        /// The transaction's place in it.
        position: usize,
    },
    /// A transaction did something other than its receipt says.
    #[error("receipt of transaction {txid} does not say what it did")]
    Receipt {
        /// Which.
        txid: TxId,
    },
    /// A row is missing, is too many, or has other contents.
    #[error("table {table} differs at {row}")]
    Row {
        /// The table.
        table: &'static str,
        /// What identifies the row.
        row: String,
    },
}

/// Why a check did not find a ledger sound.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FsckError {
    /// It does not open.
    #[error("ledger does not open")]
    Open {
        /// Why.
        #[source]
        source: OpenError,
    },
    /// It is not sound.
    #[error("ledger is not sound")]
    Differs {
        /// In what.
        #[source]
        difference: Difference,
    },
    /// The check itself failed; nothing is said about the ledger.
    #[error("the check failed")]
    Failed {
        /// Why.
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

impl From<rusqlite::Error> for FsckError {
    fn from(error: rusqlite::Error) -> Self {
        LedgerFailure::from(error).into()
    }
}

/// Checks the ledger in `folder`.
///
/// # Errors
/// [`FsckError::Differs`] with the first difference; the other variants when there is no saying.
pub fn fsck(folder: &Path) -> Result<Sound, FsckError> {
    let stored = store::open_existing(folder).map_err(|source| FsckError::Open { source })?;
    let node_key = key::read(folder).ok().and_then(|key| key.public_key().ok());
    let checking = std::thread::Builder::new()
        .name("ledger-fsck".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || check(&stored, node_key))
        .map_err(|error| LedgerFailure::Storage { message: error.to_string() })?;
    checking.join().unwrap_or(Err(FsckError::Failed { failure: LedgerFailure::VmBrokeOff }))
}

fn check(stored: &Connection, node_key_file: Option<[u8; 33]>) -> Result<Sound, FsckError> {
    stored.execute_batch("BEGIN")?;
    check_file(stored)?;
    let tip = store::tip(stored).map_err(|_| Difference::Genesis)?.ok_or(Difference::Genesis)?;
    let fresh = store::temporary()?;
    // Never committed: the store goes when the check ends.
    fresh.execute_batch("BEGIN")?;
    let mut replay = Replay::begin(stored, &fresh)?;
    if node_key_file.is_some_and(|key| key != replay.chain.node_key) {
        return Err(Difference::NodeKey.into());
    }
    let genesis = replay.genesis;
    for height in 0..=tip.header.height.get() {
        replay.block(BlockHeight::new(height))?;
    }
    let transactions = replay.chain.next_sequence;
    for table in TABLES {
        compare(stored, &fresh, table)?;
    }
    Ok(Sound { genesis, height: tip.header.height, tip: tip.hash, transactions })
}

fn check_file(stored: &Connection) -> Result<(), FsckError> {
    let message: String = stored.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if message == "ok" { Ok(()) } else { Err(Difference::File { message }.into()) }
}

/// A chain being executed again.
struct Replay<'a> {
    stored: &'a Connection,
    fresh: &'a Connection,
    machine: Machine,
    chain: Chain,
    genesis: BlockHash,
}

impl<'a> Replay<'a> {
    fn begin(stored: &'a Connection, fresh: &'a Connection) -> Result<Self, FsckError> {
        let height = BlockHeight::new(0);
        let StoredBlock { header, hash, .. } = read_block(stored, height)?;
        let operations =
            store::operations_at(stored, height).map_err(|_| Difference::Unreadable { height })?;
        let Some(Operation::Genesis { node_key, burn_height, .. }) = operations.first() else {
            return Err(Difference::Genesis.into());
        };
        let chain = Chain::before_genesis(header.chain_id, *node_key, *burn_height, header.time);
        let machine = Machine::new(fresh, chain.chain_id)?;
        Ok(Self { stored, fresh, machine, chain, genesis: hash })
    }

    fn block(&mut self, height: BlockHeight) -> Result<(), FsckError> {
        let unreadable = || Difference::Unreadable { height };
        let StoredBlock { header, hash, signature } = read_block(self.stored, height)?;
        if self.chain.block_time(header.time) != header.time {
            return Err(Difference::Header { height, field: "time" }.into());
        }
        let operations = store::operations_at(self.stored, height).map_err(|_| unreadable())?;
        let begins = |operation: &Operation| matches!(operation, Operation::Genesis { .. });
        if let Some(position) = operations.iter().skip(1).position(begins) {
            return Err(Difference::Operation { height, position: position + 1 }.into());
        }
        if height.get() > 0 && operations.first().is_some_and(begins) {
            return Err(Difference::Operation { height, position: 0 }.into());
        }
        let contents = store::contents_at(self.stored, height).map_err(|_| unreadable())?;
        let mut incoming = Vec::new();
        let mut receipts = Vec::new();
        for (position, (raw, receipt)) in contents.into_iter().enumerate() {
            let checked = Incoming::check(&raw, self.chain.chain_id)
                .map_err(|_| Difference::Transaction { height, position })?;
            incoming.push(checked);
            receipts.push(receipt);
        }
        let produced =
            produce(self.fresh, &mut self.machine, &self.chain, header.time, operations, incoming)?;
        compare_block(height, &header, &hash, &produced, &receipts)?;
        header
            .verify_signature(&self.chain.node_key, &signature)
            .map_err(|_| Difference::Signature { height })?;
        let extended = self.chain.extended(&produced);
        let record = BlockRecord {
            header,
            signature,
            operations: produced.operations,
            transactions: produced.transactions,
            changes: produced.changes,
            first_sequence: self.chain.next_sequence,
        };
        store::append(self.fresh, &record)?;
        self.chain = extended;
        Ok(())
    }
}

fn read_block(stored: &Connection, height: BlockHeight) -> Result<StoredBlock, Difference> {
    match store::stored_block_at(stored, height) {
        Ok(Some(block)) => Ok(block),
        Ok(None) => Err(Difference::MissingBlock { height }),
        Err(_) => Err(Difference::Unreadable { height }),
    }
}

fn compare_block(
    height: BlockHeight,
    header: &Header,
    hash: &BlockHash,
    produced: &Produced,
    receipts: &[Vec<u8>],
) -> Result<(), Difference> {
    if let Some(position) = produced.operation_outcomes.iter().position(Result::is_err) {
        return Err(Difference::Operation { height, position });
    }
    if let Some(position) = produced.transaction_outcomes.iter().position(Result::is_err) {
        return Err(Difference::Transaction { height, position });
    }
    for (record, receipt) in produced.transactions.iter().zip(receipts) {
        if record.receipt_bytes != *receipt {
            return Err(Difference::Receipt { txid: record.incoming.txid });
        }
    }
    let made = &produced.header;
    let fields = [
        ("chain id", header.chain_id == made.chain_id),
        ("height", header.height == made.height),
        ("parent", header.parent == made.parent),
        ("burn height", header.burn_height == made.burn_height),
        ("time", header.time == made.time),
        ("operations root", header.operations_root == made.operations_root),
        ("transaction count", header.transactions == made.transactions),
        ("transactions root", header.transactions_root == made.transactions_root),
        ("receipts root", header.receipts_root == made.receipts_root),
        ("changes hash", header.changes_hash == made.changes_hash),
        ("hash", header.hash() == *hash),
    ];
    match fields.into_iter().find(|(_, agrees)| !agrees) {
        Some((field, _)) => Err(Difference::Header { height, field }),
        None => Ok(()),
    }
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

/// The columns that say which row it is.
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

/// Whether two rows are the same contract in the VM's parsed form. That form is JSON in which the VM writes
/// sets in no particular order, so equal contracts can be spelt differently.
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

/// The JSON with the VM's sets in order.
fn ordered(text: &str) -> Option<serde_json::Value> {
    use serde::Deserialize as _;
    let mut reader = serde_json::Deserializer::from_str(text);
    // The nesting of a contract is bounded by the VM, and this thread's stack is made for it.
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
