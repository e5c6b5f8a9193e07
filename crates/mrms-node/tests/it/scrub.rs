//! Whoever reads a damaged row is told so, and the scrub finds what nobody asked for.

use std::time::Duration;

use mrms_node::chain::{
    BlockHeight, Difference, FsckError, Ledger, LedgerFailure, OpenError, ScrubPace, Scrubbed,
    fsck, scrub,
};
use rusqlite::{Connection, params};

use crate::rpc_server::{Served, eventually};
use crate::support::{Bench, COUNTER, WITHOUT_SUMS, uint};

/// A closed ledger, and a connection to its file.
fn closed() -> (Bench, Connection) {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    for number in [3, 0, 4] {
        bench.bob_calls(&counter, "add", &[uint(number)]);
    }
    bench.ledger().advance(10).unwrap();
    bench.ledger = None;
    let file = Connection::open(bench.folder.path().join("ledger.sqlite")).unwrap();
    (bench, file)
}

fn difference(bench: &Bench) -> Difference {
    match scrub(bench.folder.path()) {
        Err(FsckError::Differs { difference }) => difference,
        other => panic!("nothing was found: {other:?}"),
    }
}

fn after(sql: &str) -> Difference {
    let (bench, file) = closed();
    assert!(file.execute(sql, []).unwrap() > 0, "nothing was changed by {sql}");
    drop(file);
    difference(&bench)
}

fn sum(what: &'static str) -> Difference {
    Difference::Sum { what }
}

#[test]
fn untouched_ledger_is_in_order_also_while_it_is_used() {
    let (mut bench, _file) = closed();
    let state_values = scrub(bench.folder.path()).unwrap().state_values;
    assert!(state_values > 10);
    let expected = Scrubbed {
        height: BlockHeight::new(5),
        transactions: 4,
        state_values,
        without_sum: 0,
        blocks_without_sum: 0,
        values_without_sum: 0,
    };
    assert_eq!(scrub(bench.folder.path()).unwrap(), expected);
    bench.restart();
    let counter = bench.alice.contract("counter");
    for number in 1..6 {
        bench.bob_calls(&counter, "add", &[uint(number)]);
        assert_eq!(scrub(bench.folder.path()).unwrap().transactions, 4 + number as u64);
    }
}

#[test]
fn scrub_begins_again_when_the_ledger_was_taken_back() {
    let (mut bench, _file) = closed();
    bench.restart();
    let counter = bench.alice.contract("counter");
    let snapshot = bench.ledger().save_snapshot().unwrap();
    bench.bob_calls(&counter, "add", &[uint(1)]);
    bench.ledger().revert(&snapshot).unwrap();
    assert_eq!(scrub(bench.folder.path()).unwrap().transactions, 4);
}

#[test]
fn changed_bytes_of_every_table_are_found() {
    for (sql, what) in [
        (
            "UPDATE blocks SET time = time + 1 WHERE height = 2",
            "a block does not have its check sum",
        ),
        (
            "UPDATE operations SET operation = X'020000000000000063' WHERE height = 5",
            "an operation does not have its check sum",
        ),
        (
            "UPDATE transactions SET note = 'all went well' WHERE status = 1",
            "a transaction does not have its check sum",
        ),
        (
            "UPDATE state SET value = X'00' WHERE key LIKE '%::count'",
            "a value of the state does not have its check sum",
        ),
        (
            "UPDATE state SET sum = 1 WHERE key LIKE '%::count'",
            "a value of the state does not have its check sum",
        ),
    ] {
        assert_eq!(after(sql), sum(what), "{sql}");
    }
}

#[test]
fn rows_that_are_gone_or_too_many_are_found() {
    let row = |found: &Difference, name: &str| matches!(found, Difference::Row { table, .. } | Difference::Count { table, .. } if *table == name);
    for (sql, table) in [
        ("DELETE FROM participants WHERE sequence = 2", "participants"),
        ("DELETE FROM events", "events"),
        ("DELETE FROM contracts", "contracts"),
        ("DELETE FROM ancestry", "ancestry"),
        ("INSERT INTO participants (address, sequence) VALUES ('ST', 1)", "participants"),
        ("INSERT INTO events (contract, sequence, position) VALUES ('ST.x', 1, 1)", "events"),
        ("INSERT INTO operations (height, position, operation) VALUES (9, 0, X'02')", "operations"),
    ] {
        let found = after(sql);
        assert!(row(&found, table), "{sql}: {found}");
    }
    let height = BlockHeight::new(5);
    let found = after("DELETE FROM operations WHERE height = 5");
    assert_eq!(found, Difference::Header { height, field: "operations root" });
    let found = after("DELETE FROM transactions WHERE sequence = 3");
    let height = BlockHeight::new(4);
    assert_eq!(found, Difference::Header { height, field: "transaction count" });
    assert_eq!(after("DELETE FROM state WHERE key LIKE '%::count'"), Difference::StateTotal);
}

