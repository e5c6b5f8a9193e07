//! Erasure salts: keeps them by record, version and signer, and gives them to the version's author and patient.
//!
//! A salt comes before its version is on the chain, so the vault can't know yet who the author is. It counts only if the
//! chain names its signer as the author. Until then, a salt can be left by who may write the record's next version, and for
//! a record that is not there yet only by who brought the ciphertext of its first version; and only so many may wait. When
//! the version is on the chain its salt can't be replaced: another salt would make the version unreadable.

use std::sync::atomic::Ordering;

use mrms_core::{BurnHeight, Principal, RecordId, Version};

use super::Guardian;
use super::admission::{Asker, Decision};
use super::chain::{ChainBlock, ChainError};
use super::claims::UploaderKind;
use super::database_writer::WriteTransaction;
use super::error::StorageFailure;
use super::refusal_lines::LoggedMessage as _;
use super::release::is_beyond;
use super::sealing::Sealer;
use super::store::{self, KeySlot, Kind};
use crate::protocol::{
    Hex, LogLine, Refusal, RefusalReason, SaltDeposit, SaltRelease, SaltRequest, Signed, Topic,
    VaultReceipt,
};

/// What the chain said about the version, as far as the transaction needs it.
#[derive(Clone)]
struct Place {
    settled: ChainBlock,
    burn_height: BurnHeight,
    /// Whether the version is on the chain. In a block that is not settled it can go away again.
    is_on_chain: bool,
    /// Whether it is in a settled block.
    is_settled: bool,
    /// The record's patient, or the signer if there is no record yet.
    patient: Principal,
    is_record_there: bool,
    standing: UploaderKind,
}

/// Salts of one account that may wait for their versions.
const MOST_WAITING: u64 = 256;
/// Salts that may wait before the vault takes no more from accounts that it does not know.
const MOST_WITH_STRANGERS: u64 = 16_384;

impl Guardian {
    /// Keeps the erasure salt of a version that the signer is about to write.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `no-record` for a version beyond the next one, and for the first one if the
    /// signer has not brought its ciphertext; the reasons for which an account may not add a version; `too-much-waits`;
    /// `not-author` if the version is
    /// on the chain and somebody else wrote it, `salt-stands` if it is on the chain and has another salt,
    /// `record-erased`, and the refusals that any message can get.
    pub fn deposit_salt(&self, signed: &Signed<SaltDeposit>) -> Result<VaultReceipt, Refusal> {
        let deposit = &signed.message;
        let asker = self.admit(signed, true)?;
        let refuse = |reason| self.refuse(&asker, deposit.refusal_line(), reason);
        let place = self.place_of_salt(deposit, &asker).map_err(refuse)?;
        let settled = place.settled;
        let decided = {
            let (deposit, asker) = (deposit.clone(), asker.clone());
            self.decide(move |transaction| keep(transaction, &deposit, &asker, &place))
        };
        let ((), written) = decided.map_err(refuse)?;
        self.chain_memory.acted_on(&settled);
        self.counters.deposited.fetch_add(1, Ordering::Relaxed);
        self.receipt(written).map_err(refuse)
    }

    fn place_of_salt(&self, deposit: &SaltDeposit, asker: &Asker) -> Result<Place, RefusalReason> {
        let seen = self.chain_for(asker.now)?;
        let down = |_: ChainError| RefusalReason::ChainUnreachable;
        let (id, version) = (deposit.record_id, deposit.version);
        let record = self.chain.record(id).map_err(down)?;
        let is_next = match &record {
            Some(record) => !is_beyond(version, record.version),
            None => version == Version::FIRST,
        };
        if !is_next {
            return Err(RefusalReason::NoRecord);
        }
        let origin = self.chain.version(id, version).map_err(down)?;
        if origin.as_ref().is_some_and(|origin| origin.author != asker.principal) {
            return Err(RefusalReason::NotAuthor);
        }
        let is_settled = match &origin {
            Some(_) if !seen.tip_is_settled() => {
                let then = self.chain.version_at(id, version, &seen.settled).map_err(down)?;
                then.is_some_and(|then| then.author == asker.principal)
            }
            now => now.is_some(),
        };
        let standing = match &record {
            Some(record) if origin.is_none() => {
                self.may_write(id, record, &asker.principal, &seen.tip)?;
                UploaderKind::Known
            }
            Some(_) => UploaderKind::Known,
            None => self.standing_of(&asker.principal)?,
        };
        Ok(Place {
            settled: seen.settled,
            burn_height: seen.tip.burn_height,
            is_on_chain: origin.is_some(),
            is_settled,
            is_record_there: record.is_some(),
            patient: record.map_or_else(|| asker.principal.clone(), |record| record.patient),
            standing,
        })
    }

