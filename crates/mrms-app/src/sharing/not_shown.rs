//! What this person gave somebody and has not ended, where the ledger shows no access.
//!
//! A node can hide a grant, a delegation or a whole record. Whoever ends everything that somebody can open must not be told that
//! there is nothing to end, only because the node says so.

use std::collections::BTreeSet;

use mrms_contract::{ContractError, call, read};
use mrms_core::{Principal, RecordId, TxId, grant};

use crate::audit::shares::Share;
use crate::profile::granted_all::ReadsAllBy;
use crate::sending::outcome::Outcome;
use crate::session::{Actor, AskError, Session};
use crate::sharing::grant::ShareError;
use crate::sharing::revoke::{StandingAccess, stopping};

/// What the ledger does not show of what this person gave somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotShown {
    /// Records that it shows without the grant.
    pub records: Vec<RecordId>,
    /// Records that it does not show at all.
    pub unseen: Vec<RecordId>,
    /// Whether it is access to all records as well.
    pub all_records: bool,
    /// Whether they may act for this person.
    pub delegation: bool,
}

impl NotShown {
    /// Whether the ledger shows all of it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty() && self.unseen.is_empty() && !self.all_records && !self.delegation
    }

    /// The records whose access is ended one by one, with those that the ledger shows.
    #[must_use]
    pub fn records_with(&self, shown: Option<&Share>) -> Vec<RecordId> {
        let shown = shown.into_iter().flat_map(Share::by_name).map(|record| record.id);
        shown.chain(self.records.iter().copied()).collect()
    }

    /// Whether access to all records is ended as well, by this or by what the ledger shows.
    #[must_use]
    pub fn standing_with(&self, shown: Option<&Share>) -> StandingAccess {
        match self.all_records || shown.is_some_and(|share| share.standing.is_some()) {
            true => StandingAccess::End,
            false => StandingAccess::Leave,
        }
    }
}

impl Session<'_> {
    /// What this person gave somebody and has not ended, on their own records and on all of them, beside what the ledger shows.
    /// Where the ledger's time can't be so, what may have expired counts as well.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn given_and_not_shown(
        &self,
        actor: &Actor,
        user: &Principal,
        own: &BTreeSet<RecordId>,
        shown: Option<&Share>,
    ) -> Result<NotShown, ShareError> {
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let is_doubtful = self.ledger.must_show_time().is_err();
        let is_live = |expiry| is_doubtful || grant::is_live(expiry, now);
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let is_shown =
            |id: RecordId| shown.is_some_and(|share| share.by_name().any(|record| record.id == id));
        let mut found = NotShown::default();
        for one in memory.all().iter().filter(|one| {
            let is_theirs = one.is_on(self.contract) && one.reader == *user;
            is_theirs && one.rights().is_some() && is_live(one.expiry) && !is_shown(one.record)
        }) {
            if own.contains(&one.record) {
                found.records.push(one.record);
                continue;
            }
            match self.ask(&read::record(one.record))? {
                None => found.unseen.push(one.record),
                // It shows the record, and leaves it out of the patient's list.
                Some(record) if record.patient == actor.principal() => {
                    found.records.push(one.record);
                }
                // It is somebody else's now.
                Some(_) => {}
            }
        }
        found.records.sort_unstable();
        found.unseen.sort_unstable();
        let gave_all = |by| {
            let all = memory.all_by(self.contract, user, by);
            all.is_some_and(|all| all.allows().is_some() && is_live(all.expiry))
        };
        found.all_records =
            gave_all(ReadsAllBy::Standing) && shown.is_none_or(|share| share.standing.is_none());
        found.delegation = gave_all(ReadsAllBy::Delegation)
            && !self.live_delegates(&actor.principal())?.iter().any(|one| one.user == *user);
        Ok(found)
    }

    /// Ends access to records that the ledger does not show. What the contract answers to each.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn revoke_unseen(
        &self,
        actor: &Actor,
        ids: &[RecordId],
        user: &Principal,
    ) -> Result<Outcome<Vec<Unseen>>, ShareError> {
        if ids.is_empty() {
            return Ok(Outcome::Done(Vec::new()));
        }
        let root = actor.keyring.record_root()?;
        self.profile.change_granted(&root, |memory| {
            ids.iter().for_each(|id| memory.end(self.contract, *id, user));
        })?;
        let calls = ids.iter().map(|id| self.transaction(call::revoke_record_access(*id, user)));
        let sent = self.send(actor, &stopping(user), calls.collect())?;
        Ok(sent.map(|receipts| {
            let unseen = |(id, receipt): (&RecordId, crate::ledger::Receipt)| Unseen {
                record: *id,
                txid: receipt.txid,
                refusal: ContractError::in_result(&receipt.result),
            };
            ids.iter().zip(receipts).map(unseen).collect()
        }))
    }
}

/// A record that the ledger does not show, and the end of an access to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The record.
    pub record: RecordId,
    /// The transaction that ended it.
    pub txid: TxId,
    /// Why the contract refused; `None` where it did not.
    pub refusal: Option<ContractError>,
}
