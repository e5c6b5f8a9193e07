//! Contracts that are not pinned, over the RPC: questions and transactions of strangers hold up nobody else.

use std::time::{Duration, Instant};

use mrms_node::chain::{ContractId, SourceHash};
use mrms_node::rpc::Mining;
use serde_json::{Value, json};

use crate::foreign_code::FOLDS;
use crate::rpc_server::{Answer, Served, eventually};
use crate::support::{Bench, COUNTER, uint};

/// Longer than any short answer takes, on a machine with much else to do.
const LONGEST_WAIT: Duration = Duration::from_millis(1_000);

struct Ledgers {
    bench: Bench,
    counter: ContractId,
    folds: ContractId,
}

fn ledgers() -> Ledgers {
    let mut bench = Bench::with(|settings| settings.pinned = vec![SourceHash::of(COUNTER)]);
    let counter = bench.publish("counter", COUNTER);
    let folds = bench.publish("folds", FOLDS);
    Ledgers { bench, counter, folds }
}

fn path(contract: &ContractId, function: &str) -> String {
    format!("/v2/contracts/call-read/{}/{function}", contract.to_string().replace('.', "/"))
}

fn question(bench: &Bench, arguments: &[Vec<u8>]) -> Value {
    let arguments: Vec<String> =
        arguments.iter().map(|bytes| format!("0x{}", hex::encode(bytes))).collect();
    json!({ "sender": bench.alice.principal.to_string(), "arguments": arguments })
}

fn ask(served: &Served, bench: &Bench, contract: &ContractId, function: &str) -> Value {
    let answer = served.post_json(&path(contract, function), &question(bench, &[]));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[test]
fn call_that_the_vm_stops_is_answered_with_its_cause() {
    let Ledgers { bench, counter, folds } = ledgers();
    let served = Served::new(bench.ledger());
    let stopped = ask(&served, &bench, &folds, "divide");
    assert_eq!(stopped["okay"], false);
    assert!(stopped["cause"].as_str().unwrap().contains("DivisionByZero"), "{stopped}");
    assert_eq!(stopped.get("result"), None);
    // An error that the contract itself returns is a result.
    let refused = ask(&served, &bench, &folds, "refuse");
    assert_eq!(refused, json!({"okay": true, "result": format!("0x08{}", hex::encode(uint(7)))}));
    for (contract, function) in [(&folds, "few"), (&counter, "add"), (&counter, "divide")] {
        let answer = served.post_json(&path(contract, function), &question(&bench, &[uint(1)]));
        assert_eq!(answer.json(), json!({"okay": false, "cause": "NotReadOnly"}), "{function}");
    }
}

#[test]
fn everything_else_is_answered_while_a_heavy_function_is_read() {
    let Ledgers { bench, counter, folds } = ledgers();
    let served = Served::with(bench.ledger(), |settings| {
        settings.read_time = Duration::from_millis(1_500);
    });
    ask(&served, &bench, &counter, "get-count");
    let body = question(&bench, &[]);
    std::thread::scope(|scope| {
        let read = || scope.spawn(|| served.post_json(&path(&folds, "look"), &body));
        let reads: Vec<_> = (0..6).map(|_| read()).collect();
        std::thread::sleep(Duration::from_millis(100));
        let mut longest = Duration::ZERO;
        for _ in 0..3 {
            let began = Instant::now();
            assert_eq!(served.get("/v2/info").status, 200);
            assert_eq!(served.get("/v3/health").status, 200);
            assert_eq!(ask(&served, &bench, &counter, "get-count")["okay"], true);
            longest = longest.max(began.elapsed());
        }
        assert!(longest < LONGEST_WAIT, "{longest:?}");
        assert!(reads.iter().any(|read| !read.is_finished()));
        for read in reads {
            let answer = read.join().unwrap().json();
            assert_eq!(answer["okay"], false, "{answer}");
        }
    });
}

#[test]
fn read_ends_when_its_client_hangs_up() {
    let Ledgers { bench, folds, .. } = ledgers();
    let served =
        Served::with(bench.ledger(), |settings| settings.read_time = Duration::from_secs(60));
    let body = question(&bench, &[]).to_string();
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        path(&folds, "look"),
        body.len()
    );
    let mut clients = [served.client(), served.client()];
    for client in &mut clients {
        client.send(request.as_bytes());
    }
    std::thread::sleep(Duration::from_millis(100));
    drop(clients);
    let began = Instant::now();
    assert_eq!(ask(&served, &bench, &folds, "look-briefly")["okay"], true);
    assert!(began.elapsed() < LONGEST_WAIT, "{:?}", began.elapsed());
}

