//! A share leaves for the opening that it belongs to, and for nothing else.
//!
//! A row of the table is an attack: it must give nothing, and leave its line.

use std::sync::atomic::Ordering;
use std::thread;

use mrms_core::{Finality, RecordId, Rights, TxId};
use mrms_vault::guardian::Guardian;
use mrms_vault::protocol::{Hex, MOST_NOTE, Refusal, RefusalReason, Release, Signed, Topic};
use mrms_vault::testing::EMERGENCY_NOTE;

use crate::support::*;

/// A vault with shares of two versions for the reader, who is granted from the second one on.
fn granted() -> (World, Guardian) {
    let mut world = World::new();
    world.chain.lock().write(RECORD, PATIENT, None);
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let vault = world.open();
    let deposit = world.deposit(READER, &[1, 2]);
    vault.deposit(&deposit).unwrap();
    (world, vault)
}

type Attack = fn(&mut World, &Guardian) -> Result<Release, Refusal>;

/// Asks with a good entry, altered by `change` before it is signed.
fn ask(
    world: &mut World,
    vault: &Guardian,
    change: impl FnOnce(&mut World, &mut mrms_vault::protocol::ReleaseRequest),
) -> Result<Release, Refusal> {
    let entry = world.chain.lock().access(RECORD, READER, 2).unwrap();
    let mut asked = request(RECORD, 2, entry);
    change(world, &mut asked);
    let signed = world.sign(asked, READER);
    vault.release(&signed)
}

/// Asks with a good request, altered by `change` after it was signed.
fn tamper(
    world: &mut World,
    vault: &Guardian,
    change: impl FnOnce(&mut Signed<mrms_vault::protocol::ReleaseRequest>),
) -> Result<Release, Refusal> {
    let entry = world.chain.lock().access(RECORD, READER, 2).unwrap();
    let mut signed = world.request(READER, 2, entry);
    change(&mut signed);
    vault.release(&signed)
}

fn opening(world: &World, reader: Person, number: u64) -> Entry {
    world.chain.lock().access(RECORD, reader, number).unwrap()
}

/// Attacks by what anybody can send: the line tells no signer.
const UNSIGNED: &[(&str, RefusalReason, Attack)] = &[
    ("a note beyond the bound", RefusalReason::Malformed, |world, vault| {
        ask(world, vault, |_, asked| asked.note = vec![0; MOST_NOTE + 1])
    }),
    ("for another vault", RefusalReason::WrongVault, |world, vault| {
        tamper(world, vault, |signed| signed.header.vault = STRANGER.account())
    }),
    ("for another contract", RefusalReason::WrongContract, |world, vault| {
        tamper(world, vault, |signed| {
            signed.header.contract = "ST000000000000000000002AMW42H.other".parse().unwrap();
        })
    }),
    ("signed by somebody else", RefusalReason::BadSignature, |world, vault| {
        let entry = opening(world, READER, 2);
        let mut signed = world.sign(request(RECORD, 2, entry), STRANGER);
        signed.signer = READER.account();
        vault.release(&signed)
    }),
    ("for another chain", RefusalReason::BadSignature, |world, vault| {
        let entry = opening(world, READER, 2);
        let (header, asked) = (world.header(), request(RECORD, 2, entry));
        let chain = mrms_core::ChainId::TESTNET;
        let signed = Signed::sign(asked, header, chain, READER.account(), &READER.key()).unwrap();
        vault.release(&signed)
    }),
    ("another entry than was signed", RefusalReason::BadSignature, |world, vault| {
        tamper(world, vault, |signed| signed.message.audit_index += 1)
    }),
    ("another time than was signed", RefusalReason::BadSignature, |world, vault| {
        tamper(world, vault, |signed| signed.header.time += 1)
    }),
    ("another nonce than was signed", RefusalReason::BadSignature, |world, vault| {
        tamper(world, vault, |signed| signed.header.nonce.0[0] ^= 1)
    }),
    ("no signature", RefusalReason::BadSignature, |world, vault| {
        tamper(world, vault, |signed| signed.signature = Hex([0; 65]))
    }),
];

