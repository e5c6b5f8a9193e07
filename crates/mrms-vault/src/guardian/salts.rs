//! Erasure salts: kept by record, version and signer, given to author and patient.
//!
//! A salt comes before its version is on the chain, so that nobody can know yet whose it will be:
//! anyone may leave one, and it counts only where the chain names that signer as the author. Once
//! the version is on the chain its salt stands: another would make the version unreadable.

use std::sync::atomic::Ordering;

use mrms_core::{BurnHeight, Principal, RecordId, Version};

use super::Guardian;
use super::admission::{Asker, Decision};
use super::chain::ChainError;
use super::error::StorageFailure;
use super::release::is_beyond;
use super::sealing::Sealer;
use super::store::{self, Epoch, Kind};
use super::subject::Subject as _;
use super::writer::Page;
use crate::protocol::{
    Hex, LogLine, Reason, Receipt, Refusal, SaltDeposit, SaltRelease, SaltRequest, Signed, Topic,
};

/// What the chain said of the version, as far as the writer needs it.
#[derive(Clone)]
struct Place {
    height: u64,
    burn_height: BurnHeight,
    is_on_chain: bool,
    /// Whose record it is; who left the salt where there is none yet.
    patient: Principal,
}

impl Guardian {
    /// Keeps the erasure salt of a version that its signer is about to write.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `no-record` for a version beyond the next one,
    /// `not-author` where the version is on the chain and another wrote it, `salt-stands` where it
    /// is and has another salt, `record-erased`, and what every message can meet.
    pub fn deposit_salt(&self, signed: &Signed<SaltDeposit>) -> Result<Receipt, Refusal> {
        let deposit = &signed.message;
        let asker = self.admit(signed, true)?;
        let refuse = |reason| self.refuse(&asker, deposit.refused(), reason);
        let place = self.place_of_salt(deposit, &asker).map_err(refuse)?;
        let height = place.height;
        let decided = {
            let (deposit, asker) = (deposit.clone(), asker.clone());
            self.decide(move |page| keep(page, &deposit, &asker, &place))
        };
        let ((), written) = decided.map_err(refuse)?;
        self.acted_on(height);
        self.counters.deposited.fetch_add(1, Ordering::Relaxed);
        self.receipt(written).map_err(refuse)
    }

    fn place_of_salt(&self, deposit: &SaltDeposit, asker: &Asker) -> Result<Place, Reason> {
        let tip = self.believed_tip(asker.now)?;
        let down = |_: ChainError| Reason::ChainUnreachable;
        let (id, version) = (deposit.record_id, deposit.version);
        let record = self.chain.record(id).map_err(down)?;
        let is_next = match &record {
            Some(record) => !is_beyond(version, record.version),
            None => version == Version::FIRST,
        };
        if !is_next {
            return Err(Reason::NoRecord);
        }
        let origin = self.chain.version(id, version).map_err(down)?;
        if origin.as_ref().is_some_and(|origin| origin.author != asker.principal) {
            return Err(Reason::NotAuthor);
        }
        Ok(Place {
            height: tip.block_height.number(),
            burn_height: tip.burn_height,
            is_on_chain: origin.is_some(),
            patient: record.map_or_else(|| asker.principal.clone(), |record| record.patient),
        })
    }

    /// Gives the erasure salt of a version to its author or the record's patient. The line about
    /// it is durable before this returns.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `no-record`, `not-author`, `no-share` where no salt of
    /// the author is kept, `record-erased`, and what every message can meet.
    pub fn release_salt(&self, signed: &Signed<SaltRequest>) -> Result<SaltRelease, Refusal> {
        let request = &signed.message;
        let asker = self.admit(signed, true)?;
        let refuse = |reason| self.refuse(&asker, request.refused(), reason);
        let (author, height) = self.author_of(request, &asker).map_err(refuse)?;
        let decided = {
            let (request, asker) = (request.clone(), asker.clone());
            self.decide(move |page| give(page, &request, &asker, &author, height))
        };
        let (salt, written) = decided.map_err(refuse)?;
        self.acted_on(height);
        Ok(SaltRelease { salt, receipt: self.receipt(written).map_err(refuse)? })
    }

