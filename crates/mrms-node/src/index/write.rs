//! Writes into the index: blocks, forks, what waits. Each function runs in its caller's database transaction.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::message::NewBlock;
use crate::chain::store::Listing;
use crate::chain::wire::{Signers, Transaction, sha512_256};
use crate::chain::{
    BlockHash, BlockHeight, Event, LedgerFailure, Receipt, Sequence, TxId, UnixTime,
};

/// A place in the chain: so many bits of it are the position in the block.
const POSITION_BITS: u32 = 20;
/// How long a transaction that got into no block is kept. A Stacks node forgets one after 256 Bitcoin blocks.
const KEPT_WAITING: u64 = 4 * 24 * 3_600;

/// What becomes of a block whose parent the index does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapRule {
    /// It is refused, so that the node repeats it.
    Refuse,
    /// It is taken, and the index tells that history before it is missing.
    Accept,
}

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The index had it.
    Known,
    /// It is the first one, or the first one after a gap.
    Began,
    /// It stands on the newest one.
    Added,
    /// It stands on an older one: so many blocks of another fork count no more.
    Forked {
        /// How many.
        dropped: u32,
    },
}

/// Why a block is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TakeError {
    /// The index does not have its parent: blocks before it are missing.
    #[error(
        "block {height} stands on {parent}, which the index does not have; its newest block is {newest}"
    )]
    UnknownParent {
        /// Its height.
        height: BlockHeight,
        /// Its parent.
        parent: BlockHash,
        /// The height of the index's newest block.
        newest: BlockHeight,
    },
    /// It says that it is not one above its parent.
    #[error("block {height} does not stand one above its parent, which is {parent}")]
    WrongHeight {
        /// Its height.
        height: BlockHeight,
        /// Its parent's.
        parent: BlockHeight,
    },
    /// The file failed.
    #[error(transparent)]
    Failed {
        /// The failure.
        #[from]
        failure: LedgerFailure,
    },
}

impl From<rusqlite::Error> for TakeError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed { failure: error.into() }
    }
}

/// The place of a transaction in the chain.
pub(super) fn sequence(height: BlockHeight, position: u32) -> Sequence {
    Sequence::new(u64::from(height.get()) << POSITION_BITS | u64::from(position))
}

/// The place of the first transaction of a block.
pub(super) fn first_of(height: BlockHeight) -> Sequence {
    sequence(height, 0)
}

fn newest(connection: &Connection) -> rusqlite::Result<Option<(u32, [u8; 32])>> {
    connection
        .prepare_cached(
            "SELECT height, id FROM blocks WHERE counts = 1 ORDER BY height DESC LIMIT 1",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

pub(super) fn take(
    connection: &Connection,
    block: &NewBlock,
    rule: GapRule,
    now: UnixTime,
) -> Result<Taken, TakeError> {
    let is_known: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM blocks WHERE id = ?)")?
        .query_row([&block.id.as_bytes()[..]], |row| row.get(0))?;
    if is_known {
        // Told again: whether it counts is decided by the blocks that came since.
        return Ok(Taken::Known);
    }
    let parent: Option<u32> = connection
        .prepare_cached("SELECT height FROM blocks WHERE id = ?")?
        .query_row([&block.parent_id.as_bytes()[..]], |row| row.get(0))
        .optional()?;
    let newest = newest(connection)?;
    match (parent, newest) {
        (Some(parent), _) if parent.checked_add(1) != Some(block.height.get()) => {
            let parent = BlockHeight::new(parent);
            return Err(TakeError::WrongHeight { height: block.height, parent });
        }
        (None, Some((newest, _))) if rule == GapRule::Refuse => {
            return Err(TakeError::UnknownParent {
                height: block.height,
                parent: block.parent_id,
                newest: BlockHeight::new(newest),
            });
        }
        _ => {}
    }
    insert(connection, block, parent.is_some())?;
    let dropped = count_up_to(connection, block.id.as_bytes(), now)?;
    connection
        .prepare_cached("DELETE FROM waiting WHERE received < ?")?
        .execute([now.get().saturating_sub(KEPT_WAITING)])?;
    Ok(match (parent, newest) {
        (None, _) => Taken::Began,
        (Some(_), Some((_, id))) if id == *block.parent_id.as_bytes() => Taken::Added,
        (Some(_), _) => Taken::Forked { dropped },
    })
}

/// Writes the rows of a block that does not count yet.
fn insert(connection: &Connection, block: &NewBlock, follows: bool) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO blocks (id, hash, height, parent_id, parent_hash, time, burn_height, burn_hash, burn_time,
                count, follows, counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        )?
        .execute(params![
            &block.id.as_bytes()[..],
            &block.hash.as_bytes()[..],
            block.height.get(),
            &block.parent_id.as_bytes()[..],
            &block.parent_hash.as_bytes()[..],
            block.time.get(),
            block.burn_height.get(),
            &block.burn_hash.as_bytes()[..],
            block.burn_time.get(),
            block.transactions.len(),
            follows,
        ])?;
    let mut add = connection.prepare_cached(
        "INSERT INTO transactions (block, position, txid, raw, receipt, status, contract, note, interface)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for (position, one) in block.transactions.iter().enumerate() {
        let contract = Transaction::decode(&one.raw)
            .ok()
            .and_then(|transaction| Listing::of(&transaction, &one.receipt).contract);
        add.execute(params![
            &block.id.as_bytes()[..],
            position,
            &one.receipt.txid.as_bytes()[..],
            one.raw,
            one.receipt.encode(),
            one.receipt.status.code(),
            contract,
            one.note,
            one.interface,
        ])?;
    }
    Ok(())
}