/// Attacks by somebody with a key: the line names them.
const SIGNED: &[(&str, RefusalReason, Attack)] = &[
    ("a message of 301 seconds ago", RefusalReason::Clock, |world, vault| {
        let entry = opening(world, READER, 2);
        let signed = world.request(READER, 2, entry);
        world.pass(301);
        vault.release(&signed)
    }),
    ("a message of the future", RefusalReason::Clock, |world, vault| {
        world.clock.fetch_add(301, Ordering::SeqCst);
        let entry = opening(world, READER, 2);
        let signed = world.request(READER, 2, entry);
        world.clock.fetch_sub(301, Ordering::SeqCst);
        vault.release(&signed)
    }),
    ("the vault's clock fell back", RefusalReason::Clock, |world, vault| {
        world.clock.fetch_sub(301, Ordering::SeqCst);
        ask(world, vault, |_, _| {})
    }),
    ("the same request again", RefusalReason::RequestReplayed, |world, vault| {
        let entry = opening(world, READER, 2);
        let signed = world.request(READER, 2, entry);
        vault.release(&signed).unwrap();
        vault.release(&signed)
    }),
    ("a refused request again", RefusalReason::RequestReplayed, |world, vault| {
        let entry = opening(world, READER, 2);
        let signed = world.request(READER, 2, entry);
        world.chain.lock().trouble = Trouble::Unreachable;
        assert_refused(vault.release(&signed), RefusalReason::ChainUnreachable);
        world.chain.lock().trouble = Trouble::None;
        vault.release(&signed)
    }),
    ("the chain is out of reach", RefusalReason::ChainUnreachable, |world, vault| {
        let entry = opening(world, READER, 2);
        let signed = world.request(READER, 2, entry);
        world.chain.lock().trouble = Trouble::Unreachable;
        let answer = vault.release(&signed);
        world.chain.lock().trouble = Trouble::None;
        answer
    }),
    ("the chain talks nonsense", RefusalReason::ChainUnreachable, |world, vault| {
        let entry = opening(world, READER, 2);
        let signed = world.request(READER, 2, entry);
        world.chain.lock().trouble = Trouble::Nonsense;
        let answer = vault.release(&signed);
        world.chain.lock().trouble = Trouble::None;
        answer
    }),
    ("the chain stands still", RefusalReason::ChainStale, |world, vault| {
        world.pass_without_blocks(3_601);
        ask(world, vault, |_, _| {})
    }),
    ("the chain has gone back", RefusalReason::ChainForkedBack, |world, vault| {
        let entry = opening(world, READER, 2);
        let first = world.request(READER, 2, entry);
        vault.release(&first).unwrap();
        world.chain.lock().block = 100;
        ask(world, vault, |_, _| {})
    }),
    ("an entry that is not there", RefusalReason::NoEntry, |world, vault| {
        ask(world, vault, |_, asked| asked.audit_index = 1_000)
    }),
    ("a record that is not there", RefusalReason::NoEntry, |world, vault| {
        ask(world, vault, |_, asked| asked.record_id = RecordId::new(8))
    }),
    ("the entry of a grant", RefusalReason::NotAnAccess, |world, vault| {
        ask(world, vault, |_, asked| asked.audit_index = 2)
    }),
    ("the patient's entry", RefusalReason::OtherReader, |world, vault| {
        let entry = opening(world, PATIENT, 2);
        let signed = world.request(READER, 2, entry);
        vault.release(&signed)
    }),
    ("another reader's entry", RefusalReason::OtherReader, |world, vault| {
        world.chain.lock().grant(RECORD, STRANGER, Rights::READ, None);
        let entry = opening(world, READER, 2);
        let signed = world.request(STRANGER, 2, entry);
        vault.release(&signed)
    }),
    ("an entry of the same place in another record", RefusalReason::OtherReader, |world, vault| {
        world.chain.lock().create(RecordId::new(8), STRANGER);
        for _ in 0..9 {
            world.chain.lock().access(RecordId::new(8), STRANGER, 1).unwrap();
        }
        ask(world, vault, |_, asked| asked.record_id = RecordId::new(8))
    }),
    ("another version than was opened", RefusalReason::OtherVersion, |world, vault| {
        ask(world, vault, |_, asked| asked.version = version(1))
    }),
    ("a transaction that is not there", RefusalReason::OtherTransaction, |world, vault| {
        ask(world, vault, |_, asked| asked.txid = TxId::from_bytes([9; 32]))
    }),
    ("a transaction of another entry", RefusalReason::OtherTransaction, |world, vault| {
        let other = opening(world, READER, 2);
        ask(world, vault, |_, asked| asked.txid = other.txid)
    }),
    ("a transaction of another record", RefusalReason::OtherTransaction, |world, vault| {
        let other = {
            let mut state = world.chain.lock();
            state.create(RecordId::new(8), READER);
            let place = |entry: Entry| entry.index;
            let mut entry = state.access(RecordId::new(8), READER, 1).unwrap();
            while place(entry) < 3 {
                entry = state.access(RecordId::new(8), READER, 1).unwrap();
            }
            entry
        };
        ask(world, vault, |_, asked| asked.txid = other.txid)
    }),
    ("an entry of seven burn blocks ago", RefusalReason::EntryStale, |world, vault| {
        ask(world, vault, |world, _| world.chain.lock().burn += 7)
    }),
    ("an entry that was used", RefusalReason::EntryUsed, |world, vault| {
        let entry = opening(world, READER, 2);
        let first = world.request(READER, 2, entry);
        vault.release(&first).unwrap();
        let second = world.request(READER, 2, entry);
        vault.release(&second)
    }),
    ("a grant that was revoked after the entry", RefusalReason::Revoked, |world, vault| {
        ask(world, vault, |world, _| world.chain.lock().revoke(RECORD, READER))
    }),
    ("a grant that ended after the entry", RefusalReason::Expired, |world, vault| {
        world.chain.lock().grant(RECORD, READER, Rights::READ, Some(1_003));
        ask(world, vault, |world, _| world.chain.lock().burn += 3)
    }),
    ("a grant that a transfer ended", RefusalReason::NotGranted, |world, vault| {
        world.chain.lock().grant_all(PATIENT, STRANGER, Rights::READ);
        let entry = opening(world, STRANGER, 1);
        world.chain.lock().give_to(RECORD, Person(4));
        let signed = world.request(STRANGER, 1, entry);
        vault.release(&signed)
    }),
    ("an older version than the grant opens", RefusalReason::VersionBeforeGrant, |world, vault| {
        world.chain.lock().revoke(RECORD, READER);
        world.chain.lock().grant(RECORD, READER, Rights::READ.with(Rights::HISTORY), None);
        let entry = opening(world, READER, 1);
        world.chain.lock().revoke(RECORD, READER);
        world.chain.lock().grant(RECORD, READER, Rights::READ, None);
        let signed = world.request(READER, 1, entry);
        vault.release(&signed)
    }),
    ("an emergency that is over", RefusalReason::NoEmergency, |world, vault| {
        world.chain.lock().grant(RECORD, READER, Rights::EMERGENCY, None);
        world.chain.lock().declare_emergency(RECORD, READER);
        world.chain.lock().burn += 143;
        ask(world, vault, |world, _| world.chain.lock().burn += 1)
    }),
    ("no share for this reader", RefusalReason::NoShare, |world, vault| {
        world.chain.lock().grant(RECORD, STRANGER, Rights::READ, None);
        let entry = opening(world, STRANGER, 2);
        let signed = world.request(STRANGER, 2, entry);
        vault.release(&signed)
    }),
    ("no share of this version", RefusalReason::NoShare, |world, vault| {
        world.chain.lock().write(RECORD, PATIENT, None);
        let entry = opening(world, READER, 3);
        let signed = world.request(READER, 3, entry);
        vault.release(&signed)
    }),
    ("a record that was erased", RefusalReason::RecordErased, |world, vault| {
        let erasure = mrms_vault::protocol::Erasure { record_id: RECORD, blobs: Vec::new() };
        let erasure = world.sign(erasure, PATIENT);
        vault.erase(&erasure).unwrap();
        ask(world, vault, |_, _| {})
    }),
    ("too many requests", RefusalReason::TooManyRequests, |world, vault| {
        let limit = world.settings.requests_per_minute;
        for _ in 0..limit {
            let entry = Entry { index: 999, txid: TxId::from_bytes([0; 32]) };
            let signed = world.request(READER, 2, entry);
            assert_refused(vault.release(&signed), RefusalReason::NoEntry);
        }
        ask(world, vault, |_, _| {})
    }),
];

