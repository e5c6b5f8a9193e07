//! Contacts: people whom a patient trusts to act for them later, after a wait in which they can be refused.
//!
//! The contract keeps who may ask, with which powers, and from when on they can become a delegate. What a patient must be
//! told at once, whatever they do, is here too: that somebody asked, or that another account is the patient now, or
//! is to become it.

pub mod acting;

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::state::Contact;
use mrms_contract::{ContractError, call, read};
use mrms_core::{Action, BurnHeight, Powers, Principal, UnixTime};
use serde::{Deserialize, Serialize};

use crate::ledger::LedgerError;
use crate::profile::ProfileError;
use crate::profile::granted_all::{AllTerms, Allows, GrantedAll, ReadsAllBy};
use crate::records::shared::SharedError;
use crate::sending::outcome::{Outcome, SendError};
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::delegates::MOST_PATIENTS;
use crate::sharing::grant::ShareError;
use crate::sharing::recipients::ChangedKey;
use crate::succession::HandedOver;
use crate::succession::offers::{OfferEntry, PastOffer, offers_of};

/// The longest wait, in burn blocks: about a year. The contract's `LONGEST_WAIT`.
pub const LONGEST_WAIT: u64 = 52_560;

/// Why nothing was done about a contact.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContactError {
    /// The patient did not name this account, or refused it.
    #[error("{patient} has not named you as a contact, or has refused you since")]
    NotNamed {
        /// The patient.
        patient: Principal,
    },
    /// This account asked already.
    #[error("you have asked {patient} already")]
    AskedAlready {
        /// The patient.
        patient: Principal,
        /// From when on it can accept.
        ready: UnixTime,
        /// Whether that is so now.
        is_ready: bool,
    },
    /// This account has not asked yet.
    #[error("you have not asked {patient} yet, and the wait begins when you do")]
    NotAsked {
        /// The patient.
        patient: Principal,
    },
    /// The wait is not over.
    #[error("the wait is not over yet")]
    TooEarly {
        /// The patient.
        patient: Principal,
        /// From when on it can accept.
        ready: UnixTime,
    },
    /// The patient has no such contact.
    #[error("{who} is no contact of yours")]
    NoContact {
        /// Who.
        who: Principal,
    },
    /// They were one, and act for the patient by now.
    #[error(
        "{who} is no contact of yours any more: they act for you by now, and that has NOT ended"
    )]
    ActsAlready {
        /// Who.
        who: Principal,
    },
    /// The contract would refuse.
    #[error("{0}")]
    Refused(ContractError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The ledger or the contract refused.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Whom keys may go to later could not be remembered, or the contact has no key that could be used.
    #[error(transparent)]
    Share(#[from] ShareError),
}

/// What a contact may do once they are a delegate, and how long they wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermsOfContact {
    /// What they may do then.
    pub powers: Powers,
    /// For how many burn blocks they wait after they asked.
    pub wait: u64,
    /// What to do when their key is not the one seen before.
    pub changed_key: ChangedKey,
}

impl From<LedgerError> for ContactError {
    fn from(error: LedgerError) -> Self {
        Self::Ask(error.into())
    }
}

/// A contact who asked, and is not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Who.
    pub who: Principal,
    /// What they may do for the patient, once they are a delegate.
    pub powers: Powers,
    /// The height from which on they can become one.
    pub ready_at: BurnHeight,
    /// When that is, estimated.
    pub ready: UnixTime,
    /// Whether they can now.
    pub is_ready: bool,
}

/// What a patient is told by every command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtOnce {
    /// Another account is the patient now.
    pub handed_over: Option<HandedOver>,
    /// When that was, estimated.
    pub handed_over_when: Option<UnixTime>,
    /// Whether this profile's program offered everything to them, or the person said that it was they.
    pub is_own_successor: bool,
    /// To whom everything is offered, and who has not taken it over yet.
    pub offered_to: Option<Principal>,
    /// Offers that have ended, and that this profile's program did not make: whoever made them has the patient's words.
    pub offered_elsewhere: Vec<PastOffer>,
    /// Contacts who asked.
    pub asking: Vec<Asking>,
}

