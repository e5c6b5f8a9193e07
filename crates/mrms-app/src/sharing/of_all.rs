//! Lets somebody read everything of a patient, later records too: standing access, and delegations.
//!
//! Follows `grant-standing-access`, `revoke-standing-access`, `set-delegate`, `remove-delegate` and `end-delegation`. The
//! transaction comes first, and is remembered before it is sent; [`tend`](super::tend) then leaves the keys, and goes on
//! with that whenever one of the patient's programs runs.

use mrms_contract::state::Delegation;
use mrms_contract::{Call, ContractError, call, read};
use mrms_core::{
    BurnHeight, Grant, Powers, Principal, RecordId, Rights, StandingGrant, TxId, grant,
};
use mrms_crypto::Fingerprint;

use crate::ledger::Receipt;
use crate::profile::granted_all::{AllTerms, Allows, GrantedAll, ReadsAllBy};
use crate::sending::outcome::{Outcome, SendError, first};
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::grant::{LiveGrant, ShareError};
use crate::sharing::recipients::ChangedKey;
use crate::sharing::revoke::is_answered;

/// The interface of the contract from which on delegates have powers.
const WITH_POWERS: u64 = 2;

/// What is allowed for all records, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermsOfAll<T> {
    /// Rights, or powers.
    pub allows: T,
    /// First height at which it is closed; `None` holds until ended.
    pub expiry: Option<BurnHeight>,
    /// What to do when the user's key is not the one seen before.
    pub changed_key: ChangedKey,
}

/// Standing access, or a delegation, that stands in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetIn<B> {
    /// The transaction.
    pub txid: TxId,
    /// What was in force before, and was replaced.
    pub before: Option<B>,
    /// Their key, if this profile sees it for the first time.
    pub first_seen: Option<Fingerprint>,
}

/// What becomes of what a delegate granted, when their delegation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatTheyGranted {
    /// It stays, with its own ends.
    Stays,
    /// It ends as well, as if each of it were revoked.
    Ends,
}

