//! What a patient may leave, and that nobody else may.

use mrms_core::{RecordId, Rights};
use mrms_vault::protocol::{Erasure, Hex, RefusalReason, Split, Topic};

use crate::support::*;

#[test]
fn shares_come_from_the_records_patient_alone_and_in_sound_form() {
    let mut world = World::new();
    let vault = world.open();
    let good = deposit(RECORD, READER, &[1]);
    let signed = world.sign(good.clone(), STRANGER);
    assert_refused(vault.deposit(&signed), RefusalReason::NotPatient);
    let elsewhere = deposit(RecordId::new(8), READER, &[1]);
    let signed = world.sign(elsewhere, PATIENT);
    assert_refused(vault.deposit(&signed), RefusalReason::NoRecord);
    let beyond = deposit(RECORD, READER, &[1, 3]);
    let signed = world.sign(beyond, PATIENT);
    assert_refused(vault.deposit(&signed), RefusalReason::NoRecord);

    let mut unsound = vec![
        deposit(RECORD, READER, &[]),
        deposit(RECORD, READER, &[2, 1]),
        deposit(RECORD, READER, &[1, 1]),
        deposit(RECORD, READER, &(1..=257).collect::<Vec<_>>()),
    ];
    let split = |threshold, count, place| mrms_vault::protocol::Deposit {
        split: Split { threshold, count, place },
        ..good.clone()
    };
    unsound.extend([
        split(0, 1, 1),
        split(2, 1, 1),
        split(1, 17, 1),
        split(1, 2, 3),
        split(1, 2, 0),
    ]);
    for message in unsound {
        let signed = world.sign(message, PATIENT);
        assert_refused(vault.deposit(&signed), RefusalReason::Malformed);
    }
    let lines = world.lines(&vault);
    assert_eq!(count(&lines, Topic::Refusal), 3);
    assert_eq!((count(&lines, Topic::Deposit), keys_in(&world.path())), (0, 0));
}

#[test]
fn a_replayed_deposit_is_refused() {
    let mut world = World::new();
    let vault = world.open();
    let signed = world.deposit(READER, &[1]);
    vault.deposit(&signed).unwrap();
    assert_refused(vault.deposit(&signed), RefusalReason::RequestReplayed);
}

#[test]
fn a_newer_deposit_takes_the_place_of_an_older_one() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let vault = world.open();
    let mut older = deposit(RECORD, READER, &[1]);
    older.versions[0].share = Hex([0x77; 48]);
    older.epoch = 3;
    let older = world.sign(older, PATIENT);
    vault.deposit(&older).unwrap();
    let newer = world.deposit(READER, &[1, 2]);
    let receipt = vault.deposit(&newer).unwrap();
    assert_eq!(receipt.verify(CHAIN), Ok(()));
    assert_eq!((receipt.line.topic, receipt.line.count), (Topic::Deposit, 2));
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
    let statistics = vault.statistics().unwrap();
    assert_eq!((statistics.shares, statistics.key_slots), (2, 1));
    assert_eq!(keys_in(&world.path()), 1);
}

#[test]
fn versions_of_several_deposits_and_pair_epochs_lie_side_by_side() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    world.chain.lock().write(RECORD, PATIENT, None);
    let vault = world.open();
    for (number, epoch) in [(1, 5), (2, 6)] {
        let mut one = deposit(RECORD, READER, &[number]);
        one.epoch = epoch;
        one.pair_header = Hex([u8::try_from(epoch).unwrap(); 1152]);
        let signed = world.sign(one, PATIENT);
        vault.deposit(&signed).unwrap();
    }
    for (number, epoch) in [(1, 5), (2, 6)] {
        let release = world.open_version(&vault, READER, number).unwrap();
        assert_eq!((release.epoch, release.pair_header), (epoch, Hex([epoch as u8; 1152])));
    }
}

