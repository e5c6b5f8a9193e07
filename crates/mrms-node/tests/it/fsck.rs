//! `fsck` finds and names every change that was made to the file without the ledger.

use mrms_node::chain::{BlockHeight, Difference, FsckError, OpenError, Receipt, Status, fsck};
use rusqlite::{Connection, params};

use crate::support::{Bench, COUNTER, GENESIS, uint};

/// A closed ledger with some of everything, and a connection to its file.
fn closed() -> (Bench, Connection) {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let batch = [3, 0, 4].map(|number| bench.bob.call(&counter, "add", &[uint(number)])).to_vec();
    for result in bench.ledger().submit_all(&batch) {
        result.unwrap();
    }
    bench.ledger().advance(10).unwrap();
    bench.clock.set(GENESIS + 1_000);
    let bob = bench.bob.principal.clone();
    let transfer = bench.alice.transfer(&bob, 5);
    bench.submit(&transfer);
    bench.ledger = None;
    let file = Connection::open(bench.folder.path().join("ledger.sqlite")).unwrap();
    (bench, file)
}

fn difference(bench: &Bench) -> Difference {
    match fsck(bench.folder.path(), &bench.settings.pinned) {
        Err(FsckError::Differs { difference }) => difference,
        other => panic!("no difference found: {other:?}"),
    }
}

/// Applies `sql`, and returns the difference that `fsck` finds.
fn after(sql: &str) -> Difference {
    let (bench, file) = closed();
    let changed = file.execute(sql, []).unwrap();
    assert!(changed > 0, "nothing was changed by {sql}");
    drop(file);
    difference(&bench)
}

fn is_row(difference: &Difference, name: &str) -> bool {
    matches!(difference, Difference::Row { table, .. } if *table == name)
}

#[test]
fn folder_without_a_ledger_is_reported_as_absent() {
    let folder = tempfile::tempdir().unwrap();
    let refused = fsck(folder.path(), &[]);
    assert!(matches!(refused, Err(FsckError::Open { source: OpenError::Absent { .. } })));
}

#[test]
fn untouched_ledger_is_sound() {
    let (bench, _file) = closed();
    let sound = fsck(bench.folder.path(), &bench.settings.pinned).unwrap();
    assert_eq!(sound.transactions, 5);
    assert_eq!(sound.height, BlockHeight::new(4));
}

#[test]
fn changed_receipt_is_found() {
    let (bench, file) = closed();
    let receipt: Vec<u8> = file
        .query_row("SELECT receipt FROM transactions WHERE status = 1", [], |row| row.get(0))
        .unwrap();
    let receipt = Receipt::decode(&receipt).unwrap();
    let txid = receipt.txid;
    let forged = Receipt { status: Status::Success, ..receipt }.encode();
    file.execute("UPDATE transactions SET receipt = ?, status = 0 WHERE status = 1", [forged])
        .unwrap();
    assert_eq!(difference(&bench), Difference::Receipt { txid });
}

#[test]
fn changed_status_column_is_found() {
    assert!(is_row(&after("UPDATE transactions SET status = 0 WHERE status = 1"), "transactions"));
}

#[test]
fn changed_state_is_found() {
    let found = after(
        "UPDATE state SET value = X'0100000000000000000000000000000063' WHERE key LIKE '%::count'",
    );
    assert!(
        matches!(&found, Difference::Row { table: "state", row } if row.ends_with("::count")),
        "{found:?}"
    );
}

#[test]
fn added_or_dropped_state_is_found() {
    assert!(is_row(&after("INSERT INTO state (key, value) VALUES ('zzz', 'x')"), "state"));
    assert!(is_row(&after("DELETE FROM state WHERE key LIKE '%::count'"), "state"));
}

#[test]
fn changed_balance_is_found() {
    let found = after(
        "UPDATE state SET value = X'000000000000000000ffffffffffffff0000000000000000000000000000000000000000000000000000'
         WHERE key LIKE 'vm-account::%::19'",
    );
    assert!(is_row(&found, "state"), "{found:?}");
}

#[test]
fn changed_contract_source_is_found() {
    let found =
        after("UPDATE contract_metadata SET value = value || ' ' WHERE key LIKE '%contract-src'");
    assert!(is_row(&found, "contract_metadata"), "{found:?}");
}

#[test]
fn changed_parsed_contract_is_found() {
    let found = after(
        "UPDATE contract_metadata SET value = replace(value, 'ERR_ZERO', 'ERR_NULL')
         WHERE key = 'vm-metadata::9::contract' AND contract LIKE '%.counter'",
    );
    assert!(is_row(&found, "contract_metadata"), "{found:?}");
}