#[test]
fn what_nobody_signed_gives_nothing_and_leaves_a_line_without_a_name() {
    for (what, reason, attack) in UNSIGNED {
        let (mut world, vault) = granted();
        let refusal = attack(&mut world, &vault).expect_err(what);
        assert_eq!((refusal.reason, refusal.receipt), (*reason, None), "{what}");
        let lines = world.lines(&vault);
        let last = lines.last().unwrap();
        assert_eq!((last.topic, last.reason), (Topic::Rejected, Some(*reason)), "{what}");
        assert_eq!((&last.actor, last.record_id), (&None, None), "{what}");
        assert_eq!(count(&lines, Topic::Release), 0, "{what}");
    }
}

#[test]
fn what_the_signer_may_not_gives_nothing_and_leaves_its_line() {
    for (what, reason, attack) in SIGNED {
        let (mut world, vault) = granted();
        world.settings.requests_per_minute = 20;
        drop(vault);
        let vault = world.open();
        let before = vault.anchor();
        let refusal = attack(&mut world, &vault).expect_err(what);
        assert_eq!(refusal.reason, *reason, "{what}");
        let receipt = refusal.receipt.expect(what);
        assert_eq!(receipt.verify(CHAIN), Ok(()), "{what}");
        assert_eq!(receipt.line.reason, Some(*reason), "{what}");
        assert_eq!(receipt.line.topic, Topic::Refusal, "{what}");
        assert_eq!(receipt.line.of, "release", "{what}");
        assert!(receipt.line.actor.is_some(), "{what}");
        let anchor = vault.verify_log().unwrap();
        assert_eq!(anchor, vault.anchor(), "{what}");
        assert_eq!((receipt.line.number + 1, receipt.head().unwrap()), (anchor.count, anchor.head));
        assert!(anchor.count > before.count, "{what}");
    }
}

