//! A disk without room: a clear error, nothing lost, and all is well when room was made.
//!
//! The disk is a small one in memory. Mounting takes rights that not every machine gives; a line
//! says so where these tests can't run.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Home, NOTE, Run, text};

/// A disk of a few MiB, gone when it is dropped.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn new(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={mebibytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { folder }),
            _ => {
                println!("skipped: a small disk cannot be mounted here");
                None
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Fills it up to the last byte, then gives some bytes back.
    fn fill(&self, spare: u64) {
        let mut filler = File::create(self.path("filler")).unwrap();
        while filler.write_all(&[0; 4_096]).is_ok() {}
        let length = filler.metadata().unwrap().len();
        filler.set_len(length.saturating_sub(spare)).unwrap();
    }

    fn make_room(&self) {
        fs::remove_file(self.path("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

#[track_caller]
fn assert_says_so(run: &Run) {
    assert!(matches!(run.code, Some(1 | 6)), "{run:?}");
    let error = run.object()["error"].clone();
    let code = text(&error, "code");
    assert!(["disk-full", "ledger-storage", "vault-storage"].contains(&code), "{error}");
    let message = text(&error, "message");
    assert!(message.contains("space"), "it does not say that there is no room: {error}");
    assert!(text(&error, "hint").contains("room"), "{error}");
}

fn home_on(disk: &SmallDisk) -> Home {
    let mut home = Home::empty_at(&disk.path("home"));
    home.join("patient");
    home.join("clinic");
    home
}

#[test]
fn record_that_does_not_fit_on_the_disk_is_not_half_created() {
    let Some(disk) = SmallDisk::new(16) else { return };
    let home = home_on(&disk);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    home.file("inline.bin", vec![7; 15_000]);
    home.file("vault.bin", vec![8; 1_000_000]);
    for spare in [0, 4_096, 65_536, 204_800] {
        disk.fill(spare);
        assert_says_so(&home.json("patient", &["create", "vault.bin"]));
        let inline = home.json("patient", &["create", "inline.bin", "--id", &spare.to_string()]);
        if inline.code != Some(0) {
            assert_says_so(&inline);
        }
        disk.make_room();
        let listed = home.json("patient", &["list"]).ok().rows();
        let there = listed.iter().any(|row| row["record_id"] == *spare.to_string());
        if inline.code == Some(0) {
            assert!(there, "with {spare} bytes: acknowledged, and lost");
        } else if there {
            // Whoever repeats the command would put it on record twice.
            let said = inline.printed().contains("finish");
            assert!(said, "with {spare} bytes: done later, and nobody was told: {inline:?}");
        }
        home.assert_opens("clinic", &id, NOTE);
    }
    for file in ["inline.bin", "vault.bin"] {
        let created = home.json("patient", &["create", file, "--again"]).ok().object();
        home.assert_opens("patient", text(&created, "record_id"), home.read(file));
    }
    home.assert_unharmed();
}

#[test]
fn what_is_on_record_can_be_read_from_a_full_disk() {
    let Some(disk) = SmallDisk::new(16) else { return };
    let home = home_on(&disk);
    let id = home.create("note.txt", NOTE);
    // As after a process that closed its database in good order.
    let _ = fs::remove_file(home.root().join("ledger").join("ledger.sqlite-shm"));
    disk.fill(0);
    home.json("patient", &["list"]).ok();
    home.json("patient", &["audit", &id]).ok();
    home.json("patient", &["verify", &id]).ok();
    disk.make_room();
    home.assert_opens("patient", &id, NOTE);
}

#[test]
fn command_that_failed_for_want_of_room_keeps_nobody_from_reading() {
    let Some(disk) = SmallDisk::new(16) else { return };
    let home = home_on(&disk);
    let id = home.create("note.txt", NOTE);
    home.file("inline.bin", vec![7; 15_000]);
    for spare in [4_096, 65_536, 131_072] {
        disk.fill(spare);
        let failed = home.json("patient", &["create", "inline.bin", "--again"]).code != Some(0);
        let listed = home.json("patient", &["list"]);
        disk.make_room();
        assert!(listed.ok().printed().contains(&id), "with {spare} bytes, failed: {failed}");
    }
    home.assert_unharmed();
}

#[test]
fn access_into_a_full_disk_leaves_no_part_of_the_content() {
    let Some(disk) = SmallDisk::new(1) else { return };
    let home = Home::with(&["patient"]);
    let large = vec![9; 600_000];
    let id = home.create("scan.bin", &large);
    disk.fill(100_000);
    let output = disk.path("out");
    let output = output.to_str().unwrap();
    assert_says_so(&home.json("patient", &["access", &id, "-o", output]));
    let left: Vec<_> =
        fs::read_dir(disk.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["filler"]);
    disk.make_room();
    home.json("patient", &["access", &id, "-o", output]).ok();
    assert_eq!(fs::read(output).unwrap(), large);
}

#[test]
fn home_that_does_not_fit_is_made_when_there_is_room() {
    let Some(disk) = SmallDisk::new(8) else { return };
    for spare in [0, 8_192, 262_144] {
        disk.fill(spare);
        let mut home = Home::empty_at(&disk.path("home"));
        assert_says_so(&home.json("patient", &["init"]));
        disk.make_room();
        home.join("patient");
        let id = home.create("note.txt", NOTE);
        home.assert_opens("patient", &id, NOTE);
        fs::remove_dir_all(home.root()).unwrap();
    }
}

#[test]
fn backup_to_a_full_disk_leaves_no_file_and_the_home_as_it_was() {
    let Some(disk) = SmallDisk::new(2) else { return };
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.create("scan.bin", vec![5; 3_000_000]);
    let target = disk.path("home.age");
    let line = ["backup", target.to_str().unwrap()];
    assert_says_so(&home.json("patient", &line));
    assert!(!target.exists());
    assert_eq!(fs::read_dir(disk.folder.path()).unwrap().count(), 0);
    assert!(!home.root().join(".backup").exists());
    home.assert_opens("patient", &id, NOTE);
    home.assert_unharmed();
}

#[test]
fn restore_to_a_full_disk_leaves_nothing_there() {
    let Some(disk) = SmallDisk::new(2) else { return };
    let home = Home::with(&["patient"]);
    home.create("scan.bin", vec![5; 3_000_000]);
    home.json("patient", &["backup", "home.age"]).ok();
    home.file("words", home.phrase("patient"));
    let root = disk.path("restored");
    let line = ["restore", "home.age", "--words-file", "words", "--home", root.to_str().unwrap()];
    assert_says_so(&home.json("patient", &line));
    assert_eq!(fs::read_dir(disk.folder.path()).unwrap().count(), 0);
}
