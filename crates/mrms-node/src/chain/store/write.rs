//! Writes a complete block to the file.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use rusqlite::types::ValueRef::{Blob, Integer, Null, Text};
use rusqlite::types::{ToSqlOutput, Value as Column, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use super::ancestry::append_subtrees;
use super::sums::{
    BLOCKS, CONTRACTS, METADATA, OPERATIONS, STATE, Summed, TRANSACTIONS, must_be_under,
};
use crate::chain::ancestry::Subtree;
use crate::chain::changes::Changes;
use crate::chain::error::LedgerFailure;
use crate::chain::header::Header;
use crate::chain::identifiers::ContractId;
use crate::chain::incoming::IncomingTransaction;
use crate::chain::operation::Operation;
use crate::chain::receipt::{Event, Receipt, Status};
use crate::chain::wire::{Payload, Signers, Transaction};
use crate::hexadecimal;

/// Rows that are summed up at a time when a file gets its sums.
const ROWS_A_PAGE: u32 = 1_000;

/// A transaction of a block, with what it did.
pub(crate) struct TransactionRecord {
    pub(crate) incoming: IncomingTransaction,
    pub(crate) receipt: Receipt,
    /// The receipt's canonical bytes.
    pub(crate) receipt_bytes: Vec<u8>,
    pub(crate) note: Option<String>,
}

/// A block with everything that is stored of it.
pub(crate) struct BlockRecord {
    pub(crate) header: Header,
    pub(crate) signature: [u8; 65],
    pub(crate) operations: Vec<Operation>,
    pub(crate) transactions: Vec<TransactionRecord>,
    pub(crate) changes: Changes,
    /// Sequence of the block's first transaction.
    pub(crate) first_sequence: u64,
    /// The subtrees of the ancestry that the block completes.
    pub(crate) completed: Vec<Subtree>,
}

/// Writes a block, in the caller's database transaction. The caller commits.
pub(crate) fn append(connection: &Connection, block: &BlockRecord) -> Result<(), LedgerFailure> {
    append_state(connection, block)?;
    // Without `..` here and below, so that a new field does not compile until it is stored.
    let BlockRecord {
        header,
        signature: _,
        operations,
        transactions,
        changes: _,
        first_sequence,
        completed,
    } = block;
    let height = header.height.get();
    for (position, operation) in (0..).zip(operations) {
        let row = [Integer(height.into()), Integer(position), Blob(&operation.encode())];
        insert(connection, &OPERATIONS, &row)?;
    }
    let mut texts = ContractTexts::default();
    for (sequence, (position, record)) in (*first_sequence..).zip((0..).zip(transactions)) {
        append_transaction(connection, height, position, sequence, record, &mut texts)?;
    }
    append_subtrees(connection, completed)
}

/// Writes what later blocks need of a block to be executed: its header, and the state after it.
pub(crate) fn append_state(
    connection: &Connection,
    block: &BlockRecord,
) -> Result<(), LedgerFailure> {
    let BlockRecord { header, signature, changes, .. } = block;
    let height = header.height.get();
    let state_total = append_changes(connection, changes, total_below(connection, height)?)?;
    let (hash, bytes) = (header.hash(), header.encode());
    let row = [
        Integer(height.into()),
        Blob(hash.as_bytes()),
        Blob(&bytes),
        Blob(&signature[..]),
        Integer(i64::try_from(header.time.get()).unwrap_or(i64::MAX)),
        Integer(header.burn_height.get().into()),
        state_total.map_or(Null, Integer),
    ];
    Ok(insert(connection, &BLOCKS, &row)?)
}

/// Writes a row with its sum. `row` has all columns of the table but the sum.
fn insert(connection: &Connection, table: &Summed, row: &[ValueRef<'_>]) -> rusqlite::Result<()> {
    write(connection, table, row, table.sum(row))
}

fn write(
    connection: &Connection,
    table: &Summed,
    row: &[ValueRef<'_>],
    sum: i64,
) -> rusqlite::Result<()> {
    let sum = Integer(sum);
    let row = row.iter().chain([&sum]).map(|value| ToSqlOutput::Borrowed(*value));
    connection.prepare_cached(table.write)?.execute(params_from_iter(row)).map(drop)
}

fn append_transaction(
    connection: &Connection,
    height: u32,
    position: i64,
    sequence: u64,
    record: &TransactionRecord,
    texts: &mut ContractTexts,
) -> Result<(), LedgerFailure> {
    let TransactionRecord { incoming, receipt, receipt_bytes, note } = record;
    let IncomingTransaction { txid, raw, transaction } = incoming;
    let contract = contract_of(transaction, texts);
    let number = i64::try_from(sequence).unwrap_or(i64::MAX);
    insert(
        connection,
        &TRANSACTIONS,
        &[
            Integer(number),
            Blob(txid.as_bytes()),
            Integer(height.into()),
            Integer(position),
            Blob(raw),
            Blob(receipt_bytes),
            Integer(receipt.status.code().into()),
            contract.as_deref().map_or(Null, |contract| Text(contract.as_bytes())),
            note.as_deref().map_or(Null, |note| Text(note.as_bytes())),
        ],
    )?;
    for address in participants(transaction, contract.as_deref()) {
        connection
            .prepare_cached("INSERT INTO participants (address, sequence) VALUES (?, ?)")?
            .execute(params![address, sequence])?;
    }
    for (place, event) in receipt.events.iter().enumerate() {
        if let Event::Print { contract, .. } = event {
            connection
                .prepare_cached(
                    "INSERT INTO events (contract, sequence, position) VALUES (?, ?, ?)",
                )?
                .execute(params![texts.text(contract), sequence, place])?;
        }
    }
    if let (Payload::Deploy { version, .. }, Status::Success, Some(contract)) =
        (&transaction.payload, receipt.status, contract)
    {
        let row = [
            Text(contract.as_bytes()),
            Blob(txid.as_bytes()),
            Integer(height.into()),
            version.map_or(Null, |version| Integer(version.get().into())),
        ];
        insert(connection, &CONTRACTS, &row)?;
    }
    Ok(())
}

/// The texts of the contract ids in one block. Each id is written out once, because most transactions are for
/// the same contract.
#[derive(Default)]
struct ContractTexts(HashMap<ContractId, Rc<str>>);

impl ContractTexts {
    fn text(&mut self, contract: &ContractId) -> Rc<str> {
        if let Some(text) = self.0.get(contract) {
            return Rc::clone(text);
        }
        let text: Rc<str> = contract.to_string().into();
        self.0.insert(contract.clone(), Rc::clone(&text));
        text
    }
}

/// The contract that a transaction calls or publishes.
fn contract_of(transaction: &Transaction, texts: &mut ContractTexts) -> Option<Rc<str>> {
    match &transaction.payload {
        Payload::Transfer { .. } => None,
        Payload::Call { contract, .. } => Some(texts.text(contract)),
        Payload::Deploy { name, .. } => {
            let deployer = transaction.origin();
            Some(format!("{deployer}.{name}").into())
        }
    }
}

fn participants(transaction: &Transaction, contract: Option<&str>) -> BTreeSet<String> {
    let mut addresses = BTreeSet::from([transaction.origin().to_string()]);
    addresses.extend(transaction.sponsor().map(|sponsor| sponsor.to_string()));
    addresses.extend(contract.map(str::to_owned));
    if let Payload::Transfer { recipient, .. } = &transaction.payload {
        addresses.insert(recipient.to_string());
    }
    addresses
}

/// The contracts that printed, each with the position of the event.
fn printed(receipt: &Receipt) -> Vec<(String, i64)> {
    let printed = (0..).zip(&receipt.events).filter_map(|(place, event)| match event {
        Event::Print { contract, .. } => Some((contract.to_string(), place)),
        _ => None,
    });
    printed.collect()
}

/// What the tables for lists have of a transaction, as it follows from its bytes and its receipt.
pub(crate) struct Listing {
    /// The contract that it calls or publishes.
    pub(crate) contract: Option<String>,
    /// If it has published that contract: the Clarity version that it asked for.
    pub(crate) published: Option<Option<u8>>,
    /// Whoever signs, pays for, receives from or is called by it.
    pub(crate) participants: BTreeSet<String>,
    /// The contracts that printed, each with the position of the event.
    pub(crate) events: Vec<(String, i64)>,
}

impl Listing {
    pub(crate) fn of(transaction: &Transaction, receipt: &Receipt) -> Self {
        let contract = contract_of(transaction, &mut ContractTexts::default());
        let published = match &transaction.payload {
            Payload::Deploy { version, .. } if receipt.status == Status::Success => {
                Some(version.map(|version| version.get()))
            }
            _ => None,
        };
        Self {
            published,
            participants: participants(transaction, contract.as_deref()),
            events: printed(receipt),
            contract: contract.map(|contract| contract.to_string()),
        }
    }

    /// The same of a transaction whose payload this program does not read; of whom nobody signed, there are no signers.
    pub(crate) fn of_signers(signers: Option<&Signers>, receipt: &Receipt) -> Self {
        let accounts = signers.into_iter().flat_map(|Signers { version, authorization }| {
            let sponsor = authorization.sponsor().map(|sponsor| version.account(sponsor));
            sponsor.into_iter().chain([version.account(authorization.origin())])
        });
        Self {
            contract: None,
            published: None,
            participants: accounts.map(|account| account.to_string()).collect(),
            events: printed(receipt),
        }
    }
}

/// The total of the sums of the state before the block at `height`; none where it is not known.
fn total_below(connection: &Connection, height: u32) -> rusqlite::Result<Option<i64>> {
    let Some(parent) = height.checked_sub(1) else { return Ok(Some(0)) };
    connection
        .prepare_cached("SELECT state_total FROM blocks WHERE height = ?")?
        .query_row([parent], |row| row.get(0))
}

/// Writes changes of the state. Returns the total of the sums of all its rows afterwards, if it was known before.
fn append_changes(
    connection: &Connection,
    changes: &Changes,
    mut total: Option<i64>,
) -> Result<Option<i64>, LedgerFailure> {
    let Changes { values, metadata } = changes;
    for (key, value) in values {
        let former: Option<Option<i64>> = connection
            .prepare_cached("SELECT key, sum FROM state WHERE key = ?")?
            .query_row([key], |row| {
                must_be_under(row, 0, &[key.as_str().into()])?;
                row.get(1)
            })
            .optional()?;
        let value = column(value);
        let row = [Text(key.as_bytes()), (&value).into()];
        let sum = STATE.sum(&row);
        let former = former.flatten().unwrap_or(0);
        total = total.map(|total| total.wrapping_add(sum).wrapping_sub(former));
        write(connection, &STATE, &row, sum)?;
    }
    // Not in the total: the VM writes the sets of a parsed contract in no fixed order.
    for ((contract, key), value) in metadata {
        insert(connection, &METADATA, &[contract, key, value].map(|text| Text(text.as_bytes())))?;
    }
    Ok(total)
}

/// Gives each row of the state and of what the VM knows of contracts its sum, and the newest block the total over the
/// state: for a file from before there were sums, in the caller's database transaction.
pub(super) fn sum_up_state(connection: &Connection) -> Result<(), LedgerFailure> {
    let mut total = 0_i64;
    let mut after = String::new();
    loop {
        let rows = page(
            connection,
            "SELECT key, value FROM state WHERE key > ? ORDER BY key LIMIT ?",
            &after,
        )?;
        for (key, value) in &rows {
            let row = [Text(key.as_bytes()), value.into()];
            let sum = STATE.sum(&row);
            total = total.wrapping_add(sum);
            write(connection, &STATE, &row, sum)?;
        }
        let Some((last, _)) = rows.into_iter().next_back() else { break };
        after = last;
    }
    // A few rows for each contract.
    let mut statement = connection.prepare("SELECT contract, key, value FROM contract_metadata")?;
    let rows = statement
        .query_map([], |row| Ok([row.get::<_, String>(0)?, row.get(1)?, row.get(2)?]))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for row in &rows {
        insert(connection, &METADATA, &row.each_ref().map(|text| Text(text.as_bytes())))?;
    }
    let sql = "UPDATE blocks SET state_total = ? WHERE height = (SELECT max(height) FROM blocks)";
    connection.execute(sql, [total])?;
    Ok(())
}

/// A page of rows, so that no query reads rows that it also writes.
fn page(
    connection: &Connection,
    sql: &str,
    after: &str,
) -> rusqlite::Result<Vec<(String, Column)>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows =
        statement.query_map(params![after, ROWS_A_PAGE], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Stores lower-case hexadecimal as bytes, which takes half the space; reading it back gives the same text.
/// Most values are hexadecimal. Any other value is stored as text.
fn column(value: &str) -> Column {
    let lower_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    if value.as_bytes().iter().all(lower_hex)
        && let Some(bytes) = hexadecimal::decode(value)
    {
        return Column::Blob(bytes);
    }
    Column::Text(value.to_owned())
}