/// The file: whom the patient has named so far, by the contract's log, so that only new entries are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NamedSoFar {
    contract: String,
    genesis: Option<String>,
    /// How many entries were read.
    read: u64,
    named: BTreeSet<Principal>,
    /// What the log has of offers of everything; a file of an earlier version of this program has it in another form, and is read
    /// again.
    offers: Option<Vec<OfferEntry>>,
}

/// What a profile remembers; nothing where its file is damaged.
fn readable<T: Default>(read: Result<T, ProfileError>) -> Result<T, ProfileError> {
    match read {
        Err(ProfileError::Damaged { .. }) => Ok(T::default()),
        read => read,
    }
}

impl Session<'_> {
    /// What this patient is to be told at once. One read for somebody whose own log is empty.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn at_once(&self, me: &Principal) -> Result<AtOnce, AskError> {
        let counts = self.ask(&read::patient_counts(me))?;
        if let Some(handed_over) = self.handed_over_by(me, &counts)? {
            let clock = self.ledger.tip()?.clock();
            let when = handed_over.since.map(|height| clock.time_of(height));
            return Ok(AtOnce {
                is_own_successor: self.is_own_successor(&handed_over.to),
                handed_over: Some(handed_over),
                handed_over_when: when,
                ..AtOnce::default()
            });
        }
        if counts.audit_count == 0 {
            // From now on an offer that this program does not make is somebody else's.
            self.foreign_offers(Vec::new(), None);
            return Ok(AtOnce::default());
        }
        // Of an account that took over before programs noted it.
        if counts.successor.as_ref() == Some(me)
            && self.profile.former_accounts().unwrap_or_default().is_empty()
        {
            self.note_formers(me)?;
        }
        let NamedSoFar { named, offers, .. } = self.named_so_far(me, counts.audit_count)?;
        let offers = offers.unwrap_or_default();
        let offered_to = match offers.is_empty() {
            false => self.offered_to(me)?,
            true => None,
        };
        let offers = offers_of(me, &offers);
        let offered_elsewhere = self.foreign_offers(offers, offered_to.as_ref());
        let reads: Vec<_> = named.iter().map(|who| read::contact(me, who)).collect();
        let contacts = self.ask_all(&reads)?;
        let mut asking = Vec::new();
        for (who, contact) in named.into_iter().zip(contacts) {
            let Some(Contact { powers, ready_at: Some(ready_at), .. }) = contact else { continue };
            let clock = self.ledger.tip()?.clock();
            let (ready, is_ready) = (clock.time_of(ready_at), clock.height >= ready_at);
            asking.push(Asking { who, powers, ready_at, ready, is_ready });
        }
        Ok(AtOnce { offered_to, offered_elsewhere, asking, ..AtOnce::default() })
    }

    /// Everybody whom this patient ever named, and whether they ever offered everything. What can't be remembered is read again
    /// the next time.
    fn named_so_far(&self, me: &Principal, count: u64) -> Result<NamedSoFar, AskError> {
        let kept: Result<NamedSoFar, ProfileError> = self.profile.named_contacts();
        let (contract, genesis) = (self.contract.to_string(), self.ledger.genesis());
        let is_same = |kept: &NamedSoFar| {
            (&kept.contract, &kept.genesis) == (&contract, &genesis) && kept.offers.is_some()
        };
        // After blocks were dropped the log is another one.
        let known = kept.ok().filter(|kept| is_same(kept) && kept.read <= count);
        let known = known.unwrap_or_default();
        let from = known.read;
        if from == count && known.offers.is_some() {
            return Ok(known);
        }
        let new =
            self.ask_list(count - from, |index| read::patient_audit_entry(me, from + index))?;
        let mut offers = known.offers.unwrap_or_default();
        offers.extend(new.iter().cloned().filter_map(OfferEntry::of));
        let offers = Some(offers);
        let mut named = known.named;
        let new = new.into_iter().filter(|entry| entry.action == Action::ContactName);
        named.extend(new.filter_map(|entry| entry.subject));
        let now = NamedSoFar { contract, genesis, read: count, named, offers };
        if self.sending == Sending::Send {
            let _ = self.profile.remember_named_contacts(&now);
        }
        Ok(now)
    }

    /// The offers of everything in this patient's log, and what became of each.
    pub(crate) fn offers_in_log(
        &self,
        me: &Principal,
        count: u64,
    ) -> Result<Vec<PastOffer>, AskError> {
        let offers = self.named_so_far(me, count)?.offers.unwrap_or_default();
        Ok(offers_of(me, &offers))
    }

    /// The patients who named this user as a contact, with what each allows, by who is the patient now. The ledger keeps no list
    /// of them for a contact: asked is about those whom the profile knows, and those who let the user act or read before.
    ///
    /// # Errors
    ///
    /// [`SharedError`].
    pub fn contact_for(
        &self,
        actor: Option<&Actor>,
        me: &Principal,
    ) -> Result<Vec<(Principal, Contact)>, SharedError> {
        let known: Vec<_> = self.known_to(actor, me)?.into_iter().collect();
        let reads: Vec<_> = known.iter().map(|patient| read::contact(patient, me)).collect();
        let mut found: BTreeMap<Principal, Contact> = BTreeMap::new();
        for (patient, contact) in known.into_iter().zip(self.ask_all(&reads)?) {
            let Some(contact) = contact else { continue };
            // Whoever was the patient before leads to the same contact.
            let successor = self.ask(&read::patient_counts(&patient))?.successor;
            found.insert(successor.unwrap_or(patient), contact);
        }
        Ok(found.into_iter().collect())
    }

    /// Those whom the profile knows, and those who let the user act or read before, without those whom it ignores.
    pub(crate) fn known_to(
        &self,
        actor: Option<&Actor>,
        me: &Principal,
    ) -> Result<BTreeSet<Principal>, SharedError> {
        // What can't be read keeps nobody from being found by the rest.
        let ignored = readable(self.profile.ignored())?;
        let mut known: BTreeSet<Principal> = BTreeSet::new();
        if let Some(root) = actor.and_then(|actor| actor.keyring.record_root().ok()) {
            let people = readable(self.profile.people(&root))?;
            known.extend(people.all().iter().map(|one| one.principal.clone()));
            let received = readable(self.profile.received(&root))?.records(self.contract);
            known.extend(received.into_values().map(|one| one.patient));
        }
        let count = self.ask(&read::user_counts(me))?.patients;
        let first = count.saturating_sub(MOST_PATIENTS);
        known.extend(self.ask_list(count - first, |at| read::care_patient(me, first + at))?);
        known.retain(|one| one != me && !ignored.contains(one));
        Ok(known)
    }

    /// Names somebody who may become a delegate without the patient, after a wait of so many burn blocks. Naming them again
    /// takes the place of what was said before, and of what they asked for. Where they may see then, the profile remembers
    /// their key: [`Session::tend`] leaves keys for them once they are a delegate.
    ///
    /// # Errors
    ///
    /// [`ContactError`].
    pub fn name_contact(
        &self,
        actor: &Actor,
        who: &Principal,
        terms: TermsOfContact,
    ) -> Result<Outcome<()>, ContactError> {
        if *who == actor.principal() {
            return Err(ContactError::Refused(ContractError::SelfDelegate));
        }
        let TermsOfContact { powers, wait, changed_key } = terms;
        let recipient = match powers.include(Powers::SEE) {
            true => {
                let recipient = self.recipient_of(Some(actor), who, changed_key);
                recipient.map_err(ShareError::from)?.to_string()
            }
            // Who may not see needs no key of theirs.
            false => {
                self.must_be_of_this_network(who).map_err(ShareError::from)?;
                String::new()
            }
        };
        let allows = Allows::AsContact(powers);
        let remembered = AllTerms { allows, expiry: None, recipient, goes_on: false };
        let sent = self.carry_out_for_all(
            actor,
            (who, ReadsAllBy::Contact),
            &format!("name {who} as a contact"),
            Some(remembered),
            call::name_contact(who, powers, wait),
        )?;
        Ok(sent.map(|_| ()))
    }

    /// Takes somebody off one's contacts: whether they asked or not, they can't become a delegate until they are named again.
    /// Whom this profile remembers as a contact is refused whatever a ledger shows. Returns what they were, where it shows that.
    ///
    /// # Errors
    ///
    /// [`ContactError`].
    pub fn refuse_contact(
        &self,
        actor: &Actor,
        who: &Principal,
    ) -> Result<Outcome<Option<Contact>>, ContactError> {
        let me = actor.principal();
        let contact = match self.ask(&read::contact(&me, who)) {
            Ok(None) if self.acts_for(&me, who) => {
                return Err(ContactError::ActsAlready { who: who.clone() });
            }
            Ok(None) if !self.may_be_contact(actor, who)? => {
                return Err(ContactError::NoContact { who: who.clone() });
            }
            Err(error) if !self.may_be_contact(actor, who)? => return Err(error.into()),
            shown => shown.ok().flatten(),
        };
        let sent = self.carry_out_for_all(
            actor,
            (who, ReadsAllBy::Contact),
            &format!("refuse the contact {who}"),
            None,
            call::refuse_delegation(&me, who),
        );
        let sent = sent.map_err(|error| match error.refusal() {
            // They accepted at the same moment.
            Some(ContractError::NoSuchContact) if self.acts_for(&me, who) => {
                ContactError::ActsAlready { who: who.clone() }
            }
            Some(ContractError::NoSuchContact) => ContactError::NoContact { who: who.clone() },
            _ => error.into(),
        })?;
        Ok(sent.map(|_| contact))
    }

    /// Whether this profile named them as a contact, and no block is known to have the end of it. Where that can't be read,
    /// nothing is known.
    fn may_be_contact(&self, actor: &Actor, who: &Principal) -> Result<bool, ContactError> {
        let root = actor.keyring.record_root().map_err(ShareError::from)?;
        let memory = self.profile.granted(&root).unwrap_or_default();
        let named = memory.all_by(self.contract, who, ReadsAllBy::Contact);
        let perhaps = self.perhaps_given_to(who).map_err(ShareError::from)?;
        Ok(named.is_some_and(GrantedAll::stands) || !perhaps.is_empty())
    }

    /// Whether the ledger shows that they act for the patient: then they are a contact no more.
    fn acts_for(&self, me: &Principal, who: &Principal) -> bool {
        let (delegation, tip) = (self.ask(&read::delegate(me, who)), self.ledger.tip());
        let (Ok(Some(delegation)), Ok(tip)) = (delegation, tip) else { return false };
        delegation.powers_at(tip.burn_height).is_some()
    }

    /// A contact asks to become a delegate: the wait begins. Returns what the patient allowed, and when the wait ends.
    ///
    /// # Errors
    ///
    /// [`ContactError`].
    pub fn ask_for_delegation(
        &self,
        actor: &Actor,
        patient: &Principal,
    ) -> Result<Outcome<(Contact, UnixTime)>, ContactError> {
        let named = self.contact_of(actor, patient)?;
        let clock = self.ledger.tip()?.clock();
        if let Some(ready_at) = named.ready_at {
            let (ready, is_ready) = (clock.time_of(ready_at), clock.height >= ready_at);
            let patient = patient.clone();
            return Err(ContactError::AskedAlready { patient, ready, is_ready });
        }
        let calls = vec![call::ask_for_delegation(patient)];
        let sent = self.carry_out(actor, &format!("ask to act for {patient}"), calls)?;
        sent.try_map(|_| {
            let now = self.contact_of(actor, patient)?;
            let ready_at = now.ready_at.unwrap_or_else(|| clock.height.plus(now.wait));
            Ok((now, clock.time_of(ready_at)))
        })
    }

    /// A contact who waited becomes a delegate. Returns what they may do.
    ///
    /// # Errors
    ///
    /// [`ContactError`].
    pub fn accept_delegation(
        &self,
        actor: &Actor,
        patient: &Principal,
    ) -> Result<Outcome<Powers>, ContactError> {
        let named = self.contact_of(actor, patient)?;
        let patient_of = || patient.clone();
        let Some(ready_at) = named.ready_at else {
            return Err(ContactError::NotAsked { patient: patient_of() });
        };
        let clock = self.ledger.tip()?.clock();
        if clock.height < ready_at {
            let ready = clock.time_of(ready_at);
            return Err(ContactError::TooEarly { patient: patient_of(), ready });
        }
        let calls = vec![call::accept_delegation(patient)];
        let sent = self.carry_out(actor, &format!("become a delegate of {patient}"), calls)?;
        Ok(sent.map(|_| named.powers))
    }

    fn contact_of(&self, actor: &Actor, patient: &Principal) -> Result<Contact, ContactError> {
        let named = self.ask(&read::contact(patient, &actor.principal()))?;
        named.ok_or_else(|| ContactError::NotNamed { patient: patient.clone() })
    }
}

