//! Somebody who makes keys for free costs the vault no disk, the chain few questions, and others little of their share.

use mrms_core::{RecordId, Rights};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::TransactionVersion;
use mrms_vault::guardian::Guardian;
use mrms_vault::protocol::{Hex, RefusalReason, SaltDeposit, Signed, Topic};

use crate::support::*;

/// A key that nobody has seen.
fn fresh_key(number: u32) -> SigningKey {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    SigningKey::from_bytes(&bytes).unwrap()
}

/// A deposit that is not its signer's to leave.
fn ask_as_stranger(world: &mut World, vault: &Guardian, number: u32) -> RefusalReason {
    let key = fresh_key(number);
    let account = key.address(TransactionVersion::Testnet);
    let header = world.header();
    let signed = Signed::sign(deposit(RECORD, READER, &[1]), header, CHAIN, account, &key).unwrap();
    vault.deposit(&signed).unwrap_err().reason
}

fn granted() -> (World, Guardian) {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let vault = world.open();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    (world, vault)
}

#[test]
fn a_flood_of_strangers_leaves_less_than_a_megabyte_of_lines_an_hour() {
    let (mut world, vault) = granted();
    let before = vault.anchor().count;
    let mut number = 0;
    // Ten a second, each with a key of its own, for two minutes: all of them within the share of strangers.
    for _ in 0..120 {
        for _ in 0..10 {
            number += 1;
            ask_as_stranger(&mut world, &vault, number);
        }
        world.pass(1);
    }
    vault.watch(10).unwrap();
    let lines = world.lines(&vault);
    let added = &lines[usize::try_from(before).unwrap()..];
    let bytes: usize = added.iter().map(|line| serde_json::to_vec(line).unwrap().len() + 120).sum();
    assert!(bytes * 30 < 1_000_000, "{bytes} bytes in two minutes, {} lines", added.len());
    // Each is counted: the one of a line of its own, the others of a line with their number.
    let counted: u64 = added
        .iter()
        .filter(|line| matches!(line.topic, Topic::Refusal | Topic::Rejected))
        .map(|line| line.count)
        .sum();
    assert_eq!(counted, 1_200);
}

#[test]
fn who_has_a_record_on_the_chain_is_heard_while_strangers_flood() {
    let (mut world, vault) = granted();
    let mut number = 0;
    for patient in 50..60 {
        for _ in 0..100 {
            number += 1;
            ask_as_stranger(&mut world, &vault, number);
        }
        world.pass(1);
        let (patient, record) = (Person(patient), RecordId::new(u128::from(patient)));
        world.chain.lock().create(record, patient);
        let left = world.sign(deposit(record, READER, &[1]), patient);
        vault.deposit(&left).unwrap();
        // A reader who was granted a moment ago, and opens at once.
        let reader = Person(patient.0 + 50);
        let left = world.sign(deposit(record, reader, &[1]), patient);
        vault.deposit(&left).unwrap();
        world.chain.lock().grant(record, reader, Rights::READ, None);
        let entry = world.chain.lock().access(record, reader, 1).unwrap();
        let signed = world.sign(request(record, 1, entry), reader);
        vault.release(&signed).unwrap();
    }
}

#[test]
fn a_deposit_alone_makes_nobody_known() {
    let mut world = World::new();
    world.settings.stranger_requests_per_minute = 5;
    let vault = world.open();
    let puppets: Vec<Person> = (60..90).map(Person).collect();
    for puppet in &puppets {
        let left = world.deposit(*puppet, &[1]);
        vault.deposit(&left).unwrap();
    }
    vault.watch(100).unwrap();
    let mut heard = 0;
    for puppet in &puppets {
        let signed = world.sign(deposit(RECORD, READER, &[1]), *puppet);
        let reason = vault.deposit(&signed).unwrap_err().reason;
        heard += usize::from(reason != RefusalReason::TooManyRequests);
    }
    assert_eq!(heard, 5, "they share what strangers have");
}

#[test]
fn the_watcher_asks_about_what_waits_only_when_there_is_a_new_block() {
    let (mut world, vault) = granted();
    for number in 0..40 {
        let salt = SaltDeposit { record_id: RECORD, version: version(2), salt: Hex([number; 32]) };
        let writer = Person(100 + number);
        world.chain.lock().grant(RECORD, writer, Rights::AMEND, None);
        let left = world.sign(salt, writer);
        vault.deposit_salt(&left).unwrap();
        world.pass(1);
    }
    let asked = |vault: &Guardian, world: &World| {
        let before = world.chain.asked();
        vault.watch(100).unwrap();
        world.chain.asked() - before
    };
    assert!(asked(&vault, &world) >= 40);
    for _ in 0..10 {
        assert!(asked(&vault, &world) <= 3, "only where the chain stands");
    }
    world.chain.lock().mine();
    assert!(asked(&vault, &world) >= 40);
}
