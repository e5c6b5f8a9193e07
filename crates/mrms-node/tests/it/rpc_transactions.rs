//! Transactions over HTTP: the exact refusals, the mempool, concurrent submitters.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use mrms_node::chain::wire::{Authorization, Transaction};
use mrms_node::chain::{Clock, Status, TxId, UnixTime};
use serde_json::{Value, json};

use crate::rpc_server::{Served, TIMEOUT};
use crate::support::{Actor, Bench, COUNTER, RICH, call, condition, transfer, uint};

fn txid(transaction: &[u8]) -> TxId {
    Transaction::decode(transaction).unwrap().txid()
}

fn bare(transaction: &[u8]) -> String {
    txid(transaction).to_string()[2..].to_owned()
}

fn status(served: &Served, transaction: &[u8]) -> Value {
    let answer = served.get(&format!("/extended/v1/tx/{}", txid(transaction)));
    match answer.status {
        404 => json!("unknown"),
        _ => answer.json()["tx_status"].clone(),
    }
}

/// A transfer with a given nonce and fee.
fn transfer_for(actor: &Actor, recipient: &Actor, nonce: u64, fee: u64) -> Vec<u8> {
    let mut transaction = actor.unsigned(transfer(&recipient.principal, 1));
    transaction.authorization = Authorization::Standard { origin: condition(nonce, fee) };
    transaction.sign_as_origin(&actor.key).unwrap();
    transaction.encode()
}

/// A clock that can block the thread that makes blocks, which reads the clock for every block.
#[derive(Default)]
struct BlockingClock {
    is_blocking: Mutex<bool>,
    is_changed: Condvar,
    is_reached: AtomicBool,
}

impl BlockingClock {
    fn set_blocking(&self, is_blocking: bool) {
        *self.is_blocking.lock().unwrap() = is_blocking;
        self.is_changed.notify_all();
    }
}

impl Clock for BlockingClock {
    fn now(&self) -> UnixTime {
        if std::thread::current().name() == Some("ledger-writer") {
            let is_blocking = self.is_blocking.lock().unwrap();
            self.is_reached.store(*is_blocking, Ordering::Release);
            drop(self.is_changed.wait_while(is_blocking, |is_blocking| *is_blocking).unwrap());
        }
        UnixTime::new(1_700_000_000)
    }
}