#[cfg(test)]
mod tests {
    use mrms_stacks::clarity::Value;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::testing::{FakeLedger, Fakes, actor, tuple};

    fn counts(fakes: &Fakes, me: &Principal, entries: u64, successor: Option<&Principal>) {
        let successor = successor.map(|one| Value::principal(one.clone()));
        let state = tuple([
            ("records", Value::uint(0_u8)),
            ("team", Value::uint(0_u8)),
            ("audit-count", Value::uint(entries)),
            ("audit-head", Value::buffer([0; 32])),
            ("successor", Value::optional(successor)),
        ]);
        fakes.ledger.answer(&read::patient_counts(me), state);
    }

    fn entry(fakes: &Fakes, me: &Principal, index: u64, action: &str, subject: &Principal) {
        let text = |text: &str| Value::StringAscii(text.parse().unwrap());
        let entry = tuple([
            ("index", Value::uint(index)),
            ("action", text(action)),
            ("actor", Value::principal(me.clone())),
            ("subject", Value::optional(Some(Value::principal(subject.clone())))),
            ("version", Value::uint(0_u8)),
            ("expiry", Value::optional(None)),
            ("detail", Value::buffer([0; 32])),
            ("burn-height", Value::uint(900_u16)),
        ]);
        fakes.ledger.answer(&read::patient_audit_entry(me, index), Value::optional(Some(entry)));
    }

