//! Releases: gives a share against the entry that opening this version left in the contract's log, once for each entry,
//! while the grant is live. The reason of an emergency stays in the vault's log also where the vault has no share.

use std::sync::atomic::{AtomicBool, Ordering};

use mrms_core::{Action, Principal, Version};

use super::Guardian;
use super::admission::{Asker, Decision, Objection};
use super::chain::ChainError;
use super::database_writer::WriteTransaction;
use super::error::StorageFailure;
use super::finality::SeenChain;
use super::refusal_lines::LoggedMessage as _;
use super::rules;
use super::sealing::{KeptShare, Sealer};
use super::store::{self, Kind};
use crate::protocol::{
    Hex, LogLine, MOST_NOTE, Refusal, RefusalReason, Release, ReleaseRequest, Signed, Topic,
};

/// How old the chain's answers may be when the share is released, in seconds. The database may have been blocked
/// for longer.
const CHAIN_ANSWER_AGE: u64 = 60;

/// What the database gives for a release.
struct Taken {
    epoch: u64,
    kept: KeptShare,
    header: Hex<1152>,
    salt: Option<Hex<32>>,
}

/// What the chain said, as far as the transaction needs it.
#[derive(Clone)]
struct Cleared {
    seen: SeenChain,
    /// Whose shares they are: the reader, or the organisation that the reader is a member of.
    holder: Principal,
    /// The version's author, if there may be a salt of theirs.
    author: Option<Principal>,
    /// Whether it is for an emergency: then the note is its reason.
    is_emergency: bool,
}

impl Guardian {
    /// Releases the share of a version that the signer has opened, against the entry that this opening left in the
    /// contract's log. The line about it is durable before this returns.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: the first check of the design's list that fails. The entry is used only if
    /// this succeeds; the request can't be sent again in either case,
    /// unless its signer is a stranger and this fails.
    pub fn release(&self, signed: &Signed<ReleaseRequest>) -> Result<Release, Refusal> {
        let request = &signed.message;
        let asker = self.admit(signed, request.note.len() <= MOST_NOTE)?;
        let refuse = |reason| self.refuse(&asker, request.refusal_line(), reason);
        let cleared = self.clear_release(request, &asker).map_err(refuse)?;
        let (settled, is_emergency) = (cleared.seen.settled, cleared.is_emergency);
        let decided = {
            let (request, asker) = (request.clone(), asker.clone());
            self.decide(move |transaction| decide(transaction, &request, &asker, &cleared))
        };
        let (taken, written) = decided.map_err(|reason| match reason {
            // The log has it; the entry can be shown again at no cost.
            RefusalReason::NoShare if is_emergency => {
                self.refuse_bounded(&asker, request.refusal_line(), reason)
            }
            reason => refuse(reason),
        })?;
        let Some(taken) = taken else {
            self.counters.refused(RefusalReason::NoShare);
            let receipt = self.receipt(written).ok().map(Box::new);
            return Err(Refusal { reason: RefusalReason::NoShare, receipt });
        };
        self.chain_memory.acted_on(&settled);
        self.counters.released.fetch_add(1, Ordering::Relaxed);
        Ok(Release {
            epoch: taken.epoch,
            deposit_id: taken.kept.deposit_id,
            split: taken.kept.split,
            pair_header: taken.header,
            wrap: taken.kept.wrap,
            share: taken.kept.share,
            salt: taken.salt,
            receipt: self.receipt(written).map_err(refuse)?,
        })
    }

    /// The checks on the chain, in the design's order.
    fn clear_release(
        &self,
        request: &ReleaseRequest,
        asker: &Asker,
    ) -> Result<Cleared, RefusalReason> {
        let seen = self.chain_for(asker.now)?;
        let (chain, record) = (&self.chain, request.record_id);
        let down = |_: ChainError| RefusalReason::ChainUnreachable;
        let entry = chain.entry(record, request.audit_index).map_err(down)?;
        let entry = entry.ok_or(RefusalReason::NoEntry)?;
        rules::is_opening(&entry, &asker.principal, request.version)?;
        let made = chain.transaction(&request.txid, record).map_err(down)?;
        let restored = self.restored().map(|restored| restored.height);
        rules::is_usable(request, &entry, made.as_ref(), &seen, restored, &self.settings)?;

        let may_have_salt = AtomicBool::new(false);
        self.reading.ask(|connection| -> Result<(), Objection> {
            if store::is_used(connection, record, request.audit_index)? {
                return Err(Objection::Refused(RefusalReason::EntryUsed));
            }
            let has_salt = store::has_salt(connection, record, request.version)?;
            may_have_salt.store(has_salt, Ordering::Relaxed);
            Ok(())
        })?;

        let found = chain.record(record).map_err(down)?.ok_or(RefusalReason::NoEntry)?;
        let (holder, now) = (rules::holder_of(&entry).clone(), seen.tip.burn_height);
        if holder != asker.principal
            && !chain.is_member(&holder, &asker.principal, now).map_err(down)?
        {
            return Err(RefusalReason::NotMember);
        }
        let held = chain.grants(record, &found.patient, &holder).map_err(down)?;
        let mut declared = None;
        let mut is_emergency = entry.action == Action::EmergencyRead;
        let opening = || {
            is_emergency = true;
            declared = chain.emergency_opening(record, &holder)?;
            Ok(declared)
        };
        // What an organisation may see for others as a delegate, its members don't: they open by grants.
        let as_delegate = entry.action == Action::Access
            && holder == asker.principal
            && rules::may_see(&held, now);
        if !as_delegate {
            rules::may_open(record, request.version, &held, now, opening).map_err(down)??;
        }
        if is_emergency {
            if declared.is_none() {
                declared = chain.emergency_opening(record, &holder).map_err(down)?;
            }
            rules::has_reason(&request.note, declared.as_ref())?;
        }
        let author = if may_have_salt.into_inner() {
            chain.version(record, request.version).map_err(down)?.map(|origin| origin.author)
        } else {
            None
        };
        Ok(Cleared { seen, holder, author, is_emergency })
    }
}

