//! Whose ciphertext it is: an erasure deletes what was brought for its record, and nothing else.

use mrms_core::{Finality, RecordId, Rights};
use mrms_vault::guardian::{Guardian, Presence, Proven, UploaderKind};
use mrms_vault::protocol::{Erasure, Hex, Refusal, RefusalReason, UploadRequest};
use rusqlite::Connection;

use crate::support::*;

const BLOB: [u8; 32] = [1; 32];
/// A record of somebody else's own.
const OTHER: RecordId = RecordId::new(8);

/// Announces a ciphertext for a version.
fn announce(
    world: &mut World,
    vault: &Guardian,
    by: Person,
    of: (RecordId, u64),
    presence: Presence,
) -> Result<UploaderKind, Refusal> {
    let (record_id, number) = of;
    let version = version(number);
    let upload = UploadRequest { sha256: Hex(BLOB), length: 1, record_id, version };
    vault.admit_upload(&world.sign(upload, by), presence)
}

/// Announces a ciphertext for a version, and brings it.
fn bring(world: &mut World, vault: &Guardian, by: Person, of: (RecordId, u64)) {
    announce(world, vault, by, of, Presence::Absent).unwrap();
    assert!(vault.ciphertext_is_here(Hex(BLOB), &by.principal()).unwrap());
}

/// What an erasure lets go, and what it keeps.
fn erase(
    world: &mut World,
    vault: &Guardian,
    by: Person,
    record_id: RecordId,
) -> (Vec<Hex<32>>, Vec<Hex<32>>) {
    let erasure = world.sign(Erasure { record_id, blobs: vec![Hex(BLOB)] }, by);
    let erased = vault.erase(&erasure).unwrap();
    (erased.blobs, erased.kept)
}

fn gone() -> (Vec<Hex<32>>, Vec<Hex<32>>) {
    (vec![Hex(BLOB)], Vec::new())
}

fn kept() -> (Vec<Hex<32>>, Vec<Hex<32>>) {
    (Vec::new(), vec![Hex(BLOB)])
}

#[test]
fn the_author_of_a_version_cannot_erase_it_by_copying_it_into_a_record_of_their_own() {
    let mut world = World::new();
    let vault = world.open();
    world.chain.lock().grant(RECORD, READER, Rights::AMEND, None);
    bring(&mut world, &vault, READER, (RECORD, 2));
    world.chain.lock().write(RECORD, READER, Some(BLOB));
    for burn in [0, 1] {
        // At the same burn height, and later.
        world.chain.lock().burn += burn;
        let copy = RecordId::new(8 + u128::from(burn));
        world.chain.lock().create_with(copy, READER, Some(BLOB));
        announce(&mut world, &vault, READER, (copy, 1), Presence::Here).unwrap();
        assert_eq!(erase(&mut world, &vault, READER, copy), kept());
    }
    assert_eq!(erase(&mut world, &vault, PATIENT, RECORD), gone(), "the patient's own erasure");
    vault.ciphertext_is_gone(Hex(BLOB)).unwrap();
    assert_eq!(erase(&mut world, &vault, PATIENT, RECORD), kept(), "nobody's any more");
}

#[test]
fn ciphertext_that_nobody_announced_is_kept_whoever_announces_it_later() {
    let mut world = World::new();
    let vault = world.open();
    world.chain.lock().create_with(OTHER, STRANGER, Some(BLOB));
    assert_eq!(erase(&mut world, &vault, STRANGER, OTHER), kept());
    let mut world = World::new();
    world.chain.lock().create_with(OTHER, STRANGER, Some(BLOB));
    let vault = world.open();
    announce(&mut world, &vault, STRANGER, (OTHER, 1), Presence::Here).unwrap();
    assert_eq!(erase(&mut world, &vault, STRANGER, OTHER), kept());
}

