//! What this person gave somebody and has not ended, where the ledger shows no access.
//!
//! A node can hide a grant, a delegation or a whole record. Whoever ends everything that somebody can open must not be told that
//! there is nothing to end, only because the node says so.

use std::collections::BTreeSet;

use mrms_contract::{ContractError, call, ids, read};
use mrms_core::{BurnHeight, Principal, RecordId, TxId, grant};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::Unsigned;

use crate::audit::shares::Share;
use crate::ledger::LedgerError;
use crate::profile::granted::Granted;
use crate::profile::granted_all::{GrantedAll, ReadsAllBy};
use crate::sending::SENT_TOGETHER;
use crate::sending::outcome::{Outcome, SendError, refusal_in};
use crate::sending::refused::PerhapsGiven;
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::grant::ShareError;
use crate::sharing::memberships::Remembered;
use crate::sharing::revoke::{StandingAccess, stopping};

/// What the ledger does not show of what this person gave somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotShown {
    /// Records that it shows without the grant.
    pub records: Vec<RecordId>,
    /// Records that it does not show at all.
    pub unseen: Vec<RecordId>,
    /// What else there is, each once, in the order in which it is ended.
    pub others: Vec<What>,
}

impl NotShown {
    /// Whether the ledger shows all of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this is among what is of no single record.
    #[must_use]
    pub fn has(&self, what: What) -> bool {
        self.others.contains(&what)
    }

    /// With this as well.
    pub fn add(&mut self, what: What) {
        if !self.has(what) {
            self.others.push(what);
        }
    }

    /// What the ledger does not show at all, and what could become access: each is ended by a transaction of its own.
    #[must_use]
    pub fn unseen(&self) -> Vec<What> {
        let becomes = self.others.iter().copied().filter(|what| what.is_beside());
        let mut what: Vec<_> = becomes.collect();
        let has_become = self.has(What::Contact) && !self.has(What::Delegation);
        what.extend(has_become.then_some(What::Delegation));
        what.extend(self.unseen.iter().copied().map(What::Record));
        what
    }

    /// The records whose access is ended one by one, with those that the ledger shows.
    #[must_use]
    pub fn records_with(&self, shown: Option<&Share>) -> Vec<RecordId> {
        let shown = shown.into_iter().flat_map(Share::by_name).map(|record| record.id);
        shown.chain(self.records.iter().copied()).collect()
    }

    /// All that is to end for somebody: what was named, with what the ledger does not show.
    #[must_use]
    pub fn with_named(&self, ids: &[RecordId], standing: StandingAccess) -> Vec<What> {
        let mut what = self.unseen();
        what.extend(What::named(ids, standing));
        what.extend(self.has(What::Delegation).then_some(What::Delegation));
        what
    }

    /// Whether access to all records is ended as well, by this or by what the ledger shows.
    #[must_use]
    pub fn standing_with(&self, shown: Option<&Share>) -> StandingAccess {
        match self.has(What::AllRecords) || shown.is_some_and(|share| share.standing.is_some()) {
            true => StandingAccess::End,
            false => StandingAccess::Leave,
        }
    }
}

