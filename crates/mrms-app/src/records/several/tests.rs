use mrms_contract::read;
use mrms_core::{ContentHash, RecordId, Version};
use mrms_crypto::content::Retention;
use mrms_stacks::clarity::Value;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::records::batch::{BatchFile, BegunFile, Said};
use crate::records::drafts::{Draft, Intent, Interrupted, Purpose};
use crate::records::write::{Placement, Source, WriteError};
use crate::session::{Actor, Sending, Session};
use crate::testing::{Fakes, actor, tuple};

const PLACEMENT: Placement = Placement { inline_limit: 4_096, retention: Retention::Permanent };

fn source(content: &'static [u8]) -> Source<&'static [u8]> {
    let length = content.len() as u64;
    Source { content, length, file_name: None, media_type: None, label: None }
}

fn scene(rng: &mut StdRng) -> (Fakes, Actor) {
    let patient = actor(rng);
    (Fakes::new(patient.principal).unwrap(), patient)
}

fn is_new(fakes: &Fakes, id: u128) {
    fakes.ledger.answer(&read::record(RecordId::new(id)), Value::optional(None));
}

fn is_there(fakes: &Fakes, id: u128, patient: &Actor) {
    let record = tuple([
        ("patient", Value::principal(patient.principal())),
        ("version", Value::uint(1_u8)),
        ("readers", Value::uint(0_u8)),
        ("audit-count", Value::uint(1_u8)),
        ("audit-head", Value::buffer([9; 32])),
    ]);
    fakes.ledger.answer(&read::record(RecordId::new(id)), Value::optional(Some(record)));
}

fn written() -> Value {
    Value::ok(tuple([("version", Value::uint(1_u8)), ("content-hash", Value::buffer([0; 32]))]))
}

#[test]
fn records_are_sent_together_and_one_that_cannot_be_made_stops_no_other() {
    let mut rng = StdRng::seed_from_u64(5);
    let (fakes, patient) = scene(&mut rng);
    for id in [1, 2, 4, 5] {
        is_new(&fakes, id);
    }
    is_there(&fakes, 3, &patient);
    fakes.ledger.result(written());
    // As when somebody else took the id in between.
    fakes.ledger.result(Value::Err(Box::new(Value::uint(409_u16))));
    fakes.ledger.result(written());
    let session = fakes.session(Sending::Send);
    let id = RecordId::new;
    let wanted = vec![
        (id(1), source(b"one")),
        (id(2), source(b"")),
        (id(3), source(b"three")),
        (id(4), source(b"four")),
        (id(5), source(b"five")),
    ];
    let made = session.create_several(&patient, wanted, PLACEMENT, &mut rng).unwrap();
    let made = made.done().unwrap();
    let told: Vec<_> = made.iter().map(|one| one.as_ref().map(|added| added.record)).collect();
    assert!(matches!(told[0], Ok(record) if record == id(1)));
    assert!(matches!(told[1], Err(WriteError::Empty)));
    assert!(matches!(told[2], Err(WriteError::Refused(_))));
    assert!(matches!(told[3], Err(WriteError::Send(_))), "{:?}", told[3]);
    assert!(matches!(told[4], Ok(record) if record == id(5)));
    let sent = fakes.ledger.take_requests();
    assert_eq!(sent.iter().filter(|one| *one == "submit").count(), 1, "{sent:?}");
    assert_eq!(fakes.ledger.submitted().len(), 3);
    assert!(session.profile.outbox().is_empty().unwrap());
}

#[test]
fn nothing_is_sent_where_none_can_be_made() {
    let mut rng = StdRng::seed_from_u64(6);
    let (fakes, patient) = scene(&mut rng);
    is_new(&fakes, 1);
    let session = fakes.session(Sending::Send);
    let wanted = vec![(RecordId::new(1), source(b""))];
    let made = session.create_several(&patient, wanted, PLACEMENT, &mut rng).unwrap();
    assert!(matches!(made.done().unwrap().as_slice(), [Err(WriteError::Empty)]));
    assert!(fakes.ledger.submitted().is_empty());
}

#[test]
fn files_of_an_earlier_command_are_known_by_place_and_content() {
    let mut rng = StdRng::seed_from_u64(7);
    let (fakes, patient) = scene(&mut rng);
    let session = fakes.session(Sending::Send);
    let file = |path: &str, sha256: &str| BatchFile { path: path.into(), sha256: sha256.into() };
    let all = [file("/a", "01"), file("/b", "02"), file("/c", "03"), file("/a", "09")];
    let me = patient.principal();
    let begun = |files: &[BatchFile]| session.begun_in_batch(&patient, &me, files).unwrap();
    let on = |id: u128| BegunFile::OnRecord(RecordId::new(id));
    let new = BegunFile::New;
    assert_eq!(begun(&all), [new; 4]);
    let begin = |file: &BatchFile, id: u128, said: &Said, purpose: Purpose, rng: &mut StdRng| {
        let intent = Intent::new(file.clone(), said.clone(), purpose);
        let draft = Draft::in_test(intent, RecordId::new(id), ContentHash::of(b"sealed"));
        session.keep_drafts(&patient, vec![draft], rng).unwrap();
    };
    let said_nothing = Said::default();
    begin(&all[0], 1, &said_nothing, Purpose::Create, &mut rng);
    begin(&all[1], 2, &said_nothing, Purpose::Create, &mut rng);
    is_there(&fakes, 1, &patient);
    // It was chosen, and never came onto the ledger.
    is_new(&fakes, 2);
    assert_eq!(begun(&all), [on(1), new, new, new]);
    begin(&all[1], 7, &said_nothing, Purpose::Create, &mut rng);
    is_there(&fakes, 7, &patient);
    assert_eq!(begun(&all), [on(1), on(7), new, new]);
    // One of which a command says something else means another record; a command that says nothing means any of them.
    let named = |label: &str| Said { label: Some(label.to_owned()), ..Said::default() };
    let as_said = |said: &Said| session.begun_as_said(&patient, &me, &all[2], said).unwrap();
    begin(&all[2], 3, &named("a"), Purpose::Create, &mut rng);
    is_there(&fakes, 3, &patient);
    assert_eq!(
        [as_said(&named("a")), as_said(&named("b")), as_said(&Said::default())],
        [on(3), new, new]
    );
    assert_eq!(begun(&all[2..3]), [on(3)]);
    // For somebody else the same file is new; once it is on record for both, each has their own.
    let other = actor(&mut rng);
    let theirs = other.principal();
    assert_eq!(session.begun_in_batch(&patient, &theirs, &all[..1]).unwrap(), [new]);
    begin(&all[0], 8, &said_nothing, Purpose::CreateFor(theirs.clone()), &mut rng);
    is_there(&fakes, 8, &other);
    assert_eq!(session.begun_in_batch(&patient, &theirs, &all[..1]).unwrap(), [on(8)]);
    assert_eq!(begun(&all[..1]), [on(1)]);
}

/// The version of a record, with this content.
fn has_content(fakes: &Fakes, id: u128, version: u64, content: &[u8]) {
    let stored = tuple([
        (
            "author",
            Value::principal(mrms_core::Principal::from(
                actor(&mut StdRng::seed_from_u64(1)).principal,
            )),
        ),
        ("burn-height", Value::uint(1_u8)),
        ("content-hash", Value::buffer(*ContentHash::of(content).as_bytes())),
        ("encrypted-content", Value::buffer(content)),
    ]);
    let version = Version::new(version).unwrap();
    let read = read::record_version(RecordId::new(id), version);
    fakes.ledger.answer(&read, Value::optional(Some(stored)));
}

#[test]
fn what_was_begun_is_done_once_until_its_end_was_told() {
    let mut rng = StdRng::seed_from_u64(8);
    let (fakes, patient) = scene(&mut rng);
    let session = fakes.session(Sending::Send);
    let file = |content: &str| BatchFile::of_a_pipe(content.to_owned());
    let intent =
        |content: &str, purpose: Purpose| Intent::new(file(content), Said::default(), purpose);
    let found = |wanted: &[Intent]| session.interrupted_writes(&patient, wanted).unwrap();
    let create = intent("01", Purpose::Create);
    assert_eq!(found(std::slice::from_ref(&create)), [Interrupted::No]);
    let draft = Draft::in_test(create.clone(), RecordId::new(1), ContentHash::of(b"sealed"));
    session.keep_drafts(&patient, vec![draft], &mut rng).unwrap();
    // The version there is another one.
    has_content(&fakes, 1, 1, b"of somebody else");
    assert_eq!(found(std::slice::from_ref(&create)), [Interrupted::No]);
    has_content(&fakes, 1, 1, b"sealed");
    let on_record = Interrupted::OnRecord(RecordId::new(1), Version::FIRST);
    // Once, where a command names a file twice; and not for another purpose or content.
    let amend = intent("01", Purpose::Amend(RecordId::new(1)));
    let other = intent("02", Purpose::Create);
    let wanted = [amend, other, create.clone(), create.clone()];
    assert_eq!(found(&wanted), [Interrupted::No, Interrupted::No, on_record, Interrupted::No]);
    let further = [
        Intent { again: true, ..create.clone() },
        Intent { id: Some(RecordId::new(1)), ..create.clone() },
    ];
    assert_eq!(found(&further), [Interrupted::No; 2], "another command");
    // What a pipe gave is known as no file of a later command.
    assert_eq!(
        session.begun_in_batch(&patient, &patient.principal(), &[file("01")]).unwrap(),
        [BegunFile::New]
    );
    let told = vec![(RecordId::new(1), Version::FIRST)];
    session.note_told(&patient, told, Vec::new(), &mut rng).unwrap();
    assert_eq!(found(&[create]), [Interrupted::No]);
}

#[test]
fn command_at_its_work_is_not_interrupted() {
    let mut rng = StdRng::seed_from_u64(9);
    let (fakes, patient) = scene(&mut rng);
    let session = fakes.session(Sending::Send);
    is_new(&fakes, 1);
    fakes.ledger.result(written());
    let at_work = session.at_work(&mut rng).unwrap().unwrap();
    let file = BatchFile::of_a_pipe("01".to_owned());
    let intent = Intent::new(file, Said::default(), Purpose::Create);
    let begins = [at_work.begins(RecordId::new(1), intent.clone())];
    let beginning = Session { begins: &begins, ..session };
    let made = beginning.create(&patient, RecordId::new(1), source(b"one"), PLACEMENT, &mut rng);
    made.unwrap().done().unwrap();
    let sent = fakes.ledger.submitted();
    let mrms_stacks::transaction::Payload::ContractCall(call) = sent[0].payload() else {
        panic!("{sent:?}")
    };
    let Value::Buffer(content) = &call.arguments[1] else { panic!("{call:?}") };
    has_content(&fakes, 1, 1, content);
    let found = || session.interrupted_writes(&patient, std::slice::from_ref(&intent)).unwrap();
    assert_eq!(found(), [Interrupted::No]);
    // It ended without having told anything.
    drop(at_work);
    assert_eq!(found(), [Interrupted::OnRecord(RecordId::new(1), Version::FIRST)]);
}
