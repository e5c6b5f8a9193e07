//! A disk that is full or can't be written: nothing leaves, nothing is lost.
//!
//! The disk is a small one in memory. Mounting takes rights that not every machine gives; a line
//! says so where these tests can't run.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use mrms_core::Rights;
use mrms_vault::protocol::{Erasure, RefusalReason, Topic};

use crate::support::*;

/// A disk of a few MiB, gone when it is dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={mebibytes}m");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(folder)),
            _ => {
                println!("skipped: a small disk cannot be mounted here");
                None
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
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

    fn remount(&self, option: &str) -> bool {
        let options = format!("remount,{option}");
        let mount = Command::new("mount").args(["-o", &options]).arg(self.0.path()).status();
        mount.is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[test]
fn with_a_full_disk_nothing_leaves_and_the_entry_is_good_when_there_is_room() {
    let Some(disk) = SmallDisk::new(8) else { return };
    for spare in [0, 4_096, 8_192] {
        let mut world = World::new();
        world.chain.lock().grant(RECORD, READER, Rights::READ, None);
        let folder = disk.path(&format!("vault-{spare}"));
        let vault = world.try_open(&folder).unwrap();
        let left = world.deposit(READER, &[1]);
        vault.deposit(&left).unwrap();
        disk.fill(spare);
        let (mut refused, mut given) = (Vec::new(), 0);
        for _ in 0..200 {
            let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
            let request = world.request(READER, 1, entry);
            match vault.release(&request) {
                Ok(_) => given += 1,
                Err(refusal) => {
                    assert_eq!(refusal.reason, RefusalReason::LogUnavailable);
                    assert_eq!(refusal.receipt, None);
                    refused.push(entry);
                }
            }
            if refused.len() == 3 {
                break;
            }
        }
        assert_eq!(refused.len(), 3, "the disk was never full with {spare} bytes");
        let left = world.deposit(READER, &[1]);
        assert_refused(vault.deposit(&left), RefusalReason::LogUnavailable);
        let erasure = world.sign(Erasure { record_id: RECORD, blobs: Vec::new() }, PATIENT);
        assert_refused(vault.erase(&erasure), RefusalReason::LogUnavailable);
        disk.make_room();
        for entry in refused {
            let request = world.request(READER, 1, entry);
            assert_is_share(&vault.release(&request).unwrap(), 1);
            given += 1;
        }
        let lines = world.lines(&vault);
        assert_eq!(count(&lines, Topic::Release), given);
        assert_eq!(vault.verify_log().unwrap(), vault.anchor());
        drop(vault);
        let vault = world.try_open(&folder).unwrap();
        assert_eq!(count(&world.lines(&vault), Topic::Release), given);
        drop(vault);
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_vault_on_a_disk_that_cannot_be_written_does_not_open() {
    let Some(disk) = SmallDisk::new(8) else { return };
    let world = World::new();
    let folder = disk.path("vault");
    drop(world.try_open(&folder).unwrap());
    assert!(disk.remount("ro"));
    assert!(world.try_open(&folder).is_err());
    assert!(disk.remount("rw"));
    world.try_open(&folder).unwrap();
}