#[test]
fn dropped_transaction_is_found() {
    let found = after("DELETE FROM transactions WHERE sequence = 4");
    assert_eq!(
        found,
        Difference::Header { height: BlockHeight::new(4), field: "transaction count" }
    );
    // Bob's second and third call need the first one's nonce.
    let found = after("DELETE FROM transactions WHERE sequence = 1");
    assert_eq!(found, Difference::Transaction { height: BlockHeight::new(2), position: 0 });
}

#[test]
fn changed_transaction_is_found() {
    let (bench, file) = closed();
    let raw: Vec<u8> = file
        .query_row("SELECT raw FROM transactions WHERE sequence = 4", [], |row| row.get(0))
        .unwrap();
    let mut changed = raw.clone();
    let last = changed.len() - 40;
    changed[last] ^= 1;
    file.execute("UPDATE transactions SET raw = ? WHERE sequence = 4", [changed]).unwrap();
    assert_eq!(
        difference(&bench),
        Difference::Transaction { height: BlockHeight::new(4), position: 0 }
    );
}

#[test]
fn swapped_transactions_are_found() {
    let (bench, file) = closed();
    file.execute("UPDATE transactions SET position = 9 WHERE sequence = 1", []).unwrap();
    assert_eq!(
        difference(&bench),
        Difference::Transaction { height: BlockHeight::new(2), position: 0 }
    );
}

#[test]
fn dropped_or_changed_operation_is_found() {
    let height = BlockHeight::new(3);
    let found = after("DELETE FROM operations WHERE height = 3");
    assert!(matches!(found, Difference::Header { height: at, .. } if at == height), "{found:?}");
    let found = after("UPDATE operations SET operation = X'020000000000000063' WHERE height = 3");
    assert_eq!(found, Difference::Header { height, field: "burn height" });
}

#[test]
fn second_genesis_is_found() {
    let found = after(
        "INSERT INTO operations (height, position, operation)
         SELECT 3, 1, operation FROM operations WHERE height = 0",
    );
    assert_eq!(found, Difference::Operation { height: BlockHeight::new(3), position: 1 });
}

#[test]
fn changed_header_or_signature_is_found() {
    let (bench, file) = closed();
    let header: Vec<u8> =
        file.query_row("SELECT header FROM blocks WHERE height = 2", [], |row| row.get(0)).unwrap();
    // Each field begins here: chain id, height, parent, burn height, time, roots and counts.
    for (place, field) in [
        (1, "chain id"),
        (8, "height"),
        (9, "parent"),
        (44, "burn height"),
        (53, "operations root"),
        (88, "transaction count"),
        (89, "transactions root"),
        (121, "receipts root"),
        (153, "changes hash"),
    ] {
        let mut changed = header.clone();
        changed[place] ^= 1;
        file.execute("UPDATE blocks SET header = ? WHERE height = 2", [changed]).unwrap();
        let expected = Difference::Header { height: BlockHeight::new(2), field };
        assert_eq!(difference(&bench), expected);
    }
    file.execute("UPDATE blocks SET header = ? WHERE height = 2", [&header]).unwrap();
    assert!(fsck(bench.folder.path(), &bench.settings.pinned).is_ok());
    file.execute("UPDATE blocks SET hash = zeroblob(32) WHERE height = 2", []).unwrap();
    let expected = Difference::Header { height: BlockHeight::new(2), field: "hash" };
    assert_eq!(difference(&bench), expected);
}

#[test]
fn time_that_was_moved_is_found() {
    let (bench, file) = closed();
    let header: Vec<u8> =
        file.query_row("SELECT header FROM blocks WHERE height = 2", [], |row| row.get(0)).unwrap();
    let mut changed = mrms_node::chain::Header::decode(&header).unwrap();
    changed.time = mrms_node::chain::UnixTime::new(GENESIS + 1);
    file.execute(
        "UPDATE blocks SET header = ?, hash = ?, time = ? WHERE height = 2",
        params![changed.encode(), changed.hash().as_bytes(), GENESIS + 1],
    )
    .unwrap();
    // Header and hash agree, but the signature is for another header.
    assert_eq!(difference(&bench), Difference::Signature { height: BlockHeight::new(2) });
}

#[test]
fn another_signature_is_found() {
    let found = after(
        "UPDATE blocks SET signature = (SELECT signature FROM blocks WHERE height = 1) WHERE height = 2",
    );
    assert_eq!(found, Difference::Signature { height: BlockHeight::new(2) });
}

#[test]
fn missing_block_is_found() {
    assert_eq!(
        after("DELETE FROM blocks WHERE height = 2"),
        Difference::MissingBlock { height: BlockHeight::new(2) }
    );
    assert_eq!(after("DELETE FROM blocks"), Difference::Genesis);
}

