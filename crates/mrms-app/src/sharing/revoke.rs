//! Takes a grant back.
//!
//! Follows `revoke-record-access`. Tells which versions the user has opened, which they could still
//! open, and which are closed to them. Remembers first that the person ended it: whatever a ledger
//! then says, later versions are not wrapped for the user.

use std::collections::BTreeSet;

use mrms_contract::{Call, ContractError, call, read};
use mrms_core::{Action, Grant, Principal, RecordId, TxId, Version};
use mrms_crypto::RecordRoot;

use crate::ledger::LedgerError;
use crate::profile::granted::{Granted, GrantedMemory};
use crate::profile::granted_all::ReadsAllBy;
use crate::sending::SENT_TOGETHER;
use crate::sending::outcome::{Outcome, SendError, first, refusal_in};
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::delegates::Standing;
use crate::sharing::grant::ShareError;

/// A grant that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The transaction.
    pub txid: TxId,
    /// Versions that the user opened while they could.
    pub opened: Vec<Version>,
    /// Versions that they wrote themselves, and have the key of.
    pub written: Vec<Version>,
    /// Versions whose key is on chain for them: they could open these without an entry.
    pub exposed: Vec<Version>,
    /// Versions that they could have opened with an entry, and did not. These are closed to them
    /// now.
    pub closed: Vec<Version>,
}

/// What became of one record of several.
pub type RevokedOrNot = (RecordId, Result<Revoked, ContractError>);
/// The same of one that was ended by itself.
pub type RevokedOrFailed = (RecordId, Result<Revoked, ShareError>);

/// A call that ends access, to a record or to all of them.
type Step = (Option<RecordId>, Call);
/// The same as an earlier command has begun it.
type Begun = (Option<RecordId>, TxId);

/// What is done with a user's access to all of a patient's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandingAccess {
    /// It ends.
    End,
    /// It is left alone: there is none, or only single records are meant.
    Leave,
}

/// What ending a user's access to several records is called in the outbox.
#[must_use]
pub fn stopping(user: &Principal) -> String {
    format!("end {user}'s access to several records")
}

/// Whether a block has the transactions, whatever the contract says to them.
pub(super) const fn is_answered<T>(sent: &Result<Outcome<T>, SendError>) -> bool {
    matches!(sent, Ok(Outcome::Done(_)) | Err(SendError::Refused { .. }))
}

/// What a revoke is called in the outbox.
#[must_use]
pub fn revoking(id: RecordId, user: &Principal) -> String {
    format!("revoke {user}'s access to record {id}")
}