#[test]
fn an_entry_that_is_not_deep_enough_is_refused_until_it_is() {
    let (mut world, vault) = granted();
    drop(vault);
    world.settings.finality = Finality::after(3);
    world.chain.lock().remember_blocks();
    let vault = world.open();
    let entry = opening(&world, READER, 2);
    for depth in 0..3 {
        let signed = world.request(READER, 2, entry);
        assert_refused(vault.release(&signed), RefusalReason::NotFinal);
        world.chain.lock().mine_on_bitcoin();
        assert!(depth < 3);
    }
    let signed = world.request(READER, 2, entry);
    assert_is_share(&vault.release(&signed).unwrap(), 2);
}

#[test]
fn a_refused_request_does_not_use_its_entry() {
    let (mut world, vault) = granted();
    let entry = opening(&world, READER, 2);
    world.chain.lock().trouble = Trouble::Unreachable;
    let signed = world.request(READER, 2, entry);
    assert_refused(vault.release(&signed), RefusalReason::ChainUnreachable);
    world.chain.lock().trouble = Trouble::None;
    let signed = world.request(READER, 2, entry);
    assert_is_share(&vault.release(&signed).unwrap(), 2);
}

#[test]
fn each_opening_of_a_granted_version_gives_its_share_once() {
    let (mut world, vault) = granted();
    for _ in 0..3 {
        let release = world.open_version(&vault, READER, 2).unwrap();
        assert_is_share(&release, 2);
        assert_eq!(release.receipt.line.reader, Some(READER.principal()));
        assert_eq!(release.salt, None);
    }
    let lines = world.lines(&vault);
    assert_eq!((count(&lines, Topic::Release), count(&lines, Topic::Refusal)), (3, 0));
}

#[test]
fn the_readers_note_stands_in_the_line() {
    let (mut world, vault) = granted();
    let entry = opening(&world, READER, 2);
    let asked = mrms_vault::protocol::ReleaseRequest {
        note: b"sealed to the patient".to_vec(),
        ..request(RECORD, 2, entry)
    };
    let signed = world.sign(asked, READER);
    let release = vault.release(&signed).unwrap();
    assert_eq!(release.receipt.line.note, b"sealed to the patient");
}

