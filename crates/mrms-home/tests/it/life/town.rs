//! People in one process: a profile each, one embedded ledger, and two vaults of which both are needed.
//!
//! What they do goes to the real use cases and to the model, side by side.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use mrms_app::access::open::{Access, OpenRecordError};
use mrms_app::contacts::TermsOfContact;
use mrms_app::profile::ProfileFolder;
use mrms_app::records::write::{Placement, Source};
use mrms_app::sending::outcome::{Outcome, SendError};
use mrms_app::session::vaults::{Member, MemberError, Vaults};
use mrms_app::sharing::grant::{GrantTerms, Sharing};
use mrms_app::sharing::of_all::{TermsOfAll, WhatTheyGranted};
use mrms_app::sharing::purpose::PurposeError;
use mrms_app::sharing::recipients::ChangedKey;
use mrms_app::staff::administer::StaffError;
use mrms_app::staff::open::OpenForError;
use mrms_app::{Actor, Session};
use mrms_contract::{Read, ids, read};
use mrms_core::{BurnHeight, Powers, Principal, RecordId, Rights, Version};
use mrms_crypto::age_file::{Passphrase, WorkFactor};
use mrms_crypto::content::Retention;
use mrms_crypto::{IdentityIndex, Words};
use mrms_home::clock::{now, rng};
use mrms_home::keys::actor_of;
use mrms_home::ledger::HomeLedger;
use mrms_home::vault::own::{OwnVault, VaultFolder};
use mrms_home::{Home, HomeFolder, OpenHome};
use mrms_store::FileStore;
use rand_core::Rng as _;
use tempfile::TempDir;

use super::model::{Model, Name};
use crate::face::Nobody;
use crate::settings;

/// Burn blocks of a day.
const DAY: u64 = 144;
/// All of a small document goes on chain.
const PLACEMENT: Placement = Placement { inline_limit: 16 * 1024, retention: Retention::Permanent };
/// The kind of what was given: until a day, or without an end.
pub(crate) type Days = Option<u64>;

struct Person {
    home: Home,
    actor: Actor,
    profile: ProfileFolder,
    words: Words,
}

struct Written {
    id: RecordId,
    content: String,
}

pub(crate) struct Town {
    people: BTreeMap<Name, Person>,
    records: BTreeMap<Name, Written>,
    model: Model,
    vaults: Vaults,
    /// The vaults once more, which look for what ended as they do when they run.
    watched: Vec<Arc<OwnVault>>,
    open: OpenHome,
    /// How many openings were tried.
    pub(crate) tried: usize,
    folder: TempDir,
}

fn home_of(root: &HomeFolder, name: &str) -> Home {
    let settings = settings::home(name.parse().unwrap());
    Home::new(root.clone(), settings, Arc::new(Nobody))
}

impl Town {
    pub(crate) fn of(names: &[Name]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = HomeFolder::new(folder.path().join("home"));
        let passphrase = || Passphrase::new("three owls above the mill".to_owned().into()).unwrap();
        let mut people = BTreeMap::new();
        for name in names {
            let home = home_of(&root, name);
            let words = Words::generate(&mut rng());
            let work = WorkFactor::new(10).unwrap();
            let made =
                home.make_profile(&words, IdentityIndex::FIRST, &passphrase(), work).unwrap();
            let profile = root.profile(home.profile());
            people.insert(*name, Person { home, actor: made.actor, profile, words });
        }
        let open = home_of(&root, names[0]).open().unwrap();
        let watched: Vec<_> = ["first", "second"]
            .map(|name| {
                let place = HomeFolder::new(folder.path().join(name));
                let guardian =
                    VaultFolder::on(&place, open.ledger().port().network(), open.contract());
                let (ledger, contract) = (open.ledger().shared(), open.contract().clone());
                let files = FileStore::open_folder(&place.vault()).unwrap();
                Arc::new(OwnVault::new(guardian, ledger, contract, files, Duration::from_secs(5)))
            })
            .into();
        let member = |(place, vault): (usize, &Arc<OwnVault>)| {
            Member::new(format!("vault {place}"), Box::new(Arc::clone(vault)))
        };
        let members = watched.iter().enumerate().map(member).collect();
        let vaults = Vaults::new(members, 2, now).unwrap();
        let (records, model) = (BTreeMap::new(), Model::default());
        Self { people, records, model, vaults, watched, open, tried: 0, folder }
    }

