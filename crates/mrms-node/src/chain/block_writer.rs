//! The one thread that runs the VM for good and writes the file.
//!
//! It takes whatever waits, up to a block's worth, makes one block of it, commits once, and only then
//! answers: concurrent submitters share one `fsync`. When the file fails or the VM breaks off, the block is
//! given up whole, everybody in it is told, and the thread begins again from what is on disk; it never goes
//! on from memory that may be wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::batch::{Answers, Plan, Request, Work, length};
use super::error::{LedgerFailure, OpenError};
use super::key;
use super::operation::Operation;
use super::producer::{Chain, Produced, produce};
use super::query_results::{Identity, Included};
use super::read_threads::Past;
use super::saved_snapshot::{self, RevertError, SnapshotId};
use super::settings::Settings;
use super::store::{self, BlockRecord};
use super::units::{BlockHeight, Sequence};
use super::vm::Machine;
use super::wire::SigningKey;

/// The VM recurses; its depth limits were made for stacks of a main thread and more.
pub(crate) const STACK_BYTES: usize = 64 * 1024 * 1024;
/// Requests that may wait before submitters are held up.
const QUEUE: usize = 256;
/// Bytes of transactions after which a block takes no more.
pub(crate) const BLOCK_BYTES: usize = 2 * 1024 * 1024;

/// The thread, seen from outside.
pub(crate) struct Writer {
    pub(crate) work: SyncSender<Work>,
    pub(crate) thread: JoinHandle<()>,
    pub(crate) identity: Identity,
    /// Burn blocks that operators have added, as of the newest durable block.
    pub(crate) advanced: Arc<AtomicU64>,
}

