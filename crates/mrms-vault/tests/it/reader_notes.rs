//! What a patient calls a record goes to its reader while the grant is live, and to nobody else.

use mrms_core::{RecordId, Rights};
use mrms_vault::guardian::Guardian;
use mrms_vault::protocol::{
    Erasure, MOST_NOTE, MOST_NOTED_RECORDS, ReaderNote, ReaderNotesRequest, RefusalReason, Signed,
};

use crate::support::*;

fn note(record: RecordId, reader: Person, note: &[u8]) -> ReaderNote {
    ReaderNote { record_id: record, reader: reader.principal(), note: note.to_vec() }
}

fn ask(world: &mut World, vault: &Guardian, reader: Person) -> Vec<Signed<ReaderNote>> {
    let request = world.sign(ReaderNotesRequest { records: vec![RECORD] }, reader);
    vault.reader_notes(&request).unwrap().notes
}

/// A vault with shares and a note for the reader, who is granted.
fn noted() -> (World, Guardian, Signed<ReaderNote>) {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let vault = world.open();
    let deposit = world.deposit(READER, &[1]);
    vault.deposit(&deposit).unwrap();
    let left = world.sign(note(RECORD, READER, b"sealed name"), PATIENT);
    let lines = world.lines(&vault).len();
    assert_eq!(vault.leave_reader_note(&left).unwrap().record_id, RECORD);
    assert_eq!(world.lines(&vault).len(), lines, "a name is no proof of anything");
    (world, vault, left)
}

#[test]
fn note_comes_as_the_patient_signed_it_without_an_entry_or_a_line() {
    let (mut world, vault, left) = noted();
    let lines = world.lines(&vault).len();
    assert_eq!(ask(&mut world, &vault, READER), std::slice::from_ref(&left));
    assert_eq!(ask(&mut world, &vault, STRANGER), []);
    assert_eq!(ask(&mut world, &vault, PATIENT), []);
    assert_eq!(world.lines(&vault).len(), lines, "reading a name is no event");
    let newer = world.sign(note(RECORD, READER, b"another name"), PATIENT);
    vault.leave_reader_note(&newer).unwrap();
    drop(vault);
    let vault = world.open();
    assert_eq!(ask(&mut world, &vault, READER), [newer]);
    assert_ne!(ask(&mut world, &vault, READER), [left]);
}

#[test]
fn note_goes_with_the_grant_and_with_the_key_slot() {
    let (mut world, vault, _) = noted();
    world.chain.lock().revoke(RECORD, READER);
    assert_eq!(ask(&mut world, &vault, READER), [], "before any sweep");
    vault.watch(100).unwrap();
    assert_eq!(keys_in(&world.path()), 0);
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let deposit = world.deposit(READER, &[1]);
    vault.deposit(&deposit).unwrap();
    assert_eq!(ask(&mut world, &vault, READER), [], "a new grant has a note of its own");
}

#[test]
fn note_comes_from_the_patient_alone_beside_shares_and_in_bounds() {
    let (mut world, vault, left) = noted();
    let refused = |world: &mut World, message: ReaderNote, signer, reason| {
        let signed = world.sign(message, signer);
        assert_refused(vault.leave_reader_note(&signed), reason);
    };
    let good = note(RECORD, READER, b"x");
    refused(&mut world, good.clone(), STRANGER, RefusalReason::NotPatient);
    refused(&mut world, good, READER, RefusalReason::NotPatient);
    refused(&mut world, note(RECORD, STRANGER, b"x"), PATIENT, RefusalReason::NoShare);
    refused(&mut world, note(RecordId::new(8), READER, b"x"), PATIENT, RefusalReason::NoRecord);
    refused(&mut world, note(RECORD, READER, b""), PATIENT, RefusalReason::Malformed);
    let long = vec![0; MOST_NOTE + 1];
    refused(&mut world, note(RECORD, READER, &long), PATIENT, RefusalReason::Malformed);
    assert_refused(vault.leave_reader_note(&left), RefusalReason::RequestReplayed);
    let many: Vec<_> = (0..=MOST_NOTED_RECORDS as u128).map(RecordId::new).collect();
    for records in [vec![], vec![RECORD, RECORD], vec![RECORD, RecordId::new(1)], many] {
        let request = world.sign(ReaderNotesRequest { records }, READER);
        assert_refused(vault.reader_notes(&request), RefusalReason::Malformed);
    }
    let request = world.sign(ReaderNotesRequest { records: vec![RECORD] }, READER);
    assert_eq!(vault.reader_notes(&request).unwrap().notes, [left]);
    assert_refused(vault.reader_notes(&request), RefusalReason::RequestReplayed);
    let erasure = world.sign(Erasure { record_id: RECORD, blobs: Vec::new() }, PATIENT);
    vault.erase(&erasure).unwrap();
    assert_eq!(ask(&mut world, &vault, READER), []);
    refused(&mut world, note(RECORD, READER, b"x"), PATIENT, RefusalReason::RecordErased);
}