    fn as_person(&self, name: Name) -> (Session<'_>, &Actor) {
        let person = &self.people[name];
        self.open.fund(&person.actor).unwrap();
        let session =
            Session { profile: &person.profile, vaults: &self.vaults, ..self.open.session() };
        (session, &person.actor)
    }

    fn principal(&self, name: Name) -> Principal {
        self.people[name].actor.principal()
    }

    fn height(&self) -> u64 {
        u64::try_from(self.open.session().ledger.tip().unwrap().burn_height.number()).unwrap()
    }

    fn until(&self, days: Days) -> Option<u64> {
        days.map(|days| self.height() + days * DAY)
    }

    /// So many days go by, and the vaults look for what has ended.
    pub(crate) fn pass(&mut self, days: u64) {
        let HomeLedger::Embedded(ledger) = self.open.ledger() else { panic!("it is served") };
        ledger.advance(days * DAY).unwrap();
        self.watched.iter().for_each(|vault| vault.watch().unwrap());
    }

    /// Everybody tries to open every record. Who gets the content is who may, by the model.
    #[track_caller]
    pub(crate) fn check(&mut self, when: &str) {
        let now = self.height();
        let mut wrong = Vec::new();
        for who in self.people.keys().copied() {
            for record in self.records.keys().copied() {
                self.tried += 1;
                let (opened, may) =
                    (self.opens(who, record), self.model.may_open(who, record, now));
                match opened {
                    Ok(()) if !may => wrong.push(format!("{who} opens {record:?}, and may not")),
                    Err(why) if may => wrong.push(format!("{who} may open {record:?}: {why}")),
                    _ => {}
                }
            }
        }
        assert!(wrong.is_empty(), "{when}, at burn height {now}:\n{}", wrong.join("\n"));
        self.compare_answers();
    }

    /// What is answered from the contract's maps is what the contract answers.
    fn compare_answers(&self) {
        let ids: Vec<_> =
            self.records.values().map(|one| one.id).chain([RecordId::new(1)]).collect();
        let people = self.people.values().map(|one| one.actor.principal()).collect::<Vec<_>>();
        for id in &ids {
            self.compare(&[read::record(*id)]);
            self.compare(&(0..3).map(|place| read::record_reader(*id, place)).collect::<Vec<_>>());
            let versions = [Version::FIRST, Version::FIRST.next(), Version::FIRST.next().next()];
            self.compare(&versions.map(|version| read::record_version(*id, version)));
            let users = || people.iter();
            let envelopes = users().map(|user| read::key_envelope(*id, Version::FIRST, user));
            self.compare(&envelopes.collect::<Vec<_>>());
            self.compare(
                &users().map(|user| read::emergency_opening(*id, user)).collect::<Vec<_>>(),
            );
            self.compare(&users().map(|user| read::grant(*id, user)).collect::<Vec<_>>());
            self.compare(&(0..4).map(|place| read::audit_entry(*id, place)).collect::<Vec<_>>());
        }
        for patient in &people {
            let others = || people.iter();
            let standing = others().map(|user| read::standing_grant(patient, user));
            self.compare(&standing.collect::<Vec<_>>());
            self.compare(&others().map(|user| read::delegate(patient, user)).collect::<Vec<_>>());
            let place = |place| {
                (read::patient_record(patient, place), read::care_team_member(patient, place))
            };
            let (records, team): (Vec<_>, Vec<_>) = (0..3).map(place).unzip();
            self.compare(&records);
            self.compare(&team);
        }
        self.compare(&people.iter().map(read::line).collect::<Vec<_>>());
        self.compare(&people.iter().map(read::patient_counts).collect::<Vec<_>>());
        self.compare(&people.iter().map(read::vault_log).collect::<Vec<_>>());
        self.compare(&people.iter().map(read::encryption_key).collect::<Vec<_>>());
        self.compare(&people.iter().map(|user| read::shared_record(user, 0)).collect::<Vec<_>>());
    }

