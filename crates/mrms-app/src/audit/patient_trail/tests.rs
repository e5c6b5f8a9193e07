//! What is read of patients' own logs, what is told of it to whom, and what does not hold.

use mrms_contract::{Call, call};
use mrms_core::{MicroStx, Nonce, StandardPrincipal, UnixTime};
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Terms, Transaction};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;
use crate::ledger::{PrintedEvent, Receipt, Status};
use crate::session::{Actor, Sending};
use crate::testing::{Fakes, actor, tuple};

fn principal(number: u8) -> Principal {
    StandardPrincipal::new(26, [number; 20]).unwrap().into()
}

fn entry(index: u64, action: Action, actor: &Principal, subject: &Principal) -> AuditEntry {
    let mut detail = [0; 32];
    detail[31] = Powers::SEE.bits();
    AuditEntry {
        index,
        action,
        actor: actor.clone(),
        subject: Some(subject.clone()),
        version: 0,
        expiry: None,
        detail,
        burn_height: BurnHeight::new(10 + index),
    }
}

/// The tuple that the contract prints for an entry.
fn printed(patient: &Principal, entry: &AuditEntry) -> Value {
    let text = |text: &str| Value::StringAscii(text.parse().unwrap());
    let subject = entry.subject.clone().map(Value::Principal);
    tuple([
        ("topic", text("patient-audit")),
        ("patient", Value::Principal(patient.clone())),
        ("index", Value::uint(entry.index)),
        ("action", text(entry.action.as_str())),
        ("actor", Value::Principal(entry.actor.clone())),
        ("subject", Value::optional(subject)),
        ("version", Value::uint(entry.version)),
        ("expiry", Value::None),
        ("detail", Value::buffer(entry.detail)),
        ("burn-height", Value::uint(entry.burn_height.number())),
    ])
}

/// Puts a patient's own log onto the ledger, as everybody of the line finds it.
fn put(fakes: &Fakes, line: &[&Principal], entries: &[AuditEntry]) {
    let (root, latest) = (line[0], line[line.len() - 1]);
    let mut head = Head::EMPTY;
    for entry in entries {
        head = head.after(root, entry).unwrap();
        let value = printed(root, entry);
        let asked = read::patient_audit_entry(root, entry.index);
        fakes.ledger.answer(&asked, Value::some(value.clone()));
        let event = PrintedEvent {
            txid: TxId::from_bytes([7; 32]),
            block_height: BlockHeight::new(3),
            time: UnixTime::from_seconds(1_700_000_000),
            value,
        };
        fakes.ledger.print(entry.burn_height, event);
    }
    let successor = (line.len() > 1).then(|| Value::Principal(latest.clone()));
    for person in line {
        let counts = tuple([
            ("records", Value::uint(0_u8)),
            ("team", Value::uint(0_u8)),
            ("audit-count", Value::uint(entries.len() as u64)),
            ("audit-head", Value::buffer(*head.as_bytes())),
            ("successor", Value::optional(successor.clone())),
        ]);
        fakes.ledger.answer(&read::patient_counts(person), counts);
        let told = tuple([
            ("root", Value::Principal(root.clone())),
            ("patient", Value::Principal(latest.clone())),
        ]);
        fakes.ledger.answer(&read::line(person), told);
    }
}

fn fakes() -> Fakes {
    Fakes::new(StandardPrincipal::new(26, [1; 20]).unwrap()).unwrap()
}

fn refused(fakes: &Fakes, by: &Actor, call: Call) -> IncludedCall {
    let unsigned =
        Transaction::contract_call(fakes.contract.clone(), call.function, call.arguments);
    let terms = Terms { network: Network::EMBEDDED, nonce: Nonce::new(0), fee: MicroStx::new(200) };
    let transaction = unsigned.sign(&by.key, terms).unwrap();
    let receipt = Receipt {
        txid: transaction.txid(),
        status: Status::AbortedByResponse,
        result: Value::err(Value::uint(ContractError::NotPatient.code())),
        block_height: BlockHeight::new(4),
        burn_height: BurnHeight::new(11),
        time: UnixTime::from_seconds(1_700_000_001),
    };
    IncludedCall::of(&transaction, receipt)
}

