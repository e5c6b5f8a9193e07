//! Reads from the file: blocks, transactions, lists, events, contracts, proofs.

use rusqlite::types::ValueRef::{Blob, Integer};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::sums::{BLOCKS, CONTRACTS, OPERATIONS, TRANSACTIONS, must_be_under};
use crate::chain::error::LedgerFailure;
use crate::chain::header::{Header, SignedHeader};
use crate::chain::identifiers::{BlockHash, ContractId, Principal, TxId};
use crate::chain::merkle;
use crate::chain::operation::Operation;
use crate::chain::page::{Outcomes, Page, PageStart};
use crate::chain::proofs::{GenesisProof, TransactionProof};
use crate::chain::query_results::{
    Block, ContractEvent, ContractRecord, Included, StoredTransaction,
};
use crate::chain::receipt::{Event, Receipt};
use crate::chain::units::{BlockHeight, BurnHeight, Sequence, UnixTime};
use crate::chain::wire::ClarityVersionByte;

type Found<T> = Result<T, LedgerFailure>;

/// A stored block without its operations and transactions.
#[derive(Clone, Debug)]
pub(crate) struct StoredBlock {
    pub(crate) header: Header,
    pub(crate) hash: BlockHash,
    pub(crate) signature: [u8; 65],
}

type BlockColumns = (Vec<u8>, [u8; 32], Vec<u8>);

fn block_columns(row: &Row<'_>) -> rusqlite::Result<BlockColumns> {
    BLOCKS.check(row, 0)?;
    Ok((row.get(2)?, row.get(1)?, row.get(3)?))
}

fn stored_block((header, hash, signature): BlockColumns) -> Found<StoredBlock> {
    let signature =
        signature.try_into().map_err(|_| LedgerFailure::Damaged { what: "a block's signature" })?;
    Ok(StoredBlock { header: Header::decode(&header)?, hash: BlockHash::new(hash), signature })
}

/// Reads the newest block; none in an empty file.
pub(crate) fn tip(connection: &Connection) -> Found<Option<StoredBlock>> {
    connection
        .prepare_cached(&format!(
            "SELECT {} FROM blocks ORDER BY height DESC LIMIT 1",
            BLOCKS.columns
        ))?
        .query_row([], block_columns)
        .optional()?
        .map(stored_block)
        .transpose()
}

/// Reads the block at a height, without its operations and transactions.
pub(crate) fn stored_block_at(
    connection: &Connection,
    height: BlockHeight,
) -> Found<Option<StoredBlock>> {
    connection
        .prepare_cached(&format!("SELECT {} FROM blocks WHERE height = ?", BLOCKS.columns))?
        .query_row([height.get()], |row| {
            must_be_under(row, 0, &[Integer(height.get().into())])?;
            block_columns(row)
        })
        .optional()?
        .map(stored_block)
        .transpose()
}

/// Reads the block at a height, with its operations and the ids of its transactions. These are the ones that the header
/// commits to.
pub(crate) fn block_at(connection: &Connection, height: BlockHeight) -> Found<Option<Block>> {
    let Some(stored) = stored_block_at(connection, height)? else { return Ok(None) };
    let mut statement = connection
        .prepare_cached("SELECT txid FROM transactions WHERE height = ? ORDER BY position")?;
    let transactions = statement
        .query_map([height.get()], |row| row.get::<_, [u8; 32]>(0).map(TxId::new))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let StoredBlock { header, hash, signature } = stored;
    let ids: Vec<[u8; 32]> = transactions.iter().map(|txid| *txid.as_bytes()).collect();
    if merkle::root(&ids) != header.transactions_root {
        return Err(LedgerFailure::Damaged { what: "a block does not have its transactions" });
    }
    let operations = operations_at(connection, height)?;
    Ok(Some(Block { header, hash, signature, operations, transactions }))
}

/// Reads the block with a hash.
pub(crate) fn block_by_hash(connection: &Connection, hash: &BlockHash) -> Found<Option<Block>> {
    let height: Option<u32> = connection
        .prepare_cached("SELECT height FROM blocks WHERE hash = ?")?
        .query_row([&hash.as_bytes()[..]], |row| row.get(0))
        .optional()?;
    let Some(height) = height else { return Ok(None) };
    let block = block_at(connection, BlockHeight::new(height))?;
    match block {
        Some(block) if block.hash != *hash => {
            Err(LedgerFailure::Damaged { what: "a block is in the place of another" })
        }
        block => Ok(block),
    }
}

fn operation_column(row: &Row<'_>) -> rusqlite::Result<Vec<u8>> {
    OPERATIONS.check(row, 0)?;
    row.get(2)
}

