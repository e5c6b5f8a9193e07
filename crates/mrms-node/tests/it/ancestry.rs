//! Each header commits to all blocks below it: proofs of it, old ledgers that go on, and what `fsck` and `import` find.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use mrms_node::chain::ancestry::Frontier;
use mrms_node::chain::{
    AncestryError, BlockHeight, Difference, FsckError, Ledger, OpenError, Proofs, Settings,
    SourceHash, check_export, export, fsck, import,
};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::support::{Actor, Bench, COUNTER, WITHOUT_SUMS, from_hex, uint};

/// The source that runs uncounted in the ledger of the former format.
fn pins() -> [SourceHash; 1] {
    let hash = "1a24f607bf7706c16680102664aed3f065451bb45aa466c6e29ca36ce130053a";
    [SourceHash::from_bytes(from_hex(hash).try_into().unwrap())]
}

fn height(number: u32) -> BlockHeight {
    BlockHeight::new(number)
}

/// A ledger of some blocks.
fn grown(blocks: u64) -> Bench {
    let bench = Bench::new();
    (0..blocks).for_each(|_| bench.ledger().advance(1).unwrap());
    bench
}

/// The root that the header at `number` must commit to, computed from the hashes of all blocks below.
fn expected_root(proofs: &Proofs, number: u32) -> [u8; 32] {
    let mut frontier = Frontier::default();
    for below in 0..number {
        let hash = proofs.header(height(below)).unwrap().unwrap().header.hash();
        frontier.push(hash.as_bytes());
    }
    frontier.root()
}

#[test]
fn every_block_is_shown_to_be_an_ancestor_of_every_later_one() {
    let mut bench = grown(20);
    bench.restart();
    bench.ledger().advance(1).unwrap();
    let proofs = Proofs::open(bench.folder.path()).unwrap();
    let node_key = bench.ledger().identity().node_key;
    for head in 0..=21 {
        let header = proofs.header(height(head)).unwrap().unwrap().header;
        assert_eq!(header.ancestry_root, Some(expected_root(&proofs, head)), "block {head}");
        for below in 0..head {
            let proof = proofs.ancestor(height(below), height(head)).unwrap().unwrap();
            assert_eq!(proof.verify(&node_key), Ok(()), "{below} below {head}");
            assert_eq!(proof.ancestor.header.height, height(below));
            assert_eq!(proof.head.header, header);
            let same =
                bench.read(move |snapshot| snapshot.ancestor_proof(height(below), height(head)));
            assert_eq!(same, Some(proof));
        }
        for above in head..23 {
            assert_eq!(proofs.ancestor(height(above), height(head)).unwrap(), None);
        }
    }
    assert_eq!(proofs.ancestor(height(3), height(22)).unwrap(), None);
}

#[test]
fn altered_proof_of_an_ancestor_is_refused_with_the_cause() {
    let bench = grown(6);
    let node_key = bench.ledger().identity().node_key;
    let proofs = Proofs::open(bench.folder.path()).unwrap();
    let good = proofs.ancestor(height(3), height(6)).unwrap().unwrap();
    let mut path = good.clone();
    path.inclusion_path[0][0] ^= 1;
    assert_eq!(path.verify(&node_key), Err(AncestryError::NoAncestor));
    let mut path = good.clone();
    path.consistency_path[0][0] ^= 1;
    assert_eq!(path.verify(&node_key), Err(AncestryError::Forked));
    let mut other = good.clone();
    other.ancestor = proofs.header(height(2)).unwrap().unwrap();
    assert_eq!(other.verify(&node_key), Err(AncestryError::NoAncestor));
    let mut unsigned = good.clone();
    unsigned.head.header.ancestry_root = Some([7; 32]);
    assert!(matches!(unsigned.verify(&node_key), Err(AncestryError::Block { .. })));
    assert!(matches!(good.verify(&[2; 33]), Err(AncestryError::Block { .. })));
}