    fn contact(fakes: &Fakes, me: &Principal, who: &Principal, ready_at: Option<u128>) {
        let contact = tuple([
            ("powers", Value::uint(3_u8)),
            ("wait", Value::uint(144_u8)),
            ("ready-at", Value::optional(ready_at.map(Value::uint))),
        ]);
        fakes.ledger.answer(&read::contact(me, who), Value::optional(Some(contact)));
    }

    struct Scene {
        fakes: Fakes,
        me: Principal,
        other: Principal,
    }

    fn scene() -> Scene {
        let mut rng = StdRng::seed_from_u64(4);
        let [me, other] = [(); 2].map(|()| actor(&mut rng).principal());
        Scene { fakes: Fakes::new(actor(&mut rng).principal).unwrap(), me, other }
    }

    #[test]
    fn patient_with_an_empty_log_costs_one_read() {
        let Scene { fakes, me, .. } = scene();
        counts(&fakes, &me, 0, None);
        let told = fakes.session(Sending::Send).at_once(&me).unwrap();
        assert_eq!(told, AtOnce::default());
        assert_eq!(fakes.ledger.take_requests(), ["get-patient"]);
    }

    #[test]
    fn contact_who_asked_is_told_each_time_and_only_new_entries_are_read() {
        let Scene { fakes, me, other } = scene();
        let session = fakes.session(Sending::Send);
        counts(&fakes, &me, 1, None);
        entry(&fakes, &me, 0, "contact-name", &other);
        contact(&fakes, &me, &other, None);
        assert_eq!(session.at_once(&me).unwrap(), AtOnce::default(), "named, and did not ask");
        fakes.ledger.take_requests();
        counts(&fakes, &me, 2, None);
        entry(&fakes, &me, 1, "contact-ask", &other);
        let now = FakeLedger::BURN_HEIGHT.number();
        for (ready_at, is_ready) in [(now + 6, false), (now, true)] {
            contact(&fakes, &me, &other, Some(ready_at));
            let told = session.at_once(&me).unwrap().asking;
            let [asking] = told.as_slice() else { panic!("{told:?}") };
            assert_eq!((&asking.who, asking.is_ready), (&other, is_ready));
        }
        let entries = fakes.ledger.take_requests();
        let read = entries.iter().filter(|one| *one == "get-patient-audit-entry").count();
        assert_eq!(read, 1, "{entries:?}");
    }

