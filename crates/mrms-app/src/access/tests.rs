//! What an access asks the ledger for, and which answers it refuses.

use mrms_contract::read;
use mrms_core::{BlockHeight, BurnHeight, ContentHash, RecordId, TxId, UnixTime, Version};
use mrms_crypto::content::Retention;
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::Payload;
use rand::SeedableRng;
use rand::rngs::StdRng;
use sha2::{Digest as _, Sha256};

use super::open::{Access, EntryOrigin, OpenRecordError};
use crate::ledger::{Receipt, Status};
use crate::profile::remembered::Opening;
use crate::records::same_content::OwnContents;
use crate::records::write::{Placement, Source};
use crate::session::vaults::Vaults;
use crate::session::{Actor, Sending, Session};
use crate::testing::{FakeLedger, Fakes, actor, tuple};

pub(super) const RECORD: RecordId = RecordId::new(7);
pub(super) const NOTE: &[u8] = b"Blood pressure 120/80.";

/// A patient with one record on a ledger that answers from a script.
pub(super) struct Scene {
    pub(super) fakes: Fakes,
    pub(super) patient: Actor,
    /// What the patient has put on chain.
    content: Vec<u8>,
}

pub(super) fn rng() -> StdRng {
    StdRng::seed_from_u64(11)
}

impl Scene {
    fn new() -> Self {
        let patient = actor(&mut rng());
        let fakes = Fakes::new(patient.principal).unwrap();
        Self::of(patient, fakes, Retention::Permanent)
    }

    /// The record of a patient with these vaults.
    pub(super) fn with(vaults: Vaults, retention: Retention) -> Self {
        let patient = actor(&mut rng());
        let mut fakes = Fakes::new(patient.principal).unwrap();
        fakes.vaults = vaults;
        Self::of(patient, fakes, retention)
    }

    fn of(patient: Actor, fakes: Fakes, retention: Retention) -> Self {
        let mut scene = Self { fakes, patient, content: Vec::new() };
        scene.create(retention);
        scene
    }

    fn create(&mut self, retention: Retention) {
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
        let placement = Placement { inline_limit: 4_096, retention };
        let created = self.session().create(&self.patient, RECORD, source, placement, &mut rng());
        created.unwrap().done().unwrap();
        let submitted = self.ledger().submitted();
        let Payload::ContractCall(call) = submitted[0].payload() else { panic!("no call") };
        self.content = call.arguments[1].read().buffer().unwrap().to_vec();
        self.latest_is(1);
        self.ledger().take_requests();
    }

    /// The record has this many versions now.
    pub(super) fn latest_is(&self, version: u8) {
        self.ledger().answer(
            &read::record(RECORD),
            Value::optional(Some(tuple([
                ("patient", Value::principal(self.patient.principal())),
                ("version", Value::uint(version)),
                ("readers", Value::uint(0_u8)),
                ("audit-count", Value::uint(2_u8)),
                ("audit-head", Value::buffer([9; 32])),
            ]))),
        );
    }

    pub(super) fn ledger(&self) -> &FakeLedger {
        &self.fakes.ledger
    }

