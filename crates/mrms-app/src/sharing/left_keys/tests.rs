//! What was left, as it is written and read again.

use std::fs;

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::session::Sending;
use crate::testing::{Fakes, actor};

const FIRST_RUN: [(ReadsAllBy, u64); 1] = [(ReadsAllBy::Standing, 1)];

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn reader() -> Principal {
    "ST000000000000000000002AMW42H".parse().unwrap()
}

fn other() -> Principal {
    "ST1J1XKQ76RV2250SQVS6P8NWHCC26CS8F4Q49G6Z".parse().unwrap()
}

fn left_of(recipient: &str, records: &[(u128, u64)]) -> LeftFor {
    let records = records.iter().map(|(id, number)| (RecordId::new(*id), version(*number)));
    LeftFor {
        recipient: digest_of(recipient),
        runs: FIRST_RUN.to_vec(),
        records: records.collect(),
    }
}

fn now(user: Principal, recipient: &str, run: u64, versions: &[(u128, u64, u64)]) -> LeftNow {
    let mut now = LeftNow::default();
    now.reader(user, recipient, vec![(ReadsAllBy::Standing, run)]);
    for (record, first, last) in versions {
        now.versions(RecordId::new(*record), version(*first), version(*last));
    }
    now
}

#[test]
fn what_was_left_is_read_back_as_it_was_and_each_record_is_written_once() {
    let left = LeftByReader::from([
        (reader(), left_of("age1pq1", &[(7, 1), (9, 3)])),
        (other(), left_of("age1pq1", &[(8, 2), (9, 1)])),
    ]);
    let here = LeftHere::of(&left);
    assert_eq!(here.records, [7, 8, 9].map(RecordId::new));
    let text = serde_json::to_string(&here).unwrap();
    let read: LeftHere = serde_json::from_str(&text).unwrap();
    assert_eq!(read.by_reader(), left);
}

#[test]
fn file_of_an_earlier_program_has_the_recipients_text() {
    let text = r#"{"records":["7"],"readers":{"ST000000000000000000002AMW42H":
        {"recipient":"age1pq1","runs":[["standing",1]],"versions":[2]}}}"#;
    let read: LeftHere = serde_json::from_str(text).unwrap();
    assert_eq!(read.by_reader()[&reader()], left_of("age1pq1", &[(7, 2)]));
}

#[test]
fn line_counts_where_it_goes_on_from_what_was_left() {
    let mut left = LeftByReader::from([(reader(), left_of("age1pq1", &[(7, 2)]))]);
    let lines = [
        // The next version, one after a gap, and a first and a later one of records that were not left before.
        now(reader(), "age1pq1", 1, &[(7, 3, 3), (8, 1, 1), (9, 2, 2), (10, 1, 4)]),
        now(reader(), "age1pq1", 1, &[(7, 5, 5), (8, 2, 3)]),
        // Once more, as after a crash.
        now(reader(), "age1pq1", 1, &[(7, 3, 3), (10, 1, 4)]),
        now(other(), "age1pq2", 1, &[(7, 1, 1)]),
    ];
    replayed(&mut left, lines.into_iter());
    assert_eq!(left[&reader()], left_of("age1pq1", &[(7, 3), (8, 3), (10, 4)]));
    assert_eq!(left[&other()], left_of("age1pq2", &[(7, 1)]));
}

#[test]
fn what_was_left_to_another_key_or_before_it_began_anew_is_of_no_use() {
    for (recipient, run) in [("age1pq2", 1), ("age1pq1", 2)] {
        let mut left = LeftByReader::from([(reader(), left_of("age1pq1", &[(7, 2), (8, 1)]))]);
        replayed(
            &mut left,
            std::iter::once(now(reader(), recipient, run, &[(7, 3, 3), (9, 1, 1)])),
        );
        let runs = vec![(ReadsAllBy::Standing, run)];
        assert_eq!(left[&reader()], LeftFor { runs, ..left_of(recipient, &[(9, 1)]) });
    }
}

#[test]
fn lines_are_for_their_person_and_are_taken_into_the_file_when_they_are_long() {
    let mut rng = StdRng::seed_from_u64(4);
    let (me, stranger) = (actor(&mut rng), actor(&mut rng));
    let fakes = Fakes::new(actor(&mut rng).principal).unwrap();
    let session = fakes.session(Sending::Send);
    let path = session.profile.path().join(LINES);
    let mut expected = Vec::new();
    let mut was_taken_in = false;
    for number in 1..=900_u64 {
        let record = u128::from(number);
        session.note_left(&me, now(reader(), "age1pq1", 1, &[(record, 1, 2)]), &mut rng).unwrap();
        expected.push((record, 2));
        was_taken_in |= !path.exists();
    }
    assert!(was_taken_in && session.profile.path().join(NAME).exists());
    let left = session.left_keys(&me).unwrap();
    assert_eq!(left[&reader()], left_of("age1pq1", &expected));
    // Cut short, and of somebody else.
    let whole = fs::read(&path).unwrap();
    session.note_left(&stranger, now(reader(), "age1pq1", 1, &[(5_000, 1, 1)]), &mut rng).unwrap();
    assert_eq!(session.left_keys(&me).unwrap(), left);
    fs::write(&path, &whole[..whole.len() - 9]).unwrap();
    session.note_left(&me, now(reader(), "age1pq1", 1, &[(6_000, 1, 1)]), &mut rng).unwrap();
    let records = &session.left_keys(&me).unwrap()[&reader()].records;
    assert!(records.contains_key(&RecordId::new(6_000)) && records.len() == expected.len());
    session.forget_left(&me, &mut rng).unwrap();
    assert!(session.left_keys(&me).unwrap().is_empty());
}

/// Whatever is written twice, or missing, nothing is said to be left that was not.
#[test]
fn lines_that_are_lost_or_come_twice_claim_nothing() {
    let lines: Vec<_> =
        (1..=7).map(|last| now(reader(), "age1pq1", 1, &[(7, last, last)])).collect();
    for case in 0..3_usize.pow(7) {
        let times: Vec<_> = (0..7).map(|place| case / 3_usize.pow(place) % 3).collect();
        let mut left = LeftByReader::new();
        let written = lines.iter().zip(&times).flat_map(|(line, times)| vec![line.clone(); *times]);
        replayed(&mut left, written);
        let until = times.iter().take_while(|times| **times > 0).count();
        let found = left.get(&reader()).and_then(|known| known.records.get(&RecordId::new(7)));
        assert_eq!(found.map_or(0, |found| found.number()), until as u64, "{times:?}");
    }
}
