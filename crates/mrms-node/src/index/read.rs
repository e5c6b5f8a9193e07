//! [`IndexSnapshot`]: one state of the index, and what is read from it.

use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::Value as JsonValue;

use super::write::{first_of, sequence};
use crate::chain::store;
use crate::chain::wire::{Payload, Transaction};
use crate::chain::{
    BlockHash, BlockHeight, BurnHeight, ContractId, ContractRecord, EventPlace, Included,
    LedgerFailure, Principal, Receipt, Sequence, StoredTransaction, TxId, UnixTime,
};
use crate::rpc::history::{BlockFacts, History};
use crate::rpc::refusal::Refusal;

type Found<T> = Result<T, LedgerFailure>;

/// A block that counts, of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexedBlock {
    /// Its height.
    pub height: BlockHeight,
    /// Its id.
    pub id: BlockHash,
    /// Hash of its header.
    pub hash: BlockHash,
    /// Its burn height.
    pub burn_height: BurnHeight,
    /// Its time.
    pub time: UnixTime,
}

/// What an index has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The newest block; none in an empty index.
    pub newest: Option<IndexedBlock>,
    /// The block before which history is missing; none if the index has all of it.
    pub begins: Option<BlockHeight>,
    /// How many blocks lie before a gap, and are of no use for a whole history.
    pub before_gap: u32,
}

/// A transaction in no block.
pub(super) struct Waiting {
    pub(super) raw: Vec<u8>,
    pub(super) received: UnixTime,
    pub(super) dropped: Option<String>,
}

/// The index as it was when the first thing was read from it.
pub(crate) struct IndexSnapshot<'c> {
    connection: &'c Connection,
}

const BLOCK: &str = "SELECT height, hash, id, parent_hash, parent_id, time, burn_height, burn_time, count FROM blocks";

fn block_facts(row: &Row<'_>) -> rusqlite::Result<BlockFacts> {
    Ok(BlockFacts {
        height: BlockHeight::new(row.get(0)?),
        hash: BlockHash::new(row.get(1)?),
        id: BlockHash::new(row.get(2)?),
        parent_hash: BlockHash::new(row.get(3)?),
        parent_id: BlockHash::new(row.get(4)?),
        time: UnixTime::new(row.get(5)?),
        burn_height: BurnHeight::new(row.get(6)?),
        burn_time: UnixTime::new(row.get(7)?),
        transactions: row.get(8)?,
    })
}

const TRANSACTION: &str =
    "SELECT t.sequence, t.txid, t.position, t.raw, t.receipt, t.note, b.height, b.hash, b.time, b.burn_height
     FROM transactions t JOIN blocks b ON b.id = t.block";