impl Session<'_> {
    /// What this person gave somebody and has not ended, on their own records and on all of them, beside what the ledger shows.
    /// Where the ledger's time can't be so, what may have expired counts as well. Where the memory can't be read there is none
    /// ([`Session::must_remember_grants`]).
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
        let is_shown =
            |id: RecordId| shown.is_some_and(|share| share.by_name().any(|record| record.id == id));
        let mut found = NotShown::default();
        let given = match self.given(actor, user) {
            Err(ShareError::Profile(_)) => Vec::new(),
            given => given?,
        };
        let may_come = !self.perhaps_given_to(user)?.is_empty();
        for Given { what, is_ending } in given {
            let is_shown = match what {
                What::Record(id) => is_shown(id),
                What::AllRecords => shown.is_some_and(|share| share.standing.is_some()),
                What::Delegation => self.shows_delegate(actor, user)?,
                What::Membership | What::Offer | What::Contact => {
                    self.shows_beside(actor, user, what)?
                }
            };
            // An offer that was refused, and may come, is none that another one stands in the place of.
            if is_shown && !(may_come && what == What::Offer) {
                continue;
            }
            // An end that was sent, and of which no answer came, or which could not be written down: a block may have it since.
            if !may_come
                && self.shows_end(actor, user, what)?
                && (is_ending && self.ledger.shows_ends_truly()
                    || self.was_ended_unkept(actor, &self.end_of(actor, user, what))?)
            {
                self.note_ended(actor, user, what.record().as_slice(), what.by());
                continue;
            }
            match what {
                What::Record(id) if own.contains(&id) => found.records.push(id),
                What::Record(id) => match self.ask(&read::record(id))? {
                    None => found.unseen.push(id),
                    // It shows the record, and leaves it out of the patient's list.
                    Some(record) if record.patient == actor.principal() => found.records.push(id),
                    // It says that it is somebody else's now. The contract knows.
                    Some(_) => found.unseen.push(id),
                },
                of_no_record => found.add(of_no_record),
            }
        }
        Ok(found)
    }

    fn shows_delegate(&self, actor: &Actor, user: &Principal) -> Result<bool, AskError> {
        Ok(self.live_delegates(&actor.principal())?.iter().any(|one| one.user == *user))
    }

    /// Whether the ledger shows what could become access, or what became of it.
    fn shows_beside(
        &self,
        actor: &Actor,
        user: &Principal,
        what: What,
    ) -> Result<bool, ShareError> {
        let me = actor.principal();
        let beside = self.beside(actor, user)?;
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let remembers = |who: &Principal, by| {
            memory.all_by(self.contract, who, by).is_some_and(GrantedAll::stands)
        };
        Ok(match what {
            What::Membership => beside.membership.is_some(),
            // Whoever was offered it later has it in their place.
            What::Offer if !beside.offer => match self.offered_to(&me)? {
                Some(other) => remembers(&other, ReadsAllBy::Offer),
                None => false,
            },
            // Who became a delegate is a contact no more. Who was made one otherwise may be both.
            What::Contact if beside.contact.is_none() => {
                !remembers(user, ReadsAllBy::Delegation) && self.shows_delegate(actor, user)?
            }
            _ => true,
        })
    }

    /// Whether the ledger says that this was given and has ended, and not only that there is none.
    fn shows_end(&self, actor: &Actor, user: &Principal, what: What) -> Result<bool, ShareError> {
        let me = actor.principal();
        Ok(match what {
            What::Record(id) => {
                let grant = self.ask(&read::grant(id, user))?;
                grant.is_some_and(|grant| grant.rights.is_none())
            }
            What::AllRecords => {
                let standing = self.ask(&read::standing_grant(&me, user))?;
                standing.is_some_and(|standing| standing.rights.is_none())
            }
            What::Delegation => {
                let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
                let delegation = self.ask(&read::delegate(&me, user))?;
                delegation.is_some_and(|one| one.powers_at(now).is_none())
            }
            What::Membership => {
                let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
                let membership = self.ask(&read::member(&me, user))?;
                membership.is_some_and(|one| !one.is_live(now))
            }
            // The contract forgets both.
            What::Offer | What::Contact => false,
        })
    }

    /// The same without a question to the ledger, where it does not answer: all that this person gave somebody of their own and
    /// has not ended, whether the ledger would show it or not.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn given_unasked(&self, actor: &Actor, user: &Principal) -> Result<Vec<What>, ShareError> {
        let (me, index) = (actor.principal(), self.record_index(Some(actor)));
        let root = actor.keyring.record_root()?;
        let mut found = Vec::new();
        for Given { what, .. } in self.given(actor, user)? {
            let is_own = match what {
                // A grant for a patient whose delegate one is, is not one's own to end with these.
                What::Record(id) => {
                    ids::is_of_maker(id, &me)
                        || index.knows(id)
                        || self.profile.whose(&root, self.contract, id)?.as_ref() == Some(&me)
                }
                _ => true,
            };
            found.extend(is_own.then_some(what));
        }
        // Who was a contact may be a delegate by now.
        if found.contains(&What::Contact) && !found.contains(&What::Delegation) {
            found.push(What::Delegation);
        }
        Ok(found)
    }

    /// Of these, what no block is known to have ended.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn not_yet_ended(
        &self,
        actor: &Actor,
        user: &Principal,
        mut what: Vec<What>,
    ) -> Result<Vec<What>, ShareError> {
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let stands = |by| memory.all_by(self.contract, user, by).is_none_or(GrantedAll::stands);
        what.retain(|one| match one {
            What::Record(id) => memory.of(self.contract, *id, user).is_none_or(Granted::stands),
            What::AllRecords => stands(ReadsAllBy::Standing),
            What::Delegation => stands(ReadsAllBy::Delegation),
            What::Membership => stands(ReadsAllBy::Membership),
            What::Offer => stands(ReadsAllBy::Offer),
            What::Contact => stands(ReadsAllBy::Contact),
        });
        Ok(what)
    }

    /// Whether what ends at a height may be live: where the ledger's time can't be so, or is not told, it may.
    pub(crate) fn may_be_live(&self) -> impl Fn(Option<BurnHeight>) -> bool + use<> {
        let now = self.ledger.tip().ok().filter(|_| self.ledger.must_show_time().is_ok());
        move |expiry| now.is_none_or(|tip| grant::is_live(expiry, tip.burn_height))
    }

    /// What this profile remembers to have given somebody, and no block is known to have ended.
    fn given(&self, actor: &Actor, user: &Principal) -> Result<Vec<Given>, ShareError> {
        let is_live = self.may_be_live();
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let mut found = Vec::new();
        // The offer first: whoever takes it has everything for good.
        for (by, what) in [
            (ReadsAllBy::Offer, What::Offer),
            (ReadsAllBy::Standing, What::AllRecords),
            (ReadsAllBy::Delegation, What::Delegation),
            (ReadsAllBy::Contact, What::Contact),
        ] {
            let all = memory.all_by(self.contract, user, by);
            let all = all.filter(|all| all.stands() && is_live(all.expiry));
            found.extend(all.map(|all| Given { what, is_ending: all.allows().is_none() }));
        }
        let (membership, _) = self.member_in(&memory, &actor.principal(), user);
        if membership.stands() {
            let is_ending = membership == Remembered::Ending;
            found.push(Given { what: What::Membership, is_ending });
        }
        let theirs = memory.all().iter().filter(|one| {
            let is_theirs = one.is_on(self.contract) && one.reader == *user;
            is_theirs && one.stands() && is_live(one.expiry)
        });
        let mut records: Vec<_> = theirs.collect();
        records.sort_unstable_by_key(|one| one.record);
        found.extend(records.into_iter().map(|one| Given {
            what: What::Record(one.record),
            is_ending: one.rights().is_none(),
        }));
        // What a node refused, and may be given all the same.
        for one in self.perhaps_given_to(user)? {
            for what in given_by(&one, user) {
                if !found.iter().any(|given| given.what == what) {
                    found.push(Given { what, is_ending: false });
                }
            }
        }
        Ok(found)
    }

    /// Ends these without a question to the ledger, which does not answer or does not show them: those that no block is known to
    /// have ended. What the contract answers to each; what a node takes not together is sent one by one.
    ///
    /// # Errors
    ///
    /// [`ShareError`]: the first. It keeps nothing from ending that the node takes.
    pub fn end_unasked(
        &self,
        actor: &Actor,
        user: &Principal,
        what: Vec<What>,
    ) -> Result<Outcome<Vec<Unasked>>, ShareError> {
        let mut what = match self.not_yet_ended(actor, user, what.clone()) {
            // Where the memory can't be read, nothing is known to have ended.
            Err(ShareError::Profile(_)) => what,
            left => left?,
        };
        if what.is_empty() {
            return Ok(Outcome::Done(Vec::new()));
        }
        let mut waiting = None;
        if self.sending == Sending::Send {
            let ends: Vec<_> = what.iter().map(|one| self.end_of(actor, user, *one)).collect();
            let begun = self.ended_already(actor, &ends)?;
            waiting = begun.iter().copied().flatten().last();
            let mut begun = begun.into_iter();
            what.retain(|_| begun.next().flatten().is_none());
        }
        if self.sending != Sending::DryRun {
            let root = actor.keyring.record_root()?;
            self.want_ends(&root, |memory| {
                for one in &what {
                    one.record().iter().for_each(|id| memory.want_end(self.contract, *id, user));
                    let by = one.by().iter();
                    by.for_each(|by| memory.want_end_of_all(self.contract, user, *by));
                }
            });
        }
        let together = match self.sending {
            Sending::Send => SENT_TOGETHER,
            Sending::DryRun | Sending::SignOnly(_) => what.len(),
        };
        let (mut ended, mut failed) = (Vec::new(), None);
        for what in what.chunks(together) {
            match self.send_ends(actor, user, what) {
                Ok(Outcome::Done(all)) => ended.extend(all),
                Err(error) if what.len() > 1 && error.is_of_one_transaction() => {
                    for one in what {
                        match self.send_ends(actor, user, std::slice::from_ref(one)) {
                            Ok(Outcome::Done(all)) => ended.extend(all),
                            Ok(not_sent) => return Ok(not_sent),
                            Err(error) => drop(failed.get_or_insert(error)),
                        }
                    }
                }
                Ok(not_sent) => return Ok(not_sent),
                Err(error) => drop(failed.get_or_insert(error)),
            }
        }
        let pending = |txid| SendError::Kept(LedgerError::Pending { txid }).into();
        failed.or(waiting.map(pending)).map_or(Ok(Outcome::Done(ended)), Err)
    }

    /// What ends this.
    fn end_of(&self, actor: &Actor, user: &Principal, what: What) -> Unsigned {
        self.transaction(match what {
            What::Record(id) => call::revoke_record_access(id, user),
            What::AllRecords => call::revoke_standing_access(&actor.principal(), user),
            What::Delegation => call::remove_delegate(user),
            What::Membership => call::remove_member(user),
            What::Offer => call::offer_succession(&actor.principal()),
            What::Contact => call::refuse_delegation(&actor.principal(), user),
        })
    }

    /// Sends these ends together.
    fn send_ends(
        &self,
        actor: &Actor,
        user: &Principal,
        what: &[What],
    ) -> Result<Outcome<Vec<Unasked>>, ShareError> {
        let calls = what.iter().map(|one| self.end_of(actor, user, *one)).collect();
        let sent = self.send(actor, &stopping(user), calls)?;
        sent.try_map(|receipts| {
            let (mut ended, mut failed) = (Vec::new(), None);
            for (what, receipt) in what.iter().zip(&receipts) {
                match refusal_in(receipt) {
                    Ok(refusal) => ended.push(Unasked { what: *what, txid: receipt.txid, refusal }),
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            }
            // All of them by one writing of the memory.
            let ids: Vec<_> = ended.iter().filter_map(|one| one.what.record()).collect();
            let of_all: Vec<_> = ended.iter().flat_map(Unasked::ends).copied().collect();
            self.note_ended(actor, user, &ids, &of_all);
            failed.map_or(Ok(ended), |error| Err(error.into()))
        })
    }
}

