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

use super::batch::{BatchAnswers, Request, Requests, WriterJob, transaction_bytes};
use super::error::{LedgerFailure, OpenError};
use super::foreign_queue::ForeignQueue;
use super::open_ledger::OpenLedger;
use super::problematic::Problematic;
use super::query_results::Identity;
use super::read_threads::RevertCount;
use super::saved_snapshot::{self, RevertError, SnapshotId};
use super::settings::Settings;
use super::store::{self};
use super::vm::{Cancellation, Limits, Signal};

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
