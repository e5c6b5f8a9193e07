//! A vault that is killed at every point, once for each time that it comes by there.
//!
//! The test runs itself as another process, which works through one script and dies at a point.
//! What it had handed out by then it has written down. The folder is then opened again, in a world
//! where the whole script has happened: no share without its line, no line twice, no entry given
//! again, no key without its row, and nothing left of what was to go.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use mrms_core::Rights;
use mrms_vault::guardian::Guardian;
use mrms_vault::guardian::faults::{Point, at_every_point};
use mrms_vault::protocol::{Erasure, LogLine, RefusalReason, Topic};

use crate::support::*;

const FOLDER: &str = "MRMS_TEST_KILL_FOLDER";
const PLACE: &str = "MRMS_TEST_KILL_PLACE";

/// Whether the script is worked through, or only what it does to the chain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    ChainAlone,
}

/// Deposits, releases, a revoke that the watcher sees, another grant, an erasure. Says which
/// entries shares were to be released against; `told` hears of each share that was.
fn script(
    world: &mut World,
    part: Part,
    vault: Option<&Guardian>,
    told: &mut dyn FnMut(Entry),
) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut open = |world: &mut World| {
        let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
        entries.push(entry);
        let request = world.request(READER, 1, entry);
        if let Some(vault) = vault {
            vault.release(&request).unwrap();
            told(entry);
        }
    };
    let leave = |world: &mut World| {
        let left = world.deposit(READER, &[1]);
        vault.map(|vault| vault.deposit(&left).unwrap())
    };
    leave(world);
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    open(world);
    open(world);
    world.chain.lock().revoke(RECORD, READER);
    vault.map(|vault| vault.watch(10).unwrap());
    world.chain.lock().burn += 1;
    leave(world);
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    open(world);
    let erasure = world.sign(Erasure { record_id: RECORD, blobs: Vec::new() }, PATIENT);
    vault.map(|vault| vault.erase(&erasure).unwrap());
    if part == Part::ChainAlone {
        world.pass(1);
    }
    entries
}

/// Not a test of its own: what the other process does.
#[test]
fn worker() {
    let (Ok(folder), Ok(place)) = (std::env::var(FOLDER), std::env::var(PLACE)) else { return };
    let (point, nth) = place.split_once(' ').unwrap();
    let nth: usize = nth.parse().unwrap();
    let (point, came_by) = (point.to_owned(), AtomicUsize::new(0));
    at_every_point(move |at| {
        if format!("{at:?}") == point && came_by.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            // As a kill does: nothing is flushed, nobody unwinds.
            std::process::abort();
        }
    });
    let folder = Path::new(&folder);
    let mut told = File::create(folder.join("told")).unwrap();
    let mut world = World::new();
    let vault = world.try_open(&folder.join("vault")).unwrap();
    script(&mut world, Part::All, Some(&vault), &mut |entry| {
        writeln!(told, "{}", entry.index).unwrap();
    });
    drop(vault);
    writeln!(told, "done").unwrap();
}

/// Runs the worker until it dies at the `nth` time that it comes by; says whether it did.
fn dies(folder: &Path, point: Point, nth: usize) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kills::worker", "--test-threads", "1"])
        .env(FOLDER, folder)
        .env(PLACE, format!("{point:?} {nth}"))
        .output()
        .unwrap();
    let told = fs::read_to_string(folder.join("told")).unwrap();
    let finished = told.ends_with("done\n");
    assert_eq!(output.status.success(), finished, "{}", String::from_utf8_lossy(&output.stdout));
    !finished
}

fn released(lines: &[LogLine]) -> Vec<u64> {
    let releases = lines.iter().filter(|line| line.topic == Topic::Release);
    releases.map(|line| line.audit_index.unwrap()).collect()
}

fn check(folder: &Path, place: &str) {
    let told = fs::read_to_string(folder.join("told")).unwrap();
    let told: BTreeSet<u64> = told.lines().filter_map(|line| line.parse().ok()).collect();
    let mut world = World::new();
    let entries = script(&mut world, Part::ChainAlone, None, &mut |_| {});
    world.reseed(77);
    let path = folder.join("vault");
    let vault = world.try_open(&path).unwrap();
    assert_eq!(vault.verify_log().unwrap(), vault.anchor(), "{place}");
    let statistics = vault.statistics().unwrap();
    assert_eq!(statistics.keys_to_destroy, 0, "{place}");
    assert_eq!(keys_in(&path) as u64, statistics.key_slots, "{place}: a key without its row");

    let lines = world.lines(&vault);
    let with_line = released(&lines);
    let once: BTreeSet<u64> = with_line.iter().copied().collect();
    assert_eq!(once.len(), with_line.len(), "{place}: an entry was used twice");
    assert!(told.is_subset(&once), "{place}: a share without its line");
    for topic in [Topic::Deposit, Topic::Erase] {
        let requests = lines.iter().filter(|line| line.topic == topic).map(|line| line.request);
        let different: BTreeSet<_> = requests.collect();
        assert_eq!(different.len(), count(&lines, topic), "{place}: a line twice");
    }
    let was_erased = count(&lines, Topic::Erase) == 1;
    assert!(!was_erased || statistics.shares == 0, "{place}: erased, and still there");
    for entry in &entries {
        let request = world.request(READER, 1, *entry);
        match vault.release(&request) {
            Ok(_) => assert!(!once.contains(&entry.index) && !was_erased, "{place}: given again"),
            Err(refusal) if once.contains(&entry.index) => {
                assert_eq!(refusal.reason, RefusalReason::EntryUsed, "{place}");
            }
            Err(_) => {}
        }
    }
    let erasure = world.sign(Erasure { record_id: RECORD, blobs: Vec::new() }, PATIENT);
    vault.erase(&erasure).unwrap();
    assert_eq!(keys_in(&path), 0, "{place}");
}

#[test]
fn killed_at_any_point_it_has_told_what_it_gave_and_gives_nothing_twice() {
    let mut killed = 0;
    for point in Point::ALL {
        for nth in 1.. {
            let folder = tempfile::tempdir().unwrap();
            let died = dies(folder.path(), point, nth);
            check(folder.path(), &format!("{point:?} {nth}"));
            if !died {
                assert!(nth > 1, "it never comes by at {point:?}");
                break;
            }
            killed += 1;
        }
    }
    assert!(killed >= 20, "only {killed} kills");
}
