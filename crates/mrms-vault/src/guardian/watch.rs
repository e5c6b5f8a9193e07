//! The watcher: deletes shares that no longer have a grant. The server runs it periodically.
//!
//! A sweep asks the chain about every key slot once, in parts of limited size. It deletes what has ended in the settled
//! block ([`finality`](super::finality)): a height that a node derives from its clock ends nothing here. One commit writes
//! what it decides, except for slots that got a deposit meanwhile; then the key files are destroyed.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use mrms_core::{BlockHeight, BurnHeight, Principal, Version};

use super::Guardian;
use super::chain::{ChainBlock, ChainError, GrantsHeld};
use super::database_writer::WriteTransaction;
use super::deposit::{digest_of, forget, forgotten};
use super::error::{StorageFailure, WatchError};
use super::finality::SeenChain;
use super::key_slots::KeySlotId;
use super::rules;
use super::store::{self, KeySlot, Kind};
use crate::protocol::RefusalReason;

/// Slots about which the chain is asked at once.
const ASKED_AT_ONCE: usize = 64;

/// Whether a sweep is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// Every slot was checked since the sweep began. The next call begins a new sweep.
    Complete,
    /// There are more slots. The next call continues.
    More,
}

/// What one part of a sweep did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchReport {
    /// Slots that were checked.
    pub looked: usize,
    /// Slots of readers, and salts, that were deleted.
    pub forgotten: u64,
    /// Key files that were destroyed.
    pub keys_destroyed: usize,
    /// Whether that was all.
    pub sweep: Sweep,
}

/// What happens to shares whose key file is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyless {
    /// They are kept: the folder of keys may just not be mounted.
    Stay,
    /// They are deleted: a backup without keys was restored.
    Go,
}

/// Which blocks the watcher went by: the settled one, and the height of the tip.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    began: Option<(ChainBlock, BlockHeight)>,
    complete: Option<(ChainBlock, BlockHeight)>,
}

/// What the watcher decided about a slot.
enum Finding {
    InForce(KeySlotId),
    Forget(Box<KeySlot>, RefusalReason),
    SaltOnChain(KeySlotId, Version),
    DropSalt(Box<KeySlot>, Version, BurnHeight, RefusalReason),
}

impl Guardian {
    /// Checks up to `limit` slots (at least one), and deletes those whose grant was revoked, has expired, or did not come
    /// in time. Also finishes erasures, destroys key files without a row, and writes the counts of refusals.
    ///
    /// # Errors
    ///
    /// [`WatchError`]. What was decided before the error is done. Nothing is deleted when the chain is out of date or has
    /// gone back.
    pub fn watch(&self, limit: usize) -> Result<WatchReport, WatchError> {
        self.write_due()?;
        self.sweep(limit.max(1), Keyless::Stay)
    }

    /// Checks all slots once.
    pub(crate) fn sweep_all(&self, keyless: Keyless) -> Result<(), WatchError> {
        *self.key_slots.checked() = None;
        while self.sweep(256, keyless)?.sweep == Sweep::More {}
        Ok(())
    }