/// Something that a profile remembers to have given.
struct Given {
    what: What,
    /// Whether this person wants it ended, and no block is known to have the end.
    is_ending: bool,
}

/// What a refused operation gives this person that is ended by itself.
pub(super) fn given_by<'g>(
    refused: &'g PerhapsGiven,
    user: &'g Principal,
) -> impl Iterator<Item = What> + 'g {
    refused.calls().filter_map(move |call| {
        let is_user = |at: usize| {
            matches!(call.arguments.get(at), Some(Value::Principal(one)) if one == user)
        };
        match call.function.as_str() {
            "grant-record-access" | "grant-record-rights" if is_user(1) => {
                let record = call.arguments.first()?.read().uint().ok()?;
                Some(What::Record(RecordId::new(record)))
            }
            "grant-standing-access" if is_user(1) => Some(What::AllRecords),
            "set-delegate" if is_user(0) => Some(What::Delegation),
            "set-member" if is_user(0) => Some(What::Membership),
            "offer-succession" if is_user(0) => Some(What::Offer),
            "name-contact" if is_user(0) => Some(What::Contact),
            _ => None,
        }
    })
}

/// What was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Access to a record.
    Record(RecordId),
    /// Access to all records.
    AllRecords,
    /// To act for the person.
    Delegation,
    /// To open for the person's organisation.
    Membership,
    /// To take over everything.
    Offer,
    /// To become a delegate after a wait.
    Contact,
}

