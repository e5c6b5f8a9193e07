//! What reading many trails asks the ledger for, and what does not hold.

use mrms_contract::call;
use mrms_core::{
    Action, ContentHash, MicroStx, Nonce, Principal, StandardPrincipal, TxId, UnixTime, Version,
};
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Terms, Transaction};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;
use crate::audit::trail::ActionOutcome;
use crate::ledger::{IncludedCall, PrintedEvent, Receipt, Status};
use crate::session::Sending;
use crate::testing::{Fakes, actor, tuple};

fn patient() -> StandardPrincipal {
    StandardPrincipal::new(26, [1; 20]).unwrap()
}

fn entry(index: u64, action: Action, height: u64) -> AuditEntry {
    AuditEntry {
        index,
        action,
        actor: patient().into(),
        subject: None,
        version: 1,
        expiry: None,
        detail: *ContentHash::of(b"content").as_bytes(),
        burn_height: BurnHeight::new(height),
    }
}

/// The tuple that the contract prints for an entry.
fn printed(id: RecordId, entry: &AuditEntry) -> Value {
    let text = |text: &str| Value::StringAscii(text.parse().unwrap());
    tuple([
        ("topic", text("record-audit")),
        ("record-id", Value::uint(id.number())),
        ("index", Value::uint(entry.index)),
        ("action", text(entry.action.as_str())),
        ("actor", Value::Principal(entry.actor.clone())),
        ("subject", Value::None),
        ("version", Value::uint(entry.version)),
        ("expiry", Value::None),
        ("detail", Value::buffer(entry.detail)),
        ("burn-height", Value::uint(entry.burn_height.number())),
    ])
}

/// Puts a record with these entries onto the ledger: into the log, and among what was printed.
fn put(fakes: &Fakes, id: RecordId, entries: &[AuditEntry]) -> (RecordId, Record) {
    for entry in entries {
        let value = printed(id, entry);
        let asked = read::audit_entry(id, entry.index);
        fakes.ledger.answer(&asked, Value::Some(Box::new(value.clone())));
        let event = PrintedEvent {
            txid: TxId::from_bytes([7; 32]),
            block_height: BlockHeight::new(3),
            time: UnixTime::from_seconds(1_700_000_000),
            value,
        };
        fakes.ledger.print(entry.burn_height, event);
    }
    let record = Record {
        patient: Principal::from(patient()),
        version: Version::FIRST,
        readers: 0,
        audit_count: entries.len() as u64,
        audit_head: *heads_of(id, entries).unwrap().last().unwrap(),
    };
    (id, record)
}

fn fakes() -> Fakes {
    Fakes::new(patient()).unwrap()
}

/// A call of somebody else that the contract refused.
fn refused(fakes: &Fakes, id: RecordId) -> IncludedCall {
    let mut rng = StdRng::seed_from_u64(1);
    let stranger = actor(&mut rng);
    let call = call::access_medical_record(id);
    let unsigned =
        Transaction::contract_call(fakes.contract.clone(), call.function, call.arguments);
    let terms = Terms { network: Network::EMBEDDED, nonce: Nonce::new(0), fee: MicroStx::new(200) };
    let transaction = unsigned.sign(&stranger.key, terms).unwrap();
    let receipt = Receipt {
        txid: transaction.txid(),
        status: Status::AbortedByResponse,
        result: Value::err(Value::uint(102_u8)),
        block_height: BlockHeight::new(4),
        burn_height: BurnHeight::new(11),
        time: UnixTime::from_seconds(1_700_000_001),
    };
    IncludedCall::of(&transaction, receipt)
}

#[test]
fn what_many_trails_share_is_asked_once() {
    let fakes = fakes();
    let mut records = Vec::new();
    for number in 0..50_u64 {
        let entries = [entry(0, Action::Create, 10), entry(1, Action::Access, 11)];
        records.push(put(&fakes, RecordId::new(number.into()), &entries));
    }
    let other = RecordId::new(1_000);
    put(&fakes, other, &[entry(0, Action::Create, 10)]);
    for id in [records[7].0, other] {
        fakes.ledger.refuse(refused(&fakes, id));
    }
    let session = fakes.session(Sending::Send);
    let ids: Vec<_> = records.iter().map(|(id, _)| *id).collect();
    let mut trails = session.trails(records);
    for id in &ids {
        let lines = trails.read(*id).unwrap().lines;
        let denied = lines.iter().filter(|line| line.outcome == ActionOutcome::Denied).count();
        assert_eq!(denied, usize::from(*id == ids[7]));
        assert_eq!(lines.len(), 2 + denied);
        assert!(lines.iter().all(|line| line.time.is_some() && line.record_id == *id));
    }
    let mut asked = fakes.ledger.take_requests();
    asked.sort();
    let expected =
        ["failed_calls", "get-audit-entry", "get-audit-entry", "printed_at", "printed_at"];
    assert_eq!(asked, expected, "once for each height, whatever the number of records");
}

#[test]
fn calls_that_do_not_name_the_record_are_not_decoded_for_it() {
    let fakes = fakes();
    let record = put(&fakes, RecordId::new(5), &[entry(0, Action::Create, 10)]);
    for id in [5, 6, 7] {
        fakes.ledger.refuse(refused(&fakes, RecordId::new(id)));
    }
    let session = fakes.session(Sending::Send);
    let lines = session.trails([record]).read(RecordId::new(5)).unwrap().lines;
    assert_eq!(lines.len(), 2);
    assert_eq!(fakes.ledger.concerned(), 1, "of three");
}

#[test]
fn an_event_that_is_not_the_logs_is_named_and_so_is_a_log_that_does_not_hold() {
    let id = RecordId::new(5);
    let entries = [entry(0, Action::Create, 10), entry(1, Action::Access, 10)];
    let (altered_event, altered_log) = (fakes(), fakes());
    let record = put(&altered_event, id, &entries);
    let other = AuditEntry { version: 2, ..entries[1].clone() };
    let event = PrintedEvent {
        txid: TxId::from_bytes([8; 32]),
        block_height: BlockHeight::new(3),
        time: UnixTime::from_seconds(1_700_000_000),
        value: printed(id, &other),
    };
    altered_event.ledger.print(BurnHeight::new(10), event);
    let session = altered_event.session(Sending::Send);
    let error = session.trails([record.clone()]).read(id).unwrap_err();
    assert!(matches!(error, ReadTrailError::EventDiffers { index: 1, .. }), "{error:?}");

    put(&altered_log, id, &[entries[0].clone(), other]);
    let session = altered_log.session(Sending::Send);
    let error = session.trails([record]).read(id).unwrap_err();
    assert!(matches!(error, ReadTrailError::Trail(TrailError::WrongHead { .. })), "{error:?}");
}
