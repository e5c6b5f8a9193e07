//! Who sees which lines, and that the log can't be changed unseen.

use mrms_core::{RecordId, Rights};
use mrms_vault::guardian::{LogError, OpenError};
use mrms_vault::protocol::{
    LogHead, LogItem, LogRequest, MOST_LINES, MOST_LOGGED_RECORDS, RecordLinesRequest,
    RefusalReason, Topic,
};
use rusqlite::Connection;

use crate::support::*;

const OTHER: RecordId = RecordId::new(8);

/// A log about two records of two patients.
fn two_records() -> (World, mrms_vault::guardian::Guardian) {
    let mut world = World::new();
    world.chain.lock().create(OTHER, STRANGER);
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let vault = world.open();
    for _ in 0..3 {
        let ours = world.deposit(READER, &[1]);
        vault.deposit(&ours).unwrap();
        let theirs = world.sign(deposit(OTHER, READER, &[1]), STRANGER);
        vault.deposit(&theirs).unwrap();
    }
    (world, vault)
}

#[test]
fn strangers_see_no_lines_and_limits_hold() {
    let (mut world, vault) = two_records();
    let ask = |record_id, limit| LogRequest { record_id, from: 0, limit };
    for limit in [0, MOST_LINES + 1] {
        let signed = world.sign(ask(RECORD, limit), PATIENT);
        assert_refused(vault.lines(&signed), RefusalReason::Malformed);
    }
    let signed = world.sign(ask(RECORD, 10), STRANGER);
    assert_refused(vault.lines(&signed), RefusalReason::NotGranted);
    let signed = world.sign(ask(RecordId::new(99), 10), PATIENT);
    assert_refused(vault.lines(&signed), RefusalReason::NoRecord);
    let signed = world.sign(ask(RECORD, 10), PATIENT);
    vault.lines(&signed).unwrap();
    assert_refused(vault.lines(&signed), RefusalReason::RequestReplayed);
}

#[test]
fn patient_and_readers_see_the_lines_of_their_record_and_hashes_of_the_others() {
    let (mut world, vault) = two_records();
    world.chain.lock().revoke(RECORD, READER);
    for who in [PATIENT, READER] {
        let (mut head, mut from, mut seen) = (LogHead::EMPTY, 0, 0);
        loop {
            let ask = LogRequest { record_id: RECORD, from, limit: 4 };
            let ask = world.sign(ask, who);
            let page = vault.lines(&ask).unwrap();
            assert_eq!((page.from, page.before), (from, head));
            for item in &page.items {
                head = head.after(&item.hash().unwrap());
                if let LogItem::Line(line) = item {
                    assert_eq!(line.record_id, Some(RECORD));
                    seen += 1;
                }
            }
            from += page.items.len() as u64;
            if from == page.count {
                assert_eq!(head, page.head);
                break;
            }
        }
        assert_eq!((from, seen), (6, 3));
    }
    let ask = LogRequest { record_id: RECORD, from: 1_000, limit: 4 };
    let ask = world.sign(ask, PATIENT);
    let page = vault.lines(&ask).unwrap();
    assert_eq!((page.from, page.items.len(), page.before), (6, 0, page.head));
}

#[test]
fn an_altered_or_missing_line_is_found_out() {
    for (number, alter) in [
        (2, "UPDATE lines SET line = replace(line, '\"count\":1', '\"count\":2') WHERE number = 2"),
        (2, "UPDATE lines SET record = NULL WHERE number = 2"),
        (2, "UPDATE lines SET hash = zeroblob(32) WHERE number = 2"),
        (3, "UPDATE lines SET head = zeroblob(32) WHERE number = 3"),
        (4, "UPDATE lines SET time = time - 1 WHERE number = 4"),
    ] {
        let (world, vault) = two_records();
        drop(vault);
        let database = Connection::open(world.path().join("vault.sqlite")).unwrap();
        assert_eq!(database.execute(alter, []).unwrap(), 1);
        drop(database);
        let error = world.try_open(&world.path()).unwrap_err();
        let OpenError::Log(LogError::Altered { number: found }) = error else {
            panic!("{alter}: {error:?}")
        };
        assert_eq!(found, number, "{alter}");
    }
    let (world, vault) = two_records();
    let database = Connection::open(world.path().join("vault.sqlite")).unwrap();
    database.execute("DELETE FROM lines WHERE number = 2", []).unwrap();
    assert_eq!(vault.verify_log(), Err(LogError::Missing { number: 2 }));
}

#[test]
fn a_log_that_was_rewritten_with_its_heads_does_not_give_the_head_of_a_receipt() {
    let (mut world, vault) = two_records();
    let left = world.deposit(READER, &[1]);
    let receipt = vault.deposit(&left).unwrap();
    assert_eq!(receipt.head().unwrap(), vault.anchor().head);
    let next = world.deposit(READER, &[1]);
    let after = vault.deposit(&next).unwrap();
    assert_eq!(after.before, receipt.head().unwrap());
}