impl What {
    /// Access to these records, and to all of them.
    #[must_use]
    pub fn named(ids: &[RecordId], standing: StandingAccess) -> Vec<Self> {
        // First: whatever interrupts the rest, later records stay closed to them.
        let all = (standing == StandingAccess::End).then_some(Self::AllRecords);
        all.into_iter().chain(ids.iter().copied().map(Self::Record)).collect()
    }

    /// The record, where it is one.
    #[must_use]
    pub const fn record(self) -> Option<RecordId> {
        match self {
            Self::Record(id) => Some(id),
            _ => None,
        }
    }

    /// Whether it is no access yet, and could become that.
    #[must_use]
    pub const fn is_beside(self) -> bool {
        matches!(self, Self::Membership | Self::Offer | Self::Contact)
    }

    /// Whether it is access to this record, or to all.
    #[must_use]
    pub fn gives(self, id: RecordId) -> bool {
        match self {
            Self::Record(one) => one == id,
            Self::AllRecords | Self::Delegation => true,
            // They may come to have it.
            Self::Membership | Self::Offer | Self::Contact => false,
        }
    }

    const fn by(self) -> &'static [ReadsAllBy] {
        match self {
            Self::Record(_) => &[],
            Self::AllRecords => ReadsAllBy::Standing.ended_with(),
            Self::Delegation => ReadsAllBy::Delegation.ended_with(),
            Self::Membership => ReadsAllBy::Membership.ended_with(),
            Self::Offer => ReadsAllBy::Offer.ended_with(),
            Self::Contact => ReadsAllBy::Contact.ended_with(),
        }
    }

    /// Whether the contract says by this that there is nothing to end.
    const fn is_nothing(self, refusal: ContractError) -> bool {
        matches!(
            (self, refusal),
            // It was handed on, or everything was: then whoever has it now ends it.
            (_, ContractError::Succeeded)
                | (Self::Record(_), ContractError::NotPatient)
                | (Self::Record(_) | Self::AllRecords, ContractError::NoSuchGrant)
                | (Self::Delegation, ContractError::NoSuchDelegate)
                | (Self::Membership, ContractError::NoSuchMember)
                | (Self::Offer, ContractError::NoOffer)
                | (Self::Contact, ContractError::NoSuchContact)
        )
    }
}

/// An end that was sent without asking what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unasked {
    /// What.
    pub what: What,
    /// The transaction that ended it.
    pub txid: TxId,
    /// Why the contract refused; `None` where it did not.
    pub refusal: Option<ContractError>,
}

impl Unasked {
    /// What is known to have ended by it. Who is no contact may be a delegate by now.
    fn ends(&self) -> &'static [ReadsAllBy] {
        match (self.what, self.refusal) {
            (What::Contact, Some(ContractError::NoSuchContact)) => &[],
            (what, _) => what.by(),
        }
    }

    /// Why it has not ended; `None` where it has, or where there was nothing to end.
    #[must_use]
    pub fn failure(&self) -> Option<ContractError> {
        self.refusal.filter(|refusal| !self.what.is_nothing(*refusal))
    }
}
