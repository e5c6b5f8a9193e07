use std::collections::BTreeMap;

use mrms_contract::read;
use mrms_core::{Principal, RecordId, UnixTime, Version};
use mrms_stacks::clarity::Value;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::{Depth, NAME};
use crate::records::find::{FindRecordError, Lists};
use crate::records::labels::RecordLabel;
use crate::records::list::OwnRecord;
use crate::session::{Actor, Sending};
use crate::testing::{Fakes, actor, tuple};

struct Scene {
    fakes: Fakes,
    patient: Actor,
    clinic: Principal,
    rng: StdRng,
}

impl Scene {
    fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(8);
        let (patient, clinic) = (actor(&mut rng), actor(&mut rng).principal());
        let fakes = Fakes::new(patient.principal).unwrap();
        Self { fakes, patient, clinic, rng }
    }

    /// The patient has these records, each with its head, and the clinic can open each.
    fn has(&self, records: &[(u128, u8)]) {
        let ledger = &self.fakes.ledger;
        let me = self.patient.principal();
        let counts = tuple([
            ("records", Value::uint(records.len() as u64)),
            ("team", Value::uint(0_u8)),
            ("audit-count", Value::uint(0_u8)),
            ("audit-head", Value::buffer([0; 32])),
        ]);
        ledger.answer(&read::patient_counts(&me), counts);
        ledger.answer(&read::standing_grant(&me, &self.clinic), Value::optional(None));
        for (place, (id, head)) in (0_u64..).zip(records) {
            let (id, head) = (RecordId::new(*id), *head);
            let listed = Value::optional(Some(Value::uint(id.number())));
            ledger.answer(&read::patient_record(&me, place), listed);
            let record = tuple([
                ("patient", Value::principal(me.clone())),
                ("version", Value::uint(1_u8)),
                ("readers", Value::uint(1_u8)),
                ("audit-count", Value::uint(1_u8)),
                ("audit-head", Value::buffer([head; 32])),
            ]);
            ledger.answer(&read::record(id), Value::optional(Some(record)));
            let clinic = Value::principal(self.clinic.clone());
            ledger.answer(&read::record_reader(id, 0), Value::optional(Some(clinic)));
            let grant = tuple([
                ("expiry", Value::optional(None)),
                ("rights", Value::uint(1_u8)),
                ("granted-at", Value::uint(900_u16)),
                ("from-version", Value::uint(1_u8)),
            ]);
            ledger.answer(&read::grant(id, &self.clinic), Value::optional(Some(grant)));
            let opening = tuple([
                ("until", Value::uint(1_100_u16)),
                ("opened-at", Value::uint(950_u16)),
                ("reason", Value::buffer([7; 32])),
            ]);
            ledger
                .answer(&read::emergency_opening(id, &self.clinic), Value::optional(Some(opening)));
            let no_key = Value::optional(None);
            ledger.answer(&read::key_envelope(id, Version::FIRST, &self.clinic), no_key);
            let text = |text: &str| Value::StringAscii(text.parse().unwrap());
            let entry = tuple([
                ("index", Value::uint(0_u8)),
                ("action", text("access")),
                ("actor", Value::principal(self.clinic.clone())),
                ("subject", Value::optional(None)),
                ("version", Value::uint(1_u8)),
                ("expiry", Value::optional(None)),
                ("detail", Value::buffer([0; 32])),
                ("burn-height", Value::uint(900_u16)),
            ]);
            ledger.answer(&read::audit_entry(id, 0), Value::optional(Some(entry)));
        }
    }

    /// What a command reads, and what it asked for.
    fn command(&mut self, actor: bool, depth: Depth) -> (Vec<OwnRecord>, Vec<String>) {
        let session = self.fakes.session(Sending::Send);
        let actor = actor.then_some(&self.patient);
        let me = self.patient.principal();
        self.fakes.ledger.take_requests();
        let mut index = session.record_index(actor);
        let numbered = index.numbered(&session, &me).unwrap();
        let records = index.own_records(&session, &me, numbered, depth).unwrap();
        index.keep(&session, actor, &mut self.rng);
        (records, self.fakes.ledger.take_requests())
    }
}

fn count(asked: &[String], what: &str) -> usize {
    asked.iter().filter(|one| one.contains(what)).count()
}

fn told(records: &[OwnRecord]) -> Vec<String> {
    records.iter().map(|one| format!("{one:?}")).collect()
}