/// Reads the operator operations of a block, in order.
pub(crate) fn operations_at(connection: &Connection, height: BlockHeight) -> Found<Vec<Operation>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM operations WHERE height = ? ORDER BY position",
        OPERATIONS.columns
    ))?;
    let rows = statement.query_map([height.get()], |row| {
        must_be_under(row, 0, &[Integer(height.get().into())])?;
        operation_column(row)
    })?;
    rows.map(|bytes| Ok(Operation::decode(&bytes?)?)).collect()
}

/// Whether a block has this operation. Reads those of all blocks.
pub(crate) fn has_operation(connection: &Connection, wanted: &Operation) -> Found<bool> {
    let sql = format!("SELECT {} FROM operations", OPERATIONS.columns);
    let mut statement = connection.prepare(&sql)?;
    for bytes in statement.query_map([], operation_column)? {
        if Operation::decode(&bytes?)? == *wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads the bytes and receipts of a block's transactions, in order.
pub(crate) fn contents_at(
    connection: &Connection,
    height: BlockHeight,
) -> Found<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM transactions WHERE height = ? ORDER BY position",
        TRANSACTIONS.columns
    ))?;
    let rows = statement.query_map([height.get()], |row| {
        must_be_under(row, 2, &[Integer(height.get().into())])?;
        TRANSACTIONS.check(row, 0)?;
        Ok((row.get(4)?, row.get(5)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Sums up the burn blocks that operators have added.
pub(crate) fn advanced(connection: &Connection) -> Found<u64> {
    // An `Advance` begins with the byte 2. SQL skips all other operations undecoded.
    let mut statement = connection.prepare(&format!(
        "SELECT {} FROM operations WHERE substr(operation, 1, 1) = X'02'",
        OPERATIONS.columns
    ))?;
    let rows = statement.query_map([], operation_column)?;
    let mut total: u64 = 0;
    for bytes in rows {
        if let Operation::Advance { burn_blocks } = Operation::decode(&bytes?)? {
            total = total.saturating_add(burn_blocks);
        }
    }
    Ok(total)
}

/// Reads the operations that record dropped or lost blocks, each with the height of its block.
pub(crate) fn dropping_operations(connection: &Connection) -> Found<Vec<(BlockHeight, Operation)>> {
    // They begin with the bytes 4 and 5. SQL skips all other operations undecoded.
    let mut statement = connection.prepare(&format!(
        "SELECT {} FROM operations WHERE substr(operation, 1, 1) IN (X'04', X'05')",
        OPERATIONS.columns
    ))?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, operation_column(row)?)))?;
    rows.map(|row| {
        let (height, operation) = row?;
        Ok((BlockHeight::new(height), Operation::decode(&operation)?))
    })
    .collect()
}

/// Returns the sequence of the next transaction.
pub(crate) fn next_sequence(connection: &Connection) -> Found<u64> {
    Ok(connection
        .prepare_cached("SELECT coalesce(max(sequence) + 1, 0) FROM transactions")?
        .query_row([], |row| row.get(0))?)
}

/// All columns of a transaction, then all columns of its block, so that both rows can be checked.
const TRANSACTION: &str =
    "SELECT t.sequence, t.txid, t.height, t.position, t.raw, t.receipt, t.status, t.contract, t.note, t.sum,
            b.height, b.hash, b.header, b.signature, b.time, b.burn_height, b.state_total, b.sum
     FROM transactions t JOIN blocks b ON b.height = t.height";
/// Where the columns of the block begin.
const ITS_BLOCK: usize = 10;

struct TransactionColumns {
    stored: StoredTransaction,
    receipt: Vec<u8>,
}

fn transaction_columns(row: &Row<'_>) -> rusqlite::Result<TransactionColumns> {
    TRANSACTIONS.check(row, 0)?;
    BLOCKS.check(row, ITS_BLOCK)?;
    let receipt: Vec<u8> = row.get(5)?;
    let txid = TxId::new(row.get(1)?);
    let included = Included {
        sequence: Sequence::new(row.get(0)?),
        txid,
        height: BlockHeight::new(row.get(2)?),
        position: row.get(3)?,
        note: row.get(8)?,
        block: BlockHash::new(row.get(ITS_BLOCK + 1)?),
        time: UnixTime::new(row.get(ITS_BLOCK + 4)?),
        burn_height: BurnHeight::new(row.get(ITS_BLOCK + 5)?),
        // A placeholder; `stored_transaction` decodes the real one.
        receipt: Receipt {
            txid,
            status: crate::chain::receipt::Status::Success,
            result: Vec::new(),
            fee: 0,
            events: Vec::new(),
            cost: None,
        },
    };
    Ok(TransactionColumns { stored: StoredTransaction { included, raw: row.get(4)? }, receipt })
}

fn stored_transaction(columns: TransactionColumns) -> Found<StoredTransaction> {
    let mut stored = columns.stored;
    stored.included.receipt = Receipt::decode(&columns.receipt)?;
    Ok(stored)
}

/// Reads an included transaction.
pub(crate) fn included(connection: &Connection, txid: &TxId) -> Found<Option<StoredTransaction>> {
    connection
        .prepare_cached(&format!("{TRANSACTION} WHERE t.txid = ?"))?
        .query_row([&txid.as_bytes()[..]], |row| {
            must_be_under(row, 1, &[Blob(txid.as_bytes())])?;
            transaction_columns(row)
        })
        .optional()?
        .map(stored_transaction)
        .transpose()
}

/// Reads the transaction at a place of the chain.
pub(crate) fn transaction_at(
    connection: &Connection,
    sequence: Sequence,
) -> Found<Option<StoredTransaction>> {
    connection
        .prepare_cached(&format!("{TRANSACTION} WHERE t.sequence = ?"))?
        .query_row([sequence.get()], transaction_columns)
        .optional()?
        .map(stored_transaction)
        .transpose()
}

/// The SQL parts of a page: the comparison with a sequence, the order, and that sequence.
fn bounds(page: Page) -> (&'static str, &'static str, u64) {
    match page.start {
        PageStart::Oldest => (">=", "ASC", 0),
        PageStart::After(sequence) => (">", "ASC", sequence.get()),
        PageStart::Newest => ("<=", "DESC", i64::MAX as u64),
        PageStart::Before(sequence) => ("<", "DESC", sequence.get()),
    }
}

/// Lists the transactions that a principal signs, pays for, receives STX from or, as a contract, is called
/// by.
pub(crate) fn transactions_of_address(
    connection: &Connection,
    address: &Principal,
    page: Page,
) -> Found<Vec<StoredTransaction>> {
    let (compare, order, bound) = bounds(page);
    let sql = format!(
        "{TRANSACTION} JOIN participants p ON p.sequence = t.sequence
         WHERE p.address = ? AND p.sequence {compare} ? ORDER BY p.sequence {order} LIMIT ?"
    );
    list(connection, &sql, params![address.to_string(), bound, page.limit])
}

/// Lists the transactions that call or publish a contract.
pub(crate) fn transactions_of_contract(
    connection: &Connection,
    contract: &ContractId,
    outcomes: Outcomes,
    page: Page,
) -> Found<Vec<StoredTransaction>> {
    let (compare, order, bound) = bounds(page);
    // The index is ordered by sequence within one status, so that nothing beyond the page is read.
    let of_status = |status: &u8| {
        format!(
            "SELECT * FROM (SELECT sequence FROM transactions
             WHERE contract = ?1 AND status = {status} AND sequence {compare} ?2
             ORDER BY sequence {order} LIMIT ?3)"
        )
    };
    let statuses: &[u8] = match outcomes {
        Outcomes::All => &[0, 1, 2],
        Outcomes::Failed => &[1, 2],
    };
    let sequences = statuses.iter().map(of_status).collect::<Vec<_>>().join(" UNION ALL ");
    let sql = format!(
        "{TRANSACTION} WHERE t.sequence IN
             (SELECT sequence FROM ({sequences}) ORDER BY sequence {order} LIMIT ?3)
         ORDER BY t.sequence {order}"
    );
    list(connection, &sql, params![contract.to_string(), bound, page.limit])
}