#[test]
fn state_as_it_was_before_is_found_although_each_of_its_rows_has_its_sum() {
    let (mut bench, file) = closed();
    let read = |file: &Connection| -> (String, Vec<u8>, i64) {
        let sql = "SELECT key, value, sum FROM state WHERE key LIKE '%.counter%::count'";
        file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
    };
    let (key, value, sum) = read(&file);
    bench.restart();
    let counter = bench.alice.contract("counter");
    bench.bob_calls(&counter, "add", &[uint(1)]);
    bench.ledger = None;
    assert_ne!(read(&file).1, value);
    let stale = "UPDATE state SET value = ?, sum = ? WHERE key = ?";
    file.execute(stale, params![value, sum, key]).unwrap();
    assert_eq!(difference(&bench), Difference::StateTotal);
}

#[test]
fn whoever_reads_a_damaged_row_is_told_and_nothing_is_made_of_it() {
    let (mut bench, file) = closed();
    file.execute(
        "UPDATE state SET value = X'0100000000000000000000000000000063' WHERE key LIKE '%::count'",
        [],
    )
    .unwrap();
    file.execute(
        "UPDATE transactions SET receipt = CAST(receipt || X'00' AS BLOB) WHERE sequence = 1",
        [],
    )
    .unwrap();
    let txid: [u8; 32] = file
        .query_row("SELECT txid FROM transactions WHERE sequence = 1", [], |row| row.get(0))
        .unwrap();
    drop(file);
    bench.restart();
    let counter = bench.alice.contract("counter");
    let what = "a value of the state does not have its check sum";
    let refused = bench.data_variable(&counter, "count").unwrap_err();
    assert!(format!("{refused:?}").contains(what), "{refused:?}");
    let call = bench.bob.call(&counter, "add", &[uint(1)]);
    let refused = bench.ledger().submit(&call).unwrap_err();
    assert!(format!("{refused:?}").contains(what), "{refused:?}");
    let id = mrms_node::chain::TxId::parse(&hex::encode(txid)).unwrap();
    let refused = bench.ledger().read(move |snapshot| snapshot.transaction(&id)).unwrap_err();
    assert_eq!(
        refused,
        LedgerFailure::Damaged { what: "a transaction does not have its check sum" }
    );
    // Accounts and other contracts are as they were.
    let bob = bench.bob.principal.clone();
    assert_eq!(bench.nonce(&bob), 3);
}

#[test]
fn newest_block_that_is_damaged_keeps_the_ledger_closed() {
    let (bench, file) = closed();
    file.execute("UPDATE blocks SET header = X'00' WHERE height = 5", []).unwrap();
    let refused = Ledger::open(bench.folder.path(), bench.settings.clone());
    assert!(matches!(
        refused,
        Err(OpenError::Failed { failure: LedgerFailure::Damaged { what } })
            if what == "a block does not have its check sum"
    ));
}

#[test]
fn ledger_of_before_there_were_sums_gets_them_and_goes_on() {
    let (mut bench, file) = closed();
    file.execute_batch(WITHOUT_SUMS).unwrap();
    // Whoever only reads it takes it as it is.
    assert!(fsck(bench.folder.path(), &[]).is_ok());
    let scrubbed = scrub(bench.folder.path()).unwrap();
    assert_eq!((scrubbed.without_sum, scrubbed.blocks_without_sum), (4, 6));
    assert_eq!(scrubbed.values_without_sum, scrubbed.state_values);
    bench.restart();
    let counter = bench.alice.contract("counter");
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(7));
    bench.bob_calls(&counter, "add", &[uint(1)]);
    assert!(fsck(bench.folder.path(), &[]).is_ok());
    let scrubbed = scrub(bench.folder.path()).unwrap();
    assert_eq!((scrubbed.transactions, scrubbed.without_sum), (5, 4));
    assert_eq!((scrubbed.blocks_without_sum, scrubbed.values_without_sum), (6, 0));
    bench.ledger = None;
    let sums: u32 = file
        .query_row("SELECT count(*) FROM state WHERE sum IS NULL", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sums, 0);
    file.execute("DELETE FROM state WHERE key LIKE '%::count'", []).unwrap();
    assert_eq!(difference(&bench), Difference::StateTotal);
}

#[test]
fn node_that_scrubs_itself_says_what_it_found() {
    let (mut bench, file) = closed();
    bench.restart();
    let served = |bench: &Bench| {
        Served::with(bench.ledger(), |settings| {
            settings.scrub = Some(ScrubPace::BytesPerSecond(1 << 20))
        })
    };
    let whole = served(&bench);
    let has = |served: &Served, line: &str| {
        let text = served.get("/metrics").text();
        text.lines().any(|one| one == line)
    };
    eventually("a pass", || has(&whole, "mrms_node_scrub_passes 1"));
    assert!(has(&whole, "mrms_node_scrub_damage 0"));
    assert_eq!(whole.get("/v3/health").status, 200);
    drop(whole);
    file.execute("DELETE FROM participants WHERE sequence = 2", []).unwrap();
    let mut damaged = served(&bench);
    eventually("damage", || has(&damaged, "mrms_node_scrub_damage 1"));
    let health = damaged.get("/v3/health");
    assert_eq!(health.status, 503);
    assert!(health.text().contains("table participants differs"), "{}", health.text());
    // It rests for a day now, and stops at once all the same.
    let began = std::time::Instant::now();
    damaged.stop();
    assert!(began.elapsed() < Duration::from_secs(5));
}
