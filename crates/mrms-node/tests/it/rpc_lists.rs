//! Lists over HTTP: what is skipped is not read, a page ends before its answer is too long, and this node's own lists.

use std::collections::BTreeSet;

use mrms_node::chain::ContractId;
use serde_json::Value;

use crate::rpc_server::Served;
use crate::support::{Bench, COUNTER, GENESIS, uint};

/// Calls that succeed and print; every third call is refused and prints nothing.
const CALLS: u64 = 12;

fn place(answer_bytes: usize) -> (Served, Bench, ContractId) {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    for number in 1..=CALLS {
        bench.bob_calls(&counter, "add", &[uint(number.into())]);
    }
    let served = Served::with(bench.ledger(), |settings| settings.answer_bytes = answer_bytes);
    (served, bench, counter)
}

fn get(served: &Served, path: &str) -> (Value, usize) {
    let answer = served.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    (answer.json(), answer.body.len())
}

fn rows(page: &Value) -> Vec<Value> {
    page["results"].as_array().unwrap().clone()
}

#[test]
fn what_an_offset_skips_is_not_read() {
    let (served, bench, counter) = place(1 << 20);
    // Whoever reads one of the newer receipts fails.
    let file = rusqlite::Connection::open(bench.folder.path().join("ledger.sqlite")).unwrap();
    let changed = file.execute("UPDATE transactions SET receipt = X'00' WHERE sequence > 1", []);
    assert_eq!(changed.unwrap() as u64, CALLS - 1);
    drop(file);
    for path in [
        format!("/extended/v1/address/{}/transactions", bench.bob.principal),
        format!("/extended/v1/contract/{counter}/events"),
    ] {
        let (page, _) = get(&served, &format!("{path}?limit=1&offset={}", CALLS - 1));
        assert_eq!(rows(&page).len(), 1, "{page}");
        assert!(page["next_cursor"].is_null(), "{page}");
        assert_eq!(served.get(&format!("{path}?limit=1")).status, 500, "the newest is damaged");
    }
}

#[test]
fn page_ends_before_its_answer_is_too_long_and_both_ways_on_miss_nothing() {
    const BYTES: usize = 4_000;
    let (served, bench, counter) = place(BYTES);
    for path in [
        format!("/extended/v1/address/{}/transactions", bench.bob.principal),
        format!("/extended/v1/contract/{counter}/events"),
    ] {
        for by_cursor in [true, false] {
            let (mut seen, mut pages, mut next) = (BTreeSet::new(), 0, String::new());
            loop {
                let (page, length) = get(&served, &format!("{path}?limit=50{next}"));
                assert!(length < BYTES + 500, "{length}");
                let rows = rows(&page);
                seen.extend(rows.iter().map(|row| row["tx_id"].as_str().unwrap().to_owned()));
                pages += 1;
                match (page["next_cursor"].as_str(), by_cursor) {
                    (None, _) => break,
                    (Some(cursor), true) => next = format!("&cursor={cursor}"),
                    (Some(_), false) => next = format!("&offset={}", seen.len()),
                }
                // A page that was cut short does not look like the last one.
                assert_eq!(page["limit"], rows.len());
                let total = page["total"].as_u64().filter(|_| !by_cursor);
                assert!(total.is_none_or(|total| total > seen.len() as u64), "{page}");
            }
            assert_eq!(seen.len() as u64, CALLS, "{path}");
            assert!(pages > 1);
        }
    }
}

#[test]
fn entry_that_is_too_long_by_itself_is_shown() {
    let (served, bench, _) = place(10);
    let path = format!("/extended/v1/address/{}/transactions", bench.bob.principal);
    let (page, _) = get(&served, &format!("{path}?limit=50"));
    assert_eq!(rows(&page).len(), 1);
    assert!(page["next_cursor"].is_string());
}

#[test]
fn total_beyond_the_end_is_the_number_of_transactions() {
    let (served, bench, _) = place(1 << 20);
    let path = format!("/extended/v1/address/{}/transactions", bench.bob.principal);
    let (page, _) = get(&served, &format!("{path}?limit=5&offset=50"));
    assert_eq!((rows(&page).len(), page["total"].as_u64()), (0, Some(CALLS)));
}

