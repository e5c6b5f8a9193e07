//! Erasure salts: whose they are is decided by the chain.

use mrms_core::{RecordId, Rights};
use mrms_vault::guardian::{Guardian, Presence};
use mrms_vault::protocol::{
    Erasure, Hex, RefusalReason, SaltDeposit, SaltRequest, Signed, Topic, UploadRequest,
};

use crate::support::*;

const NEW: RecordId = RecordId::new(50);
/// Somebody who may add versions.
const WRITER: Person = Person(4);

fn salt(
    world: &mut World,
    record: RecordId,
    number: u64,
    byte: u8,
    by: Person,
) -> Signed<SaltDeposit> {
    let salt = Hex([byte; 32]);
    world.sign(SaltDeposit { record_id: record, version: version(number), salt }, by)
}

/// Brings the ciphertext of a version, as whoever leaves a salt for a new record does.
fn bring(world: &mut World, vault: &Guardian, record_id: RecordId, byte: u8, by: Person) {
    let (sha256, version) = (Hex([byte; 32]), version(1));
    let upload = world.sign(UploadRequest { sha256, length: 1, record_id, version }, by);
    vault.admit_upload(&upload, Presence::Absent).unwrap();
    assert!(vault.ciphertext_is_here(sha256, &by.principal()).unwrap());
}

fn ask(world: &mut World, record: RecordId, number: u64, by: Person) -> Signed<SaltRequest> {
    world.sign(SaltRequest { record_id: record, version: version(number) }, by)
}

#[test]
fn whoever_announces_what_somebody_else_brings_has_brought_nothing() {
    let mut world = World::new();
    let vault = world.open();
    let blob = Hex([0xb7; 32]);
    // Both announce it, and only one of them sends the bytes.
    for by in [STRANGER, PATIENT] {
        let upload = UploadRequest { sha256: blob, length: 1, record_id: NEW, version: version(1) };
        vault.admit_upload(&world.sign(upload, by), Presence::Absent).unwrap();
    }
    assert!(vault.ciphertext_is_here(blob, &PATIENT.principal()).unwrap());
    let theirs = salt(&mut world, NEW, 1, 0xb7, STRANGER);
    assert!(vault.deposit_salt(&theirs).is_err(), "no place for who brought nothing");
    let own = salt(&mut world, NEW, 1, 0xb7, PATIENT);
    vault.deposit_salt(&own).unwrap();
}

#[test]
fn a_salt_of_somebody_else_never_stands_in_for_the_authors() {
    let mut world = World::new();
    let vault = world.open();
    for (byte, by) in [(0xa1, STRANGER), (0xa2, PATIENT), (0xa3, STRANGER)] {
        bring(&mut world, &vault, NEW, byte, by);
        let left = salt(&mut world, NEW, 1, byte, by);
        vault.deposit_salt(&left).unwrap();
    }
    let early = ask(&mut world, NEW, 1, PATIENT);
    assert_refused(vault.release_salt(&early), RefusalReason::NoRecord);
    world.chain.lock().create(NEW, PATIENT);
    let theirs = ask(&mut world, NEW, 1, STRANGER);
    assert_refused(vault.release_salt(&theirs), RefusalReason::NotAuthor);
    let given = ask(&mut world, NEW, 1, PATIENT);
    let given = vault.release_salt(&given).unwrap();
    assert_eq!(given.salt, Hex([0xa2; 32]));
    assert_eq!(given.receipt.verify(CHAIN), Ok(()));
    let late = salt(&mut world, NEW, 1, 0xa4, STRANGER);
    assert_refused(vault.deposit_salt(&late), RefusalReason::NotAuthor);
}

#[test]
fn a_salt_can_be_left_for_the_next_version_and_not_beyond() {
    let mut world = World::new();
    let vault = world.open();
    let beyond = salt(&mut world, RECORD, 3, 1, PATIENT);
    assert_refused(vault.deposit_salt(&beyond), RefusalReason::NoRecord);
    let not_first = salt(&mut world, NEW, 2, 1, PATIENT);
    assert_refused(vault.deposit_salt(&not_first), RefusalReason::NoRecord);
    let next = salt(&mut world, RECORD, 2, 1, PATIENT);
    vault.deposit_salt(&next).unwrap();
}

#[test]
fn the_salt_of_a_version_on_chain_stands() {
    let mut world = World::new();
    let vault = world.open();
    for byte in [1, 2] {
        let draft = salt(&mut world, RECORD, 2, byte, PATIENT);
        vault.deposit_salt(&draft).unwrap();
    }
    world.chain.lock().write(RECORD, PATIENT, None);
    let other = salt(&mut world, RECORD, 2, 3, PATIENT);
    assert_refused(vault.deposit_salt(&other), RefusalReason::SaltStands);
    let same = salt(&mut world, RECORD, 2, 2, PATIENT);
    vault.deposit_salt(&same).unwrap();
    let asked = ask(&mut world, RECORD, 2, PATIENT);
    assert_eq!(vault.release_salt(&asked).unwrap().salt, Hex([2; 32]));
}

#[test]
fn a_release_brings_the_authors_salt_along() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    world.chain.lock().grant(RECORD, WRITER, Rights::AMEND, None);
    let vault = world.open();
    for (byte, by) in [(1, PATIENT), (2, WRITER)] {
        let left = salt(&mut world, RECORD, 2, byte, by);
        vault.deposit_salt(&left).unwrap();
    }
    world.chain.lock().write(RECORD, PATIENT, None);
    let left = world.deposit(READER, &[2]);
    vault.deposit(&left).unwrap();
    assert_eq!(world.open_version(&vault, READER, 2).unwrap().salt, Some(Hex([1; 32])));
}

