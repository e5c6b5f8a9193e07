//! Executes a chain again, block by block, and compares each result with what the block says.
//!
//! The caller supplies the blocks: from the ledger's own file (`fsck`) or from an exported one (`import`).
//! The results go into a separate store. Nothing is repaired.

use std::path::PathBuf;

use rusqlite::Connection;

use super::ancestry::Frontier;
use super::error::LedgerFailure;
use super::fsck::checkpoint::Checkpoint;
use super::gap::Mark;
use super::header::Header;
use super::identifiers::{BlockHash, SourceHash, TxId};
use super::incoming::IncomingTransaction;
use super::open_ledger::load_chain;
use super::operation::Operation;
use super::producer::{Chain, Fate, Produced, Wanted, produce};
use super::store::{self, BlockRecord};
use super::units::BlockHeight;
use super::vm::Machine;

/// The first difference between a ledger and the result of executing its transactions again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Difference {
    /// SQLite finds the file damaged.
    #[error("the file is no sound SQLite database: {message}")]
    File {
        /// What SQLite says.
        message: String,
    },
    /// Block 0 is missing, or does not begin a chain.
    #[error("block 0 does not begin a chain")]
    Genesis,
    /// The key in the folder is not the one in block 0.
    #[error("the node's key is not the one that block 0 names")]
    NodeKey,
    /// The key is not in the folder: without it the ledger can be read, and gets no further block.
    #[error("the node's key is missing: there is no {path}")]
    NoNodeKey {
        /// Where it should be.
        path: PathBuf,
    },
    /// A table, index, trigger or view is not as this program makes it, or one is missing or too many.
    #[error("{object} is not as this program makes it")]
    Schema {
        /// The kind and the name, such as `trigger planted`.
        object: String,
    },
    /// A number by which SQLite's files say what they are is not that of a ledger.
    #[error("the file's {field} is {found}, and not {expected}")]
    FileNumber {
        /// `user_version` or `application_id`.
        field: &'static str,
        /// What a ledger has.
        expected: i64,
        /// What the file has.
        found: i64,
    },
    /// A block pins a source that this program does not know. It would run without a limit, so nothing from this
    /// block on was executed.
    #[error(
        "block {height} lets a contract run without a limit that this program does not know (source {source_hash})"
    )]
    UnknownPin {
        /// Height of the block.
        height: BlockHeight,
        /// Hash of the pinned source.
        source_hash: SourceHash,
    },
    /// A block between genesis and the newest is missing.
    #[error("block {height} is missing")]
    MissingBlock {
        /// Its height.
        height: BlockHeight,
    },
    /// A block's records do not decode.
    #[error("block {height} has unreadable records")]
    Unreadable {
        /// Its height.
        height: BlockHeight,
    },
    /// A header field does not match the block's contents.
    #[error("header of block {height}: {field} does not follow from its contents")]
    Header {
        /// Height of the block.
        height: BlockHeight,
        /// Name of the field.
        field: &'static str,
    },
    /// The node's key did not sign a block.
    #[error("block {height} is not signed by the node")]
    Signature {
        /// Its height.
        height: BlockHeight,
    },
    /// A block contains an operation that is not possible there.
    #[error("operation {position} of block {height} is impossible")]
    Operation {
        /// Height of the block.
        height: BlockHeight,
        /// The operation's position in it.
        position: usize,
    },
    /// A block contains a transaction that is not possible there.
    #[error("transaction {position} of block {height} is impossible")]
    Transaction {
        /// Height of the block.
        height: BlockHeight,
        /// The transaction's position in it.
        position: usize,
    },
    /// A transaction's receipt does not say what the transaction did.
    #[error("receipt of transaction {txid} does not say what it did")]
    Receipt {
        /// The transaction's id.
        txid: TxId,
    },
    /// A row does not have its check sum.
    #[error("{what}")]
    Sum {
        /// Which row.
        what: &'static str,
    },
    /// A list has more entries, or fewer, than the chain has.
    #[error("table {table} has {found} rows, and the chain {expected}")]
    Count {
        /// The table.
        table: &'static str,
        /// How many rows follow from the chain.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// The sums of the state do not add up to what the newest block left.
    #[error(
        "the state is not as the newest block left it: a part of it is missing, or as it was before"
    )]
    StateTotal,
    /// A table has a row too many or too few, or a row with other contents.
    #[error("table {table} differs at {row}")]
    Row {
        /// The table.
        table: &'static str,
        /// What identifies the row.
        row: String,
    },
}

