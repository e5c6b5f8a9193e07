//! Checks a ledger: executes its whole chain again, from genesis, in a store of its own, and compares.
//!
//! The check compares every field of every header, every signature, every receipt, every row of every table, including
//! the indexes for lists and the state of contracts. Before anything is read from a table, the file's schema is compared:
//! nothing is executed that somebody planted there. It repairs nothing. The ledger may be in use meanwhile: the check
//! reads blocks in short snapshots and goes on until it has the newest one, whose state it compares.
//!
//! A check can be stopped and go on later from a [`checkpoint`].

pub(super) mod checkpoint;
mod compare;
pub(super) mod schema;

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use self::checkpoint::Checkpoint;
use self::compare::{METADATA, STATE, compare};
use self::schema::{check_schema, check_structure};
use super::block_check::Walk;
use super::block_writer::STACK_BYTES;
use super::error::{LedgerFailure, OpenError};
use super::identifiers::{BlockHash, SourceHash};
use super::key;
use super::mark;
use super::replay::{Difference, HistoricBlock, Keeps, Replay, ReplayError};
use super::store;
use super::units::BlockHeight;
use super::wire::SigningKey;

/// How long one snapshot reads and executes blocks, if nobody says otherwise.
const SNAPSHOT: Duration = Duration::from_millis(500);
/// How long after a checkpoint the next one is made, if nobody says otherwise.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);
/// A checkpoint reads all of the state: it takes at most this part of the time of a check.
const CHECKPOINT_SHARE: u32 = 20;
/// How often a check begins again because the ledger was taken back while it read.
const BEGINNINGS: u32 = 5;

/// Result of a successful check: everything in the ledger agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Hash of block 0, which identifies the ledger.
    pub genesis: BlockHash,
    /// Height of the newest block.
    pub height: BlockHeight,
    /// Hash of the newest block. If you noted an earlier block's hash, look for it in the chain as well.
    pub tip: BlockHash,
    /// How many transactions there are.
    pub transactions: u64,
    /// How many reverts the chain records. Each dropped blocks.
    pub reverts: u64,
    /// How many lost blocks the chain records without which the operator went on.
    pub losses: u64,
    /// Height of the first block that was executed: 0, unless the check went on from a checkpoint. What is below was read
    /// and compared with its header.
    pub executed_from: BlockHeight,
}

/// Why a check did not end with a sound ledger.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FsckError {
    /// The ledger does not open.
    #[error("ledger does not open")]
    Open {
        /// The cause.
        #[source]
        source: OpenError,
    },
    /// The ledger is not sound.
    #[error("ledger is not sound")]
    Differs {
        /// The first difference.
        #[source]
        difference: Difference,
    },
    /// The check was stopped before its end. It can go on.
    #[error("the check was stopped before block {next}")]
    Stopped {
        /// Height of the block that is next.
        next: BlockHeight,
    },
    /// The check itself failed; the ledger may or may not be sound.
    #[error("the check failed")]
    Failed {
        /// The cause.
        #[source]
        failure: LedgerFailure,
    },
}

impl From<Difference> for FsckError {
    fn from(difference: Difference) -> Self {
        Self::Differs { difference }
    }
}

impl From<LedgerFailure> for FsckError {
    fn from(failure: LedgerFailure) -> Self {
        Self::Failed { failure }
    }
}

impl From<ReplayError> for FsckError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Differs(difference) => difference.into(),
            ReplayError::Failed(failure) => failure.into(),
        }
    }
}

impl From<rusqlite::Error> for FsckError {
    fn from(error: rusqlite::Error) -> Self {
        LedgerFailure::from(error).into()
    }
}

/// Where a check begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FsckStart {
    /// At block 0, as if nothing had been checked before.
    Genesis,
    /// Where the last check stopped, or ended; at block 0 if it left nothing that holds. What is found to be wrong from there
    /// on is compared again from block 0, since the checkpoint's own file may be what is damaged.
    Checkpoint,
}

