//! Keeping shares for a reader, at the patient's word.
//!
//! A deposit may come before its grant. What lies here from an earlier grant that has closed goes
//! first: what the vault has seen closed does not come back to life with the next grant.

use std::sync::atomic::Ordering;

use mrms_core::{BurnHeight, Grant, Principal, StandingGrant};
use mrms_crypto::at_rest::EpochKey;
use sha2::{Digest, Sha256};

use super::Guardian;
use super::admission::{Asker, Decision};
use super::chain::{ChainError, GrantsHeld};
use super::epochs::EpochId;
use super::error::StorageFailure;
use super::release::is_beyond;
use super::rules;
use super::sealing::Sealer;
use super::store::{self, Epoch, Kind};
use super::subject::{Subject as _, blank};
use super::writer::Page;
use crate::protocol::{Deposit, LogLine, Reason, Receipt, Refusal, Signed, Topic};

/// What the chain said of the reader, as far as the writer needs it.
#[derive(Clone, Copy)]
struct Standing {
    height: u64,
    burn_height: BurnHeight,
    seen: [u8; 32],
    /// Why no grant is in force; none where one is.
    closed: Option<Reason>,
}

impl Guardian {
    /// Keeps shares for a reader of a record, in place of those of the same versions.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `no-record` where the record is not there or a version
    /// is beyond the next one, `not-patient`, `record-erased`, and what every message can meet.
    pub fn deposit(&self, signed: &Signed<Deposit>) -> Result<Receipt, Refusal> {
        let deposit = &signed.message;
        let asker = self.admit(signed, deposit.is_sound())?;
        let refuse = |reason| self.refuse(&asker, deposit.refused(), reason);
        let standing = self.clear_deposit(deposit, &asker).map_err(refuse)?;
        let decided = {
            let (deposit, asker) = (deposit.clone(), asker.clone());
            self.decide(move |page| decide(page, &deposit, &asker, standing))
        };
        let (closed, written) = decided.map_err(refuse)?;
        self.acted_on(standing.height);
        self.counters.deposited.fetch_add(1, Ordering::Relaxed);
        // The sweep takes up what does not succeed; the rows have gone.
        let _ = self.destroy(closed);
        self.receipt(written).map_err(refuse)
    }

    fn clear_deposit(&self, deposit: &Deposit, asker: &Asker) -> Result<Standing, Reason> {
        let tip = self.believed_tip(asker.now)?;
        let down = |_: ChainError| Reason::ChainUnreachable;
        let record = self.chain.record(deposit.record_id).map_err(down)?;
        let record = record.ok_or(Reason::NoRecord)?;
        if record.patient != asker.principal {
            return Err(Reason::NotPatient);
        }
        if deposit.versions.iter().any(|one| is_beyond(one.version, record.version)) {
            return Err(Reason::NoRecord);
        }
        let held = self.chain.grants(deposit.record_id, &record.patient, &deposit.reader);
        let held = held.map_err(down)?;
        Ok(Standing {
            height: tip.block_height.number(),
            burn_height: tip.burn_height,
            seen: digest_of(&held),
            closed: rules::is_in_force(deposit.record_id, &held, tip.burn_height).err(),
        })
    }
}

/// Tells one state of a user's grants from another.
pub(crate) fn digest_of(held: &GrantsHeld) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut add = |rights: Option<u8>, expiry: Option<BurnHeight>, numbers: [u128; 2]| {
        hasher.update([u8::from(rights.is_some()), rights.unwrap_or(0)]);
        hasher.update([u8::from(expiry.is_some())]);
        hasher.update(expiry.map_or(0, BurnHeight::number).to_be_bytes());
        numbers.iter().for_each(|number| hasher.update(number.to_be_bytes()));
    };
    // Every field by name: a new one does not compile until it is hashed, or left out on purpose.
    let GrantsHeld { grant, standing } = held;
    if let Some(Grant { rights, expiry, granted_at, from_version }) = grant {
        let from = u128::from(from_version.number());
        add(rights.map(|rights| rights.bits()), *expiry, [granted_at.number(), from]);
    } else {
        add(None, None, [0, 0]);
    }
    if let Some(StandingGrant { rights, expiry, granted_at }) = standing {
        add(rights.map(|rights| rights.bits()), *expiry, [granted_at.number(), 1]);
    }
    hasher.finalize().into()
}