/// Every row of a list of this node's own, by pages of three.
fn all(served: &Served, path: &str) -> Vec<Value> {
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let (page, _) = get(served, &format!("{path}limit=3{next}"));
        found.extend(rows(&page));
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

#[test]
fn events_of_one_burn_height_are_told_oldest_first() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let mut expected = Vec::new();
    for step in 0..3 {
        bench.clock.set(GENESIS + 600 * (1 + 2 * step));
        let ids: Vec<_> = (0..4 + step)
            .map(|_| bench.bob_calls(&counter, "add", &[uint(1)]))
            .map(|included| (included.txid.to_string(), included.burn_height.get()))
            .collect();
        expected.push(ids);
    }
    let served = Served::new(bench.ledger());
    let path = format!("/mrms/v1/contract/{counter}/events?burn_height=");
    for ids in &expected {
        let height = ids[0].1;
        let found = all(&served, &format!("{path}{height}&"));
        let found: Vec<_> = found.iter().map(|row| row["tx_id"].as_str().unwrap()).collect();
        assert_eq!(found, ids.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>());
        // Between two heights there is nothing, and it is no event of the next one.
        assert!(all(&served, &format!("{path}{}&", height + 1)).is_empty());
    }
    assert!(all(&served, &format!("{path}4294967295&")).is_empty());
    assert!(all(&served, &format!("{path}0&")).is_empty());
    assert_eq!(served.get(&format!("{path}0&offset=1")).status, 400);
    assert_eq!(served.get(&format!("{path}0&limit=501")).status, 400);
}

#[test]
fn refused_calls_are_told_with_their_bytes_newest_first() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let mut refused = Vec::new();
    for number in [0, 1, 0, 2, 0, 0, 3] {
        let bytes = bench.bob.call(&counter, "add", &[uint(number)]);
        let included = bench.submit(&bytes);
        if number == 0 {
            refused.push((included.txid.to_string(), format!("0x{}", hex::encode(bytes))));
        }
    }
    // A call that the VM ended has another status.
    let bytes = bench.bob.call(&counter, "divide", &[uint(1)]);
    let included = bench.submit(&bytes);
    refused.push((included.txid.to_string(), format!("0x{}", hex::encode(bytes))));
    refused.reverse();
    let served = Served::new(bench.ledger());
    let found = all(&served, &format!("/mrms/v1/contract/{counter}/refusals?"));
    let found: Vec<_> = found
        .iter()
        .map(|row| [&row["tx_id"], &row["raw_tx"]].map(|text| text.as_str().unwrap().to_owned()))
        .map(|[id, raw]| (id, raw))
        .collect();
    assert_eq!(found, refused);
}

#[test]
fn what_explorers_ask_for_besides_is_answered() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let served = Served::new(bench.ledger());
    let add = bench.bob.call(&counter, "add", &[uint(1)]);
    let txid = served.submit(&add).json().as_str().unwrap().to_owned();
    let nobodys = "7".repeat(64);
    let path = format!("/extended/v1/tx/multiple?tx_id=0x{txid},0x{nobodys}");
    let found = served.get(&path).json();
    assert_eq!(found[format!("0x{txid}")]["result"]["tx_status"], "success");
    assert_eq!(found[format!("0x{nobodys}")]["found"], false);
    let one = served.get(&format!("/extended/v1/tx/0x{txid}")).json();
    let before = served.get("/extended/v2/blocks/1").json();
    assert_eq!(one["parent_burn_block_time"], before["burn_block_time"]);
    assert_eq!((&one["microblock_hash"], &one["vm_error"]), (&"0x".into(), &Value::Null));
    let blocks = served.get("/extended/v2/blocks?limit=2").json();
    assert_eq!((&blocks["total"], &blocks["results"][0]["height"]), (&3.into(), &2.into()));
    assert_eq!(blocks["results"][1]["hash"], before["hash"]);
    let path = format!("/extended/v2/smart-contracts/status?contract_id={counter}");
    assert_eq!(served.get(&path).json()[counter.to_string()]["result"]["status"], "success");
    let path = format!("/extended/v1/address/{}/balances", bench.bob.principal);
    let balance = bench.balance(&bench.bob.principal).to_string();
    assert_eq!(served.get(&path).json()["stx"]["balance"], balance);
    assert_eq!(served.get("/v3/tenures/info").json()["tip_height"], 2);
    assert_eq!(served.get("/extended/v1/status").json()["status"], "ready");
    assert_eq!(served.get("/extended/v1/tx/mempool").json()["total"], 0);
    let absent = served.get(&format!("/extended/v1/tx/0x{nobodys}")).json();
    assert_eq!(absent["statusCode"], 404);
    assert_eq!(absent["error"], "Not Found");
    let recipient = bench.bob.principal.clone();
    let refused = served.submit(&bench.bob.transfer(&recipient, 1)).json();
    assert_eq!(refused["reason"], "TransferRecipientCannotEqualSender");
    assert_eq!(refused["reason_data"]["recipient"], recipient.to_string());
}
