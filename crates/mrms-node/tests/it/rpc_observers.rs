//! Observers get a message about each block, in order, repeated until they accept it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use mrms_node::chain::wire::{Authorization, Transaction};
use serde_json::{Value, json};

use crate::rpc_server::{Served, TIMEOUT};
use crate::support::{Bench, COUNTER, GENESIS, condition, uint};

/// Starts an observer that answers the first message with a failure and the others with success. Returns its
/// address and the messages.
pub(crate) fn observer() -> (String, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (heard, messages) = channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut first, mut length) = (String::new(), 0);
            stream.read_line(&mut first).unwrap();
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                let line = line.trim().to_ascii_lowercase();
                if line.is_empty() {
                    break;
                }
                if let Some(text) = line.strip_prefix("content-length: ") {
                    length = text.parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let status = if number == 0 { "500 Broken" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            if heard.send((first, serde_json::from_slice(&body).unwrap())).is_err() {
                return;
            }
        }
    });
    (url, messages)
}

/// The next message about a block.
pub(crate) fn next_block(messages: &Receiver<(String, Value)>) -> Value {
    loop {
        let (line, body) = messages.recv_timeout(TIMEOUT).unwrap();
        if line.starts_with("POST /new_block ") {
            return body;
        }
    }
}

#[test]
fn every_block_is_sent_in_order_and_again_after_a_failure() {
    let mut bench = Bench::new();
    let (url, messages) = observer();
    let served = Served::with(bench.ledger(), |settings| {
        settings.observers = vec![url.parse().unwrap()];
    });
    let deploy = bench.alice.deploy("counter", COUNTER);
    let counter = bench.alice.contract("counter");
    assert_eq!(served.submit(&deploy).status, 200);
    let add = bench.bob.call(&counter, "add", &[uint(5)]);
    assert_eq!(served.submit(&add).status, 200);
    let refused = bench.bob.call(&counter, "add", &[uint(0)]);
    assert_eq!(served.submit(&refused).status, 200);

    let next = || messages.recv_timeout(TIMEOUT).unwrap();
    let (line, failed) = next();
    assert_eq!(line.trim(), "POST /new_burn_block HTTP/1.1");
    let (_, burn_block) = next();
    assert_eq!(failed, burn_block);
    let (line, first) = next();
    assert_eq!(line.trim(), "POST /new_block HTTP/1.1");
    assert_eq!(first["burn_block_hash"], burn_block["burn_block_hash"]);
    assert_eq!(first["consensus_hash"], burn_block["consensus_hash"]);
    assert_eq!(first["burn_block_height"], burn_block["burn_block_height"]);
    assert_eq!(first["signer_signature_hash"], first["block_hash"]);
    assert_eq!(first["miner_signature"].as_str().unwrap().len(), 2 + 130);
    assert_eq!(first["block_height"], 1);
    assert_eq!(first["transactions"][0]["raw_tx"], format!("0x{}", hex::encode(&deploy)));
    assert_eq!(first["transactions"][0]["status"], "success");
    let functions = first["transactions"][0]["contract_interface"]["functions"].as_array();
    assert!(!functions.unwrap().is_empty());

    let second = next_block(&messages);
    assert_eq!(second["block_height"], 2);
    assert_eq!(second["parent_block_hash"], first["block_hash"]);
    assert_eq!(second["transactions"][0]["contract_interface"], Value::Null);
    let event = &second["events"][0];
    assert_eq!(event["type"], "contract_event");
    assert_eq!(event["committed"], true);
    assert_eq!(event["txid"], second["transactions"][0]["txid"]);
    assert_eq!(event["contract_event"]["contract_identifier"], counter.to_string());
    assert!(event["contract_event"]["raw_value"].as_str().unwrap().starts_with("0x0c"));

    let third = next_block(&messages);
    assert_eq!(third["transactions"][0]["vm_error"], Value::Null, "the contract answered");
    assert_eq!(third["transactions"][0]["status"], "abort_by_response");
    assert_eq!(third["events"], json!([]));
}

