//! The open file of a ledger: its database, the VM and the tip in memory, and the marks that say how far it got. Opens it,
//! begins one, takes a loss on record, and stores blocks. The thread that does so is in [`block_writer`](super::block_writer).

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::batch::{BatchAnswers, Plan, Request};
use super::error::{LedgerFailure, OpenError};
use super::gap::{Mark, NotedMark};
use super::identifiers::BlockHash;
use super::key;
use super::mark::{self, Marks};
use super::operation::Operation;
use super::producer::{Chain, Produced, Wanted, produce};
use super::query_results::{Identity, Included};
use super::saved_snapshot::{self, RevertError, SnapshotId};
use super::settings::Settings;
use super::store::{self, BlockRecord};
use super::units::{BlockHeight, Sequence};
use super::vm::Machine;
use super::wire::SigningKey;

/// The open file, with the VM and the tip in memory. All three agree.
pub(super) struct OpenLedger {
    pub(super) connection: Connection,
    pub(super) machine: Machine,
    pub(super) chain: Chain,
    pub(super) key: SigningKey,
    pub(super) marks: Marks,
}

impl OpenLedger {
    /// Opens the ledger if nothing of it is missing. Begins one where none was.
    pub(super) fn open_or_begin(
        folder: &Path,
        settings: &Settings,
    ) -> Result<(Self, Identity), OpenError> {
        // The marks and the log, before the database is opened: that makes an empty log.
        let paths = mark_paths(folder, settings);
        let (noted, has_log) = (mark::read_all(&paths)?, store::has_log(folder));
        let nothing_there = || {
            let newest = noted.iter().max_by_key(|one| one.mark.height).cloned();
            mark::nothing_there(folder, has_log, newest)
        };
        let may_begin = settings.may_begin && noted.is_empty();
        if !may_begin && !store::ledger_file(folder).exists() {
            return Err(nothing_there());
        }
        let connection = store::open_writable(folder, settings.max_file_bytes)?;
        if store::is_empty(&connection)? {
            if !may_begin {
                return Err(nothing_there());
            }
            let key = key::make(folder)?;
            begin(&connection, settings, &key)?;
        }
        mark::must_have(&connection, folder, has_log, &noted)?;
        let (mut open, identity) = Self::load(folder, settings, connection, &paths)?;
        open.pin(settings)?;
        Ok((open, identity))
    }

    /// Takes up an open file, and looks for nothing that may be missing.
    pub(super) fn load(
        folder: &Path,
        settings: &Settings,
        connection: Connection,
        marks: &[PathBuf],
    ) -> Result<(Self, Identity), OpenError> {
        let (chain, identity) = load_chain(&connection)?;
        if chain.chain_id != settings.chain_id {
            return Err(OpenError::ChainId { expected: settings.chain_id, actual: chain.chain_id });
        }
        let key = key::read(folder)?;
        if key.public_key().ok() != Some(chain.node_key) {
            return Err(OpenError::NodeKey { path: key::path(folder) });
        }
        let machine = Machine::new(&connection, chain.chain_id)?;
        let marks = Marks::open(marks, newest(&chain, identity.genesis)?)?;
        Ok((Self { connection, machine, chain, key, marks }, identity))
    }

    pub(super) fn reopen(folder: &Path, settings: &Settings) -> Result<Self, LedgerFailure> {
        match Self::open_or_begin(folder, settings) {
            Ok((open, _)) => Ok(open),
            Err(OpenError::Failed { failure }) => Err(failure),
            Err(_) => Err(LedgerFailure::Closed),
        }
    }

    /// Records those pins of the settings that the chain does not contain yet.
    fn pin(&mut self, settings: &Settings) -> Result<(), LedgerFailure> {
        let fresh: Vec<Operation> = settings
            .pinned
            .iter()
            .filter(|source| !self.machine.is_pinned(source))
            .map(|source| Operation::Pin { source: *source })
            .collect();
        if fresh.is_empty() {
            return Ok(());
        }
        for operation in &fresh {
            // What a block did and the state does not have is lost, and nothing that is to be done again.
            if store::has_operation(&self.connection, operation)? {
                return Err(LedgerFailure::Damaged {
                    what: "a source that a block pinned is lost",
                });
            }
        }
        let time = self.chain.block_time(settings.clock.now());
        self.in_database_transaction(|open| {
            let wanted = Wanted { operations: fresh, ..Wanted::default() };
            let produced = produce(&open.connection, &mut open.machine, &open.chain, time, wanted)?;
            open.store(produced).map(|_| ())
        })
    }