fn list(
    connection: &Connection,
    sql: &str,
    parameters: &[&dyn rusqlite::ToSql],
) -> Found<Vec<StoredTransaction>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(parameters, transaction_columns)?;
    rows.map(|columns| stored_transaction(columns?)).collect()
}

/// Lists the events that a contract printed. The page counts transactions: all events of a transaction are on
/// the same page.
pub(crate) fn contract_events(
    connection: &Connection,
    contract: &ContractId,
    page: Page,
) -> Found<Vec<ContractEvent>> {
    let (compare, order, bound) = bounds(page);
    let sql = format!(
        "{TRANSACTION} WHERE t.sequence IN
             (SELECT DISTINCT sequence FROM events WHERE contract = ? AND sequence {compare} ?
              ORDER BY sequence {order} LIMIT ?)
         ORDER BY t.sequence {order}"
    );
    let text = contract.to_string();
    let mut events = Vec::new();
    for stored in list(connection, &sql, params![text, bound, page.limit])? {
        let included = stored.included;
        for (position, event) in (0_u32..).zip(included.receipt.events) {
            match event {
                Event::Print { contract: printer, value } if printer == *contract => {
                    events.push(ContractEvent {
                        txid: included.txid,
                        sequence: included.sequence,
                        height: included.height,
                        time: included.time,
                        burn_height: included.burn_height,
                        position,
                        value,
                    });
                }
                _ => {}
            }
        }
    }
    Ok(events)
}

