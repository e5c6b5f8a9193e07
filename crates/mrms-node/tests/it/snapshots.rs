//! Reverting to a saved snapshot: the blocks above it are dropped, and the chain records that.

use mrms_node::chain::{
    BlockHash, BlockHeight, Difference, FsckError, MicroStx, Operation, ReadError, Rejection,
    RevertError, SnapshotId, fsck,
};

use crate::support::{Actor, Bench, COUNTER, uint};

fn operations(bench: &Bench, height: u32) -> Vec<Operation> {
    bench.block(BlockHeight::new(height)).unwrap().operations
}

#[test]
fn snapshot_that_does_not_exist_is_refused() {
    let bench = Bench::new();
    let snapshot = SnapshotId::parse("0-0123456789abcdef").unwrap();
    let refused = bench.ledger().revert(&snapshot);
    assert_eq!(refused, Err(RevertError::NoSuchSnapshot { snapshot }));
    assert_eq!(bench.tip().height, BlockHeight::new(0));
}

#[test]
fn snapshot_is_deleted_when_the_ledger_is_opened_again() {
    let mut bench = Bench::new();
    let snapshot = bench.ledger().save_snapshot().unwrap();
    bench.publish("counter", COUNTER);
    bench.restart();
    let refused = bench.ledger().revert(&snapshot);
    assert!(matches!(refused, Err(RevertError::NoSuchSnapshot { .. })));
    assert_eq!(bench.tip().height, BlockHeight::new(1));
}

#[test]
fn revert_drops_the_later_blocks_and_records_them() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    bench.bob_calls(&counter, "add", &[uint(2)]);
    let snapshot = bench.ledger().save_snapshot().unwrap();
    assert_eq!(snapshot.height(), BlockHeight::new(2));
    let before = (bench.nonce(&bench.bob.principal), bench.tip().burn_height_now);

    let dropped = bench.bob_calls(&counter, "add", &[uint(3)]);
    bench.ledger().advance(100).unwrap();
    let later = bench.alice.contract("later");
    bench.publish("later", COUNTER);
    // The read threads have loaded this contract, and must forget it.
    assert_eq!(bench.data_variable(&later, "count").unwrap(), uint(0));
    let above = bench.ledger().save_snapshot().unwrap();
    let old = bench.tip();

    bench.ledger().revert(&snapshot).unwrap();
    let tip = bench.tip();
    assert_eq!(tip.height, BlockHeight::new(3));
    let record = Operation::Revert { height: old.height, hash: old.hash };
    assert_eq!(operations(&bench, 3), [record]);
    assert_eq!((bench.nonce(&bench.bob.principal), tip.burn_height_now), before);
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(2));
    assert_eq!(bench.transaction(&dropped.txid), None);
    let gone = bench.data_variable(&later, "count");
    assert_eq!(gone, Err(ReadError::NoSuchContract { contract: later }));
    let refused = bench.ledger().revert(&above);
    assert_eq!(refused, Err(RevertError::NoSuchSnapshot { snapshot: above }));

    // The chain continues, and the same snapshot can be used again.
    bench.bob.nonce = 1;
    bench.bob_calls(&counter, "add", &[uint(40)]);
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(42));
    bench.ledger().revert(&snapshot).unwrap();
    bench.bob.nonce = 1;
    bench.bob_calls(&counter, "add", &[uint(5)]);
    let sound = fsck(bench.folder.path(), &bench.settings.pinned).unwrap();
    assert_eq!((sound.reverts, sound.height), (1, BlockHeight::new(4)));
    bench.restart();
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(7));
}

#[test]
fn revert_to_the_current_state_drops_and_records_nothing() {
    let bench = Bench::new();
    let snapshot = bench.ledger().save_snapshot().unwrap();
    assert_eq!(bench.ledger().save_snapshot().unwrap(), snapshot);
    bench.ledger().revert(&snapshot).unwrap();
    assert_eq!(bench.tip().height, BlockHeight::new(0));
}

#[test]
fn record_of_a_revert_cannot_be_removed_or_forged() {
    let mut bench = Bench::new();
    let snapshot = bench.ledger().save_snapshot().unwrap();
    bench.publish("counter", COUNTER);
    bench.ledger().revert(&snapshot).unwrap();
    bench.ledger = None;
    let file = rusqlite::Connection::open(bench.folder.path().join("ledger.sqlite")).unwrap();
    let differs = || match fsck(bench.folder.path(), &bench.settings.pinned) {
        Err(FsckError::Differs { difference }) => difference,
        other => panic!("{other:?}"),
    };
    let height = BlockHeight::new(1);
    // A dropped block cannot be below the block that records the revert.
    let low =
        Operation::Revert { height: BlockHeight::new(0), hash: BlockHash::new([7; 32]) }.encode();
    file.execute("UPDATE operations SET operation = ? WHERE height = 1", [low]).unwrap();
    assert_eq!(differs(), Difference::Operation { height, position: 0 });
    file.execute("DELETE FROM operations WHERE height = 1", []).unwrap();
    assert_eq!(differs(), Difference::Header { height, field: "operations root" });
}

#[test]
fn requested_block_is_made_even_if_it_is_empty() {
    let bench = Bench::new();
    let mined = bench.ledger().mine(&[]).unwrap();
    let tip = bench.tip();
    assert_eq!((mined.height, mined.hash), (BlockHeight::new(1), tip.hash));
    assert!(mined.outcomes.is_empty());
    assert_eq!(
        fsck(bench.folder.path(), &bench.settings.pinned).unwrap().height,
        BlockHeight::new(1)
    );
}

#[test]
fn requested_block_includes_the_given_transactions_without_the_refused_ones() {
    let mut bench = Bench::with(|settings| settings.block_transactions = 2);
    let bob = bench.bob.principal.clone();
    let mut given: Vec<_> = (0..3).map(|_| bench.alice.transfer(&bob, 1)).collect();
    given.insert(1, b"no transaction".to_vec());
    let mined = bench.ledger().mine(&given).unwrap();
    let taken: Vec<_> = mined.outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(taken, [true, false, true, true]);
    assert_eq!(mined.height, mined.outcomes[3].as_ref().unwrap().height);
    assert_eq!(bench.nonce(&bench.alice.principal), 3);
}

#[test]
fn trying_a_transaction_out_refuses_as_submitting_does_and_changes_nothing() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let first = bench.alice.transfer(&bob, 5);
    let second = bench.alice.transfer(&bob, 5);
    let refusal = |bytes: &[u8]| match bench.ledger().try_out(bytes) {
        Err(mrms_node::chain::SubmitError::Rejected { rejection, .. }) => *rejection,
        other => panic!("{other:?}"),
    };
    let refused = refusal(&second);
    assert!(matches!(refused, Rejection::BadNonce { expected: 0, actual: 1, .. }), "{refused:?}");
    let mut poor = Actor::new(9);
    let refused = refusal(&poor.transfer(&bob, 5));
    assert!(
        matches!(refused, Rejection::NotEnoughFunds { actual, .. } if actual == MicroStx::new(0))
    );
    bench.ledger().try_out(&first).unwrap();
    assert_eq!(bench.nonce(&bench.alice.principal), 0);
    bench.submit(&first);
    bench.ledger().try_out(&second).unwrap();
}
