//! Deposits: keeps shares for a reader, as the patient asked, or a delegate of theirs who may share. The line about it
//! names who did, as its actor.
//!
//! A deposit may come before its grant. Shares of an earlier grant that has closed are deleted first: what the vault
//! has seen closed is not released under a later grant.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use mrms_core::{BurnHeight, Grant, Principal, StandingGrant};
use mrms_crypto::at_rest::SlotKey;
use sha2::{Digest, Sha256};

use super::Guardian;
use super::admission::{Asker, Decision};
use super::chain::{ChainBlock, ChainError, Delegation, GrantsHeld, Record};
use super::database_writer::{WriteTransaction, WrittenLine};
use super::error::StorageFailure;
use super::finality::SeenChain;
use super::key_slots::KeySlotId;
use super::refusal_lines::{LoggedMessage as _, blank};
use super::release::is_beyond;
use super::rules;
use super::sealing::Sealer;
use super::store::{self, KeySlot, Kind};
use crate::protocol::{Deposit, LogLine, Refusal, RefusalReason, Signed, Topic, VaultReceipt};

/// What the chain said about the reader, as far as the transaction needs it.
#[derive(Clone)]
pub(crate) struct ReaderOnChain {
    /// The record's patient, who asked, or for whom a delegate did.
    patient: Principal,
    pub(crate) settled: ChainBlock,
    burn_height: BurnHeight,
    seen: [u8; 32],
    /// Why no grant is in force at the settled block's height; `None` if one is.
    closed: Option<RefusalReason>,
    /// The same as the settled block has it, where that is not the tip.
    then: Then,
}

impl ReaderOnChain {
    /// Why the grant of the shares in a slot has closed, and whether that is final.
    fn closing(&self, slot: &KeySlot) -> (Option<RefusalReason>, bool) {
        let closed = self.closed.filter(|_| slot.in_force || slot.seen != self.seen);
        let is_settled = match self.then {
            Then::Same => true,
            Then::InForce => false,
            Then::Closed(then) => slot.in_force || slot.seen != then,
        };
        (closed, is_settled)
    }

    /// Whether shares that lie there must be deleted first, and that is not final yet.
    pub(crate) fn must_wait(
        &self,
        transaction: &WriteTransaction<'_>,
        deposit: &Deposit,
    ) -> Result<bool, StorageFailure> {
        let (connection, record) = (transaction.connection, deposit.record_id);
        let found = store::find_key_slot(connection, Kind::Shares, record, &deposit.reader)?;
        let Some(slot) = found else { return Ok(false) };
        let (closed, is_settled) = self.closing(&slot);
        Ok(closed.is_some() && !is_settled && transaction.key_slots.read(slot.id)?.is_some())
    }
}

/// The reader's grants in the settled block.
#[derive(Clone, Copy)]
enum Then {
    /// As at the tip.
    Same,
    /// A grant is in force there.
    InForce,
    /// None is, and this is the digest of those that there are.
    Closed([u8; 32]),
}

impl Guardian {
    /// Keeps shares for a reader of a record. Replaces shares of the same versions.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `no-record` if there is no such record or a version is beyond the next one,
    /// `not-patient`, `record-erased`, and the refusals that any message can get.
    pub fn deposit(&self, signed: &Signed<Deposit>) -> Result<VaultReceipt, Refusal> {
        let deposit = &signed.message;
        let asker = self.admit(signed, deposit.is_sound())?;
        let refuse = |reason| self.refuse(&asker, deposit.refusal_line(), reason);
        let standing =
            self.clear_deposits(std::slice::from_ref(deposit), &asker).map_err(refuse)?;
        // One for each deposit.
        let standing =
            standing.into_iter().next().ok_or_else(|| refuse(RefusalReason::Malformed))?;
        let decided = {
            let (deposit, asker) = (deposit.clone(), asker.clone());
            let standing = standing.clone();
            self.decide(move |transaction| decide(transaction, &deposit, &asker, &standing))
        };
        let (closed, written) = decided.map_err(refuse)?;
        self.chain_memory.acted_on(&standing.settled);
        self.counters.deposited.fetch_add(1, Ordering::Relaxed);
        // The next sweep tries again what fails. The rows are deleted already.
        let _ = self.destroy(closed);
        self.receipt(written).map_err(refuse)
    }

