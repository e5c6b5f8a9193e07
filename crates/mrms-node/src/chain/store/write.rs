//! Putting a complete block into the file.

use std::collections::HashMap;
use std::rc::Rc;

use rusqlite::types::Value as Column;
use rusqlite::{Connection, params};

use crate::chain::error::LedgerFailure;
use crate::chain::header::Header;
use crate::chain::identifiers::ContractId;
use crate::chain::operation::Operation;
use crate::chain::receipt::{Event, Receipt, Status};
use crate::chain::vm::{Changes, Incoming};
use crate::chain::wire::{ClarityVersionByte, Payload};
use crate::hexadecimal;

/// A transaction with what it did.
pub(crate) struct TransactionRecord {
    pub(crate) incoming: Incoming,
    pub(crate) receipt: Receipt,
    /// The receipt's canonical bytes.
    pub(crate) receipt_bytes: Vec<u8>,
    pub(crate) note: Option<String>,
}

/// A block with everything in it.
pub(crate) struct BlockRecord {
    pub(crate) header: Header,
    pub(crate) signature: [u8; 65],
    pub(crate) operations: Vec<Operation>,
    pub(crate) transactions: Vec<TransactionRecord>,
    pub(crate) changes: Changes,
    /// Sequence of its first transaction.
    pub(crate) first_sequence: u64,
}

/// Writes the block. The caller has a database transaction open and commits it.
pub(crate) fn append(connection: &Connection, block: &BlockRecord) -> Result<(), LedgerFailure> {
    let height = block.header.height.get();
    connection
        .prepare_cached(
            "INSERT INTO blocks (height, hash, header, signature, time, burn_height) VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            height,
            block.header.hash().as_bytes(),
            block.header.encode(),
            &block.signature[..],
            i64::try_from(block.header.time.get()).unwrap_or(i64::MAX),
            block.header.burn_height.get(),
        ])?;
    for (position, operation) in block.operations.iter().enumerate() {
        connection
            .prepare_cached(
                "INSERT INTO operations (height, position, operation) VALUES (?, ?, ?)",
            )?
            .execute(params![height, position, operation.encode()])?;
    }
    let mut spelled = Spelled::default();
    for (sequence, (position, record)) in
        (block.first_sequence..).zip(block.transactions.iter().enumerate())
    {
        append_transaction(connection, height, position, sequence, record, &mut spelled)?;
    }
    append_changes(connection, &block.changes)
}

fn append_transaction(
    connection: &Connection,
    height: u32,
    position: usize,
    sequence: u64,
    record: &TransactionRecord,
    spelled: &mut Spelled,
) -> Result<(), LedgerFailure> {
    let contract = concerned(&record.incoming, spelled);
    connection
        .prepare_cached(
            "INSERT INTO transactions
                 (sequence, txid, height, position, raw, receipt, status, contract, note)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            sequence,
            record.incoming.txid.as_bytes(),
            height,
            position,
            record.incoming.raw,
            record.receipt_bytes,
            record.receipt.status.code(),
            contract,
            record.note,
        ])?;
    for address in participants(&record.incoming, contract.as_deref()) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO participants (address, sequence) VALUES (?, ?)")?
            .execute(params![address, sequence])?;
    }
    for (place, event) in record.receipt.events.iter().enumerate() {
        if let Event::Print { contract, .. } = event {
            connection
                .prepare_cached(
                    "INSERT INTO events (contract, sequence, position) VALUES (?, ?, ?)",
                )?
                .execute(params![spelled.text(contract), sequence, place])?;
        }
    }
    if let (Payload::Deploy { version, .. }, Status::Success, Some(contract)) =
        (&record.incoming.transaction.payload, record.receipt.status, contract)
    {
        connection
            .prepare_cached(
                "INSERT INTO contracts (contract, txid, height, clarity_version) VALUES (?, ?, ?, ?)",
            )?
            .execute(params![
                contract,
                record.incoming.txid.as_bytes(),
                height,
                version.map(ClarityVersionByte::get),
            ])?;
    }
    Ok(())
}

/// Contracts of one block as texts, each made once: most transactions are for the same.
#[derive(Default)]
struct Spelled(HashMap<ContractId, Rc<str>>);

impl Spelled {
    fn text(&mut self, contract: &ContractId) -> Rc<str> {
        if let Some(text) = self.0.get(contract) {
            return Rc::clone(text);
        }
        let text: Rc<str> = contract.to_string().into();
        self.0.insert(contract.clone(), Rc::clone(&text));
        text
    }
}

/// The contract that is called or published.
fn concerned(incoming: &Incoming, spelled: &mut Spelled) -> Option<Rc<str>> {
    match &incoming.transaction.payload {
        Payload::Transfer { .. } => None,
        Payload::Call { contract, .. } => Some(spelled.text(contract)),
        Payload::Deploy { name, .. } => {
            let deployer = incoming.transaction.authorization.origin().account();
            Some(format!("{deployer}.{name}").into())
        }
    }
}

fn participants(incoming: &Incoming, contract: Option<&str>) -> Vec<String> {
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
    for (key, value) in &changes.values {
        connection
            .prepare_cached(
                "INSERT INTO state (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![key, column(value)])?;
    }
    for ((contract, key), value) in &changes.metadata {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO contract_metadata (contract, key, value) VALUES (?, ?, ?)",
            )?
            .execute(params![contract, key, value])?;
    }
    Ok(())
}

/// Half the space: most values are hexadecimal, and lower-case hexadecimal comes back as it was.
fn column(value: &str) -> Column {
    let lower_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    if value.as_bytes().iter().all(lower_hex)
        && let Some(bytes) = hexadecimal::decode(value)
    {
        return Column::Blob(bytes);
    }
    Column::Text(value.to_owned())
}