fn trails(fakes: &Fakes, me: &Principal, patients: &[&Principal]) -> Vec<PatientTrail> {
    let patients = patients.iter().map(|one| (*one).clone()).collect();
    fakes.session(Sending::Send).patient_trails(me, &patients).unwrap()
}

fn actions(trail: &PatientTrail) -> Vec<Action> {
    trail.lines.iter().map(|line| line.action).collect()
}

#[test]
fn own_log_is_told_whole_and_of_others_what_concerns_oneself() {
    let fakes = fakes();
    let (ana, ben, eve) = (principal(1), principal(2), principal(3));
    let of_ana = [
        entry(0, Action::DelegateSet, &ana, &ben),
        entry(1, Action::ContactName, &ana, &eve),
        entry(2, Action::ContactRefuse, &ben, &eve),
    ];
    put(&fakes, &[&ana], &of_ana);
    put(&fakes, &[&eve], &[]);
    let [own] = &trails(&fakes, &ana, &[&ana, &eve])[..] else { panic!("eve's has nothing") };
    assert_eq!(actions(own), [Action::DelegateSet, Action::ContactName, Action::ContactRefuse]);
    assert!(own.lines.iter().all(|line| line.time.is_some() && line.txid.is_some()));
    assert_eq!(own.lines[0].allows(), Some(("powers", "see".to_owned())));
    let [bens] = &trails(&fakes, &ben, &[&ana])[..] else { panic!() };
    assert_eq!(actions(bens), [Action::DelegateSet, Action::ContactRefuse], "named, and did");
    assert_eq!(bens.lines[1].head, own.lines[2].head);
    assert!(trails(&fakes, &principal(9), &[&ana]).is_empty());
}

#[test]
fn what_many_logs_share_is_asked_once() {
    let fakes = fakes();
    let people: Vec<_> = (10..40).map(principal).collect();
    for person in &people {
        put(&fakes, &[person], &[entry(0, Action::StandingGrant, person, &principal(1))]);
    }
    let people: Vec<_> = people.iter().collect();
    assert_eq!(trails(&fakes, &principal(1), &people).len(), people.len());
    let asked = fakes.ledger.take_requests();
    let count = |name: &str| asked.iter().filter(|one| *one == name).count();
    assert_eq!((count("printed_at"), count("failed_calls"), count("get-line")), (1, 1, 0));
}

#[test]
fn refusals_stand_in_the_log_of_whom_they_concern_and_of_no_other() {
    let mut rng = StdRng::seed_from_u64(1);
    let (ana, stranger) = (actor(&mut rng), actor(&mut rng));
    let fakes = fakes();
    let (me, other) = (ana.principal(), principal(5));
    put(&fakes, &[&me], &[entry(0, Action::StandingGrant, &me, &other)]);
    put(&fakes, &[&other], &[entry(0, Action::StandingGrant, &other, &principal(6))]);
    let grant = |patient: &Principal, by: &Actor| {
        let call = call::grant_standing_access(patient, &by.principal(), Rights::READ, None);
        refused(&fakes, &stranger, call)
    };
    fakes.ledger.refuse(grant(&me, &stranger));
    fakes.ledger.refuse(refused(&fakes, &stranger, call::ask_for_delegation(&me)));
    // One's own, and what names the caller as the patient.
    fakes.ledger.refuse(refused(&fakes, &ana, call::set_delegate(&other, Powers::SEE, None)));
    fakes.ledger.refuse(refused(&fakes, &stranger, call::set_delegate(&me, Powers::SEE, None)));
    // What is about a record stands in the record's trail.
    let record = mrms_core::RecordId::new(1);
    fakes.ledger.refuse(refused(&fakes, &stranger, call::access_medical_record(record)));
    let [own] = &trails(&fakes, &me, &[&me])[..] else { panic!() };
    let denied: Vec<_> = own.lines.iter().filter(|line| line.index.is_none()).collect();
    let what: Vec<_> = denied.iter().map(|line| (line.action, line.actor == me)).collect();
    assert_eq!(
        what,
        [(Action::StandingGrant, false), (Action::ContactAsk, false), (Action::DelegateSet, true)]
    );
    assert!(denied.iter().all(|line| line.reason.as_deref() == Some("not-patient")));
    assert_eq!(own.lines[0].index, Some(0), "they come after the block before them");
    // Of another's log a stranger's attempts concern the stranger alone.
    fakes.ledger.refuse(grant(&other, &stranger));
    assert!(trails(&fakes, &me, &[&other]).is_empty());
    let theirs = trails(&fakes, &stranger.principal(), &[&other]);
    assert_eq!(theirs.iter().map(actions).collect::<Vec<_>>(), [[Action::StandingGrant]]);
}

