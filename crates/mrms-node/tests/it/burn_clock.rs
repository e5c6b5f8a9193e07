//! Burn heights: made from the wall clock and from `advance`, the same in blocks and in reads.

use mrms_node::chain::{Operation, OperationError};

use crate::support::{Bench, COUNTER, GENESIS, ok, uint};

const H0: u128 = 900_000;

#[test]
fn clock_that_is_set_back_does_not_lower_time_or_height() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    bench.clock.set(GENESIS + 6_000);
    let later = bench.bob_calls(&counter, "store-burn", &[]);
    assert_eq!(later.receipt.result, ok(&uint(H0 + 10)));
    bench.clock.set(GENESIS - 1_000_000);
    let held = bench.bob_calls(&counter, "store-burn", &[]);
    assert_eq!(held.receipt.result, ok(&uint(H0 + 10)));
    assert_eq!((held.time, held.burn_height), (later.time, later.burn_height));
    bench.restart();
    assert_eq!(bench.tip().burn_height_now.get(), 900_010);
}

#[test]
fn contract_sees_the_burn_height_of_its_block() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    for (seconds, height) in
        [(0, H0), (599, H0), (600, H0 + 1), (1_199, H0 + 1), (86_400, H0 + 144)]
    {
        bench.clock.set(GENESIS + seconds);
        let included = bench.bob_calls(&counter, "store-burn", &[]);
        assert_eq!(included.receipt.result, ok(&uint(height)), "after {seconds} s");
        assert_eq!(u128::from(included.burn_height.get()), height);
        let block = bench.block(included.height).unwrap();
        assert_eq!(u128::from(block.header.burn_height.get()), height);
    }
}

#[test]
fn reads_see_burn_time_pass_without_a_block() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let alice = bench.alice.principal.clone();
    let before = bench.tip();
    let read = |bench: &Bench| bench.call_read_only(&counter, "get-burn", &[], &alice).unwrap();
    assert_eq!(read(&bench), uint(H0));
    bench.clock.set(GENESIS + 600);
    assert_eq!(read(&bench), uint(H0 + 1));
    let after = bench.tip();
    assert_eq!(after.hash, before.hash);
    assert_eq!(after.burn_height.get() + 1, after.burn_height_now.get());
}

#[test]
fn advance_is_recorded_and_seen_at_once() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    bench.ledger().advance(144).unwrap();
    let tip = bench.tip();
    assert_eq!(tip.burn_height.get(), 900_144);
    let block = bench.block(tip.height).unwrap();
    assert_eq!(block.operations, [Operation::Advance { burn_blocks: 144 }]);
    let alice = bench.alice.principal.clone();
    assert_eq!(bench.call_read_only(&counter, "get-burn", &[], &alice).unwrap(), uint(H0 + 144));
    bench.clock.set(GENESIS + 600);
    let included = bench.bob_calls(&counter, "store-burn", &[]);
    assert_eq!(included.receipt.result, ok(&uint(H0 + 145)));
    bench.restart();
    assert_eq!(bench.tip().burn_height_now.get(), 900_145);
}

#[test]
fn advance_past_the_last_height_is_refused() {
    let bench = Bench::new();
    let room = u64::from(u32::MAX) - 900_000;
    assert_eq!(bench.ledger().advance(room + 1), Err(OperationError::OutOfRange));
    assert_eq!(bench.ledger().advance(u64::MAX), Err(OperationError::OutOfRange));
    assert_eq!(bench.tip().height.get(), 0);
    bench.ledger().advance(room).unwrap();
    assert_eq!(bench.tip().burn_height.get(), u32::MAX);
}

#[test]
fn contract_reads_time_and_hash_of_past_blocks() {
    let mut bench = Bench::new();
    let source = "
        (define-read-only (time-of (h uint)) (get-block-info? time h))
        (define-read-only (hash-of (h uint)) (get-block-info? id-header-hash h))
        (define-read-only (height) block-height)
        (define-read-only (burn-hash (h uint)) (get-burn-block-info? header-hash h))";
    let info = bench.publish("info", source);
    let alice = bench.alice.principal.clone();
    let ask = |bench: &Bench, function: &str, arguments: &[Vec<u8>]| {
        bench.call_read_only(&info, function, arguments, &alice).unwrap()
    };
    assert_eq!(ask(&bench, "height", &[]), uint(2));
    let some = |value: &[u8]| [&[0x0a], value].concat();
    assert_eq!(ask(&bench, "time-of", &[uint(0)]), some(&uint(GENESIS.into())));
    assert_eq!(ask(&bench, "time-of", &[uint(2)]), [9]);
    let genesis = bench.ledger().identity().genesis;
    assert_eq!(
        ask(&bench, "hash-of", &[uint(0)]),
        some(&crate::support::buffer(genesis.as_bytes()))
    );
    assert_eq!(ask(&bench, "burn-hash", &[uint(H0 + 1)]), [9]);
    assert_ne!(ask(&bench, "burn-hash", &[uint(H0 - 1)]), [9]);
}