    #[test]
    fn log_that_lost_entries_is_read_anew() {
        let Scene { fakes, me, other } = scene();
        let session = fakes.session(Sending::Send);
        counts(&fakes, &me, 2, None);
        entry(&fakes, &me, 0, "contact-name", &other);
        entry(&fakes, &me, 1, "contact-ask", &other);
        contact(&fakes, &me, &other, Some(5_000));
        assert_eq!(session.at_once(&me).unwrap().asking.len(), 1);
        // Blocks were dropped, and the first entry is another one now.
        counts(&fakes, &me, 1, None);
        entry(&fakes, &me, 0, "delegate-set", &other);
        assert!(session.at_once(&me).unwrap().asking.is_empty());
    }

    #[test]
    fn former_patient_is_told_who_is_it_now_and_since_when() {
        let Scene { fakes, me, other } = scene();
        counts(&fakes, &me, 2, Some(&other));
        entry(&fakes, &me, 0, "succession-offer", &other);
        entry(&fakes, &me, 1, "succession-accept", &me);
        let session = fakes.session(Sending::Send);
        let told = session.at_once(&me).unwrap();
        let since = Some(BurnHeight::new(900));
        assert_eq!(told.handed_over, Some(HandedOver { to: other.clone(), since }));
        assert!(told.handed_over_when.is_some());
        // Who is the patient of that line now has handed over to nobody.
        counts(&fakes, &other, 2, Some(&other));
        for index in [0, 1] {
            entry(&fakes, &other, index, "succession-offer", &other);
        }
        fakes.ledger.answer(&read::pending_succession(&other), Value::optional(None));
        assert_eq!(session.at_once(&other).unwrap().handed_over, None);
    }