/// The last checks and the line, in one database transaction. Nothing is taken where there is no share, and the line has the
/// reason of the emergency for which it was asked.
fn decide(
    transaction: &mut WriteTransaction<'_>,
    request: &ReleaseRequest,
    asker: &Asker,
    cleared: &Cleared,
) -> Result<Decision<Option<Taken>>, StorageFailure> {
    let (connection, record) = (transaction.connection, request.record_id);
    if asker.is_replay(connection)? {
        return Ok(Err(RefusalReason::RequestReplayed));
    }
    if transaction.now.seconds().saturating_sub(asker.now.seconds()) > CHAIN_ANSWER_AGE {
        return Ok(Err(RefusalReason::ChainStale));
    }
    if store::is_used(connection, record, request.audit_index)? {
        return Ok(Err(RefusalReason::EntryUsed));
    }
    if store::is_erased(connection, record)? {
        return Ok(Err(RefusalReason::RecordErased));
    }
    let line = LogLine {
        reader: Some(cleared.holder.clone()),
        note: request.note.clone(),
        ..request.refusal_line()
    };
    let Some(taken) = take(transaction, request, cleared)? else {
        // The patient is to read why somebody declared an emergency, whoever lacks a key for it. Once for each entry.
        if !cleared.is_emergency || store::is_reason_told(connection, record, request.audit_index)?
        {
            return Ok(Err(RefusalReason::NoShare));
        }
        asker.remember(connection)?;
        let line = LogLine { reason: Some(RefusalReason::NoShare), ..line };
        let written = transaction.append(asker.line(line))?;
        store::tell_reason(connection, record, request.audit_index, written.line.number)?;
        return Ok(Ok((None, written)));
    };
    asker.remember(connection)?;
    store::act_on(connection, &cleared.seen.settled)?;
    let written = transaction.append(asker.line(LogLine { topic: Topic::Release, ..line }))?;
    store::use_entry(connection, record, request.audit_index, written.line.number)?;
    Ok(Ok((Some(taken), written)))
}

/// The share, if there is one and its key was not destroyed.
fn take(
    transaction: &WriteTransaction<'_>,
    request: &ReleaseRequest,
    cleared: &Cleared,
) -> Result<Option<Taken>, StorageFailure> {
    let (connection, record) = (transaction.connection, request.record_id);
    let Some(slot) = store::find_key_slot(connection, Kind::Shares, record, &cleared.holder)?
    else {
        return Ok(None);
    };
    let Some(stored) = store::share(connection, slot.id, request.version)? else {
        return Ok(None);
    };
    let Some(key) = transaction.key_slots.read(slot.id)? else { return Ok(None) };
    let sealer = Sealer { id: slot.id, key: &key };
    let kept = sealer.open_share(request.version, stored.epoch, &stored.share);
    let header = sealer.open_header(stored.epoch, &stored.header);
    let (Some(kept), Some(header)) = (kept, header) else { return Ok(None) };
    store::mark_in_force(connection, slot.id)?;
    let salt = match &cleared.author {
        Some(author) => read_salt(transaction, request, author)?,
        None => None,
    };
    Ok(Some(Taken { epoch: stored.epoch, kept, header, salt }))
}

fn read_salt(
    transaction: &WriteTransaction<'_>,
    request: &ReleaseRequest,
    author: &Principal,
) -> Result<Option<Hex<32>>, StorageFailure> {
    super::salts::read(transaction, request.record_id, request.version, author)
}

/// Whether no deposit can name this version: shares are for versions up to the next one.
pub(crate) fn is_beyond(version: Version, latest: Version) -> bool {
    version > latest.next()
}
