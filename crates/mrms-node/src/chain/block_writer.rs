//! The thread that makes blocks. Only this thread writes the ledger's file.
//!
//! It takes everything that is queued, up to the size of a block, makes one block, commits once, and only
//! then answers. So concurrent submitters share one `fsync`. When the file fails or the VM breaks off, the
//! thread gives up the whole block, answers every request in it with the failure, and loads its state from
//! disk again. It never continues with memory that may be wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::Connection;

use super::batch::{BatchAnswers, Plan, Request, Requests, WriterJob, transaction_bytes};
use super::error::{LedgerFailure, OpenError};
use super::foreign_queue::ForeignQueue;
use super::identifiers::BlockHash;
use super::key;
use super::mark::{self, Mark, Marks};
use super::operation::Operation;
use super::problematic::Problematic;
use super::producer::{Chain, Produced, Wanted, produce};
use super::query_results::{Identity, Included};
use super::read_threads::RevertCount;
use super::saved_snapshot::{self, RevertError, SnapshotId};
use super::settings::Settings;
use super::store::{self, BlockRecord};
use super::units::{BlockHeight, Sequence};
use super::vm::{Cancellation, Limits, Machine, Signal};
use super::wire::SigningKey;

/// Stack of every thread that runs the VM. The VM recurses, and its depth limits assume the stack of a main
/// thread or more.
pub(crate) const STACK_BYTES: usize = 64 * 1024 * 1024;
/// Jobs that may be queued. When the queue is full, submitters wait.
const QUEUE: usize = 256;
/// A block that has this many bytes of transactions takes no more.
pub(crate) const BLOCK_BYTES: usize = 2 * 1024 * 1024;

/// What is wrong when another file stands in the place of the ledger's.
pub(crate) const REPLACED: &str = "its file was replaced or removed while the node ran";

/// The running thread, as its owner sees it.
pub(crate) struct BlockWriter {
    pub(crate) jobs: SyncSender<WriterJob>,
    pub(crate) thread: JoinHandle<()>,
    pub(crate) identity: Identity,
    /// Burn blocks that operators have added, as of the newest durable block.
    pub(crate) advanced: Arc<AtomicU64>,
}

/// What the block writer shares with the rest of the ledger.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared {
    pub(crate) reverts: RevertCount,
    /// Raised when the ledger closes: no more foreign code.
    pub(crate) stop: Signal,
    pub(crate) problematic: Arc<Problematic>,
}

