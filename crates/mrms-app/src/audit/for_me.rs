//! What others did that concerns this person and is new to them: shared something, added to their records, let somebody into
//! them as a delegate, made them a delegate or a contact, ended that or that they are on a staff, went on under a new account,
//! or offered everything.
//!
//! Nobody is sent anything: the person's own program compares the ledger with what they have read, which the profile keeps,
//! sealed under the person's own key, in `for-me.sealed`. The contract has no list of those who named somebody a contact, or
//! offered them everything; for these it is asked about the people whom the profile knows.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::state::Contact;
use mrms_contract::{ids, read};
use mrms_core::{BurnHeight, Powers, Principal, grant};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::audit::let_in::LetIn;
use crate::profile::ProfileError;
use crate::records::catch_up::{Additions, CatchUpError};
use crate::records::list::OwnRecord;
use crate::records::shared::SharedError;
use crate::session::{Actor, AskError, Session};
use crate::sharing::delegates::MOST_PATIENTS;

/// The file's name, and the name under which it is sealed.
const NAME: &str = "for-me.sealed";
/// The newest records that were shared of which it is told whose they are.
const MOST_RECORDS: u64 = 200;

/// Why it is not known what is new.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForMeError {
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// What was shared, or for whom the person acts, could not be read.
    #[error(transparent)]
    Shared(#[from] SharedError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// What others added could not be looked up.
    #[error(transparent)]
    Added(#[from] CatchUpError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] mrms_crypto::keyring::NoKeyError),
}

/// What a person has read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HaveRead {
    contract: String,
    genesis: Option<String>,
    /// How long the list of records was that were shared by name.
    records: u64,
    /// Whose records were all open to them.
    all_of: BTreeSet<Principal>,
    /// For whom they acted.
    delegate_of: BTreeSet<Principal>,
    /// Whose contact they were.
    contact_of: BTreeSet<Principal>,
    /// Who offered them everything.
    offered_by: BTreeSet<Principal>,
    /// For whom they were told that they may act, whether they read it or not.
    told_delegate_of: BTreeSet<Principal>,
    /// Whose contact they were told to be, whether they read it or not.
    told_contact_of: BTreeSet<Principal>,
    /// On whose staff they are no more, and the height at which that ended.
    member_over: BTreeMap<Principal, Option<BurnHeight>>,
}

/// What is new to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForMe {
    /// Who shared records by name that are open now, and how many.
    pub shared: BTreeMap<Principal, u64>,
    /// What others added to the person's records, or put on record for them.
    pub added: Additions,
    /// Whom delegates let in; none where the person's records were not read for it.
    pub let_in: Vec<LetIn>,
    /// Whose records are all open to them.
    pub all_of: BTreeSet<Principal>,
    /// For whom they may act, and what.
    pub delegate_of: BTreeMap<Principal, Powers>,
    /// For whom they act no more.
    pub delegate_no_more: BTreeSet<Principal>,
    /// Who named them a contact.
    pub contact_of: BTreeSet<Principal>,
    /// Whose contact they are no more, without having become a delegate.
    pub contact_no_more: BTreeSet<Principal>,
    /// Who goes on under a new account, by the one before: they act for it, or are its contact, as before.
    pub new_accounts: BTreeMap<Principal, Principal>,
    /// On whose staff they are no more, and when that ended, where the contract tells it.
    pub member_no_more: BTreeMap<Principal, Option<BurnHeight>>,
    /// For whom they asked to act, and may begin now: the wait is over. This stays until they begin, or are refused.
    pub may_begin: BTreeSet<Principal>,
    /// For whom they asked to act, and from which height on they may begin unless they are refused.
    pub waits_for: BTreeMap<Principal, BurnHeight>,
    /// Who offers them everything.
    pub offered_by: BTreeSet<Principal>,
    /// For whom they may act now, and what, whether it is new or not.
    pub acts_for: BTreeMap<Principal, Powers>,
    /// What is read once the person has read this.
    pub read: HaveRead,
}

