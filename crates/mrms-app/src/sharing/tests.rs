//! A ledger that lies about readers, their keys, and what was shared.

use std::collections::BTreeSet;

use mrms_contract::{ContractError, read};
use mrms_core::{BurnHeight, ContentHash, Principal, RecordId, Rights, Version};
use mrms_crypto::content::Retention;
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::Payload;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::grant::{GrantTerms, Sharing};
use super::not_shown::What;
use super::recipients::ChangedKey;
use super::revoke::StandingAccess;
use super::unknown::WhyLeftOut;
use crate::profile::granted::{Granted, GrantedMemory, GrantedTerms};
use crate::records::write::{Added, LeftOut, Placement, Source, WriteError};
use crate::session::{Actor, Sending, Session};
use crate::testing::{FakeLedger, Fakes, actor, tuple};

const RECORD: RecordId = RecordId::new(7);
const NOTE: &[u8] = b"Blood pressure 120/80.";

/// A patient with a record, and a reader of whom the ledger says what a test wants.
struct Scene {
    fakes: Fakes,
    patient: Actor,
    reader: Actor,
    rng: StdRng,
}

fn source() -> Source<&'static [u8]> {
    let length = NOTE.len() as u64;
    Source { content: NOTE, length, file_name: None, media_type: None, label: None }
}