#[test]
fn second_command_reads_each_record_once_and_tells_the_same() {
    let mut scene = Scene::new();
    scene.has(&[(7, 1), (9, 2), (11, 3)]);
    let (first, asked) = scene.command(true, Depth::Openings);
    assert_eq!((count(&asked, "get-grant"), count(&asked, "get-patient-record")), (3, 3));
    let (again, asked) = scene.command(true, Depth::Openings);
    assert_eq!(told(&again), told(&first));
    assert_eq!(again[1].number, 2);
    assert_eq!(again[1].openings.as_ref().unwrap()[&scene.clinic].count, 1);
    assert_eq!(again[1].emergencies.len(), 1);
    assert_eq!(count(&asked, "get-record"), 3, "{asked:?}");
    for once in ["get-grant", "get-audit-entry", "get-emergency", "get-record-reader"] {
        assert_eq!(count(&asked, once), 0, "{once}: {asked:?}");
    }
    // The last place of the list tells whether it is the one that was read.
    assert_eq!(count(&asked, "get-patient-record"), 1, "{asked:?}");
    // Without the keys nothing is known and nothing kept, and the ledger says the same.
    let (locked, asked) = scene.command(false, Depth::Openings);
    assert_eq!(told(&locked), told(&first));
    assert_eq!(count(&asked, "get-grant"), 3);
}

#[test]
fn grants_are_read_again_when_the_patients_own_log_has_grown() {
    let mut scene = Scene::new();
    scene.has(&[(7, 1), (9, 2)]);
    scene.command(true, Depth::Readers);
    let (_, asked) = scene.command(true, Depth::Readers);
    assert_eq!(count(&asked, "get-grant"), 0, "{asked:?}");
    // As when a delegate ended, and what they granted with them: no record's log says so.
    let counts = tuple([
        ("records", Value::uint(2_u8)),
        ("team", Value::uint(0_u8)),
        ("audit-count", Value::uint(1_u8)),
        ("audit-head", Value::buffer([5; 32])),
    ]);
    scene.fakes.ledger.answer(&read::patient_counts(&scene.patient.principal()), counts);
    let (_, asked) = scene.command(true, Depth::Readers);
    assert_eq!(count(&asked, "get-grant"), 2, "{asked:?}");
    let (_, asked) = scene.command(true, Depth::Readers);
    assert_eq!(count(&asked, "get-grant"), 0, "{asked:?}");
}

#[test]
fn record_with_another_head_is_read_again_and_new_ones_are_added() {
    let mut scene = Scene::new();
    scene.has(&[(7, 1), (9, 2)]);
    scene.command(true, Depth::Readers);
    scene.has(&[(7, 1), (9, 4), (11, 3)]);
    let revoked = tuple([
        ("expiry", Value::optional(None)),
        ("rights", Value::uint(0_u8)),
        ("granted-at", Value::uint(990_u16)),
        ("from-version", Value::uint(1_u8)),
    ]);
    let id = RecordId::new(9);
    scene.fakes.ledger.answer(&read::grant(id, &scene.clinic), Value::optional(Some(revoked)));
    let (records, asked) = scene.command(true, Depth::Readers);
    let open: Vec<_> = records.iter().map(|one| one.live_readers().count()).collect();
    assert_eq!(open, [1, 0, 1]);
    assert_eq!((count(&asked, "get-grant"), count(&asked, "get-patient-record")), (2, 2));
}

#[test]
fn list_whose_blocks_were_dropped_and_made_anew_is_read_again() {
    let mut scene = Scene::new();
    scene.has(&[(7, 1), (9, 2)]);
    scene.command(true, Depth::Readers);
    scene.has(&[(7, 1), (10, 3)]);
    let gone = Value::optional(None);
    scene.fakes.ledger.answer(&read::record(RecordId::new(9)), gone);
    let (records, _) = scene.command(true, Depth::Readers);
    let ids: Vec<_> = records.iter().map(|one| one.id.number()).collect();
    assert_eq!(ids, [7, 10]);
}

