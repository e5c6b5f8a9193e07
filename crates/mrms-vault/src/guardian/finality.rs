//! Finality: which block the vault goes by, and whether it believes the chain that it sees.
//!
//! One rule for releases, deletions, salts and erasures. The vault acts on the **settled** block: the newest one on which as
//! many Bitcoin blocks lie as the settings say ([`mrms_core::Finality`]). What can be taken back, such as a refusal, may follow the tip. What can't
//! follows the settled block: the reason to destroy a key must hold there, and a share that leaves rests on an entry in the
//! settled block, and on the grant at the tip. Where a grant ends by its height, the height that counts is the one that
//! stands in that block, and not the one that a node derives from its clock.
//!
//! The vault keeps height and id of the newest settled block that it acted on. A chain that ends before it, or has another
//! block in its place, is in doubt. A ledger of MRMS proves with each settled block that it was made on top of that one;
//! one that proved it once and no longer does is in doubt as well. So is a burn height that jumped and stands in no block. In doubt the vault refuses
//! and deletes nothing. It believes the other chain when that has stood for [`SETTLING_TIME`], and is then careful as after a
//! restoration: it does not accept entries from before.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mrms_core::{BlockHeight, BurnHeight, Principal, RecordId, UnixTime};

use super::Guardian;
use super::chain::{ChainBlock, ChainError, ChainTip, Descent, GrantsHeld, Record};
use super::error::{LogError, OpenError, StorageFailure, WatchError};
use super::store::{self, Acted, Restored};
use crate::protocol::RefusalReason;

/// How long another chain, or a burn height that jumped, must stand before it is believed, in seconds.
const SETTLING_TIME: u64 = 3_600;
/// Burn blocks that may come at once. Of Bitcoin's, more within ten minutes are as good as impossible.
const BURN_BURST: u64 = 12;
/// Seconds of one burn block, a third of the usual time: burn heights rise no faster for long.
const FASTEST_BURN_BLOCK: u64 = 200;
/// How old the last answer of the chain may be for [`Guardian::trouble`], in seconds.
const HEALTH_AGE: u64 = 5;

/// The chain as one decision sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeenChain {
    pub(crate) tip: ChainTip,
    /// The newest block that counts as final.
    pub(crate) settled: ChainBlock,
}

impl SeenChain {
    /// Whether a block of this height is settled.
    pub(crate) fn has_settled(&self, height: BlockHeight) -> bool {
        height <= self.settled.height
    }

    /// Whether the newest block is settled, so that the state at the tip is final.
    pub(crate) fn tip_is_settled(&self) -> bool {
        self.has_settled(self.tip.block_height)
    }
}

/// Why the vault does not go by the chain that it sees.
#[derive(Debug)]
pub(crate) enum Disbelief {
    Chain(ChainError),
    Distrusted(RefusalReason),
    Storage(StorageFailure),
}

impl Disbelief {
    pub(crate) const fn reason(&self) -> RefusalReason {
        match self {
            Self::Chain(_) => RefusalReason::ChainUnreachable,
            Self::Distrusted(reason) => *reason,
            Self::Storage(_) => RefusalReason::LogUnavailable,
        }
    }
}

impl From<ChainError> for Disbelief {
    fn from(error: ChainError) -> Self {
        Self::Chain(error)
    }
}

impl From<Disbelief> for WatchError {
    fn from(disbelief: Disbelief) -> Self {
        match disbelief {
            Disbelief::Chain(error) => Self::Chain(error),
            Disbelief::Distrusted(reason) => Self::Distrusted { reason },
            Disbelief::Storage(failure) => Self::Storage(failure),
        }
    }
}

/// Another chain than the one that the vault acted on.
#[derive(Clone, Copy, Debug)]
struct Doubt {
    /// A block of it, by which it is recognised.
    witness: ChainBlock,
    since: u64,
}

/// What the vault remembers of the chain.
#[derive(Debug)]
struct Memory {
    /// The newest settled block that it acted on, as stored.
    acted: Acted,
    /// The settled block that was last found to lie above `acted`.
    checked: Option<[u8; 32]>,
    /// Whether the chain has proved before that a block lies above another, as stored.
    proves: bool,
    doubt: Option<Doubt>,
    /// Height of the block that was settled when the chain was last asked.
    settled: Option<BlockHeight>,
    /// The burn height that was last believed, and when.
    burn: Option<(BurnHeight, u64)>,
    /// Since when the burn height is too far ahead.
    burn_ahead_since: Option<u64>,
    /// When the chain was last asked, and what was wrong.
    last: Option<(u64, Option<RefusalReason>)>,
    /// Whether the log was compared with what was anchored of it, and found cut.
    log_was_cut: Option<bool>,
}

