//! Proofs are read while the ledger is in use, and are checked without it.

use mrms_node::chain::{BlockHash, BlockHeight, GenesisError, OpenError, Proofs, TxId};

use crate::support::{Bench, COUNTER, uint};

#[test]
fn folder_without_a_ledger_has_no_proofs() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Proofs::open(folder.path()), Err(OpenError::Absent { .. })));
}

#[test]
fn altered_first_block_is_refused_with_the_cause() {
    let bench = Bench::new();
    let good = Proofs::open(bench.folder.path()).unwrap().genesis().unwrap();
    let mut later = good.clone();
    later.block.header.height = BlockHeight::new(1);
    assert_eq!(later.verify(), Err(GenesisError::NotFirst));
    let mut child = good.clone();
    child.block.header.parent = BlockHash::new([1; 32]);
    assert_eq!(child.verify(), Err(GenesisError::NotFirst));
    let mut other_key = good.clone();
    other_key.operations[0][5] ^= 1;
    assert_eq!(other_key.verify(), Err(GenesisError::Operations));
    let mut none = good.clone();
    none.operations.clear();
    assert_eq!(none.verify(), Err(GenesisError::Operations));
    let mut unsigned = good.clone();
    unsigned.block.header.chain_id ^= 1;
    assert!(matches!(unsigned.verify(), Err(GenesisError::Signature { .. })));
    for position in 0..65 {
        let mut signature = good.clone();
        signature.block.signature[position] ^= 1;
        assert!(signature.verify().is_err(), "byte {position} of the signature");
    }
}

#[test]
fn proofs_are_valid_under_the_key_of_the_first_block() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let included = bench.bob_calls(&counter, "add", &[uint(1)]);
    let proofs = Proofs::open(bench.folder.path()).unwrap();
    let genesis = proofs.genesis().unwrap().verify().unwrap();
    let identity = bench.ledger().identity();
    assert_eq!((genesis.hash, genesis.node_key), (identity.genesis, identity.node_key));
    assert_eq!(genesis.chain_id, identity.chain_id);
    let proof = proofs.transaction(&included.txid).unwrap().unwrap();
    let txid = included.txid;
    let same = bench.read(move |snapshot| snapshot.transaction_proof(&txid));
    assert_eq!(Some(&proof), same.as_ref());
    assert_eq!(proof.verify(&genesis.node_key).unwrap(), (included.txid, included.receipt));
    assert_eq!(proofs.transaction(&TxId::new([0; 32])).unwrap(), None);
    let deployed = proofs.deployment(&counter).unwrap().unwrap();
    let (_, receipt) = deployed.verify(&genesis.node_key).unwrap();
    assert_eq!(receipt.status.as_str(), "success");
    assert_eq!(proofs.deployment(&bench.alice.contract("other")).unwrap(), None);
    let tip = proofs.tip().unwrap();
    tip.header.verify_signature(&genesis.node_key, &tip.signature).unwrap();
    assert_eq!(tip.header.hash(), bench.tip().hash);
}