#[test]
fn a_stranger_who_brings_a_known_ciphertext_first_does_not_own_it() {
    let mut world = World::new();
    let vault = world.open();
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB));
    // For a record that is not there, and for one that refers to it later.
    bring(&mut world, &vault, STRANGER, (OTHER, 1));
    world.chain.lock().burn += 1;
    world.chain.lock().create_with(OTHER, STRANGER, Some(BLOB));
    assert_eq!(erase(&mut world, &vault, PATIENT, RECORD), kept(), "nobody brought it for this");
    announce(&mut world, &vault, PATIENT, (RECORD, 2), Presence::Here).unwrap();
    assert_eq!(erase(&mut world, &vault, PATIENT, RECORD), gone(), "told after the first erasure");
    let mut world = World::new();
    let vault = world.open();
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB));
    bring(&mut world, &vault, STRANGER, (OTHER, 1));
    world.chain.lock().burn += 1;
    world.chain.lock().create_with(OTHER, STRANGER, Some(BLOB));
    announce(&mut world, &vault, PATIENT, (RECORD, 2), Presence::Here).unwrap();
    assert_eq!(erase(&mut world, &vault, STRANGER, OTHER), kept());
    assert_eq!(erase(&mut world, &vault, PATIENT, RECORD), gone());
}

#[test]
fn what_the_patient_brought_for_anothers_version_goes_with_the_record() {
    let mut world = World::new();
    let vault = world.open();
    world.chain.lock().write(RECORD, READER, Some(BLOB));
    bring(&mut world, &vault, PATIENT, (RECORD, 2));
    assert_eq!(erase(&mut world, &vault, PATIENT, RECORD), gone());
}

#[test]
fn an_announcement_is_for_a_version_that_its_signer_writes() {
    let mut world = World::new();
    let vault = world.open();
    world.chain.lock().write(RECORD, PATIENT, Some([2; 32]));
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let mut refused =
        |by, of| announce(&mut world, &vault, by, of, Presence::Absent).unwrap_err().reason;
    assert_eq!(refused(STRANGER, (RECORD, 2)), RefusalReason::NotAuthor);
    assert_eq!(refused(PATIENT, (RECORD, 2)), RefusalReason::OtherCiphertext);
    assert_eq!(refused(STRANGER, (RECORD, 3)), RefusalReason::NotGranted);
    assert_eq!(refused(READER, (RECORD, 3)), RefusalReason::NotGranted, "may read alone");
    assert_eq!(refused(PATIENT, (RECORD, 4)), RefusalReason::NoRecord);
    assert_eq!(refused(PATIENT, (OTHER, 2)), RefusalReason::NoRecord);
    let next = announce(&mut world, &vault, PATIENT, (RECORD, 3), Presence::Absent);
    assert_eq!(next.unwrap(), UploaderKind::Known);
    let new = announce(&mut world, &vault, PATIENT, (OTHER, 1), Presence::Absent);
    assert_eq!(new.unwrap(), UploaderKind::Stranger, "nothing of theirs is proven here yet");
    let erasure = world.sign(Erasure { record_id: RECORD, blobs: Vec::new() }, PATIENT);
    vault.erase(&erasure).unwrap();
    let late = announce(&mut world, &vault, PATIENT, (RECORD, 3), Presence::Absent);
    assert_eq!(late.unwrap_err().reason, RefusalReason::RecordErased);
}

#[test]
fn ciphertext_on_which_too_many_claims_wait_is_kept_until_they_are_settled() {
    let mut world = World::new();
    let vault = world.open();
    for number in 20..37 {
        let of = (RecordId::new(u128::from(number)), 1);
        announce(&mut world, &vault, Person(number), of, Presence::Absent).unwrap();
        // A second, so that strangers ask no more often than they may.
        world.pass(1);
    }
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB));
    bring(&mut world, &vault, PATIENT, (RECORD, 2));
    assert_eq!(erase(&mut world, &vault, PATIENT, RECORD), kept());
    world.chain.lock().burn += 1;
    for number in 40..60 {
        // These came too late to have been first.
        let of = (RecordId::new(u128::from(number)), 1);
        announce(&mut world, &vault, Person(number), of, Presence::Here).unwrap();
        world.pass(1);
    }
    world.chain.lock().burn += 143;
    assert_eq!(vault.sweep_claims(100).unwrap(), 0);
    world.chain.lock().burn += 1;
    assert_eq!(vault.sweep_claims(100).unwrap(), 17, "the early ones brought nothing");
    world.chain.lock().burn += 1;
    assert_eq!(vault.sweep_claims(100).unwrap(), 20, "nor did the late ones");
    assert_eq!(vault.prove_ciphertext(Hex(BLOB)).unwrap(), Proven::Yes);
}