#[test]
fn a_flood_of_unsigned_messages_leaves_two_lines_a_minute() {
    let (mut world, vault) = two_records();
    let before = vault.anchor().count;
    for _ in 0..500 {
        let mut forged = world.deposit(READER, &[1]);
        forged.signature.0[3] ^= 1;
        assert_refused(vault.deposit(&forged), RefusalReason::BadSignature);
    }
    assert_eq!(vault.anchor().count, before + 1);
    world.pass(60);
    vault.watch(1).unwrap();
    assert_eq!(vault.anchor().count, before + 2);
    let lines = world.lines(&vault);
    let counts: Vec<u64> =
        lines.iter().filter(|line| line.topic == Topic::Rejected).map(|line| line.count).collect();
    assert_eq!(counts, [1, 499]);
}

#[test]
fn a_flood_of_one_captured_message_leaves_two_lines_a_minute() {
    let (mut world, vault) = two_records();
    let captured = world.deposit(READER, &[1]);
    vault.deposit(&captured).unwrap();
    let before = vault.anchor().count;
    for _ in 0..500 {
        assert_refused(vault.deposit(&captured), RefusalReason::RequestReplayed);
    }
    drop(vault);
    let vault = world.open();
    assert_eq!(vault.anchor().count, before + 2, "what was counted is written on closing");
    let lines = world.lines(&vault);
    assert_eq!(
        lines.last().map(|line| (line.reason, line.count)),
        Some((Some(RefusalReason::RequestReplayed), 499))
    );
    // The flood is nobody's fault but its sender's: the patient still gets in.
    let honest = world.deposit(READER, &[1]);
    vault.deposit(&honest).unwrap();
}

#[test]
fn bodies_that_are_no_message_are_counted_too() {
    let (mut world, vault) = two_records();
    for _ in 0..10 {
        assert_eq!(vault.reject_unreadable().reason, RefusalReason::Malformed);
    }
    let lines = world.lines(&vault);
    assert_eq!(count(&lines, Topic::Rejected), 1);
}

#[test]
fn a_folder_is_of_one_vault_one_contract_and_one_process() {
    let (mut world, vault) = two_records();
    let path = world.path();
    assert!(matches!(world.try_open(&path), Err(OpenError::InUse { .. })));
    drop(vault);
    let settings = world.settings.clone();
    world.settings.contract = "ST000000000000000000002AMW42H.other".parse().unwrap();
    assert!(matches!(world.try_open(&path), Err(OpenError::OtherVault { .. })));
    world.settings = settings.clone();
    world.settings.chain_id = mrms_core::ChainId::TESTNET;
    assert!(matches!(world.try_open(&path), Err(OpenError::OtherVault { .. })));
    world.settings = settings.clone();
    world.settings.vault = STRANGER.account();
    assert!(matches!(world.try_open(&path), Err(OpenError::Key { .. })));
    world.settings = settings;
    let database = Connection::open(path.join("vault.sqlite")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    assert!(matches!(world.try_open(&path), Err(OpenError::Format { found: 99, .. })));
}

#[test]
fn lines_about_records_come_alone_and_to_those_who_may_see_them() {
    let (mut world, vault) = two_records();
    world.chain.lock().create(RecordId::new(9), PATIENT);
    let ask = |records: &[u128], from, limit| RecordLinesRequest {
        records: records.iter().copied().map(RecordId::new).collect(),
        from,
        limit,
    };
    let own = RECORD.number();
    let many: Vec<u128> = (1..=MOST_LOGGED_RECORDS as u128 + 1).collect();
    for wrong in [ask(&[], 0, 9), ask(&[9, own], 0, 9), ask(&many, 0, 9), ask(&[own], 0, 0)] {
        let signed = world.sign(wrong, PATIENT);
        assert_refused(vault.record_lines(&signed), RefusalReason::Malformed);
    }
    let signed = world.sign(ask(&[own, 8], 0, 9), PATIENT);
    assert_refused(vault.record_lines(&signed), RefusalReason::NotGranted);
    let signed = world.sign(ask(&[99], 0, 9), PATIENT);
    assert_refused(vault.record_lines(&signed), RefusalReason::NoRecord);

    // Whoever has the hashes of all lines knows that these are lines of the log.
    let whole = LogRequest { record_id: RecordId::new(9), from: 0, limit: MOST_LINES };
    let hashes: Vec<_> = vault.lines(&world.sign(whole, PATIENT)).unwrap().items;
    let (mut found, mut from) = (Vec::new(), 0);
    loop {
        let signed = world.sign(ask(&[own, 9], from, 2), PATIENT);
        let answer = vault.record_lines(&signed).unwrap();
        assert!(answer.lines.len() <= 2);
        for line in answer.lines {
            assert_eq!(line.record_id, Some(RECORD));
            let hash = hashes[usize::try_from(line.number).unwrap()].hash().unwrap();
            assert_eq!(line.hash().unwrap(), hash);
            found.push(line.number);
        }
        match answer.next {
            Some(next) => from = next,
            None => break,
        }
    }
    let page =
        vault.lines(&world.sign(LogRequest { record_id: RECORD, from: 0, limit: 99 }, PATIENT));
    let lines = page.unwrap().items.into_iter().filter_map(|item| match item {
        LogItem::Line(line) => Some(line.number),
        LogItem::Hash(_) => None,
    });
    let lines: Vec<_> = lines.filter(|number| found.contains(number)).collect();
    assert_eq!(lines, found, "as in the whole log");
    assert!(found.len() >= 3, "{found:?}");
}