    pub(super) fn session(&self) -> Session<'_> {
        self.fakes.session(Sending::Send)
    }

    /// The version as the contract returns it, with this hash beside the content.
    pub(super) fn version(&self, hash: ContentHash) -> [(&'static str, Value); 4] {
        [
            ("author", Value::principal(self.patient.principal())),
            ("encrypted-content", Value::buffer(self.content.clone())),
            ("content-hash", Value::buffer(*hash.as_bytes())),
            ("burn-height", Value::uint(900_u16)),
        ]
    }

    /// The contract answers the next access with this hash beside the content.
    fn will_open(&self, hash: ContentHash) {
        self.ledger().result(self.opened(hash, 1));
    }

    /// What an access returns that made this entry.
    pub(super) fn opened(&self, hash: ContentHash, audit_index: u8) -> Value {
        let [author, content, hash, height] = self.version(hash);
        Value::ok(tuple([
            ("version", Value::uint(1_u8)),
            author,
            content,
            hash,
            height,
            ("audit-index", Value::uint(audit_index)),
            ("audit-head", Value::buffer([9; 32])),
        ]))
    }

    /// The receipt of an access that made this entry at this height.
    pub(super) fn receipt(&self, txid: TxId, audit_index: u8, burn_height: BurnHeight) -> Receipt {
        Receipt {
            txid,
            status: Status::Success,
            result: self.opened(self.hash(), audit_index),
            block_height: BlockHeight::new(3),
            burn_height,
            time: UnixTime::from_seconds(1_800_000_000),
        }
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

    pub(super) fn hash(&self) -> ContentHash {
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
fn own_content_is_decrypted_once_however_many_are_compared_with_it() {
    let scene = Scene::new();
    let version = Value::optional(Some(tuple(scene.version(scene.hash()))));
    scene.ledger().answer(&read::record_version(RECORD, Version::FIRST), version);
    let (session, length) = (scene.session(), NOTE.len() as u64);
    let mut contents = OwnContents::default();
    contents.add(length, RECORD, Version::FIRST);
    let mut known = |content: &[u8]| {
        let sum = Sha256::digest(content).into();
        let patient = &scene.patient;
        session.record_with_content(patient, &mut contents, length, sum, &mut rng()).unwrap()
    };
    assert_eq!(known(b"Blood pressure 130/85."), None);
    assert!(!scene.ledger().take_requests().is_empty());
    assert_eq!((known(NOTE), known(b"Blood pressure 110/70.")), (Some(RECORD), None));
    assert!(scene.ledger().take_requests().is_empty(), "it was read before");
}

const TXID: TxId = TxId::from_bytes([3; 32]);

impl Scene {
    /// An access of the patient's was interrupted; its entry was made at this height.
    fn was_interrupted(&self, burn_height: BurnHeight) {
        let opening = Opening {
            record: RECORD,
            asked: None,
            organisation: None,
            version: Version::FIRST,
            txid: TXID,
            audit_index: 5,
            burn_height,
            releases: Vec::new(),
            note: Vec::new(),
        };
        self.fakes.profile.keep_opening(&opening).unwrap();
        self.ledger().remine(TXID, Some(self.receipt(TXID, 5, burn_height)));
    }

    fn keeps_nothing(&self) -> bool {
        let folder = self.fakes.profile.path().join("openings");
        folder.read_dir().unwrap().next().is_none()
    }
}

#[test]
fn interrupted_access_is_taken_up_with_its_entry_and_the_hash_on_chain() {
    let scene = Scene::new();
    scene.was_interrupted(FakeLedger::BURN_HEIGHT);
    let right = scene.receipt(TXID, 5, FakeLedger::BURN_HEIGHT);
    let other = ContentHash::of(b"something else");
    let altered = Receipt { result: scene.opened(other, 5), ..right.clone() };
    scene.ledger().remine(TXID, Some(altered));
    let refused = scene.access(None).err().unwrap();
    assert!(matches!(refused, OpenRecordError::ContentHash { .. }), "{refused}");
    scene.ledger().remine(TXID, Some(right));
    scene.ledger().take_requests();
    let access = scene.access(None).unwrap();
    assert_eq!(scene.ledger().take_requests(), ["receipt", "tip", "get-record", "get-record"]);
    assert_eq!((access.entry, access.audit_index), (EntryOrigin::Interrupted, 5));
    scene.assert_opens(&access);
    scene.session().finish(&access).unwrap();
    assert!(scene.keeps_nothing());
}

#[test]
fn entry_that_is_too_old_or_gone_or_of_an_earlier_version_is_not_taken_up() {
    let scene = Scene::new();
    let makes_its_own = |why: &str| {
        scene.will_open(scene.hash());
        assert_eq!(scene.access(None).unwrap().entry, EntryOrigin::New, "{why}");
    };
    scene.was_interrupted(BurnHeight::new(900));
    makes_its_own("it has grown too old");
    scene.was_interrupted(FakeLedger::BURN_HEIGHT);
    scene.ledger().remine(TXID, None);
    makes_its_own("its block is gone");
    scene.was_interrupted(FakeLedger::BURN_HEIGHT);
    scene.latest_is(2);
    makes_its_own("there is a later version");
}

#[test]
fn entry_that_has_another_place_after_a_reorganisation_is_taken_up_there() {
    let scene = Scene::new();
    scene.was_interrupted(FakeLedger::BURN_HEIGHT);
    scene.ledger().remine(TXID, Some(scene.receipt(TXID, 9, FakeLedger::BURN_HEIGHT)));
    let access = scene.access(None).unwrap();
    assert_eq!((access.entry, access.audit_index), (EntryOrigin::Interrupted, 9));
}

#[test]
fn what_is_kept_of_an_opening_goes_when_its_entry_is_too_old() {
    let scene = Scene::new();
    scene.was_interrupted(FakeLedger::BURN_HEIGHT);
    scene.session().resume().unwrap();
    assert!(!scene.keeps_nothing());
    scene.was_interrupted(BurnHeight::new(900));
    scene.session().resume().unwrap();
    assert!(scene.keeps_nothing());
}
