//! Compares what is stored of a block with what its header commits to, without executing it: bytes, receipts, signature,
//! and the entries of the lists that follow from them.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::ancestry::Frontier;
use super::error::LedgerFailure;
use super::header::Header;
use super::identifiers::BlockHash;
use super::merkle;
use super::operation::Operation;
use super::receipt::Receipt;
use super::replay::{Difference, ReplayError};
use super::store::{self, BLOCKS, CONTRACTS, Listing, OPERATIONS, StoredBlock, TRANSACTIONS};
use super::units::BlockHeight;
use super::wire::{Transaction, sha512_256};

type Checked<T> = Result<T, ReplayError>;
/// The ids of a block's transactions, and their receipts.
type IdsAndReceipts = (Vec<[u8; 32]>, Vec<Vec<u8>>);

/// The blocks that were compared so far, from block 0 on, and what follows from them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Walk {
    /// Height of the next block.
    pub(crate) next: u32,
    /// Hash of the newest one.
    pub(crate) newest: Option<BlockHash>,
    /// The key that signs all of them, which block 0 names.
    node_key: Option<[u8; 33]>,
    /// Hash of block 0.
    pub(crate) genesis: Option<BlockHash>,
    /// Whether the file has the table of the ancestry; that of an older program has none.
    has_ancestry: bool,
    /// Whether rows have check sums, which are then compared whatever the connection leaves out.
    has_sums: bool,
    ancestry: Frontier,
    pub(crate) transactions: u64,
    operations: u64,
    participants: u64,
    events: u64,
    contracts: u64,
    subtrees: u64,
    /// How many transactions, and how many blocks, have no sum, because they are from before there were any.
    pub(crate) without_sum: u64,
    pub(crate) blocks_without_sum: u64,
    /// Bytes that were compared.
    pub(crate) bytes: u64,
}

fn differs<T>(difference: Difference) -> Checked<T> {
    Err(ReplayError::Differs(difference))
}

/// A failure of the file is one of the check; what is wrong in the file is a difference.
fn found<T>(result: Result<T, LedgerFailure>) -> Checked<T> {
    result.map_err(|failure| match failure {
        LedgerFailure::Damaged { what } => ReplayError::Differs(Difference::Sum { what }),
        failure => ReplayError::Failed(failure),
    })
}

fn read<T>(result: rusqlite::Result<T>) -> Checked<T> {
    found(result.map_err(LedgerFailure::from))
}

impl Walk {
    /// A walk from block 0 on.
    pub(crate) fn over(stored: &Connection) -> Checked<Self> {
        let has_ancestry = found(store::has_ancestry(stored))?;
        let has_sums = found(store::format_of(stored))? >= store::FORMAT;
        Ok(Self { has_ancestry, has_sums, ..Self::default() })
    }

    /// Whether rows of the file have check sums.
    pub(crate) const fn has_sums(&self) -> bool {
        self.has_sums
    }

    /// The tree over the blocks that were compared.
    pub(crate) const fn ancestry(&self) -> &Frontier {
        &self.ancestry
    }

    /// The newest block that was compared.
    pub(crate) fn newest_header(&self, stored: &Connection) -> Checked<Header> {
        let height = BlockHeight::new(self.next.saturating_sub(1));
        match found(store::stored_block_at(stored, height))? {
            Some(block) => Ok(block.header),
            None => differs(Difference::MissingBlock { height }),
        }
    }

    /// The query of the rows of a table for one block, with their sums.
    fn rows(&self, table: &str, columns: &str) -> String {
        let schema = if self.has_sums { "main." } else { "" };
        format!("SELECT {columns} FROM {schema}{table} WHERE height = ?")
    }

    /// Whether the newest block that was compared is still in the chain. After a revert it may not be.
    pub(crate) fn is_in_chain(&self, stored: &Connection) -> Checked<bool> {
        let Some(height) = self.next.checked_sub(1) else { return Ok(true) };
        let block = found(store::stored_block_at(stored, BlockHeight::new(height)))?;
        Ok(block.map(|block| block.hash) == self.newest)
    }

