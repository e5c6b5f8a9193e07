//! Blocks, how they are chained, and proofs of their transactions.

use mrms_node::chain::{
    BlockHash, BlockHeight, ProofError, Receipt, SourceHash, Status, TransactionProof, TxId,
};

use crate::support::{Bench, COUNTER, GENESIS, uint};

/// A ledger with a block of three transactions on top of a deploy.
fn bench_with_a_full_block() -> (Bench, Vec<TxId>) {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let batch: Vec<Vec<u8>> =
        [1, 0, 2].map(|number| bench.bob.call(&counter, "add", &[uint(number)])).to_vec();
    let included: Vec<_> =
        bench.ledger().submit_all(&batch).into_iter().map(|result| result.unwrap()).collect();
    (bench, included.iter().map(|included| included.txid).collect())
}

fn proof(bench: &Bench, txid: &TxId) -> TransactionProof {
    let txid = *txid;
    bench.read(move |snapshot| snapshot.transaction_proof(&txid)).unwrap()
}

#[test]
fn proof_of_an_unknown_transaction_is_not_given() {
    let bench = Bench::new();
    let proof = bench.read(|snapshot| snapshot.transaction_proof(&TxId::new([1; 32])));
    assert_eq!(proof, None);
}

#[test]
fn proof_with_anything_changed_is_refused() {
    let (bench, txids) = bench_with_a_full_block();
    let node_key = bench.ledger().identity().node_key;
    let good = proof(&bench, &txids[1]);
    assert!(good.verify(&node_key).is_ok());

    let other_key =
        mrms_node::chain::wire::SigningKey::from_bytes([9; 32]).unwrap().public_key().unwrap();
    assert!(matches!(good.verify(&other_key), Err(ProofError::Block { .. })));

    let mut changed = good.clone();
    changed.header.time = mrms_node::chain::UnixTime::new(GENESIS + 1);
    assert!(matches!(changed.verify(&node_key), Err(ProofError::Block { .. })));

    let mut changed = good.clone();
    changed.raw = proof(&bench, &txids[0]).raw;
    assert_eq!(changed.verify(&node_key), Err(ProofError::Transaction));

    // The refusal turned into a success.
    let mut changed = good.clone();
    let receipt = Receipt { status: Status::Success, ..Receipt::decode(&good.receipt).unwrap() };
    changed.receipt = receipt.encode();
    assert_eq!(changed.verify(&node_key), Err(ProofError::Receipt));

    // Another transaction's receipt, with its own good path.
    let other = proof(&bench, &txids[0]);
    let mut changed = good;
    (changed.receipt, changed.receipt_path) = (other.receipt, other.receipt_path);
    assert_eq!(changed.verify(&node_key), Err(ProofError::Receipt));
}

#[test]
fn every_transaction_of_a_block_is_proved_with_its_receipt() {
    let (bench, txids) = bench_with_a_full_block();
    let node_key = bench.ledger().identity().node_key;
    let statuses = [Status::Success, Status::AbortByResponse, Status::Success];
    for (txid, status) in txids.iter().zip(statuses) {
        let proved = proof(&bench, txid).verify(&node_key).unwrap();
        let stored = bench.transaction(txid).unwrap();
        assert_eq!(proved, (*txid, stored.included.receipt));
        assert_eq!(proved.1.status, status);
    }
}

#[test]
fn blocks_are_chained_signed_and_found_by_hash() {
    let (bench, txids) = bench_with_a_full_block();
    let identity = bench.ledger().identity().clone();
    let tip = bench.tip();
    let mut parent = BlockHash::new([0; 32]);
    for height in 0..=tip.height.get() {
        let block = bench.block(BlockHeight::new(height)).unwrap();
        assert_eq!(block.header.parent, parent);
        assert_eq!(block.header.hash(), block.hash);
        assert_eq!(block.header.transactions as usize, block.transactions.len());
        block.header.verify_signature(&identity.node_key, &block.signature).unwrap();
        let hash = block.hash;
        let found = bench.read(move |snapshot| snapshot.block_by_hash(&hash));
        assert_eq!(found, Some(block.clone()));
        parent = block.hash;
    }
    assert_eq!(parent, tip.hash);
    let included = bench.transaction(&txids[2]).unwrap().included;
    assert_eq!(
        bench.block(included.height).unwrap().transactions[included.position as usize],
        txids[2]
    );
    assert_eq!(bench.block(BlockHeight::new(tip.height.get() + 1)), None);
    let missing = bench.read(|snapshot| snapshot.block_by_hash(&BlockHash::new([7; 32])));
    assert_eq!(missing, None);
}

#[test]
fn nothing_to_include_makes_no_block() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    bench.alice.nonce = 9;
    let early = bench.alice.transfer(&bob, 1);
    assert!(bench.ledger().submit(&early).is_err());
    assert_eq!(bench.tip().height.get(), 0);
}

#[test]
fn two_ledgers_have_two_names() {
    let (one, other) = (Bench::new(), Bench::new());
    assert_ne!(one.ledger().identity().genesis, other.ledger().identity().genesis);
}

#[test]
fn pins_of_the_settings_are_recorded_once() {
    let mut bench = Bench::with(|settings| settings.pinned = vec![SourceHash::of("a")]);
    assert_eq!(bench.tip().height.get(), 0);
    bench.settings.pinned.push(SourceHash::of(COUNTER));
    bench.restart();
    assert_eq!(bench.tip().height.get(), 1);
    bench.restart();
    assert_eq!(bench.tip().height.get(), 1);
}