    fn sweep(&self, limit: usize, keyless: Keyless) -> Result<WatchReport, WatchError> {
        let mut cursor = self.key_slots.checked();
        let mut keys_destroyed = if cursor.is_none() { self.tidy()? } else { 0 };
        let now = self.clock.now();
        let seen = match keyless {
            Keyless::Stay => self.believed_chain(now)?,
            // A vault that is being restored answers nobody yet, and what it deletes depends on no clock.
            Keyless::Go => self.look_at_chain(now)?,
        };

        // Nothing ends without a new block. Salts and deposits that came since then have nothing to wait for yet.
        let place = (seen.settled, seen.tip.block_height);
        if cursor.is_none() && keyless == Keyless::Stay {
            let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
            if swept.complete == Some(place) {
                return Ok(WatchReport {
                    looked: 0,
                    forgotten: 0,
                    keys_destroyed,
                    sweep: Sweep::Complete,
                });
            }
            swept.began = Some(place);
        }
        let key_slots = self.reading.ask(|connection| -> Result<_, StorageFailure> {
            store::key_slots_after(connection, *cursor, limit)
        })?;
        let (mut findings, mut failed, mut looked) = (Vec::new(), None, 0);
        // What was asked before a chain stops answering counts.
        for some in key_slots.chunks(ASKED_AT_ONCE) {
            let found = self.on_chain(some).map_err(WatchError::from).and_then(|on_chain| {
                let each = some.iter().zip(&on_chain);
                each.map(|(slot, on_chain)| self.look_at(slot, on_chain.as_ref(), &seen, keyless))
                    .collect::<Result<Vec<_>, _>>()
            });
            match found {
                Ok(found) => findings.extend(found.into_iter().flatten()),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
            looked += some.len();
            *cursor = some.last().map(|slot| slot.id);
        }
        let (forgotten, to_destroy) = self.act_upon(findings)?;
        keys_destroyed += to_destroy.len();
        self.destroy(to_destroy)?;
        if let Some(error) = failed {
            return Err(error);
        }
        let sweep = if key_slots.len() < limit { Sweep::Complete } else { Sweep::More };
        if sweep == Sweep::Complete {
            *cursor = None;
            let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
            swept.complete = swept.began.take();
        }
        Ok(WatchReport { looked, forgotten, keys_destroyed, sweep })
    }

    /// Finishes erasures, destroys key files without a row where there may be any, and forgets old requests. Returns the
    /// number of keys that were destroyed.
    pub(crate) fn tidy(&self) -> Result<usize, StorageFailure> {
        let clock_is_sound = self.clock.jump().is_none();
        let ids = self.writer.commit(move |transaction| {
            if clock_is_sound {
                store::forget_requests(transaction.connection, transaction.now)?;
            }
            let doomed = store::keys_to_destroy(transaction.connection)?;
            let mut ids: HashSet<_> = doomed.into_iter().collect();
            if !transaction.key_slots.is_tidy() {
                let known = store::all_key_slots(transaction.connection)?;
                let listed = transaction.key_slots.list()?;
                ids.extend(listed.into_iter().filter(|id| !known.contains(id)));
                // What this transaction makes has its rows in it, and is looked for again if it fails.
                transaction.key_slots.set_tidy(true);
            }
            Ok(ids.into_iter().collect::<Vec<_>>())
        })?;
        let count = ids.len();
        self.destroy(ids).inspect_err(|_| self.key_slots.set_tidy(false))?;
        Ok(count)
    }

    /// The grants for the shares in each of these slots; `None` where there is no such record, and for salts.
    fn on_chain(&self, slots: &[KeySlot]) -> Result<Vec<Option<GrantsHeld>>, ChainError> {
        let of_shares = |slot: &&KeySlot| slot.kind == Kind::Shares;
        let ids: Vec<_> = slots.iter().filter(of_shares).map(|slot| slot.record).collect();
        let mut records = self.chain.records(&ids)?.into_iter();
        let patients: Vec<Option<Principal>> = slots
            .iter()
            .map(|slot| Some(slot).filter(of_shares).and_then(|_| Some(records.next()??.patient)))
            .collect();
        let asked = slots.iter().zip(&patients);
        let asked: Vec<_> = asked
            .filter_map(|(slot, patient)| Some((slot.record, patient.as_ref()?, &slot.holder)))
            .collect();
        let mut held = self.chain.grants_of(&asked)?.into_iter();
        Ok(patients.iter().map(|patient| patient.as_ref().and_then(|_| held.next())).collect())
    }

    fn look_at(
        &self,
        slot: &KeySlot,
        on_chain: Option<&GrantsHeld>,
        seen: &SeenChain,
        keyless: Keyless,
    ) -> Result<Vec<Finding>, WatchError> {
        if slot.kind == Kind::Salts {
            return self.look_at_salts(slot, seen);
        }
        if keyless == Keyless::Go && self.key_slots.read(slot.id)?.is_none() {
            return Ok(vec![Finding::Forget(Box::new(slot.clone()), RefusalReason::NoShare)]);
        }
        Ok(self.look_at_shares(slot, on_chain, seen)?.into_iter().collect())
    }

    fn look_at_shares(
        &self,
        slot: &KeySlot,
        on_chain: Option<&GrantsHeld>,
        seen: &SeenChain,
    ) -> Result<Option<Finding>, ChainError> {
        let height = seen.settled.burn_height;
        let forget = |reason| Some(Finding::Forget(Box::new(slot.clone()), reason));
        let waited = height.since(slot.left_at) > self.settings.deposit_wait;
        let never_came = if waited { forget(RefusalReason::GrantNeverCame) } else { None };
        let Some(held) = on_chain else { return Ok(never_came) };
        let ended = ending(slot, held, height);
        if seen.tip_is_settled() {
            return Ok(match ended {
                Ended::InForce if slot.in_force => None,
                Ended::InForce => Some(Finding::InForce(slot.id)),
                Ended::For(reason) => forget(reason),
                Ended::NotYet => never_came,
            });
        }
        // What the tip says can be undone. It counts if the settled block says the same.
        if ended == Ended::InForce && slot.in_force {
            return Ok(None);
        }
        let then = self.settled_grants(slot.record, &slot.holder, seen)?.unwrap_or_default();
        Ok(match (ended, ending(slot, &then, height)) {
            (Ended::InForce, Ended::InForce) => Some(Finding::InForce(slot.id)),
            (Ended::For(reason), Ended::For(_)) => forget(reason),
            (Ended::NotYet, Ended::NotYet) => never_came,
            _ => None,
        })
    }

    fn look_at_salts(&self, slot: &KeySlot, seen: &SeenChain) -> Result<Vec<Finding>, WatchError> {
        let waiting = self.reading.ask(|connection| store::waiting_salts(connection, slot.id))?;
        let (height, settled) = (seen.settled.burn_height, &seen.settled);
        let mut findings = Vec::new();
        for (version, left_at) in waiting {
            let drop = |reason| Finding::DropSalt(Box::new(slot.clone()), version, left_at, reason);
            let now = self.chain.version(slot.record, version)?;
            let then = match &now {
                Some(_) if !seen.tip_is_settled() => {
                    self.chain.version_at(slot.record, version, settled)?
                }
                _ => now.clone(),
            };
            match (now, then) {
                (Some(_), Some(origin)) if origin.author == slot.holder => {
                    findings.push(Finding::SaltOnChain(slot.id, version));
                }
                (Some(now), Some(then)) if now.author == then.author => {
                    findings.push(drop(RefusalReason::NotAuthor));
                }
                (None, _) if height.since(left_at) > self.settings.deposit_wait => {
                    findings.push(drop(RefusalReason::GrantNeverCame));
                }
                _ => {}
            }
        }
        Ok(findings)
    }

    /// Writes the findings. Returns how much was deleted, and the slots whose keys must be destroyed.
    fn act_upon(&self, findings: Vec<Finding>) -> Result<(u64, Vec<KeySlotId>), StorageFailure> {
        if findings.is_empty() {
            return Ok((0, Vec::new()));
        }
        let done = self.writer.commit(move |transaction| {
            let (mut forgotten, mut to_destroy) = (0, Vec::new());
            for finding in &findings {
                forgotten += apply(transaction, finding, &mut to_destroy)?;
            }
            Ok((forgotten, to_destroy))
        })?;
        self.counters.forgotten.fetch_add(done.0, Ordering::Relaxed);
        Ok(done)
    }
}

/// How it stands with the grants that a slot's shares were left for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// One is in force.
    InForce,
    /// One was in force and ended, or came and ended unseen.
    For(RefusalReason),
    /// None has come yet.
    NotYet,
}