/// Reads how a contract was published; none when no transaction has published it. The source stays empty.
pub(crate) fn contract_record(
    connection: &Connection,
    contract: &ContractId,
) -> Found<Option<ContractRecord>> {
    let name = contract.to_string();
    let columns: Option<([u8; 32], u32, Option<u8>)> = connection
        .prepare_cached(&format!("SELECT {} FROM contracts WHERE contract = ?", CONTRACTS.columns))?
        .query_row([&name], |row| {
            must_be_under(row, 0, &[name.as_str().into()])?;
            CONTRACTS.check(row, 0)?;
            Ok((row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((txid, height, version)) = columns else { return Ok(None) };
    Ok(Some(ContractRecord {
        contract: contract.clone(),
        txid: Some(TxId::new(txid)),
        height: BlockHeight::new(height),
        clarity_version: version.map(ClarityVersionByte::try_new).transpose()?,
        source: String::new(),
    }))
}

/// Lists every contract that a transaction has published, in the order of the chain.
pub(crate) fn contracts(connection: &Connection) -> Found<Vec<ContractId>> {
    let mut statement = connection.prepare_cached(
        "SELECT c.contract, c.txid, c.height, c.clarity_version, c.sum
         FROM contracts c JOIN transactions t ON t.txid = c.txid ORDER BY t.sequence",
    )?;
    let rows = statement.query_map([], |row| {
        CONTRACTS.check(row, 0)?;
        row.get::<_, String>(0)
    })?;
    rows.map(|text| Ok(ContractId::parse(&text?)?)).collect()
}

/// Builds the proof of an included transaction; none when no block includes it. Of the others in its block only the hashes
/// are kept.
pub(crate) fn proof(connection: &Connection, txid: &TxId) -> Found<Option<TransactionProof>> {
    let Some(stored) = included(connection, txid)? else { return Ok(None) };
    let height = stored.included.height;
    let damaged = LedgerFailure::Damaged { what: "a transaction without its block" };
    let block = stored_block_at(connection, height)?.ok_or_else(|| damaged.clone())?;
    let position = stored.included.position as usize;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM transactions WHERE height = ? ORDER BY position",
        TRANSACTIONS.columns
    ))?;
    let mut rows = statement.query([height.get()])?;
    let (mut txids, mut receipts, mut receipt) = (Vec::new(), Vec::new(), None);
    while let Some(row) = rows.next()? {
        TRANSACTIONS.check(row, 0)?;
        let bytes = row.get_ref(5)?.as_blob().map_err(|_| damaged.clone())?;
        if txids.len() == position {
            receipt = Some(bytes.to_vec());
        }
        txids.push(merkle::leaf_hash(&row.get::<_, [u8; 32]>(1)?));
        receipts.push(merkle::leaf_hash(bytes));
    }
    let paths = merkle::path_of(&txids, position).zip(merkle::path_of(&receipts, position));
    let (Some((transaction_path, receipt_path)), Some(receipt)) = (paths, receipt) else {
        return Err(damaged);
    };
    Ok(Some(TransactionProof {
        header: block.header,
        signature: block.signature,
        position: stored.included.position,
        raw: stored.raw,
        transaction_path,
        receipt,
        receipt_path,
    }))
}

/// Builds the proof of block 0.
pub(crate) fn genesis_proof(connection: &Connection) -> Found<GenesisProof> {
    let block = block_at(connection, BlockHeight::new(0))?;
    let block = block.ok_or(LedgerFailure::Damaged { what: "a ledger without block 0" })?;
    Ok(GenesisProof {
        block: SignedHeader { header: block.header, signature: block.signature },
        operations: block.operations.iter().map(Operation::encode).collect(),
    })
}

/// Reads the newest block's header, with the node's signature.
pub(crate) fn signed_tip(connection: &Connection) -> Found<SignedHeader> {
    let tip =
        tip(connection)?.ok_or(LedgerFailure::Damaged { what: "a ledger without block 0" })?;
    Ok(SignedHeader { header: tip.header, signature: tip.signature })
}

/// Builds the proof of the transaction that published a contract; none when no transaction did.
pub(crate) fn deployment_proof(
    connection: &Connection,
    contract: &ContractId,
) -> Found<Option<TransactionProof>> {
    match contract_record(connection, contract)?.and_then(|record| record.txid) {
        Some(txid) => proof(connection, &txid),
        None => Ok(None),
    }
}