struct BlockRow {
    height: u32,
    parent: [u8; 32],
    follows: bool,
    counts: bool,
}

fn block_row(connection: &Connection, id: &[u8; 32]) -> Result<BlockRow, LedgerFailure> {
    let found = connection
        .prepare_cached("SELECT height, parent_id, follows, counts FROM blocks WHERE id = ?")?
        .query_row([&id[..]], |row| {
            Ok(BlockRow {
                height: row.get(0)?,
                parent: row.get(1)?,
                follows: row.get(2)?,
                counts: row.get(3)?,
            })
        })
        .optional()?;
    found.ok_or(LedgerFailure::Damaged { what: "a block's parent is missing" })
}

/// Makes a block the newest of the chain: those of other forks count no more, and its own ancestors do. Returns how many
/// count no more.
fn count_up_to(
    connection: &Connection,
    id: &[u8; 32],
    now: UnixTime,
) -> Result<u32, LedgerFailure> {
    let mut branch = Vec::new();
    let mut at = *id;
    // The height from which on the blocks that count are others.
    let from = loop {
        let row = block_row(connection, &at)?;
        if row.counts {
            break row.height.saturating_add(1);
        }
        branch.push((row.height, at));
        if !row.follows {
            break row.height;
        }
        at = row.parent;
    };
    let others: Vec<(u32, [u8; 32])> = connection
        .prepare_cached(
            "SELECT height, id FROM blocks WHERE counts = 1 AND height >= ? ORDER BY height DESC",
        )?
        .query_map([from], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (height, id) in &others {
        leave(connection, BlockHeight::new(*height), id, now)?;
    }
    for (height, id) in branch.iter().rev() {
        enter(connection, BlockHeight::new(*height), id)?;
    }
    Ok(u32::try_from(others.len()).unwrap_or(u32::MAX))
}

/// A transaction of a block, as the tables for lists need it.
struct Row {
    position: u32,
    txid: [u8; 32],
    raw: Vec<u8>,
    receipt: Receipt,
}

fn rows(connection: &Connection, block: &[u8; 32]) -> Result<Vec<Row>, LedgerFailure> {
    let mut statement = connection.prepare_cached(
        "SELECT position, txid, raw, receipt FROM transactions WHERE block = ? ORDER BY position",
    )?;
    let rows = statement.query_map([&block[..]], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Vec<u8>>(3)?))
    })?;
    rows.map(|row| {
        let (position, txid, raw, receipt) = row?;
        Ok(Row { position, txid, raw, receipt: Receipt::decode(&receipt)? })
    })
    .collect()
}

/// What the tables for lists have of a transaction.
fn listing(raw: &[u8], receipt: &Receipt) -> Listing {
    let mut listing = match Transaction::decode(raw) {
        Ok(transaction) => Listing::of(&transaction, receipt),
        Err(_) => Listing::of_signers(Signers::decode(raw).ok().as_ref(), receipt),
    };
    // Who gets STX from a contract, or by an order on Bitcoin, finds it among their transactions.
    for event in &receipt.events {
        if let Event::StxTransfer { sender, recipient, .. } = event {
            listing.participants.insert(sender.to_string());
            listing.participants.insert(recipient.to_string());
        }
    }
    listing
}

/// Gives a block its place in the chain.
fn enter(connection: &Connection, height: BlockHeight, id: &[u8; 32]) -> Result<(), LedgerFailure> {
    connection.prepare_cached("UPDATE blocks SET counts = 1 WHERE id = ?")?.execute([&id[..]])?;
    for row in rows(connection, id)? {
        let place = sequence(height, row.position).get();
        connection
            .prepare_cached(
                "UPDATE transactions SET sequence = ? WHERE block = ? AND position = ?",
            )?
            .execute(params![place, &id[..], row.position])?;
        let listing = listing(&row.raw, &row.receipt);
        for address in &listing.participants {
            connection
                .prepare_cached("INSERT INTO participants (address, sequence) VALUES (?, ?)")?
                .execute(params![address, place])?;
        }
        for (contract, position) in &listing.events {
            connection
                .prepare_cached(
                    "INSERT INTO events (contract, sequence, position) VALUES (?, ?, ?)",
                )?
                .execute(params![contract, place, position])?;
        }
        if let (Some(contract), Some(_)) = (&listing.contract, &listing.published) {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO contracts (contract, sequence) VALUES (?, ?)",
                )?
                .execute(params![contract, place])?;
        }
        connection
            .prepare_cached("DELETE FROM waiting WHERE txid = ?")?
            .execute([&row.txid[..]])?;
    }
    Ok(())
}

