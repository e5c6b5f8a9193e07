//! Reads over HTTP: the answers, and the messages of a Stacks node for what does not exist.

use mrms_node::chain::wire::Authorization;
use mrms_node::chain::{ContractId, Proofs, TxId};
use serde_json::{Value, json};

use crate::rpc_server::Served;
use crate::support::{Actor, Bench, COUNTER, condition, principal, transfer, uint};

struct Place {
    served: Served,
    bench: Bench,
    counter: ContractId,
    /// `ADDRESS/counter`.
    path: String,
}

/// A served ledger with a counter at 7 and a failed call.
fn place() -> Place {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    bench.bob_calls(&counter, "add", &[uint(7)]);
    bench.bob_calls(&counter, "add", &[uint(0)]);
    let path = format!("{}/{}", counter.deployer(), counter.name());
    Place { served: Served::new(bench.ledger()), bench, counter, path }
}

fn hex_0x(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

impl Place {
    fn call(&self, function: &str, arguments: &[Vec<u8>]) -> Value {
        let arguments: Vec<String> = arguments.iter().map(|bytes| hex_0x(bytes)).collect();
        let body = json!({"sender": self.bench.bob.principal.to_string(), "arguments": arguments});
        let path = format!("/v2/contracts/call-read/{}/{function}", self.path);
        let answer = self.served.post_json(&path, &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

#[test]
fn read_only_call_that_fails_is_answered_with_its_cause() {
    let place = place();
    let failed = |cause: &str| json!({"okay": false, "cause": cause});
    assert_eq!(place.call("missing", &[]), failed("Unchecked(UndefinedFunction(\"missing\"))"));
    assert_eq!(place.call("add", &[uint(1)]), failed("NotReadOnly"));
    assert_eq!(place.call("get-count", &[uint(1)])["okay"], false);
    let body = json!({"sender": place.bench.bob.principal.to_string(), "arguments": []});
    let nowhere = place.path.replace("counter", "nowhere");
    let answer = place
        .served
        .post_json(&format!("/v2/contracts/call-read/{nowhere}/get-count"), &body)
        .json();
    assert_eq!(answer["okay"], false);
    assert!(answer["cause"].as_str().unwrap().contains("NoSuchContract"));
}

#[test]
fn read_only_call_that_cannot_be_read_is_refused() {
    let place = place();
    let path = format!("/v2/contracts/call-read/{}/get-count", place.path);
    let sender = place.bench.bob.principal.to_string();
    for body in [
        json!({"sender": "nobody", "arguments": []}),
        json!({"sender": sender, "arguments": ["zz"]}),
        json!({"sender": sender, "arguments": ["0x01"]}),
        json!({"arguments": []}),
        json!([]),
    ] {
        assert_eq!(place.served.post_json(&path, &body).status, 400, "{body}");
    }
}

#[test]
fn read_only_call_answers_in_consensus_bytes() {
    let place = place();
    let expected = json!({"okay": true, "result": hex_0x(&uint(7))});
    assert_eq!(place.call("get-count", &[]), expected);
    // A public function may be called as long as it writes nothing: this call returns an error before it
    // writes.
    let refused = json!({"okay": true, "result": format!("0x08{}", hex::encode(uint(100)))});
    assert_eq!(place.call("add", &[uint(0)]), refused);
}

#[test]
fn missing_map_entry_is_none_and_an_existing_one_is_some() {
    let place = place();
    let entry = |map: &str, key: &[u8]| {
        let path = format!("/v2/map_entry/{}/{map}?proof=0", place.path);
        place.served.post_json(&path, &json!(hex_0x(key))).json()
    };
    let (alice, bob) = (&place.bench.alice.principal, &place.bench.bob.principal);
    assert_eq!(entry("seen", &principal(alice)), json!({"data": "0x09"}));
    assert_eq!(entry("missing", &principal(alice)), json!({"data": "0x09"}));
    assert_eq!(entry("seen", &uint(1)), json!({"data": "0x09"}));
    let some = format!("0x0a{}", hex::encode(uint(7)));
    assert_eq!(entry("seen", &principal(bob)), json!({"data": some}));
    let path = format!("/v2/map_entry/{}/seen", place.path);
    assert_eq!(place.served.post_json(&path, &json!({"key": 1})).status, 400);
    assert_eq!(place.served.post_json(&path, &json!("0xzz")).status, 400);
}

#[test]
fn what_does_not_exist_is_answered_with_the_message_of_a_stacks_node() {
    let place = place();
    let nowhere = place.path.replace("counter", "nowhere");
    let none = "ab".repeat(32);
    for (path, words) in [
        (format!("/v2/data_var/{}/missing", place.path), "Data var not found".to_owned()),
        (format!("/v2/constant_val/{}/missing", place.path), "Constant not found".to_owned()),
        (
            format!("/v2/contracts/interface/{nowhere}"),
            "No contract interface data found".to_owned(),
        ),
        (format!("/v2/contracts/source/{nowhere}"), "No contract source data found".to_owned()),
        (format!("/v3/transaction/{none}"), format!("No such transaction {none}\n")),
        ("/v2/nothing".to_owned(), "No such API endpoint 'GET /v2/nothing'".to_owned()),
    ] {
        let answer = place.served.get(&path);
        assert_eq!((answer.status, answer.text()), (404, words));
    }
    let answer = place.served.get(&format!("/extended/v1/tx/{none}"));
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["message"], "could not find transaction by ID");
    assert_eq!(place.served.get("/v2/accounts/nobody").status, 400);
    assert_eq!(place.served.get("/v3/transaction/1234").status, 400);
}

#[test]
fn contract_is_shown_with_source_interface_variables_and_constants() {
    let place = place();
    let get = |path: &str| place.served.get(path).json();
    let source = get(&format!("/v2/contracts/source/{}", place.path));
    assert_eq!(source, json!({"source": COUNTER, "publish_height": 1}));
    let interface = get(&format!("/v2/contracts/interface/{}", place.path));
    assert_eq!(
        (&interface["epoch"], &interface["clarity_version"]),
        (&json!("Epoch25"), &json!("Clarity2"))
    );
    let names: Vec<&str> = interface["functions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|function| function["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"add") && names.contains(&"get-count"));
    let variable = get(&format!("/v2/data_var/{}/count?proof=0", place.path));
    assert_eq!(variable, json!({"data": hex_0x(&uint(7))}));
    let constant = get(&format!("/v2/constant_val/{}/STEP", place.path));
    assert_eq!(constant, json!({"data": hex_0x(&uint(1))}));
}

#[test]
fn contract_and_raw_transaction_have_the_format_of_the_hosted_api() {
    let mut place = place();
    let unknown = format!("/extended/v1/tx/0x{}/raw", "ab".repeat(32));
    assert_eq!(place.served.get(&unknown).status, 404);
    let nowhere = place.counter.to_string().replace("counter", "nowhere");
    assert_eq!(place.served.get(&format!("/extended/v1/contract/{nowhere}")).status, 404);
    assert_eq!(place.served.get("/extended/v1/contract/counter").status, 400);

    let record = place.bench.contract(&place.counter).unwrap();
    let shown = place.served.get(&format!("/extended/v1/contract/{}", place.counter)).json();
    let counter = place.counter.clone();
    let abi = place.bench.read(move |snapshot| snapshot.contract_interface(&counter));
    let txid = record.txid.unwrap();
    let expected = json!({
        "tx_id": txid.to_string(),
        "canonical": true,
        "contract_id": place.counter.to_string(),
        "block_height": 1,
        "clarity_version": 2,
        "source_code": COUNTER,
        "abi": abi,
    });
    assert_eq!(shown, expected);
    let stored = place.bench.transaction(&txid).unwrap();
    let raw = place.served.get(&format!("/extended/v1/tx/{txid}/raw")).json();
    assert_eq!(raw, json!({"raw_tx": hex_0x(&stored.raw)}));

    // A transaction in the mempool has bytes, too.
    place.bench.bob.nonce += 1;
    let waiting = place.bench.bob.call(&place.counter, "add", &[uint(1)]);
    assert_eq!(place.served.submit(&waiting).status, 200);
    let txid = mrms_node::chain::wire::Transaction::decode(&waiting).unwrap().txid();
    let raw = place.served.get(&format!("/extended/v1/tx/{txid}/raw")).json();
    assert_eq!(raw, json!({"raw_tx": hex_0x(&waiting)}));
}

#[test]
fn account_is_shown_with_amounts_in_hexadecimal() {
    let place = place();
    let bob = &place.bench.bob.principal;
    let balance = place.bench.balance(bob);
    let expected = json!({
        "balance": format!("{balance:#034x}"),
        "locked": "0x00000000000000000000000000000000",
        "unlock_height": 0,
        "nonce": 2,
    });
    assert_eq!(place.served.get(&format!("/v2/accounts/{bob}?proof=0")).json(), expected);
    let with_proof = place.served.get(&format!("/v2/accounts/{bob}")).json();
    assert_eq!(with_proof["nonce_proof"], "");
    let hosted = place.served.get(&format!("/extended/v2/addresses/{bob}/balances/stx")).json();
    assert_eq!(hosted["balance"], balance.to_string());
    let stranger = Actor::new(77).principal;
    assert_eq!(place.served.get(&format!("/v2/accounts/{stranger}")).json()["nonce"], 0);
}

#[test]
fn a_block_is_told_by_its_height_and_by_its_hash() {
    let place = place();
    let newest = place.served.get("/extended/v2/blocks/latest").json();
    assert_eq!((&newest["height"], &newest["canonical"]), (&json!(3), &json!(true)));
    assert_eq!(newest["burn_block_height"], 900_000);
    let info = place.served.get("/v2/info").json();
    let hash = newest["index_block_hash"].as_str().unwrap();
    assert_eq!(hash.trim_start_matches("0x"), info["stacks_tip"].as_str().unwrap());
    for name in ["3", hash] {
        assert_eq!(place.served.get(&format!("/extended/v2/blocks/{name}")).json(), newest);
    }
    let before = place.served.get("/extended/v2/blocks/2").json();
    assert_eq!(newest["parent_index_block_hash"], before["index_block_hash"]);
    for (name, status) in [("4", 404), ("4294967295", 404), ("nonsense", 400), ("-1", 400)] {
        let answer = place.served.get(&format!("/extended/v2/blocks/{name}"));
        assert_eq!(answer.status, status, "{name}");
    }
}

#[test]
fn network_info_has_the_chain_id_of_the_ledger() {
    let place = place();
    let info = place.served.get("/v2/info").json();
    assert_eq!(info["network_id"], 0x4d52_4d53);
    assert_eq!(info["stacks_tip_height"], 3);
    assert_eq!(info["burn_block_height"], 900_000);
    assert_eq!(place.served.get("/v3/health").json()["node_stacks_tip_height"], 3);
    assert_eq!(place.served.get("/extended").json()["status"], "ready");
    let pox = place.served.get("/v2/pox").json();
    assert_eq!(pox["current_cycle"]["is_pox_active"], false);
    assert_eq!(pox["next_reward_cycle_in"], 2_100);
}

#[test]
fn estimated_fee_is_the_floor_and_is_enough() {
    let place = place();
    let alice = &place.bench.alice;
    let mut transaction = alice.unsigned(transfer(&place.bench.bob.principal, 5));
    let bytes = transaction.encode();
    // The payload of a transfer: kind, recipient, amount, memo.
    let payload = &bytes[bytes.len() - (1 + 22 + 8 + 34)..];
    let estimate = |body: Value| place.served.post_json("/v2/fees/transaction", &body);
    assert_eq!(estimate(json!({"transaction_payload": "ff"})).status, 400);
    assert_eq!(estimate(json!({"transaction_payload": "zz"})).status, 400);
    let answer = estimate(json!({"transaction_payload": hex::encode(payload)})).json();
    let fee = answer["estimations"][1]["fee"].as_u64().unwrap();
    assert_eq!(fee, bytes.len() as u64);
    assert_eq!(answer["estimations"].as_array().unwrap().len(), 3);
    let longer = json!({"transaction_payload": hex::encode(payload), "estimated_len": 1_000});
    assert_eq!(estimate(longer).json()["estimations"][0]["fee"], 1_000);
    assert_eq!(place.served.get("/v2/fees/transfer").text(), "1");
    transaction.authorization = Authorization::Standard { origin: condition(alice.nonce, fee) };
    transaction.sign_as_origin(&alice.key).unwrap();
    assert_eq!(place.served.submit(&transaction.encode()).status, 200);
}

#[test]
fn transaction_is_shown_with_arguments_result_and_events() {
    let place = place();
    let listed = place
        .served
        .get(&format!("/extended/v1/address/{}/transactions", place.bench.bob.principal));
    let listed = listed.json();
    assert_eq!(
        (listed["total"].as_u64(), listed["results"].as_array().unwrap().len()),
        (Some(2), 2)
    );
    let failed = &listed["results"][0];
    assert_eq!(failed["tx_status"], "abort_by_response");
    assert_eq!(failed["tx_result"]["repr"], "(err u100)");
    let id = listed["results"][1]["tx_id"].as_str().unwrap();
    let shown = place.served.get(&format!("/extended/v1/tx/{id}")).json();
    assert_eq!(shown["tx_status"], "success");
    assert_eq!(shown["tx_type"], "contract_call");
    assert_eq!(shown["sender_address"], place.bench.bob.principal.to_string());
    let call = &shown["contract_call"];
    assert_eq!(call["function_signature"], "(define-public (add (n uint)))");
    let argument = json!({"hex": hex_0x(&uint(7)), "repr": "u7", "name": "n", "type": "uint"});
    assert_eq!(call["function_args"], json!([argument]));
    let event = &shown["events"][0];
    assert_eq!(event["event_type"], "smart_contract_log");
    assert_eq!(event["contract_log"]["value"]["repr"], "(tuple (n u7) (topic \"add\"))");
    let plain = TxId::parse(id).unwrap();
    let bare = hex::encode(plain.as_bytes());
    let node = place.served.get(&format!("/v3/transaction/{bare}")).json();
    assert_eq!(node["result"], "(ok u7)");
    assert_eq!(node["is_canonical"], true);
    assert_eq!(node["block_height"], 2);
}

#[test]
fn long_list_can_be_paged_to_its_end_without_a_gap() {
    let mut place = place();
    for number in 1..=12 {
        let bytes = place.bench.bob.call(&place.counter, "add", &[uint(number)]);
        place.bench.submit(&bytes);
    }
    for path in [
        format!("/extended/v1/contract/{}/events", place.counter),
        format!("/extended/v1/address/{}/transactions", place.bench.bob.principal),
    ] {
        let mut seen = Vec::new();
        let mut next = format!("{path}?limit=5");
        loop {
            let page = place.served.get(&next).json();
            for entry in page["results"].as_array().unwrap() {
                seen.push(entry["tx_id"].as_str().unwrap().to_owned());
            }
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("{path}?limit=5&cursor={cursor}"),
                None => break,
            }
        }
        let whole: Vec<String> = [0, 6, 12]
            .iter()
            .flat_map(|offset| {
                let page = place.served.get(&format!("{path}?limit=6&offset={offset}")).json();
                let results = page["results"].as_array().unwrap().clone();
                results.into_iter().map(|entry| entry["tx_id"].as_str().unwrap().to_owned())
            })
            .collect();
        assert_eq!(seen, whole);
        assert!(seen.len() >= 13);
    }
    assert_eq!(place.served.get("/extended/v1/contract/nonsense/events").status, 400);
}

#[test]
fn counters_are_readable_by_prometheus() {
    let place = place();
    place.served.get("/v2/info");
    place.served.get("/nothing");
    place.served.submit(b"nonsense");
    let answer = place.served.get("/metrics");
    assert!(answer.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    let text = answer.text();
    for line in [
        "mrms_node_requests_total{route=\"/v2/info\",status=\"200\"} 1",
        "mrms_node_requests_total{route=\"none\",status=\"404\"} 1",
        "mrms_node_request_seconds_count{route=\"/v2/transactions\"} 1",
        "mrms_node_block_height 3",
        "mrms_node_pending_transactions 0",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
    // Each line is a comment or a name with a number.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        assert!(line.rsplit(' ').next().unwrap().parse::<f64>().is_ok(), "{line}");
    }
}

/// Names and types that dashboards and alerts rely on.
const METRICS: [(&str, &str); 10] = [
    ("mrms_node_requests_total", "counter"),
    ("mrms_node_request_seconds", "histogram"),
    ("mrms_node_connections", "gauge"),
    ("mrms_node_transactions_total", "counter"),
    ("mrms_node_observer_messages_total", "counter"),
    ("mrms_node_block_height", "gauge"),
    ("mrms_node_burn_height", "gauge"),
    ("mrms_node_pending_transactions", "gauge"),
    ("mrms_node_up_seconds", "gauge"),
    ("process_resident_memory_bytes", "gauge"),
];

#[test]
fn metrics_keep_their_names_and_types() {
    let text = place().served.get("/metrics").text();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    // Only Linux tells how much memory a process has.
    let expected = METRICS.into_iter().take(if cfg!(target_os = "linux") { 10 } else { 9 });
    assert_eq!(types.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[test]
fn proofs_are_served_as_the_ledger_has_them() {
    let mut place = place();
    let included = place.bench.bob_calls(&place.counter.clone(), "add", &[uint(1)]);
    let proofs = Proofs::open(place.bench.folder.path()).unwrap();
    let get = |path: &str| place.served.get(&format!("/mrms/v1/proofs/{path}"));
    let genesis = get("genesis").json();
    let expected = proofs.genesis().unwrap();
    assert_eq!(genesis["header"], hex_0x(&expected.block.header.encode()));
    assert_eq!(genesis["signature"], hex_0x(&expected.block.signature));
    let operations: Vec<_> = expected.operations.iter().map(|bytes| hex_0x(bytes)).collect();
    assert_eq!(genesis["operations"], json!(operations));
    assert_eq!(get("tip").json()["header"], hex_0x(&proofs.tip().unwrap().header.encode()));
    let path = |nodes: &[[u8; 32]]| -> Vec<_> { nodes.iter().map(|node| hex_0x(node)).collect() };
    let transaction = proofs.transaction(&included.txid).unwrap().unwrap();
    let deployment = proofs.deployment(&place.counter).unwrap().unwrap();
    for (asked, proof) in [
        (format!("transaction/{}", included.txid), transaction),
        (format!("deployment/{}", place.counter), deployment),
    ] {
        let expected = json!({
            "header": hex_0x(&proof.header.encode()),
            "signature": hex_0x(&proof.signature),
            "position": proof.position,
            "transaction": hex_0x(&proof.raw),
            "transaction_path": path(&proof.transaction_path),
            "receipt": hex_0x(&proof.receipt),
            "receipt_path": path(&proof.receipt_path),
        });
        assert_eq!(get(&asked).json(), expected, "{asked}");
    }
    let height = mrms_node::chain::BlockHeight::new;
    let ancestor = proofs.ancestor(height(1), height(2)).unwrap().unwrap();
    let signed = |signed: &mrms_node::chain::SignedHeader| {
        json!({
            "header": hex_0x(&signed.header.encode()),
            "signature": hex_0x(&signed.signature),
        })
    };
    let expected = json!({
        "ancestor": signed(&ancestor.ancestor),
        "head": signed(&ancestor.head),
        "inclusion_path": path(&ancestor.inclusion_path),
        "consistency_path": path(&ancestor.consistency_path),
    });
    assert_eq!(get("ancestor/1/2").json(), expected);
    for (asked, status) in [
        ("ancestor/2/2".to_owned(), 404),
        ("ancestor/2/1".to_owned(), 404),
        ("ancestor/1/99".to_owned(), 404),
        ("ancestor/01/2".to_owned(), 400),
        ("ancestor/1/+2".to_owned(), 400),
        ("ancestor/1/4294967296".to_owned(), 400),
        (format!("transaction/{}", "ab".repeat(32)), 404),
        ("transaction/zz".to_owned(), 400),
        (format!("deployment/{}.nowhere", place.counter.deployer()), 404),
        ("deployment/nothing".to_owned(), 400),
    ] {
        assert_eq!(get(&asked).status, status, "{asked}");
    }
}