#[test]
fn the_full_number_of_versions_fits_one_deposit() {
    let mut world = World::new();
    for _ in 0..255 {
        world.chain.lock().write(RECORD, PATIENT, None);
    }
    let vault = world.open();
    let all: Vec<u64> = (1..=256).collect();
    let signed = world.deposit(READER, &all);
    assert_eq!(vault.deposit(&signed).unwrap().line.count, 256);
}

#[test]
fn a_deposit_over_a_grant_that_has_closed_lets_what_lay_there_go_first() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    world.chain.lock().write(RECORD, PATIENT, None);
    let vault = world.open();
    let first = world.deposit(READER, &[1, 2]);
    vault.deposit(&first).unwrap();
    world.chain.lock().revoke(RECORD, READER);
    let second = world.deposit(READER, &[2]);
    vault.deposit(&second).unwrap();
    world.chain.lock().grant(RECORD, READER, Rights::READ.with(Rights::HISTORY), None);
    assert_is_share(&world.open_version(&vault, READER, 2).unwrap(), 2);
    assert_refused(world.open_version(&vault, READER, 1), RefusalReason::NoShare);
    assert_eq!(keys_in(&world.path()), 1);
    let lines = world.lines(&vault);
    let forgotten = lines.iter().find(|line| line.topic == Topic::Forget).unwrap();
    assert_eq!((forgotten.reason, forgotten.count), (Some(RefusalReason::Revoked), 2));
}

#[test]
fn a_deposit_over_a_grant_that_came_and_went_unseen_starts_anew_too() {
    let mut world = World::new();
    let vault = world.open();
    world.chain.lock().write(RECORD, PATIENT, None);
    let first = world.deposit(READER, &[1]);
    vault.deposit(&first).unwrap();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    world.chain.lock().revoke(RECORD, READER);
    let second = world.deposit(READER, &[2]);
    vault.deposit(&second).unwrap();
    assert_eq!((vault.statistics().unwrap().shares, keys_in(&world.path())), (1, 1));
    let third = world.deposit(READER, &[1]);
    vault.deposit(&third).unwrap();
    assert_eq!(vault.statistics().unwrap().shares, 2, "the grant is still to come for both");
}

#[test]
fn nothing_can_be_left_for_a_record_that_was_erased() {
    let mut world = World::new();
    let vault = world.open();
    let first = world.deposit(READER, &[1]);
    vault.deposit(&first).unwrap();
    let erasure = || Erasure { record_id: RECORD, blobs: Vec::new() };
    let by_reader = world.sign(erasure(), READER);
    assert_refused(vault.erase(&by_reader), RefusalReason::NotPatient);
    let by_patient = world.sign(erasure(), PATIENT);
    let erased = vault.erase(&by_patient).unwrap();
    assert_eq!((erased.shares, erased.salts, keys_in(&world.path())), (1, 0, 0));
    assert_eq!(erased.receipt.verify(CHAIN), Ok(()));
    let again = world.deposit(READER, &[1]);
    assert_refused(vault.deposit(&again), RefusalReason::RecordErased);
    let twice = world.sign(erasure(), PATIENT);
    assert_eq!(vault.erase(&twice).unwrap().shares, 0);
    assert_eq!(vault.statistics().unwrap().keys_to_destroy, 0);
}

#[test]
fn strangers_together_have_a_bound_that_those_with_shares_do_not_share() {
    let mut world = World::new();
    world.settings.stranger_requests_per_minute = 5;
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let vault = world.open();
    let first = world.deposit(READER, &[1]);
    vault.deposit(&first).unwrap();
    let mut refused = Vec::new();
    for number in 20..40 {
        let signed = world.sign(deposit(RECORD, READER, &[1]), Person(number));
        refused.push(vault.deposit(&signed).unwrap_err().reason);
    }
    assert_eq!(refused.iter().filter(|reason| **reason == RefusalReason::NotPatient).count(), 5);
    assert_eq!(
        refused.iter().filter(|reason| **reason == RefusalReason::TooManyRequests).count(),
        15
    );
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
}
