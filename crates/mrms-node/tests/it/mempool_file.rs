//! What waits for a block survives a kill: it waits again, or is in a block.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use mrms_node::chain::wire::Transaction;
use mrms_node::chain::{Ledger, Settings, TxId};
use mrms_node::rpc::{Mining, RpcSettings, Server, WaitingFileError};
use rusqlite::Connection;
use serde_json::json;

use crate::durability::child;
use crate::rpc_server::{Served, eventually};
use crate::support::{Actor, Bench, from_hex};

fn txid(raw: &[u8]) -> TxId {
    Transaction::decode(raw).unwrap().txid()
}

fn status(served: &Served, raw: &[u8]) -> String {
    let answer = served.get(&format!("/extended/v1/tx/{}", txid(raw)));
    match answer.status {
        200 => answer.json()["tx_status"].as_str().unwrap().to_owned(),
        status => status.to_string(),
    }
}

/// Another process serves the ledger, and is killed when it has answered this many transactions. Returns those.
fn answered_before_a_kill(folder: &Path, first_nonce: u64, count: usize) -> Vec<Vec<u8>> {
    let mut node = child(folder, &format!("wait from {first_nonce}")).spawn().unwrap();
    let lines = BufReader::new(node.stdout.take().unwrap()).lines();
    let told = lines.map_while(Result::ok);
    let mut told = told.filter_map(|line| line.strip_prefix("took ").map(from_hex));
    let mut answered: Vec<Vec<u8>> = told.by_ref().take(count).collect();
    node.kill().unwrap();
    node.wait().unwrap();
    // What was printed before the kill and not read yet was answered, too. A line that the kill cut in two was not.
    answered.extend(told.filter(|raw| Transaction::decode(raw).is_ok()));
    answered
}

fn opened(folder: &Path) -> Ledger {
    Ledger::open(folder, Settings::default()).unwrap()
}

#[test]
fn what_was_answered_and_waits_for_a_block_survives_a_kill() {
    for count in [1, 4, 12] {
        let folder = tempfile::tempdir().unwrap();
        let answered = answered_before_a_kill(folder.path(), 0, count);
        assert!(answered.len() >= count);
        let ledger = opened(folder.path());
        let served = Served::with(&ledger, |settings| settings.mining = Mining::Manual);
        for raw in &answered {
            assert_eq!(status(&served, raw), "pending");
            assert_eq!(served.submit(raw).status, 200, "it may be sent again");
        }
        drop(served);
        // With blocks at once, they are in one before anybody is answered.
        let served = Served::new(&ledger);
        for raw in &answered {
            assert_eq!(status(&served, raw), "success");
        }
    }
}

#[test]
fn what_waits_for_an_earlier_nonce_survives_a_kill_and_goes_on_when_that_comes() {
    let folder = tempfile::tempdir().unwrap();
    let answered = answered_before_a_kill(folder.path(), 1, 6);
    let ledger = opened(folder.path());
    let served = Served::new(&ledger);
    assert!(answered.iter().all(|raw| status(&served, raw) == "pending"));
    let first = Actor::new(1).transfer(&Actor::new(2).principal, 1);
    assert_eq!(served.submit(&first).status, 200);
    assert!(answered.iter().all(|raw| status(&served, raw) == "success"));
}

/// How many transactions the file has.
fn kept(folder: &Path) -> u32 {
    let file = Connection::open(folder.join("waiting.sqlite")).unwrap();
    file.query_row("SELECT count(*) FROM waiting", [], |row| row.get(0)).unwrap()
}

#[test]
fn what_waits_no_more_is_forgotten() {
    let mut bench = Bench::new();
    let folder = bench.folder.path().to_owned();
    let served = Served::new(bench.ledger());
    let bob = bench.bob.principal.clone();
    let first = bench.alice.transfer(&bob, 1);
    let second = bench.alice.transfer(&bob, 1);
    assert_eq!(served.submit(&second).status, 200);
    assert_eq!(kept(&folder), 1);
    // A dearer one takes its place.
    bench.alice.nonce = 1;
    let mut dearer = bench.alice.unsigned(crate::support::transfer(&bob, 2));
    dearer.authorization = mrms_node::chain::wire::Authorization::Standard {
        origin: crate::support::condition(1, 10_000),
    };
    dearer.sign_as_origin(&bench.alice.key).unwrap();
    assert_eq!(served.submit(&dearer.encode()).status, 200);
    eventually("the cheaper one is gone", || kept(&folder) == 1);
    drop(served);
    let served = Served::new(bench.ledger());
    // What was dropped before is unknown after a new start, and not pending.
    assert_eq!(status(&served, &second), "404");
    assert_eq!(status(&served, &dearer.encode()), "pending");
    assert_eq!(served.submit(&first).status, 200);
    assert_eq!(status(&served, &dearer.encode()), "success");
    eventually("nothing is kept", || kept(&folder) == 0);
}

#[test]
fn file_that_a_kill_left_with_what_is_in_a_block_is_put_right() {
    let mut bench = Bench::new();
    let folder = bench.folder.path().to_owned();
    let bob = bench.bob.principal.clone();
    drop(Served::new(bench.ledger()));
    let (first, second) = (bench.alice.transfer(&bob, 1), bench.alice.transfer(&bob, 1));
    bench.submit(&first);
    let file = Connection::open(folder.join("waiting.sqlite")).unwrap();
    for raw in [&first, &second, &vec![7; 40]] {
        let id =
            Transaction::decode(raw).map_or([7; 32], |transaction| *transaction.txid().as_bytes());
        let row = rusqlite::params![&id[..], raw, 1_u32];
        file.execute("INSERT INTO waiting (txid, raw, received) VALUES (?, ?, ?)", row).unwrap();
    }
    drop(file);
    let served = Served::with(bench.ledger(), |settings| {
        settings.mining = Mining::Manual;
        settings.mempool_timeout = std::time::Duration::from_secs(3_600);
    });
    assert_eq!(status(&served, &first), "success");
    // It waits since 1970.
    eventually("its time is over", || status(&served, &second) == "dropped_stale_garbage_collect");
    eventually("nothing is kept", || kept(&folder) == 0);
    let waiting = served.get("/extended/v1/tx/mempool").json();
    assert_eq!(waiting["total"], json!(0));
}

#[test]
fn other_file_in_its_place_keeps_the_node_from_starting_and_stays() {
    let bench = Bench::new();
    let path = bench.folder.path().join("waiting.sqlite");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    drop(other);
    let bytes = std::fs::read(&path).unwrap();
    let mut settings = RpcSettings::default();
    settings.listen.set_port(0);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let refused = runtime.block_on(Server::bind(bench.ledger().clone(), settings)).unwrap_err();
    let mrms_node::rpc::ServeError::Waiting { path: named, source } = refused else {
        panic!("{refused}")
    };
    assert_eq!(named, path);
    assert!(matches!(source, WaitingFileError::OtherFile), "{source}");
    assert_eq!(std::fs::read(&path).unwrap().len(), bytes.len());
}
