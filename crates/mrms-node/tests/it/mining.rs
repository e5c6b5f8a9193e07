//! Mining at intervals and on request: waiting transactions are pending, and one block includes them all.

use std::time::Duration;

use mrms_node::chain::fsck;
use mrms_node::control::{Command, ControlSettings, Done, MiningText, Rights, ask};
use mrms_node::rpc::Mining;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::rpc_server::{Served, eventually};
use crate::support::{Actor, Bench, COUNTER, uint};

/// A node with a control socket that allows everything.
struct Controlled {
    served: Served,
    place: TempDir,
}

impl Controlled {
    fn new(bench: &Bench, mining: Mining) -> Self {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("node.sock");
        let served = Served::with(bench.ledger(), |settings| {
            settings.mining = mining;
            settings.control = Some(ControlSettings { path, rights: Rights::Everything });
        });
        Self { served, place }
    }

    fn ask(&self, command: &Command) -> Done {
        ask(&self.place.path().join("node.sock"), command).unwrap()
    }

    fn mine(&self) -> Done {
        self.ask(&Command::Mine {})
    }

    fn status(&self, transaction: &[u8]) -> Value {
        let txid = mrms_node::chain::wire::Transaction::decode(transaction).unwrap().txid();
        let answer = self.served.get(&format!("/extended/v1/tx/{txid}"));
        if answer.status == 404 { json!("unknown") } else { answer.json()["tx_status"].clone() }
    }
}

#[test]
fn node_with_manual_mining_refuses_at_once_what_no_block_would_include() {
    let mut bench = Bench::new();
    let node = Controlled::new(&bench, Mining::Manual);
    let bob = bench.bob.principal.clone();
    let mut poor = Actor::new(9);
    assert_eq!(node.served.refusal(&poor.transfer(&bob, 1)).0, "NotEnoughFunds");
    let nowhere = bench.alice.contract("nowhere");
    let call = bench.alice.call(&nowhere, "add", &[uint(1)]);
    assert_eq!(node.served.refusal(&call).0, "NoSuchContract");
    bench.alice.nonce = 27;
    let far = bench.alice.transfer(&bob, 1);
    assert_eq!(node.served.refusal(&far).0, "TooMuchChaining");
    assert_eq!(node.mine().transactions, Some(0));
}

#[test]
fn with_manual_mining_all_transactions_are_pending_until_a_block_is_requested() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let node = Controlled::new(&bench, Mining::Manual);
    let transactions: Vec<_> =
        (0..3).map(|_| bench.bob.call(&counter, "add", &[uint(1)])).collect();
    // In the wrong order, which the mempool accepts.
    for transaction in transactions.iter().rev() {
        assert_eq!(node.served.submit(transaction).status, 200);
        assert_eq!(node.served.submit(transaction).status, 200);
        assert_eq!(node.status(transaction), "pending");
    }
    let nonces = format!("/extended/v1/address/{}/nonces", bench.bob.principal);
    let seen = node.served.get(&nonces).json();
    assert_eq!(
        (&seen["possible_next_nonce"], &seen["detected_mempool_nonces"]),
        (&json!(3), &json!([0, 1, 2]))
    );
    assert_eq!(bench.tip().height.get(), 1);
    assert_eq!(bench.nonce(&bench.bob.principal), 0);

    let done = node.mine();
    assert_eq!((done.block_height, done.transactions), (2, Some(3)));
    for transaction in &transactions {
        assert_eq!(node.status(transaction), "success");
        assert_eq!(node.served.submit(transaction).status, 200);
    }
    assert_eq!(node.served.get("/v2/info").header("x-canonical-stacks-tip-height"), Some("2"));
    let done = node.mine();
    assert_eq!((done.block_height, done.transactions), (3, Some(0)));
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(3));
    drop(node);
    assert_eq!(fsck(bench.folder.path(), &bench.settings.pinned).unwrap().height.get(), 3);
}

#[test]
fn second_transaction_for_a_nonce_must_pay_more_while_the_first_waits() {
    let mut bench = Bench::new();
    let node = Controlled::new(&bench, Mining::Manual);
    let bob = bench.bob.principal.clone();
    let first = bench.alice.transfer(&bob, 1);
    assert_eq!(node.served.submit(&first).status, 200);
    bench.alice.nonce = 0;
    let same_fee = bench.alice.transfer(&bob, 2);
    assert_eq!(node.served.refusal(&same_fee).0, "ConflictingNonceInMempool");
    node.mine();
    assert_eq!(node.status(&first), "success");
    assert_eq!(node.served.refusal(&same_fee).0, "BadNonce");
}

#[test]
fn transaction_that_became_impossible_is_dropped_when_the_block_is_made() {
    let mut bench = Bench::new();
    let node = Controlled::new(&bench, Mining::Manual);
    let bob = bench.bob.principal.clone();
    let all = u64::try_from(crate::support::RICH).unwrap() - 1_000;
    let (first, second) = (bench.alice.transfer(&bob, all), bench.alice.transfer(&bob, all));
    assert_eq!(node.served.submit(&first).status, 200);
    assert_eq!(node.served.submit(&second).status, 200);
    assert_eq!(node.mine().transactions, Some(1));
    assert_eq!(node.status(&second), "dropped_problematic");
}

#[test]
fn node_that_mines_at_intervals_includes_all_waiting_transactions_and_makes_no_empty_blocks() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let node = Controlled::new(&bench, Mining::Every(Duration::from_millis(400)));
    let transactions: Vec<_> =
        (0..5).map(|_| bench.bob.call(&counter, "add", &[uint(1)])).collect();
    for transaction in &transactions {
        assert_eq!(node.served.submit(transaction).status, 200);
    }
    eventually("all are in blocks", || bench.nonce(&bench.bob.principal) == 5);
    let height = bench.tip().height.get();
    assert!((2..=4).contains(&height), "{height}");
    std::thread::sleep(Duration::from_millis(900));
    assert_eq!(bench.tip().height.get(), height);
}

#[test]
fn change_to_automatic_mining_includes_the_waiting_transactions() {
    let mut bench = Bench::new();
    let node = Controlled::new(&bench, Mining::Manual);
    let bob = bench.bob.principal.clone();
    let first = bench.alice.transfer(&bob, 1);
    assert_eq!(node.served.submit(&first).status, 200);
    node.ask(&Command::Mining { mode: MiningText::Auto });
    assert_eq!(node.status(&first), "success");
    let second = bench.alice.transfer(&bob, 1);
    assert_eq!(node.served.submit(&second).status, 200);
    assert_eq!(node.status(&second), "success");
    node.ask(&Command::Mining { mode: MiningText::EveryMilliseconds(60_000) });
    let third = bench.alice.transfer(&bob, 1);
    assert_eq!(node.served.submit(&third).status, 200);
    assert_eq!(node.status(&third), "pending");
}