    /// Gives the erasure salt of a version to its author or the record's patient. The line about it is durable before
    /// this returns.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `no-record`, `not-author`, `not-final`, `no-share` if no salt of the author is kept,
    /// `record-erased`, and the refusals that any message can get.
    pub fn release_salt(&self, signed: &Signed<SaltRequest>) -> Result<SaltRelease, Refusal> {
        let request = &signed.message;
        let asker = self.admit(signed, true)?;
        let refuse = |reason| self.refuse(&asker, request.refusal_line(), reason);
        let (author, settled) = self.author_of(request, &asker).map_err(refuse)?;
        let decided = {
            let (request, asker) = (request.clone(), asker.clone());
            self.decide(move |transaction| give(transaction, &request, &asker, &author, &settled))
        };
        let (salt, written) = decided.map_err(refuse)?;
        self.chain_memory.acted_on(&settled);
        Ok(SaltRelease { salt, receipt: self.receipt(written).map_err(refuse)? })
    }

    /// The version's author, if the signer is the author or the patient; and the block that it stands in, or a later one.
    fn author_of(
        &self,
        request: &SaltRequest,
        asker: &Asker,
    ) -> Result<(Principal, ChainBlock), RefusalReason> {
        let seen = self.chain_for(asker.now)?;
        let down = |_: ChainError| RefusalReason::ChainUnreachable;
        let record = self.chain.record(request.record_id).map_err(down)?;
        let record = record.ok_or(RefusalReason::NoRecord)?;
        let origin = self.chain.version(request.record_id, request.version).map_err(down)?;
        let author = origin.ok_or(RefusalReason::NoRecord)?.author;
        if asker.principal != author && asker.principal != record.patient {
            return Err(RefusalReason::NotAuthor);
        }
        let (id, settled) = (request.record_id, seen.settled);
        if !seen.tip_is_settled() {
            let then = self.chain.version_at(id, request.version, &settled).map_err(down)?;
            let has_author = then.is_some_and(|then| then.author == author);
            let was_named = asker.principal == author
                || self.was_patient(id, &asker.principal, &seen).map_err(down)?;
            if !has_author || !was_named {
                return Err(RefusalReason::NotFinal);
            }
        }
        Ok((author, settled))
    }
}