/// Takes a block out of the chain. Its transactions wait again.
fn leave(
    connection: &Connection,
    height: BlockHeight,
    id: &[u8; 32],
    now: UnixTime,
) -> Result<(), LedgerFailure> {
    for row in rows(connection, id)? {
        let place = sequence(height, row.position).get();
        let listing = listing(&row.raw, &row.receipt);
        for address in &listing.participants {
            connection
                .prepare_cached("DELETE FROM participants WHERE address = ? AND sequence = ?")?
                .execute(params![address, place])?;
        }
        for (contract, position) in &listing.events {
            connection
                .prepare_cached(
                    "DELETE FROM events WHERE contract = ? AND sequence = ? AND position = ?",
                )?
                .execute(params![contract, place, position])?;
        }
        if let Some(contract) = &listing.contract {
            connection
                .prepare_cached("DELETE FROM contracts WHERE contract = ? AND sequence = ?")?
                .execute(params![contract, place])?;
        }
        keep_waiting(connection, &row.raw, now)?;
    }
    connection
        .prepare_cached("UPDATE transactions SET sequence = NULL WHERE block = ?")?
        .execute([&id[..]])?;
    connection.prepare_cached("UPDATE blocks SET counts = 0 WHERE id = ?")?.execute([&id[..]])?;
    Ok(())
}

pub(super) fn follow(
    connection: &Connection,
    height: BlockHeight,
    hash: &BlockHash,
    now: UnixTime,
) -> Result<bool, LedgerFailure> {
    let found: Option<[u8; 32]> = connection
        .prepare_cached("SELECT id FROM blocks WHERE hash = ? AND height = ?")?
        .query_row(params![&hash.as_bytes()[..], height.get()], |row| row.get(0))
        .optional()?;
    let Some(id) = found else { return Ok(false) };
    count_up_to(connection, &id, now)?;
    Ok(true)
}

/// Keeps a transaction that a person can have sent. One that is there stays as it is.
fn keep_waiting(connection: &Connection, raw: &[u8], now: UnixTime) -> Result<(), LedgerFailure> {
    let Ok(transaction) = Transaction::decode(raw) else { return Ok(()) };
    let nonce = transaction.authorization.origin().nonce;
    connection
        .prepare_cached(
            "INSERT INTO waiting (txid, raw, account, nonce, received) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (txid) DO UPDATE SET dropped = NULL",
        )?
        .execute(params![
            &sha512_256(&[raw])[..],
            raw,
            transaction.origin().to_string(),
            i64::try_from(nonce).unwrap_or(i64::MAX),
            now.get(),
        ])?;
    Ok(())
}

pub(super) fn take_waiting(
    connection: &Connection,
    raw: &[Vec<u8>],
    now: UnixTime,
) -> Result<(), LedgerFailure> {
    for one in raw {
        // The node may tell of it late, when its block has been told of.
        let is_included: bool = connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM transactions WHERE txid = ? AND sequence IS NOT NULL)",
            )?
            .query_row([&sha512_256(&[one])[..]], |row| row.get(0))?;
        if !is_included {
            keep_waiting(connection, one, now)?;
        }
    }
    Ok(())
}

pub(super) fn take_dropped(
    connection: &Connection,
    txids: &[TxId],
    why: &str,
) -> Result<(), LedgerFailure> {
    for txid in txids {
        connection
            .prepare_cached("UPDATE waiting SET dropped = ? WHERE txid = ?")?
            .execute(params![why, &txid.as_bytes()[..]])?;
    }
    Ok(())
}

pub(super) fn is_of_chain(
    connection: &Connection,
    network_id: u32,
    genesis: Option<&str>,
) -> Result<bool, LedgerFailure> {
    let known: Option<(u32, Option<String>)> = connection
        .prepare_cached("SELECT network_id, genesis FROM chain_of")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((known_id, known_genesis)) = known else {
        connection.execute(
            "INSERT INTO chain_of (one, network_id, genesis) VALUES (1, ?, ?)",
            params![network_id, genesis],
        )?;
        return Ok(true);
    };
    let is_same_genesis = match (known_genesis.as_deref(), genesis) {
        (Some(known), Some(genesis)) => known == genesis,
        _ => true,
    };
    Ok(known_id == network_id && is_same_genesis)
}