    /// Compares the next block. Returns whether there is one.
    pub(crate) fn step(&mut self, stored: &Connection) -> Checked<bool> {
        let height = BlockHeight::new(self.next);
        let Some(block) = found(store::stored_block_at(stored, height))? else {
            return Ok(false);
        };
        let operations = found(store::operations_at(stored, height))?;
        self.header(height, &block, &operations)?;
        let (txids, receipts) = self.contents(stored, height, &block)?;
        let header = &block.header;
        let encoded: Vec<Vec<u8>> = operations.iter().map(Operation::encode).collect();
        let fields = [
            ("operations root", header.operations_root == merkle::root(&encoded)),
            ("transaction count", header.transactions as usize == txids.len()),
            ("transactions root", header.transactions_root == merkle::root(&txids)),
            ("receipts root", header.receipts_root == merkle::root(&receipts)),
            ("ancestry root", header.ancestry_root.is_none_or(|root| root == self.ancestry.root())),
        ];
        if let Some((field, _)) = fields.into_iter().find(|(_, agrees)| !agrees) {
            return differs(Difference::Header { height, field });
        }
        self.subtrees(stored, &block.hash)?;
        self.operations += operations.len() as u64;
        self.next += 1;
        self.genesis.get_or_insert(block.hash);
        self.newest = Some(block.hash);
        Ok(true)
    }

    fn header(
        &mut self,
        height: BlockHeight,
        block: &StoredBlock,
        operations: &[Operation],
    ) -> Checked<()> {
        let header = &block.header;
        let parent = self.newest.unwrap_or_else(|| BlockHash::new([0; 32]));
        if let (0, Some(Operation::Genesis { node_key, .. })) = (self.next, operations.first()) {
            self.node_key = Some(*node_key);
        }
        let Some(node_key) = self.node_key else { return differs(Difference::Genesis) };
        let fields = [
            ("hash", header.hash() == block.hash),
            ("height", header.height == height),
            ("parent", header.parent == parent),
        ];
        if let Some((field, _)) = fields.into_iter().find(|(_, agrees)| !agrees) {
            return differs(Difference::Header { height, field });
        }
        match header.verify_signature(&node_key, &block.signature) {
            Ok(()) => Ok(()),
            Err(_) => differs(Difference::Signature { height }),
        }
    }

    /// Compares the transactions of a block, and returns their ids and receipts.
    fn contents(
        &mut self,
        stored: &Connection,
        height: BlockHeight,
        block: &StoredBlock,
    ) -> Checked<IdsAndReceipts> {
        let sql = self.rows("transactions", TRANSACTIONS.columns) + " ORDER BY position";
        let mut statement = read(stored.prepare_cached(&sql))?;
        let mut rows = read(statement.query([height.get()]))?;
        let (mut txids, mut receipts) = (Vec::new(), Vec::new());
        while let Some(row) = read(rows.next())? {
            let position = txids.len() as i64;
            let (txid, receipt) = self.transaction(stored, row, height, position)?;
            if read(TRANSACTIONS.check(row, 0))?.is_none() {
                self.without_sum += 1;
            }
            txids.push(txid);
            receipts.push(receipt);
        }
        let sql = self.rows("operations", OPERATIONS.columns);
        let mut statement = read(stored.prepare_cached(&sql))?;
        let mut rows = read(statement.query([height.get()]))?;
        while let Some(row) = read(rows.next())? {
            read(OPERATIONS.check(row, 0))?;
        }
        let sql = self.rows("blocks", BLOCKS.columns);
        let mut statement = read(stored.prepare_cached(&sql))?;
        let (sum, agrees) = read(statement.query_row([height.get()], |row| {
            let header = &block.header;
            let agrees = row.get::<_, u64>(4)? == header.time.get()
                && row.get::<_, u32>(5)? == header.burn_height.get();
            Ok((BLOCKS.check(row, 0)?, agrees))
        }))?;
        self.blocks_without_sum += u64::from(sum.is_none());
        match agrees {
            true => Ok((txids, receipts)),
            false => differs(Difference::Row { table: "blocks", row: height.to_string() }),
        }
    }

    fn transaction(
        &mut self,
        stored: &Connection,
        row: &Row<'_>,
        height: BlockHeight,
        position: i64,
    ) -> Checked<([u8; 32], Vec<u8>)> {
        let sequence: u64 = read(row.get(0))?;
        let wrong = || Difference::Row { table: "transactions", row: sequence.to_string() };
        let txid: [u8; 32] = read(row.get(1))?;
        let (raw, bytes): (Vec<u8>, Vec<u8>) = (read(row.get(4))?, read(row.get(5))?);
        let (Ok(transaction), Ok(receipt)) = (Transaction::decode(&raw), Receipt::decode(&bytes))
        else {
            return differs(Difference::Unreadable { height });
        };
        let listing = Listing::of(&transaction, &receipt);
        let contract: Option<String> = read(row.get(7))?;
        let is_right = sequence == self.transactions
            && txid == sha512_256(&[&raw])
            && txid == *receipt.txid.as_bytes()
            && read(row.get::<_, i64>(3))? == position
            && read(row.get::<_, u8>(6))? == receipt.status.code()
            && contract == listing.contract;
        if !is_right {
            return differs(wrong());
        }
        self.lists(stored, sequence, &listing)?;
        self.contract(stored, &txid, height, &listing)?;
        self.transactions += 1;
        self.bytes += (raw.len() + bytes.len()) as u64;
        Ok((txid, bytes))
    }

