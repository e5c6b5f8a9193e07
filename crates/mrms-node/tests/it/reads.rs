//! Reads from the ledger: their results and their errors.

use mrms_node::chain::{
    ContractEvent, ContractId, LedgerFailure, Outcomes, Page, Principal, ReadError, Status,
    StoredTransaction,
};

use crate::support::{Bench, COUNTER, principal, uint};

fn constant(
    bench: &Bench,
    contract: &ContractId,
    name: &'static str,
) -> Result<Vec<u8>, ReadError> {
    let contract = contract.clone();
    bench.ledger().read(move |snapshot| snapshot.constant(&contract, name))
}

fn interface(bench: &Bench, contract: &ContractId) -> Result<String, ReadError> {
    let contract = contract.clone();
    bench.ledger().read(move |snapshot| snapshot.contract_interface(&contract))
}

fn events(bench: &Bench, contract: &ContractId, page: Page) -> Vec<ContractEvent> {
    let contract = contract.clone();
    bench.read(move |snapshot| snapshot.contract_events(&contract, page))
}

fn transactions_of(bench: &Bench, principal: &Principal, page: Page) -> Vec<StoredTransaction> {
    let principal = principal.clone();
    bench.read(move |snapshot| snapshot.transactions_of(&principal, page))
}

#[test]
fn reads_of_what_does_not_exist_fail_with_the_kind() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let nowhere = bench.alice.contract("nowhere");
    let alice = bench.alice.principal.clone();
    let no_contract = ReadError::NoSuchContract { contract: nowhere.clone() };
    assert_eq!(bench.call_read_only(&nowhere, "f", &[], &alice), Err(no_contract.clone()));
    assert_eq!(bench.map_entry(&nowhere, "m", &[3]), Err(no_contract.clone()));
    assert_eq!(interface(&bench, &nowhere), Err(no_contract));
    assert_eq!(bench.contract(&nowhere), None);
    for error in [
        bench.call_read_only(&counter, "nothing", &[], &alice).unwrap_err(),
        bench.map_entry(&counter, "nothing", &[3]).unwrap_err(),
        bench.data_variable(&counter, "nothing").unwrap_err(),
        constant(&bench, &counter, "nothing").unwrap_err(),
    ] {
        assert!(matches!(error, ReadError::NoSuchMember { .. }), "{error:?}");
    }
    assert!(matches!(bench.map_entry(&counter, "seen", &[3]), Err(ReadError::BadValue { .. })));
    assert!(matches!(bench.map_entry(&counter, "seen", b"\xff"), Err(ReadError::BadValue { .. })));
}

#[test]
fn public_function_is_not_called_read_only() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let alice = bench.alice.principal.clone();
    let refused = bench.call_read_only(&counter, "add", &[uint(1)], &alice);
    let function = "add".to_owned();
    assert_eq!(refused, Err(ReadError::NotReadOnly { contract: counter.clone(), function }));
    let refused = bench.call_read_only(&counter, "bump", &[uint(1)], &alice);
    assert!(matches!(refused, Err(ReadError::Stopped { .. })), "{refused:?}");
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(0));
}

#[test]
fn bad_arguments_of_a_read_only_call_are_refused() {
    let mut bench = Bench::new();
    let echo = bench.publish("echo", "(define-read-only (echo (n uint)) n)");
    let alice = bench.alice.principal.clone();
    let ask = |arguments: &[Vec<u8>]| bench.call_read_only(&echo, "echo", arguments, &alice);
    assert!(matches!(ask(&[]), Err(ReadError::Stopped { .. })));
    assert!(matches!(ask(&[vec![3]]), Err(ReadError::Stopped { .. })));
    assert!(matches!(ask(&[vec![0xff]]), Err(ReadError::BadValue { .. })));
    assert!(matches!(ask(&[[uint(1), vec![0]].concat()]), Err(ReadError::BadValue { .. })));
    assert_eq!(ask(&[uint(9)]), Ok(uint(9)));
}