    /// What the chain says of deposits that came together, by one look at it.
    pub(crate) fn clear_deposits(
        &self,
        deposits: &[Deposit],
        asker: &Asker,
    ) -> Result<Vec<ReaderOnChain>, RefusalReason> {
        let seen = self.chain_for(asker.now)?;
        let down = |_: ChainError| RefusalReason::ChainUnreachable;
        let ids: Vec<_> = deposits.iter().map(|deposit| deposit.record_id).collect();
        let records = self.chain.records(&ids).map_err(down)?;
        let mut patients = Vec::with_capacity(deposits.len());
        let mut shares_for: BTreeMap<Principal, bool> = BTreeMap::new();
        for (deposit, record) in deposits.iter().zip(records) {
            let Record { patient, version, .. } = record.ok_or(RefusalReason::NoRecord)?;
            let may_deposit = match shares_for.get(&patient) {
                Some(may_share) => *may_share,
                None => {
                    let may_share = self.may_share_for(&patient, asker, &seen).map_err(down)?;
                    shares_for.insert(patient.clone(), may_share);
                    may_share
                }
            };
            if !may_deposit {
                return Err(RefusalReason::NotPatient);
            }
            if deposit.versions.iter().any(|one| is_beyond(one.version, version)) {
                return Err(RefusalReason::NoRecord);
            }
            patients.push(patient);
        }
        let asked = deposits.iter().zip(&patients);
        let asked: Vec<_> =
            asked.map(|(one, patient)| (one.record_id, patient, &one.reader)).collect();
        let held = self.chain.grants_of(&asked).map_err(down)?;
        let each = deposits.iter().zip(patients).zip(held);
        each.map(|((deposit, patient), held)| self.reader_on_chain(deposit, patient, &held, &seen))
            .collect()
    }

    /// Whether the signer may leave shares of this patient's records.
    pub(crate) fn may_share_for(
        &self,
        patient: &Principal,
        asker: &Asker,
        seen: &SeenChain,
    ) -> Result<bool, ChainError> {
        if *patient == asker.principal {
            return Ok(true);
        }
        let now = seen.tip.burn_height;
        let powers = self.chain.delegated_powers(patient, &asker.principal, now)?;
        Ok(powers.is_some_and(rules::may_share))
    }

    fn reader_on_chain(
        &self,
        deposit: &Deposit,
        patient: Principal,
        held: &GrantsHeld,
        seen: &SeenChain,
    ) -> Result<ReaderOnChain, RefusalReason> {
        let down = |_: ChainError| RefusalReason::ChainUnreachable;
        let height = seen.settled.burn_height;
        let closed = rules::is_in_force(deposit.record_id, held, height).err();
        let then = if seen.tip_is_settled() {
            Then::Same
        } else {
            let then = self.settled_grants(deposit.record_id, &deposit.reader, seen);
            let then = then.map_err(down)?.unwrap_or_default();
            match rules::is_in_force(deposit.record_id, &then, height) {
                Ok(()) => Then::InForce,
                Err(_) => Then::Closed(digest_of(&then)),
            }
        };
        Ok(ReaderOnChain {
            patient,
            settled: seen.settled,
            burn_height: seen.tip.burn_height,
            seen: digest_of(held),
            closed,
            then,
        })
    }
}

/// Digest of the state of a user's grants: two states have different digests.
pub(crate) fn digest_of(held: &GrantsHeld) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut add = |rights: Option<u8>, expiry: Option<BurnHeight>, numbers: [u128; 2]| {
        hasher.update([u8::from(rights.is_some()), rights.unwrap_or(0)]);
        hasher.update([u8::from(expiry.is_some())]);
        hasher.update(expiry.map_or(0, BurnHeight::number).to_be_bytes());
        numbers.iter().for_each(|number| hasher.update(number.to_be_bytes()));
    };
    // Every field by name: a new one does not compile until it is hashed, or left out on purpose.
    let GrantsHeld { grant, standing, delegation } = held;
    if let Some(Grant { rights, expiry, granted_at, from_version, entry: _ }) = grant {
        let from = u128::from(from_version.number());
        add(rights.map(|rights| rights.bits()), *expiry, [granted_at.number(), from]);
    } else {
        add(None, None, [0, 0]);
    }
    if let Some(StandingGrant { rights, expiry, granted_at, entry: _ }) = standing {
        add(rights.map(|rights| rights.bits()), *expiry, [granted_at.number(), 1]);
    }
    // Entries tell two grants of one burn block apart. Digests of releases that have none stay as they were.
    let entries = [grant.and_then(|own| own.entry), standing.and_then(|all| all.entry)];
    for (tag, entry) in (1_u8..).zip(entries).filter_map(|(tag, entry)| Some((tag, entry?))) {
        hasher.update([tag]);
        hasher.update(entry.to_be_bytes());
    }
    // The same for those who never were a delegate.
    if let Some(Delegation { powers, expiry, term, ended }) = delegation {
        hasher.update([3, powers.bits(), u8::from(expiry.is_some())]);
        hasher.update(expiry.map_or(0, BurnHeight::number).to_be_bytes());
        hasher.update(term.to_be_bytes());
        hasher.update(ended.to_be_bytes());
    }
    hasher.finalize().into()
}

