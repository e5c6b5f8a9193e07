//! What is missing of a ledger is noticed when it is opened, checked, copied or exported: a log that was lost, an older
//! file in the place of a newer one, and all of it. Nothing begins a second time. Going on without it is on record.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use mrms_node::chain::{
    BlockHeight, FsckError, Gap, Ledger, Mark, NotedMark, OpenError, Operation, Settings,
    accept_loss, copy, export, fsck, must_have_blocks, read_mark,
};

use crate::durability::child;
use crate::support::{Bench, COUNTER, uint};

fn gap(refused: Result<impl Sized, OpenError>) -> Gap {
    match refused {
        Err(OpenError::Behind { gap }) => *gap,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("nothing was missed"),
    }
}

fn mark_of(bench: &Bench) -> Mark {
    let tip = bench.tip();
    Mark { genesis: bench.ledger().identity().genesis, height: tip.height, hash: tip.hash }
}

/// Copies a file of a ledger's folder, if it is there.
fn take(from: &Path, to: &Path, name: &str) {
    if from.join(name).exists() {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

/// A ledger with a few blocks, which is open.
fn used() -> Bench {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    bench.bob_calls(&counter, "add", &[uint(2)]);
    bench
}

/// Puts the file of before some blocks back in the place of that with them. Returns the newest block.
fn with_an_older_file(bench: &mut Bench) -> Mark {
    bench.ledger = None;
    let file = bench.folder.path().join("ledger.sqlite");
    let older = fs::read(&file).unwrap();
    bench.restart();
    let counter = bench.alice.contract("counter");
    for number in 1..4 {
        bench.bob_calls(&counter, "add", &[uint(number)]);
    }
    let newest = mark_of(bench);
    bench.ledger = None;
    fs::write(&file, older).unwrap();
    newest
}

#[test]
fn closing_merges_the_log_so_that_the_file_alone_is_the_ledger() {
    let mut bench = used();
    let bob = bench.bob.principal.clone();
    // A read thread has the file open as well.
    assert_eq!(bench.nonce(&bob), 1);
    let newest = mark_of(&bench);
    let log = bench.folder.path().join("ledger.sqlite-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0);
    bench.ledger = None;
    assert!(!log.exists());
    let alone = tempfile::tempdir().unwrap();
    for name in ["ledger.sqlite", "node.key"] {
        take(bench.folder.path(), alone.path(), name);
    }
    let ledger = Ledger::open(alone.path(), bench.settings.clone()).unwrap();
    assert_eq!(ledger.read(|snapshot| snapshot.tip()).unwrap().hash, newest.hash);
    assert_eq!(read_mark(&alone.path().join("node.mark")).unwrap(), Some(newest));
}

#[test]
fn log_that_was_lost_with_everything_in_it_is_missed_and_nothing_begins_anew() {
    let bench = used();
    let newest = mark_of(&bench);
    // As after a kill: the log was not merged, and somebody thought that it was of no use.
    let lost = tempfile::tempdir().unwrap();
    for name in ["ledger.sqlite", "node.key", "node.mark"] {
        take(bench.folder.path(), lost.path(), name);
    }
    let file = lost.path().join("ledger.sqlite");
    let before = fs::read(&file).unwrap();
    for may_begin in [true, false] {
        let mut settings = bench.settings.clone();
        settings.may_begin = may_begin;
        let gap = gap(Ledger::open(lost.path(), settings));
        assert_eq!((gap.ends, gap.has_log), (None, false));
        assert_eq!(gap.missing.as_ref().map(|one| one.mark), Some(newest));
        let said = gap.to_string();
        assert!(said.contains("ledger.sqlite-wal") && said.contains("node.mark"), "{said}");
        assert!(said.contains(&format!("block {}", newest.height)), "{said}");
    }
    assert!(matches!(
        fsck(lost.path(), &[]),
        Err(FsckError::Open { source: OpenError::Behind { .. } })
    ));
    gap(copy(lost.path(), &lost.path().join("copy")));
    assert!(export(lost.path(), Vec::new()).is_err());
    gap(accept_loss(lost.path(), &bench.settings, &[]));
    assert_eq!(fs::read(&file).unwrap(), before, "the file was written");
    // Found again, it is as if nothing had been.
    take(bench.folder.path(), lost.path(), "ledger.sqlite-wal");
    let ledger = Ledger::open(lost.path(), bench.settings.clone()).unwrap();
    assert_eq!(ledger.read(|snapshot| snapshot.tip()).unwrap().hash, newest.hash);
}

#[test]
fn what_was_acknowledged_before_a_kill_is_missed_without_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = child(folder.path(), "write").spawn().unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut answered = 0;
    while answered < 20 {
        answered += u32::from(lines.next().unwrap().unwrap().starts_with("included "));
    }
    writer.kill().unwrap();
    writer.wait().unwrap();
    let mark = read_mark(&folder.path().join("node.mark")).unwrap().unwrap();
    assert!(mark.height.get() >= answered, "{mark:?} after {answered} blocks");
    let away = folder.path().join("away");
    fs::rename(folder.path().join("ledger.sqlite-wal"), &away).unwrap();
    let missed = gap(Ledger::open(folder.path(), Settings::default()));
    assert_eq!(missed.missing.map(|one| one.mark), Some(mark));
    let _ = fs::remove_file(folder.path().join("ledger.sqlite-wal"));
    fs::rename(&away, folder.path().join("ledger.sqlite-wal")).unwrap();
    Ledger::open(folder.path(), Settings::default()).unwrap();
}

#[test]
fn older_file_in_the_place_of_a_newer_one_is_missed() {
    let mut bench = used();
    let newest = with_an_older_file(&mut bench);
    let missed = gap(Ledger::open(bench.folder.path(), bench.settings.clone()));
    assert_eq!(missed.ends, Some(BlockHeight::new(2)));
    assert_eq!(missed.missing.map(|one| one.mark), Some(newest));
    gap(must_have_blocks(bench.folder.path(), &[]));
}

#[test]
fn older_copy_of_the_whole_folder_is_missed_by_the_mark_outside_of_it() {
    let outside = tempfile::tempdir().unwrap();
    let beside = outside.path().join("ledger.mark");
    let mut bench = Bench::with(|settings| settings.mark_beside = Some(beside.clone()));
    bench.publish("counter", COUNTER);
    bench.ledger = None;
    let older = tempfile::tempdir().unwrap();
    let files = ["ledger.sqlite", "node.key", "node.mark"];
    files.iter().for_each(|name| take(bench.folder.path(), older.path(), name));
    bench.restart();
    let counter = bench.alice.contract("counter");
    bench.bob_calls(&counter, "add", &[uint(1)]);
    let newest = mark_of(&bench);
    bench.ledger = None;
    files.iter().for_each(|name| take(older.path(), bench.folder.path(), name));
    let missed = gap(Ledger::open(bench.folder.path(), bench.settings.clone()));
    let missing = missed.missing.unwrap();
    assert_eq!(missing.mark, newest);
    assert!(missing.noted.contains("ledger.mark"), "{missing:?}");
    // Without its files nothing begins under the key.
    fs::remove_file(bench.folder.path().join("ledger.sqlite")).unwrap();
    fs::remove_file(bench.folder.path().join("node.mark")).unwrap();
    let missed = gap(Ledger::open(bench.folder.path(), bench.settings.clone()));
    assert_eq!(missed.ends, None);
    assert!(!bench.folder.path().join("ledger.sqlite").exists());
}

#[test]
fn another_ledger_in_its_place_is_told_apart() {
    let mut bench = used();
    bench.ledger = None;
    let mut other = used();
    other.ledger = None;
    for name in ["ledger.sqlite", "node.key"] {
        take(other.folder.path(), bench.folder.path(), name);
    }
    let missed = gap(Ledger::open(bench.folder.path(), bench.settings.clone()));
    assert!(missed.is_other, "{missed}");
    gap(accept_loss(bench.folder.path(), &bench.settings, &[]));
}

#[test]
fn key_that_was_left_by_a_genesis_that_did_not_end_begins_the_ledger() {
    let mut bench = Bench::new();
    bench.ledger = None;
    let left = tempfile::tempdir().unwrap();
    take(bench.folder.path(), left.path(), "node.key");
    let mut settings = bench.settings.clone();
    settings.may_begin = false;
    assert_eq!(gap(Ledger::open(left.path(), settings)).missing, None);
    let ledger = Ledger::open(left.path(), bench.settings.clone()).unwrap();
    assert!(read_mark(&left.path().join("node.mark")).unwrap().is_some());
    drop(ledger);
}

#[test]
fn ledger_of_before_there_were_marks_gets_one() {
    let mut bench = used();
    let newest = mark_of(&bench);
    bench.ledger = None;
    let mark = bench.folder.path().join("node.mark");
    fs::remove_file(&mark).unwrap();
    assert!(fsck(bench.folder.path(), &[]).is_ok());
    bench.restart();
    assert_eq!(read_mark(&mark).unwrap(), Some(newest));
}

#[test]
fn mark_that_is_damaged_is_named() {
    let mut bench = used();
    bench.ledger = None;
    let mark = bench.folder.path().join("node.mark");
    fs::write(&mark, "nothing").unwrap();
    let refused = Ledger::open(bench.folder.path(), bench.settings.clone());
    assert!(matches!(refused, Err(OpenError::MarkDamaged { path }) if path == mark));
    assert_eq!(accept_loss(bench.folder.path(), &bench.settings, &[]).unwrap(), []);
    bench.restart();
}

#[test]
fn loss_that_was_accepted_is_on_record_and_the_ledger_goes_on() {
    let mut bench = used();
    let newest = with_an_older_file(&mut bench);
    // Somebody else had noted a block below that one.
    let below = Mark { height: BlockHeight::new(3), ..newest };
    let noted = NotedMark { mark: below, noted: "a profile".to_owned() };
    gap(must_have_blocks(bench.folder.path(), std::slice::from_ref(&noted)));
    let noted = std::slice::from_ref(&noted);
    let lost = accept_loss(bench.folder.path(), &bench.settings, noted).unwrap();
    assert_eq!(lost, [newest, below]);
    bench.restart();
    let tip = bench.tip();
    assert_eq!(tip.height, BlockHeight::new(3));
    let operations = bench.block(tip.height).unwrap().operations;
    let loss = |mark: Mark| Operation::Loss { height: mark.height, hash: mark.hash };
    assert_eq!(operations, [loss(newest), loss(below)]);
    // Whoever noted one of them finds it on record.
    must_have_blocks(bench.folder.path(), noted).unwrap();
    bench.bob.nonce = 1;
    let counter = bench.alice.contract("counter");
    bench.bob_calls(&counter, "add", &[uint(40)]);
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(42));
    bench.ledger = None;
    let sound = fsck(bench.folder.path(), &[]).unwrap();
    assert_eq!((sound.losses, sound.reverts, sound.height), (2, 0, BlockHeight::new(4)));
    assert_eq!(accept_loss(bench.folder.path(), &bench.settings, noted).unwrap(), []);
    assert_eq!(fsck(bench.folder.path(), &[]).unwrap(), sound);
}

#[test]
fn record_of_a_loss_cannot_be_removed_or_forged() {
    let mut bench = used();
    with_an_older_file(&mut bench);
    accept_loss(bench.folder.path(), &bench.settings, &[]).unwrap();
    let file = rusqlite::Connection::open(bench.folder.path().join("ledger.sqlite")).unwrap();
    file.execute("DELETE FROM operations WHERE height = 3", []).unwrap();
    assert!(matches!(fsck(bench.folder.path(), &[]), Err(FsckError::Differs { .. })));
}

#[test]
fn revert_takes_the_mark_along_also_if_the_process_ends_in_between() {
    let mut bench = used();
    let snapshot = bench.ledger().save_snapshot().unwrap();
    let counter = bench.alice.contract("counter");
    for number in 1..4 {
        bench.bob_calls(&counter, "add", &[uint(number)]);
    }
    let mark = bench.folder.path().join("node.mark");
    let before = fs::read(&mark).unwrap();
    let dropped = mark_of(&bench);
    bench.ledger().revert(&snapshot).unwrap();
    assert_eq!(read_mark(&mark).unwrap(), Some(mark_of(&bench)));
    let tip = mark_of(&bench);
    bench.ledger = None;
    fs::write(&mark, before).unwrap();
    assert_eq!(read_mark(&mark).unwrap(), Some(dropped));
    bench.restart();
    assert_eq!(read_mark(&mark).unwrap(), Some(tip));
}

#[test]
fn copy_and_import_have_a_mark_of_their_own() {
    let mut bench = used();
    let target = bench.folder.path().join("copy");
    copy(bench.folder.path(), &target).unwrap();
    let copied = mark_of(&bench);
    let counter = bench.alice.contract("counter");
    bench.bob_calls(&counter, "add", &[uint(1)]);
    assert_eq!(read_mark(&target.join("node.mark")).unwrap(), Some(copied));
    Ledger::open(&target, bench.settings.clone()).unwrap();
}