#[test]
fn node_stops_within_two_seconds_whatever_runs() {
    let Ledgers { mut bench, folds, .. } = ledgers();
    let mut served =
        Served::with(bench.ledger(), |settings| settings.read_time = Duration::from_secs(60));
    let body = question(&bench, &[]).to_string();
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        path(&folds, "look"),
        body.len()
    );
    let mut readers = [served.client(), served.client(), served.client()];
    for reader in &mut readers {
        reader.send(request.as_bytes());
    }
    let heavy = bench.bob.call(&folds, "all", &[uint(1)]);
    let (address, began) = (served.address, Instant::now());
    let write = std::thread::spawn(move || {
        crate::rpc_server::Client::connect(address).submit(&heavy).status
    });
    std::thread::sleep(Duration::from_millis(100));
    assert!(began.elapsed() < LONGEST_WAIT);
    let began = Instant::now();
    served.stop();
    drop(served);
    let Bench { ledger, .. } = &mut bench;
    drop(ledger.take());
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!([400, 503].contains(&write.join().unwrap()));
}

#[test]
fn transaction_that_takes_too_much_is_refused_and_then_refused_unrun() {
    let Ledgers { mut bench, folds, .. } = ledgers();
    let served = Served::new(bench.ledger());
    let heavy = bench.bob.call(&folds, "all", &[uint(1)]);
    let (reason, data) = served.refusal(&heavy);
    assert_eq!(reason, "ServerFailureOther");
    assert!(data["message"].as_str().unwrap().contains("limit"), "{data}");
    let began = Instant::now();
    let (reason, data) = served.refusal(&heavy);
    assert_eq!(reason, "TemporarilyBlacklisted");
    assert!(data["message"].as_str().unwrap().contains("refused before"), "{data}");
    assert!(began.elapsed() < LONGEST_WAIT, "{:?}", began.elapsed());
}

#[test]
fn transaction_that_takes_too_much_does_not_wait_for_a_block() {
    let Ledgers { mut bench, folds, .. } = ledgers();
    let served = Served::with(bench.ledger(), |settings| settings.mining = Mining::Manual);
    let heavy = bench.bob.call(&folds, "all", &[uint(1)]);
    assert_eq!(served.refusal(&heavy).0, "ServerFailureOther");
    assert_eq!(served.refusal(&heavy).0, "TemporarilyBlacklisted");
    let light = bench.alice.call(&folds, "few", &[uint(1)]);
    let answer: Answer = served.submit(&light);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn heavy_transactions_leave_turns_for_everybody_else() {
    let Ledgers { mut bench, counter, folds } = ledgers();
    let served = Served::with(bench.ledger(), |settings| {
        settings.writes = 1;
        settings.foreign_writes = 1;
    });
    // Only the next nonce has its turn; the others wait in the mempool for nobody.
    let heavy = bench.bob.call(&folds, "all", &[uint(1)]);
    let address = served.address;
    let attack = std::thread::spawn(move || {
        crate::rpc_server::Client::connect(address).submit(&heavy).status
    });
    std::thread::sleep(Duration::from_millis(20));
    let add = bench.alice.call(&counter, "add", &[uint(1)]);
    assert_eq!(served.submit(&add).status, 200);
    assert_eq!(attack.join().unwrap(), 400);
    eventually("a turn for foreign code", || {
        let few = bench.alice.call(&folds, "few", &[uint(1)]);
        served.submit(&few).status == 200
    });
}