#[test]
fn an_open_emergency_releases_and_its_end_does_not() {
    let (mut world, vault) = granted();
    world.chain.lock().grant(RECORD, READER, Rights::EMERGENCY, None);
    world.chain.lock().declare_emergency(RECORD, READER);
    assert_is_share(&open_in_emergency(&mut world, &vault, EMERGENCY_NOTE).unwrap(), 2);
    world.chain.lock().burn += 144;
    assert!(world.chain.lock().access(RECORD, READER, 2).is_none());
}

/// Opens version 2 of the record, and asks for its share with this note.
fn open_in_emergency(world: &mut World, vault: &Guardian, note: &[u8]) -> Result<Release, Refusal> {
    let entry = opening(world, READER, 2);
    let asked =
        mrms_vault::protocol::ReleaseRequest { note: note.to_vec(), ..request(RECORD, 2, entry) };
    let signed = world.sign(asked, READER);
    vault.release(&signed)
}

#[test]
fn nothing_is_released_for_an_emergency_without_the_reason_that_is_on_chain() {
    let (mut world, vault) = granted();
    world.chain.lock().grant(RECORD, READER, Rights::EMERGENCY, None);
    world.chain.lock().declare_emergency(RECORD, READER);
    for note in [&b""[..], b"another reason"] {
        let refused = open_in_emergency(&mut world, &vault, note);
        assert_refused(refused, RefusalReason::NoEmergencyNote);
    }
    assert!(world.lines(&vault).iter().all(|line| line.topic != Topic::Release));
    // An entry of an emergency stays one, whatever is granted afterwards.
    let entry = opening(&world, READER, 2);
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let asked = world.request(READER, 2, entry);
    assert_refused(vault.release(&asked), RefusalReason::NoEmergencyNote);
    // So does a release for somebody who has nothing else any more.
    let entry = opening(&world, READER, 2);
    world.chain.lock().grant(RECORD, READER, Rights::EMERGENCY, None);
    world.chain.lock().declare_emergency(RECORD, READER);
    let asked = world.request(READER, 2, entry);
    assert_refused(vault.release(&asked), RefusalReason::NoEmergencyNote);
    open_in_emergency(&mut world, &vault, EMERGENCY_NOTE).unwrap();
    let lines = world.lines(&vault);
    let released: Vec<_> = lines.iter().filter(|line| line.topic == Topic::Release).collect();
    assert_eq!(released.len(), 1);
    assert_eq!(released[0].note, EMERGENCY_NOTE, "the patient finds it in the log");
}

#[test]
fn reason_of_an_emergency_stays_in_the_log_where_the_vault_has_no_share_once_for_each_entry() {
    let mut world = World::new();
    world.chain.lock().write(RECORD, PATIENT, None);
    world.chain.lock().grant(RECORD, READER, Rights::EMERGENCY, None);
    world.chain.lock().declare_emergency(RECORD, READER);
    let vault = world.open();
    let deposit = world.deposit(READER, &[1]);
    vault.deposit(&deposit).unwrap();
    let entry = opening(&world, READER, 2);
    for _ in 0..5 {
        let note = EMERGENCY_NOTE.to_vec();
        let asked = mrms_vault::protocol::ReleaseRequest { note, ..request(RECORD, 2, entry) };
        let signed = world.sign(asked, READER);
        assert_refused(vault.release(&signed), RefusalReason::NoShare);
    }
    let lines = world.lines(&vault);
    let refused = lines.iter().filter(|line| line.reason == Some(RefusalReason::NoShare));
    assert_eq!(refused.count(), 2, "the others of the minute are counted");
    let told: Vec<_> = lines.iter().filter(|line| !line.note.is_empty()).collect();
    let [line] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((line.topic, line.reason), (Topic::Refusal, Some(RefusalReason::NoShare)));
    assert_eq!((line.note.as_slice(), line.audit_index), (EMERGENCY_NOTE, Some(entry.index)));
    // The entry is not used: once the patient's programs have left the share, it is released against it.
    let deposit = world.deposit(READER, &[2]);
    vault.deposit(&deposit).unwrap();
    let note = EMERGENCY_NOTE.to_vec();
    let asked = mrms_vault::protocol::ReleaseRequest { note, ..request(RECORD, 2, entry) };
    let signed = world.sign(asked, READER);
    assert_is_share(&vault.release(&signed).unwrap(), 2);
}