/// Starts the thread, and opens or creates the ledger on it.
pub(crate) fn spawn(
    folder: &Path,
    settings: Arc<Settings>,
    shared: Shared,
) -> Result<BlockWriter, OpenError> {
    let (opened, opening) = std::sync::mpsc::channel();
    let (jobs, queue) = sync_channel(QUEUE);
    let advanced = Arc::new(AtomicU64::new(0));
    let folder = folder.to_owned();
    let published = Arc::clone(&advanced);
    let thread = std::thread::Builder::new()
        .name("ledger-writer".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || match OpenLedger::open_or_begin(&folder, &settings) {
            Err(error) => {
                let _ = opened.send(Err(error));
            }
            Ok((open, identity)) => {
                let open = Some(open);
                let file = store::FileId::of(&folder);
                let Shared { reverts, stop, problematic } = shared;
                let time = Some(settings.foreign_time);
                let cancellation = Cancellation { time, signals: vec![stop.clone()] };
                let (advanced, foreign) = (published, ForeignQueue::new(stop, problematic));
                let mut writer = WriterThread {
                    folder,
                    settings,
                    file,
                    open,
                    advanced,
                    reverts,
                    foreign,
                    cancellation,
                    broke_off_in_vm: false,
                    is_log_doubtful: false,
                };
                writer.publish_advanced();
                let _ = opened.send(Ok(identity));
                writer.run_jobs(&queue);
                if let Some(open) = &writer.open {
                    store::settle(&open.connection);
                }
            }
        })
        .map_err(|error| LedgerFailure::Storage { message: error.to_string() })?;
    match opening.recv() {
        Ok(Ok(identity)) => Ok(BlockWriter { jobs, thread, identity, advanced }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(LedgerFailure::VmBrokeOff.into()),
    }
}

struct WriterThread {
    folder: PathBuf,
    settings: Arc<Settings>,
    /// The ledger's file. Another one in its place is never written, nor read.
    file: Option<store::FileId>,
    /// None after a failure, when the file could not be opened again.
    open: Option<OpenLedger>,
    advanced: Arc<AtomicU64>,
    reverts: RevertCount,
    foreign: ForeignQueue,
    /// When foreign code in a block is broken off.
    cancellation: Cancellation,
    /// Whether the last block that failed did so while the VM ran a transaction.
    broke_off_in_vm: bool,
    /// Whether the disk may lack a part of the database's log that the system shows: a sync failed. What is appended to such
    /// a log may be lost with that part.
    is_log_doubtful: bool,
}

/// What the thread does next.
enum Next {
    Job(WriterJob),
    /// Foreign code that waited may run.
    ForeignCode,
    Closed,
}

impl WriterThread {
    fn run_jobs(&mut self, queue: &Receiver<WriterJob>) {
        let mut next = None;
        loop {
            let job = match next.take() {
                Some(job) => Next::Job(job),
                None => self.next(queue),
            };
            match job {
                Next::Job(WriterJob::Block(requests)) => {
                    let mut batch = self.without_foreign_code(requests);
                    while batch.len() < self.settings.block_transactions
                        && transaction_bytes(&batch) < BLOCK_BYTES
                    {
                        match queue.try_recv() {
                            Ok(WriterJob::Block(more)) => {
                                batch.extend(self.without_foreign_code(more));
                            }
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.answer_all(batch);
                }
                Next::ForeignCode => self.answer_all(Vec::new()),
                // The caller may no longer be there to receive the answer.
                Next::Job(WriterJob::SaveSnapshot { reply }) => {
                    drop(reply.send(self.save_snapshot()))
                }
                Next::Job(WriterJob::Revert { snapshot, reply }) => {
                    drop(reply.send(self.revert(&snapshot)))
                }
                Next::Closed => return,
            }
        }
    }

    /// Waits for a job, or until foreign code that waits may run.
    fn next(&self, queue: &Receiver<WriterJob>) -> Next {
        if self.foreign.is_empty() {
            return queue.recv().map_or(Next::Closed, Next::Job);
        }
        let rest = self.foreign.rest_left(Instant::now());
        queue.recv_timeout(rest).map_or(Next::ForeignCode, Next::Job)
    }

    /// Returns those of a caller's requests that go into the next block whatever else waits.
    fn without_foreign_code(&mut self, requests: Requests) -> Requests {
        // When the file does not open, making the block says so.
        match &self.open {
            Some(OpenLedger { machine, connection, .. }) => {
                self.foreign.sort(requests, machine, connection)
            }
            None => requests,
        }
    }

    /// Makes a block of these requests and, as far as there is time for it, of foreign code.
    fn answer_all(&mut self, mut block: Requests) {
        let may_wait_from = block.len();
        self.foreign.add_to(&mut block, self.settings.block_transactions);
        if block.is_empty() {
            return;
        }
        let (began, runs_foreign_code) = (Instant::now(), block.len() > may_wait_from);
        let postponed = self.answer(block, may_wait_from);
        self.foreign.put_back(postponed);
        if runs_foreign_code {
            self.foreign.rest(began.elapsed(), Instant::now());
        }
    }

    fn save_snapshot(&mut self) -> Result<SnapshotId, LedgerFailure> {
        let folder = self.folder.clone();
        saved_snapshot::save(&self.open()?.connection, &folder)
    }

    fn revert(&mut self, to: &SnapshotId) -> Result<(), RevertError> {
        let (folder, settings) = (self.folder.clone(), Arc::clone(&self.settings));
        // The write lock keeps the read threads out, and the new count makes them open the file again.
        let reverts = Arc::clone(&self.reverts);
        let mut count = reverts.write().unwrap_or_else(PoisonError::into_inner);
        let open = self.open()?;
        let done = catch_unwind(AssertUnwindSafe(|| open.revert(&folder, &settings, to)))
            .unwrap_or(Err(LedgerFailure::VmBrokeOff.into()));
        *count += 1;
        if done.is_ok() {
            saved_snapshot::forget_above(&self.folder, to.height());
        }
        // After a revert as after a failure, only the disk is right.
        self.reload();
        done
    }

    /// Returns the open ledger. Opens it again when an earlier failure has closed it.
    fn open(&mut self) -> Result<&mut OpenLedger, LedgerFailure> {
        if store::FileId::of(&self.folder) != self.file {
            // Blocks would go into a file that nobody finds again, or go on from another chain.
            self.open = None;
            return Err(LedgerFailure::Damaged { what: REPLACED });
        }
        if self.open.is_none() {
            self.open = Some(self.reopened()?);
        }
        self.open.as_mut().ok_or(LedgerFailure::Closed)
    }

    /// Makes a block and answers. Returns what was postponed, which is only ever from `may_wait_from` on.
    fn answer(&mut self, batch: Vec<Request>, may_wait_from: usize) -> Vec<Request> {
        match self.make_block(&batch, may_wait_from) {
            Ok(answers) => {
                self.foreign.note(answers.rejected(&batch, may_wait_from));
                answers.send(batch)
            }
            // One of the requests makes the VM break off. The others may succeed when each runs alone.
            Err(LedgerFailure::VmBrokeOff) if batch.len() > 1 => {
                let mut postponed = Vec::new();
                for (position, request) in batch.into_iter().enumerate() {
                    let may_wait_from = usize::from(position < may_wait_from);
                    postponed.extend(self.answer(vec![request], may_wait_from));
                }
                postponed
            }
            Err(failure) => {
                if self.broke_off_in_vm && may_wait_from == 0 {
                    self.foreign.remember(&batch, &failure);
                }
                batch.into_iter().for_each(|request| request.fail(failure.clone()));
                Vec::new()
            }
        }
    }

    fn make_block(
        &mut self,
        batch: &[Request],
        may_wait_from: usize,
    ) -> Result<BatchAnswers, LedgerFailure> {
        let (settings, cancellation) = (Arc::clone(&self.settings), self.cancellation.clone());
        let open = self.open()?;
        open.machine.limit_to(Limits::NewBlocks, cancellation);
        let made =
            catch_unwind(AssertUnwindSafe(|| open.make_block(&settings, batch, may_wait_from)))
                .unwrap_or(Err(LedgerFailure::VmBrokeOff));
        match made {
            Ok(answers) => {
                self.publish_advanced();
                Ok(answers)
            }
            Err(failure) => {
                self.broke_off_in_vm = self.open.as_ref().is_some_and(|open| {
                    failure == LedgerFailure::VmBrokeOff && open.machine.is_running
                });
                self.is_log_doubtful |= matches!(failure, LedgerFailure::Storage { .. });
                // Memory may differ from the disk now. The disk is right.
                self.reload();
                Err(failure)
            }
        }
    }

    /// Drops what is in memory and opens the file again.
    fn reload(&mut self) {
        self.open = None;
        if store::FileId::of(&self.folder) == self.file {
            self.open = self.reopened().ok();
        }
        self.publish_advanced();
    }

    /// Opens the file again. A log that may not be on the disk is moved into the file first, and no block is made before
    /// that has worked.
    fn reopened(&mut self) -> Result<OpenLedger, LedgerFailure> {
        let open = OpenLedger::reopen(&self.folder, &self.settings)?;
        if self.is_log_doubtful {
            store::settle_all(&open.connection)?;
            self.is_log_doubtful = false;
        }
        Ok(open)
    }

    /// Tells the read threads how many burn blocks operators have added.
    fn publish_advanced(&self) {
        if let Some(open) = &self.open {
            self.advanced.store(open.chain.burn_clock.advanced, Ordering::Release);
        }
    }
}

/// The open file, with the VM and the tip in memory. All three agree.
struct OpenLedger {
    connection: Connection,
    machine: Machine,
    chain: Chain,
    key: SigningKey,
    marks: Marks,
}

impl OpenLedger {
    /// Opens the ledger if nothing of it is missing. Begins one where none was.
    fn open_or_begin(folder: &Path, settings: &Settings) -> Result<(Self, Identity), OpenError> {
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
    fn load(
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

    fn reopen(folder: &Path, settings: &Settings) -> Result<Self, LedgerFailure> {
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
        let time = self.chain.block_time(settings.clock.now());
        self.in_database_transaction(|open| {
            let wanted = Wanted { operations: fresh, ..Wanted::default() };
            let produced = produce(&open.connection, &mut open.machine, &open.chain, time, wanted)?;
            open.store(produced).map(|_| ())
        })
    }

    fn make_block(
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
    fn record_losses(&mut self, settings: &Settings, lost: &[Mark]) -> Result<(), LedgerFailure> {
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
    noted: &[mark::NotedMark],
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