impl Scene {
    /// The ledger says that the reader has a live grant from version 1, for ever.
    fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(5);
        let (patient, reader) = (actor(&mut rng), actor(&mut rng));
        let fakes = Fakes::new(patient.principal).unwrap();
        let mut scene = Self { fakes, patient, reader, rng };
        scene.create();
        scene.says_key(&actor_key(&scene.reader));
        scene.says_granted(Rights::READ);
        scene
    }

    fn ledger(&self) -> &FakeLedger {
        &self.fakes.ledger
    }

    fn session(&self) -> Session<'_> {
        self.fakes.session(Sending::Send)
    }

    fn user(&self) -> Principal {
        self.reader.principal()
    }

    fn create(&mut self) {
        let ledger = &self.fakes.ledger;
        ledger.answer(&read::record(RECORD), Value::optional(None));
        ledger.result(written(1));
        let placement = Placement { inline_limit: 4_096, retention: Retention::Permanent };
        let session = self.fakes.session(Sending::Send);
        let made = session.create(&self.patient, RECORD, source(), placement, &mut self.rng);
        made.unwrap().done().unwrap();
        let submitted = ledger.submitted();
        let Payload::ContractCall(call) = submitted[0].payload() else { panic!("no call") };
        let patient = self.patient.principal();
        let content = call.arguments[1].read().buffer().unwrap().to_vec();
        let hash = ContentHash::of(&content);
        ledger.answer(
            &read::record_version(RECORD, Version::FIRST),
            Value::optional(Some(tuple([
                ("author", Value::principal(patient.clone())),
                ("encrypted-content", Value::buffer(content)),
                ("content-hash", Value::buffer(*hash.as_bytes())),
                ("burn-height", Value::uint(900_u16)),
            ]))),
        );
        self.is_of(patient);
        let ledger = &self.fakes.ledger;
        let user = self.reader.principal();
        ledger.answer(
            &read::record_reader(RECORD, 0),
            Value::optional(Some(Value::principal(user.clone()))),
        );
        ledger
            .answer(&read::standing_grant(&self.patient.principal(), &user), Value::optional(None));
        // An envelope of old lies on chain, or so the ledger says.
        ledger.answer(
            &read::key_envelope(RECORD, Version::FIRST, &user),
            Value::optional(Some(Value::buffer([1; 40]))),
        );
    }

    fn says_granted(&self, rights: Rights) {
        let grant = tuple([
            ("expiry", Value::optional(None)),
            ("rights", Value::uint(rights.bits())),
            ("granted-at", Value::uint(900_u16)),
            ("from-version", Value::uint(1_u8)),
        ]);
        self.ledger().answer(&read::grant(RECORD, &self.user()), Value::optional(Some(grant)));
    }

    fn says_key(&self, recipient: &[u8]) {
        let key =
            tuple([("recipient", Value::buffer(recipient)), ("generation", Value::uint(1_u8))]);
        self.ledger().answer(&read::encryption_key(&self.user()), Value::optional(Some(key)));
    }

    /// The patient grants directly, with the key that the ledger says now.
    fn grant_directly(&mut self) {
        self.ledger().answer(
            &read::key_envelope(RECORD, Version::FIRST, &self.reader.principal()),
            Value::optional(None),
        );
        for _ in 0..2 {
            self.ledger().result(Value::ok(Value::Bool(true)));
        }
        let terms = GrantTerms {
            rights: Rights::READ,
            expiry: None,
            sharing: Sharing::Direct,
            changed_key: ChangedKey::Refuse,
        };
        let (session, user) = (self.fakes.session(Sending::Send), self.reader.principal());
        let granted = session.grant(&self.patient, RECORD, &user, terms, &mut self.rng);
        granted.unwrap().done().unwrap();
    }

    /// The patient amends; the ledger takes this many key envelopes with it.
    fn amend(&mut self, envelopes: usize) -> Result<Added, WriteError> {
        self.ledger().result(written(2));
        for _ in 0..envelopes {
            self.ledger().result(Value::ok(Value::Bool(true)));
        }
        let session = self.fakes.session(Sending::Send);
        let amended = session.amend(&self.patient, RECORD, source(), 4_096, &mut self.rng)?;
        Ok(amended.done().unwrap())
    }

    /// The functions that the last operation called.
    fn called_since(&self, before: usize) -> Vec<String> {
        let submitted = self.ledger().submitted();
        let name = |one: &mrms_stacks::transaction::Transaction| match one.payload() {
            Payload::ContractCall(call) => call.function.to_string(),
            _ => "no call".to_owned(),
        };
        submitted[before..].iter().map(name).collect()
    }

    /// The ledger names this account as the record's patient.
    fn is_of(&self, patient: Principal) {
        self.fakes.ledger.answer(
            &read::record(RECORD),
            Value::optional(Some(tuple([
                ("patient", Value::principal(patient)),
                ("version", Value::uint(1_u8)),
                ("readers", Value::uint(1_u8)),
                ("audit-count", Value::uint(2_u8)),
                ("audit-head", Value::buffer([9; 32])),
            ]))),
        );
    }

    fn assert_left_out(&mut self, why: WhyLeftOut) {
        let before = self.ledger().submitted().len();
        let added = self.amend(0).unwrap();
        assert_eq!(added.left_out, [LeftOut { user: self.user(), why }]);
        assert_eq!(added.shared_with, []);
        assert_eq!(self.called_since(before), ["amend-record-version"]);
    }
}

fn actor_key(actor: &Actor) -> Vec<u8> {
    actor.keyring.identity(actor.identity).unwrap().recipient().to_bytes()
}

fn written(version: u8) -> Value {
    let hash = Value::buffer([0; 32]);
    Value::ok(tuple([("version", Value::uint(version)), ("content-hash", hash)]))
}

#[test]
fn invented_reader_gets_no_key() {
    let mut scene = Scene::new();
    scene.assert_left_out(WhyLeftOut::NotRemembered);
    assert!(scene.fakes.profile.pinned().unwrap().is_empty(), "no key is pinned unasked");
}

#[test]
fn reader_of_this_person_gets_the_key_as_granted() {
    let mut scene = Scene::new();
    scene.grant_directly();
    let before = scene.ledger().submitted().len();
    let added = scene.amend(1).unwrap();
    assert_eq!((added.shared_with, added.left_out), (vec![scene.user()], vec![]));
    assert_eq!(scene.called_since(before), ["amend-record-version", "put-key-envelope"]);
}

