//! A checkpoint: how far a check has come, what the state is there, and a signature of the node over both.
//!
//! A check keeps the state that it has executed in a file of its own, `work.sqlite` in the folder `fsck` of the ledger's.
//! The checkpoint is a row of that file, written in the same database transaction as the state that it names. Whoever
//! changes the state, or the checkpoint, does not have the node's key; and whoever has that key could sign any block.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mrms_files::FileLock;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};
use stacks_common::types::PublicKey as _;

use crate::chain::error::LedgerFailure;
use crate::chain::identifiers::BlockHash;
use crate::chain::store;
use crate::chain::units::BlockHeight;
use crate::chain::wire::{ByteReader, ByteWriter, SigningKey, WireError, recover};

const FOLDER: &str = "fsck";
const FILE: &str = "work.sqlite";
const TAG: &[u8] = b"mrms ledger check v1\0";
const TABLE: &str = "CREATE TABLE checkpoint (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    body        BLOB NOT NULL,
    signature   BLOB NOT NULL
) STRICT";

/// How far a check has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) genesis: BlockHash,
    /// The newest block that was executed.
    pub(crate) height: BlockHeight,
    pub(crate) hash: BlockHash,
    /// SHA-256 over all rows of the state after that block.
    pub(crate) state: [u8; 32],
    pub(crate) transactions: u64,
    pub(crate) reverts: u64,
    pub(crate) losses: u64,
    /// Burn blocks that operators had added.
    pub(crate) advanced: u64,
}

impl Checkpoint {
    fn encode(&self) -> Vec<u8> {
        // Without `..`, so that a new field does not compile until it is signed.
        let Self { genesis, height, hash, state, transactions, reverts, losses, advanced } = self;
        let mut writer = ByteWriter::new();
        writer.raw(genesis.as_bytes()).u32(height.get()).raw(hash.as_bytes()).raw(state);
        writer.u64(*transactions).u64(*reverts).u64(*losses).u64(*advanced);
        writer.into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = ByteReader::new(bytes);
        let checkpoint = Self {
            genesis: BlockHash::new(reader.array("genesis")?),
            height: BlockHeight::new(reader.u32("height")?),
            hash: BlockHash::new(reader.array("hash")?),
            state: reader.array("state")?,
            transactions: reader.u64("transactions")?,
            reverts: reader.u64("reverts")?,
            losses: reader.u64("losses")?,
            advanced: reader.u64("advanced")?,
        };
        reader.finish()?;
        Ok(checkpoint)
    }
}

fn digest(body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(TAG).chain_update(body).finalize().into()
}

/// The file in which a check keeps the state that it has executed.
pub(crate) fn work_file(folder: &Path) -> PathBuf {
    folder.join(FOLDER).join(FILE)
}

/// Takes the folder of that file for one check; none if it can't be made or written, or another check has it.
pub(crate) fn lock(folder: &Path) -> Option<FileLock> {
    let place = folder.join(FOLDER);
    mrms_files::make_private_folder(&place).ok()?;
    FileLock::take(&place.join("lock"), Duration::ZERO).ok()
}

/// Makes an empty one; what an earlier check left is given up.
pub(crate) fn begin_work(folder: &Path) -> Result<Connection, LedgerFailure> {
    let path = work_file(folder);
    let storage = |error: std::io::Error| LedgerFailure::Storage { message: error.to_string() };
    for left in [path.clone(), path.with_extension("sqlite-journal")] {
        mrms_files::remove_if_present(&left).map_err(storage)?;
    }
    mrms_files::private_options().write(true).create_new(true).open(&path).map_err(storage)?;
    let work = store::open_work(&path)?;
    store::create(&work)?;
    work.execute_batch(TABLE)?;
    Ok(work)
}

/// Opens what an earlier check left, if it is whole, defines nothing else, and this key signed it.
pub(crate) fn resume_work(
    folder: &Path,
    node_key: &[u8; 33],
) -> Result<Option<(Connection, Checkpoint)>, LedgerFailure> {
    let path = work_file(folder);
    if !path.is_file() {
        return Ok(None);
    }
    let work = store::open_work(&path)?;
    // A trigger that somebody planted could make the state what they want while the check executes.
    let expected = store::schema_of(store::FORMAT)?;
    expected.execute_batch(TABLE)?;
    if store::first_other(&expected, &work)?.is_some() {
        return Ok(None);
    }
    let sql = "SELECT body, signature FROM checkpoint";
    let found: Result<Option<(Vec<u8>, [u8; 65])>, _> =
        work.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).optional();
    // A file of something else, or of a check that was stopped before its first checkpoint.
    let Ok(Some((body, signature))) = found else { return Ok(None) };
    let is_signed = recover(&digest(&body), &signature).is_ok_and(|key| key.to_bytes() == node_key);
    let Some(checkpoint) = Checkpoint::decode(&body).ok().filter(|_| is_signed) else {
        return Ok(None);
    };
    match state_hash(&work)? == checkpoint.state {
        true => Ok(Some((work, checkpoint))),
        false => Ok(None),
    }
}

/// Writes the checkpoint, and makes it durable together with the state. The next database transaction is begun.
pub(crate) fn keep(
    work: &Connection,
    checkpoint: &Checkpoint,
    key: &SigningKey,
) -> Result<(), LedgerFailure> {
    let body = checkpoint.encode();
    let signature =
        key.sign(&digest(&body)).map_err(|_| LedgerFailure::Damaged { what: "the node's key" })?;
    let sql = "INSERT OR REPLACE INTO checkpoint (one, body, signature) VALUES (1, ?, ?)";
    work.execute(sql, params![body, &signature[..]])?;
    work.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
    Ok(())
}

/// SHA-256 over the rows of the state and of what the VM knows of contracts, in the order of their keys, each value after
/// its kind and its length.
pub(crate) fn state_hash(work: &Connection) -> Result<[u8; 32], LedgerFailure> {
    let mut hasher = Sha256::new();
    for sql in [
        "SELECT key, value FROM state ORDER BY key",
        "SELECT contract, key, value FROM contract_metadata ORDER BY contract, key",
    ] {
        let mut statement = work.prepare(sql)?;
        let width = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..width {
                let (kind, bytes) = match row.get_ref(column)? {
                    ValueRef::Text(text) => (1, text),
                    ValueRef::Blob(bytes) => (2, bytes),
                    _ => return Err(LedgerFailure::Damaged { what: "a value of the state" }),
                };
                hasher.update([kind]);
                hasher.update((bytes.len() as u64).to_be_bytes());
                hasher.update(bytes);
            }
        }
        hasher.update([0]);
    }
    Ok(hasher.finalize().into())
}