impl<'c> IndexSnapshot<'c> {
    pub(super) const fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    /// The newest block.
    pub(super) fn newest(&self) -> Found<Option<IndexedBlock>> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT height, id, hash, burn_height, time FROM blocks WHERE counts = 1
                 ORDER BY height DESC LIMIT 1",
            )?
            .query_row([], |row| {
                Ok(IndexedBlock {
                    height: BlockHeight::new(row.get(0)?),
                    id: BlockHash::new(row.get(1)?),
                    hash: BlockHash::new(row.get(2)?),
                    burn_height: BurnHeight::new(row.get(3)?),
                    time: UnixTime::new(row.get(4)?),
                })
            })
            .optional()?)
    }

    pub(super) fn extent(&self) -> Found<Extent> {
        let newest = self.newest()?;
        let begins = self.begins()?;
        let before_gap = match begins {
            None => 0,
            Some(begins) => self
                .connection
                .prepare_cached("SELECT count(*) FROM blocks WHERE counts = 1 AND height < ?")?
                .query_row([begins.get()], |row| row.get(0))?,
        };
        Ok(Extent { newest, begins, before_gap })
    }

    /// The block before which history is missing. Block 1 stands on block 0, of which nobody tells.
    fn begins(&self) -> Found<Option<BlockHeight>> {
        let found: Option<u32> = self
            .connection
            .prepare_cached("SELECT max(height) FROM blocks WHERE counts = 1 AND follows = 0")?
            .query_row([], |row| row.get(0))?;
        Ok(found.filter(|height| *height > 1).map(BlockHeight::new))
    }

    fn place_of_contract(&self, contract: &str) -> Found<Option<Sequence>> {
        Ok(self
            .connection
            .prepare_cached("SELECT sequence FROM contracts WHERE contract = ?")?
            .query_row([contract], |row| row.get(0).map(Sequence::new))
            .optional()?)
    }

    fn transaction(
        &self,
        condition: &str,
        parameter: impl rusqlite::ToSql,
    ) -> Found<Option<StoredTransaction>> {
        let mut statement =
            self.connection.prepare_cached(&format!("{TRANSACTION} WHERE {condition}"))?;
        let mut rows = statement.query([parameter])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let receipt: Vec<u8> = row.get(4)?;
        let included = Included {
            sequence: Sequence::new(row.get(0)?),
            txid: TxId::new(row.get(1)?),
            position: row.get(2)?,
            receipt: Receipt::decode(&receipt)?,
            note: row.get(5)?,
            height: BlockHeight::new(row.get(6)?),
            block: BlockHash::new(row.get(7)?),
            time: UnixTime::new(row.get(8)?),
            burn_height: BurnHeight::new(row.get(9)?),
        };
        Ok(Some(StoredTransaction { included, raw: row.get(3)? }))
    }

    /// A transaction that is in no block, or only in one that counts no more.
    pub(super) fn waiting(&self, txid: &TxId) -> Found<Option<Waiting>> {
        Ok(self
            .connection
            .prepare_cached("SELECT raw, received, dropped FROM waiting WHERE txid = ?")?
            .query_row([&txid.as_bytes()[..]], |row| {
                Ok(Waiting {
                    raw: row.get(0)?,
                    received: UnixTime::new(row.get(1)?),
                    dropped: row.get(2)?,
                })
            })
            .optional()?)
    }

    /// The nonces of an account's transactions that wait, in order.
    pub(super) fn waiting_nonces(&self, account: &Principal) -> Found<Vec<u64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT DISTINCT nonce FROM waiting WHERE account = ? AND dropped IS NULL ORDER BY nonce",
        )?;
        let rows = statement.query_map([account.to_string()], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// A contract that was published since the index began.
    pub(super) fn contract(&self, contract: &ContractId) -> Found<Option<ContractRecord>> {
        let Some(place) = self.place_of_contract(&contract.to_string())? else { return Ok(None) };
        let Some(stored) = self.included_at(place)? else { return Ok(None) };
        let Payload::Deploy { source, version, .. } = Transaction::decode(&stored.raw)?.payload
        else {
            return Err(LedgerFailure::Damaged { what: "the transaction of a contract" });
        };
        Ok(Some(ContractRecord {
            contract: contract.clone(),
            txid: Some(stored.included.txid),
            height: stored.included.height,
            clarity_version: version,
            source,
        }))
    }

    /// The interface of such a contract, as the node told it.
    pub(super) fn interface_text(&self, contract: &ContractId) -> Found<Option<String>> {
        let Some(place) = self.place_of_contract(&contract.to_string())? else { return Ok(None) };
        let found: Option<Option<String>> = self
            .connection
            .prepare_cached("SELECT interface FROM transactions WHERE sequence = ?")?
            .query_row([place.get()], |row| row.get(0))
            .optional()?;
        Ok(found.flatten())
    }

    /// The place of the first transaction from a burn height on; the end of the chain if there is none.
    fn first_from(&self, burn_height: u64) -> Found<Sequence> {
        let found: Option<u32> = self
            .connection
            .prepare_cached(
                "SELECT height FROM blocks WHERE counts = 1 AND burn_height >= ?
                 ORDER BY burn_height, height LIMIT 1",
            )?
            .query_row([i64::try_from(burn_height).unwrap_or(i64::MAX)], |row| row.get(0))
            .optional()?;
        Ok(found.map_or(sequence(BlockHeight::new(u32::MAX), 0), |height| {
            first_of(BlockHeight::new(height))
        }))
    }
}

