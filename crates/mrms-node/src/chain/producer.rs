//! Makes a block: runs the operations, then the transactions, then computes the roots over all of it.
//!
//! Only this module decides what a block contains. The block writer uses it for new blocks, `replay` for
//! executing old blocks again. It reads no key and writes nothing: the caller passes the block's time in
//! and stores the result. The clock decides only what waits for a later block.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::ancestry::{Frontier, Subtree};
use super::changes::Changes;
use super::clock::BurnClock;
use super::error::{LedgerFailure, Rejection};
use super::header::Header;
use super::identifiers::BlockHash;
use super::incoming::IncomingTransaction;
use super::merkle;
use super::operation::Operation;
use super::receipt::Receipt;
use super::store::TransactionRecord;
use super::units::{BlockHeight, BurnHeight, UnixTime};
use super::vm::{BLOCK_STEPS, Machine, RunError, State, View};
use super::wire::hash160;

/// After so much time in foreign contracts a block takes no further transaction that needs some.
const FOREIGN_TIME: Duration = Duration::from_millis(50);

/// What the next block depends on: the chain below it.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) chain_id: u32,
    /// The newest block; none before genesis.
    pub(crate) tip: Option<(Header, BlockHash)>,
    pub(crate) burn_clock: BurnClock,
    pub(crate) node_key: [u8; 33],
    /// Sequence of the next transaction.
    pub(crate) next_sequence: u64,
    /// The tree over all blocks, up to the tip.
    pub(crate) ancestry: Frontier,
}

/// What is to be put into a block.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) operations: Vec<Operation>,
    pub(crate) transactions: Vec<IncomingTransaction>,
    /// From this position on, a transaction may be left for a later block; none where the block has to take all.
    pub(crate) may_wait_from: Option<usize>,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The block includes it at this position.
    Included(u32),
    /// It is left out.
    Rejected {
        rejection: Rejection,
        /// How many steps it had run.
        steps: u64,
    },
    /// It is left for a later block: this one has run enough of foreign contracts.
    Postponed,
}

/// How much of foreign contracts one block runs. Bounds how long everybody else waits for the next block.
struct ForeignShare {
    first: usize,
    until: Instant,
    steps: u64,
}

impl ForeignShare {
    fn of(wanted: &Wanted, machine: &Machine) -> Option<Self> {
        let first = wanted.may_wait_from?;
        let steps = machine.steps.saturating_add(BLOCK_STEPS);
        Some(Self { first, until: Instant::now() + FOREIGN_TIME, steps })
    }

    fn is_used_up(&self, position: usize, machine: &Machine) -> bool {
        // The first one always runs, so that each block gets somewhere.
        position > self.first && (machine.steps >= self.steps || Instant::now() >= self.until)
    }
}

/// A block that is not signed yet.
pub(crate) struct Produced {
    pub(crate) header: Header,
    pub(crate) operations: Vec<Operation>,
    pub(crate) transactions: Vec<TransactionRecord>,
    pub(crate) changes: Changes,
    /// For each given operation: whether it is in the block, or why not.
    pub(crate) operation_outcomes: Vec<Result<(), Rejection>>,
    /// For each given transaction: what became of it.
    pub(crate) fates: Vec<Fate>,
    /// The burn clock after the block's operations.
    pub(crate) burn_clock: BurnClock,
}

impl Produced {
    /// Whether the block has no operations and no transactions.
    pub(crate) fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.transactions.is_empty()
    }
}

impl Chain {
    /// The empty chain on which block 0 is made.
    pub(crate) fn before_genesis(
        chain_id: u32,
        node_key: [u8; 33],
        burn_height: BurnHeight,
        time: UnixTime,
    ) -> Self {
        let burn_clock = BurnClock { genesis_height: burn_height, genesis_time: time, advanced: 0 };
        let ancestry = Frontier::default();
        Self { chain_id, tip: None, burn_clock, node_key, next_sequence: 0, ancestry }
    }

    /// The chain after one more block, and the subtrees of the ancestry that the block completes.
    pub(crate) fn extended(&self, produced: &Produced) -> (Self, Vec<Subtree>) {
        let hash = produced.header.hash();
        let mut ancestry = self.ancestry.clone();
        let completed = ancestry.push(hash.as_bytes());
        let extended = Self {
            tip: Some((produced.header.clone(), hash)),
            burn_clock: produced.burn_clock,
            next_sequence: self.next_sequence + produced.transactions.len() as u64,
            ancestry,
            ..*self
        };
        (extended, completed)
    }

