//! What a transaction changes, and what is undone when it fails.

use mrms_node::chain::wire::{ClarityVersionByte, Payload};
use mrms_node::chain::{Event, MicroStx, Operation, OperationError, Rejection, Status, fsck};

use crate::support::{Bench, COUNTER, RICH, err, ok, uint};

const ERR_NONE: [u8; 2] = [0x08, 0x09];

#[test]
fn error_response_is_included_and_undone_and_pays_the_fee() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let bytes = bench.bob.call(&counter, "add-then-fail", &[uint(5)]);
    let fee = bytes.len() as u128;
    let included = bench.submit(&bytes);
    assert_eq!(included.receipt.status, Status::AbortByResponse);
    assert_eq!(included.receipt.result, err(&uint(5)));
    assert!(included.receipt.events.is_empty());
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(0));
    assert_eq!(bench.balance(&bench.bob.principal), RICH - fee);
    assert_eq!(bench.nonce(&bench.bob.principal), 1);
    assert_eq!(bench.tip().height, included.height);
}

#[test]
fn runtime_error_is_included_and_undone_and_pays_the_fee() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let bytes = bench.bob.call(&counter, "divide", &[uint(5)]);
    let included = bench.submit(&bytes);
    assert_eq!(included.receipt.status, Status::AbortByResponse);
    assert_eq!(included.receipt.result, ERR_NONE);
    assert!(included.note.unwrap().contains("DivisionByZero"));
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(0));
    assert_eq!(bench.nonce(&bench.bob.principal), 1);
}

#[test]
fn reading_the_past_is_a_runtime_error() {
    let mut bench = Bench::new();
    let source = "(define-public (look) (ok (at-block (unwrap-panic (get-block-info? id-header-hash u0)) u1)))";
    let past = bench.publish("past", source);
    let bytes = bench.bob.call(&past, "look", &[]);
    let included = bench.submit(&bytes);
    assert_eq!(included.receipt.status, Status::AbortByResponse);
    assert_eq!(included.receipt.result, ERR_NONE);
}

#[test]
fn contract_that_does_not_type_check_is_included_but_not_published() {
    let mut bench = Bench::new();
    for source in
        ["(define-read-only (f) (+ 1 u1))", "(define-read-only (f", "(stacks-block-height-of-3)"]
    {
        let included = bench.alice_deploys("broken", source);
        assert_eq!(included.receipt.status, Status::AbortByResponse, "{source}");
        assert_eq!(included.receipt.result, ERR_NONE);
        assert!(included.note.is_some());
        assert_eq!(bench.contract(&bench.alice.contract("broken")), None);
    }
    assert_eq!(bench.nonce(&bench.alice.principal), 3);
    // The name is still free.
    bench.publish("broken", COUNTER);
}

#[test]
fn name_of_a_later_language_version_is_reported_as_unresolved() {
    let mut bench = Bench::new();
    let source = "(define-read-only (height) stacks-block-height)";
    let version = Some(ClarityVersionByte::try_new(4).unwrap());
    let deploy =
        |source: &str| Payload::Deploy { name: "later".into(), source: source.into(), version };
    let bytes = bench.alice.sign(deploy(source));
    let included = bench.submit(&bytes);
    assert_eq!(included.receipt.status, Status::AbortByResponse);
    assert!(included.note.unwrap().contains("stacks-block-height"));
    // What all versions have runs under every version.
    let bytes = bench.alice.sign(deploy("(define-read-only (height) burn-block-height)"));
    assert_eq!(bench.submit(&bytes).receipt.status, Status::Success);
    let record = bench.contract(&bench.alice.contract("later")).unwrap();
    assert_eq!(record.clarity_version, version);
}

#[test]
fn contract_whose_definitions_fail_is_not_published() {
    let mut bench = Bench::new();
    let source = "(define-data-var a uint u0) (var-set a (/ u1 (var-get a)))";
    let included = bench.alice_deploys("broken", source);
    assert_eq!(included.receipt.status, Status::AbortByResponse);
    assert_eq!(bench.contract(&bench.alice.contract("broken")), None);
}

#[test]
fn nesting_deeper_than_the_vm_allows_does_not_crash() {
    let mut bench = Bench::new();
    let deep = format!("{}u1{}", "(list ".repeat(5_000), ")".repeat(5_000));
    let included = bench.alice_deploys("deep", &deep);
    assert_eq!(included.receipt.status, Status::AbortByResponse);
    let body = (0..60).fold("u1".to_owned(), |inner, _| format!("(+ u1 {inner})"));
    bench.publish("deep", &format!("(define-public (f) (ok {body}))"));
    let deep = bench.alice.contract("deep");
    let included = bench.bob_calls(&deep, "f", &[]);
    assert_eq!(included.receipt.result, ok(&uint(61)));
}