#[test]
fn a_block_that_a_revert_dropped_is_no_ancestor_of_what_came_after() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let snapshot = bench.ledger().save_snapshot().unwrap();
    bench.bob_calls(&counter, "add", &[uint(2)]);
    bench.bob_calls(&counter, "add", &[uint(3)]);
    let proofs = Proofs::open(bench.folder.path()).unwrap();
    let dropped = proofs.header(height(2)).unwrap().unwrap();
    let before = proofs.ancestor(height(1), height(3)).unwrap().unwrap();

    bench.ledger().revert(&snapshot).unwrap();
    for _ in 0..3 {
        bench.ledger().advance(1).unwrap();
    }
    let node_key = bench.ledger().identity().node_key;
    let kept = proofs.ancestor(height(1), height(5)).unwrap().unwrap();
    assert_eq!(kept.verify(&node_key), Ok(()));
    assert_eq!(kept.ancestor, before.ancestor);
    let mut forged = proofs.ancestor(height(2), height(5)).unwrap().unwrap();
    assert_eq!(forged.verify(&node_key), Ok(()));
    assert_ne!(forged.ancestor, dropped);
    forged.ancestor = dropped;
    assert_eq!(forged.verify(&node_key), Err(AncestryError::NoAncestor));
    let header = proofs.header(height(5)).unwrap().unwrap().header;
    assert_eq!(header.ancestry_root, Some(expected_root(&proofs, 5)));
    assert!(fsck(bench.folder.path(), &[]).is_ok());
}

#[test]
fn changed_ancestry_is_found() {
    for (sql, next_block_depends_on_it) in [
        ("UPDATE ancestry SET hash = zeroblob(32) WHERE level = 2 AND position = 0", true),
        ("DELETE FROM ancestry WHERE level = 1 AND position = 2", true),
        ("DELETE FROM ancestry WHERE level = 1 AND position = 1", false),
        ("INSERT INTO ancestry (level, position, hash) VALUES (9, 0, zeroblob(32))", false),
    ] {
        let mut bench = grown(6);
        bench.ledger = None;
        let file = Connection::open(bench.folder.path().join("ledger.sqlite")).unwrap();
        assert_eq!(file.execute(sql, []).unwrap(), 1);
        drop(file);
        match fsck(bench.folder.path(), &[]) {
            Err(FsckError::Differs {
                difference: Difference::Row { table, .. } | Difference::Count { table, .. },
            }) => {
                assert_eq!(table, "ancestry", "{sql}");
            }
            other => panic!("{sql}: {other:?}"),
        }
        // What the next block would commit to is checked at each opening.
        let opened = Ledger::open(bench.folder.path(), bench.settings.clone());
        assert_eq!(opened.is_err(), next_block_depends_on_it, "{sql}");
    }
}

/// A ledger that a program made before headers committed to all blocks: its export, and its node's key.
fn old_history() -> (Vec<u8>, PathBuf) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ledgers");
    (std::fs::read(folder.join("format-1.history")).unwrap(), folder.join("format-1.key"))
}

/// Imports the old ledger and takes the file back to the old format.
fn old_ledger() -> (tempfile::TempDir, PathBuf) {
    let (bytes, key) = old_history();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("ledger");
    import(&folder, &mut Cursor::new(bytes), &key, &pins()).unwrap();
    let file = Connection::open(folder.join("ledger.sqlite")).unwrap();
    file.execute_batch(WITHOUT_SUMS).unwrap();
    file.execute_batch("DROP TABLE ancestry; PRAGMA user_version = 1").unwrap();
    (place, folder)
}

fn exported(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    export(folder, &mut bytes).unwrap();
    bytes
}