#[test]
fn what_is_left_of_an_erased_record_can_be_announced_and_nothing_else_of_it() {
    let mut world = World::new();
    world.settings.finality = Finality::after(3);
    world.chain.lock().remember_blocks();
    let vault = world.open();
    bring(&mut world, &vault, STRANGER, (OTHER, 1));
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB));
    (0..3).for_each(|_| world.chain.lock().mine_on_bitcoin());
    // A copy in a record of the stranger's own, later.
    world.chain.lock().burn += 1;
    world.chain.lock().create_with(OTHER, STRANGER, Some(BLOB));
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB));
    assert_eq!(erase(&mut world, &vault, PATIENT, RECORD), kept());
    let mut refused =
        |by, of, presence| announce(&mut world, &vault, by, of, presence).unwrap_err().reason;
    let erased = RefusalReason::RecordErased;
    assert_eq!(refused(PATIENT, (RECORD, 2), Presence::Absent), erased, "no byte comes back");
    assert_eq!(refused(PATIENT, (RECORD, 3), Presence::Here), erased, "not settled");
    assert_eq!(refused(PATIENT, (RECORD, 4), Presence::Here), erased, "not written");
    assert_eq!(refused(STRANGER, (RECORD, 2), Presence::Here), RefusalReason::NotAuthor);
    announce(&mut world, &vault, PATIENT, (RECORD, 2), Presence::Here).unwrap();
    assert_eq!(erase(&mut world, &vault, PATIENT, RECORD), gone());
}

#[test]
fn an_erased_record_of_ones_own_deletes_no_ciphertext_of_an_older_record() {
    let mut world = World::new();
    let vault = world.open();
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB));
    bring(&mut world, &vault, PATIENT, (RECORD, 2));
    world.chain.lock().burn += 1;
    world.chain.lock().create_with(OTHER, STRANGER, Some(BLOB));
    for _ in 0..2 {
        assert_eq!(erase(&mut world, &vault, STRANGER, OTHER), kept());
        announce(&mut world, &vault, STRANGER, (OTHER, 1), Presence::Here).unwrap();
    }
    assert_eq!(erase(&mut world, &vault, STRANGER, OTHER), kept());
    assert_eq!(erase(&mut world, &vault, PATIENT, RECORD), gone());
}

#[test]
fn claims_that_nothing_followed_are_forgotten_and_others_are_not() {
    let mut world = World::new();
    let vault = world.open();
    announce(&mut world, &vault, PATIENT, (RECORD, 2), Presence::Absent).unwrap();
    announce(&mut world, &vault, STRANGER, (OTHER, 1), Presence::Absent).unwrap();
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB));
    world.chain.lock().burn += 144;
    assert_eq!(vault.sweep_claims(100).unwrap(), 0);
    world.chain.lock().burn += 1;
    assert_eq!(vault.sweep_claims(100).unwrap(), 1, "the stranger's");
    assert!(vault.is_ciphertext_of(Hex(BLOB), RECORD, version(2)).unwrap());
    assert_eq!(vault.prove_ciphertext(Hex([9; 32])).unwrap(), Proven::Nobody);
}

#[test]
fn a_vault_of_the_earlier_format_opens_and_what_it_noted_is_nobodys() {
    let mut world = World::new();
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB));
    drop(world.open());
    let database = Connection::open(world.path().join("vault.sqlite")).unwrap();
    let earlier = "DROP TABLE claims;
                   DROP INDEX salts_waiting;
                   CREATE TABLE uploads (
                       blob     BLOB NOT NULL,
                       uploader BLOB NOT NULL,
                       PRIMARY KEY (blob, uploader)
                   ) STRICT, WITHOUT ROWID;
                   PRAGMA user_version = 1;";
    database.execute_batch(earlier).unwrap();
    database.execute("INSERT INTO uploads VALUES (?, x'00')", [&BLOB[..]]).unwrap();
    drop(database);
    let vault = world.open();
    announce(&mut world, &vault, PATIENT, (RECORD, 2), Presence::Here).unwrap();
    assert_eq!(erase(&mut world, &vault, PATIENT, RECORD), kept());
    drop(vault);
    world.open();
}