#[test]
fn reader_whose_access_was_ended_gets_no_key_whatever_the_ledger_says() {
    let mut scene = Scene::new();
    scene.grant_directly();
    let end = |memory: &mut GrantedMemory| {
        memory.end(&scene.fakes.contract, RECORD, &scene.reader.principal());
    };
    let root = scene.patient.keyring.record_root().unwrap();
    scene.fakes.profile.change_granted(&root, end).unwrap();
    scene.assert_left_out(WhyLeftOut::Ended);
}

#[test]
fn access_that_a_ledger_hides_is_known_and_ended_all_the_same() {
    let mut scene = Scene::new();
    scene.grant_directly();
    let (user, own) = (scene.user(), BTreeSet::from([RECORD]));
    let hidden = |scene: &Scene, own: &BTreeSet<RecordId>| {
        scene.session().given_and_not_shown(&scene.patient, &user, own, None).unwrap()
    };
    scene.ledger().answer(&read::grant(RECORD, &user), Value::optional(None));
    assert_eq!(hidden(&scene, &own).records, [RECORD]);
    assert!(!hidden(&scene, &own).has(What::AllRecords));
    let listed = hidden(&scene, &BTreeSet::new()).records;
    assert_eq!(listed, [RECORD], "the list of records leaves it out");
    scene.is_of(user.clone());
    assert_eq!(
        hidden(&scene, &BTreeSet::new()).unseen,
        [RECORD],
        "whose it is, the contract knows"
    );
    scene.is_of(scene.patient.principal());
    let before = scene.ledger().submitted().len();
    let end = |scene: &Scene| {
        let (session, patient) = (scene.session(), &scene.patient);
        let ended = session.revoke_several(patient, &[RECORD], &user, StandingAccess::Leave);
        assert!(matches!(
            ended.unwrap().done().unwrap().as_slice(),
            [(RECORD, Err(ContractError::NoSuchGrant))]
        ));
    };
    // The contract has the last word, and not the node.
    scene.ledger().result(Value::Err(Box::new(Value::uint(ContractError::NoSuchGrant.code()))));
    end(&scene);
    assert_eq!(scene.called_since(before), ["revoke-record-access"]);
    assert!(hidden(&scene, &own).is_empty());
    // What this person has ended, too, is not sent for a fee.
    end(&scene);
    assert_eq!(scene.called_since(before), ["revoke-record-access"]);
}

#[test]
fn what_a_node_does_not_take_together_is_ended_by_itself() {
    let mut scene = Scene::new();
    scene.grant_directly();
    scene.says_granted(Rights::READ);
    let user = scene.user();
    scene.ledger().reject_next();
    let (session, patient) = (scene.session(), &scene.patient);
    let refused = session.revoke_several(patient, &[RECORD], &user, StandingAccess::Leave);
    assert!(refused.unwrap_err().is_of_one_transaction());
    scene.ledger().result(Value::ok(Value::Bool(true)));
    for index in 0..2 {
        scene.ledger().answer(&read::audit_entry(RECORD, index), Value::optional(None));
    }
    let (each, all) = session.revoke_each(patient, &[RECORD], &user, StandingAccess::Leave);
    assert!(all.is_ok());
    assert!(matches!(each.as_slice(), [(RECORD, Ok(_))]), "{each:?}");
}

#[test]
fn access_to_a_record_that_a_ledger_hides_is_ended_all_the_same() {
    let mut scene = Scene::new();
    scene.grant_directly();
    let (user, none) = (scene.user(), BTreeSet::new());
    scene.ledger().answer(&read::record(RECORD), Value::optional(None));
    let hidden = |scene: &Scene| {
        scene.session().given_and_not_shown(&scene.patient, &user, &none, None).unwrap()
    };
    assert_eq!(hidden(&scene).unseen, [RECORD]);
    let before = scene.ledger().submitted().len();
    scene.ledger().result(Value::ok(Value::Bool(true)));
    let ended = scene.session().end_unasked(&scene.patient, &user, vec![What::Record(RECORD)]);
    assert_eq!(ended.unwrap().done().unwrap()[0].refusal, None);
    assert_eq!(scene.called_since(before), ["revoke-record-access"]);
    assert!(hidden(&scene).is_empty());
}