#[test]
fn line_of_succession_has_one_log_whoever_of_it_is_named() {
    let fakes = fakes();
    let (ana, ben, eve) = (principal(1), principal(2), principal(3));
    let entries = [
        entry(0, Action::DelegateSet, &ana, &eve),
        entry(1, Action::SuccessionOffer, &ana, &ben),
        entry(2, Action::SuccessionAccept, &ben, &ana),
        entry(3, Action::DelegateRemove, &ben, &eve),
    ];
    put(&fakes, &[&ana, &ben], &entries);
    for named in [vec![&ana], vec![&ben], vec![&ana, &ben]] {
        let [trail] = &trails(&fakes, &ben, &named)[..] else { panic!("{named:?}") };
        assert_eq!((&trail.root, &trail.patient, trail.lines.len()), (&ana, &ben, 4));
        assert_eq!((trail.patient_at(1), trail.patient_at(2)), (&ana, &ben));
        assert_eq!(trail.everybody().collect::<Vec<_>>(), [&ana, &ben]);
    }
    // Who was the patient is told what they did, and what was done about them.
    let [former] = &trails(&fakes, &ana, &[&ana])[..] else { panic!() };
    assert_eq!(former.lines.len(), 3);
}

#[test]
fn log_that_does_not_hold_is_not_told_and_neither_is_an_event_that_is_not_the_logs() {
    let (ana, ben) = (principal(1), principal(2));
    let entries =
        [entry(0, Action::DelegateSet, &ana, &ben), entry(1, Action::DelegateEnd, &ana, &ben)];
    let read_all = |fakes: &Fakes| {
        let session = fakes.session(Sending::Send);
        session.patient_trails(&ana, &BTreeSet::from([ana.clone()])).unwrap_err()
    };
    let altered = fakes();
    put(&altered, &[&ana], &entries);
    let other = AuditEntry { action: Action::DelegateRemove, ..entries[1].clone() };
    let asked = read::patient_audit_entry(&ana, 1);
    altered.ledger.answer(&asked, Value::some(printed(&ana, &other)));
    let error = read_all(&altered);
    assert!(
        matches!(error, ReadTrailError::Trail(trail::TrailError::WrongHead { .. })),
        "{error:?}"
    );

    let misprinted = fakes();
    put(&misprinted, &[&ana], &entries);
    let event = PrintedEvent {
        txid: TxId::from_bytes([8; 32]),
        block_height: BlockHeight::new(3),
        time: UnixTime::from_seconds(1_700_000_000),
        value: printed(&ana, &other),
    };
    misprinted.ledger.print(other.burn_height, event);
    let error = read_all(&misprinted);
    assert!(matches!(error, ReadTrailError::EventDiffers { index: 1, .. }), "{error:?}");
}