/// Why a block was not executed again.
#[derive(Debug)]
pub(crate) enum ReplayError {
    /// The block differs from what its contents produce.
    Differs(Difference),
    /// The execution itself failed; the block may or may not be right.
    Failed(LedgerFailure),
}

impl From<Difference> for ReplayError {
    fn from(difference: Difference) -> Self {
        Self::Differs(difference)
    }
}

impl From<LedgerFailure> for ReplayError {
    fn from(failure: LedgerFailure) -> Self {
        Self::Failed(failure)
    }
}

/// A block with everything that is needed to execute it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HistoricBlock {
    pub(crate) header: Header,
    pub(crate) hash: BlockHash,
    pub(crate) signature: [u8; 65],
    pub(crate) operations: Vec<Operation>,
    /// The bytes and the receipt of each transaction, in order.
    pub(crate) contents: Vec<(Vec<u8>, Vec<u8>)>,
}

impl HistoricBlock {
    /// Reads the block at a height of a stored ledger.
    pub(crate) fn stored(stored: &Connection, height: BlockHeight) -> Result<Self, Difference> {
        let unreadable = |_: LedgerFailure| Difference::Unreadable { height };
        let block = store::stored_block_at(stored, height)
            .map_err(unreadable)?
            .ok_or(Difference::MissingBlock { height })?;
        Ok(Self {
            header: block.header,
            hash: block.hash,
            signature: block.signature,
            operations: store::operations_at(stored, height).map_err(unreadable)?,
            contents: store::contents_at(stored, height).map_err(unreadable)?,
        })
    }
}

/// What a replay writes into its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// A whole ledger.
    Everything,
    /// What later blocks need to be executed.
    State,
}

/// A chain that is being executed again, into an empty store.
pub(crate) struct Replay<'a> {
    fresh: &'a Connection,
    keeps: Keeps,
    genesis: BlockHash,
    /// The messages for people of the transactions since they were last taken.
    notes: Vec<Option<String>>,
    /// Sources that may run without metering. Everything else is metered.
    known: &'a [SourceHash],
    machine: Machine,
    chain: Chain,
    reverts: u64,
    losses: u64,
}

impl<'a> Replay<'a> {
    /// Executes block 0, which defines the chain.
    pub(crate) fn begin(
        fresh: &'a Connection,
        known: &'a [SourceHash],
        genesis: HistoricBlock,
        keeps: Keeps,
    ) -> Result<Self, ReplayError> {
        let mut replay = Self::before(fresh, known, &genesis, keeps)?;
        replay.block(genesis)?;
        Ok(replay)
    }

    fn before(
        fresh: &'a Connection,
        known: &'a [SourceHash],
        genesis: &HistoricBlock,
        keeps: Keeps,
    ) -> Result<Self, ReplayError> {
        let header = &genesis.header;
        let Some(Operation::Genesis { node_key, burn_height, .. }) = genesis.operations.first()
        else {
            return Err(Difference::Genesis.into());
        };
        let chain = Chain::before_genesis(header.chain_id, *node_key, *burn_height, header.time);
        let machine = Machine::new(fresh, chain.chain_id)?;
        let (genesis, notes) = (genesis.hash, Vec::new());
        Ok(Self { fresh, keeps, genesis, notes, known, machine, chain, reverts: 0, losses: 0 })
    }