#[test]
fn what_a_ledger_does_not_answer_about_is_ended_by_memory_and_stays_wanted_until_a_block_has_it() {
    let mut scene = Scene::new();
    scene.grant_directly();
    let user = scene.user();
    // Nothing is asked: no answer is prepared. A record of an id that tells nothing is not taken for one's own.
    let given = |scene: &Scene| scene.session().given_unasked(&scene.patient, &user).unwrap();
    assert!(given(&scene).is_empty());
    let (root, contract) = (scene.patient.keyring.record_root().unwrap(), &scene.fakes.contract);
    let me = scene.patient.principal();
    let mut rng = StdRng::seed_from_u64(12);
    scene.fakes.profile.know_whose(&root, contract, (RECORD, &me), &mut rng).unwrap();
    assert_eq!(given(&scene), [What::Record(RECORD)]);
    let end = |scene: &Scene| {
        scene.session().end_unasked(&scene.patient, &user, vec![What::Record(RECORD)])
    };
    scene.ledger().reject_next();
    assert!(end(&scene).unwrap_err().is_of_one_transaction());
    let memory = scene.fakes.profile.granted(&root).unwrap();
    let known = memory.of(contract, RECORD, &user).unwrap();
    assert!(known.rights().is_none() && known.stands(), "no key goes to them, and it is open");
    assert_eq!(given(&scene), [What::Record(RECORD)], "the next command tries again");
    scene.ledger().result(Value::ok(Value::Bool(true)));
    assert_eq!(end(&scene).unwrap().done().unwrap()[0].refusal, None);
    assert!(given(&scene).is_empty());
    let session = scene.session();
    let named = vec![What::Record(RECORD), What::Record(RecordId::new(8)), What::AllRecords];
    let left = session.not_yet_ended(&scene.patient, &user, named).unwrap();
    assert_eq!(left, [What::Record(RecordId::new(8)), What::AllRecords]);
}

#[test]
fn other_key_of_a_reader_gets_nothing_even_where_the_pinned_one_was_replaced() {
    let mut scene = Scene::new();
    scene.grant_directly();
    let thief = actor(&mut scene.rng);
    scene.says_key(&actor_key(&thief));
    scene.assert_left_out(WhyLeftOut::KeyChanged);
    // Somebody also wrote the thief's key into the file without a tag.
    let mut pinned = scene.fakes.profile.pinned().unwrap();
    let recipient = thief.keyring.identity(thief.identity).unwrap().recipient().to_string();
    pinned.get_mut(&scene.user()).unwrap().recipient = recipient;
    scene.fakes.profile.pin(&pinned).unwrap();
    scene.assert_left_out(WhyLeftOut::KeyChanged);
    let user = scene.user();
    let changed = scene.session().changed_recipient(Some(&scene.patient), &user).unwrap();
    let changed = changed.expect("the person is asked");
    let mut rng = StdRng::seed_from_u64(6);
    scene.session().trust(Some(&scene.patient), changed, &mut rng).unwrap();
    assert_eq!(scene.amend(1).unwrap().shared_with, [user]);
}

