//! The hosted API's two generations of routes, and what a busy or a newer API answers.

use mrms_core::BlockHeight;
use mrms_stacks::client::{
    ClientError, EventLog, EventsFrom, Follows, ListFrom, ListedStanding, Outcome, RpcClient,
    TransactionState,
};

use crate::client::{Server, contract, transaction};

const NO_ROUTE: &str =
    r#"{"message":"Route GET:/extended/v3/x not found","error":"Not Found","statusCode":404}"#;
const NOT_THERE: &str = r#"{"error":"Not Found","message":"Transaction not found"}"#;
const NEWER: &str = r#"{"tx_id":"0x00","status":"success","type":"contract_call","sender":{"address":"ST000000000000000000002AMW42H","nonce":3},"block":{"height":7,"hash":"0x1","index_hash":"0x2","time":11,"tx_index":0},"bitcoin_block":{"height":9,"time":10},"result":{"hex":"0x0703","repr":"(ok true)"},"contract_call":{"contract_id":"ST000000000000000000002AMW42H.records","function_name":"revoke-record-access","function_args":[{"hex":"0x0100000000000000000000000000000007","repr":"u7"}]}}"#;

fn principal() -> mrms_core::Principal {
    contract().into()
}

fn state(client: &RpcClient) -> Result<Option<TransactionState>, ClientError> {
    client.transaction(&transaction().txid())
}

#[test]
fn newer_routes_are_asked_first_and_older_ones_no_more_once_they_answered() {
    let server = Server::answering([(200, "{}"), (200, NEWER), (404, NOT_THERE)]);
    let client = server.client();
    let Some(TransactionState::Included(place)) = state(&client).unwrap() else {
        panic!("it stands in a block");
    };
    assert_eq!((place.block_height.number(), place.burn_height.number()), (7, 9));
    assert_eq!((place.outcome, place.time.seconds()), (Outcome::Success, 11));
    assert_eq!(state(&client).unwrap(), None);
    let asked = server.asked();
    assert!(
        asked[1..].iter().all(|line| line.contains("/extended/v3/transactions/0x")),
        "{asked:?}"
    );
}

#[test]
fn api_whose_routes_are_both_gone_cannot_follow_a_transaction() {
    let gone = r#"{"error":"Gone","message":"it was switched off"}"#;
    // The newer ones were never there; the older ones are off; the node behind it has no index.
    let server = Server::answering([
        (200, "{}"),
        (404, NO_ROUTE),
        (410, gone),
        (501, "Transaction indexing is not enabled"),
    ]);
    assert_eq!(server.client().follows().unwrap(), Follows::Blocks);
    server.asked();

    let server = Server::answering([(200, "{}"), (404, NO_ROUTE), (404, NOT_THERE)]);
    assert_eq!(server.client().follows().unwrap(), Follows::Api);
    server.asked();
}