#[test]
fn messages_have_each_field_that_those_of_a_stacks_node_have() {
    let mut bench = Bench::new();
    bench.publish("counter", COUNTER);
    let (url, messages) = observer();
    let _served = Served::with(bench.ledger(), |settings| {
        settings.observers = vec![url.parse().unwrap()];
    });
    let _failed = messages.recv_timeout(TIMEOUT).unwrap();
    let (_, burn_block) = messages.recv_timeout(TIMEOUT).unwrap();
    let block = next_block(&messages);
    let fields = |object: &Value| -> Vec<String> {
        let mut names: Vec<_> = object.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let of_burn_block = [
        "burn_amount",
        "burn_block_hash",
        "burn_block_height",
        "reward_recipients",
        "reward_slot_holders",
    ];
    for name in of_burn_block {
        assert!(fields(&burn_block).iter().any(|field| field == name), "{name}: {burn_block}");
    }
    let of_block = [
        "anchored_cost",
        "block_hash",
        "block_height",
        "block_time",
        "burn_block_hash",
        "burn_block_height",
        "burn_block_time",
        "confirmed_microblocks_cost",
        "consensus_hash",
        "cycle_number",
        "events",
        "index_block_hash",
        "matured_miner_rewards",
        "miner_signature",
        "miner_txid",
        "parent_block_hash",
        "parent_burn_block_hash",
        "parent_burn_block_height",
        "parent_burn_block_timestamp",
        "parent_index_block_hash",
        "parent_microblock",
        "parent_microblock_sequence",
        "pox_v1_unlock_height",
        "pox_v2_unlock_height",
        "pox_v3_unlock_height",
        "pox_v4_unlock_height",
        "reward_set",
        "signer_bitvec",
        "signer_signature",
        "signer_signature_hash",
        "tenure_height",
        "transactions",
    ];
    assert_eq!(fields(&block), of_block);
    let of_transaction = [
        "burnchain_op",
        "contract_interface",
        "execution_cost",
        "microblock_hash",
        "microblock_parent_hash",
        "microblock_sequence",
        "raw_result",
        "raw_tx",
        "status",
        "tx_index",
        "txid",
        "vm_error",
    ];
    assert_eq!(fields(&block["transactions"][0]), of_transaction);
}

#[test]
fn block_that_was_not_made_through_the_rpc_is_sent_too() {
    let bench = Bench::new();
    let (url, messages) = observer();
    let served = Served::with(bench.ledger(), |settings| {
        settings.observers = vec![url.parse().unwrap()];
    });
    bench.ledger().advance(3).unwrap();
    let block = next_block(&messages);
    assert_eq!(block["block_height"], 1);
    assert_eq!(served.get("/v2/info").header("x-canonical-stacks-tip-height"), Some("1"));
}

#[test]
fn each_burn_block_has_a_hash_of_its_own_and_leads_on_from_the_one_before() {
    let bench = Bench::new();
    bench.ledger().advance(3).unwrap();
    let (url, messages) = observer();
    let _served = Served::with(bench.ledger(), |settings| {
        settings.observers = vec![url.parse().unwrap()];
    });
    let _failed = messages.recv_timeout(TIMEOUT).unwrap();
    let mut before: Option<Value> = None;
    for _ in 0..4 {
        let (line, burn_block) = messages.recv_timeout(TIMEOUT).unwrap();
        assert_eq!(line.trim(), "POST /new_burn_block HTTP/1.1");
        if let Some(before) = before {
            assert_eq!(burn_block["parent_burn_block_hash"], before["burn_block_hash"]);
            assert_ne!(burn_block["burn_block_hash"], before["burn_block_hash"]);
        }
        before = Some(burn_block);
    }
    let block = next_block(&messages);
    assert_eq!(block["burn_block_hash"], before.unwrap()["burn_block_hash"]);
    assert_ne!(block["parent_burn_block_hash"], block["burn_block_hash"]);
}

#[test]
fn observer_goes_on_where_it_was_over_a_restart_and_misses_nothing() {
    let mut bench = Bench::new();
    let cursors = tempfile::tempdir().unwrap();
    let (url, messages) = observer();
    let serve = |bench: &Bench| {
        Served::with(bench.ledger(), |settings| {
            settings.observers = vec![url.parse().unwrap()];
            settings.observer_cursors = Some(cursors.path().join("observers"));
        })
    };
    let counter = bench.publish("counter", COUNTER);
    let mut served = serve(&bench);
    let add = bench.bob.call(&counter, "add", &[uint(1)]);
    assert_eq!(served.submit(&add).status, 200);
    assert_eq!(next_block(&messages)["block_height"], 1);
    let last = next_block(&messages);
    assert_eq!(last["block_height"], 2);
    // The cursor is written after the observer's answer.
    let file = std::fs::read_dir(cursors.path().join("observers"));
    let is_kept = || {
        let mut files = std::fs::read_dir(cursors.path().join("observers")).unwrap();
        let path = files.next().unwrap().unwrap().path();
        let hash = last["block_hash"].as_str().unwrap();
        std::fs::read_to_string(path).unwrap().contains(hash)
    };
    assert!(file.is_ok());
    let began = std::time::Instant::now();
    while !is_kept() {
        assert!(began.elapsed() < TIMEOUT, "the cursor is not kept");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    served.stop();
    // Blocks while no observer is told.
    for number in [2, 3] {
        let add = bench.bob.call(&counter, "add", &[uint(number)]);
        bench.submit(&add);
    }
    let _served = serve(&bench);
    let third = next_block(&messages);
    assert_eq!(third["block_height"], 3);
    assert_eq!(third["parent_block_hash"], last["block_hash"]);
    assert_eq!(next_block(&messages)["block_height"], 4);
}

#[test]
fn funds_of_the_operator_are_minted_and_transferred_so_that_books_balance() {
    let bench = Bench::new();
    let account = bench.alice.principal.clone();
    bench.ledger().faucet(&account, mrms_node::chain::MicroStx::new(1_000)).unwrap();
    let (url, messages) = observer();
    let _served = Served::with(bench.ledger(), |settings| {
        settings.observers = vec![url.parse().unwrap()];
    });
    let block = next_block(&messages);
    let transaction = &block["transactions"][0];
    assert_eq!(
        (&transaction["raw_tx"], &transaction["status"]),
        (&json!("0x00"), &json!("success"))
    );
    let [minted, moved] = [0_usize, 1].map(|index| &block["events"][index]);
    for (index, event) in [minted, moved].into_iter().enumerate() {
        assert_eq!(event["txid"], transaction["txid"]);
        assert_eq!(event["event_index"], index);
    }
    // The supply grows by it, and nothing of it stays with the boot address.
    let (minted, moved) = (&minted["stx_mint_event"], &moved["stx_transfer_event"]);
    assert_eq!((&minted["amount"], &minted["recipient"]), (&json!("1000"), &moved["sender"]));
    assert_eq!(
        (&moved["amount"], &moved["recipient"]),
        (&json!("1000"), &json!(account.to_string()))
    );
}

#[test]
fn what_waits_and_what_is_dropped_is_told() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let (url, messages) = observer();
    let served = Served::with(bench.ledger(), |settings| {
        settings.observers = vec![url.parse().unwrap()];
    });
    assert_eq!(next_block(&messages)["block_height"], 1);
    let next = || messages.recv_timeout(TIMEOUT).unwrap();
    let waiting_nonce = bench.bob.nonce + 1;
    bench.bob.nonce = waiting_nonce;
    let early = bench.bob.call(&counter, "add", &[uint(1)]);
    // The node listens for it once it waits for new blocks.
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(served.submit(&early).status, 200);
    let (line, waiting) = next();
    assert_eq!(line.trim(), "POST /new_mempool_tx HTTP/1.1");
    assert_eq!(waiting, json!([format!("0x{}", hex::encode(&early))]));
    // Another with the same nonce, that pays more.
    bench.bob.nonce = waiting_nonce;
    let dearer = bench.bob.call(&counter, "add", &[uint(2)]);
    let mut dearer = Transaction::decode(&dearer).unwrap();
    dearer.authorization = Authorization::Standard { origin: condition(waiting_nonce, 90_000) };
    dearer.sign_as_origin(&bench.bob.key).unwrap();
    assert_eq!(served.submit(&dearer.encode()).status, 200);
    let (line, dropped) = next();
    assert_eq!(line.trim(), "POST /drop_mempool_tx HTTP/1.1");
    let earlier = Transaction::decode(&early).unwrap().txid().to_string();
    let expected = json!({
        "dropped_txids": [earlier],
        "reason": "ReplaceByFee",
        "new_txid": dearer.txid().to_string(),
    });
    assert_eq!(dropped, expected);
    let told = served.get(&format!("/extended/v1/tx/{earlier}")).json();
    assert_eq!(told["replaced_by_tx_id"], dearer.txid().to_string());
    assert_eq!(next().1, json!([format!("0x{}", hex::encode(dearer.encode()))]));
}

#[test]
fn blocks_of_one_burn_block_tell_one_time_of_it() {
    let mut bench = Bench::new();
    bench.clock.set(GENESIS + 5);
    let counter = bench.publish("counter", COUNTER);
    // A block five minutes later within the same burn block, and one in the next.
    for later in [300, 620] {
        bench.clock.set(GENESIS + later);
        let add = bench.bob.call(&counter, "add", &[uint(1)]);
        bench.submit(&add);
    }
    let (url, messages) = observer();
    let served = Served::with(bench.ledger(), |settings| {
        settings.observers = vec![url.parse().unwrap()];
    });
    let told = [(); 3].map(|()| next_block(&messages));
    let [first, second, third] = &told;
    assert_eq!(first["burn_block_hash"], second["burn_block_hash"]);
    assert_ne!(first["block_time"], second["block_time"]);
    assert_ne!(second["burn_block_hash"], third["burn_block_hash"]);
    assert_ne!(second["burn_block_time"], third["burn_block_time"]);
    assert_eq!(first["burn_block_time"], second["burn_block_time"]);
    assert_eq!(third["burn_block_time"], third["block_time"]);
    assert_eq!(third["parent_burn_block_timestamp"], second["burn_block_time"]);
    for block in &told {
        let path = format!("/extended/v2/blocks/{}", block["block_height"]);
        assert_eq!(served.get(&path).json()["burn_block_time"], block["burn_block_time"]);
        let txid = block["transactions"][0]["txid"].as_str().unwrap();
        let one = served.get(&format!("/extended/v1/tx/{txid}")).json();
        assert_eq!(one["burn_block_time"], block["burn_block_time"]);
        assert_eq!(one["parent_burn_block_time"], block["parent_burn_block_timestamp"]);
    }
}

#[test]
fn block_tells_what_its_transactions_cost_together() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let calls = [(); 2].map(|()| bench.bob.call(&counter, "add", &[uint(1)]));
    bench.ledger().mine(&calls).unwrap();
    let (url, messages) = observer();
    let _served = Served::with(bench.ledger(), |settings| {
        settings.observers = vec![url.parse().unwrap()];
    });
    next_block(&messages);
    let block = next_block(&messages);
    for name in ["read_count", "read_length", "runtime", "write_count", "write_length"] {
        let of = |number: usize| block["transactions"][number]["execution_cost"][name].as_u64();
        let total = of(0).unwrap() + of(1).unwrap();
        assert!(total > 0, "{name}: {block}");
        assert_eq!(block["anchored_cost"][name], total, "{name}");
    }
}
