//! Members of organisations and delegates of patients: a share leaves for a live member alone, against the member's own
//! entry, and comes from the patient or a live delegate who may share.

use mrms_core::{Powers, RecordId, Rights};
use mrms_vault::guardian::{Guardian, Presence};
use mrms_vault::protocol::{
    Deposits, Hex, MemberNotesRequest, ReaderNote, ReaderNotesRequest, Refusal, RefusalReason,
    Release, Topic, UploadRequest,
};
use mrms_vault::testing::EMERGENCY_NOTE;

use crate::support::*;

const CLINIC: Person = READER;
const DOCTOR: Person = Person(4);
const OTHER_CLINIC: Person = Person(5);
const DAUGHTER: Person = Person(6);

/// A vault with shares for a clinic that may read the record, and a doctor who belongs to it.
fn clinic() -> (World, Guardian) {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, CLINIC, Rights::READ, None);
    world.chain.lock().set_member(CLINIC, DOCTOR, None);
    let vault = world.open();
    let deposit = world.deposit(CLINIC, &[1]);
    vault.deposit(&deposit).unwrap();
    (world, vault)
}

/// The doctor opens for an organisation; somebody asks with that entry, after what happens in between.
fn ask(
    world: &mut World,
    vault: &Guardian,
    organisation: Person,
    asker: Person,
    between: impl FnOnce(&mut World),
) -> Result<Release, Refusal> {
    let entry = world.chain.lock().enter_for(RECORD, DOCTOR, organisation, 1);
    between(world);
    let request = world.request(asker, 1, entry);
    vault.release(&request)
}

#[test]
fn member_gets_the_organisations_share_once_against_their_own_entry() {
    let (mut world, vault) = clinic();
    let entry = world.chain.lock().enter_for(RECORD, DOCTOR, CLINIC, 1);
    let request = world.request(DOCTOR, 1, entry);
    let release = vault.release(&request).unwrap();
    assert_is_share(&release, 1);
    let line = &release.receipt.line;
    assert_eq!(line.actor, Some(DOCTOR.principal()), "who opened");
    assert_eq!(line.reader, Some(CLINIC.principal()), "for whom");
    let again = world.request(DOCTOR, 1, entry);
    assert_refused(vault.release(&again), RefusalReason::EntryUsed);
}

type Between = fn(&mut World);

/// Each gives nothing, and leaves its line.
const ATTACKS: &[(&str, Person, Person, RefusalReason, Between)] = &[
    ("a member who was removed", CLINIC, DOCTOR, RefusalReason::NotMember, |world| {
        let now = world.chain.lock().burn;
        world.chain.lock().set_member(CLINIC, DOCTOR, Some(now));
    }),
    ("a membership that expired", CLINIC, DOCTOR, RefusalReason::NotMember, |world| {
        let now = world.chain.lock().burn;
        world.chain.lock().set_member(CLINIC, DOCTOR, Some(now + 1));
        world.chain.lock().burn += 1;
    }),
    (
        "for an organisation that they are no member of",
        OTHER_CLINIC,
        DOCTOR,
        RefusalReason::NotMember,
        |_| {},
    ),
    ("another member's entry", CLINIC, DAUGHTER, RefusalReason::OtherReader, |world| {
        world.chain.lock().set_member(CLINIC, DAUGHTER, None);
    }),
    ("the organisation, with a member's entry", CLINIC, CLINIC, RefusalReason::OtherReader, |_| {}),
    ("a grant that was revoked", CLINIC, DOCTOR, RefusalReason::Revoked, |world| {
        world.chain.lock().revoke(RECORD, CLINIC);
    }),
    (
        "a member of an organisation that was granted nothing",
        OTHER_CLINIC,
        DOCTOR,
        RefusalReason::NotGranted,
        |world| {
            world.chain.lock().set_member(OTHER_CLINIC, DOCTOR, None);
        },
    ),
    (
        "an organisation for which nothing was left",
        OTHER_CLINIC,
        DOCTOR,
        RefusalReason::NoShare,
        |world| {
            world.chain.lock().set_member(OTHER_CLINIC, DOCTOR, None);
            world.chain.lock().grant(RECORD, OTHER_CLINIC, Rights::READ, None);
        },
    ),
];

