//! Search over HTTP: whatever somebody has the text of is found, and told as the hosted API tells it.

use mrms_node::chain::MicroStx;
use mrms_node::chain::wire::Transaction;
use mrms_node::rpc::Mining;
use serde_json::{Value, json};

use crate::rpc_server::Served;
use crate::support::{Actor, Bench, COUNTER, uint};

fn search(served: &Served, term: &str) -> Value {
    let answer = served.get(&format!("/extended/v1/search/{term}"));
    assert_eq!(answer.status, 200, "{term}: {}", answer.text());
    let body = answer.json();
    assert_eq!(body["found"], true, "{term}");
    body["result"].clone()
}

/// With all that is told of it beside.
fn whole(served: &Served, term: &str) -> (Value, Value) {
    let mut result = search(served, &format!("{term}?include_metadata=true"));
    let metadata = result.as_object_mut().unwrap().remove("metadata").unwrap();
    assert_eq!(result, search(served, term), "{term}");
    (result, metadata)
}

#[track_caller]
fn assert_absent(served: &Served, term: &str, kind: &str) {
    let answer = served.get(&format!("/extended/v1/search/{term}"));
    assert_eq!(answer.status, 404, "{term}: {}", answer.text());
    let body = answer.json();
    assert_eq!((&body["found"], &body["result"]), (&json!(false), &json!({"entity_type": kind})));
    assert!(!body["error"].as_str().unwrap().is_empty(), "{body}");
}

#[test]
fn what_nobody_has_is_told_by_its_kind() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let served = Served::new(bench.ledger());
    let nobody = Actor::new(77).principal;
    assert_absent(&served, &"ab".repeat(32), "unknown_hash");
    assert_absent(&served, &format!("0x{}", "ab".repeat(32)), "unknown_hash");
    assert_absent(&served, &nobody.to_string(), "standard_address");
    assert_absent(&served, &counter.to_string().replace("counter", "nowhere"), "contract_address");
    for nonsense in ["latest", "7", "nobody", "0x1234"] {
        assert_absent(&served, nonsense, "invalid_term");
    }
    let answer = served.get("/extended/v1/search/latest?include_metadata=perhaps");
    assert_eq!((answer.status, &answer.json()["statusCode"]), (400, &json!(400)));
}

#[test]
fn transaction_is_found_by_its_id_and_a_block_by_its_hash() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let added = bench.bob_calls(&counter, "add", &[uint(7)]);
    let served = Served::new(bench.ledger());
    let txid = added.txid.to_string();
    let (found, metadata) = whole(&served, &txid);
    let one = served.get(&format!("/extended/v1/tx/{txid}")).json();
    let expected = json!({
        "entity_id": txid,
        "entity_type": "tx_id",
        "tx_data": {
            "canonical": true,
            "block_hash": added.block.to_string(),
            "burn_block_time": one["burn_block_time"],
            "block_height": added.height.get(),
            "tx_type": "contract_call",
        },
    });
    assert_eq!(found, expected);
    assert_eq!(search(&served, txid.trim_start_matches("0x")), expected, "without 0x, too");
    assert_eq!((&metadata["tx_id"], &metadata["events"]), (&json!(txid), &json!([])));
    assert_eq!(metadata["contract_call"], one["contract_call"]);

    let block = served.get(&format!("/extended/v2/blocks/{}", added.height.get())).json();
    let (found, metadata) = whole(&served, block["hash"].as_str().unwrap());
    let expected = json!({
        "entity_id": block["hash"],
        "entity_type": "block_hash",
        "block_data": {
            "canonical": true,
            "hash": block["hash"],
            "parent_block_hash": block["parent_block_hash"],
            "burn_block_time": block["burn_block_time"],
            "height": block["height"],
        },
    });
    assert_eq!((found, metadata), (expected, block));
}

#[test]
fn account_is_found_once_it_did_something_or_got_something() {
    let bench = Bench::new();
    let served = Served::new(bench.ledger());
    let bob = bench.bob.principal.to_string();
    let (found, metadata) = whole(&served, &bob);
    assert_eq!(found, json!({"entity_id": bob, "entity_type": "standard_address"}));
    assert_eq!(metadata, served.get(&format!("/extended/v1/address/{bob}/stx")).json());
    let mut newcomer = Actor::new(77);
    let name = newcomer.principal.to_string();
    assert_absent(&served, &name, "standard_address");
    bench.ledger().faucet(&newcomer.principal, MicroStx::new(10_000)).unwrap();
    assert_eq!(whole(&served, &name).1["balance"], "10000");
    // Whoever has spent everything stays known.
    let fee = Transaction::decode(&newcomer.transfer(&bench.bob.principal, 1)).unwrap();
    let rest = 10_000 - fee.authorization.payer().fee;
    newcomer.nonce = 0;
    bench.submit(&newcomer.transfer(&bench.bob.principal, rest));
    assert_eq!(whole(&served, &name).1["balance"], "0");
}

#[test]
fn contract_is_found_while_it_waits_when_it_failed_and_when_it_is_there() {
    let mut bench = Bench::new();
    let failed = bench.alice_deploys("later", "(/ u1 u0)");
    let served = Served::with(bench.ledger(), |settings| settings.mining = Mining::Manual);
    let later = bench.alice.contract("later").to_string();
    let (found, metadata) = whole(&served, &later);
    assert_eq!(found["entity_type"], "contract_address");
    assert_eq!(found["tx_data"]["tx_id"], failed.txid.to_string());
    assert_eq!(metadata["tx_status"], "abort_by_response");

    let deploy = bench.alice.deploy("counter", COUNTER);
    assert_eq!(served.submit(&deploy).status, 200);
    let txid = Transaction::decode(&deploy).unwrap().txid().to_string();
    let counter = bench.alice.contract("counter").to_string();
    let (found, metadata) = whole(&served, &counter);
    assert_eq!(found["tx_data"], json!({"tx_type": "smart_contract", "tx_id": txid}));
    assert_eq!(metadata["tx_status"], "pending");
    let (found, _) = whole(&served, &txid);
    let waits = json!({"entity_id": txid, "entity_type": "mempool_tx_id", "tx_data": {"tx_type": "smart_contract"}});
    assert_eq!(found, waits);

    bench.submit(&deploy);
    let (found, metadata) = whole(&served, &counter);
    assert_eq!((&found["entity_id"], &found["tx_data"]["tx_id"]), (&json!(counter), &json!(txid)));
    assert_eq!(found["tx_data"]["canonical"], true);
    assert_eq!(metadata["tx_status"], "success");
}