#[test]
fn of_many_who_ask_with_one_entry_at_once_one_gets_the_share() {
    let (mut world, vault) = granted();
    let entry = opening(&world, READER, 2);
    let asked: Vec<_> = (0..16).map(|_| world.request(READER, 2, entry)).collect();
    let given: Vec<bool> = thread::scope(|scope| {
        let vault = &vault;
        let threads: Vec<_> =
            asked.iter().map(|signed| scope.spawn(move || vault.release(signed))).collect();
        threads
            .into_iter()
            .map(|thread| match thread.join().unwrap() {
                Ok(_) => true,
                Err(refusal) => {
                    assert_eq!(refusal.reason, RefusalReason::EntryUsed);
                    false
                }
            })
            .collect()
    });
    assert_eq!(given.iter().filter(|given| **given).count(), 1);
    let lines = world.lines(&vault);
    assert_eq!((count(&lines, Topic::Release), count(&lines, Topic::Refusal)), (1, 15));
    assert_eq!(vault.verify_log().unwrap(), vault.anchor());
}

#[test]
fn one_request_sent_many_times_at_once_is_answered_once() {
    let (mut world, vault) = granted();
    let entry = opening(&world, READER, 2);
    let signed = world.request(READER, 2, entry);
    let given = thread::scope(|scope| {
        let (vault, signed) = (&vault, &signed);
        let threads: Vec<_> =
            (0..16).map(|_| scope.spawn(move || vault.release(signed).is_ok())).collect();
        threads
            .into_iter()
            .filter(|_| true)
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!(given.iter().filter(|given| **given).count(), 1);
}

#[test]
fn what_was_used_and_asked_stays_so_when_the_vault_is_opened_again() {
    let (mut world, vault) = granted();
    let entry = opening(&world, READER, 2);
    let first = world.request(READER, 2, entry);
    vault.release(&first).unwrap();
    drop(vault);
    let vault = world.open();
    assert_refused(vault.release(&first), RefusalReason::RequestReplayed);
    let second = world.request(READER, 2, entry);
    assert_refused(vault.release(&second), RefusalReason::EntryUsed);
    world.chain.lock().block = 100;
    let entry = opening(&world, READER, 2);
    let third = world.request(READER, 2, entry);
    assert_refused(vault.release(&third), RefusalReason::ChainForkedBack);
}

#[test]
fn a_request_is_remembered_for_as_long_as_any_clock_lets_it_in() {
    let (mut world, vault) = granted();
    let entry = opening(&world, READER, 2);
    world.clock.fetch_add(300, Ordering::SeqCst);
    let signed = world.request(READER, 2, entry);
    world.clock.fetch_sub(300, Ordering::SeqCst);
    vault.release(&signed).unwrap();
    for _ in 0..6 {
        world.pass(100);
        vault.watch(10).unwrap();
        assert_refused(vault.release(&signed), RefusalReason::RequestReplayed);
    }
    world.pass(100);
    assert_refused(vault.release(&signed), RefusalReason::Clock);
}

#[test]
fn a_clock_that_fell_back_by_no_more_than_its_window_lets_no_old_request_in() {
    let (mut world, vault) = granted();
    let old = world.deposit(READER, &[2]);
    vault.deposit(&old).unwrap();
    world.pass(350);
    let newer = world.deposit(READER, &[2]);
    vault.deposit(&newer).unwrap();
    vault.watch(10).unwrap();
    world.clock.fetch_sub(300, Ordering::SeqCst);
    assert_refused(vault.deposit(&old), RefusalReason::RequestReplayed);
}

#[test]
fn a_clock_that_was_ahead_for_a_while_lets_no_old_request_in() {
    let (mut world, vault) = granted();
    let left = world.deposit(READER, &[2]);
    vault.deposit(&left).unwrap();
    // Within what the chain may be old, and no line is written meanwhile.
    world.clock.fetch_add(3_000, Ordering::SeqCst);
    assert!(vault.watch(10).is_err());
    world.clock.fetch_sub(3_000, Ordering::SeqCst);
    assert_refused(vault.deposit(&left), RefusalReason::RequestReplayed);
}
