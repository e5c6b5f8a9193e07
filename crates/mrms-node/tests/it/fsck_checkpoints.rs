//! A check that was stopped goes on where it was, and believes nothing that the node did not sign.

use std::path::Path;
use std::time::Duration;

use mrms_node::chain::{
    BlockHeight, Difference, FsckError, FsckPlan, FsckStart, Sound, fsck, fsck_with,
};
use rusqlite::Connection;

use crate::support::{Bench, COUNTER, uint};

/// A ledger with twelve blocks.
fn grown() -> Bench {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    for number in 1..=9 {
        bench.bob_calls(&counter, "add", &[uint(number)]);
    }
    bench.ledger().advance(3).unwrap();
    bench
}

fn check(folder: &Path, start: FsckStart, stop_at: u32) -> Result<Sound, FsckError> {
    let stop = |next: BlockHeight| next.get() >= stop_at;
    let mut plan = FsckPlan::to_the_end(&[], start);
    (plan.snapshot, plan.checkpoint_every) = (Duration::ZERO, Duration::ZERO);
    plan.stop = &stop;
    fsck_with(folder, &plan)
}

fn stopped_at(folder: &Path, height: u32) {
    let stopped = check(folder, FsckStart::Genesis, height);
    assert!(
        matches!(stopped, Err(FsckError::Stopped { next }) if next.get() == height),
        "{stopped:?}"
    );
}

const NEVER: u32 = u32::MAX;
use FsckStart::{Checkpoint, Genesis};

#[test]
fn check_goes_on_where_it_was_stopped_and_finds_what_a_full_one_finds() {
    let mut bench = grown();
    let folder = bench.folder.path().to_owned();
    let full = fsck(&folder, &[]).unwrap();
    assert_eq!(full.executed_from, BlockHeight::new(0));
    assert!(!folder.join("fsck").exists(), "a check without checkpoints left something");
    stopped_at(&folder, 5);
    let from = |height| Sound { executed_from: BlockHeight::new(height), ..full };
    assert_eq!(check(&folder, Checkpoint, NEVER).unwrap(), from(5));
    // At its end it leaves a checkpoint as well: the next check executes what is new.
    assert_eq!(check(&folder, Checkpoint, NEVER).unwrap(), from(12));
    let counter = bench.alice.contract("counter");
    bench.bob_calls(&counter, "add", &[uint(1)]);
    let more = check(&folder, Checkpoint, NEVER).unwrap();
    assert_eq!((more.height, more.executed_from), (BlockHeight::new(12), BlockHeight::new(12)));
    assert_eq!(more.transactions, full.transactions + 1);
    assert_eq!(check(&folder, Genesis, NEVER).unwrap().executed_from, BlockHeight::new(0));
}

#[test]
fn nothing_is_held_between_two_snapshots_so_that_the_log_does_not_grow() {
    let bench = grown();
    let file = bench.folder.path().join("ledger.sqlite");
    let merges = std::sync::Mutex::new(Vec::new());
    let stop = |_| {
        let other = Connection::open(&file).unwrap();
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_busy: bool = other.query_row(sql, [], |row| row.get(0)).unwrap();
        merges.lock().unwrap().push(is_busy);
        false
    };
    let mut plan = FsckPlan::to_the_end(&[], Genesis);
    (plan.snapshot, plan.stop) = (Duration::ZERO, &stop);
    fsck_with(bench.folder.path(), &plan).unwrap();
    assert_eq!(merges.into_inner().unwrap(), [false; 11]);
}

#[test]
fn what_was_changed_below_a_checkpoint_or_in_the_state_is_found() {
    for (sql, table) in [
        ("UPDATE transactions SET status = 1 WHERE sequence = 2", "transactions"),
        ("DELETE FROM participants WHERE sequence = 2", "participants"),
        ("UPDATE contracts SET clarity_version = 1", "contracts"),
        ("DELETE FROM state WHERE key LIKE '%::count'", "state"),
        ("UPDATE state SET value = X'00', sum = 1 WHERE key LIKE '%::count'", "state"),
    ] {
        let mut bench = grown();
        bench.ledger = None;
        let folder = bench.folder.path();
        stopped_at(folder, 6);
        let file = Connection::open(folder.join("ledger.sqlite")).unwrap();
        assert!(file.execute(sql, []).unwrap() > 0);
        let found = check(folder, Checkpoint, NEVER);
        let is_found = match &found {
            Err(FsckError::Differs { difference: Difference::Row { table: name, .. } }) => {
                *name == table
            }
            Err(FsckError::Differs { difference: Difference::Sum { .. } }) => true,
            _ => false,
        };
        assert!(is_found, "{sql}: {found:?}");
    }
}