/// Gives the keys that are doomed by this, where it is done.
fn decide(
    page: &mut Page<'_>,
    deposit: &Deposit,
    asker: &Asker,
    standing: Standing,
) -> Result<Decision<Vec<EpochId>>, StorageFailure> {
    let (connection, record) = (page.connection, deposit.record_id);
    if asker.was_here(connection)? {
        return Ok(Err(Reason::RequestReplayed));
    }
    if store::is_erased(connection, record)? {
        return Ok(Err(Reason::RecordErased));
    }
    let mut doomed = Vec::new();
    let (epoch, key) = epoch_of_reader(page, deposit, asker, standing, &mut doomed)?;
    let epoch = Epoch { line: page.next_number(), ..epoch };
    store::put_epoch(connection, &epoch)?;
    let (sealer, pair) = (Sealer { id: epoch.id, key: &key }, deposit.epoch);
    let header = sealer.seal_header(pair, &deposit.pair_header, page.rng);
    store::put_header(connection, epoch.id, pair, &header)?;
    for one in &deposit.versions {
        let sealed = sealer.seal_share(pair, &deposit.deposit_id, deposit.split, one, page.rng);
        store::put_share(connection, epoch.id, one.version, pair, &sealed)?;
    }
    store::drop_unused_headers(connection, epoch.id)?;
    asker.remember(connection)?;
    store::act_on(connection, standing.height)?;
    let written = page.append(asker.line(LogLine {
        topic: Topic::Deposit,
        count: deposit.versions.len() as u64,
        ..deposit.refused()
    }))?;
    Ok(Ok((doomed, written)))
}

/// The epoch that the shares go to: the one that there is, unless its grant has closed since.
fn epoch_of_reader(
    page: &mut Page<'_>,
    deposit: &Deposit,
    asker: &Asker,
    standing: Standing,
    doomed: &mut Vec<EpochId>,
) -> Result<(Epoch, EpochKey), StorageFailure> {
    let connection = page.connection;
    let found = store::find_epoch(connection, Kind::Shares, deposit.record_id, &deposit.reader)?;
    let (left_at, seen) = (standing.burn_height, standing.seen);
    let is_open = standing.closed.is_none();
    if let Some(epoch) = found {
        let closed = standing.closed.filter(|_| epoch.in_force || epoch.seen != seen);
        let key = page.epochs.read(epoch.id)?;
        match (closed, key) {
            (None, Some(key)) => {
                let in_force = epoch.in_force || is_open;
                return Ok((Epoch { left_at, seen, in_force, ..epoch }, key));
            }
            (closed, _) => {
                // Without a key, what lies here is lost: it was left out of a backup, say.
                forget(page, &epoch, closed.unwrap_or(Reason::NoShare))?;
                doomed.push(epoch.id);
            }
        }
    }
    let (id, key) = page.epochs.make(page.rng)?;
    let epoch = Epoch {
        id,
        kind: Kind::Shares,
        record: deposit.record_id,
        holder: deposit.reader.clone(),
        patient: asker.principal.clone(),
        left_at,
        line: page.next_number(),
        seen,
        in_force: is_open,
    };
    Ok((epoch, key))
}

/// Deletes an epoch's rows with a line about it; its key file must go after the commit.
pub(crate) fn forget(
    page: &mut Page<'_>,
    epoch: &Epoch,
    reason: Reason,
) -> Result<(), StorageFailure> {
    let deleted = store::doom(page.connection, epoch.id)?;
    let line = forgotten(epoch, epoch.holder.clone(), reason, deleted.shares + deleted.salts);
    page.append(line).map(|_| ())
}

/// The line about something that was deleted.
pub(crate) fn forgotten(epoch: &Epoch, reader: Principal, reason: Reason, count: u64) -> LogLine {
    LogLine {
        reason: Some(reason),
        record_id: Some(epoch.record),
        reader: Some(reader),
        count,
        ..blank(Topic::Forget)
    }
}