#[test]
fn nobody_else_gets_an_organisations_share() {
    for (what, organisation, asker, reason, between) in ATTACKS {
        let (mut world, vault) = clinic();
        let answer = ask(&mut world, &vault, *organisation, *asker, between);
        assert_eq!(answer.unwrap_err().reason, *reason, "{what}");
        let lines = world.lines(&vault);
        let last = lines.last().unwrap();
        assert_eq!((last.topic, last.reason), (Topic::Refusal, Some(*reason)), "{what}");
        assert_eq!(count(&lines, Topic::Release), 0, "{what}");
    }
}

#[test]
fn name_of_a_record_comes_to_a_live_member_of_whom_it_was_left_for_alone() {
    let (mut world, vault) = clinic();
    let note =
        ReaderNote { record_id: RECORD, reader: CLINIC.principal(), note: b"sealed".to_vec() };
    let left = world.sign(note, PATIENT);
    vault.leave_reader_note(&left).unwrap();
    let ask = |world: &mut World, who: Person, organisation: Person| {
        let (organisation, records) = (organisation.principal(), vec![RECORD]);
        let request = world.sign(MemberNotesRequest { organisation, records }, who);
        vault.member_notes(&request).map(|given| given.notes)
    };
    assert_eq!(ask(&mut world, DOCTOR, CLINIC).unwrap(), std::slice::from_ref(&left));
    for (who, organisation) in [(DOCTOR, OTHER_CLINIC), (DAUGHTER, CLINIC)] {
        assert_refused(ask(&mut world, who, organisation), RefusalReason::NotMember);
    }
    world.chain.lock().revoke(RECORD, CLINIC);
    assert_eq!(ask(&mut world, DOCTOR, CLINIC).unwrap(), [], "the grant has ended");
    world.chain.lock().grant(RECORD, CLINIC, Rights::READ, None);
    let now = world.chain.lock().burn;
    world.chain.lock().set_member(CLINIC, DOCTOR, Some(now));
    assert_refused(ask(&mut world, DOCTOR, CLINIC), RefusalReason::NotMember);
    assert_eq!(world.lines(&vault).last().unwrap().reader, Some(CLINIC.principal()));
}

#[test]
fn members_own_grant_gives_them_nothing_of_the_organisations() {
    let (mut world, vault) = clinic();
    world.chain.lock().grant(RECORD, DOCTOR, Rights::READ, None);
    let own = world.open_version(&vault, DOCTOR, 1);
    assert_refused(own, RefusalReason::NoShare);
}

#[test]
fn member_opens_in_an_emergency_of_the_organisation_with_its_reason() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, CLINIC, Rights::EMERGENCY, None);
    world.chain.lock().set_member(CLINIC, DOCTOR, None);
    let vault = world.open();
    let deposit = world.deposit(CLINIC, &[1]);
    vault.deposit(&deposit).unwrap();
    let none = ask(&mut world, &vault, CLINIC, DOCTOR, |_| {});
    assert_refused(none, RefusalReason::NoEmergency);
    world.chain.lock().declare_emergency(RECORD, CLINIC);
    let silent = ask(&mut world, &vault, CLINIC, DOCTOR, |_| {});
    assert_refused(silent, RefusalReason::NoEmergencyNote);
    let entry = world.chain.lock().enter_for(RECORD, DOCTOR, CLINIC, 1);
    let mut asked = request(RECORD, 1, entry);
    asked.note = EMERGENCY_NOTE.to_vec();
    let signed = world.sign(asked, DOCTOR);
    assert_is_share(&vault.release(&signed).unwrap(), 1);
}