/// How a check goes, beside what it finds.
pub struct FsckPlan<'a> {
    /// Sources that run without metering. A ledger that pins another one is refused at that block.
    pub known: &'a [SourceHash],
    /// Where it begins.
    pub start: FsckStart,
    /// How long one snapshot of the ledger is read. It reads one block at least.
    pub snapshot: Duration,
    /// How long after a checkpoint the next one is made, at least.
    pub checkpoint_every: Duration,
    /// Asked after each snapshot, with the height of the next block: whether to stop here.
    pub stop: &'a (dyn Fn(BlockHeight) -> bool + Sync),
}

impl<'a> FsckPlan<'a> {
    /// A plan that goes on to the end.
    #[must_use]
    pub fn to_the_end(known: &'a [SourceHash], start: FsckStart) -> Self {
        let (snapshot, checkpoint_every) = (SNAPSHOT, CHECKPOINT_EVERY);
        Self { known, start, snapshot, checkpoint_every, stop: &|_| false }
    }
}

/// Checks the ledger in `folder` from genesis. Only contracts with a known source run without metering: a ledger that
/// pins another one is refused at that block. Leaves nothing behind.
///
/// # Errors
/// [`FsckError::Differs`] with the first difference; the other variants when the check cannot be done.
pub fn fsck(folder: &Path, known: &[SourceHash]) -> Result<Sound, FsckError> {
    check_in(folder, &FsckPlan::to_the_end(known, FsckStart::Genesis), false)
}

/// The same with checkpoints, in the folder `fsck` of the ledger's: a check that was stopped, or that ended, can go on
/// from there.
///
/// # Errors
/// [`FsckError::Stopped`] when [`FsckPlan::stop`] says so; else as [`fsck`].
pub fn fsck_with(folder: &Path, plan: &FsckPlan<'_>) -> Result<Sound, FsckError> {
    check_in(folder, plan, true)
}

fn check_in(folder: &Path, plan: &FsckPlan<'_>, keeps: bool) -> Result<Sound, FsckError> {
    // The mark first: blocks are noted after they are made.
    let open = |source| FsckError::Open { source };
    let noted = mark::read_all(&[mark::path(folder)]).map_err(open)?;
    let has_log = store::has_log(folder);
    let stored = store::open_to_check(folder).map_err(open)?;
    if store::is_empty(&stored)? {
        return Err(open(mark::nothing_there(folder, has_log, noted.into_iter().next())));
    }
    let path = key::path(folder);
    if !path.exists() {
        return Err(Difference::NoNodeKey { path }.into());
    }
    let key = key::read(folder).ok();
    std::thread::scope(|scope| {
        let checking = std::thread::Builder::new()
            .name("ledger-fsck".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, move || {
                check_schema(&stored)?;
                // Without any block, the check tells more.
                if matches!(store::tip(&stored), Ok(Some(_))) {
                    mark::must_have(&stored, folder, has_log, &noted).map_err(open)?;
                }
                check_structure(&stored)?;
                // Where there is none, or another check has it, this one leaves nothing.
                let lock = keeps.then(|| checkpoint::lock(folder)).flatten();
                let folder = lock.is_some().then_some(folder);
                let check = Check { stored: &stored, folder, key, plan };
                let mut start = plan.start;
                for _ in 0..BEGINNINGS {
                    match check.run(start) {
                        Ok(Some(sound)) => return Ok(sound),
                        Ok(None) => {}
                        Err(stopped @ FsckError::Stopped { .. }) => return Err(stopped),
                        // What the checkpoint's file has lost since must not accuse the ledger. If the ledger is wrong,
                        // executing it from genesis finds that as well.
                        Err(_) if start == FsckStart::Checkpoint => {}
                        Err(error) => return Err(error),
                    }
                    start = FsckStart::Genesis;
                }
                Err(LedgerFailure::Storage {
                    message: "it is taken back again and again".to_owned(),
                }
                .into())
            })
            .map_err(|error| LedgerFailure::Storage { message: error.to_string() })?;
        checking.join().unwrap_or(Err(FsckError::Failed { failure: LedgerFailure::VmBrokeOff }))
    })
}

struct Check<'a> {
    stored: &'a Connection,
    /// Where checkpoints are kept; none for a check that leaves nothing behind.
    folder: Option<&'a Path>,
    key: Option<SigningKey>,
    plan: &'a FsckPlan<'a>,
}