#[test]
fn checkpoint_that_does_not_hold_is_not_believed() {
    for sql in [
        "UPDATE state SET value = X'00' WHERE key LIKE '%::count'",
        "UPDATE checkpoint SET body = zeroblob(length(body))",
        "UPDATE checkpoint SET signature = zeroblob(65)",
        "DELETE FROM checkpoint",
        "DROP TABLE checkpoint",
        // Of what the state hash does not cover.
        "DROP TABLE transactions",
        "CREATE INDEX planted ON state (value)",
    ] {
        let bench = grown();
        let folder = bench.folder.path();
        stopped_at(folder, 6);
        let work = Connection::open(folder.join("fsck/work.sqlite")).unwrap();
        work.execute_batch(sql).unwrap();
        drop(work);
        let sound = check(folder, Checkpoint, NEVER).unwrap();
        assert_eq!(sound.executed_from, BlockHeight::new(0), "{sql}");
    }
}

#[test]
fn checkpoint_of_another_ledger_is_not_believed() {
    let (bench, other) = (grown(), grown());
    stopped_at(other.folder.path(), 6);
    stopped_at(bench.folder.path(), 6);
    let work = "fsck/work.sqlite";
    std::fs::copy(other.folder.path().join(work), bench.folder.path().join(work)).unwrap();
    let sound = check(bench.folder.path(), Checkpoint, NEVER).unwrap();
    assert_eq!(sound.executed_from, BlockHeight::new(0));
}

#[test]
fn checkpoint_above_a_block_to_which_the_ledger_was_taken_back_is_not_believed() {
    let mut bench = grown();
    let snapshot = bench.ledger().save_snapshot().unwrap();
    let counter = bench.alice.contract("counter");
    for number in 1..4 {
        bench.bob_calls(&counter, "add", &[uint(number)]);
    }
    check(bench.folder.path(), Genesis, NEVER).unwrap();
    bench.ledger().revert(&snapshot).unwrap();
    let sound = check(bench.folder.path(), Checkpoint, NEVER).unwrap();
    assert_eq!((sound.executed_from, sound.reverts), (BlockHeight::new(0), 1));
}

/// Overwrites the file's pages from the third on, the first two of which have what it defines and the checkpoint.
fn damage_pages(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]])).max(512);
    let is_leaf = |page: &[u8]| matches!(page[0], 10 | 13);
    let mut damaged = 0;
    for page in bytes.chunks_mut(page).skip(1).filter(|page| is_leaf(page)) {
        page[8..40].fill(0xff);
        damaged += 1;
    }
    assert!(damaged > 3, "{damaged} pages");
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn damaged_file_of_a_checkpoint_does_not_accuse_the_ledger() {
    let mut bench = grown();
    bench.ledger = None;
    let folder = bench.folder.path();
    stopped_at(folder, 6);
    damage_pages(&folder.join("fsck/work.sqlite"));
    let sound = check(folder, Checkpoint, NEVER).unwrap();
    assert_eq!(sound.executed_from, BlockHeight::new(0));
}

#[test]
fn trigger_in_the_file_of_a_checkpoint_does_not_hide_a_forged_state() {
    let mut bench = grown();
    bench.ledger = None;
    let folder = bench.folder.path();
    stopped_at(folder, 6);
    let stored = Connection::open(folder.join("ledger.sqlite")).unwrap();
    let forged = "UPDATE state SET value = X'00', sum = 1 WHERE key LIKE '%::count'";
    assert_eq!(stored.execute(forged, []).unwrap(), 1);
    let work = Connection::open(folder.join("fsck/work.sqlite")).unwrap();
    let trigger = format!("CREATE TRIGGER planted AFTER UPDATE ON state BEGIN {forged}; END");
    work.execute_batch(&trigger).unwrap();
    drop(work);
    assert!(matches!(check(folder, Checkpoint, NEVER), Err(FsckError::Differs { .. })));
}