#[test]
fn state_is_read_by_map_variable_and_constant() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    bench.bob_calls(&counter, "add", &[uint(6)]);
    let bob = principal(&bench.bob.principal);
    let alice = principal(&bench.alice.principal);
    assert_eq!(bench.map_entry(&counter, "seen", &bob).unwrap(), [&[0x0a][..], &uint(6)].concat());
    assert_eq!(bench.map_entry(&counter, "seen", &alice).unwrap(), [0x09]);
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(6));
    assert_eq!(constant(&bench, &counter, "STEP").unwrap(), uint(1));
    assert_eq!(constant(&bench, &counter, "ERR_ZERO").unwrap(), crate::support::err(&uint(100)));
}

#[test]
fn map_entry_is_what_the_contract_itself_reads() {
    const DIARY: &str = "
        (define-map notes { day: uint, by: principal } { text: (string-utf8 20), tags: (list 3 (buff 2)) })
        (define-public (write (day uint) (text (string-utf8 20)))
            (ok (map-set notes { day: day, by: tx-sender } { text: text, tags: (list 0x01 0x0203) })))
        (define-public (erase (day uint)) (ok (map-delete notes { day: day, by: tx-sender })))
        (define-read-only (look (key { day: uint, by: principal })) (map-get? notes key))";
    let mut bench = Bench::new();
    let diary = bench.publish("diary", DIARY);
    let text =
        |text: &str| [&[0x0e][..], &(text.len() as u32).to_be_bytes(), text.as_bytes()].concat();
    for (day, words) in [(1, "slept badly"), (2, "\u{e9}tude"), (3, "")] {
        bench.bob_calls(&diary, "write", &[uint(day), text(words)]);
    }
    bench.bob_calls(&diary, "erase", &[uint(3)]);
    let bob = bench.bob.principal.clone();
    let key = |day: u128| {
        let fields = [(&b"\x02by"[..], principal(&bob)), (&b"\x03day"[..], uint(day))];
        let fields = fields.map(|(name, value)| [name, &value].concat());
        [&[0x0c, 0, 0, 0, 2][..], &fields.concat()].concat()
    };
    for (day, is_there) in [(1, true), (2, true), (3, false), (4, false)] {
        let entry = bench.map_entry(&diary, "notes", &key(day)).unwrap();
        let read = bench.call_read_only(&diary, "look", &[key(day)], &bob).unwrap();
        assert_eq!(entry, read, "day {day}");
        assert_eq!(entry[0] == 0x0a, is_there, "day {day}");
    }
}

#[test]
fn all_reads_from_one_snapshot_see_the_same_blocks() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let transaction = bench.bob.call(&counter, "add", &[uint(1)]);
    let (contract, ledger) = (counter.clone(), bench.ledger().clone());
    let (before, after) = bench.read(move |snapshot| {
        let before = (snapshot.tip()?, snapshot.data_variable(&contract, "count")?);
        // Another thread makes a block meanwhile.
        ledger.submit(&transaction).unwrap();
        let newest = ledger.read(|snapshot| {
            let tip = snapshot.tip()?;
            snapshot.block(tip.height)
        })?;
        assert_eq!(snapshot.transaction(&newest.unwrap().transactions[0])?, None);
        let after = (snapshot.tip()?, snapshot.data_variable(&contract, "count")?);
        Ok::<_, ReadError>((before, after))
    });
    assert_eq!(before, after);
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(1));
    assert_eq!(bench.tip().height.get(), before.0.height.get() + 1);
}

#[test]
fn read_that_panics_fails_and_the_next_one_works() {
    let bench = Bench::new();
    for _ in 0..4 {
        let broken = bench.ledger().read(|snapshot| -> Result<(), LedgerFailure> {
            snapshot.tip()?;
            panic!("as a bug in a read would");
        });
        assert_eq!(broken, Err(LedgerFailure::VmBrokeOff));
    }
    assert_eq!(bench.tip(), bench.read(|snapshot| snapshot.tip()));
}

