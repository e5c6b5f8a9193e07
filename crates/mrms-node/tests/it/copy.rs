//! A copy of a ledger is complete and consistent, and can make blocks where the ledger was.

use std::os::unix::fs::PermissionsExt;

use std::io::Read as _;

use mrms_node::chain::{HeldLedger, Ledger, OpenError, copy, export, fsck};
use rusqlite::Connection;

use crate::support::{Bench, COUNTER, uint};

#[test]
fn folder_without_a_ledger_has_no_copy() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let refused = copy(folders[0].path(), folders[1].path());
    assert!(matches!(refused, Err(OpenError::Absent { .. })), "{refused:?}");
    assert_eq!(std::fs::read_dir(folders[1].path()).unwrap().count(), 0);
}

#[test]
fn copy_never_replaces_an_existing_ledger() {
    let (bench, other) = (Bench::new(), Bench::new());
    let before = std::fs::read(other.folder.path().join("node.key")).unwrap();
    let refused = copy(bench.folder.path(), other.folder.path());
    assert!(matches!(refused, Err(OpenError::File { .. })), "{refused:?}");
    assert_eq!(std::fs::read(other.folder.path().join("node.key")).unwrap(), before);
}

#[test]
fn copies_made_during_writes_are_sound_and_can_make_blocks() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let targets = tempfile::tempdir().unwrap();
    let calls: Vec<_> = (0..60).map(|_| bench.bob.call(&counter, "add", &[uint(1)])).collect();
    let ledger = bench.ledger().clone();
    let writer = std::thread::spawn(move || {
        for call in calls {
            ledger.submit(&call).unwrap();
        }
    });
    let mut heights = Vec::new();
    for number in 0..3 {
        let target = targets.path().join(number.to_string());
        let copied = copy(bench.folder.path(), &target).unwrap();
        let sound = fsck(&target, &[]).unwrap();
        assert_eq!((sound.genesis, sound.height), (copied.genesis, copied.height));
        assert_eq!(sound.tip, copied.tip);
        heights.push(copied.height);
        let mode = std::fs::metadata(target.join("ledger.sqlite")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    writer.join().unwrap();
    assert!(heights.is_sorted());

    let last = targets.path().join("last");
    let copied = copy(bench.folder.path(), &last).unwrap();
    assert_eq!(copied.tip, bench.tip().hash);
    let call = bench.bob.call(&counter, "add", &[uint(1)]);
    let restored = Ledger::open(&last, bench.settings.clone()).unwrap();
    restored.submit(&call).unwrap();
    drop(restored);
    assert_eq!(fsck(&last, &[]).unwrap().height.get(), copied.height.get() + 1);
}

/// Tries to move the log into the file, as SQLite does now and then. Returns whether all of it went.
fn moves_all(bench: &Bench) -> bool {
    let file = Connection::open(bench.folder.path().join("ledger.sqlite")).unwrap();
    file.busy_timeout(std::time::Duration::ZERO).unwrap();
    let (busy, log, moved): (bool, i64, i64) = file
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    !busy && log == moved
}

#[test]
fn held_file_stays_as_it_was_while_blocks_are_made_and_is_a_whole_ledger() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    for number in 1..30 {
        bench.bob_calls(&counter, "add", &[uint(number)]);
    }
    let tip = bench.tip();
    let held = HeldLedger::hold(bench.folder.path()).unwrap().unwrap();
    assert_eq!((held.copied().height, held.copied().tip), (tip.height, tip.hash));
    let mut bytes = vec![0; held.length() as usize / 2];
    let mut reader = held.bytes();
    reader.read_exact(&mut bytes).unwrap();
    // Many more blocks than SQLite keeps in its log while nobody reads.
    let calls: Vec<_> = (0..300).map(|_| bench.bob.call(&counter, "add", &[uint(1)])).collect();
    calls.iter().for_each(|call| drop(bench.submit(call)));
    assert!(!moves_all(&bench), "something was moved into the file that is held");
    reader.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, held.length());
    let target = tempfile::tempdir().unwrap();
    let folder = target.path().join("ledger");
    held.write_rest(bench.folder.path(), &folder).unwrap();
    std::fs::write(folder.join("ledger.sqlite"), &bytes).unwrap();
    let sound = fsck(&folder, &[]).unwrap();
    assert_eq!((sound.height, sound.tip), (tip.height, tip.hash));
    drop(reader);
    drop(held);
    assert!(moves_all(&bench), "the file is still held");
    let restored = Ledger::open(&folder, bench.settings.clone()).unwrap();
    restored.submit(&calls[0]).unwrap();
}

#[test]
fn file_can_be_held_while_others_write_and_read_all_the_time() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let calls: Vec<_> = (0..400).map(|_| bench.bob.call(&counter, "add", &[uint(1)])).collect();
    let ledger = bench.ledger().clone();
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for call in &calls {
                ledger.submit(call).unwrap();
                ledger.read(|snapshot| snapshot.tip()).unwrap();
            }
        });
        let mut times = 0;
        while !writing.is_finished() {
            let Some(held) = HeldLedger::hold(bench.folder.path()).unwrap() else { continue };
            let target = tempfile::tempdir().unwrap();
            let folder = target.path().join("ledger");
            held.write_rest(bench.folder.path(), &folder).unwrap();
            let mut bytes = Vec::new();
            held.bytes().read_to_end(&mut bytes).unwrap();
            std::fs::write(folder.join("ledger.sqlite"), &bytes).unwrap();
            let copied = held.copied();
            drop(held);
            let sound = fsck(&folder, &[]).unwrap();
            assert_eq!((sound.height, sound.tip), (copied.height, copied.tip));
            times += 1;
        }
        assert!(times > 0, "it was never held");
    });
}

/// Tries to move the log into the file at each write, and counts how often all of it went.
struct Moves<'a>(&'a Bench, u32);

impl std::io::Write for Moves<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.1 += u32::from(moves_all(self.0));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn nothing_is_held_while_an_export_is_written() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    bench.bob_calls(&counter, "add", &[uint(1)]);
    let mut moves = Moves(&bench, 0);
    export(bench.folder.path(), &mut moves).unwrap();
    assert!(moves.1 > 10, "the log could be moved {} times", moves.1);
}
