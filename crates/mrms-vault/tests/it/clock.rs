//! A clock that is wrong for a while blocks the vault for that while, and no longer.

use std::sync::atomic::Ordering;

use mrms_core::Rights;
use mrms_vault::guardian::{Guardian, WatchError};
use mrms_vault::protocol::{RefusalReason, Topic};

use crate::support::*;

const TEN_DAYS: u64 = 864_000;

fn granted() -> World {
    let world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    world
}

/// Messages of two strangers and of the patient, whose clocks are right.
fn ask_with_right_clocks(world: &mut World, vault: &Guardian, vault_is_ahead_by: u64) {
    for who in [STRANGER, Person(40), PATIENT] {
        let mut header = world.header();
        header.time -= vault_is_ahead_by;
        let message = deposit(RECORD, READER, &[1]);
        let signed =
            mrms_vault::protocol::Signed::sign(message, header, CHAIN, who.account(), &who.key())
                .unwrap();
        assert_refused(vault.deposit(&signed), RefusalReason::Clock);
    }
}

#[test]
fn a_clock_that_jumps_is_told_and_refused_and_is_right_again_when_it_is_back() {
    for (ahead, behind) in [(TEN_DAYS, 0), (0, TEN_DAYS)] {
        let mut world = granted();
        let vault = world.open();
        let left = world.deposit(READER, &[1]);
        vault.deposit(&left).unwrap();
        assert_eq!(vault.trouble(), None);
        world.clock.fetch_add(ahead, Ordering::SeqCst);
        world.clock.fetch_sub(behind, Ordering::SeqCst);
        let with_this_clock = world.deposit(READER, &[1]);
        assert_refused(vault.deposit(&with_this_clock), RefusalReason::Clock);
        if ahead > 0 {
            ask_with_right_clocks(&mut world, &vault, ahead);
        }
        assert_eq!(vault.trouble(), Some(RefusalReason::Clock));
        let doubts =
            |error| matches!(error, WatchError::Distrusted { reason: RefusalReason::Clock });
        assert!(vault.watch(10).is_err_and(doubts));
        world.clock.fetch_sub(ahead, Ordering::SeqCst);
        world.clock.fetch_add(behind, Ordering::SeqCst);
        world.pass(8);
        assert_eq!(vault.trouble(), None);
        assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
        let lines = world.lines(&vault);
        assert!(lines.iter().all(|line| line.time <= START + 8), "no line is of the wrong time");
    }
}

#[test]
fn a_clock_that_is_set_right_is_believed_after_ten_minutes() {
    let mut world = granted();
    world.clock.fetch_sub(TEN_DAYS, Ordering::SeqCst);
    world.chain.lock().time -= TEN_DAYS;
    let vault = world.open();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    world.clock.fetch_add(TEN_DAYS, Ordering::SeqCst);
    world.chain.lock().time += TEN_DAYS;
    assert_refused(world.open_version(&vault, READER, 1), RefusalReason::Clock);
    world.pass(599);
    assert_refused(world.open_version(&vault, READER, 1), RefusalReason::Clock);
    world.pass(1);
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
}

#[test]
fn a_vault_that_ran_under_a_clock_ten_days_ahead_works_soon_after_the_clock_is_set_right() {
    for for_a_command in [false, true] {
        let open = |world: &World| {
            if for_a_command { world.open_for_a_command() } else { world.open() }
        };
        let mut world = granted();
        world.clock.fetch_add(TEN_DAYS, Ordering::SeqCst);
        world.chain.lock().time += TEN_DAYS;
        let vault = open(&world);
        ask_with_right_clocks(&mut world, &vault, TEN_DAYS);
        // Anybody can sign for the wrong time, too.
        let stranger = world.sign(deposit(RECORD, READER, &[1]), STRANGER);
        assert_refused(vault.deposit(&stranger), RefusalReason::NotPatient);
        vault.watch(10).unwrap();
        drop(vault);
        world.clock.fetch_sub(TEN_DAYS, Ordering::SeqCst);
        world.chain.lock().time -= TEN_DAYS;
        world.pass(60);
        let vault = open(&world);
        if !for_a_command {
            assert_eq!(vault.trouble(), Some(RefusalReason::Clock));
            world.pass(600);
        }
        let left = world.deposit(READER, &[1]);
        vault.deposit(&left).unwrap();
        assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
        let lines = world.lines(&vault);
        assert!(lines.windows(2).all(|pair| pair[0].time <= pair[1].time));
        assert_eq!(count(&lines, Topic::Release), 1);
        assert_eq!(vault.verify_log().unwrap(), vault.anchor());
    }
}

#[test]
fn what_was_forgotten_under_a_clock_that_was_ahead_is_not_admitted_again() {
    let mut world = granted();
    let vault = world.open_for_a_command();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    world.clock.fetch_add(3_000, Ordering::SeqCst);
    vault.watch(10).unwrap();
    world.clock.fetch_sub(3_000, Ordering::SeqCst);
    assert_refused(vault.deposit(&left), RefusalReason::Clock);
    // The ten minutes that were forgotten pass.
    world.pass(600);
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
}