#[test]
fn missing_rows_of_the_lists_are_found() {
    assert!(is_row(&after("DELETE FROM events"), "events"));
    assert!(is_row(&after("DELETE FROM participants WHERE sequence = 2"), "participants"));
    assert!(is_row(&after("UPDATE contracts SET clarity_version = 3"), "contracts"));
    assert!(is_row(
        &after("UPDATE transactions SET contract = NULL WHERE sequence = 2"),
        "transactions"
    ));
}

/// Applies statements that change no row, and returns the difference that `fsck` finds.
fn planted(sql: &str) -> Difference {
    let (bench, file) = closed();
    file.execute_batch(sql).unwrap();
    drop(file);
    difference(&bench)
}

#[test]
fn whatever_the_file_defines_beside_its_tables_is_found() {
    for (sql, object) in [
        ("CREATE TRIGGER planted AFTER INSERT ON blocks BEGIN DELETE FROM state; END", "trigger planted"),
        ("CREATE VIEW planted AS SELECT * FROM blocks", "view planted"),
        ("CREATE TABLE planted (a)", "table planted"),
        ("CREATE INDEX planted ON blocks (time)", "index planted"),
        ("DROP INDEX transactions_by_block", "index transactions_by_block"),
        ("ALTER TABLE blocks ADD COLUMN planted TEXT", "table blocks"),
        // It would be asked without end.
        (
            "ALTER TABLE blocks RENAME TO hidden;
             CREATE VIEW blocks AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
             SELECT i AS height, X'' AS hash, X'' AS header, X'' AS signature, 0 AS time, 0 AS burn_height FROM n",
            "table hidden",
        ),
    ] {
        let found = planted(sql);
        assert_eq!(found, Difference::Schema { object: object.to_owned() }, "{sql}");
    }
}

#[test]
fn file_with_a_view_in_the_place_of_a_table_does_not_open() {
    let (mut bench, file) = closed();
    file.execute_batch(
        "ALTER TABLE events RENAME TO hidden;
         CREATE VIEW events AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
         SELECT '' AS contract, i AS sequence, 0 AS position FROM n",
    )
    .unwrap();
    drop(file);
    bench.settings.may_begin = false;
    let refused = mrms_node::chain::Ledger::open(bench.folder.path(), bench.settings.clone());
    assert!(matches!(refused, Err(OpenError::Failed { .. })), "{refused:?}");
    assert!(
        mrms_node::chain::copy(bench.folder.path(), &bench.folder.path().join("copy")).is_err()
    );
}

#[test]
fn numbers_by_which_a_file_says_what_it_is_are_compared() {
    for (sql, field) in [
        ("PRAGMA user_version = 0", "user_version"),
        ("PRAGMA application_id = 7", "application_id"),
    ] {
        let found = planted(sql);
        assert!(
            matches!(&found, Difference::FileNumber { field: at, .. } if *at == field),
            "{found}"
        );
    }
}

#[test]
fn changed_note_is_found() {
    let found = after("UPDATE transactions SET note = 'all went well' WHERE status = 1");
    assert!(is_row(&found, "transactions"), "{found:?}");
}

#[test]
fn parsed_contract_that_is_nested_without_end_is_found_and_is_no_crash() {
    let (mut bench, file) = closed();
    let deep = "[".repeat(3_000_000);
    let changed = file
        .execute(
            "UPDATE contract_metadata SET value = ?
             WHERE key = 'vm-metadata::9::contract' AND contract LIKE '%.counter'",
            [&deep],
        )
        .unwrap();
    assert_eq!(changed, 1);
    drop(file);
    assert!(is_row(&difference(&bench), "contract_metadata"));
    // Nor does it crash who calls the contract.
    bench.restart();
    let counter = bench.alice.contract("counter");
    let call = bench.bob.call(&counter, "add", &[uint(1)]);
    let refused = bench.ledger().submit(&call).unwrap_err();
    assert!(matches!(refused, mrms_node::chain::SubmitError::Failed { .. }), "{refused:?}");
    let count = bench.call_read_only(&counter, "get-count", &[], &bench.bob.principal);
    assert!(matches!(count, Err(mrms_node::chain::ReadError::Failed { .. })), "{count:?}");
}

#[test]
fn missing_key_is_found() {
    let (bench, _file) = closed();
    let path = bench.folder.path().join("node.key");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(difference(&bench), Difference::NoNodeKey { path });
}

#[test]
fn key_of_another_node_is_found() {
    let (bench, _file) = closed();
    std::fs::write(bench.folder.path().join("node.key"), "22".repeat(32)).unwrap();
    assert_eq!(difference(&bench), Difference::NodeKey);
}