fn ending(slot: &KeySlot, held: &GrantsHeld, height: BurnHeight) -> Ended {
    match rules::is_in_force(slot.record, held, height) {
        Ok(()) => Ended::InForce,
        Err(reason) if slot.in_force || digest_of(held) != slot.seen => Ended::For(reason),
        Err(_) => Ended::NotYet,
    }
}

/// Writes one finding. Returns how much was deleted: 0 if the slot got a deposit since it was checked.
fn apply(
    transaction: &mut WriteTransaction<'_>,
    finding: &Finding,
    to_destroy: &mut Vec<KeySlotId>,
) -> Result<u64, StorageFailure> {
    let connection = transaction.connection;
    match finding {
        Finding::InForce(id) => store::mark_in_force(connection, *id).map(|()| 0),
        Finding::SaltOnChain(id, version) => {
            store::mark_on_chain(connection, *id, *version).map(|()| 0)
        }
        Finding::Forget(slot, reason) => {
            let now = store::find_key_slot(connection, slot.kind, slot.record, &slot.holder)?;
            if now.as_ref() != Some(&**slot) {
                return Ok(0);
            }
            forget(transaction, slot, *reason)?;
            to_destroy.push(slot.id);
            Ok(1)
        }
        Finding::DropSalt(slot, version, left_at, reason) => {
            if !store::drop_waiting_salt(connection, slot.id, *version, *left_at)? {
                return Ok(0);
            }
            let mut line = forgotten(slot, slot.holder.clone(), *reason, 1);
            line.version = version.number();
            transaction.append(line)?;
            if !store::has_salts(connection, slot.id)? {
                store::delete_slot(connection, slot.id)?;
                to_destroy.push(slot.id);
            }
            Ok(1)
        }
    }
}