/// What the vault remembers of the chain, shared by its threads.
#[derive(Debug)]
pub(crate) struct ChainMemory(Mutex<Memory>);

impl ChainMemory {
    pub(crate) const fn new(acted: Acted, proves: bool) -> Self {
        Self(Mutex::new(Memory {
            acted,
            checked: None,
            proves,
            doubt: None,
            settled: None,
            burn: None,
            burn_ahead_since: None,
            last: None,
            log_was_cut: None,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Height of the newest block that the vault acted on.
    pub(crate) fn acted_height(&self) -> u64 {
        self.lock().acted.height
    }

    /// Whether lines are missing that were anchored.
    pub(crate) fn log_was_cut(&self) -> bool {
        self.lock().log_was_cut == Some(true)
    }

    /// Notes that the vault acted on a block. The caller has stored it.
    pub(crate) fn acted_on(&self, settled: &ChainBlock) {
        let mut memory = self.lock();
        if settled.height.number() > memory.acted.height || memory.acted.id.is_none() {
            memory.acted = Acted::on(settled);
            memory.checked = Some(settled.id);
        }
    }
}

/// The newest block that the vault in `folder` acted on, whoever has it open; `None` if it acted on none, or older
/// software did.
///
/// # Errors
///
/// [`StorageFailure`].
pub fn acted_block(folder: &Path) -> Result<Option<(BlockHeight, [u8; 32])>, StorageFailure> {
    let connection = store::open_to_read(folder)?;
    if store::stored_pins(&connection)?.is_none() {
        return Ok(None);
    }
    let Acted { height, id } = store::acted(&connection)?;
    Ok(id.map(|id| (BlockHeight::new(height), id)))
}

/// Lets the vault in `folder` go by another chain than the one that it acted on, because whoever keeps both says so. The
/// vault is then careful as after a restoration: entries of blocks up to `tip` no longer count.
///
/// # Errors
///
/// [`OpenError`].
pub fn accept_chain(folder: &Path, tip: &ChainBlock) -> Result<(), OpenError> {
    let _lock = store::lock_folder(folder)?;
    let connection = store::open_writable(folder)?;
    let before = store::restored(&connection)?;
    let time = before.map_or(UnixTime::from_seconds(0), |before| before.time);
    let restored = Restored { height: tip.height.number(), time };
    let change = || -> Result<(), StorageFailure> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        store::note_restored(&connection, restored)?;
        store::change_over(&connection, tip)?;
        Ok(connection.execute_batch("COMMIT")?)
    };
    change()?;
    store::settle(&connection);
    Ok(())
}

impl Guardian {
    /// The chain, if the vault believes it and its own clock.
    pub(crate) fn believed_chain(&self, now: UnixTime) -> Result<SeenChain, Disbelief> {
        if self.clock.jump().is_some() {
            return Err(Disbelief::Distrusted(RefusalReason::Clock));
        }
        let seen = self.look_at_chain(now);
        let trouble = seen.as_ref().err().map(Disbelief::reason);
        self.chain_memory.lock().last = Some((self.clock.steady(), trouble));
        seen
    }

    /// The same for a message: why it is refused.
    pub(crate) fn chain_for(&self, now: UnixTime) -> Result<SeenChain, RefusalReason> {
        self.believed_chain(now).map_err(|disbelief| disbelief.reason())
    }

    /// The chain, if the vault believes it, whatever its clock does.
    pub(crate) fn look_at_chain(&self, now: UnixTime) -> Result<SeenChain, Disbelief> {
        // Read first: others may act on newer blocks while this thread waits for its answers.
        let acted = self.chain_memory.lock().acted;
        let tip = self.chain.tip()?;
        if now.seconds().saturating_sub(tip.time.seconds()) > self.settings.tip_age_limit {
            return Err(Disbelief::Distrusted(RefusalReason::ChainStale));
        }
        let seen = SeenChain { tip, settled: self.settled_under(&tip)? };
        if tip.block_height.number() < acted.height {
            return self.doubt(seen, RefusalReason::ChainForkedBack);
        }
        if !self.lies_above(&seen, acted)? {
            return self.doubt(seen, RefusalReason::ChainForked);
        }
        self.chain_memory.lock().doubt = None;
        self.check_burn_height(&seen)?;
        self.check_anchor(&seen, now)?;
        Ok(seen)
    }

    /// The newest block that is settled. Begins to look at the one that was settled before.
    fn settled_under(&self, tip: &ChainTip) -> Result<ChainBlock, ChainError> {
        let known = self.chain_memory.lock().settled;
        let mut last: Option<ChainBlock> = None;
        let found = self.settings.finality.newest_final(tip.block_height, known, |height| {
            let block = self.chain.block(height)?.filter(|block| block.height == height);
            let burn = block.map(|block| block.burn_height);
            last = block.or(last);
            Ok::<_, ChainError>(burn)
        })?;
        // A chain that is too short for it: its first block does not go away.
        let height = found.unwrap_or(BlockHeight::new(0));
        let settled = match last.filter(|block| block.height == height) {
            Some(block) => block,
            None => self.block(height)?,
        };
        self.chain_memory.lock().settled = Some(settled.height);
        Ok(settled)
    }

    /// The block at a height that the chain says it has.
    fn block(&self, height: BlockHeight) -> Result<ChainBlock, ChainError> {
        let missing = || ChainError::Answer {
            message: format!("it has no block at height {}", height.number()),
        };
        let block = self.chain.block(height)?;
        block.filter(|block| block.height == height).ok_or_else(missing)
    }

    /// Whether this chain has the block that the vault acted on, and shows it if it can.
    fn lies_above(&self, seen: &SeenChain, acted: Acted) -> Result<bool, Disbelief> {
        let Some(id) = acted.id else { return Ok(true) };
        if self.chain_memory.lock().checked == Some(seen.settled.id) {
            return Ok(true);
        }
        let there = if seen.settled.height.number() == acted.height {
            seen.settled
        } else {
            self.block(BlockHeight::new(acted.height))?
        };
        let is_same = there.id == id && self.is_shown_above(&there, &seen.settled)?;
        if is_same {
            self.chain_memory.lock().checked = Some(seen.settled.id);
        }
        Ok(is_same)
    }

    /// Whether the chain proves that the settled block was made on top of the one that the vault acted on. A chain that
    /// never proved anything need not.
    fn is_shown_above(&self, acted: &ChainBlock, settled: &ChainBlock) -> Result<bool, Disbelief> {
        if settled.height <= acted.height {
            return Ok(true);
        }
        let proved_before = self.chain_memory.lock().proves;
        match self.chain.descent(acted, settled)? {
            Descent::Shown if proved_before => Ok(true),
            Descent::Shown => {
                let stored = self
                    .writer
                    .commit(|transaction| store::note_that_chain_proves(transaction.connection));
                stored.map_err(Disbelief::Storage)?;
                self.chain_memory.lock().proves = true;
                Ok(true)
            }
            Descent::NotShown => Ok(!proved_before),
            Descent::Denied => Ok(false),
        }
    }

    /// Refuses a chain that is another than the one that the vault acted on, until it has stood for a while.
    fn doubt(&self, seen: SeenChain, reason: RefusalReason) -> Result<SeenChain, Disbelief> {
        let (now, doubt) = (self.clock.steady(), self.chain_memory.lock().doubt);
        let known = match doubt {
            Some(doubt) => {
                let there = self.chain.block(doubt.witness.height)?;
                Some(doubt).filter(|doubt| there.is_some_and(|there| there == doubt.witness))
            }
            None => None,
        };
        let Some(Doubt { since, .. }) = known else {
            self.chain_memory.lock().doubt = Some(Doubt { witness: seen.settled, since: now });
            return Err(Disbelief::Distrusted(reason));
        };
        if now.saturating_sub(since) < SETTLING_TIME {
            return Err(Disbelief::Distrusted(reason));
        }
        self.change_over(seen).map_err(Disbelief::Storage)?;
        Ok(seen)
    }

    /// Goes over to another chain. The vault can't know which of its entries were used: those up to now no longer count.
    fn change_over(&self, seen: SeenChain) -> Result<(), StorageFailure> {
        let before = self.restored().map_or(UnixTime::from_seconds(0), |before| before.time);
        let restored = Restored { height: seen.tip.block_height.number(), time: before };
        let settled = seen.settled;
        self.writer.commit(move |transaction| {
            store::note_restored(transaction.connection, restored)?;
            store::change_over(transaction.connection, &settled)
        })?;
        self.set_restored(restored);
        let mut memory = self.chain_memory.lock();
        memory.acted = Acted::on(&settled);
        memory.checked = Some(settled.id);
        // Whether this one gives proofs shows when it is next asked.
        memory.proves = false;
        memory.doubt = None;
        Ok(())
    }

    /// Refuses a burn height that rose faster than time and stands in no block, until it has stood for a while.
    fn check_burn_height(&self, seen: &SeenChain) -> Result<(), Disbelief> {
        let (burn, now) = (seen.tip.burn_height, self.clock.steady());
        let jumped = Err(Disbelief::Distrusted(RefusalReason::ChainJumped));
        if burn < seen.settled.burn_height {
            return jumped;
        }
        let mut memory = self.chain_memory.lock();
        let stands_in_block = burn.since(seen.settled.burn_height) <= BURN_BURST;
        let is_plausible = memory.burn.is_none_or(|(before, at)| {
            let passed = now.saturating_sub(at) / FASTEST_BURN_BLOCK;
            burn.since(before) <= BURN_BURST.saturating_add(passed)
        });
        if !stands_in_block && !is_plausible {
            let since = *memory.burn_ahead_since.get_or_insert(now);
            if now.saturating_sub(since) < SETTLING_TIME {
                return jumped;
            }
        }
        memory.burn_ahead_since = None;
        memory.burn = Some((burn, now));
        Ok(())
    }

    /// Compares the log with what was anchored of it, once. If lines are missing, somebody put an older state of this
    /// vault back: it goes on as after a restoration. A log that can't be read says nothing: the vault waits.
    fn check_anchor(&self, seen: &SeenChain, now: UnixTime) -> Result<(), Disbelief> {
        if self.chain_memory.lock().log_was_cut.is_some() {
            return Ok(());
        }
        let anchored = self.chain.anchored_log(&self.settings.vault.into())?;
        let was_cut = match anchored {
            None => false,
            Some(anchored) if anchored.count > self.writer.tip().count => true,
            Some(anchored) => {
                let head =
                    self.reading.ask(|connection| store::head_before(connection, anchored.count));
                match head {
                    Ok(head) => head.0.0 != anchored.head,
                    Err(LogError::Missing { .. }) => true,
                    Err(LogError::Storage(failure)) => return Err(Disbelief::Storage(failure)),
                    Err(LogError::Altered { .. }) => {
                        return Err(Disbelief::Storage(StorageFailure::Damaged { what: "a line" }));
                    }
                }
            }
        };
        if was_cut {
            let restored = Restored { height: seen.tip.block_height.number(), time: now };
            self.writer
                .commit(move |transaction| store::note_restored(transaction.connection, restored))
                .map_err(Disbelief::Storage)?;
            self.set_restored(restored);
        }
        self.chain_memory.lock().log_was_cut = Some(was_cut);
        Ok(())
    }

    /// A record as the settled block has it. `now` is what the tip says.
    pub(crate) fn record_then(
        &self,
        record: RecordId,
        now: Record,
        seen: &SeenChain,
    ) -> Result<Option<Record>, ChainError> {
        if seen.tip_is_settled() {
            return Ok(Some(now));
        }
        self.chain.record_at(record, &seen.settled)
    }

    /// Whether the account is the record's patient in the settled block as well. The caller has asked the tip.
    pub(crate) fn was_patient(
        &self,
        record: RecordId,
        account: &Principal,
        seen: &SeenChain,
    ) -> Result<bool, ChainError> {
        if seen.tip_is_settled() {
            return Ok(true);
        }
        let then = self.chain.record_at(record, &seen.settled)?;
        Ok(then.is_some_and(|then| then.patient == *account))
    }

    /// The grants of a user in the settled block; `None` if there is no such record there.
    pub(crate) fn settled_grants(
        &self,
        record: RecordId,
        user: &Principal,
        seen: &SeenChain,
    ) -> Result<Option<GrantsHeld>, ChainError> {
        let Some(then) = self.chain.record_at(record, &seen.settled)? else { return Ok(None) };
        self.chain.grants_at(record, &then.patient, user, &seen.settled).map(Some)
    }

    /// What is wrong with the vault's clock or the chain that it sees: for as long as there is something, the vault
    /// releases and deletes nothing. Asks the chain only if nobody has done so for some seconds.
    pub fn trouble(&self) -> Option<RefusalReason> {
        if self.clock.jump().is_some() {
            return Some(RefusalReason::Clock);
        }
        let last = self.chain_memory.lock().last;
        match last {
            Some((at, trouble)) if self.clock.steady().saturating_sub(at) <= HEALTH_AGE => trouble,
            _ => self.chain_for(self.clock.now()).err(),
        }
    }
}