#[test]
fn transfer_moves_stx_and_emits_an_event() {
    let mut bench = Bench::new();
    let (alice, bob) = (bench.alice.principal.clone(), bench.bob.principal.clone());
    let bytes = bench.alice.transfer(&bob, 1_000);
    let included = bench.submit(&bytes);
    assert_eq!(included.receipt.result, ok(&[3]));
    let event = Event::StxTransfer {
        sender: alice.clone(),
        recipient: bob.clone(),
        amount: MicroStx::new(1_000),
        memo: vec![0; 34],
    };
    assert_eq!(included.receipt.events, [event]);
    assert_eq!(bench.balance(&alice), RICH - 1_000 - bytes.len() as u128);
    assert_eq!(bench.balance(&bob), RICH + 1_000);
}

#[test]
fn fees_go_to_the_node_and_do_not_change_the_supply() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let bytes = bench.alice.transfer(&bob, 1_000);
    let node = bench.ledger().identity().node_account.clone();
    assert_eq!(bench.balance(&node), 0);
    bench.submit(&bytes);
    assert_eq!(bench.balance(&node), bytes.len() as u128);
    assert_eq!(bench.read(|snapshot| snapshot.supply()).get(), 2 * RICH);
}

#[test]
fn faucet_creates_stx_on_chain() {
    let bench = Bench::new();
    let account = crate::support::Actor::new(9).principal;
    bench.ledger().faucet(&account, MicroStx::new(500)).unwrap();
    assert_eq!(bench.balance(&account), 500);
    assert_eq!(bench.read(|snapshot| snapshot.supply()).get(), 2 * RICH + 500);
    let tip = bench.tip();
    let block = bench.block(tip.height).unwrap();
    assert_eq!(block.operations, [Operation::Faucet { account, amount: MicroStx::new(500) }]);
}

#[test]
fn faucet_beyond_what_can_be_counted_is_refused() {
    let bench = Bench::new();
    let account = crate::support::Actor::new(9).principal;
    let refused = bench.ledger().faucet(&account, MicroStx::new(u128::MAX));
    assert_eq!(refused, Err(OperationError::OutOfRange));
    assert_eq!(bench.tip().height.get(), 0);
    assert!(fsck(bench.folder.path(), &bench.settings.pinned).is_ok());
}

#[test]
fn caller_and_sponsor_are_seen_by_the_contract() {
    let mut bench = Bench::new();
    let source = "(define-public (who) (begin (print tx-sponsor?) (ok { sender: tx-sender, caller: contract-caller })))";
    let who = bench.publish("who", source);
    let outer = bench.publish("outer", "(define-public (who) (contract-call? .who who))");
    let bob = crate::support::principal(&bench.bob.principal);
    let tuple = |caller: &[u8]| {
        ok(&[&[0x0c, 0, 0, 0, 2, 6][..], b"caller", caller, &[6], b"sender", &bob].concat())
    };
    let direct = bench.bob_calls(&who, "who", &[]);
    assert_eq!(direct.receipt.result, tuple(&bob));
    let through = bench.bob_calls(&outer, "who", &[]);
    assert_eq!(through.receipt.result, tuple(&crate::support::principal(&outer.into())));
}

#[test]
fn recursive_call_is_stopped() {
    let mut bench = Bench::new();
    let source = "
        (define-trait leaf ((visit () (response uint uint))))
        (define-public (enter (t <leaf>)) (contract-call? t visit))";
    let entered = bench.publish("entered", source);
    bench.publish("end", "(define-public (visit) (ok u1))");
    let back =
        bench.publish("back", "(define-public (visit) (contract-call? .entered enter .end))");
    let included = bench.bob_calls(&entered, "enter", &[crate::support::principal(&back.into())]);
    assert_eq!(included.receipt.status, Status::AbortByResponse);
    assert!(included.note.unwrap().contains("CircularReference"));
}

#[test]
fn contract_without_the_trait_is_refused_as_an_argument() {
    let mut bench = Bench::new();
    let source = "
        (define-trait thing ((f () (response uint uint))))
        (define-public (use (t <thing>)) (contract-call? t f))";
    let user = bench.publish("user", source);
    let good = bench.publish("good", "(define-public (f) (ok u3))");
    let bad = bench.publish("bad", "(define-public (g) (ok u3))");
    let bytes = bench.bob.call(&user, "use", &[crate::support::principal(&bad.into())]);
    assert!(matches!(bench.rejection(&bytes), Rejection::BadFunctionArgument { .. }));
    bench.bob.nonce = 0;
    let bytes = bench.bob.call(&user, "use", &[crate::support::principal(&good.into())]);
    assert_eq!(bench.submit(&bytes).receipt.result, ok(&uint(3)));
}