    pub(super) fn make_block(
        &mut self,
        settings: &Settings,
        batch: &[Request],
        may_wait_from: usize,
    ) -> Result<BatchAnswers, LedgerFailure> {
        let time = self.chain.block_time(settings.clock.now());
        self.in_database_transaction(|open| {
            let Plan { wanted, routes } =
                Plan::of(batch, may_wait_from, &open.connection, &open.chain, time)?;
            let produced = produce(&open.connection, &mut open.machine, &open.chain, time, wanted)?;
            let operation_outcomes = produced.operation_outcomes.clone();
            let fates = produced.fates.clone();
            let is_asked_for = batch.iter().any(|request| matches!(request, Request::Mine { .. }));
            let included = if produced.is_empty() && !is_asked_for {
                Vec::new()
            } else {
                open.store(produced)?
            };
            let tip = open.chain.tip.as_ref().map(|(header, hash)| (header.height, *hash));
            Ok(BatchAnswers { routes, operation_outcomes, fates, included, tip })
        })
    }

    /// Reverts to a saved snapshot and records the revert in the next block. Do not use this value after a
    /// failure.
    pub(super) fn revert(
        &mut self,
        folder: &Path,
        settings: &Settings,
        to: &SnapshotId,
    ) -> Result<(), RevertError> {
        let Some((dropped, hash)) = self.chain.tip.clone() else {
            return Err(LedgerFailure::Damaged { what: "there is no block" }.into());
        };
        saved_snapshot::attach(&self.connection, folder, to)?;
        if dropped.height == to.height() {
            // No snapshot is above the tip, so this snapshot is the tip itself: there is nothing to revert.
            return Ok(());
        }
        let operation = Operation::Revert { height: dropped.height, hash };
        // If the process ends between the commit and the next mark, the mark names the block that the operation
        // names.
        self.marks.sync();
        self.in_database_transaction(|open| {
            saved_snapshot::restore(&open.connection)?;
            open.chain = load_chain(&open.connection)?.0;
            open.machine = Machine::new(&open.connection, open.chain.chain_id)?;
            let time = open.chain.block_time(settings.clock.now());
            let wanted = Wanted { operations: vec![operation], ..Wanted::default() };
            let produced = produce(&open.connection, &mut open.machine, &open.chain, time, wanted)?;
            open.store(produced).map(drop)
        })?;
        self.marks.sync();
        Ok(())
    }

    /// Makes a block that records that these blocks are lost.
    pub(super) fn record_losses(
        &mut self,
        settings: &Settings,
        lost: &[Mark],
    ) -> Result<(), LedgerFailure> {
        let loss = |mark: &Mark| Operation::Loss { height: mark.height, hash: mark.hash };
        let operations = lost.iter().map(loss).collect();
        let time = self.chain.block_time(settings.clock.now());
        self.in_database_transaction(|open| {
            let OpenLedger { connection, machine, chain, .. } = open;
            let wanted = Wanted { operations, ..Wanted::default() };
            let produced = produce(connection, machine, chain, time, wanted)?;
            open.store(produced).map(drop)
        })?;
        self.marks.sync();
        Ok(())
    }

    /// Begins a database transaction, and commits it when `work` succeeds.
    fn in_database_transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, LedgerFailure>,
    ) -> Result<T, LedgerFailure> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let done = work(self)?;
        self.connection.execute_batch("COMMIT")?;
        // Only now: a mark is never ahead of what is durable.
        if let Some((header, hash)) = &self.chain.tip {
            self.marks.note(header.height, *hash);
        }
        Ok(done)
    }

    /// Signs the block and writes it. The caller commits.
    fn store(&mut self, produced: Produced) -> Result<Vec<Included>, LedgerFailure> {
        let (extended, completed) = self.chain.extended(&produced);
        let signature = produced
            .header
            .sign(&self.key)
            .map_err(|_| LedgerFailure::Damaged { what: "the node's key" })?;
        let record = BlockRecord {
            header: produced.header,
            signature,
            operations: produced.operations,
            transactions: produced.transactions,
            changes: produced.changes,
            first_sequence: self.chain.next_sequence,
            completed,
        };
        store::append(&self.connection, &record)?;
        self.chain = extended;
        let hash = record.header.hash();
        let sequences = record.first_sequence..;
        Ok(record
            .transactions
            .into_iter()
            .zip(sequences)
            .zip(0_u32..)
            .map(|((transaction, sequence), position)| Included {
                txid: transaction.incoming.txid,
                sequence: Sequence::new(sequence),
                height: record.header.height,
                block: hash,
                position,
                time: record.header.time,
                burn_height: record.header.burn_height,
                receipt: transaction.receipt,
                note: transaction.note,
            })
            .collect())
    }
}

/// The files that have the mark of the ledger in `folder`.
fn mark_paths(folder: &Path, settings: &Settings) -> Vec<PathBuf> {
    std::iter::once(mark::path(folder)).chain(settings.mark_beside.clone()).collect()
}

fn newest(chain: &Chain, genesis: BlockHash) -> Result<Mark, LedgerFailure> {
    let tip = chain.tip.as_ref();
    tip.map(|(header, hash)| Mark { genesis, height: header.height, hash: *hash })
        .ok_or(LedgerFailure::Damaged { what: "there is no block" })
}