#[test]
fn transaction_of_a_disconnected_client_and_those_that_wait_for_it_are_included() {
    let clock = Arc::new(BlockingClock::default());
    let same = Arc::clone(&clock);
    let bench = Bench::with(|settings| settings.clock = same);
    let served = Served::new(bench.ledger());
    let [closes, waits] = [0, 1].map(|nonce| transfer_for(&bench.bob, &bench.alice, nonce, 500));
    assert_eq!(served.submit(&waits).status, 200);
    clock.set_blocking(true);
    let head = format!(
        "POST /v2/transactions HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        closes.len()
    );
    let mut client = served.client();
    client.send(&[head.as_bytes(), &closes].concat());
    let within = |what: &str, is_so: &dyn Fn() -> bool| {
        let began = Instant::now();
        while !is_so() {
            assert!(began.elapsed() < TIMEOUT, "{what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    within("the writer has it", &|| clock.is_reached.load(Ordering::Acquire));
    drop(client);
    // Time for the server to notice that the client has disconnected.
    std::thread::sleep(Duration::from_millis(50));
    clock.set_blocking(false);
    let nonce = || bench.nonce(&bench.bob.principal);
    within("both are included", &|| nonce() == 2);
}

#[test]
fn bytes_that_are_not_a_transaction_are_refused_in_plain_text() {
    let bench = Bench::new();
    let served = Served::new(bench.ledger());
    let post =
        |kind: &str, body: &[u8]| served.client().request("POST", "/v2/transactions", kind, body);
    for (kind, body) in [
        ("application/octet-stream", &b"hello"[..]),
        ("application/octet-stream", b""),
        ("application/json", b"{\"tx\":\"zz\"}"),
        ("application/json", b"{\"tx\":\"8080\"}"),
        ("application/json", b"[]"),
        ("text/plain", b"8080"),
        ("", b"8080"),
    ] {
        let answer = post(kind, body);
        assert_eq!(answer.status, 400, "{kind}");
        assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
        assert!(!answer.body.is_empty());
    }
    assert_eq!(bench.tip().height.get(), 0);
}

#[test]
fn refusals_have_the_reasons_and_the_data_of_a_stacks_node() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let served = Served::new(bench.ledger());
    let alice = bench.alice.principal.clone();

    let used = transfer_for(&bench.alice, &bench.bob, 0, 500);
    let data =
        json!({"expected": 1, "actual": 0, "principal": alice.to_string(), "is_origin": true});
    assert_eq!(served.refusal(&used), ("BadNonce".to_owned(), data));

    let cheap = transfer_for(&bench.bob, &bench.alice, 0, 3);
    let data = json!({"expected": cheap.len(), "actual": 3});
    assert_eq!(served.refusal(&cheap), ("FeeTooLow".to_owned(), data));

    let dear = bench.bob.unsigned(transfer(&alice, u64::try_from(RICH).unwrap()));
    let dear = bench.bob.finish(dear);
    bench.bob.nonce = 0;
    let (reason, data) = served.refusal(&dear);
    assert_eq!(reason, "NotEnoughFunds");
    assert_eq!(data["expected"], format!("{:#034x}", RICH + dear.len() as u128));
    assert_eq!(data["actual"], format!("{RICH:#034x}"));

    let mut forged = Transaction::decode(&transfer_for(&bench.bob, &bench.alice, 0, 500)).unwrap();
    forged.payload = transfer(&alice, 1_000);
    let (reason, data) = served.refusal(&forged.encode());
    assert_eq!(reason, "SignatureValidation");
    assert!(data["message"].as_str().unwrap().contains("another key"));

    let nowhere = bench.alice.contract("nowhere");
    let mut bob_calls = |contract, function: &str, arguments: &[Vec<u8>]| {
        bench.bob.nonce = 0;
        let payload = call(contract, function, arguments);
        bench.bob.sign(payload)
    };
    let refused = served.refusal(&bob_calls(&nowhere, "add", &[uint(1)]));
    assert_eq!(refused, ("NoSuchContract".to_owned(), Value::Null));
    let refused = served.refusal(&bob_calls(&counter, "bump", &[uint(1)]));
    assert_eq!(refused, ("NoSuchPublicFunction".to_owned(), Value::Null));
    let (reason, data) = served.refusal(&bob_calls(&counter, "add", &[vec![3]]));
    assert_eq!(reason, "BadFunctionArgument");
    assert!(!data["message"].as_str().unwrap().is_empty());

    let again = bench.alice.deploy("counter", COUNTER);
    let data = json!({"contract_identifier": counter.to_string()});
    assert_eq!(served.refusal(&again), ("ContractAlreadyExists".to_owned(), data));

    let mut mainnet = bench.bob.unsigned(transfer(&alice, 1));
    mainnet.version = mrms_node::chain::wire::TransactionVersion::Mainnet;
    let refused = served.refusal(&bench.bob.finish(mainnet));
    assert_eq!(refused, ("BadTransactionVersion".to_owned(), Value::Null));

    assert_eq!(bench.tip().height.get(), 1);
}

#[test]
fn transaction_is_durable_when_it_is_answered_and_can_be_sent_again() {
    let mut bench = Bench::new();
    let served = Served::new(bench.ledger());
    let bob = bench.bob.principal.clone();
    let transaction = bench.alice.transfer(&bob, 7);
    let answer = served.submit(&transaction);
    assert_eq!((answer.status, answer.json()), (200, json!(bare(&transaction))));
    assert_eq!(answer.header("x-canonical-stacks-tip-height"), Some("1"));
    let stored = bench.transaction(&txid(&transaction)).unwrap();
    assert_eq!(stored.included.receipt.status, Status::Success);

    let body = json!({"tx": format!("0x{}", hex::encode(&transaction)), "attachment": "00"});
    let again = served.post_json("/v2/transactions", &body);
    assert_eq!((again.status, again.json()), (200, json!(bare(&transaction))));
    assert_eq!(bench.tip().height.get(), 1);
}

#[test]
fn nonce_too_far_ahead_is_refused_with_the_highest_allowed_one() {
    let bench = Bench::new();
    let served = Served::new(bench.ledger());
    let far = transfer_for(&bench.alice, &bench.bob, 27, 500);
    let (reason, data) = served.refusal(&far);
    assert_eq!(reason, "TooMuchChaining");
    assert_eq!((&data["expected"], &data["actual"]), (&json!(26), &json!(27)));
    assert_eq!(data["principal"], bench.alice.principal.to_string());
    assert_eq!(data["is_origin"], true);
    assert_eq!(served.submit(&transfer_for(&bench.alice, &bench.bob, 26, 500)).status, 200);
}

#[test]
fn transaction_of_an_account_that_cannot_pay_the_fee_does_not_enter_the_mempool() {
    let bench = Bench::new();
    let served = Served::new(bench.ledger());
    let poor = Actor::new(9);
    let (reason, _) = served.refusal(&transfer_for(&poor, &bench.bob, 3, 500));
    assert_eq!(reason, "NotEnoughFunds");
    assert_eq!(
        served.get(&format!("/extended/v1/address/{}/nonces", poor.principal)).json()["detected_mempool_nonces"],
        json!([])
    );
}

#[test]
fn second_transaction_for_a_waiting_nonce_must_pay_more() {
    let bench = Bench::new();
    let served = Served::new(bench.ledger());
    let first = transfer_for(&bench.alice, &bench.bob, 2, 500);
    assert_eq!(served.submit(&first).status, 200);
    assert_eq!(served.submit(&first).status, 200);
    let mut other = Transaction::decode(&first).unwrap();
    other.payload = transfer(&bench.bob.principal, 2);
    other.authorization = Authorization::Standard { origin: condition(2, 500) };
    other.sign_as_origin(&bench.alice.key).unwrap();
    let refused = served.refusal(&other.encode());
    assert_eq!(refused, ("ConflictingNonceInMempool".to_owned(), Value::Null));

    let dearer = transfer_for(&bench.alice, &bench.bob, 2, 501);
    assert_eq!(served.submit(&dearer).status, 200);
    assert_eq!(status(&served, &first), "dropped_replace_by_fee");
    assert_eq!(status(&served, &dearer), "pending");
}

#[test]
fn transactions_in_the_wrong_order_wait_and_are_included_in_the_right_order() {
    let bench = Bench::new();
    let served = Served::new(bench.ledger());
    let transactions: Vec<Vec<u8>> =
        (0..4).map(|nonce| transfer_for(&bench.alice, &bench.bob, nonce, 500)).collect();
    for transaction in transactions[1..].iter().rev() {
        assert_eq!(served.submit(transaction).json(), bare(transaction));
        assert_eq!(status(&served, transaction), "pending");
    }
    let unconfirmed = format!("/v2/transactions/unconfirmed/{}", bare(&transactions[1]));
    let found = served.get(&unconfirmed).json();
    assert_eq!(found, json!({"tx": hex::encode(&transactions[1]), "status": "Mempool"}));
    let nonces = format!("/extended/v1/address/{}/nonces", bench.alice.principal);
    let expected = json!({
        "last_mempool_tx_nonce": 3,
        "last_executed_tx_nonce": null,
        "possible_next_nonce": 4,
        "detected_missing_nonces": [0],
        "detected_mempool_nonces": [1, 2, 3],
    });
    assert_eq!(served.get(&nonces).json(), expected);
    let waiting = |who: String| {
        let path = format!("/extended/v1/tx/mempool?sender_address={who}");
        served.get(&path).json()["total"].clone()
    };
    let [alice, bob] = [&bench.alice, &bench.bob].map(|one| one.principal.to_string());
    assert_eq!((waiting(alice), waiting(bob)), (json!(3), json!(0)));

    assert_eq!(served.submit(&transactions[0]).status, 200);
    // The waiting transactions are included before the first one is answered.
    for transaction in &transactions {
        assert_eq!(status(&served, transaction), "success");
    }
    assert_eq!(served.get(&unconfirmed).status, 404);
    assert_eq!(served.get(&nonces).json()["possible_next_nonce"], 4);
    assert_eq!(bench.nonce(&bench.alice.principal), 4);
}

#[test]
fn waiting_transaction_that_is_refused_later_is_reported_as_dropped() {
    let mut bench = Bench::new();
    let served = Served::new(bench.ledger());
    let bob = bench.bob.principal.clone();
    let rest = u64::try_from(RICH).unwrap() - 1_000;
    bench.alice.nonce = 1;
    let too_much = bench.alice.transfer(&bob, rest);
    assert_eq!(served.submit(&too_much).status, 200);
    bench.alice.nonce = 0;
    let first = bench.alice.transfer(&bob, 5_000);
    assert_eq!(served.submit(&first).status, 200);
    assert_eq!(status(&served, &first), "success");
    assert_eq!(status(&served, &too_much), "dropped_problematic");
    assert_eq!(bench.nonce(&bench.alice.principal), 1);
}

#[test]
fn sixteen_submitters_share_blocks_and_every_answer_is_on_the_chain() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let mut actors: Vec<Actor> = (10..26).map(Actor::new).collect();
    for actor in &actors {
        let funding = bench.alice.transfer(&actor.principal, 100_000_000);
        bench.submit(&funding);
    }
    let before = bench.tip().height.get();
    let served = Served::new(bench.ledger());
    const EACH: u64 = 20;
    let answered: Vec<(Vec<u8>, String)> = std::thread::scope(|scope| {
        let workers: Vec<_> = actors
            .iter_mut()
            .map(|actor| {
                let mut client = served.client();
                let counter = counter.clone();
                scope.spawn(move || {
                    let mut answered = Vec::new();
                    for _ in 0..EACH {
                        let transaction = actor.call(&counter, "add", &[uint(1)]);
                        let answer = client.submit(&transaction);
                        assert_eq!(answer.status, 200, "{}", answer.text());
                        answered.push((transaction, answer.json().as_str().unwrap().to_owned()));
                    }
                    answered
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let total = actors.len() as u64 * EACH;
    assert_eq!(answered.len() as u64, total);
    let different: HashSet<&String> = answered.iter().map(|(_, txid)| txid).collect();
    assert_eq!(different.len() as u64, total);
    for (transaction, id) in &answered {
        assert_eq!(&bare(transaction), id);
        let stored = bench.transaction(&txid(transaction)).unwrap();
        assert_eq!(stored.included.receipt.status, Status::Success);
    }
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(total.into()));
    let blocks = u64::from(bench.tip().height.get() - before);
    assert!(blocks < total, "{blocks} blocks for {total} transactions");
}