    /// Goes on after the newest block of a ledger. Later blocks go into its own file.
    pub(crate) fn onto(
        ledger: &'a Connection,
        known: &'a [SourceHash],
        keeps: Keeps,
    ) -> Result<Self, LedgerFailure> {
        let (chain, identity) = load_chain(ledger)?;
        let machine = Machine::new(ledger, chain.chain_id)?;
        let (fresh, genesis, notes) = (ledger, identity.genesis, Vec::new());
        Ok(Self { fresh, keeps, genesis, notes, known, machine, chain, reverts: 0, losses: 0 })
    }

    /// The newest block that was executed.
    pub(crate) fn newest(&self) -> Result<Mark, LedgerFailure> {
        let tip = self.chain.tip.as_ref();
        tip.map(|(header, hash)| Mark { genesis: self.genesis, height: header.height, hash: *hash })
            .ok_or(LedgerFailure::Damaged { what: "there is no block" })
    }

    /// Goes on after the block of a checkpoint, whose header this is, with the state that is in `fresh`.
    pub(crate) fn resume(
        fresh: &'a Connection,
        known: &'a [SourceHash],
        genesis: &HistoricBlock,
        header: Header,
        checkpoint: &Checkpoint,
        ancestry: Frontier,
    ) -> Result<Self, ReplayError> {
        let mut replay = Self::before(fresh, known, genesis, Keeps::State)?;
        replay.chain.tip = Some((header, checkpoint.hash));
        replay.chain.burn_clock.advanced = checkpoint.advanced;
        replay.chain.next_sequence = checkpoint.transactions;
        replay.chain.ancestry = ancestry;
        (replay.reverts, replay.losses) = (checkpoint.reverts, checkpoint.losses);
        Ok(replay)
    }

    /// Where it is, with the hash of the state there.
    pub(crate) fn checkpoint(&self, state: [u8; 32]) -> Result<Checkpoint, ReplayError> {
        let (header, hash) = self.chain.tip.as_ref().ok_or(Difference::Genesis)?;
        Ok(Checkpoint {
            genesis: self.genesis,
            height: header.height,
            hash: *hash,
            state,
            transactions: self.chain.next_sequence,
            reverts: self.reverts,
            losses: self.losses,
            advanced: self.chain.burn_clock.advanced,
        })
    }

    /// Takes the messages for people of the transactions that were executed since this was last called.
    pub(crate) fn take_notes(&mut self) -> Vec<Option<String>> {
        std::mem::take(&mut self.notes)
    }

    /// Public key that signs the chain's blocks (SEC 1, compressed).
    pub(crate) fn node_key(&self) -> [u8; 33] {
        self.chain.node_key
    }

    /// How many transactions were executed.
    pub(crate) fn transactions(&self) -> u64 {
        self.chain.next_sequence
    }

    /// How many reverts the blocks record.
    pub(crate) fn reverts(&self) -> u64 {
        self.reverts
    }

    /// How many losses the blocks record.
    pub(crate) fn losses(&self) -> u64 {
        self.losses
    }