/// The last checks, rows and line, in one transaction. Returns the slots whose keys must be destroyed after it.
fn decide(
    transaction: &mut WriteTransaction<'_>,
    deposit: &Deposit,
    asker: &Asker,
    standing: &ReaderOnChain,
) -> Result<Decision<Vec<KeySlotId>>, StorageFailure> {
    let (connection, record) = (transaction.connection, deposit.record_id);
    if asker.is_replay(connection)? {
        return Ok(Err(RefusalReason::RequestReplayed));
    }
    if store::is_erased(connection, record)? {
        return Ok(Err(RefusalReason::RecordErased));
    }
    let mut to_destroy = Vec::new();
    let written = keep_shares(transaction, deposit, asker, standing, &mut to_destroy)?;
    let Some(written) = written else { return Ok(Err(RefusalReason::NotFinal)) };
    asker.remember(connection)?;
    Ok(Ok((to_destroy, written)))
}

/// Keeps the shares of one deposit, with a line about it. `None`, and nothing is written, if former shares must be deleted
/// first, and that is not final yet.
pub(crate) fn keep_shares(
    transaction: &mut WriteTransaction<'_>,
    deposit: &Deposit,
    asker: &Asker,
    standing: &ReaderOnChain,
    to_destroy: &mut Vec<KeySlotId>,
) -> Result<Option<WrittenLine>, StorageFailure> {
    let connection = transaction.connection;
    let slot = slot_of_reader(transaction, deposit, standing, to_destroy)?;
    let Some((slot, key)) = slot else { return Ok(None) };
    let slot = KeySlot { line: transaction.next_number(), ..slot };
    store::put_key_slot(connection, &slot)?;
    let (sealer, epoch) = (Sealer { id: slot.id, key: &key }, deposit.epoch);
    let header = sealer.seal_header(epoch, &deposit.pair_header, transaction.rng);
    store::put_header(connection, slot.id, epoch, &header)?;
    let mut has_replaced = false;
    for one in &deposit.versions {
        let sealed =
            sealer.seal_share(epoch, &deposit.deposit_id, deposit.split, one, transaction.rng);
        has_replaced |= store::put_share(connection, slot.id, one.version, epoch, &sealed)?;
    }
    // A further version leaves every header in use.
    if has_replaced {
        store::drop_unused_headers(connection, slot.id)?;
    }
    store::act_on(connection, &standing.settled)?;
    let written = transaction.append(asker.line(LogLine {
        topic: Topic::Deposit,
        count: deposit.versions.len() as u64,
        ..deposit.refusal_line()
    }))?;
    Ok(Some(written))
}

/// The slot for the shares: the one that exists, unless its grant has closed since; else a new one. `None` if its grant
/// has closed in blocks that are not settled yet: its shares can't be deleted now, and must not be released under the next
/// grant.
fn slot_of_reader(
    transaction: &mut WriteTransaction<'_>,
    deposit: &Deposit,
    standing: &ReaderOnChain,
    to_destroy: &mut Vec<KeySlotId>,
) -> Result<Option<(KeySlot, SlotKey)>, StorageFailure> {
    let connection = transaction.connection;
    let found = store::find_key_slot(connection, Kind::Shares, deposit.record_id, &deposit.reader)?;
    let (left_at, seen) = (standing.burn_height, standing.seen);
    let is_open = standing.closed.is_none() && !matches!(standing.then, Then::Closed(_));
    if let Some(slot) = found {
        let (closed, is_settled) = standing.closing(&slot);
        let key = transaction.key_slots.read(slot.id)?;
        match (closed, key) {
            (None, Some(key)) => {
                let in_force = slot.in_force || is_open;
                return Ok(Some((KeySlot { left_at, seen, in_force, ..slot }, key)));
            }
            (Some(_), Some(_)) if !is_settled => return Ok(None),
            (closed, _) => {
                // Without its key the slot is lost. The key may have been left out of a backup.
                forget(transaction, &slot, closed.unwrap_or(RefusalReason::NoShare))?;
                to_destroy.push(slot.id);
            }
        }
    }
    let (id, key) = transaction.make_key()?;
    let slot = KeySlot {
        id,
        kind: Kind::Shares,
        record: deposit.record_id,
        holder: deposit.reader.clone(),
        patient: standing.patient.clone(),
        left_at,
        line: transaction.next_number(),
        seen,
        in_force: is_open,
    };
    Ok(Some((slot, key)))
}

/// Deletes a slot's rows, with a line about it. The caller destroys its key file after the commit.
pub(crate) fn forget(
    transaction: &mut WriteTransaction<'_>,
    slot: &KeySlot,
    reason: RefusalReason,
) -> Result<(), StorageFailure> {
    let deleted = store::delete_slot(transaction.connection, slot.id)?;
    let line = forgotten(slot, slot.holder.clone(), reason, deleted.shares + deleted.salts);
    transaction.append(line).map(|_| ())
}

/// The line about shares or salts that were deleted.
pub(crate) fn forgotten(
    slot: &KeySlot,
    reader: Principal,
    reason: RefusalReason,
    count: u64,
) -> LogLine {
    LogLine {
        reason: Some(reason),
        record_id: Some(slot.record),
        reader: Some(reader),
        count,
        ..blank(Topic::Forget)
    }
}