    /// The version's author, where the asker is that or the patient; and the tip's height.
    fn author_of(&self, request: &SaltRequest, asker: &Asker) -> Result<(Principal, u64), Reason> {
        let tip = self.believed_tip(asker.now)?;
        let down = |_: ChainError| Reason::ChainUnreachable;
        let record = self.chain.record(request.record_id).map_err(down)?;
        let record = record.ok_or(Reason::NoRecord)?;
        let origin = self.chain.version(request.record_id, request.version).map_err(down)?;
        let author = origin.ok_or(Reason::NoRecord)?.author;
        if asker.principal != author && asker.principal != record.patient {
            return Err(Reason::NotAuthor);
        }
        Ok((author, tip.block_height.number()))
    }
}

fn keep(
    page: &mut Page<'_>,
    deposit: &SaltDeposit,
    asker: &Asker,
    place: &Place,
) -> Result<Decision<()>, StorageFailure> {
    let (connection, record, version) = (page.connection, deposit.record_id, deposit.version);
    if asker.was_here(connection)? {
        return Ok(Err(Reason::RequestReplayed));
    }
    if store::is_erased(connection, record)? {
        return Ok(Err(Reason::RecordErased));
    }
    let found = store::find_epoch(connection, Kind::Salts, record, &asker.principal)?;
    let key = match &found {
        Some(epoch) => page.epochs.read(epoch.id)?,
        None => None,
    };
    let (epoch, key) = match (found, key) {
        (Some(epoch), Some(key)) => (epoch, key),
        (Some(_), None) => {
            // A key that was left out of a backup may come back from another: nothing is thrown
            // away, and nothing can be added.
            return Ok(Err(Reason::NoShare));
        }
        (None, _) => {
            let (id, key) = page.epochs.make(page.rng)?;
            let epoch = Epoch {
                id,
                kind: Kind::Salts,
                record,
                holder: asker.principal.clone(),
                patient: place.patient.clone(),
                left_at: place.burn_height,
                line: page.next_number(),
                seen: [0; 32],
                in_force: false,
            };
            (epoch, key)
        }
    };
    let sealer = Sealer { id: epoch.id, key: &key };
    let stored = store::salt(connection, epoch.id, version)?;
    let same = stored
        .as_ref()
        .is_some_and(|stored| sealer.open_salt(version, &stored.sealed) == Some(deposit.salt));
    let stands = stored.is_some_and(|stored| stored.on_chain || place.is_on_chain);
    if stands && !same {
        return Ok(Err(Reason::SaltStands));
    }
    let epoch = Epoch { left_at: place.burn_height, line: page.next_number(), ..epoch };
    store::put_epoch(connection, &epoch)?;
    let sealed = sealer.seal_salt(version, &deposit.salt, page.rng);
    let on_chain = place.is_on_chain || stands;
    store::put_salt(connection, epoch.id, version, place.burn_height, on_chain, &sealed)?;
    asker.remember(connection)?;
    store::act_on(connection, place.height)?;
    let line = LogLine { topic: Topic::Salt, ..deposit.refused() };
    Ok(Ok(((), page.append(asker.line(line))?)))
}

fn give(
    page: &mut Page<'_>,
    request: &SaltRequest,
    asker: &Asker,
    author: &Principal,
    height: u64,
) -> Result<Decision<Hex<32>>, StorageFailure> {
    let connection = page.connection;
    if asker.was_here(connection)? {
        return Ok(Err(Reason::RequestReplayed));
    }
    if store::is_erased(connection, request.record_id)? {
        return Ok(Err(Reason::RecordErased));
    }
    let Some(salt) = read(page, request.record_id, request.version, author)? else {
        return Ok(Err(Reason::NoShare));
    };
    asker.remember(connection)?;
    store::act_on(connection, height)?;
    let line = LogLine { topic: Topic::SaltRelease, ..request.refused() };
    Ok(Ok((salt, page.append(asker.line(line))?)))
}

/// The salt that the author of a version left, whose version is on the chain.
pub(crate) fn read(
    page: &Page<'_>,
    record: RecordId,
    version: Version,
    author: &Principal,
) -> Result<Option<Hex<32>>, StorageFailure> {
    let connection = page.connection;
    let Some(epoch) = store::find_epoch(connection, Kind::Salts, record, author)? else {
        return Ok(None);
    };
    let Some(stored) = store::salt(connection, epoch.id, version)? else { return Ok(None) };
    let Some(key) = page.epochs.read(epoch.id)? else { return Ok(None) };
    store::mark_on_chain(connection, epoch.id, version)?;
    Ok(Sealer { id: epoch.id, key: &key }.open_salt(version, &stored.sealed))
}