#[test]
fn emergency_ends_with_its_grant_when_both_are_of_one_burn_block() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::EMERGENCY, None);
    let vault = world.open();
    let deposit = world.deposit(READER, &[1]);
    vault.deposit(&deposit).unwrap();
    world.chain.lock().declare_emergency(RECORD, READER);
    let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
    // No burn block passes: heights tell nothing.
    world.chain.lock().revoke(RECORD, READER);
    world.chain.lock().grant(RECORD, READER, Rights::EMERGENCY, None);
    let mut asked = request(RECORD, 1, entry);
    asked.note = EMERGENCY_NOTE.to_vec();
    let signed = world.sign(asked, READER);
    assert_refused(vault.release(&signed), RefusalReason::NoEmergency);
}

/// A vault with shares for a daughter whom the patient lets act with these powers.
fn family(powers: Powers) -> (World, Guardian) {
    let mut world = World::new();
    world.chain.lock().set_delegate(PATIENT, DAUGHTER, powers, None);
    let vault = world.open();
    let deposit = world.deposit(DAUGHTER, &[1]);
    vault.deposit(&deposit).unwrap();
    (world, vault)
}

#[test]
fn delegate_who_may_see_gets_their_share_once_against_their_own_entry() {
    let (mut world, vault) = family(Powers::SEE);
    // What was revoked for them by name does not count while they are a delegate, as in the contract.
    world.chain.lock().grant(RECORD, DAUGHTER, Rights::EMERGENCY, None);
    world.chain.lock().revoke(RECORD, DAUGHTER);
    let entry = world.chain.lock().access(RECORD, DAUGHTER, 1).unwrap();
    let foreign = world.request(STRANGER, 1, entry);
    assert_refused(vault.release(&foreign), RefusalReason::OtherReader);
    let request = world.request(DAUGHTER, 1, entry);
    let release = vault.release(&request).unwrap();
    assert_is_share(&release, 1);
    let again = world.request(DAUGHTER, 1, entry);
    assert_refused(vault.release(&again), RefusalReason::EntryUsed);
}

#[test]
fn delegation_that_ended_between_entry_and_release_gives_nothing() {
    let rows: [(&str, Between); 3] = [
        ("one that was removed", |world| {
            let now = world.chain.lock().burn;
            world.chain.lock().set_delegate(PATIENT, DAUGHTER, Powers::ALL, Some(now));
        }),
        ("one whose time is over", |world| {
            let now = world.chain.lock().burn;
            world.chain.lock().set_delegate(PATIENT, DAUGHTER, Powers::ALL, Some(now + 1));
            world.chain.lock().burn += 1;
        }),
        ("one that lost the power to see", |world| {
            let rest = Powers::SHARE.with(Powers::ADD);
            world.chain.lock().set_delegate(PATIENT, DAUGHTER, rest, None);
        }),
    ];
    for (what, between) in rows {
        let (mut world, vault) = family(Powers::ALL);
        let entry = world.chain.lock().access(RECORD, DAUGHTER, 1).unwrap();
        between(&mut world);
        let request = world.request(DAUGHTER, 1, entry);
        let refused = vault.release(&request).unwrap_err();
        assert_eq!(refused.reason, RefusalReason::NotDelegate, "{what}");
        let lines = world.lines(&vault);
        let last = lines.last().unwrap();
        assert_eq!((last.topic, last.reason), (Topic::Refusal, Some(refused.reason)), "{what}");
        // The shares go with it.
        vault.watch(100).unwrap();
        let forgotten = world.lines(&vault);
        let forgotten = forgotten.last().unwrap();
        assert_eq!(
            (forgotten.topic, forgotten.reason),
            (Topic::Forget, Some(RefusalReason::NotDelegate)),
            "{what}"
        );
    }
}