/// Opens the ledger on a thread of its own and keeps it there.
pub(crate) fn spawn(
    folder: &Path,
    settings: Arc<Settings>,
    past: Past,
) -> Result<Writer, OpenError> {
    let (opened, is_opened) = std::sync::mpsc::channel();
    let (work, waiting) = sync_channel(QUEUE);
    let advanced = Arc::new(AtomicU64::new(0));
    let folder = folder.to_owned();
    let shared = Arc::clone(&advanced);
    let thread = std::thread::Builder::new()
        .name("ledger-writer".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || match Core::open_or_begin(&folder, &settings) {
            Err(error) => {
                let _ = opened.send(Err(error));
            }
            Ok((core, identity)) => {
                let mut service =
                    Service { folder, settings, core: Some(core), advanced: shared, past };
                service.publish();
                let _ = opened.send(Ok(identity));
                service.serve_all(&waiting);
            }
        })
        .map_err(|error| LedgerFailure::Storage { message: error.to_string() })?;
    match is_opened.recv() {
        Ok(Ok(identity)) => Ok(Writer { work, thread, identity, advanced }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(LedgerFailure::VmBrokeOff.into()),
    }
}

struct Service {
    folder: PathBuf,
    settings: Arc<Settings>,
    /// None after a failure from which the file could not be opened again.
    core: Option<Core>,
    advanced: Arc<AtomicU64>,
    past: Past,
}

impl Service {
    fn serve_all(&mut self, waiting: &Receiver<Work>) {
        let mut next = None;
        while let Some(work) = next.take().or_else(|| waiting.recv().ok()) {
            match work {
                Work::Block(mut batch) => {
                    while batch.len() < self.settings.block_transactions
                        && length(&batch) < BLOCK_BYTES
                    {
                        match waiting.try_recv() {
                            Ok(Work::Block(more)) => batch.extend(more),
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.serve(batch);
                }
                // Whoever asked may have gone.
                Work::Snapshot { reply } => drop(reply.send(self.snapshot())),
                Work::Revert { snapshot, reply } => drop(reply.send(self.revert(&snapshot))),
            }
        }
    }

    fn snapshot(&mut self) -> Result<SnapshotId, LedgerFailure> {
        let folder = self.folder.clone();
        saved_snapshot::take(&self.core()?.connection, &folder)
    }

    fn revert(&mut self, to: &SnapshotId) -> Result<(), RevertError> {
        let (folder, settings) = (self.folder.clone(), Arc::clone(&self.settings));
        // Nobody reads meanwhile, and whoever reads afterwards begins anew.
        let past = Arc::clone(&self.past);
        let mut generation = past.write().unwrap_or_else(PoisonError::into_inner);
        let core = self.core()?;
        let done = catch_unwind(AssertUnwindSafe(|| core.revert(&folder, &settings, to)))
            .unwrap_or(Err(LedgerFailure::VmBrokeOff.into()));
        *generation += 1;
        if done.is_ok() {
            saved_snapshot::forget_above(&self.folder, to.height());
        }
        // Memory is made anew from the disk, whatever came of it.
        self.core = None;
        self.core = Core::reopen(&self.folder, &self.settings).ok();
        self.publish();
        done
    }

    /// What there is to work with, opened again if a failure has closed it.
    fn core(&mut self) -> Result<&mut Core, LedgerFailure> {
        if self.core.is_none() {
            self.core = Some(Core::reopen(&self.folder, &self.settings)?);
        }
        self.core.as_mut().ok_or(LedgerFailure::Closed)
    }

    fn serve(&mut self, batch: Vec<Request>) {
        match self.make_block(&batch) {
            Ok(answers) => answers.send(batch),
            // One of them makes the VM break off. Alone, each of the others still has its chance.
            Err(LedgerFailure::VmBrokeOff) if batch.len() > 1 => {
                for request in batch {
                    self.serve(vec![request]);
                }
            }
            Err(failure) => batch.into_iter().for_each(|request| request.fail(failure.clone())),
        }
    }

    fn make_block(&mut self, batch: &[Request]) -> Result<Answers, LedgerFailure> {
        let settings = Arc::clone(&self.settings);
        let core = self.core()?;
        let made = catch_unwind(AssertUnwindSafe(|| core.make_block(&settings, batch)))
            .unwrap_or(Err(LedgerFailure::VmBrokeOff));
        match made {
            Ok(answers) => {
                self.publish();
                Ok(answers)
            }
            Err(failure) => {
                // What is in memory may differ from what is on disk. The disk is right.
                self.core = None;
                self.core = Core::reopen(&self.folder, &self.settings).ok();
                self.publish();
                Err(failure)
            }
        }
    }

    fn publish(&self) {
        if let Some(core) = &self.core {
            self.advanced.store(core.chain.burn_clock.advanced, Ordering::Release);
        }
    }
}

/// File, VM and tip, all of which agree.
struct Core {
    connection: Connection,
    machine: Machine,
    chain: Chain,
    key: SigningKey,
}

impl Core {
    fn open_or_begin(folder: &Path, settings: &Settings) -> Result<(Self, Identity), OpenError> {
        let connection = store::open_writable(folder, settings.max_file_bytes)?;
        let is_empty: bool = connection
            .query_row("SELECT count(*) = 0 FROM sqlite_master", [], |row| row.get(0))
            .map_err(LedgerFailure::from)?;
        if is_empty {
            let key = key::make(folder)?;
            begin(&connection, settings, &key)?;
        }
        let (chain, identity) = load_chain(&connection)?;
        if chain.chain_id != settings.chain_id {
            return Err(OpenError::ChainId { expected: settings.chain_id, actual: chain.chain_id });
        }
        let key = key::read(folder)?;
        if key.public_key().ok() != Some(chain.node_key) {
            return Err(OpenError::NodeKey { path: key::path(folder) });
        }
        let machine = Machine::new(&connection, chain.chain_id)?;
        let mut core = Self { connection, machine, chain, key };
        core.pin(settings)?;
        Ok((core, identity))
    }

    fn reopen(folder: &Path, settings: &Settings) -> Result<Self, LedgerFailure> {
        match Self::open_or_begin(folder, settings) {
            Ok((core, _)) => Ok(core),
            Err(OpenError::Failed { failure }) => Err(failure),
            Err(_) => Err(LedgerFailure::Closed),
        }
    }

    /// Records the settings' pins that the chain does not know yet.
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
        let time = self.chain.block_time(settings.clock.now());
        self.in_database_transaction(|core| {
            let produced =
                produce(&core.connection, &mut core.machine, &core.chain, time, fresh, Vec::new())?;
            core.store(produced).map(|_| ())
        })
    }

    fn make_block(
        &mut self,
        settings: &Settings,
        batch: &[Request],
    ) -> Result<Answers, LedgerFailure> {
        let time = self.chain.block_time(settings.clock.now());
        self.in_database_transaction(|core| {
            let Plan { operations, incoming, routes } =
                Plan::of(batch, &core.connection, &core.chain, time)?;
            let produced = produce(
                &core.connection,
                &mut core.machine,
                &core.chain,
                time,
                operations,
                incoming,
            )?;
            let operation_outcomes = produced.operation_outcomes.clone();
            let transaction_outcomes = produced.transaction_outcomes.clone();
            let is_asked_for = batch.iter().any(|request| matches!(request, Request::Mine { .. }));
            let included = if produced.is_empty() && !is_asked_for {
                Vec::new()
            } else {
                core.store(produced)?
            };
            let tip = core.chain.tip.as_ref().map(|(header, hash)| (header.height, *hash));
            Ok(Answers { routes, operation_outcomes, transaction_outcomes, included, tip })
        })
    }

    /// Goes back to a snapshot and records it in the next block. Not to be used again after a failure.
    fn revert(
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
            // Snapshots above the tip do not exist, so this one is the tip: nothing has happened since.
            return Ok(());
        }
        let operation = Operation::Revert { height: dropped.height, hash };
        self.in_database_transaction(|core| {
            saved_snapshot::restore(&core.connection)?;
            core.chain = load_chain(&core.connection)?.0;
            core.machine = Machine::new(&core.connection, core.chain.chain_id)?;
            let time = core.chain.block_time(settings.clock.now());
            let produced = produce(
                &core.connection,
                &mut core.machine,
                &core.chain,
                time,
                vec![operation],
                Vec::new(),
            )?;
            core.store(produced).map(drop)
        })?;
        Ok(())
    }

    /// Begins a transaction of the file, and commits it when `work` succeeds.
    fn in_database_transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, LedgerFailure>,
    ) -> Result<T, LedgerFailure> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let done = work(self)?;
        self.connection.execute_batch("COMMIT")?;
        Ok(done)
    }

    /// Signs the block and writes it; the commit is the caller's.
    fn store(&mut self, produced: Produced) -> Result<Vec<Included>, LedgerFailure> {
        let extended = self.chain.extended(&produced);
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

/// Writes block 0, in one database transaction with the tables.
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
    let produced = produce(connection, &mut machine, &chain, time, operations, Vec::new())?;
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
    };
    store::append(connection, &record)?;
    connection.execute_batch("COMMIT")?;
    Ok(())
}

/// Reads what the next block needs to know, and what the ledger is.
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
