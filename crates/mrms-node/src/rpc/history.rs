//! [`History`]: what transactions, blocks and lists in the hosted API's shape are answered from.
//!
//! The ledger's own file has it, and so has an index of another node's blocks ([`crate::index`]). Both are answered from by
//! the same code. Who asks, and how many at once, is decided by each server.

use serde_json::Value as JsonValue;

use super::refusal::Refusal;
use crate::chain::{
    Block, BlockHash, BlockHeight, BurnHeight, ContractId, EventPlace, LedgerFailure, Principal,
    ReadSnapshot, Sequence, StoredTransaction, TxId, UnixTime,
};

type Found<T> = Result<T, LedgerFailure>;

/// A block, as far as the hosted API tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockFacts {
    /// Its height.
    pub(crate) height: BlockHeight,
    /// Hash of its header.
    pub(crate) hash: BlockHash,
    /// Its id among all blocks of all forks. On this ledger it is the hash.
    pub(crate) id: BlockHash,
    /// Hash of its parent's header.
    pub(crate) parent_hash: BlockHash,
    /// Its parent's id.
    pub(crate) parent_id: BlockHash,
    /// When it was made.
    pub(crate) time: UnixTime,
    /// Its burn height.
    pub(crate) burn_height: BurnHeight,
    /// When its burn block was made: the same for all blocks of one burn height. On this ledger it is the time of the first
    /// of them.
    pub(crate) burn_time: UnixTime,
    /// How many transactions it has.
    pub(crate) transactions: usize,
}

impl BlockFacts {
    fn of(snapshot: &ReadSnapshot<'_>, block: &Block) -> Found<Self> {
        let header = &block.header;
        Ok(Self {
            height: header.height,
            hash: block.hash,
            id: block.hash,
            parent_hash: header.parent,
            parent_id: header.parent,
            time: header.time,
            burn_height: header.burn_height,
            burn_time: snapshot.burn_block_time(header.burn_height)?,
            transactions: block.transactions.len(),
        })
    }
}

/// Blocks and transactions of one chain, at one moment.
pub(crate) trait History {
    /// Whether it has transactions of kinds that this program does not read: those of miners, and of Bitcoin.
    const HAS_OTHER_KINDS: bool;

    /// The block at a height.
    fn block_facts(&self, height: BlockHeight) -> Found<Option<BlockFacts>>;
    /// The block with a hash or an id.
    fn block_facts_by_hash(&self, hash: &BlockHash) -> Found<Option<BlockFacts>>;
    /// The height of the newest block.
    fn newest_height(&mut self) -> Found<BlockHeight>;
    /// A transaction of the chain.
    fn included(&self, txid: &TxId) -> Found<Option<StoredTransaction>>;
    /// The transaction at a place of the chain.
    fn included_at(&self, sequence: Sequence) -> Found<Option<StoredTransaction>>;
    /// The places of a principal's newest transactions before `before`, newest first, without the first `skip`.
    fn of_principal(
        &self,
        principal: &Principal,
        before: Sequence,
        skip: u32,
        limit: u32,
    ) -> Found<Vec<Sequence>>;
    /// How many transactions a principal has before `before`, counted up to `most`.
    fn count_of_principal(&self, principal: &Principal, before: Sequence, most: u32) -> Found<u32>;
    /// The places of a contract's newest events before `before`, newest first, without the first `skip`.
    fn printed_before(
        &self,
        contract: &ContractId,
        before: EventPlace,
        skip: u32,
        limit: u32,
    ) -> Found<Vec<EventPlace>>;
    /// The places of a contract's events in the blocks of a burn height, oldest first, after `after`.
    fn printed_at(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        after: Option<EventPlace>,
        limit: u32,
    ) -> Found<Vec<EventPlace>>;
    /// The places of a contract's newest calls before `before` that did not succeed, newest first.
    fn refused_before(
        &self,
        contract: &ContractId,
        before: Sequence,
        limit: u32,
    ) -> Found<Vec<Sequence>>;
    /// A contract's interface, if it is known.
    fn interface(&mut self, contract: &ContractId) -> Result<Option<JsonValue>, Refusal>;
    /// The block before which what concerns this principal may be missing; none if nothing is.
    fn begins_for(&self, principal: &Principal) -> Found<Option<BlockHeight>>;
    /// The same for what a contract printed in the blocks of one burn height.
    fn begins_at(&self, contract: &ContractId, height: BurnHeight) -> Found<Option<BlockHeight>>;
}

impl History for ReadSnapshot<'_> {
    const HAS_OTHER_KINDS: bool = false;

    fn block_facts(&self, height: BlockHeight) -> Found<Option<BlockFacts>> {
        self.block(height)?.map(|block| BlockFacts::of(self, &block)).transpose()
    }

    fn block_facts_by_hash(&self, hash: &BlockHash) -> Found<Option<BlockFacts>> {
        self.block_by_hash(hash)?.map(|block| BlockFacts::of(self, &block)).transpose()
    }

    fn newest_height(&mut self) -> Found<BlockHeight> {
        Ok(self.tip()?.height)
    }

    fn included(&self, txid: &TxId) -> Found<Option<StoredTransaction>> {
        self.transaction(txid)
    }

    fn included_at(&self, sequence: Sequence) -> Found<Option<StoredTransaction>> {
        self.transaction_at(sequence)
    }

    fn of_principal(
        &self,
        principal: &Principal,
        before: Sequence,
        skip: u32,
        limit: u32,
    ) -> Found<Vec<Sequence>> {
        self.transactions_before(principal, before, skip, limit)
    }

    fn count_of_principal(&self, principal: &Principal, before: Sequence, most: u32) -> Found<u32> {
        self.count_transactions_before(principal, before, most)
    }

    fn printed_before(
        &self,
        contract: &ContractId,
        before: EventPlace,
        skip: u32,
        limit: u32,
    ) -> Found<Vec<EventPlace>> {
        self.events_before(contract, before, skip, limit)
    }

    fn printed_at(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        after: Option<EventPlace>,
        limit: u32,
    ) -> Found<Vec<EventPlace>> {
        self.events_at(contract, height, after, limit)
    }

    fn refused_before(
        &self,
        contract: &ContractId,
        before: Sequence,
        limit: u32,
    ) -> Found<Vec<Sequence>> {
        self.failed_calls_before(contract, before, limit)
    }

    fn interface(&mut self, contract: &ContractId) -> Result<Option<JsonValue>, Refusal> {
        let interface = self.contract_interface(contract)?;
        let interface = serde_json::from_str(&interface)
            .map_err(|_| LedgerFailure::Damaged { what: "a contract's interface" })?;
        Ok(Some(interface))
    }

    /// The ledger has its whole history.
    fn begins_for(&self, _: &Principal) -> Found<Option<BlockHeight>> {
        Ok(None)
    }

    fn begins_at(&self, _: &ContractId, _: BurnHeight) -> Found<Option<BlockHeight>> {
        Ok(None)
    }
}