#[test]
fn shares_of_a_live_delegate_stay() {
    let (mut world, vault) = family(Powers::SEE);
    world.chain.lock().burn += 1_000;
    world.chain.lock().mine();
    vault.watch(100).unwrap();
    assert_is_share(&world.open_version(&vault, DAUGHTER, 1).unwrap(), 1);
}

#[test]
fn delegate_brings_ciphertext_of_the_next_version_while_they_may_add() {
    let rows = [
        (Some(Powers::ADD), Ok(())),
        (Some(Powers::SEE.with(Powers::SHARE)), Err(RefusalReason::NotDelegate)),
        (None, Err(RefusalReason::NotGranted)),
    ];
    for (powers, expected) in rows {
        let mut world = World::new();
        if let Some(powers) = powers {
            world.chain.lock().set_delegate(PATIENT, DAUGHTER, powers, None);
        }
        let vault = world.open();
        let upload = UploadRequest {
            sha256: Hex([7; 32]),
            length: 1,
            record_id: RECORD,
            version: version(2),
        };
        let admitted = vault.admit_upload(&world.sign(upload, DAUGHTER), Presence::Absent);
        assert_eq!(admitted.map(drop).map_err(|refused| refused.reason), expected, "{powers:?}");
    }
}

#[test]
fn delegate_who_may_share_leaves_shares_and_the_line_says_who() {
    let mut world = World::new();
    let see_and_share = Powers::SEE.with(Powers::SHARE);
    world.chain.lock().set_delegate(PATIENT, DAUGHTER, see_and_share, None);
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let vault = world.open();
    let left = world.sign(deposit(RECORD, READER, &[1]), DAUGHTER);
    let receipt = vault.deposit(&left).unwrap();
    assert_eq!(receipt.line.actor, Some(DAUGHTER.principal()));
    assert_eq!(receipt.line.reader, Some(READER.principal()));
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
    // The patient's shares take the place of the delegate's, in the same slot.
    let own = world.deposit(READER, &[1]);
    assert_eq!(vault.deposit(&own).unwrap().line.actor, Some(PATIENT.principal()));
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
}

#[test]
fn nobody_without_the_power_to_share_leaves_shares() {
    let rows: [(&str, Option<Powers>, Option<u64>); 5] = [
        ("a stranger", None, None),
        ("who may see", Some(Powers::SEE), None),
        ("who may add", Some(Powers::ADD), None),
        ("who may see and add", Some(Powers::SEE.with(Powers::ADD)), None),
        ("whose time is over", Some(Powers::ALL), Some(1)),
    ];
    for (what, powers, until) in rows {
        let mut world = World::new();
        if let Some(powers) = powers {
            world.chain.lock().set_delegate(PATIENT, DAUGHTER, powers, until);
        }
        let vault = world.open();
        let left = world.sign(deposit(RECORD, READER, &[1]), DAUGHTER);
        assert_eq!(vault.deposit(&left).unwrap_err().reason, RefusalReason::NotPatient, "{what}");
    }
}

#[test]
fn delegate_of_one_patient_leaves_nothing_for_another() {
    let mut world = World::new();
    let other = RecordId::new(8);
    world.chain.lock().create(other, STRANGER);
    world.chain.lock().set_delegate(PATIENT, DAUGHTER, Powers::ALL, None);
    let vault = world.open();
    let left = world.sign(deposit(other, READER, &[1]), DAUGHTER);
    assert_refused(vault.deposit(&left), RefusalReason::NotPatient);
    let own = world.sign(deposit(RECORD, READER, &[1]), DAUGHTER);
    vault.deposit(&own).unwrap();
}

/// A second record of the patient.
const SECOND: RecordId = RecordId::new(8);

/// Shares for the daughter, of both records, with a note for the first.
fn both(world: &mut World) -> Deposits {
    let reader = DAUGHTER.principal();
    let note = ReaderNote { record_id: RECORD, reader, note: vec![1] };
    let notes = vec![world.sign(note, PATIENT)];
    Deposits {
        deposits: vec![deposit(RECORD, DAUGHTER, &[1]), deposit(SECOND, DAUGHTER, &[1])],
        notes,
    }
}

