//! Deleting without being asked.

use std::sync::Arc;

use mrms_core::{RecordId, Rights};
use mrms_vault::guardian::{Sweep, WatchError};
use mrms_vault::protocol::{RefusalReason, Topic};

use crate::support::*;

/// What the watcher says of the one epoch that there is.
fn forgotten(world: &mut World, vault: &mrms_vault::guardian::Guardian) -> Option<RefusalReason> {
    vault.watch(10).unwrap();
    let lines = world.lines(vault);
    lines.iter().rev().find(|line| line.topic == Topic::Forget).and_then(|line| line.reason)
}

/// How a grant ends.
type End = fn(&mut World);

#[test]
fn what_is_revoked_or_expired_goes_with_its_key_and_what_is_granted_stays() {
    let ends: [(RefusalReason, End); 3] = [
        (RefusalReason::Revoked, |world| world.chain.lock().revoke(RECORD, READER)),
        (RefusalReason::Expired, |world| world.chain.lock().burn = 1_010),
        (RefusalReason::NotGranted, |world| {
            world.chain.lock().give_to(RECORD, Person(4));
        }),
    ];
    for (reason, end) in ends {
        let mut world = World::new();
        if reason == RefusalReason::NotGranted {
            world.chain.lock().grant_all(PATIENT, READER, Rights::READ);
        } else {
            world.chain.lock().grant(RECORD, READER, Rights::READ, Some(1_010));
        }
        let vault = world.open();
        let left = world.deposit(READER, &[1]);
        vault.deposit(&left).unwrap();
        assert_eq!(forgotten(&mut world, &vault), None);
        assert_eq!(keys_in(&world.path()), 1);
        end(&mut world);
        assert_eq!(forgotten(&mut world, &vault), Some(reason));
        assert_eq!((keys_in(&world.path()), vault.statistics().unwrap().shares), (0, 0));
    }
}

#[test]
fn a_deposit_waits_144_burn_blocks_for_its_grant() {
    let mut world = World::new();
    let vault = world.open();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    world.chain.lock().burn += 144;
    assert_eq!(forgotten(&mut world, &vault), None);
    world.chain.lock().burn += 1;
    assert_eq!(forgotten(&mut world, &vault), Some(RefusalReason::GrantNeverCame));
    assert_eq!(keys_in(&world.path()), 0);
}

#[test]
fn a_deposit_for_a_new_grant_outlives_the_mark_of_the_revoked_one() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    world.chain.lock().revoke(RECORD, READER);
    let vault = world.open();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    assert_eq!(forgotten(&mut world, &vault), None, "the grant is still to come");
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
    world.chain.lock().revoke(RECORD, READER);
    assert_eq!(forgotten(&mut world, &vault), Some(RefusalReason::Revoked));
}

#[test]
fn a_grant_that_came_and_went_between_two_sweeps_is_over() {
    let mut world = World::new();
    let vault = world.open();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    world.chain.lock().burn += 1;
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    world.chain.lock().revoke(RECORD, READER);
    assert_eq!(forgotten(&mut world, &vault), Some(RefusalReason::Revoked));
}

#[test]
fn a_grant_that_was_seen_and_left_no_trace_is_over() {
    let mut world = World::new();
    let vault = world.open();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    world.chain.lock().grant_all(PATIENT, READER, Rights::READ);
    assert_eq!(forgotten(&mut world, &vault), None);
    // The record is another patient's now: for them the reader has no grant, as at the deposit.
    world.chain.lock().give_to(RECORD, Person(4));
    assert_eq!(forgotten(&mut world, &vault), Some(RefusalReason::NotGranted));
}

#[test]
fn what_is_left_while_the_watcher_looks_stays() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let vault = Arc::new(world.open());
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    world.chain.lock().revoke(RECORD, READER);
    let (left, chain) = (world.deposit(READER, &[1]), Arc::clone(&world.chain));
    let depositor = Arc::clone(&vault);
    world.chain.meanwhile(move || {
        chain.lock().grant(RECORD, READER, Rights::READ, None);
        depositor.deposit(&left).unwrap();
    });
    assert_eq!(vault.watch(10).unwrap().forgotten, 0);
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
}

#[test]
fn nothing_is_deleted_on_the_word_of_a_chain_in_doubt() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let vault = world.open();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    world.chain.lock().revoke(RECORD, READER);
    world.chain.lock().trouble = Trouble::Unreachable;
    assert!(matches!(vault.watch(10), Err(WatchError::Chain(_))));
    world.chain.lock().trouble = Trouble::None;
    let block = std::mem::replace(&mut world.chain.lock().block, 1);
    let reason = RefusalReason::ChainForkedBack;
    assert!(
        matches!(vault.watch(10), Err(WatchError::Distrusted { reason: found }) if found == reason)
    );
    world.chain.lock().block = block;
    world.chain.lock().time -= 3_601;
    let reason = RefusalReason::ChainStale;
    assert!(
        matches!(vault.watch(10), Err(WatchError::Distrusted { reason: found }) if found == reason)
    );
    assert_eq!(keys_in(&world.path()), 1);
    world.chain.lock().time += 3_601;
    assert_eq!(forgotten(&mut world, &vault), Some(RefusalReason::Revoked));
}

#[test]
fn a_sweep_in_parts_looks_at_everything_once() {
    let mut world = World::new();
    let vault = world.open();
    for number in 10..17 {
        let record = RecordId::new(number);
        world.chain.lock().create(record, PATIENT);
        world.chain.lock().grant(record, READER, Rights::READ, None);
        let left = world.sign(deposit(record, READER, &[1]), PATIENT);
        vault.deposit(&left).unwrap();
        world.chain.lock().revoke(record, READER);
    }
    let mut looked = Vec::new();
    loop {
        let report = vault.watch(3).unwrap();
        looked.push((report.looked, report.forgotten));
        if report.sweep == Sweep::Complete {
            break;
        }
    }
    assert_eq!(looked, [(3, 3), (3, 3), (1, 1)]);
    assert_eq!(keys_in(&world.path()), 0);
    assert_eq!(vault.verify_log().unwrap(), vault.anchor());
}

#[test]
fn a_key_file_that_nothing_refers_to_is_removed_unless_the_vault_was_closed_in_order() {
    let mut world = World::new();
    drop(world.open());
    let orphan = world.path().join("epochs").join("00".repeat(16));
    let mark = world.path().join("tidy");
    std::fs::write(&orphan, [1; 32]).unwrap();
    // All files are not listed each time.
    drop(world.open());
    assert!(orphan.exists() && mark.exists());
    // A vault that makes a key and is killed leaves no mark.
    let vault = world.open();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    assert!(!mark.exists());
    drop(vault);
    assert!(orphan.exists() && mark.exists());
    std::fs::remove_file(&mark).unwrap();
    let vault = world.open();
    assert!(!orphan.exists());
    assert_eq!(keys_in(&world.path()), 1);
    drop(vault);
    assert!(mark.exists());
}