#[test]
fn sealed_reader_is_not_made_a_direct_one() {
    let mut scene = Scene::new();
    let identity = scene.reader.keyring.identity(scene.reader.identity).unwrap();
    let recipient = identity.recipient();
    let terms = GrantedTerms {
        rights: Rights::READ,
        expiry: None,
        from_version: Version::FIRST,
        sharing: Sharing::Sealed,
        recipient: recipient.to_string(),
    };
    let granted = Granted::new(&scene.fakes.contract, RECORD, &scene.user(), terms);
    let root = scene.patient.keyring.record_root().unwrap();
    scene.fakes.profile.change_granted(&root, |memory| memory.set(granted)).unwrap();
    let before = scene.ledger().submitted().len();
    // The ledger says that an envelope lies on chain. The vault is asked nevertheless; it is away.
    let refused = scene.amend(0).unwrap_err();
    assert!(matches!(refused, WriteError::Share(_)), "{refused}");
    assert_eq!(scene.called_since(before), Vec::<String>::new());
}

#[test]
fn ledger_that_names_another_patient_gets_no_version() {
    let mut scene = Scene::new();
    let (me, user) = (scene.patient.principal(), scene.user());
    let session = scene.fakes.session(Sending::Send);
    session.know_patient(&scene.patient, RECORD, &me, &mut scene.rng).unwrap();
    let record = tuple([
        ("patient", Value::principal(user)),
        ("version", Value::uint(1_u8)),
        ("readers", Value::uint(1_u8)),
        ("audit-count", Value::uint(2_u8)),
        ("audit-head", Value::buffer([9; 32])),
    ]);
    scene.ledger().answer(&read::record(RECORD), Value::optional(Some(record)));
    let before = scene.ledger().submitted().len();
    let refused = scene.amend(0).unwrap_err();
    assert!(matches!(refused, WriteError::OtherPatient { .. }), "{refused}");
    assert_eq!(scene.called_since(before), Vec::<String>::new());
}

#[test]
fn accepted_reader_gets_the_key_and_a_declined_one_is_not_asked_about_again() {
    let mut scene = Scene::new();
    let unknown = scene.session().unknown_readers(&scene.patient, RECORD).unwrap();
    assert_eq!((unknown.len(), &unknown[0].user), (1, &scene.user()));
    scene.session().decline_reader(&scene.patient, RECORD, &unknown[0]).unwrap();
    assert!(scene.session().unknown_readers(&scene.patient, RECORD).unwrap().is_empty());
    scene.assert_left_out(WhyLeftOut::Ended);
    let reader = unknown.into_iter().next().unwrap();
    scene.session().accept_reader(&scene.patient, RECORD, reader).unwrap();
    assert!(scene.session().unknown_readers(&scene.patient, RECORD).unwrap().is_empty());
    // As a sealed reader, whatever lies on chain.
    assert!(matches!(scene.amend(0).unwrap_err(), WriteError::Share(_)));
}

#[test]
fn rights_that_the_ledger_invents_are_not_remembered_ones() {
    let mut scene = Scene::new();
    scene.grant_directly();
    let user = scene.user();
    let live = |scene: &Scene| scene.session().live_grant(&scene.patient, RECORD, &user).unwrap();
    assert!(live(&scene).unwrap().is_remembered);
    scene.says_granted(Rights::READ.with(Rights::AMEND));
    assert!(!live(&scene).unwrap().is_remembered);
}

#[test]
fn grant_that_was_refused_is_not_remembered() {
    let mut scene = Scene::new();
    scene.ledger().result(Value::err(Value::uint(103_u8)));
    scene.ledger().result(Value::err(Value::uint(103_u8)));
    let expiry = Some(BurnHeight::new(2_000));
    let (sharing, changed_key) = (Sharing::Direct, ChangedKey::Refuse);
    let terms = GrantTerms { rights: Rights::READ, expiry, sharing, changed_key };
    let user = scene.user();
    let session = scene.fakes.session(Sending::Send);
    session.grant(&scene.patient, RECORD, &user, terms, &mut scene.rng).unwrap_err();
    let memory = scene.fakes.profile.granted(&scene.patient.keyring.record_root().unwrap());
    assert!(memory.unwrap().of(&scene.fakes.contract, RECORD, &user).is_none());
}
