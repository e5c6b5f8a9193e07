//! A copy of a ledger is complete and consistent, and can make blocks where the ledger was.

use std::os::unix::fs::PermissionsExt;

use mrms_node::chain::{Ledger, OpenError, copy, fsck};

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