    #[test]
    fn offer_of_everything_is_told_while_it_stands_and_asked_for_only_where_one_was_made() {
        let Scene { fakes, me, other } = scene();
        let session = fakes.session(Sending::Send);
        let pending = |to: Option<&Principal>| {
            let to = to.map(|to| Value::principal(to.clone()));
            fakes.ledger.answer(&read::pending_succession(&me), Value::optional(to));
        };
        counts(&fakes, &me, 1, None);
        entry(&fakes, &me, 0, "contact-refuse", &other);
        assert_eq!(session.at_once(&me).unwrap(), AtOnce::default());
        let asked = fakes.ledger.take_requests();
        assert!(!asked.iter().any(|one| one == "get-pending-succession"), "{asked:?}");
        counts(&fakes, &me, 2, None);
        entry(&fakes, &me, 1, "succession-offer", &other);
        for (stands, told) in [(Some(&other), Some(other.clone())), (None, None)] {
            pending(stands);
            assert_eq!(session.at_once(&me).unwrap().offered_to, told, "each time");
        }
        // What an earlier version of this program remembered says nothing of offers.
        let kept = session.profile.named_contacts::<NamedSoFar>().unwrap();
        let kept = NamedSoFar { offers: None, ..kept };
        session.profile.remember_named_contacts(&kept).unwrap();
        pending(Some(&other));
        assert_eq!(session.at_once(&me).unwrap().offered_to, Some(other));
    }
}
