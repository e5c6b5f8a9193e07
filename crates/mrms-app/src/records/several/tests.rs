use mrms_contract::read;
use mrms_core::RecordId;
use mrms_crypto::content::Retention;
use mrms_stacks::clarity::Value;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::records::batch::{BatchFile, BegunFile, Said};
use crate::records::write::{Placement, Source, WriteError};
use crate::session::{Actor, Sending};
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
    let chosen = vec![(all[0].clone(), RecordId::new(1)), (all[1].clone(), RecordId::new(2))];
    session.begin_in_batch(&patient, chosen, &Said::default(), &mut rng).unwrap();
    is_there(&fakes, 1, &patient);
    // It was chosen, and never came onto the ledger.
    is_new(&fakes, 2);
    assert_eq!(begun(&all), [on(1), new, new, new]);
    let again = vec![(all[1].clone(), RecordId::new(7))];
    session.begin_in_batch(&patient, again, &Said::default(), &mut rng).unwrap();
    is_there(&fakes, 7, &patient);
    assert_eq!(begun(&all), [on(1), on(7), new, new]);
    // One of which a command says something else means another record; a command that says nothing means any of them.
    let named = |label: &str| Said { label: Some(label.to_owned()), ..Said::default() };
    let as_said = |said: &Said| session.begun_as_said(&patient, &me, &all[2], said).unwrap();
    session
        .begin_in_batch(&patient, vec![(all[2].clone(), RecordId::new(3))], &named("a"), &mut rng)
        .unwrap();
    is_there(&fakes, 3, &patient);
    assert_eq!(
        [as_said(&named("a")), as_said(&named("b")), as_said(&Said::default())],
        [on(3), new, new]
    );
    assert_eq!(begun(&all[2..3]), [on(3)]);
    assert_eq!(session.chosen_for(&patient, &all[2], &named("a")).unwrap(), [RecordId::new(3)]);
    // For somebody else the same file is new; once it is on record for both, each has their own.
    let other = actor(&mut rng);
    let theirs = other.principal();
    assert_eq!(session.begun_in_batch(&patient, &theirs, &all[..1]).unwrap(), [new]);
    session
        .begin_in_batch(
            &patient,
            vec![(all[0].clone(), RecordId::new(8))],
            &Said::default(),
            &mut rng,
        )
        .unwrap();
    is_there(&fakes, 8, &other);
    assert_eq!(session.begun_in_batch(&patient, &theirs, &all[..1]).unwrap(), [on(8)]);
    assert_eq!(begun(&all[..1]), [on(1)]);
}