#[test]
fn the_author_of_a_version_gets_its_salt_and_the_records_patient_too() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::AMEND, None);
    let vault = world.open();
    let left = salt(&mut world, RECORD, 2, 7, READER);
    vault.deposit_salt(&left).unwrap();
    world.chain.lock().write(RECORD, READER, None);
    for by in [READER, PATIENT] {
        let asked = ask(&mut world, RECORD, 2, by);
        assert_eq!(vault.release_salt(&asked).unwrap().salt, Hex([7; 32]));
    }
    let none = ask(&mut world, RECORD, 1, PATIENT);
    assert_refused(vault.release_salt(&none), RefusalReason::NoShare);
}

#[test]
fn salts_of_versions_that_never_came_go_and_others_stay() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, WRITER, Rights::AMEND, None);
    let vault = world.open();
    bring(&mut world, &vault, NEW, 1, STRANGER);
    for (record, number, by) in [(RECORD, 2, PATIENT), (RECORD, 2, WRITER), (NEW, 1, STRANGER)] {
        let left = salt(&mut world, record, number, 1, by);
        vault.deposit_salt(&left).unwrap();
    }
    world.chain.lock().burn += 144;
    assert_eq!(vault.watch(10).unwrap().forgotten, 0);
    world.chain.lock().write(RECORD, PATIENT, None);
    assert_eq!(
        vault.watch(10).unwrap().forgotten,
        1,
        "the other writer's, now that it has an author"
    );
    world.chain.lock().burn += 1;
    assert_eq!(vault.watch(10).unwrap().forgotten, 1);
    assert_eq!((vault.statistics().unwrap().salts, keys_in(&world.path())), (1, 1));
    let asked = ask(&mut world, RECORD, 2, PATIENT);
    vault.release_salt(&asked).unwrap();
    let reasons: Vec<_> = world
        .lines(&vault)
        .into_iter()
        .filter(|line| line.topic == Topic::Forget)
        .map(|line| line.reason)
        .collect();
    assert_eq!(reasons, [Some(RefusalReason::NotAuthor), Some(RefusalReason::GrantNeverCame)]);
}

#[test]
fn an_erasure_takes_the_salts_for_good() {
    let mut world = World::new();
    let vault = world.open();
    let left = salt(&mut world, RECORD, 1, 1, PATIENT);
    vault.deposit_salt(&left).unwrap();
    let erasure = world.sign(Erasure { record_id: RECORD, blobs: Vec::new() }, PATIENT);
    assert_eq!(vault.erase(&erasure).unwrap().salts, 1);
    assert_eq!(keys_in(&world.path()), 0);
    let asked = ask(&mut world, RECORD, 1, PATIENT);
    assert_refused(vault.release_salt(&asked), RefusalReason::RecordErased);
    let again = salt(&mut world, RECORD, 1, 1, PATIENT);
    assert_refused(vault.deposit_salt(&again), RefusalReason::RecordErased);
}

#[test]
fn a_salt_is_left_by_who_may_write_the_version() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let vault = world.open();
    for by in [STRANGER, READER] {
        let next = salt(&mut world, RECORD, 2, 1, by);
        assert_refused(vault.deposit_salt(&next), RefusalReason::NotGranted);
    }
    let new = salt(&mut world, NEW, 1, 1, STRANGER);
    assert_refused(vault.deposit_salt(&new), RefusalReason::NoRecord);
    bring(&mut world, &vault, NEW, 9, PATIENT);
    let others = salt(&mut world, NEW, 1, 1, STRANGER);
    assert_refused(vault.deposit_salt(&others), RefusalReason::NoRecord);
    let own = salt(&mut world, NEW, 1, 1, PATIENT);
    vault.deposit_salt(&own).unwrap();
    assert_eq!(vault.statistics().unwrap().salts, 1);
}

#[test]
fn so_many_salts_of_an_account_wait_and_no_more() {
    let mut world = World::new();
    let vault = world.open();
    for number in 0..257 {
        let record = RecordId::new(1_000 + number);
        bring(&mut world, &vault, record, 9, STRANGER);
        let left = salt(&mut world, record, 1, 1, STRANGER);
        if number < 256 {
            vault.deposit_salt(&left).unwrap();
        } else {
            assert_refused(vault.deposit_salt(&left), RefusalReason::TooMuchWaits);
        }
        // A second, so that strangers ask no more often than they may.
        if number % 4 == 3 {
            world.pass(1);
        }
    }
    bring(&mut world, &vault, NEW, 9, PATIENT);
    let others = salt(&mut world, NEW, 1, 1, PATIENT);
    vault.deposit_salt(&others).unwrap();
}

#[test]
fn who_only_names_ciphertext_that_is_here_can_leave_no_salt() {
    let mut world = World::new();
    let vault = world.open();
    bring(&mut world, &vault, NEW, 1, PATIENT);
    let made_up = RecordId::new(51);
    let (sha256, version) = (Hex([1; 32]), version(1));
    let named = UploadRequest { sha256, length: 1, record_id: made_up, version };
    let named = world.sign(named, STRANGER);
    vault.admit_upload(&named, Presence::Here).unwrap();
    let left = salt(&mut world, made_up, 1, 1, STRANGER);
    assert_refused(vault.deposit_salt(&left), RefusalReason::NoRecord);
    let left = salt(&mut world, NEW, 1, 1, PATIENT);
    vault.deposit_salt(&left).unwrap();
}
