//! Releasing a share: against an entry of that very opening, once, while the grant is live.

use std::sync::atomic::{AtomicBool, Ordering};

use mrms_core::{Principal, Version};

use super::Guardian;
use super::admission::{Asker, Decision, Objection};
use super::chain::{ChainError, ChainTip};
use super::error::StorageFailure;
use super::rules;
use super::sealing::{KeptShare, Sealer};
use super::store::{self, Kind};
use super::subject::Subject as _;
use super::writer::Page;
use crate::protocol::{
    Hex, LogLine, MOST_NOTE, Reason, Refusal, Release, ReleaseRequest, Signed, Topic,
};

/// Seconds that what the chain said may be old when the share leaves: a writer that is held up for
/// longer has outlived it.
const CHAIN_ANSWER_AGE: u64 = 60;

/// What is taken out of the database for a release.
struct Taken {
    pair: u64,
    kept: KeptShare,
    header: Hex<1152>,
    salt: Option<Hex<32>>,
}

/// What the chain said, as far as the writer needs it.
#[derive(Clone)]
struct Cleared {
    tip: ChainTip,
    /// The version's author, where there may be a salt of theirs.
    author: Option<Principal>,
}

impl Guardian {
    /// Releases the share of a version that its signer has opened, against the entry that this
    /// opening left in the contract's log. The line about it is durable before this returns.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: the first check of the design's list that does not
    /// hold. The entry is used only when this succeeds; the request is spent in either case.
    pub fn release(&self, signed: &Signed<ReleaseRequest>) -> Result<Release, Refusal> {
        let request = &signed.message;
        let asker = self.admit(signed, request.note.len() <= MOST_NOTE)?;
        let refuse = |reason| self.refuse(&asker, request.refused(), reason);
        let cleared = self.clear_release(request, &asker).map_err(refuse)?;
        let height = cleared.tip.block_height.number();
        let decided = {
            let (request, asker) = (request.clone(), asker.clone());
            self.decide(move |page| decide(page, &request, &asker, &cleared))
        };
        let (taken, written) = decided.map_err(refuse)?;
        self.acted_on(height);
        self.counters.released.fetch_add(1, Ordering::Relaxed);
        Ok(Release {
            epoch: taken.pair,
            deposit_id: taken.kept.deposit_id,
            split: taken.kept.split,
            pair_header: taken.header,
            wrap: taken.kept.wrap,
            share: taken.kept.share,
            salt: taken.salt,
            receipt: self.receipt(written).map_err(refuse)?,
        })
    }

    /// Everything that the chain must say, in the design's order.
    fn clear_release(&self, request: &ReleaseRequest, asker: &Asker) -> Result<Cleared, Reason> {
        let tip = self.believed_tip(asker.now)?;
        let (chain, record) = (&self.chain, request.record_id);
        let down = |_: ChainError| Reason::ChainUnreachable;
        let entry = chain.entry(record, request.audit_index).map_err(down)?;
        let entry = entry.ok_or(Reason::NoEntry)?;
        rules::is_opening(&entry, &asker.principal, request.version)?;
        let made = chain.transaction(&request.txid, record).map_err(down)?;
        let restored = self.restored.map(|restored| restored.height);
        rules::is_usable(request, &entry, made.as_ref(), &tip, restored, &self.settings)?;

        let may_have_salt = AtomicBool::new(false);
        self.reading.ask(|connection| -> Result<(), Objection> {
            if store::is_used(connection, record, request.audit_index)? {
                return Err(Objection::Refused(Reason::EntryUsed));
            }
            let has_salt = store::has_salt(connection, record, request.version)?;
            may_have_salt.store(has_salt, Ordering::Relaxed);
            Ok(())
        })?;

        let found = chain.record(record).map_err(down)?.ok_or(Reason::NoEntry)?;
        let held = chain.grants(record, &found.patient, &asker.principal).map_err(down)?;
        let opening = || chain.emergency_opening(record, &asker.principal);
        rules::may_open(record, request.version, &held, tip.burn_height, opening)
            .map_err(down)??;
        let author = if may_have_salt.into_inner() {
            chain.version(record, request.version).map_err(down)?.map(|origin| origin.author)
        } else {
            None
        };
        Ok(Cleared { tip, author })
    }
}

/// The last checks and the line, in one database transaction.
fn decide(
    page: &mut Page<'_>,
    request: &ReleaseRequest,
    asker: &Asker,
    cleared: &Cleared,
) -> Result<Decision<Taken>, StorageFailure> {
    let (connection, record) = (page.connection, request.record_id);
    if asker.was_here(connection)? {
        return Ok(Err(Reason::RequestReplayed));
    }
    if page.now.seconds().saturating_sub(asker.now.seconds()) > CHAIN_ANSWER_AGE {
        return Ok(Err(Reason::ChainStale));
    }
    if store::is_used(connection, record, request.audit_index)? {
        return Ok(Err(Reason::EntryUsed));
    }
    if store::is_erased(connection, record)? {
        return Ok(Err(Reason::RecordErased));
    }
    let Some(taken) = take(page, request, asker, cleared)? else {
        return Ok(Err(Reason::NoShare));
    };
    asker.remember(connection)?;
    store::act_on(connection, cleared.tip.block_height.number())?;
    let written = page.append(asker.line(LogLine {
        topic: Topic::Release,
        reader: Some(asker.principal.clone()),
        note: request.note.clone(),
        ..request.refused()
    }))?;
    store::use_entry(connection, record, request.audit_index, written.line.number)?;
    Ok(Ok((taken, written)))
}

/// The share, where there is one and its key was not erased.
fn take(
    page: &Page<'_>,
    request: &ReleaseRequest,
    asker: &Asker,
    cleared: &Cleared,
) -> Result<Option<Taken>, StorageFailure> {
    let (connection, record) = (page.connection, request.record_id);
    let Some(epoch) = store::find_epoch(connection, Kind::Shares, record, &asker.principal)? else {
        return Ok(None);
    };
    let Some(stored) = store::share(connection, epoch.id, request.version)? else {
        return Ok(None);
    };
    let Some(key) = page.epochs.read(epoch.id)? else { return Ok(None) };
    let sealer = Sealer { id: epoch.id, key: &key };
    let kept = sealer.open_share(request.version, stored.pair, &stored.share);
    let header = sealer.open_header(stored.pair, &stored.header);
    let (Some(kept), Some(header)) = (kept, header) else { return Ok(None) };
    store::mark_in_force(connection, epoch.id)?;
    let salt = match &cleared.author {
        Some(author) => read_salt(page, request, author)?,
        None => None,
    };
    Ok(Some(Taken { pair: stored.pair, kept, header, salt }))
}

fn read_salt(
    page: &Page<'_>,
    request: &ReleaseRequest,
    author: &Principal,
) -> Result<Option<Hex<32>>, StorageFailure> {
    super::salts::read(page, request.record_id, request.version, author)
}

/// A version that no deposit can name: shares are for the versions up to the next one.
pub(crate) fn is_beyond(version: Version, latest: Version) -> bool {
    version > latest.next()
}