    fn compare<T>(&self, reads: &[Read<T>]) {
        let (ledger, contract) = (self.open.ledger().port(), self.open.contract());
        let calls: Vec<_> =
            reads.iter().map(|read| (read.function, read.arguments.as_slice())).collect();
        let from_maps = ledger.call_read_only_all(contract, &calls).unwrap();
        // Beside a question that no map answers, the machine answers all.
        let mut calls = calls;
        calls.push(("get-contract-version", &[]));
        let by_machine = ledger.call_read_only_all(contract, &calls).unwrap();
        for ((function, arguments), (one, other)) in
            calls.iter().zip(from_maps.iter().zip(&by_machine))
        {
            assert_eq!(one, other, "{function} {arguments:?}");
        }
    }

    /// Tries everything that somebody has: their own account, then each organisation whose key they hold.
    fn opens(&self, who: Name, record: Name) -> Result<(), String> {
        let (session, actor) = self.as_person(who);
        let Written { id, content } = &self.records[record];
        let got = |access: Outcome<Access>| {
            let access = access.done().unwrap();
            let mut bytes = Vec::new();
            session.decrypt(&access.unlocked, &mut bytes).unwrap();
            session.finish(&access).unwrap();
            assert_eq!(bytes, content.as_bytes(), "{who} got other bytes of {record:?}");
            Ok(())
        };
        let mut why = match session.access(actor, *id, None, &mut rng()) {
            Ok(access) => return got(access),
            Err(error) => refusal(&error),
        };
        for organisation in session.organisations(actor).unwrap() {
            let opened = session.access_for_organisation(
                actor,
                &organisation,
                (*id, None),
                None,
                &mut rng(),
            );
            match opened {
                Ok(access) => return got(access),
                Err(error) => why = format!("{why}; for an organisation: {}", refusal_for(&error)),
            }
        }
        Err(why)
    }

    fn source(content: &str, name: &str) -> Source<Cursor<Vec<u8>>> {
        let (bytes, length) = (content.as_bytes().to_vec(), content.len() as u64);
        let file_name = format!("{name}.txt").parse().ok();
        Source { content: Cursor::new(bytes), length, file_name, media_type: None, label: None }
    }

    /// Somebody puts a document on record, for themselves or as a delegate.
    pub(crate) fn create(&mut self, author: Name, patient: Name, record: Name) {
        let content = format!("{record}, as it was first");
        let id = ids::bound_to(&self.principal(author), rng().next_u64()).unwrap();
        let (session, actor) = self.as_person(author);
        let source = Self::source(&content, record);
        let created = if author == patient {
            session.create(actor, id, source, PLACEMENT, &mut rng())
        } else {
            let patient = self.principal(patient);
            session.create_for(actor, &patient, id, source, PLACEMENT, &mut rng())
        };
        created.unwrap().done().unwrap();
        self.records.insert(record, Written { id, content });
        self.model.create(patient, record);
    }

    /// Somebody adds a version.
    pub(crate) fn amend(&mut self, author: Name, record: Name) {
        let id = self.records[record].id;
        let content = format!("{}, and what {author} added", self.records[record].content);
        let (session, actor) = self.as_person(author);
        let source = Self::source(&content, record);
        session
            .amend(actor, id, source, PLACEMENT.inline_limit, &mut rng())
            .unwrap()
            .done()
            .unwrap();
        self.records.insert(record, Written { id, content });
    }

    /// The patient grants, or `by` as their delegate.
    pub(crate) fn grant(&mut self, by: Name, record: Name, to: Name, days: Days, rights: Rights) {
        let until = self.until(days);
        let terms = GrantTerms {
            rights,
            expiry: until.map(BurnHeight::new),
            sharing: Sharing::Sealed,
            changed_key: ChangedKey::Accept,
        };
        let (session, actor) = self.as_person(by);
        let (id, user) = (self.records[record].id, self.principal(to));
        session.grant(actor, id, &user, terms, &mut rng()).unwrap().done().unwrap();
        let is_own = session.ask(&mrms_contract::read::record(id)).unwrap().unwrap().patient
            == actor.principal();
        self.model.grant(record, to, until, (!is_own).then_some(by));
    }