#[test]
fn contract_is_found_with_source_interface_and_origin() {
    let mut bench = Bench::new();
    let included = bench.alice_deploys("counter", COUNTER);
    let counter = bench.alice.contract("counter");
    let record = bench.contract(&counter).unwrap();
    assert_eq!(record.source, COUNTER);
    assert_eq!(record.txid, Some(included.txid));
    assert_eq!(record.height, included.height);
    assert_eq!(record.clarity_version.unwrap().get(), 2);
    let interface: serde_json::Value =
        serde_json::from_str(&interface(&bench, &counter).unwrap()).unwrap();
    let functions = interface["functions"].as_array().unwrap();
    let add = functions.iter().find(|function| function["name"] == "add").unwrap();
    assert_eq!(add["access"], "public");
    assert_eq!(add["args"][0], serde_json::json!({ "name": "n", "type": "uint128" }));
    assert_eq!(interface["maps"][0]["name"], "seen");
    assert_eq!(interface["clarity_version"], "Clarity2");
    let costs =
        mrms_node::chain::ContractId::parse("ST000000000000000000002AMW42H.costs-3").unwrap();
    assert_eq!(bench.contract(&costs).unwrap().txid, None);
}

#[test]
fn account_that_does_not_exist_has_no_balance_and_nonce_zero() {
    let bench = Bench::new();
    let account = bench.account(&crate::support::Actor::new(99).principal);
    assert_eq!((account.balance.get(), account.nonce), (0, 0));
}

#[test]
fn failed_calls_of_a_contract_are_listed() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let mut failed = Vec::new();
    for number in [1, 0, 2, 0] {
        let included = bench.bob_calls(&counter, "add", &[uint(number)]);
        if included.receipt.status != Status::Success {
            failed.push(included.txid);
        }
    }
    assert_eq!(failed.len(), 2);
    let list = |outcomes, page| -> Vec<_> {
        let contract = counter.clone();
        let found =
            bench.read(move |snapshot| snapshot.contract_transactions(&contract, outcomes, page));
        found.into_iter().map(|stored| stored.included.txid).collect()
    };
    assert_eq!(list(Outcomes::Failed, Page::oldest(10)), failed);
    assert_eq!(list(Outcomes::Failed, Page::newest(1)), failed[1..]);
    assert_eq!(list(Outcomes::All, Page::oldest(10)).len(), 5);
}

#[test]
fn lists_are_paged_in_both_directions() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let sent: Vec<_> =
        (1..=7).map(|number| bench.bob_calls(&counter, "add", &[uint(number)])).collect();
    let bob = bench.bob.principal.clone();
    let page = |page| transactions_of(&bench, &bob, page);
    let mut forward = page(Page::oldest(3));
    while forward.len() < 7 {
        let last = forward.last().unwrap().included.sequence;
        forward.extend(page(Page::after(last, 3)));
    }
    let forward: Vec<_> = forward.into_iter().map(|stored| stored.included).collect();
    assert_eq!(forward, sent);
    let newest = page(Page::newest(2));
    assert_eq!(newest[0].included, sent[6]);
    let before = page(Page::before(newest[1].included.sequence, 2));
    assert_eq!(before[0].included, sent[4]);
    assert!(page(Page::after(sent[6].sequence, 3)).is_empty());
}

#[test]
fn recipient_payer_and_contract_find_their_transactions() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let bob = bench.bob.principal.clone();
    let bytes = bench.alice.transfer(&bob, 3);
    let transfer = bench.submit(&bytes);
    let list = |who: &Principal| transactions_of(&bench, who, Page::oldest(9));
    assert_eq!(list(&bob)[0].included, transfer);
    assert_eq!(list(&bob)[0].raw, bytes);
    assert_eq!(list(&counter.into()).len(), 1);
    assert_eq!(list(&bench.alice.principal).len(), 2);
}

#[test]
fn events_of_a_contract_are_listed_and_those_of_failures_are_not() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let twice = "(define-public (twice) (begin (print 1) (unwrap-panic (contract-call? .counter add u5)) (print 2) (ok true)))";
    let outer = bench.publish("outer", twice);
    bench.bob_calls(&counter, "add", &[uint(1)]);
    bench.bob_calls(&counter, "add-then-fail", &[uint(1)]);
    let through = bench.bob_calls(&outer, "twice", &[]);
    let printed = events(&bench, &counter, Page::oldest(10));
    assert_eq!(printed.len(), 2);
    assert_eq!((printed[1].txid, printed[1].position), (through.txid, 1));
    let outer = events(&bench, &outer, Page::newest(10));
    assert_eq!(outer.iter().map(|event| event.position).collect::<Vec<_>>(), [0, 2]);
}
