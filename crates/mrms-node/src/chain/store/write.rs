//! Writes a complete block to the file.

use std::collections::HashMap;
use std::rc::Rc;

use rusqlite::types::Value as Column;
use rusqlite::{Connection, params};

use super::ancestry::append_subtrees;
use crate::chain::ancestry::Subtree;
use crate::chain::error::LedgerFailure;
use crate::chain::header::Header;
use crate::chain::identifiers::ContractId;
use crate::chain::operation::Operation;
use crate::chain::receipt::{Event, Receipt, Status};
use crate::chain::vm::{Changes, IncomingTransaction};
use crate::chain::wire::{ClarityVersionByte, Payload};
use crate::hexadecimal;

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
    // Without `..` here and below, so that a new field does not compile until it is stored.
    let BlockRecord {
        header,
        signature,
        operations,
        transactions,
        changes,
        first_sequence,
        completed,
    } = block;
    let height = header.height.get();
    connection
        .prepare_cached(
            "INSERT INTO blocks (height, hash, header, signature, time, burn_height) VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            height,
            header.hash().as_bytes(),
            header.encode(),
            &signature[..],
            i64::try_from(header.time.get()).unwrap_or(i64::MAX),
            header.burn_height.get(),
        ])?;
    for (position, operation) in operations.iter().enumerate() {
        connection
            .prepare_cached(
                "INSERT INTO operations (height, position, operation) VALUES (?, ?, ?)",
            )?
            .execute(params![height, position, operation.encode()])?;
    }
    let mut texts = ContractTexts::default();
    for (sequence, (position, record)) in (*first_sequence..).zip(transactions.iter().enumerate()) {
        append_transaction(connection, height, position, sequence, record, &mut texts)?;
    }
    append_subtrees(connection, completed)?;
    append_changes(connection, changes)
}

fn append_transaction(
    connection: &Connection,
    height: u32,
    position: usize,
    sequence: u64,
    record: &TransactionRecord,
    texts: &mut ContractTexts,
) -> Result<(), LedgerFailure> {
    let TransactionRecord { incoming, receipt, receipt_bytes, note } = record;
    let IncomingTransaction { txid, raw, transaction } = incoming;
    let contract = contract_of(incoming, texts);
    connection
        .prepare_cached(
            "INSERT INTO transactions
                 (sequence, txid, height, position, raw, receipt, status, contract, note)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            sequence,
            txid.as_bytes(),
            height,
            position,
            raw,
            receipt_bytes,
            receipt.status.code(),
            contract,
            note,
        ])?;
    for address in participants(incoming, contract.as_deref()) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO participants (address, sequence) VALUES (?, ?)")?
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
        connection
            .prepare_cached(
                "INSERT INTO contracts (contract, txid, height, clarity_version) VALUES (?, ?, ?, ?)",
            )?
            .execute(params![
                contract,
                txid.as_bytes(),
                height,
                version.map(ClarityVersionByte::get),
            ])?;
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
fn contract_of(incoming: &IncomingTransaction, texts: &mut ContractTexts) -> Option<Rc<str>> {
    match &incoming.transaction.payload {
        Payload::Transfer { .. } => None,
        Payload::Call { contract, .. } => Some(texts.text(contract)),
        Payload::Deploy { name, .. } => {
            let deployer = incoming.transaction.authorization.origin().account();
            Some(format!("{deployer}.{name}").into())
        }
    }
}

fn participants(incoming: &IncomingTransaction, contract: Option<&str>) -> Vec<String> {
    let authorization = &incoming.transaction.authorization;
    let mut addresses = vec![authorization.origin().account().to_string()];
    addresses.extend(authorization.sponsor().map(|sponsor| sponsor.account().to_string()));
    addresses.extend(contract.map(str::to_owned));
    if let Payload::Transfer { recipient, .. } = &incoming.transaction.payload {
        addresses.push(recipient.to_string());
    }
    addresses
}

fn append_changes(connection: &Connection, changes: &Changes) -> Result<(), LedgerFailure> {
    let Changes { values, metadata } = changes;
    for (key, value) in values {
        connection
            .prepare_cached(
                "INSERT INTO state (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![key, column(value)])?;
    }
    for ((contract, key), value) in metadata {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO contract_metadata (contract, key, value) VALUES (?, ?, ?)",
            )?
            .execute(params![contract, key, value])?;
    }
    Ok(())
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