    /// The patient lets somebody read everything, later records too.
    pub(crate) fn grant_all(&mut self, patient: Name, to: Name, days: Days) {
        let until = self.until(days);
        let (session, actor) = self.as_person(patient);
        let terms = terms_of_all(Rights::READ, until);
        session.grant_all(actor, &self.principal(to), terms).unwrap().done().unwrap();
        self.model.grant_all(patient, to, until);
        self.tend(patient);
    }

    /// The patient lets somebody act for them.
    pub(crate) fn name_delegate(&mut self, patient: Name, to: Name, days: Days) {
        let until = self.until(days);
        let (session, actor) = self.as_person(patient);
        let terms = terms_of_all(Powers::ALL, until);
        session.name_delegate(actor, &self.principal(to), terms).unwrap().done().unwrap();
        self.model.act(patient, to, until);
        self.tend(patient);
    }

    /// The delegation ends, and what they granted with it.
    pub(crate) fn end_delegate(&mut self, patient: Name, to: Name) {
        let (session, actor) = self.as_person(patient);
        session
            .end_delegate(actor, &self.principal(to), WhatTheyGranted::Ends)
            .unwrap()
            .done()
            .unwrap();
        self.model.end_acting(patient, to);
    }

    /// What any program of a patient does beside its own work.
    pub(crate) fn tend(&self, patient: Name) {
        let (session, actor) = self.as_person(patient);
        session.catch_up(actor, &mut rng()).unwrap();
        let records = session.records_of(&actor.principal()).unwrap();
        let tended = session.tend(actor, &records, usize::MAX, &mut |_, _| {}, &mut rng()).unwrap();
        assert!(tended.failed.is_none() && tended.to_do == 0, "{tended:?}");
    }

    /// An organisation names a member, who takes its key.
    pub(crate) fn employ(&mut self, organisation: Name, member: Name, days: Days) {
        let until = self.until(days);
        let expiry = until.map(BurnHeight::new);
        let (session, actor) = self.as_person(organisation);
        let user = self.principal(member);
        session.keep_staff_key(actor, PLACEMENT.inline_limit, &mut rng()).unwrap().done().unwrap();
        let staff = ids::staff_record(&actor.principal()).unwrap();
        let terms = GrantTerms {
            rights: Rights::READ,
            expiry,
            sharing: Sharing::Sealed,
            changed_key: ChangedKey::Accept,
        };
        session.grant(actor, staff, &user, terms, &mut rng()).unwrap().done().unwrap();
        session.set_member(actor, &user, expiry).unwrap().done().unwrap();
        let (session, actor) = self.as_person(member);
        session
            .take_staff_key(actor, &self.principal(organisation), &mut rng())
            .unwrap()
            .done()
            .unwrap();
        self.model.join(organisation, member, until);
    }

    /// A member leaves, and the organisation begins a new key.
    pub(crate) fn dismiss(&mut self, organisation: Name, member: Name) {
        let user = self.principal(member);
        let (session, actor) = self.as_person(organisation);
        assert!(session.end_membership(actor, &user).unwrap().done().unwrap().is_key_due);
        let person = self.people.get_mut(organisation).unwrap();
        person.home.begin_identity(&self.open, &mut person.actor).unwrap();
        let (session, actor) = self.as_person(organisation);
        let kept = session.keep_staff_key(actor, PLACEMENT.inline_limit, &mut rng()).unwrap();
        assert!(kept.done().unwrap().is_new);
        session.publish_recipient(actor).unwrap().done().unwrap();
        self.model.leave(organisation, member);
    }