#[test]
fn many_deposits_are_kept_by_one_message_with_a_line_and_a_receipt_each() {
    let mut world = World::new();
    world.chain.lock().create(SECOND, PATIENT);
    world.chain.lock().set_delegate(PATIENT, DAUGHTER, Powers::SEE, None);
    let vault = world.open();
    let all = both(&mut world);
    let signed = world.sign(all, PATIENT);
    let receipts = vault.deposit_all(&signed).unwrap();
    let records: Vec<_> = receipts.iter().map(|one| one.line.record_id).collect();
    assert_eq!(records, [Some(RECORD), Some(SECOND)]);
    let digest = signed.digest(CHAIN).unwrap();
    for receipt in &receipts {
        receipt.verify(CHAIN).unwrap();
        assert_eq!((receipt.line.topic, receipt.line.request.0), (Topic::Deposit, digest));
    }
    assert_is_share(&world.open_version(&vault, DAUGHTER, 1).unwrap(), 1);
    let notes = world.sign(ReaderNotesRequest { records: vec![RECORD, SECOND] }, DAUGHTER);
    assert_eq!(vault.reader_notes(&notes).unwrap().notes.len(), 1);
    assert_refused(vault.deposit_all(&signed), RefusalReason::RequestReplayed);
}

#[test]
fn many_deposits_ask_the_chain_as_often_as_one_does() {
    let mut world = World::new();
    let vault = world.open();
    let mut asked = |count: u128| {
        let mut deposits = Vec::new();
        for number in 0..count {
            let record = RecordId::new(100 * count + number);
            world.chain.lock().create(record, PATIENT);
            deposits.push(deposit(record, DAUGHTER, &[1]));
        }
        let signed = world.sign(Deposits { deposits, notes: Vec::new() }, PATIENT);
        let before = world.chain.asked();
        vault.deposit_all(&signed).unwrap();
        world.chain.asked() - before
    };
    let first = asked(1);
    assert!(first > 0);
    assert!(asked(20) <= first);
    // The watcher asks for many at once, too.
    vault.watch(1).unwrap();
    let before = world.chain.asked();
    world.chain.lock().burn += 1;
    vault.watch(20).unwrap();
    assert!(world.chain.asked() - before < 20);
}

#[test]
fn one_deposit_that_is_refused_keeps_all_of_its_message_out() {
    type Change = fn(&mut World, &mut Deposits);
    let rows: [(&str, RefusalReason, Change); 5] = [
        ("another patient's record", RefusalReason::NotPatient, |world, _| {
            world.chain.lock().give_to(SECOND, STRANGER);
        }),
        ("a version that can't come yet", RefusalReason::NoRecord, |_, all| {
            all.deposits[1] = deposit(SECOND, DAUGHTER, &[9]);
        }),
        ("one pair twice", RefusalReason::Malformed, |_, all| {
            all.deposits[1] = all.deposits[0].clone();
        }),
        ("a note that somebody else signed", RefusalReason::BadSignature, |world, all| {
            let message = all.notes[0].message.clone();
            all.notes[0] = world.sign(message, STRANGER);
        }),
        ("a note of another record", RefusalReason::Malformed, |_, all| {
            all.notes[0].message.record_id = RecordId::new(9);
        }),
    ];
    for (what, reason, change) in rows {
        let mut world = World::new();
        world.chain.lock().create(SECOND, PATIENT);
        let vault = world.open();
        let mut all = both(&mut world);
        change(&mut world, &mut all);
        let signed = world.sign(all, PATIENT);
        assert_eq!(vault.deposit_all(&signed).unwrap_err().reason, reason, "{what}");
        assert_eq!(count(&world.lines(&vault), Topic::Deposit), 0, "{what}");
    }
}