fn keep(
    transaction: &mut WriteTransaction<'_>,
    deposit: &SaltDeposit,
    asker: &Asker,
    place: &Place,
) -> Result<Decision<()>, StorageFailure> {
    let (connection, record, version) =
        (transaction.connection, deposit.record_id, deposit.version);
    if asker.is_replay(connection)? {
        return Ok(Err(RefusalReason::RequestReplayed));
    }
    if store::is_erased(connection, record)? {
        return Ok(Err(RefusalReason::RecordErased));
    }
    if !place.is_on_chain
        && let Err(reason) = may_wait(transaction, deposit, asker, place)?
    {
        return Ok(Err(reason));
    }
    let found = store::find_key_slot(connection, Kind::Salts, record, &asker.principal)?;
    let key = match &found {
        Some(slot) => transaction.key_slots.read(slot.id)?,
        None => None,
    };
    let (slot, key) = match (found, key) {
        (Some(slot), Some(key)) => (slot, key),
        (Some(_), None) => {
            // The key was left out of a backup and may come back from another one: the slot is kept, and nothing can
            // be added to it.
            return Ok(Err(RefusalReason::NoShare));
        }
        (None, _) => {
            let (id, key) = transaction.make_key()?;
            let slot = KeySlot {
                id,
                kind: Kind::Salts,
                record,
                holder: asker.principal.clone(),
                patient: place.patient.clone(),
                left_at: place.burn_height,
                line: transaction.next_number(),
                seen: [0; 32],
                in_force: false,
            };
            (slot, key)
        }
    };
    let sealer = Sealer { id: slot.id, key: &key };
    let stored = store::salt(connection, slot.id, version)?;
    let same = stored
        .as_ref()
        .is_some_and(|stored| sealer.open_salt(version, &stored.sealed) == Some(deposit.salt));
    let was_settled = stored.as_ref().is_some_and(|stored| stored.on_chain);
    let stands = was_settled || (stored.is_some() && place.is_on_chain);
    if stands && !same {
        return Ok(Err(RefusalReason::SaltStands));
    }
    let slot = KeySlot { left_at: place.burn_height, line: transaction.next_number(), ..slot };
    store::put_key_slot(connection, &slot)?;
    let sealed = sealer.seal_salt(version, &deposit.salt, transaction.rng);
    let on_chain = place.is_settled || was_settled;
    store::put_salt(connection, slot.id, version, place.burn_height, on_chain, &sealed)?;
    asker.remember(connection)?;
    store::act_on(connection, &place.settled)?;
    let line = LogLine { topic: Topic::Salt, ..deposit.refusal_line() };
    Ok(Ok(((), transaction.append(asker.line(line))?)))
}

/// Checks that a salt may wait for its version.
fn may_wait(
    transaction: &WriteTransaction<'_>,
    deposit: &SaltDeposit,
    asker: &Asker,
    place: &Place,
) -> Result<Result<(), RefusalReason>, StorageFailure> {
    let (connection, account) = (transaction.connection, &asker.principal);
    let (record, version) = (deposit.record_id, deposit.version);
    if !place.is_record_there && !store::has_brought(connection, record, version, account)? {
        return Ok(Err(RefusalReason::NoRecord));
    }
    let too_many = store::salts_waiting_of(connection, account)? >= MOST_WAITING
        || (place.standing == UploaderKind::Stranger
            && store::all_salts_waiting(connection)? >= MOST_WITH_STRANGERS);
    Ok(if too_many { Err(RefusalReason::TooMuchWaits) } else { Ok(()) })
}

fn give(
    transaction: &mut WriteTransaction<'_>,
    request: &SaltRequest,
    asker: &Asker,
    author: &Principal,
    settled: &ChainBlock,
) -> Result<Decision<Hex<32>>, StorageFailure> {
    let connection = transaction.connection;
    if asker.is_replay(connection)? {
        return Ok(Err(RefusalReason::RequestReplayed));
    }
    if store::is_erased(connection, request.record_id)? {
        return Ok(Err(RefusalReason::RecordErased));
    }
    let Some(salt) = read(transaction, request.record_id, request.version, author)? else {
        return Ok(Err(RefusalReason::NoShare));
    };
    asker.remember(connection)?;
    store::act_on(connection, settled)?;
    let line = LogLine { topic: Topic::SaltRelease, ..request.refusal_line() };
    Ok(Ok((salt, transaction.append(asker.line(line))?)))
}

/// The salt that the author of a version on the chain left.
pub(crate) fn read(
    transaction: &WriteTransaction<'_>,
    record: RecordId,
    version: Version,
    author: &Principal,
) -> Result<Option<Hex<32>>, StorageFailure> {
    let connection = transaction.connection;
    let Some(slot) = store::find_key_slot(connection, Kind::Salts, record, author)? else {
        return Ok(None);
    };
    let Some(stored) = store::salt(connection, slot.id, version)? else { return Ok(None) };
    let Some(key) = transaction.key_slots.read(slot.id)? else { return Ok(None) };
    store::mark_on_chain(connection, slot.id, version)?;
    Ok(Sealer { id: slot.id, key: &key }.open_salt(version, &stored.sealed))
}