    /// Height and parent of the next block.
    pub(crate) fn next_position(&self) -> Result<(BlockHeight, BlockHash), LedgerFailure> {
        match &self.tip {
            None => Ok((BlockHeight::new(0), BlockHash::new([0; 32]))),
            Some((header, hash)) => match header.height.get().checked_add(1) {
                Some(height) => Ok((BlockHeight::new(height), *hash)),
                None => Err(LedgerFailure::HeightExhausted),
            },
        }
    }

    /// Time of a block that is made at `now`. Never before the tip's time.
    pub(crate) fn block_time(&self, now: UnixTime) -> UnixTime {
        self.tip.as_ref().map_or(now, |(header, _)| now.max(header.time))
    }

    /// HASH160 of the node's public key.
    pub(crate) fn node_hash(&self) -> [u8; 20] {
        hash160(&self.node_key)
    }
}

fn burn_height(clock: &BurnClock, chain: &Chain, now: UnixTime) -> BurnHeight {
    let parent = chain.tip.as_ref().map_or(clock.genesis_height, |(header, _)| header.burn_height);
    clock.height(now, parent)
}

/// Makes the block at `time` on top of `chain`.
///
/// # Errors
/// [`LedgerFailure`] when the file cannot be read or the VM breaks off; there is no block then. An operation
/// or transaction that is rejected is left out of the block, and its outcome says why.
pub(crate) fn produce(
    connection: &Connection,
    machine: &mut Machine,
    chain: &Chain,
    time: UnixTime,
    wanted: Wanted,
) -> Result<Produced, LedgerFailure> {
    let Wanted { operations, .. } = &wanted;
    let (height, parent) = chain.next_position()?;
    let mut burn_clock = chain.burn_clock;
    for operation in operations {
        if let Operation::Advance { burn_blocks } = operation {
            burn_clock.advanced = burn_clock.advanced.saturating_add(*burn_blocks);
        }
    }
    let burn_height = burn_height(&burn_clock, chain, time);
    let view = View::new(connection, burn_height, chain.node_hash());
    // On an early return the cache is lost. A caller that discards the block must discard the machine, too:
    // its cache contains the block's changes.
    let cache = std::mem::take(&mut machine.cache);
    let mut state = State::new(connection, height.get(), parent).with_cache(cache);

    let mut accepted_operations = Vec::new();
    let mut operation_outcomes = Vec::new();
    for operation in &wanted.operations {
        match machine.operate(&mut state, &view, operation) {
            Ok(()) => {
                accepted_operations.push(operation.clone());
                operation_outcomes.push(Ok(()));
            }
            Err(RunError::Rejected(rejection)) => operation_outcomes.push(Err(rejection)),
            Err(RunError::Failed(failure)) => return Err(failure),
        }
    }

    let mut transactions = Vec::new();
    let mut fates = Vec::new();
    let share = ForeignShare::of(&wanted, machine);
    for (position, incoming) in wanted.transactions.into_iter().enumerate() {
        if share.as_ref().is_some_and(|share| share.is_used_up(position, machine)) {
            fates.push(Fate::Postponed);
            continue;
        }
        let steps_before = machine.steps;
        match machine.run(&mut state, &view, &incoming) {
            Ok(outcome) => {
                let receipt = Receipt {
                    txid: incoming.txid,
                    status: outcome.status,
                    result: outcome.result,
                    fee: incoming.fee(),
                    events: outcome.events,
                    cost: outcome.cost,
                };
                let receipt_bytes = receipt.encode();
                fates.push(Fate::Included(transactions.len() as u32));
                transactions.push(TransactionRecord {
                    incoming,
                    receipt,
                    receipt_bytes,
                    note: outcome.note,
                });
            }
            Err(RunError::Rejected(rejection)) => {
                let steps = machine.steps.saturating_sub(steps_before);
                fates.push(Fate::Rejected { rejection, steps });
            }
            Err(RunError::Failed(failure)) => return Err(failure),
        }
    }

    let (changes, cache) = state.into_changes();
    machine.cache = cache;
    let operation_bytes: Vec<Vec<u8>> = accepted_operations.iter().map(Operation::encode).collect();
    let txids: Vec<[u8; 32]> =
        transactions.iter().map(|record| *record.incoming.txid.as_bytes()).collect();
    let receipts: Vec<&[u8]> =
        transactions.iter().map(|record| record.receipt_bytes.as_slice()).collect();
    let header = Header {
        chain_id: chain.chain_id,
        height,
        parent,
        burn_height,
        time,
        operations_root: merkle::root(&operation_bytes),
        transactions: transactions.len() as u32,
        transactions_root: merkle::root(&txids),
        receipts_root: merkle::root(&receipts),
        changes_hash: changes.hash(),
        ancestry_root: Some(chain.ancestry.root()),
    };
    Ok(Produced {
        header,
        operations: accepted_operations,
        transactions,
        changes,
        operation_outcomes,
        fates,
        burn_clock,
    })
}