#[test]
fn an_old_ledger_can_be_checked_and_exported_as_it_is() {
    let (_place, folder) = old_ledger();
    let (bytes, _) = old_history();
    let sound = fsck(&folder, &pins()).unwrap();
    assert_eq!(check_export(&mut Cursor::new(&bytes), &pins()).unwrap(), sound);
    assert_eq!(exported(&folder), bytes);
    let proofs = Proofs::open(&folder).unwrap();
    assert_eq!(proofs.tip().unwrap().header.ancestry_root, None);
    assert_eq!(proofs.ancestor(height(1), sound.height).unwrap(), None);
}

#[test]
fn an_old_ledger_goes_on_and_its_next_block_commits_to_all_before() {
    let (place, folder) = old_ledger();
    let (bytes, key) = old_history();
    let old = fsck(&folder, &pins()).unwrap();
    let ledger = Ledger::open(&folder, Settings::default()).unwrap();
    // Opening it makes the ancestry, and no block.
    assert_eq!(exported(&folder), bytes);
    let mut alice = Actor::new(1);
    let funds = mrms_node::chain::MicroStx::new(1_000_000);
    ledger.faucet(&alice.principal, funds).unwrap();
    ledger.submit(&alice.transfer(&Actor::new(2).principal, 5)).unwrap();

    let proofs = Proofs::open(&folder).unwrap();
    let node_key = ledger.identity().node_key;
    let first = old.height.get() + 1;
    for number in [first, first + 1] {
        let header = proofs.header(height(number)).unwrap().unwrap().header;
        assert_eq!(header.ancestry_root, Some(expected_root(&proofs, number)));
        for below in 0..number {
            let proof = proofs.ancestor(height(below), height(number)).unwrap().unwrap();
            assert_eq!(proof.verify(&node_key), Ok(()), "{below} below {number}");
        }
    }
    assert_eq!(proofs.header(old.height).unwrap().unwrap().header.hash(), old.tip);
    assert_eq!(proofs.ancestor(height(0), old.height).unwrap(), None);
    drop((ledger, proofs));
    let sound = fsck(&folder, &pins()).unwrap();
    assert_eq!(sound.height, height(first + 1));

    let mixed = exported(&folder);
    assert_eq!((bytes[20], mixed[20]), (1, 2), "the format of an export is that of its tip");
    let copy = place.path().join("copy");
    assert_eq!(import(&copy, &mut Cursor::new(&mixed), &key, &pins()).unwrap(), sound);
    assert_eq!(exported(&copy), mixed);
    let mut renamed = mixed.clone();
    renamed[20] = 1;
    let end = renamed.len() - 32;
    let digest = Sha256::digest(&renamed[..end]);
    renamed[end..].copy_from_slice(&digest);
    assert!(check_export(&mut Cursor::new(&renamed), &[]).is_err());
}

#[test]
fn an_interrupted_change_of_format_begins_again() {
    let (_place, folder) = old_ledger();
    let file = Connection::open(folder.join("ledger.sqlite")).unwrap();
    file.execute_batch(
        "BEGIN; CREATE TABLE ancestry (level INTEGER, position INTEGER, hash BLOB);
         PRAGMA user_version = 2",
    )
    .unwrap();
    // The process dies here: nothing of it is committed.
    drop(file);
    let ledger = Ledger::open(&folder, Settings::default()).unwrap();
    ledger.advance(1).unwrap();
    drop(ledger);
    assert!(fsck(&folder, &pins()).is_ok());
}

#[test]
fn a_file_of_a_newer_format_is_refused_in_words() {
    let mut bench = grown(1);
    bench.ledger = None;
    let file = Connection::open(bench.folder.path().join("ledger.sqlite")).unwrap();
    file.execute_batch("PRAGMA user_version = 4").unwrap();
    drop(file);
    let refused = Ledger::open(bench.folder.path(), bench.settings.clone()).unwrap_err();
    assert!(matches!(refused, OpenError::Format { found: 4, supported: 3 }), "{refused}");
    assert_eq!(refused.to_string(), "ledger has format 4, this program reads 3");
}