    /// Executes the next block and compares it.
    pub(crate) fn block(&mut self, block: HistoricBlock) -> Result<(), ReplayError> {
        let HistoricBlock { header, hash, signature, operations, contents } = block;
        let (height, _) = self.chain.next_position()?;
        if self.chain.block_time(header.time) != header.time {
            return Err(Difference::Header { height, field: "time" }.into());
        }
        if let Some(position) = misplaced(height, &operations) {
            return Err(Difference::Operation { height, position }.into());
        }
        if let Some(source_hash) = unknown_pin(self.known, &operations) {
            return Err(Difference::UnknownPin { height, source_hash }.into());
        }
        let mut incoming = Vec::new();
        let mut receipts = Vec::new();
        for (position, (raw, receipt)) in contents.into_iter().enumerate() {
            let checked = IncomingTransaction::check(&raw, self.chain.chain_id)
                .map_err(|_| Difference::Transaction { height, position })?;
            incoming.push(checked);
            receipts.push(receipt);
        }
        let wanted = Wanted { operations, transactions: incoming, may_wait_from: None };
        let mut produced =
            produce(self.fresh, &mut self.machine, &self.chain, header.time, wanted)?;
        if header.ancestry_root.is_none() {
            if self.chain.tip.as_ref().is_some_and(|(tip, _)| tip.ancestry_root.is_some()) {
                return Err(Difference::Header { height, field: "format" }.into());
            }
            // Made before headers committed to all blocks.
            produced.header.ancestry_root = None;
        }
        compare_block(height, &header, &hash, &produced, &receipts)?;
        header
            .verify_signature(&self.chain.node_key, &signature)
            .map_err(|_| Difference::Signature { height })?;
        let (extended, completed) = self.chain.extended(&produced);
        let reverts = |operation: &&Operation| matches!(operation, Operation::Revert { .. });
        self.reverts += produced.operations.iter().filter(reverts).count() as u64;
        let losses = |operation: &&Operation| matches!(operation, Operation::Loss { .. });
        self.losses += produced.operations.iter().filter(losses).count() as u64;
        let record = BlockRecord {
            header,
            signature,
            operations: produced.operations,
            transactions: produced.transactions,
            changes: produced.changes,
            first_sequence: self.chain.next_sequence,
            completed,
        };
        match self.keeps {
            Keeps::Everything => store::append(self.fresh, &record)?,
            Keeps::State => {
                store::append_state(self.fresh, &record)?;
                self.notes.extend(record.transactions.into_iter().map(|record| record.note));
            }
        }
        self.chain = extended;
        Ok(())
    }
}

/// The first source that these operations pin and that is not among the known ones.
fn unknown_pin(known: &[SourceHash], operations: &[Operation]) -> Option<SourceHash> {
    operations.iter().find_map(|operation| match operation {
        Operation::Pin { source } if !known.contains(source) => Some(*source),
        _ => None,
    })
}

/// Position of the first operation that is not allowed where it is. Genesis is allowed only as the first
/// operation of block 0. A revert is allowed only as the first operation of a later block, and the height
/// that it dropped is not below that block's height. A loss is allowed in every later block.
fn misplaced(height: BlockHeight, operations: &[Operation]) -> Option<usize> {
    (0..).zip(operations).find_map(|(position, operation)| {
        let may_be_here = match operation {
            Operation::Genesis { .. } => height.get() == 0 && position == 0,
            Operation::Revert { height: dropped, .. } => {
                position == 0 && height.get() > 0 && *dropped >= height
            }
            Operation::Loss { .. } => height.get() > 0,
            _ => true,
        };
        (!may_be_here).then_some(position)
    })
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
    let is_missing = |fate: &Fate| !matches!(fate, Fate::Included(_));
    if let Some(position) = produced.fates.iter().position(is_missing) {
        return Err(Difference::Transaction { height, position });
    }
    for (record, receipt) in produced.transactions.iter().zip(receipts) {
        if record.receipt_bytes != *receipt {
            return Err(Difference::Receipt { txid: record.incoming.txid });
        }
    }
    // Without `..`, so that a new field does not compile until it is compared.
    let Header {
        chain_id,
        height: made_height,
        parent,
        burn_height,
        time,
        operations_root,
        transactions,
        transactions_root,
        receipts_root,
        changes_hash,
        ancestry_root,
    } = &produced.header;
    let fields = [
        ("chain id", header.chain_id == *chain_id),
        ("height", header.height == *made_height),
        ("parent", header.parent == *parent),
        ("burn height", header.burn_height == *burn_height),
        ("time", header.time == *time),
        ("operations root", header.operations_root == *operations_root),
        ("transaction count", header.transactions == *transactions),
        ("transactions root", header.transactions_root == *transactions_root),
        ("receipts root", header.receipts_root == *receipts_root),
        ("changes hash", header.changes_hash == *changes_hash),
        ("ancestry root", header.ancestry_root == *ancestry_root),
        ("hash", header.hash() == *hash),
    ];
    match fields.into_iter().find(|(_, agrees)| !agrees) {
        Some((field, _)) => Err(Difference::Header { height, field }),
        None => Ok(()),
    }
}