impl Check<'_> {
    /// Checks everything; none if the ledger was taken back meanwhile.
    fn run(&self, start: FsckStart) -> Result<Option<Sound>, FsckError> {
        let stored = self.stored;
        let tip = store::tip(stored).map_err(|_| Difference::Genesis)?;
        if tip.is_none() {
            return Err(Difference::Genesis.into());
        }
        let genesis = HistoricBlock::stored(stored, BlockHeight::new(0))?;
        let resumed = match start {
            FsckStart::Checkpoint => self.resumed(&genesis)?,
            FsckStart::Genesis => None,
        };
        let mut walk = Walk::over(stored)?;
        let mut executed_from = BlockHeight::new(0);
        if let Some((work, checkpoint)) = resumed {
            executed_from = BlockHeight::new(checkpoint.height.get().saturating_add(1));
            match self.walk_to(&mut walk, &checkpoint)? {
                true => {
                    let header = walk.newest_header(stored)?;
                    let replay = Replay::resume(
                        &work,
                        self.plan.known,
                        &genesis,
                        header,
                        &checkpoint,
                        walk.ancestry().clone(),
                    )?;
                    return self.go_on(&work, replay, walk, executed_from);
                }
                // Its block is no longer in the chain.
                false => walk = Walk::over(stored)?,
            }
            executed_from = BlockHeight::new(0);
        }
        let work = match self.folder {
            Some(folder) => checkpoint::begin_work(folder)?,
            None => store::temporary()?,
        };
        work.execute_batch("BEGIN IMMEDIATE")?;
        let mut replay = Replay::begin(&work, self.plan.known, genesis.clone(), Keeps::State)?;
        let node_key = self.key.as_ref().and_then(|key| key.public_key().ok());
        if node_key != Some(replay.node_key()) {
            return Err(Difference::NodeKey.into());
        }
        replay.take_notes();
        walk.step(stored)?;
        self.go_on(&work, replay, walk, executed_from)
    }

    /// What an earlier check left, if it is of this ledger.
    fn resumed(
        &self,
        genesis: &HistoricBlock,
    ) -> Result<Option<(Connection, Checkpoint)>, FsckError> {
        let (Some(folder), Some(key)) = (self.folder, &self.key) else { return Ok(None) };
        let Ok(node_key) = key.public_key() else { return Ok(None) };
        let left = checkpoint::resume_work(folder, &node_key)?;
        let left = left.filter(|(_, checkpoint)| checkpoint.genesis == genesis.hash);
        if let Some((work, _)) = &left {
            work.execute_batch("BEGIN IMMEDIATE")?;
        }
        Ok(left)
    }

    /// Reads the blocks up to the checkpoint's and compares them with their headers. Returns whether its block is there.
    fn walk_to(&self, walk: &mut Walk, checkpoint: &Checkpoint) -> Result<bool, FsckError> {
        let end = checkpoint.height.get().saturating_add(1);
        while walk.next < end {
            let began = Instant::now();
            let goes_on = in_snapshot(self.stored, || {
                if !walk.is_in_chain(self.stored)? {
                    return Ok(false);
                }
                while walk.next < end {
                    if !walk.step(self.stored)? {
                        return Ok(false);
                    }
                    if began.elapsed() >= self.plan.snapshot {
                        break;
                    }
                }
                Ok(true)
            })?;
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(walk.newest == Some(checkpoint.hash))
    }

    /// Executes what is left, and compares the state at its end.
    fn go_on(
        &self,
        work: &Connection,
        mut replay: Replay<'_>,
        mut walk: Walk,
        executed_from: BlockHeight,
    ) -> Result<Option<Sound>, FsckError> {
        let stored = self.stored;
        let (mut kept, mut pause) = (Instant::now(), self.plan.checkpoint_every);
        loop {
            let began = Instant::now();
            let is_last = in_snapshot(stored, || {
                if !walk.is_in_chain(stored)? {
                    return Ok(None);
                }
                let tip = store::tip(stored).map_err(|_| Difference::Genesis)?;
                let tip = tip.ok_or(Difference::Genesis)?.header.height.get();
                while walk.next <= tip {
                    self.block(&mut replay, &mut walk, work)?;
                    if began.elapsed() >= self.plan.snapshot {
                        break;
                    }
                }
                if walk.next <= tip {
                    return Ok(Some(false));
                }
                self.state(work, &walk)?;
                Ok(Some(true))
            })?;
            let stops = (self.plan.stop)(BlockHeight::new(walk.next));
            let is_due = kept.elapsed() >= pause || stops;
            match is_last {
                None => return Ok(None),
                Some(is_last) if is_last || is_due => {
                    let began = Instant::now();
                    self.keep(work, &replay)?;
                    kept = Instant::now();
                    pause = self.plan.checkpoint_every.max(began.elapsed() * CHECKPOINT_SHARE);
                    if is_last {
                        return Ok(Some(sound(&replay, &walk, executed_from)?));
                    }
                }
                Some(_) => {}
            }
            if stops {
                return Err(FsckError::Stopped { next: BlockHeight::new(walk.next) });
            }
        }
    }

    /// Executes the next block, and compares everything that is stored of it.
    fn block(
        &self,
        replay: &mut Replay<'_>,
        walk: &mut Walk,
        work: &Connection,
    ) -> Result<(), FsckError> {
        let stored = self.stored;
        let height = BlockHeight::new(walk.next);
        let first = walk.transactions;
        replay.block(HistoricBlock::stored(stored, height)?)?;
        let notes = replay.take_notes();
        let mut statement = stored
            .prepare_cached("SELECT note FROM transactions WHERE height = ? ORDER BY position")?;
        let found = statement.query_map([height.get()], |row| row.get::<_, Option<String>>(0))?;
        for ((sequence, made), found) in (first..).zip(&notes).zip(found) {
            // A text that is none differs from every note.
            if found.ok().as_ref() != Some(made) {
                let row = sequence.to_string();
                return Err(Difference::Row { table: "transactions", row }.into());
            }
        }
        if !walk.step(stored)? {
            return Err(Difference::MissingBlock { height }.into());
        }
        let total = |connection: &Connection, table: &str| -> rusqlite::Result<Option<i64>> {
            let sql = format!("SELECT state_total FROM {table} WHERE height = ?");
            connection.prepare_cached(&sql)?.query_row([height.get()], |row| row.get(0))
        };
        let found = total(stored, if walk.has_sums() { "main.blocks" } else { "blocks" })?;
        if found.is_some() && found != total(work, "main.blocks")? {
            return Err(Difference::Row { table: "blocks", row: height.to_string() }.into());
        }
        Ok(())
    }

    /// Compares what there is in all, and the state of contracts, in the snapshot that ends the check.
    fn state(&self, work: &Connection, walk: &Walk) -> Result<(), FsckError> {
        walk.counts(self.stored)?;
        for table in [&METADATA, &STATE] {
            compare(self.stored, work, table, walk.has_sums())?;
        }
        Ok(())
    }

    fn keep(&self, work: &Connection, replay: &Replay<'_>) -> Result<(), FsckError> {
        let (Some(_), Some(key)) = (self.folder, &self.key) else { return Ok(()) };
        let checkpoint = replay.checkpoint(checkpoint::state_hash(work)?)?;
        Ok(checkpoint::keep(work, &checkpoint, key)?)
    }
}

fn sound(replay: &Replay<'_>, walk: &Walk, executed_from: BlockHeight) -> Result<Sound, FsckError> {
    let genesis = walk.genesis.ok_or(Difference::Genesis)?;
    let tip = walk.newest.ok_or(Difference::Genesis)?;
    Ok(Sound {
        genesis,
        height: BlockHeight::new(walk.next.saturating_sub(1)),
        tip,
        transactions: replay.transactions(),
        reverts: replay.reverts(),
        losses: replay.losses(),
        executed_from,
    })
}

/// Reads in one snapshot of the ledger.
pub(super) fn in_snapshot<T>(
    stored: &Connection,
    read: impl FnOnce() -> Result<T, FsckError>,
) -> Result<T, FsckError> {
    stored.execute_batch("BEGIN")?;
    let done = read();
    stored.execute_batch("COMMIT")?;
    done
}