#[test]
fn status_of_a_newer_network_breaks_no_list_and_is_told_of_ones_own() {
    let row = |id: &str, status: &str| {
        format!(
            r#"{{"tx_id":"0x{id}","tx_status":"{status}","canonical":true,"block_height":7,"burn_block_height":9,"block_time":11,"nonce":1,"sender_address":"ST000000000000000000002AMW42H","tx_result":{{"hex":"0x0703"}}}}"#
        )
    };
    let [first, second, third] = ["01", "02", "03"].map(|byte| byte.repeat(32));
    let rows = [
        row(&first, "sideways"),
        row(&second, "problematic_skipped"),
        row(&third, "abort_by_response"),
    ];
    let list = format!(r#"{{"limit":50,"offset":0,"total":3,"results":[{}]}}"#, rows.join(","));
    let server = Server::answering([
        (200, "{}"),
        (404, NO_ROUTE),
        (200, &list),
        (404, NO_ROUTE),
        (200, &rows[0]),
    ]);
    let client = server.client();
    let page = client.transactions_of(&principal(), &ListFrom::Newest).unwrap();
    let standings: Vec<_> = page.rows.iter().map(|row| row.standing).collect();
    assert_eq!(
        standings,
        [
            ListedStanding::Unknown,
            ListedStanding::Ended(Outcome::Skipped),
            ListedStanding::Ended(Outcome::AbortedByResponse),
        ]
    );
    let error = state(&client).unwrap_err();
    assert!(error.to_string().contains("sideways"), "{error}");
    server.asked();
}

#[test]
fn logs_of_a_contract_are_entered_at_a_block_and_go_on_to_older_ones() {
    let page = |cursor: &str| {
        format!(
            r#"{{"limit":1,"offset":0,"total":2,"next_cursor":"9:2147483647:0:0","prev_cursor":{cursor},"cursor":null,"results":[{{"event_index":0,"event_type":"smart_contract_log","tx_id":"0x{}","contract_log":{{"contract_id":"x","topic":"print","value":{{"hex":"0x03","repr":"true"}}}}}}]}}"#,
            "00".repeat(32)
        )
    };
    let (first, last) = (page("\"5:2147483647:0:0\""), page("null"));
    let server = Server::answering([(200, "{}"), (200, &first), (200, &first), (200, &last)]);
    let client = server.client();
    assert_eq!(client.event_log(&contract()).unwrap(), EventLog::ByBlock);
    let from = EventsFrom::Block(BlockHeight::new(7));
    let next = client.printed(&contract(), &from, 1).unwrap().next.unwrap();
    assert_eq!(next, EventsFrom::Cursor("5:2147483647:0:0".to_owned()));
    assert_eq!(client.printed(&contract(), &next, 1).unwrap().next, None);
    let asked = server.asked();
    assert!(asked[2].contains("cursor=7:2147483647:32767:2147483647"), "{asked:?}");
}

#[test]
fn failed_deployment_leaves_no_contract_and_the_node_is_asked() {
    let told = |change: &str| {
        format!(
            r#"{{"tx_id":"0x{}","contract_id":"x","block_height":7,"clarity_version":2,"source_code":"(ok 1)",{change}}}"#,
            "05".repeat(32)
        )
    };
    let absent = "No contract source data found";
    for failed in [r#""canonical":true,"abi":null"#, r#""canonical":false,"abi":"{}""#] {
        let server = Server::answering([(200, "{}"), (200, &told(failed)), (404, absent)]);
        assert!(server.client().contract(&contract()).unwrap().is_none(), "{failed}");
        let asked = server.asked();
        assert!(asked[2].contains("/v2/contracts/source/"), "{asked:?}");
    }
    // A later deployment of the same name stands; the API still tells of the one that failed.
    let server = Server::answering([
        (200, "{}"),
        (200, &told(r#""canonical":true,"abi":null"#)),
        (200, r#"{"source":"(ok 2)","publish_height":9}"#),
        (
            200,
            r#"{"functions":[],"variables":[],"maps":[],"fungible_tokens":[],"non_fungible_tokens":[],"clarity_version":"Clarity2"}"#,
        ),
    ]);
    let stands = server.client().contract(&contract()).unwrap().unwrap();
    assert_eq!((stands.source.as_str(), stands.block_height.number()), ("(ok 2)", 9));
    server.asked();
    // One that the API has, and one of a network's beginning, which no transaction deployed.
    let whole = told(r#""canonical":true,"abi":"{}""#);
    let first = whole.replace(&format!("\"0x{}\"", "05".repeat(32)), "null");
    for (answer, has_transaction) in [(&whole, true), (&first, false)] {
        let server = Server::answering([(200, "{}"), (200, answer)]);
        let found = server.client().contract(&contract()).unwrap().unwrap();
        assert_eq!((found.source.as_str(), found.txid.is_some()), ("(ok 1)", has_transaction));
        server.asked();
    }
}

#[test]
fn too_many_requests_are_waited_for_also_when_a_transaction_is_sent() {
    let transaction = transaction();
    let txid = format!("\"{}\"", hex::encode(transaction.txid().as_bytes()));
    let server = Server::answering([(429, "slow down"), (200, &txid)]);
    assert_eq!(server.client().broadcast(&transaction.encode()).unwrap(), transaction.txid());
    server.asked();
}

#[test]
fn list_whose_beginning_is_missing_says_so_and_ends_a_walk_along_cursors() {
    let list =
        r#"{"limit":50,"offset":0,"total":0,"results":[],"next_cursor":null,"begins_at_block":50}"#;
    let server = Server::answering([
        (200, "{}"),
        (404, NO_ROUTE),
        (200, list),
        (200, list),
        (200, list),
        (200, list),
        (200, r#"{"index":{"newest_block":60,"begins_at_block":50,"trouble":null}}"#),
    ]);
    let client = server.client();
    let page = client.transactions_of(&principal(), &ListFrom::Newest).unwrap();
    assert_eq!((page.next, page.begins), (None, Some(BlockHeight::new(50))));
    let page = client.printed(&contract(), &EventsFrom::Offset(0), 50).unwrap();
    assert_eq!((page.next, page.begins), (None, Some(BlockHeight::new(50))));
    let late = client.printed_at(&contract(), mrms_core::BurnHeight::new(7), None).unwrap_err();
    assert!(matches!(&late, ClientError::HistoryBegins { .. }), "{late}");
    assert!(late.to_string().contains("no history before block 50"), "{late}");
    let late = client.refusals_of(&contract(), None).unwrap_err();
    assert!(matches!(late, ClientError::HistoryBegins { .. }), "{late}");
    let standing = client.index().unwrap().unwrap();
    assert_eq!(standing.begins, Some(BlockHeight::new(50)));
    server.asked();
}