/// Opens a ledger that lacks blocks which it had acknowledged, and makes a block that says so. The caller has
/// the folder locked. Returns the blocks that are lost, those at the greatest heights first.
///
/// # Errors
/// [`OpenError::Behind`] when there is no chain to go on with, or it is another ledger's; else [`OpenError`].
pub(crate) fn accept_loss(
    folder: &Path,
    settings: &Settings,
    noted: &[NotedMark],
) -> Result<Vec<Mark>, OpenError> {
    let paths = mark_paths(folder, settings);
    let has_log = store::has_log(folder);
    let mut all = noted.to_vec();
    for path in &paths {
        match mark::read_all(std::slice::from_ref(path)) {
            // Whatever it said, it is written anew.
            Err(OpenError::MarkDamaged { path }) => {
                mrms_files::remove(&path).map_err(|source| OpenError::File { path, source })?;
            }
            read => all.extend(read?),
        }
    }
    let connection = store::open_writable(folder, settings.max_file_bytes)?;
    if store::is_empty(&connection)? {
        let newest = all.into_iter().max_by_key(|one| one.mark.height);
        return Err(mark::nothing_there(folder, has_log, newest));
    }
    let lost = mark::all_missing(&connection, &all)?;
    let genesis = store::stored_block_at(&connection, BlockHeight::new(0))?.map(|block| block.hash);
    if lost.iter().any(|mark| Some(mark.genesis) != genesis) {
        // No block of this chain can say what became of another one.
        mark::must_have(&connection, folder, has_log, &all)?;
    }
    let (mut open, _) = OpenLedger::load(folder, settings, connection, &[])?;
    if !lost.is_empty() {
        open.record_losses(settings, &lost)?;
    }
    // The marks are written when the loss is on record.
    open.marks = Marks::open(&paths, newest(&open.chain, open.marks.genesis())?)?;
    open.marks.sync();
    store::settle(&open.connection);
    Ok(lost)
}

/// Creates the tables and block 0 in one database transaction.
fn begin(
    connection: &Connection,
    settings: &Settings,
    key: &SigningKey,
) -> Result<(), LedgerFailure> {
    let unusable = |_| LedgerFailure::Damaged { what: "the node's key" };
    let node_key = key.public_key().map_err(unusable)?;
    let burn_height = settings.genesis_burn_height;
    let time = settings.clock.now();
    let chain = Chain::before_genesis(settings.chain_id, node_key, burn_height, time);
    let allocations = settings.allocations.clone();
    let mut operations = vec![Operation::Genesis { node_key, burn_height, allocations }];
    operations.extend(settings.pinned.iter().map(|source| Operation::Pin { source: *source }));
    connection.execute_batch("BEGIN IMMEDIATE")?;
    store::create(connection)?;
    let mut machine = Machine::new(connection, settings.chain_id)?;
    let wanted = Wanted { operations, ..Wanted::default() };
    let produced = produce(connection, &mut machine, &chain, time, wanted)?;
    if produced.operation_outcomes.iter().any(Result::is_err) {
        return Err(LedgerFailure::Damaged { what: "the settings of a new ledger" });
    }
    let signature = produced.header.sign(key).map_err(unusable)?;
    let record = BlockRecord {
        header: produced.header,
        signature,
        operations: produced.operations,
        transactions: Vec::new(),
        changes: produced.changes,
        first_sequence: 0,
        // One leaf completes no subtree of two.
        completed: Vec::new(),
    };
    store::append(connection, &record)?;
    connection.execute_batch("COMMIT")?;
    Ok(())
}

/// Reads what the next block needs to know of the chain, and the ledger's identity.
pub(crate) fn load_chain(connection: &Connection) -> Result<(Chain, Identity), LedgerFailure> {
    use super::identifiers::{Principal, TESTNET_SINGLE_SIG};
    let damaged = |what| LedgerFailure::Damaged { what };
    let genesis = BlockHeight::new(0);
    let first =
        store::stored_block_at(connection, genesis)?.ok_or(damaged("there is no block 0"))?;
    let tip = store::tip(connection)?.ok_or(damaged("there is no block"))?;
    let Some(Operation::Genesis { node_key, burn_height, .. }) =
        store::operations_at(connection, genesis)?.into_iter().next()
    else {
        return Err(damaged("block 0 does not begin the chain"));
    };
    let mut chain =
        Chain::before_genesis(first.header.chain_id, node_key, burn_height, first.header.time);
    chain.burn_clock.advanced = store::advanced(connection)?;
    chain.next_sequence = store::next_sequence(connection)?;
    chain.ancestry = store::frontier(connection, u64::from(tip.header.height.get()))?;
    // Otherwise the next block would commit to a past that is not this ledger's.
    if tip.header.ancestry_root.is_some_and(|root| root != chain.ancestry.root()) {
        return Err(damaged("the ancestry is not what the newest block commits to"));
    }
    chain.ancestry.push(tip.hash.as_bytes());
    let identity = Identity {
        chain_id: chain.chain_id,
        genesis: first.hash,
        genesis_time: first.header.time,
        genesis_burn_height: burn_height,
        node_key,
        node_account: Principal::standard(TESTNET_SINGLE_SIG, chain.node_hash()),
    };
    chain.tip = Some((tip.header, tip.hash));
    Ok((chain, identity))
}