#[test]
fn numbers_count_no_more_where_the_ledger_tells_another_list_until_the_person_has_read_it() {
    let mut scene = Scene::new();
    scene.has(&[(107, 1), (109, 2), (111, 3)]);
    scene.command(true, Depth::Readers);
    scene.has(&[(111, 3), (109, 2), (107, 1)]);
    // A list that is shown in passing, as by another command, settles nothing.
    scene.command(true, Depth::Readers);
    let Scene { fakes, patient, mut rng, .. } = scene;
    let (session, me) = (fakes.session(Sending::Send), patient.principal());
    let mut find =
        |text: &str| session.find_records(text, Lists::Own(&me), Some(&patient), &mut rng);
    for text in ["#3", "#1"] {
        let refused = find(text).unwrap_err();
        assert!(matches!(refused, FindRecordError::Renumbered), "{text}: {refused}");
    }
    let mut index = session.record_index(Some(&patient));
    index.numbered(&session, &me).unwrap();
    assert!(index.is_renumbered());
    index.accept_numbers();
    index.keep(&session, Some(&patient), &mut StdRng::seed_from_u64(2));
    assert_eq!(find("#3").unwrap(), [RecordId::new(107)]);
}

#[test]
fn one_record_is_found_by_its_number_without_reading_the_list() {
    let mut scene = Scene::new();
    scene.has(&[(107, 1), (109, 2), (111, 3), (107, 1)]);
    let (records, _) = scene.command(true, Depth::Readers);
    assert_eq!(records.len(), 3);
    let Scene { fakes, patient, mut rng, .. } = scene;
    let (session, me) = (fakes.session(Sending::Send), patient.principal());
    let label = |name: &str| RecordLabel {
        version: Version::FIRST,
        titled_by: Some(Version::FIRST),
        label: Some(name.to_owned()),
        file_name: None,
        media_type: "text/plain".to_owned(),
        time: UnixTime::from_seconds(0),
        length: Some(1),
    };
    let named = |names: [&str; 3]| -> BTreeMap<_, _> {
        let ids = [107, 109, 111].map(RecordId::new);
        ids.into_iter().zip(names.map(label)).collect()
    };
    let root = patient.keyring.record_root().unwrap();
    let labels = named(["Letter", "X-ray", "Plan"]);
    session.keep_labels(&root, &labels, &mut rng);
    session.keep_number_labels(&root, &labels, Some(4), &mut rng);
    for number in 1..=4 {
        fakes.ledger.answer(&read::record(RecordId::new(number)), Value::optional(None));
    }
    let own = tuple([
        ("author", Value::principal(me.clone())),
        ("encrypted-content", Value::buffer([1; 8])),
        ("content-hash", Value::buffer([2; 32])),
        ("burn-height", Value::uint(900_u16)),
    ]);
    let third = read::record_version(RecordId::new(111), Version::FIRST);
    fakes.ledger.answer(&third, Value::optional(Some(own)));
    fakes.ledger.take_requests();
    let mut find = |text: &str, actor: Option<&Actor>| {
        let found = session.find_records(text, Lists::Own(&me), actor, &mut rng);
        let records = count(&fakes.ledger.take_requests(), "get-record");
        (found.map_err(|error| error.to_string()), records)
    };
    let second = Ok(vec![RecordId::new(109)]);
    assert_eq!(find("#2", Some(&patient)), (second.clone(), 1));
    // Whether there is a record with the id 2, and the one that is meant.
    assert_eq!(find("2", Some(&patient)), (second.clone(), 2));
    assert_eq!(find("2", None), (second, 2));
    // It is in the list twice, and its number is the first one.
    assert!(find("#4", Some(&patient)).0.is_err());
    let mut index = session.record_index(Some(&patient));
    let back = index.numbered_one(&session, &me, RecordId::new(107)).unwrap().unwrap();
    assert_eq!(back.number, 1);
    // A label that reads the same is not passed over.
    session.keep_labels(&root, &named(["Letter", "X-ray", "2"]), &mut StdRng::seed_from_u64(1));
    assert!(find("2", Some(&patient)).0.unwrap_err().contains("#3"));
    assert_eq!(find("#2", Some(&patient)).0.unwrap(), [RecordId::new(109)]);
}

#[test]
fn index_that_cannot_be_read_is_made_anew() {
    let mut scene = Scene::new();
    scene.has(&[(7, 1)]);
    let (first, _) = scene.command(true, Depth::Readers);
    let path = scene.fakes.session(Sending::Send).profile.path().join(NAME);
    std::fs::write(&path, b"nothing").unwrap();
    let (again, asked) = scene.command(true, Depth::Readers);
    assert_eq!((told(&again), count(&asked, "get-grant")), (told(&first), 1));
    let (_, asked) = scene.command(true, Depth::Readers);
    assert_eq!(count(&asked, "get-grant"), 0);
}