impl History for IndexSnapshot<'_> {
    const HAS_OTHER_KINDS: bool = true;

    fn block_facts(&self, height: BlockHeight) -> Found<Option<BlockFacts>> {
        Ok(self
            .connection
            .prepare_cached(&format!("{BLOCK} WHERE counts = 1 AND height = ?"))?
            .query_row([height.get()], block_facts)
            .optional()?)
    }

    fn block_facts_by_hash(&self, hash: &BlockHash) -> Found<Option<BlockFacts>> {
        let bytes = &hash.as_bytes()[..];
        Ok(self
            .connection
            .prepare_cached(&format!("{BLOCK} WHERE counts = 1 AND (id = ?1 OR hash = ?1)"))?
            .query_row([bytes], block_facts)
            .optional()?)
    }

    fn newest_height(&mut self) -> Found<BlockHeight> {
        Ok(self.newest()?.map_or(BlockHeight::new(0), |newest| newest.height))
    }

    fn included(&self, txid: &TxId) -> Found<Option<StoredTransaction>> {
        self.transaction("t.txid = ? AND t.sequence IS NOT NULL", &txid.as_bytes()[..])
    }

    fn included_at(&self, sequence: Sequence) -> Found<Option<StoredTransaction>> {
        self.transaction("t.sequence = ?", sequence.get())
    }

    fn of_principal(
        &self,
        principal: &Principal,
        before: Sequence,
        skip: u32,
        limit: u32,
    ) -> Found<Vec<Sequence>> {
        store::sequences_of_address(self.connection, principal, before, skip, limit)
    }

    fn count_of_principal(&self, principal: &Principal, before: Sequence, most: u32) -> Found<u32> {
        store::count_of_address(self.connection, principal, before, most)
    }

    fn printed_before(
        &self,
        contract: &ContractId,
        before: EventPlace,
        skip: u32,
        limit: u32,
    ) -> Found<Vec<EventPlace>> {
        store::events_before(self.connection, contract, before, skip, limit)
    }

    fn printed_at(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        after: Option<EventPlace>,
        limit: u32,
    ) -> Found<Vec<EventPlace>> {
        let height = u64::from(height.get());
        let span = (self.first_from(height)?, self.first_from(height + 1)?);
        store::events_between(self.connection, contract, span, after, limit)
    }

    fn refused_before(
        &self,
        contract: &ContractId,
        before: Sequence,
        limit: u32,
    ) -> Found<Vec<Sequence>> {
        store::failed_sequences(self.connection, contract, before, limit)
    }

    fn interface(&mut self, contract: &ContractId) -> Result<Option<JsonValue>, Refusal> {
        let Some(text) = self.interface_text(contract)? else { return Ok(None) };
        let damaged = LedgerFailure::Damaged { what: "a contract's interface" };
        serde_json::from_str(&text).map(Some).map_err(|_| damaged.into())
    }

    fn begins_for(&self, principal: &Principal) -> Found<Option<BlockHeight>> {
        let Some(begins) = self.begins()? else { return Ok(None) };
        // Nothing happened to a contract before it was there.
        let published = self.place_of_contract(&principal.to_string())?;
        Ok(published.is_none_or(|place| place < first_of(begins)).then_some(begins))
    }

    fn begins_at(&self, contract: &ContractId, height: BurnHeight) -> Found<Option<BlockHeight>> {
        let Some(begins) = self.begins_for(&contract.clone().into())? else { return Ok(None) };
        let first = self.block_facts(begins)?;
        Ok(first.is_none_or(|first| first.burn_height >= height).then_some(begins))
    }
}