impl Session<'_> {
    /// Ends a user's access to one's own record, or to one of a patient whose delegate one is. Later versions are not wrapped for them.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn revoke(
        &self,
        actor: &Actor,
        id: RecordId,
        user: &Principal,
    ) -> Result<Outcome<Revoked>, ShareError> {
        let Some(record) = self.ask(&read::record(id))? else {
            return Err(ShareError::Refused(ContractError::RecordNotFound));
        };
        let granted = self.ask(&read::grant(id, user))?.filter(|grant| grant.rights.is_some());
        // An account of another network was hardly ever let in: then the person means the same key here.
        if granted.is_none()
            && let Err(elsewhere) = self.must_be_of_this_network(user)
            && self.ask(&read::standing_grant(&record.patient, user))?.is_none()
        {
            return Err(elsewhere.into());
        }
        // Who is neither patient nor delegate is refused by the contract, which then tells the attempt. Whose the record is, a
        // node may tell wrongly: what this person gave is ended in their memory all the same.
        let is_theirs = self.remembers_grant(actor, id, user)
            || self.standing_of(&actor.principal(), &record.patient)? != Standing::Neither;
        if self.sending != Sending::DryRun && is_theirs {
            let root = actor.keyring.record_root()?;
            self.want_ends(&root, |memory| memory.want_end(self.contract, id, user));
        }
        let call = call::revoke_record_access(id, user);
        let sent = self.carry_out(actor, &revoking(id, user), vec![call]);
        if is_theirs && is_answered(&sent) {
            self.note_ended(actor, user, &[id], &[]);
        }
        let sent = sent.map_err(|error| self.or_succeeded(&actor.principal(), id, error))?;
        sent.try_map(|receipts| {
            self.revoked(
                id,
                record.version,
                record.audit_count,
                user,
                granted,
                first(&receipts)?.txid,
            )
        })
    }

    /// Whether this profile remembers to have given this, and no block is known to have the end. Where that can't be read, nothing
    /// is known.
    pub fn remembers_grant(&self, actor: &Actor, id: RecordId, user: &Principal) -> bool {
        let root = actor.keyring.record_root().ok();
        let memory = root.and_then(|root| self.profile.granted(&root).ok());
        memory.is_some_and(|memory| memory.of(self.contract, id, user).is_some_and(Granted::stands))
    }

    /// Remembers what is to end. That it can't be written, or that the memory can't be read, keeps nothing from ending.
    pub(crate) fn want_ends(&self, root: &RecordRoot, change: impl FnOnce(&mut GrantedMemory)) {
        let _ = self.profile.change_granted(root, change);
    }

    /// Whether what this person gave is known here. Where it can't be read, what ends is what the ledger shows and what the
    /// person names: faces tell so.
    ///
    /// # Errors
    ///
    /// [`ShareError::Profile`]: why it is not known.
    pub fn must_remember_grants(&self, actor: &Actor) -> Result<(), ShareError> {
        Ok(self.profile.must_have_granted(&actor.keyring.record_root()?)?)
    }

    /// Remembers that blocks have these ends. That it can't be written undoes none of them: they are sent once more at most.
    pub(crate) fn note_ended(
        &self,
        actor: &Actor,
        user: &Principal,
        ids: &[RecordId],
        of_all: &[ReadsAllBy],
    ) {
        let Ok(root) = actor.keyring.record_root() else { return };
        // Something that a node refused may still come behind it.
        if !self.perhaps_given_to(user).is_ok_and(|all| all.is_empty()) {
            return;
        }
        let _ = self.profile.change_granted(&root, |memory| {
            ids.iter().for_each(|id| memory.end(self.contract, *id, user));
            of_all.iter().for_each(|by| memory.end_of_all(self.contract, user, *by));
        });
    }

    /// Ends the same one after the other, where they could not be ended together: a node may take one transaction and not
    /// another. What fails keeps nothing else from ending. What became of each, and of access to all records.
    pub fn revoke_each(
        &self,
        actor: &Actor,
        ids: &[RecordId],
        user: &Principal,
        standing: StandingAccess,
    ) -> (Vec<RevokedOrFailed>, Result<(), ShareError>) {
        let all = match standing {
            StandingAccess::End => self.end_standing(actor, user).map(drop),
            StandingAccess::Leave => Ok(()),
        };
        // Access to all records that only this person remembered.
        let all = match all {
            Err(error) if error.refusal() == Some(ContractError::NoSuchGrant) => Ok(()),
            ended => ended,
        };
        let each = ids.iter().filter_map(|id| {
            let ended = self.revoke(actor, *id, user).map(Outcome::done).transpose()?;
            Some((*id, ended))
        });
        (each.collect(), all)
    }

    /// Ends a user's access to several of one's own records, and to all of them with `StandingAccess::End`. The transactions
    /// go out together, so that waiting for a block is done once for many. A refusal of one stops none of the others.
    ///
    /// # Errors
    ///
    /// [`ShareError`]. What was sent before an error stands, and a later command ends the rest.
    pub fn revoke_several(
        &self,
        actor: &Actor,
        ids: &[RecordId],
        user: &Principal,
        standing: StandingAccess,
    ) -> Result<Outcome<Vec<RevokedOrNot>>, ShareError> {
        let me = actor.principal();
        let root = actor.keyring.record_root()?;
        // Where it can't be read, the ledger alone is gone by.
        let memory = self.profile.granted(&root).unwrap_or_default();
        // An end that was sent is not sent again where the ledger shows it.
        let is_remembered = |id: RecordId, shows_end: bool| {
            let known = memory.of(self.contract, id, user);
            let shows_end = shows_end && self.ledger.shows_ends_truly();
            known.is_some_and(|known| known.rights().is_some() || known.stands() && !shows_end)
        };
        let mut ended = Vec::new();
        let (mut before, mut not_sent) = (Vec::new(), Vec::new());
        // What waits may still give what is to be ended.
        let is_settled = self.sending == Sending::Send && !self.may_wait()?;
        for id in ids {
            let Some(record) = self.ask(&read::record(*id))? else {
                ended.push((*id, Err(ContractError::RecordNotFound)));
                continue;
            };
            match self.must_share(&me, &record.patient, None) {
                Ok(()) => {}
                Err(ShareError::Refused(refusal)) => {
                    ended.push((*id, Err(refusal)));
                    continue;
                }
                Err(error) => return Err(error),
            }
            let told = self.ask(&read::grant(*id, user))?;
            let shows_end = told.is_some_and(|grant| grant.rights.is_none());
            let granted = told.filter(|grant| grant.rights.is_some());
            if is_settled
                && granted.is_none()
                && !is_remembered(*id, shows_end)
                && !self.reads_all(&record.patient, user)?
            {
                // The contract would refuse it, for a fee, and the refusal would stand in the log. What this person remembers is
                // ended whatever the ledger shows.
                ended.push((*id, Err(ContractError::NoSuchGrant)));
                not_sent.push(*id);
                continue;
            }
            before.push((*id, record, granted));
        }
        let mut steps: Vec<_> = before
            .iter()
            .map(|(id, ..)| (Some(*id), call::revoke_record_access(*id, user)))
            .collect();
        if standing == StandingAccess::End {
            // First: whatever interrupts the rest, later records stay closed to them.
            steps.insert(0, (None, call::revoke_standing_access(&me, user)));
        }
        if self.sending == Sending::DryRun {
            let calls = steps.into_iter().map(|(_, call)| call).collect();
            let planned = self.carry_out(actor, &stopping(user), calls)?;
            return Ok(planned.map(|_| Vec::new()));
        }
        self.want_ends(&root, |memory| {
            not_sent.iter().for_each(|id| memory.end(self.contract, *id, user));
            before.iter().for_each(|(id, ..)| memory.want_end(self.contract, *id, user));
            if standing == StandingAccess::End {
                memory.want_end_of_all(self.contract, user, ReadsAllBy::Standing);
            }
        });
        let (steps, waiting) = self.without_begun(actor, steps)?;
        for steps in steps.chunks(SENT_TOGETHER) {
            let unsigned = steps.iter().map(|(_, call)| self.transaction(call.clone())).collect();
            let receipts = match self.send(actor, &stopping(user), unsigned)? {
                Outcome::Done(receipts) => receipts,
                Outcome::Planned(plan) => return Ok(Outcome::Planned(plan)),
                Outcome::Signed(signed) => return Ok(Outcome::Signed(signed)),
            };
            let answers = receipts.iter().map(refusal_in).collect::<Result<Vec<_>, _>>()?;
            let sent: Vec<_> = steps.iter().filter_map(|(id, _)| *id).collect();
            let is_all = steps.iter().any(|(id, _)| id.is_none());
            let of_all: &[_] = if is_all { &[ReadsAllBy::Standing] } else { &[] };
            self.note_ended(actor, user, &sent, of_all);
            for ((id, _), (receipt, refusal)) in steps.iter().zip(receipts.iter().zip(answers)) {
                let of_this = id.and_then(|id| before.iter().find(|(other, ..)| *other == id));
                match (of_this, refusal) {
                    (Some((id, ..)), Some(refusal)) => ended.push((*id, Err(refusal))),
                    // Access to all records that only this person remembered.
                    (None, Some(ContractError::NoSuchGrant)) => {}
                    (None, Some(refusal)) => return Err(ShareError::Refused(refusal)),
                    (Some((id, record, granted)), None) => {
                        let (latest, entries) = (record.version, record.audit_count);
                        let revoked =
                            self.revoked(*id, latest, entries, user, *granted, receipt.txid)?;
                        ended.push((*id, Ok(revoked)));
                    }
                    (None, None) => {}
                }
            }
        }
        for (id, txid) in waiting {
            let of_this = id.and_then(|id| before.iter().find(|(other, ..)| *other == id));
            let Some((id, record, granted)) = of_this else { continue };
            // What was sent behind it stands in a block, and yet it may not.
            if self.ask(&read::grant(*id, user))?.is_none_or(|grant| grant.rights.is_some()) {
                return Err(SendError::Kept(LedgerError::Pending { txid }).into());
            }
            self.note_ended(actor, user, &[*id], &[]);
            let (latest, entries) = (record.version, record.audit_count);
            ended.push((*id, Ok(self.revoked(*id, latest, entries, user, *granted, txid)?)));
        }
        ended.sort_by_key(|(id, _)| ids.iter().position(|one| one == id));
        Ok(Outcome::Done(ended))
    }

    /// Whether something that was sent here may wait for its block: what can't be read, too.
    fn may_wait(&self) -> Result<bool, SendError> {
        Ok(!self.unfinished()?.is_empty() || !self.profile.unreadable_operations()?.is_empty())
    }

    /// Whether a user may have access to all of a patient's records.
    fn reads_all(&self, patient: &Principal, user: &Principal) -> Result<bool, AskError> {
        let standing = self.ask(&read::standing_grant(patient, user))?;
        Ok(standing.is_some_and(|standing| standing.rights.is_some()))
    }

    /// The steps that no earlier command has begun; and those that one has, which wait for their blocks. Where all of them
    /// wait they are given as steps, and sending them says so.
    fn without_begun(
        &self,
        actor: &Actor,
        steps: Vec<Step>,
    ) -> Result<(Vec<Step>, Vec<Begun>), ShareError> {
        if self.sending != Sending::Send {
            return Ok((steps, Vec::new()));
        }
        let unsigned: Vec<_> =
            steps.iter().map(|(_, call)| self.transaction(call.clone())).collect();
        let already = self.ended_already(actor, &unsigned)?;
        if already.iter().all(Option::is_some) {
            return Ok((steps, Vec::new()));
        }
        let (mut new, mut begun) = (Vec::new(), Vec::new());
        for (step, txid) in steps.into_iter().zip(already) {
            match txid {
                Some(txid) => begun.push((step.0, txid)),
                None => new.push(step),
            }
        }
        Ok((new, begun))
    }

    /// What a revoke says that an earlier command had begun, and that this one finished with this transaction.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn revoked_before(
        &self,
        actor: &Actor,
        id: RecordId,
        user: &Principal,
        txid: TxId,
    ) -> Result<Revoked, ShareError> {
        self.note_ended(actor, user, &[id], &[]);
        let Some(record) = self.ask(&read::record(id))? else {
            return Err(ShareError::Refused(ContractError::RecordNotFound));
        };
        let granted = self.ask(&read::grant(id, user))?;
        self.revoked(id, record.version, record.audit_count, user, granted, txid)
    }

    fn revoked(
        &self,
        id: RecordId,
        latest: Version,
        entries: u64,
        user: &Principal,
        granted: Option<Grant>,
        txid: TxId,
    ) -> Result<Revoked, ShareError> {
        let versions: Vec<_> = latest.up_to().collect();
        let envelopes: Vec<_> =
            versions.iter().map(|version| read::key_envelope(id, *version, user)).collect();
        let envelopes = versions.iter().zip(self.ask_all(&envelopes)?);
        let exposed: Vec<_> =
            envelopes.filter(|(_, found)| found.is_some()).map(|(version, _)| *version).collect();
        let (opened, written) = self.used_by(id, entries, user)?;
        let mut closed = Vec::new();
        if let Some(granted) = granted {
            closed.extend(latest.up_to().filter(|version| {
                *version >= granted.from_version
                    && !opened.contains(version)
                    && !written.contains(version)
                    && !exposed.contains(version)
            }));
        }
        Ok(Revoked { txid, opened, written, exposed, closed })
    }

    /// The versions that a user has opened so far, and those that they wrote, by the record's log.
    fn used_by(
        &self,
        id: RecordId,
        entries: u64,
        user: &Principal,
    ) -> Result<(Vec<Version>, Vec<Version>), AskError> {
        let (mut opened, mut written) = (BTreeSet::new(), BTreeSet::new());
        for entry in self.ask_list(entries, |index| read::audit_entry(id, index))? {
            if entry.is_opening() && entry.holder() == user {
                opened.extend(Version::new(entry.version));
            }
            if matches!(entry.action, Action::Create | Action::Amend) && entry.actor == *user {
                written.extend(Version::new(entry.version));
            }
        }
        Ok((opened.into_iter().collect(), written.into_iter().collect()))
    }
}