impl ForMe {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shared.is_empty()
            && self.added.is_empty()
            && self.let_in.is_empty()
            && self.all_of.is_empty()
            && self.delegate_of.is_empty()
            && self.delegate_no_more.is_empty()
            && self.contact_of.is_empty()
            && self.contact_no_more.is_empty()
            && self.new_accounts.is_empty()
            && self.member_no_more.is_empty()
            && self.may_begin.is_empty()
            && self.waits_for.is_empty()
            && self.offered_by.is_empty()
    }
}

/// Who lets somebody open something of theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// How many patients do, as far as was looked.
    pub patients: usize,
    /// Whether more was shared than was looked at.
    pub is_more: bool,
}

fn without(now: &BTreeSet<Principal>, before: &BTreeSet<Principal>) -> BTreeSet<Principal> {
    now.difference(before).cloned().collect()
}

/// Who was there by what was read or told before, and is there no more.
fn no_more(
    (read, told): (&BTreeSet<Principal>, &BTreeSet<Principal>),
    now: &BTreeSet<Principal>,
) -> BTreeSet<Principal> {
    read.union(told).filter(|one| !now.contains(*one)).cloned().collect()
}

impl Session<'_> {
    /// What is new to the actor.
    ///
    /// # Errors
    ///
    /// [`ForMeError`].
    pub fn for_me(&self, actor: &Actor) -> Result<ForMe, ForMeError> {
        let root = actor.keyring.record_root()?;
        let read: HaveRead = self.profile.load_sealed(&root, NAME)?;
        let (contract, genesis) = (self.contract.to_string(), self.ledger.genesis());
        let is_first = read.contract != contract || read.genesis != genesis;
        let before = if is_first { HaveRead::default() } else { read };
        let (me, now) = (actor.principal(), self.ledger.tip().map_err(AskError::from)?.burn_height);
        let counts = self.ask(&read::user_counts(&me))?;
        let represented = self.represented_by(&me, now)?;
        let powers: BTreeMap<_, _> =
            represented.into_iter().map(|one| (one.patient, one.delegation.powers)).collect();
        let delegate_of: BTreeSet<Principal> = powers.keys().cloned().collect();
        let named = self.contact_for(Some(actor), &me)?;
        let is_over = |contact: &Contact| contact.ready_at.is_some_and(|ready| now >= ready);
        let over = named.iter().filter(|(_, contact)| is_over(contact));
        let may_begin: BTreeSet<_> = over.map(|(who, _)| who.clone()).collect();
        let waits = named.iter().filter_map(|(who, contact)| {
            Some((who.clone(), contact.ready_at.filter(|ready| now < *ready)?))
        });
        let waits_for: BTreeMap<_, _> = waits.collect();
        let asked: BTreeSet<_> = waits_for.keys().chain(&may_begin).cloned().collect();
        let contact_of: BTreeSet<_> = named.into_iter().map(|(who, _)| who).collect();
        let all_of = self.all_of(&me, counts.patients, now)?;
        let known = self.known_to(Some(actor), &me)?;
        let offers: Vec<_> = known.iter().map(read::pending_succession).collect();
        let offers = known.iter().zip(self.ask_all(&offers)?);
        let offers = offers.filter(|(_, to)| to.as_ref() == Some(&me));
        let offered_by: BTreeSet<_> = offers.map(|(who, _)| who.clone()).collect();
        let mut delegates = powers.clone();
        delegates.retain(|who, _| !before.delegate_of.contains(who));
        let contacts_before = (&before.contact_of, &before.told_contact_of);
        let mut contact_no_more = no_more(contacts_before, &contact_of);
        contact_no_more.retain(|who| !delegate_of.contains(who));
        let delegates_before = (&before.delegate_of, &before.told_delegate_of);
        let mut delegate_no_more = no_more(delegates_before, &delegate_of);
        let mut contacts = without(&contact_of, &before.contact_of);
        let gone = delegate_no_more.union(&contact_no_more);
        let new_accounts = self.new_accounts_of(gone, (&delegate_of, &contact_of))?;
        delegate_no_more.retain(|who| !new_accounts.contains_key(who));
        contact_no_more.retain(|who| !new_accounts.contains_key(who));
        let is_known = |who: &Principal| new_accounts.values().any(|new| new == who);
        delegates.retain(|who, _| !is_known(who));
        // Whoever asked knows that they were named.
        contacts.retain(|who| !is_known(who) && !asked.contains(who));
        let member_over = self.memberships_over(actor, now)?;
        let mut member_no_more = member_over.clone();
        member_no_more.retain(|who, end| before.member_over.get(who) != Some(end));
        Ok(ForMe {
            added: self.untold_additions(actor)?,
            let_in: Vec::new(),
            shared: self.shared_since(&me, before.records, counts.records, now)?,
            all_of: without(&all_of, &before.all_of),
            delegate_of: delegates,
            delegate_no_more,
            contact_of: contacts,
            contact_no_more,
            new_accounts,
            member_no_more,
            may_begin,
            waits_for,
            acts_for: powers,
            offered_by: without(&offered_by, &before.offered_by),
            read: HaveRead {
                contract,
                genesis,
                records: counts.records,
                all_of,
                told_delegate_of: delegate_of.clone(),
                told_contact_of: contact_of.clone(),
                delegate_of,
                contact_of,
                offered_by,
                member_over,
            },
        })
    }

    /// Of these patients, for whom the user acted or whose contact they were, those who go on under another account, for which
    /// the same holds.
    fn new_accounts_of<'p>(
        &self,
        gone: impl Iterator<Item = &'p Principal>,
        (delegate_of, contact_of): (&BTreeSet<Principal>, &BTreeSet<Principal>),
    ) -> Result<BTreeMap<Principal, Principal>, ForMeError> {
        let gone: Vec<_> = gone.collect();
        let reads: Vec<_> = gone.iter().map(|one| read::patient_counts(one)).collect();
        let counts = gone.into_iter().zip(self.ask_all(&reads)?);
        let goes_on = |who: &Principal| delegate_of.contains(who) || contact_of.contains(who);
        let moved = counts.filter_map(|(former, counts)| {
            Some((former.clone(), counts.successor.filter(|new| goes_on(new))?))
        });
        Ok(moved.collect())
    }

    /// The organisations whose key the actor holds and of whose staff they are none now, with the height at which that ended.
    fn memberships_over(
        &self,
        actor: &Actor,
        now: BurnHeight,
    ) -> Result<BTreeMap<Principal, Option<BurnHeight>>, ForMeError> {
        let (root, me) = (actor.keyring.record_root()?, actor.principal());
        // Whoever can't read the keys can't open anything for them, and is told so there.
        let held = self.profile.held_keys(&root, self.contract).unwrap_or_default();
        let held: Vec<_> = held.into_keys().collect();
        let reads: Vec<_> =
            held.iter().map(|organisation| read::member(organisation, &me)).collect();
        let found = held.into_iter().zip(self.ask_all(&reads)?);
        let over = found.filter(|(_, one)| !one.is_some_and(|one| one.is_live(now)));
        Ok(over.map(|(organisation, one)| (organisation, one.and_then(|one| one.expiry))).collect())
    }

    /// The same, and whom delegates let into these records of the actor, which were just read.
    ///
    /// # Errors
    ///
    /// [`ForMeError`].
    pub fn for_me_and_mine(&self, actor: &Actor, own: &[OwnRecord]) -> Result<ForMe, ForMeError> {
        Ok(ForMe { let_in: self.let_in(actor, own)?, ..self.for_me(actor)? })
    }

    /// How many patients let this user open something now, by name or all of theirs.
    ///
    /// # Errors
    ///
    /// [`ForMeError`].
    pub fn sharing_with(&self, user: &Principal) -> Result<Sharing, ForMeError> {
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let counts = self.ask(&read::user_counts(user))?;
        let mut patients = self.all_of(user, counts.patients, now)?;
        patients.extend(self.shared_since(user, 0, counts.records, now)?.into_keys());
        let is_more = counts.records > MOST_RECORDS || counts.patients > MOST_PATIENTS;
        Ok(Sharing { patients: patients.len(), is_more })
    }

    /// The person was told this, and may not have read it: the end of a power is told as well, where that comes first.
    ///
    /// # Errors
    ///
    /// [`ForMeError`].
    pub fn are_told(
        &self,
        actor: &Actor,
        told: &ForMe,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ForMeError> {
        if told.delegate_of.is_empty() && told.contact_of.is_empty() {
            return Ok(());
        }
        let root = actor.keyring.record_root()?;
        Ok(self.profile.change_sealed(&root, NAME, rng, |kept: &mut HaveRead| {
            let now = &told.read;
            if kept.contract != now.contract || kept.genesis != now.genesis {
                let (contract, genesis) = (now.contract.clone(), now.genesis.clone());
                *kept = HaveRead { contract, genesis, ..HaveRead::default() };
            }
            kept.told_delegate_of.extend(told.delegate_of.keys().cloned());
            kept.told_contact_of.extend(told.contact_of.iter().cloned());
        })?)
    }

    /// The person has read what was told.
    ///
    /// # Errors
    ///
    /// [`ForMeError`].
    pub fn have_read(
        &self,
        actor: &Actor,
        told: &ForMe,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ForMeError> {
        let (root, read) = (actor.keyring.record_root()?, &told.read);
        self.profile.change_sealed(&root, NAME, rng, |kept: &mut HaveRead| *kept = read.clone())?;
        self.let_in_is_told(actor, &told.let_in, rng)?;
        Ok(self.additions_are_told(actor, &told.added, rng)?)
    }

    /// Whose records are all open to this user.
    fn all_of(
        &self,
        user: &Principal,
        count: u64,
        now: mrms_core::BurnHeight,
    ) -> Result<BTreeSet<Principal>, ForMeError> {
        let ignored = self.profile.ignored()?;
        let first = count.saturating_sub(MOST_PATIENTS);
        let mut patients =
            self.ask_list(count - first, |index| read::care_patient(user, first + index))?;
        patients.retain(|patient| !ignored.contains(patient));
        let reads: Vec<_> = patients.iter().map(|one| read::standing_grant(one, user)).collect();
        let grants = patients.into_iter().zip(self.ask_all(&reads)?);
        let is_live = |standing: &mrms_core::StandingGrant| {
            standing.rights.is_some() && grant::is_live(standing.expiry, now)
        };
        let live = grants.filter(|(_, standing)| standing.as_ref().is_some_and(is_live));
        Ok(live.map(|(patient, _)| patient).collect())
    }

    /// Who shared records with this user since the list was so long, and how many of those are open now.
    fn shared_since(
        &self,
        user: &Principal,
        before: u64,
        count: u64,
        now: mrms_core::BurnHeight,
    ) -> Result<BTreeMap<Principal, u64>, ForMeError> {
        let ignored = self.profile.ignored()?;
        let first = before.max(count.saturating_sub(MOST_RECORDS)).min(count);
        let records =
            self.ask_list(count - first, |index| read::shared_record(user, first + index))?;
        let details: Vec<_> = records.iter().map(|id| read::record(*id)).collect();
        let grants: Vec<_> = records.iter().map(|id| read::grant(*id, user)).collect();
        let grants = self.ask_all(&grants)?;
        let mut shared = BTreeMap::new();
        for ((id, record), granted) in records.iter().zip(self.ask_all(&details)?).zip(grants) {
            let is_open =
                granted.is_some_and(|one| one.rights.is_some() && grant::is_live(one.expiry, now));
            let Some(record) = record.filter(|_| is_open) else { continue };
            // The keys of an organisation are no document.
            let is_other = record.patient != *user;
            let is_key = ids::staff_record(&record.patient) == Some(*id);
            if is_other && !is_key && !ignored.contains(&record.patient) {
                *shared.entry(record.patient).or_default() += 1;
            }
        }
        Ok(shared)
    }
}

#[cfg(test)]
mod tests {
    use mrms_core::RecordId;
    use mrms_stacks::clarity::Value;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::session::Sending;
    use crate::testing::{Fakes, actor, tuple};

    struct Scene {
        fakes: Fakes,
        me: Actor,
        mother: Principal,
    }

    impl Scene {
        fn new() -> Self {
            let mut rng = StdRng::seed_from_u64(3);
            let me = actor(&mut rng);
            let mother = actor(&mut rng).principal();
            let fakes = Fakes::new(me.principal).unwrap();
            let scene = Self { fakes, me, mother };
            scene.says(0, None, None, None);
            let ledger = &scene.fakes.ledger;
            let named = Value::optional(Some(Value::principal(scene.mother.clone())));
            ledger.answer(&read::care_patient(&scene.me.principal(), 0), named);
            let standing = read::standing_grant(&scene.mother, &scene.me.principal());
            ledger.answer(&standing, Value::optional(None));
            let counts = tuple([
                ("records", Value::uint(1_u8)),
                ("team", Value::uint(1_u8)),
                ("audit-count", Value::uint(1_u8)),
                ("audit-head", Value::buffer([0; 32])),
                ("successor", Value::optional(None)),
            ]);
            ledger.answer(&read::patient_counts(&scene.mother), counts);
            let record = tuple([
                ("patient", Value::principal(scene.mother.clone())),
                ("version", Value::uint(1_u8)),
                ("audit-count", Value::uint(1_u8)),
                ("audit-head", Value::buffer([0; 32])),
                ("readers", Value::uint(1_u8)),
            ]);
            ledger.answer(&read::record(RecordId::new(7)), Value::optional(Some(record)));
            let shared = Value::optional(Some(Value::uint(7_u8)));
            ledger.answer(&read::shared_record(&scene.me.principal(), 0), shared);
            let grant = tuple([
                ("expiry", Value::optional(None)),
                ("rights", Value::uint(mrms_core::Rights::READ.bits())),
                ("granted-at", Value::uint(900_u16)),
                ("from-version", Value::uint(1_u8)),
            ]);
            let read = read::grant(RecordId::new(7), &scene.me.principal());
            ledger.answer(&read, Value::optional(Some(grant)));
            scene
        }

        /// How many records were shared, what the mother lets her daughter do, whether she named her a contact, and to whom she
        /// offers everything.
        fn says(
            &self,
            records: u64,
            powers: Option<Powers>,
            contact: Option<u64>,
            offered: Option<&Principal>,
        ) {
            let (ledger, me) = (&self.fakes.ledger, self.me.principal());
            let counts =
                tuple([("records", Value::uint(records)), ("patients", Value::uint(1_u8))]);
            ledger.answer(&read::user_counts(&me), counts);
            let delegation = powers.map(|powers| {
                tuple([
                    ("powers", Value::uint(powers.bits())),
                    ("expiry", Value::optional(None)),
                    ("term", Value::uint(1_u8)),
                    ("ended", Value::uint(0_u8)),
                    ("live", Value::Bool(true)),
                ])
            });
            ledger.answer(&read::delegate(&self.mother, &me), Value::optional(delegation));
            let contact = contact.map(|wait| {
                tuple([
                    ("powers", Value::uint(Powers::SEE.bits())),
                    ("wait", Value::uint(wait)),
                    ("ready-at", Value::optional(None)),
                ])
            });
            ledger.answer(&read::contact(&self.mother, &me), Value::optional(contact));
            let offered = offered.map(|to| Value::principal(to.clone()));
            ledger.answer(&read::pending_succession(&self.mother), Value::optional(offered));
        }

        /// The mother named her daughter a contact, who asked and can begin at this height.
        fn asked(&self, ready_at: u128) {
            let contact = tuple([
                ("powers", Value::uint(Powers::SEE.bits())),
                ("wait", Value::uint(144_u8)),
                ("ready-at", Value::optional(Some(Value::uint(ready_at)))),
            ]);
            let read = read::contact(&self.mother, &self.me.principal());
            self.fakes.ledger.answer(&read, Value::optional(Some(contact)));
        }

        fn is_told(&self, news: &ForMe) {
            let mut rng = StdRng::seed_from_u64(9);
            self.fakes.session(Sending::Send).are_told(&self.me, news, &mut rng).unwrap();
        }

        fn news(&self) -> ForMe {
            self.fakes.session(Sending::Send).for_me(&self.me).unwrap()
        }

        fn reads(&self, news: &ForMe) {
            let mut rng = StdRng::seed_from_u64(9);
            self.fakes.session(Sending::Send).have_read(&self.me, news, &mut rng).unwrap();
        }
    }

    #[test]
    fn everything_that_others_did_is_told_until_it_was_read_and_its_end_as_well() {
        let scene = Scene::new();
        assert!(scene.news().is_empty(), "nobody did anything");
        let me = scene.me.principal();
        scene.says(1, Some(Powers::ALL), Some(144), Some(&me));
        let news = scene.news();
        assert_eq!(news.shared.get(&scene.mother), Some(&1));
        assert_eq!(news.delegate_of.get(&scene.mother), Some(&Powers::ALL));
        assert!(news.contact_of.contains(&scene.mother));
        assert!(news.offered_by.contains(&scene.mother));
        assert_eq!(scene.news(), news, "it stays until it was read");
        scene.reads(&news);
        assert!(scene.news().is_empty());
        scene.says(1, None, None, None);
        let news = scene.news();
        assert!(news.delegate_no_more.contains(&scene.mother));
        assert!(news.contact_no_more.contains(&scene.mother));
        assert!(news.shared.is_empty() && news.offered_by.is_empty());
        scene.reads(&news);
        assert!(scene.news().is_empty());
    }

    #[test]
    fn end_of_a_power_is_told_also_where_nobody_read_that_it_was_given() {
        let scene = Scene::new();
        scene.says(0, Some(Powers::ALL), Some(144), None);
        let news = scene.news();
        scene.is_told(&news);
        assert_eq!(scene.news(), news, "it is news until it was read");
        scene.says(0, None, None, None);
        let news = scene.news();
        assert!(news.delegate_no_more.contains(&scene.mother), "{news:?}");
        assert!(news.contact_no_more.contains(&scene.mother), "{news:?}");
        scene.reads(&news);
        assert!(scene.news().is_empty());
    }

    #[test]
    fn whoever_goes_on_under_a_new_account_is_told_as_that_alone() {
        let scene = Scene::new();
        scene.says(0, Some(Powers::ALL), Some(144), None);
        scene.reads(&scene.news());
        let (ledger, me) = (&scene.fakes.ledger, scene.me.principal());
        let new: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let counts = |successor: Option<&Principal>| {
            tuple([
                ("records", Value::uint(1_u8)),
                ("team", Value::uint(1_u8)),
                ("audit-count", Value::uint(1_u8)),
                ("audit-head", Value::buffer([0; 32])),
                ("successor", Value::optional(successor.map(|one| Value::principal(one.clone())))),
            ])
        };
        ledger.answer(&read::patient_counts(&scene.mother), counts(Some(&new)));
        let news = scene.news();
        assert_eq!(news.new_accounts, BTreeMap::from([(scene.mother.clone(), new.clone())]));
        assert!(news.delegate_no_more.is_empty() && news.contact_no_more.is_empty(), "{news:?}");
        assert!(news.delegate_of.is_empty() && news.contact_of.is_empty(), "{news:?}");
        assert_eq!(scene.news(), news, "it stays until it was read");
        scene.reads(&news);
        assert!(scene.news().is_empty());
        // A new account that keeps nobody is an end.
        let scene = Scene::new();
        scene.says(0, Some(Powers::ALL), None, None);
        scene.reads(&scene.news());
        let ledger = &scene.fakes.ledger;
        ledger.answer(&read::patient_counts(&scene.mother), counts(Some(&new)));
        ledger.answer(&read::delegate(&scene.mother, &me), Value::optional(None));
        let news = scene.news();
        assert!(news.delegate_no_more.contains(&scene.mother) && news.new_accounts.is_empty());
    }

    #[test]
    fn end_of_a_membership_is_told_with_its_day_until_it_was_read_and_a_second_one_again() {
        use crate::profile::staff::HeldKeys;
        let scene = Scene::new();
        let (me, clinic) = (scene.me.principal(), scene.mother.clone());
        let root = scene.me.keyring.record_root().unwrap();
        let keys = HeldKeys { version: mrms_core::Version::FIRST, identities: Vec::new() };
        let session = scene.fakes.session(Sending::Send);
        let mut rng = StdRng::seed_from_u64(9);
        session.profile.hold_keys(&root, session.contract, &clinic, keys, &mut rng).unwrap();
        let now = crate::testing::FakeLedger::BURN_HEIGHT.number();
        let until = |height: Option<u128>| {
            let expiry = Value::optional(height.map(Value::uint));
            let member = Value::optional(Some(tuple([("expiry", expiry)])));
            scene.fakes.ledger.answer(&read::member(&clinic, &me), member);
        };
        until(None);
        assert!(scene.news().is_empty(), "they are on the staff");
        until(Some(now - 1));
        let news = scene.news();
        assert_eq!(news.member_no_more.get(&clinic), Some(&Some(BurnHeight::from_uint(now - 1))));
        assert!(!news.is_empty());
        assert_eq!(scene.news(), news, "it stays until it was read");
        scene.reads(&news);
        assert!(scene.news().is_empty());
        // They were named once more, and removed.
        until(Some(now));
        assert!(scene.news().member_no_more.contains_key(&clinic));
    }

    #[test]
    fn contact_may_begin_once_the_wait_is_over_and_that_stays_though_it_was_read() {
        let scene = Scene::new();
        scene.says(0, None, Some(144), None);
        let now = crate::testing::FakeLedger::BURN_HEIGHT.number();
        scene.asked(now + 1);
        for _ in 0..2 {
            // It stays, with from when on they may begin; that they were named they know.
            let news = scene.news();
            let ready = BurnHeight::from_uint(now + 1);
            assert_eq!(news.waits_for, BTreeMap::from([(scene.mother.clone(), ready)]));
            assert!(news.contact_of.is_empty() && news.may_begin.is_empty());
            scene.reads(&news);
        }
        scene.asked(now);
        for _ in 0..2 {
            let news = scene.news();
            assert!(news.may_begin.contains(&scene.mother) && news.contact_of.is_empty());
            assert!(news.waits_for.is_empty());
            scene.reads(&news);
        }
        scene.says(0, Some(Powers::SEE), None, None);
        assert!(scene.news().may_begin.is_empty());
    }

    #[test]
    fn contact_who_became_a_delegate_is_told_that_alone_and_offers_to_others_are_not_told() {
        let scene = Scene::new();
        scene.says(0, None, Some(144), None);
        scene.reads(&scene.news());
        let other: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        scene.says(0, Some(Powers::SEE), None, Some(&other));
        let news = scene.news();
        assert!(news.delegate_of.contains_key(&scene.mother));
        assert!(news.contact_no_more.is_empty() && news.offered_by.is_empty(), "{news:?}");
    }
}
