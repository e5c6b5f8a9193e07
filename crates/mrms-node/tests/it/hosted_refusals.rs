//! Errors over HTTP: the hosted API's JSON under its paths, a Stacks node's text elsewhere.

use serde_json::{Value, json};

use crate::rpc_server::Served;
use crate::support::{Bench, COUNTER};

fn served() -> (Served, Bench) {
    let mut bench = Bench::new();
    bench.publish("counter", COUNTER);
    (Served::new(bench.ledger()), bench)
}

/// What each route of the hosted API refuses: the path, the status, and the message where the API has the same one.
const REFUSED: [(&str, u16, Option<&str>); 36] = [
    ("/extended/v1/tx/NONE", 404, Some("could not find transaction by ID")),
    ("/extended/v1/tx/NONE/raw", 404, Some("could not find raw transaction by ID")),
    ("/extended/v1/tx/1234", 400, None),
    ("/extended/v1/tx/1234/raw", 400, None),
    ("/extended/v1/tx/NONE?event_limit=x", 400, None),
    ("/extended/v1/tx/multiple?tx_id=1234", 400, None),
    ("/extended/v1/tx/mempool?limit=x", 400, None),
    ("/extended/v1/address/nobody/nonces", 400, None),
    ("/extended/v1/address/nobody/balances", 400, None),
    ("/extended/v1/address/nobody/stx", 400, None),
    ("/extended/v2/addresses/nobody/balances/ft", 400, None),
    ("/extended/v2/addresses/ACCOUNT/balances/ft?limit=201", 400, None),
    ("/extended/v1/address/nobody/transactions", 400, None),
    ("/extended/v1/address/ACCOUNT/transactions?limit=0", 400, None),
    ("/extended/v1/address/ACCOUNT/transactions?limit=x", 400, None),
    ("/extended/v1/address/ACCOUNT/transactions?cursor=x", 400, None),
    ("/extended/v1/address/ACCOUNT/transactions?offset=99999", 400, None),
    ("/extended/v2/addresses/nobody/balances/stx", 400, None),
    ("/extended/v1/contract/ACCOUNT.nowhere", 404, Some("cannot find contract by ID")),
    ("/extended/v1/contract/nothing", 400, None),
    ("/extended/v1/contract/nothing/events", 400, None),
    ("/extended/v1/contract/ACCOUNT.counter/events?limit=x", 400, None),
    ("/extended/v2/blocks/99", 404, Some("Block not found")),
    ("/extended/v2/blocks/nonsense", 400, None),
    ("/extended/v2/blocks?limit=x", 400, None),
    ("/extended/v2/smart-contracts/status?contract_id=nothing", 400, None),
    (
        "/extended/v3/transactions?limit=1",
        404,
        Some("Route GET:/extended/v3/transactions?limit=1 not found"),
    ),
    ("/extended/nothing", 404, Some("Route GET:/extended/nothing not found")),
    ("/mrms/v1/contract/nothing/events?burn_height=1", 400, None),
    ("/mrms/v1/contract/ACCOUNT.counter/events", 400, None),
    ("/mrms/v1/contract/ACCOUNT.counter/refusals?offset=1", 400, None),
    ("/mrms/v1/contract/ACCOUNT.counter/refusals?limit=501", 400, None),
    ("/mrms/v1/proofs/transaction/NONE", 404, None),
    ("/mrms/v1/proofs/ancestor/1/x", 400, None),
    ("/mrms/v1/invitation", 404, None),
    ("/mrms/v1/nothing", 404, Some("Route GET:/mrms/v1/nothing not found")),
];

#[track_caller]
fn assert_is_of_the_api(body: &Value, status: u16, message: Option<&str>) {
    let name = if status == 404 { "Not Found" } else { "Bad Request" };
    assert_eq!((&body["statusCode"], &body["error"]), (&json!(status), &json!(name)), "{body}");
    let told = body["message"].as_str().unwrap();
    assert!(!told.is_empty() && body.as_object().unwrap().len() == 3, "{body}");
    if let Some(message) = message {
        assert_eq!(told, message);
    }
}

#[test]
fn every_error_under_the_hosted_apis_paths_is_its_json() {
    let (served, bench) = served();
    let account = bench.alice.principal.to_string();
    let none = format!("0x{}", "ab".repeat(32));
    for (path, status, message) in REFUSED {
        let path = path.replace("NONE", &none).replace("ACCOUNT", &account);
        let answer = served.get(&path);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_is_of_the_api(&answer.json(), status, message);
    }
    // The API has no routes with other methods.
    for path in ["/extended", "/extended/v1/tx/multiple", "/extended/v2/blocks"] {
        let answer = served.post_json(path, &json!({}));
        assert_eq!(answer.status, 404, "{path}");
        assert_is_of_the_api(&answer.json(), 404, Some(&format!("Route POST:{path} not found")));
    }
}

#[test]
fn what_a_stacks_node_answers_in_text_stays_text() {
    let (served, _bench) = served();
    for (path, status) in [("/v2/nothing", 404), ("/v2/accounts/nobody", 400), ("/nothing", 404)] {
        let answer = served.get(path);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.header("content-type").unwrap().starts_with("text/plain"), "{path}");
    }
    assert_eq!(served.post_json("/v2/info", &json!({})).status, 405);
}