    pub(crate) fn name_contact(&mut self, patient: Name, who: Name, wait_days: u64) {
        let (session, actor) = self.as_person(patient);
        let (powers, wait, changed_key) = (Powers::SEE, wait_days * DAY, ChangedKey::Accept);
        let terms = TermsOfContact { powers, wait, changed_key };
        session.name_contact(actor, &self.principal(who), terms).unwrap().done().unwrap();
    }

    pub(crate) fn ask_to_act(&mut self, contact: Name, patient: Name) {
        let (session, actor) = self.as_person(contact);
        session.ask_for_delegation(actor, &self.principal(patient)).unwrap().done().unwrap();
    }

    /// Whether the wait is over.
    pub(crate) fn accept_to_act(&mut self, contact: Name, patient: Name) -> bool {
        let (session, actor) = self.as_person(contact);
        let accepted = session.accept_delegation(actor, &self.principal(patient)).is_ok();
        if accepted {
            self.model.act(patient, contact, None);
        }
        accepted
    }

    /// Somebody gets hold of somebody's words.
    pub(crate) fn steal(&mut self, thief: Name, from: Name) {
        let network = self.open.session().ledger.network();
        let victim = &self.people[from];
        let words = Words::parse(&victim.words.to_phrase()).unwrap();
        let actor = actor_of(&words, IdentityIndex::FIRST, network).unwrap();
        let home = home_of(self.open_folder(), thief);
        let profile = ProfileFolder::new(&self.folder.path().join(thief));
        std::fs::create_dir(self.folder.path().join(thief)).unwrap();
        self.people.insert(thief, Person { home, actor, profile, words });
        self.model.steal(thief, from);
    }

    fn open_folder(&self) -> &HomeFolder {
        self.people.values().next().unwrap().home.folder()
    }

    /// Everything passes to a new account, which ends what these people could do.
    pub(crate) fn hand_over(&mut self, from: Name, to: Name, without: &[Name]) {
        let (session, actor) = self.as_person(from);
        let successor = self.people[to].actor.principal;
        let offered = session.offer_succession(actor, successor, now(), &mut rng()).unwrap();
        let bytes = offered.done().unwrap().document.to_bytes();
        let shut_out: Vec<_> = without.iter().map(|name| self.principal(name)).collect();
        let (session, _) = self.as_person(from);
        let holders = session.holders(&self.principal(from)).unwrap();
        let ending: Vec<_> =
            holders.into_iter().filter(|one| shut_out.contains(&one.who)).collect();
        assert_eq!(ending.len(), without.len(), "each of them can do something");
        self.as_person(to);
        let person = self.people.get_mut(to).unwrap();
        let session =
            Session { profile: &person.profile, vaults: &self.vaults, ..self.open.session() };
        let taking = session.look_at_hand_over(&person.actor, &bytes).unwrap();
        let ended = session.take_over(&mut person.actor, taking, &ending, &mut rng()).unwrap();
        assert!(ended.done().unwrap().iter().all(|one| one.refused.is_none()));
        self.model.succeed(from, to, without);
    }
}

fn terms_of_all<T>(allows: T, until: Option<u64>) -> TermsOfAll<T> {
    TermsOfAll { allows, expiry: until.map(BurnHeight::new), changed_key: ChangedKey::Accept }
}

/// Why somebody was refused. What is no refusal fails the test: a vault that is away would look like a rule.
fn refusal(error: &OpenRecordError) -> String {
    let is_refusal = match error {
        OpenRecordError::Send(SendError::Refused { .. })
        | OpenRecordError::NoKey { .. }
        | OpenRecordError::Closed { .. } => true,
        OpenRecordError::Vaults(few) => {
            few.failures.iter().all(|one| MemberError::reason(one).is_some())
        }
        _ => false,
    };
    assert!(is_refusal, "no refusal: {error:?}");
    error.to_string()
}

fn refusal_for(error: &OpenForError) -> String {
    match error {
        OpenForError::Staff(StaffError::NotMember { .. } | StaffError::NoStaff { .. }) => {
            error.to_string()
        }
        OpenForError::Purpose(PurposeError::Open(error)) => refusal(error),
        error => panic!("no refusal: {error:?}"),
    }
}