impl Session<'_> {
    /// Lets a user open all of one's own records, later ones and all versions included. Granting again replaces rights and
    /// expiry. The keys are left by [`Session::tend`].
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn grant_all(
        &self,
        actor: &Actor,
        user: &Principal,
        terms: TermsOfAll<Rights>,
    ) -> Result<Outcome<LetIn<StandingGrant>>, ShareError> {
        let (me, now) = (actor.principal(), self.height()?);
        self.must_be_another(&me, user, ContractError::SelfGrant)?;
        let TermsOfAll { allows: rights, expiry, changed_key } = terms;
        must_end_later(expiry, now)?;
        let before = self.ask(&read::standing_grant(&me, user))?;
        let before = before.filter(|one| one.rights.is_some() && grant::is_live(one.expiry, now));
        let pinned = self.profile.pinned()?;
        let recipient = self.recipient_of(Some(actor), user, changed_key)?.to_string();
        let first_seen = self.first_seen(actor, user, &pinned)?;
        let goes_on = before.is_some();
        let remembered = AllTerms { allows: Allows::Rights(rights), expiry, recipient, goes_on };
        let call = call::grant_standing_access(&me, user, rights, expiry);
        let sent = self.carry_out_for_all(
            actor,
            (user, ReadsAllBy::Standing),
            &format!("grant access to all records to {user}"),
            Some(remembered),
            call,
        )?;
        sent.try_map(|receipts| Ok(LetIn { txid: first(&receipts)?.txid, before, first_seen }))
    }

    /// The records of which the patient ended this user's access by name: access to all records does not open them.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn shut_out_of(
        &self,
        user: &Principal,
        records: impl IntoIterator<Item = RecordId>,
    ) -> Result<Vec<RecordId>, ShareError> {
        let ids: Vec<_> = records.into_iter().collect();
        let reads: Vec<_> = ids.iter().map(|id| read::grant(*id, user)).collect();
        let grants = ids.into_iter().zip(self.ask_all(&reads)?);
        let is_shut = |grant: &Option<Grant>| grant.is_some_and(|own| own.rights.is_none());
        Ok(grants.filter(|(_, grant)| is_shut(grant)).map(|(id, _)| id).collect())
    }

    /// A user's live access to all of one's own records, if there is one: its rights can be kept.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn live_standing(
        &self,
        actor: &Actor,
        user: &Principal,
    ) -> Result<Option<LiveGrant>, ShareError> {
        let now = self.height()?;
        let live = self.ask(&read::standing_grant(&actor.principal(), user))?;
        let live = live.filter(|one| grant::is_live(one.expiry, now)).and_then(|one| one.rights);
        let Some(rights) = live else { return Ok(None) };
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let known = memory.all_by(self.contract, user, ReadsAllBy::Standing);
        let is_remembered = known.and_then(GrantedAll::allows) == Some(Allows::Rights(rights));
        Ok(Some(LiveGrant { rights, is_remembered }))
    }

    /// Lets somebody act for oneself as a patient. Naming them again replaces powers and expiry. Whoever may see reads
    /// everything: [`Session::tend`] leaves the keys.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn name_delegate(
        &self,
        actor: &Actor,
        user: &Principal,
        terms: TermsOfAll<Powers>,
    ) -> Result<Outcome<LetIn<Delegation>>, ShareError> {
        let (me, now) = (actor.principal(), self.height()?);
        self.must_be_another(&me, user, ContractError::SelfDelegate)?;
        self.must_know_powers()?;
        let TermsOfAll { allows: powers, expiry, changed_key } = terms;
        must_end_later(expiry, now)?;
        let before = self.ask(&read::delegate(&me, user))?;
        let before = before.filter(|one| one.powers_at(now).is_some());
        let pinned = self.profile.pinned()?;
        // Who may not see needs no key of theirs.
        let recipient = match powers.include(Powers::SEE) {
            true => self.recipient_of(Some(actor), user, changed_key)?.to_string(),
            false => {
                self.must_be_of_this_network(user)?;
                String::new()
            }
        };
        let first_seen = self.first_seen(actor, user, &pinned)?;
        let saw = |one: &Delegation| one.powers.include(Powers::SEE);
        let goes_on = before.as_ref().is_some_and(saw);
        let remembered = AllTerms { allows: Allows::Powers(powers), expiry, recipient, goes_on };
        let sent = self.carry_out_for_all(
            actor,
            (user, ReadsAllBy::Delegation),
            &format!("let {user} act for you"),
            Some(remembered),
            call::set_delegate(user, powers, expiry),
        )?;
        sent.try_map(|receipts| Ok(LetIn { txid: first(&receipts)?.txid, before, first_seen }))
    }

    /// Ends a delegation.
    ///
    /// # Errors
    ///
    /// [`ShareError`]; `no-such-delegate` where there is nothing to end.
    pub fn end_delegate(
        &self,
        actor: &Actor,
        user: &Principal,
        granted: WhatTheyGranted,
    ) -> Result<Outcome<TxId>, ShareError> {
        // A ledger that does not answer that keeps nothing from ending.
        if let Err(error @ ShareError::FormerContract { .. }) = self.must_know_powers() {
            return Err(error);
        }
        let call = match granted {
            WhatTheyGranted::Stays => call::remove_delegate(user),
            WhatTheyGranted::Ends => call::end_delegation(user),
        };
        let description = format!("end {user}'s delegation");
        let of = (user, ReadsAllBy::Delegation);
        let sent = self.carry_out_for_all(actor, of, &description, None, call)?;
        sent.try_map(|receipts| Ok(first(&receipts)?.txid))
    }

    /// Ends a user's access to all of one's own records. Grants on single records stay.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn end_standing(
        &self,
        actor: &Actor,
        user: &Principal,
    ) -> Result<Outcome<TxId>, ShareError> {
        let call = call::revoke_standing_access(&actor.principal(), user);
        let description = format!("end {user}'s access to all records");
        let of = (user, ReadsAllBy::Standing);
        let sent = self.carry_out_for_all(actor, of, &description, None, call)?;
        sent.try_map(|receipts| Ok(first(&receipts)?.txid))
    }

    /// Sends a call, and remembers before that what it decides: whatever interrupts the command, who may get keys is known.
    /// What was remembered before comes back where nothing can become of a beginning; an end that the person wanted stays.
    pub(crate) fn carry_out_for_all(
        &self,
        actor: &Actor,
        (user, by): (&Principal, ReadsAllBy),
        description: &str,
        remembered: Option<AllTerms>,
        call: Call,
    ) -> Result<Outcome<Vec<Receipt>>, ShareError> {
        if self.sending == Sending::DryRun {
            return Ok(self.carry_out(actor, description, vec![call])?);
        }
        let root = actor.keyring.record_root()?;
        let before = match remembered {
            Some(terms) => Some(self.profile.change_granted(&root, |memory| {
                memory.set_all(self.contract, user, terms);
            })?),
            None => {
                self.want_ends(&root, |memory| {
                    let ended = by.ended_with().iter();
                    ended.for_each(|by| memory.want_end_of_all(self.contract, user, *by));
                });
                None
            }
        };
        let sent = self.carry_out(actor, description, vec![call]);
        // Who is no contact may be a delegate by now: that they are is what is to end then.
        let is_gone = by == ReadsAllBy::Contact
            && matches!(
                &sent,
                Err(SendError::Refused { refusal: ContractError::NoSuchContact, .. })
            );
        if before.is_none() && is_answered(&sent) && !is_gone {
            self.note_ended(actor, user, &[], by.ended_with());
        }
        if let (Err(_), Some(before)) = (&sent, &before)
            && !self.may_become(description)?
        {
            let before = before.all_by(self.contract, user, by).cloned();
            self.profile.change_granted(&root, |memory| {
                memory.put_back_all(self.contract, user, by, before);
            })?;
        }
        Ok(sent.map_err(|error| self.or_nobody(&actor.principal(), error))?)
    }

    pub(super) fn height(&self) -> Result<BurnHeight, ShareError> {
        Ok(self.ledger.tip().map_err(AskError::from)?.burn_height)
    }

    fn must_be_another(
        &self,
        me: &Principal,
        user: &Principal,
        refusal: ContractError,
    ) -> Result<(), ShareError> {
        if me == user { Err(ShareError::Refused(refusal)) } else { Ok(()) }
    }

    /// Fails with a contract whose delegates have no powers.
    pub(super) fn must_know_powers(&self) -> Result<(), ShareError> {
        let version = self.ask(&read::contract_version())?;
        match version.interface < WITH_POWERS {
            true => Err(ShareError::FormerContract { release: version.release }),
            false => Ok(()),
        }
    }
}

fn must_end_later(expiry: Option<BurnHeight>, now: BurnHeight) -> Result<(), ShareError> {
    match grant::is_live(expiry, now) {
        true => Ok(()),
        false => Err(ShareError::Refused(ContractError::ExpiryInPast)),
    }
}
