//! Faults of the disk: bytes that are lost, torn, put in the wrong place, or of before; and files that are gone.

use std::fs;
use std::path::Path;

use super::random::Random;
use super::with_seeds;
use super::world::{Found, World};

const PAGE: usize = 4096;
const FILE: &str = "ledger/ledger.sqlite";
const LOG: &str = "ledger/ledger.sqlite-wal";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The power was lost, and the disk has all that was synced.
    Power,
    /// A file is gone.
    LostFile,
    /// The end of the log did not reach the disk.
    CutLog,
    /// A sector of the log was written in part.
    TornLog,
    /// A few bits of the file changed.
    Flipped,
    /// A write of a sector was lost on a new page: there is nothing.
    Zeroed,
    /// A page was written in the place of another one.
    Misplaced,
    /// A write of a page was lost: what was there before is there. The page is sound in itself.
    Stale,
    /// The end of the file is gone.
    CutFile,
}

use Fault::*;

/// Faults while the ledger is open, with its newest blocks in the log.
const OPEN: [Fault; 4] = [Power, LostFile, CutLog, TornLog];
/// Faults of the file.
const CLOSED: [Fault; 6] = [Flipped, Zeroed, Misplaced, Stale, CutFile, LostFile];

impl Fault {
    /// Damages the files in `base`, and says how. `older` is the file as it was some blocks before.
    fn strike(self, base: &Path, older: &[u8], random: &mut Random) -> String {
        let path = base.join(match self {
            CutLog | TornLog => LOG,
            _ => FILE,
        });
        let Ok(mut bytes) = fs::read(&path) else { return format!("{self:?}: nothing is there") };
        let length = bytes.len();
        if self == Power {
            return "the power was lost".to_owned();
        }
        if self == LostFile {
            // Somebody's backup has the key; and the mark of the home is outside of what one disk loses.
            let name = *random.pick(&[FILE, LOG, "ledger/node.mark", "ledger/ledger.sqlite-shm"]);
            let _ = fs::remove_file(base.join(name));
            return format!("{name} is gone");
        }
        if length < 2 * PAGE {
            return format!("{self:?}: there is too little");
        }
        let pages = (length / PAGE) as u64;
        let page = |random: &mut Random| random.below(pages) as usize * PAGE;
        let (at, other) = (page(random), page(random));
        match self {
            Power | LostFile => {}
            CutLog | CutFile => bytes.truncate(random.below(length as u64) as usize),
            TornLog => {
                let sector = random.below(length as u64 / 512) as usize * 512;
                bytes[sector..sector + 512].fill(random.next() as u8);
            }
            Flipped => {
                for _ in 0..=random.below(3) {
                    bytes[at + random.below(PAGE as u64) as usize] ^= 1 << random.below(8);
                }
            }
            Zeroed => {
                let sector = at + random.below(8) as usize * 512;
                bytes[sector..sector + 512].fill(0);
            }
            Misplaced => bytes.copy_within(other..other + PAGE, at),
            Stale => match older.get(at..at + PAGE) {
                Some(before) => bytes[at..at + PAGE].copy_from_slice(before),
                None => bytes[at..at + PAGE].fill(0),
            },
        }
        fs::write(&path, bytes).unwrap();
        format!("{self:?} at {at} of {length} bytes (from {other})")
    }
}

/// How often each thing was found.
#[derive(Debug, Default)]
struct Tally {
    right: u32,
    named: u32,
    missing: u32,
    stale: u32,
}

/// Strikes a copy of the world, and looks at what is left.
fn strike(world: &World, fault: Fault, older: &[u8], random: &mut Random, tally: &mut Tally) {
    let copy = world.copy();
    let how = fault.strike(copy.path(), older, random);
    let (fsck, scrub) = world.check(copy.path());
    let is_noticed = fsck.is_err() && scrub.is_err();
    match world.look_at(copy.path()) {
        Found::Right => {
            let is_whole = fsck.is_ok() && scrub.is_ok();
            assert!(fault != Power || is_whole, "{how}: {fsck:?}, {scrub:?}");
            tally.right += 1;
        }
        Found::Named(why) => {
            assert_ne!(fault, Power, "{how}: {why}");
            tally.named += 1;
        }
        // Nobody can see that a row is not there where it should be: the scrub and the check name it.
        Found::Missing(what) => {
            assert!(is_noticed, "{how}: missing in silence, {what}; {fsck:?}, {scrub:?}");
            tally.missing += 1;
        }
        // Nor that a page which is sound in itself is the one of before: it was never written, or one that SQLite has given
        // up, and that still has what it had, lies in its place.
        Found::Former(what) => {
            let is_of_before = matches!(fault, Stale | Misplaced);
            assert!(is_of_before, "{how}: an earlier answer in silence, {what}");
            assert!(is_noticed, "{how}: {what}; {fsck:?}, {scrub:?}");
            tally.stale += 1;
        }
        Found::Wrong(what) => panic!("{how}: a wrong answer in silence, {what}"),
    }
}

#[test]
fn what_was_acknowledged_is_there_or_missed_whatever_the_disk_does() {
    with_seeds("faults of the disk", |mut random| {
        let mut world = World::new();
        let (mut older, mut tally) = (Vec::new(), Tally::default());
        for _ in 0..4 {
            for _ in 0..12 {
                world.step(&mut random);
            }
            for _ in 0..2 {
                let fault = *random.pick(&OPEN);
                strike(&world, fault, &older, &mut random, &mut tally);
            }
            world.close();
            for _ in 0..6 {
                let fault = *random.pick(&CLOSED);
                strike(&world, fault, &older, &mut random, &mut tally);
            }
            older = fs::read(world.base().join(FILE)).unwrap();
        }
        println!("{tally:?}");
    });
}
