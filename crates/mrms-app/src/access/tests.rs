//! What an access asks the ledger for, and which answers it refuses.

use mrms_contract::read;
use mrms_core::{BurnHeight, ContentHash, RecordId, TxId, Version};
use mrms_crypto::content::Retention;
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::Payload;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::open::{Access, EntryOrigin, OpenRecordError};
use crate::profile::remembered::Opening;
use crate::records::write::{Placement, Source};
use crate::session::{Actor, Sending, Session};
use crate::testing::{FakeLedger, Fakes, actor, tuple};

const RECORD: RecordId = RecordId::new(7);
const NOTE: &[u8] = b"Blood pressure 120/80.";

/// A patient with one record on a ledger that answers from a script.
struct Scene {
    fakes: Fakes,
    patient: Actor,
    /// What the patient has put on chain.
    content: Vec<u8>,
}

fn rng() -> StdRng {
    StdRng::seed_from_u64(11)
}

impl Scene {
    fn new() -> Self {
        let patient = actor(&mut rng());
        let fakes = Fakes::new(patient.principal).unwrap();
        let mut scene = Self { fakes, patient, content: Vec::new() };
        scene.create();
        scene
    }

    fn create(&mut self) {
        self.ledger().answer(&read::record(RECORD), Value::optional(None));
        let hash = Value::buffer([0; 32]);
        self.ledger()
            .result(Value::ok(tuple([("version", Value::uint(1_u8)), ("content-hash", hash)])));
        let source = Source {
            content: NOTE,
            length: NOTE.len() as u64,
            file_name: None,
            media_type: None,
            label: None,
        };
        let placement = Placement { inline_limit: 4_096, retention: Retention::Permanent };
        let created = self.session().create(&self.patient, RECORD, source, placement, &mut rng());
        created.unwrap().done().unwrap();
        let submitted = self.ledger().submitted();
        let Payload::ContractCall(call) = submitted[0].payload() else { panic!("no call") };
        self.content = call.arguments[1].read().buffer().unwrap().to_vec();
        self.ledger().answer(
            &read::record(RECORD),
            Value::optional(Some(tuple([
                ("patient", Value::principal(self.patient.principal())),
                ("version", Value::uint(1_u8)),
                ("readers", Value::uint(0_u8)),
                ("audit-count", Value::uint(2_u8)),
                ("audit-head", Value::buffer([9; 32])),
            ]))),
        );
        self.ledger().take_requests();
    }

    fn ledger(&self) -> &FakeLedger {
        &self.fakes.ledger
    }

    fn session(&self) -> Session<'_> {
        self.fakes.session(Sending::Send)
    }

    /// The version as the contract returns it, with this hash beside the content.
    fn version(&self, hash: ContentHash) -> [(&'static str, Value); 4] {
        [
            ("author", Value::principal(self.patient.principal())),
            ("encrypted-content", Value::buffer(self.content.clone())),
            ("content-hash", Value::buffer(*hash.as_bytes())),
            ("burn-height", Value::uint(900_u16)),
        ]
    }

    /// The contract answers the next access with this hash beside the content.
    fn will_open(&self, hash: ContentHash) {
        let [author, content, hash, height] = self.version(hash);
        self.ledger().result(Value::ok(tuple([
            ("version", Value::uint(1_u8)),
            author,
            content,
            hash,
            height,
            ("audit-index", Value::uint(1_u8)),
            ("audit-head", Value::buffer([9; 32])),
        ])));
    }

    fn access(&self, version: Option<Version>) -> Result<Access, OpenRecordError> {
        let accessed = self.session().access(&self.patient, RECORD, version, &mut rng())?;
        Ok(accessed.done().unwrap())
    }

    fn assert_opens(&self, access: &Access) {
        let mut content = Vec::new();
        self.session().decrypt(&access.unlocked, &mut content).unwrap();
        assert_eq!(content, NOTE);
    }

    fn hash(&self) -> ContentHash {
        ContentHash::of(&self.content)
    }
}

#[test]
fn what_the_contract_returned_is_not_asked_for_again() {
    let scene = Scene::new();
    scene.will_open(scene.hash());
    let access = scene.access(None).unwrap();
    assert_eq!(scene.ledger().take_requests(), ["fee", "account", "submit", "get-record"]);
    assert_eq!((access.entry, access.audit_index), (EntryOrigin::New, 1));
    scene.assert_opens(&access);
}

#[test]
fn content_that_the_returned_hash_is_not_of_is_refused() {
    let scene = Scene::new();
    let other = ContentHash::of(b"something else");
    scene.will_open(other);
    let refused = scene.access(None).err().unwrap();
    let OpenRecordError::ContentHash { expected, .. } = refused else { panic!("{refused}") };
    assert_eq!(expected, other);
}

#[test]
fn another_version_than_the_one_asked_for_is_refused() {
    let scene = Scene::new();
    scene.will_open(scene.hash());
    let refused = scene.access(Version::new(2)).err().unwrap();
    assert!(matches!(refused, OpenRecordError::NoEntry { record: RECORD }), "{refused}");
}

#[test]
fn interrupted_access_is_taken_up_with_its_entry_and_the_hash_on_chain() {
    let scene = Scene::new();
    let opening = |burn_height| Opening {
        record: RECORD,
        asked: None,
        version: Version::FIRST,
        txid: TxId::from_bytes([3; 32]),
        audit_index: 5,
        burn_height,
        releases: Vec::new(),
    };
    let folder = scene.fakes.profile.path();
    let stored = read::record_version(RECORD, Version::FIRST);
    let other = ContentHash::of(b"something else");
    scene.ledger().answer(&stored, Value::optional(Some(tuple(scene.version(other)))));
    scene.fakes.profile.keep_opening(&opening(FakeLedger::BURN_HEIGHT)).unwrap();
    let refused = scene.access(None).err().unwrap();
    assert!(matches!(refused, OpenRecordError::ContentHash { .. }), "{refused}");
    scene.ledger().answer(&stored, Value::optional(Some(tuple(scene.version(scene.hash())))));
    scene.ledger().take_requests();
    let access = scene.access(None).unwrap();
    assert_eq!(scene.ledger().take_requests(), ["tip", "get-record-version", "get-record"]);
    assert_eq!((access.entry, access.audit_index), (EntryOrigin::Interrupted, 5));
    scene.assert_opens(&access);
    scene.session().finish(&access).unwrap();
    assert!(!folder.join("openings").read_dir().unwrap().any(|_| true), "nothing is left");

    scene.fakes.profile.keep_opening(&opening(BurnHeight::new(900))).unwrap();
    scene.will_open(scene.hash());
    assert_eq!(
        scene.access(None).unwrap().entry,
        EntryOrigin::New,
        "the old one has grown too old"
    );
}