    /// Looks the entries of a transaction up in the lists.
    fn lists(&mut self, stored: &Connection, sequence: u64, listing: &Listing) -> Checked<()> {
        let has = |sql: &str, entry: &[&dyn rusqlite::ToSql]| -> Checked<bool> {
            read(stored.prepare_cached(sql).and_then(|mut statement| statement.exists(entry)))
        };
        for address in &listing.participants {
            let sql = "SELECT 1 FROM participants WHERE address = ? AND sequence = ?";
            if !has(sql, params![address, sequence])? {
                let row = format!("{address}, {sequence}");
                return differs(Difference::Row { table: "participants", row });
            }
        }
        for (contract, place) in &listing.events {
            let sql = "SELECT 1 FROM events WHERE contract = ? AND sequence = ? AND position = ?";
            if !has(sql, params![contract, sequence, place])? {
                let row = format!("{contract}, {sequence}, {place}");
                return differs(Difference::Row { table: "events", row });
            }
        }
        self.participants += listing.participants.len() as u64;
        self.events += listing.events.len() as u64;
        Ok(())
    }

    /// Looks up what is noted of a contract that the transaction has published.
    fn contract(
        &mut self,
        stored: &Connection,
        txid: &[u8; 32],
        height: BlockHeight,
        listing: &Listing,
    ) -> Checked<()> {
        let (Some(version), Some(contract)) = (listing.published, &listing.contract) else {
            return Ok(());
        };
        let schema = if self.has_sums { "main." } else { "" };
        let sql = format!("SELECT {} FROM {schema}contracts WHERE contract = ?", CONTRACTS.columns);
        let mut statement = read(stored.prepare_cached(&sql))?;
        let is_right = statement.query_row([contract], |row| {
            let is_right = row.get::<_, [u8; 32]>(1)? == *txid
                && row.get::<_, u32>(2)? == height.get()
                && row.get::<_, Option<u8>>(3)? == version;
            if is_right {
                CONTRACTS.check(row, 0)?;
            }
            Ok(is_right)
        });
        if read(is_right.optional())? != Some(true) {
            return differs(Difference::Row { table: "contracts", row: contract.clone() });
        }
        self.contracts += 1;
        Ok(())
    }

    fn subtrees(&mut self, stored: &Connection, hash: &BlockHash) -> Checked<()> {
        let completed = self.ancestry.push(hash.as_bytes());
        for subtree in completed.into_iter().filter(|_| self.has_ancestry) {
            let sql = "SELECT hash FROM ancestry WHERE level = ? AND position = ?";
            let mut statement = read(stored.prepare_cached(sql))?;
            let there: Option<[u8; 32]> = read(
                statement
                    .query_row(params![subtree.level, subtree.position], |row| row.get(0))
                    .optional(),
            )?;
            if there != Some(subtree.hash) {
                let row = format!("{}, {}", subtree.level, subtree.position);
                return differs(Difference::Row { table: "ancestry", row });
            }
            self.subtrees += 1;
        }
        Ok(())
    }

    /// Compares how many rows there are with how many follow from the blocks. All blocks must have been compared.
    pub(crate) fn counts(&self, stored: &Connection) -> Checked<()> {
        for (table, expected) in [
            ("blocks", u64::from(self.next)),
            ("operations", self.operations),
            ("transactions", self.transactions),
            ("participants", self.participants),
            ("events", self.events),
            ("contracts", self.contracts),
            ("ancestry", self.subtrees),
        ] {
            if table == "ancestry" && !self.has_ancestry {
                continue;
            }
            let sql = format!("SELECT count(*) FROM {table}");
            let found: u64 = read(stored.query_row(&sql, [], |row| row.get(0)))?;
            if found != expected {
                return differs(Difference::Count { table, expected, found });
            }
        }
        Ok(())
    }
}
