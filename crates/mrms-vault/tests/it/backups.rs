//! Backups, copies, and that none of them brings back what was taken away.

use std::path::{Path, PathBuf};

use mrms_core::Rights;
use mrms_vault::guardian::{BackupError, BackupKeys, Guardian, OpenError, restore};
use mrms_vault::protocol::{RefusalReason, Topic};

use crate::support::*;

fn granted() -> (World, Guardian) {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let vault = world.open();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    (world, vault)
}

fn beside(world: &World, name: &str) -> PathBuf {
    world.folder.path().join(name)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn a_backup_from_before_a_revoke_releases_nothing_after_it() {
    for keys in [BackupKeys::LeaveOut, BackupKeys::Include] {
        let (mut world, vault) = granted();
        let backup = beside(&world, "backup");
        let manifest = vault.backup_to(&backup, keys).unwrap();
        assert_eq!(manifest.count, vault.anchor().count);
        let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
        drop(vault);
        world.chain.lock().revoke(RECORD, READER);
        let again = beside(&world, "again");
        restore(&backup, &again).unwrap();
        let vault = world.try_open(&again).unwrap();
        assert_eq!(keys_in(&again), 0, "{keys:?}");
        assert_eq!(vault.statistics().unwrap().shares, 0);
        let signed = world.request(READER, 1, entry);
        assert!(vault.release(&signed).is_err());
        let lines = world.lines(&vault);
        assert_eq!(count(&lines, Topic::Release), 0);
        assert_eq!(count(&lines, Topic::Forget), 1);
    }
}

#[test]
fn what_was_used_after_the_backup_is_not_given_again_by_the_restored_vault() {
    let (mut world, vault) = granted();
    let backup = beside(&world, "backup");
    vault.backup_to(&backup, BackupKeys::Include).unwrap();
    let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
    let signed = world.request(READER, 1, entry);
    vault.release(&signed).unwrap();
    drop(vault);
    world.pass(10);
    let again = beside(&world, "again");
    restore(&backup, &again).unwrap();
    let vault = world.try_open(&again).unwrap();
    assert_refused(vault.release(&signed), RefusalReason::Clock);
    let second = world.request(READER, 1, entry);
    assert_refused(vault.release(&second), RefusalReason::EntryStale);
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
    drop(vault);
    let vault = world.try_open(&again).unwrap();
    let third = world.request(READER, 1, entry);
    assert_refused(vault.release(&third), RefusalReason::EntryStale);
}

#[test]
fn a_backup_without_keys_has_the_log_and_no_share() {
    let (mut world, vault) = granted();
    world.open_version(&vault, READER, 1).unwrap();
    let backup = beside(&world, "backup");
    vault.backup_to(&backup, BackupKeys::LeaveOut).unwrap();
    assert_eq!(keys_in(&backup), 0);
    let anchor = vault.anchor();
    drop(vault);
    let again = beside(&world, "again");
    restore(&backup, &again).unwrap();
    let vault = world.try_open(&again).unwrap();
    assert_eq!(vault.verify_log().unwrap().count, anchor.count + 1, "and a line about the loss");
    assert_refused(world.open_version(&vault, READER, 1), RefusalReason::NoShare);
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
}

#[test]
fn a_restored_vault_answers_nobody_before_it_has_asked_the_chain() {
    let (world, vault) = granted();
    let backup = beside(&world, "backup");
    vault.backup_to(&backup, BackupKeys::Include).unwrap();
    drop(vault);
    world.chain.lock().trouble = Trouble::Unreachable;
    assert!(matches!(world.try_open(&backup), Err(OpenError::Restore(_))));
    world.chain.lock().trouble = Trouble::None;
    world.chain.lock().revoke(RECORD, READER);
    drop(world.try_open(&backup).unwrap());
    assert_eq!(keys_in(&backup), 0);
    world.chain.lock().trouble = Trouble::Unreachable;
    world.try_open(&backup).unwrap();
}

#[cfg(unix)]
#[test]
fn a_folder_that_was_copied_by_hand_is_a_restored_one() {
    let (mut world, vault) = granted();
    drop(vault);
    let copied = beside(&world, "copied");
    copy(&world.path(), &copied);
    let vault = world.open();
    let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
    let signed = world.request(READER, 1, entry);
    vault.release(&signed).unwrap();
    drop(vault);
    let vault = world.try_open(&copied).unwrap();
    let second = world.request(READER, 1, entry);
    assert_refused(vault.release(&second), RefusalReason::EntryStale);
}

#[test]
fn a_folder_with_the_mark_of_a_restored_one_is_one_until_it_was_opened() {
    let (mut world, vault) = granted();
    drop(vault);
    let mark = world.path().join("restored");
    std::fs::write(&mark, b"").unwrap();
    let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
    let vault = world.open();
    assert!(!mark.exists());
    let request = world.request(READER, 1, entry);
    assert_refused(vault.release(&request), RefusalReason::EntryStale);
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
}

#[test]
fn a_backup_is_made_while_others_write_and_its_log_is_whole() {
    let (mut world, vault) = granted();
    let asked: Vec<_> = (0..64)
        .map(|_| {
            let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
            world.request(READER, 1, entry)
        })
        .collect();
    let (first, second) = (beside(&world, "first"), beside(&world, "second"));
    std::thread::scope(|scope| {
        let vault = &vault;
        scope.spawn(move || {
            for signed in &asked {
                vault.release(signed).unwrap();
            }
        });
        vault.backup_to(&first, BackupKeys::Include).unwrap();
        vault.backup_to(&second, BackupKeys::LeaveOut).unwrap();
    });
    assert!(matches!(
        vault.backup_to(&first, BackupKeys::Include),
        Err(BackupError::Exists { .. })
    ));
    drop(vault);
    for backup in [first, second] {
        let vault = world.try_open(&backup).unwrap();
        assert!(vault.verify_log().unwrap().count >= 1);
    }
}

#[test]
fn a_backup_that_is_not_what_its_manifest_says_is_not_put_back() {
    let (mut world, vault) = granted();
    let backup = beside(&world, "backup");
    vault.backup_to(&backup, BackupKeys::Include).unwrap();
    let manifest = std::fs::read_to_string(backup.join("manifest.json")).unwrap();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    let later = beside(&world, "later");
    vault.backup_to(&later, BackupKeys::Include).unwrap();
    std::fs::write(later.join("manifest.json"), manifest).unwrap();
    let again = beside(&world, "again");
    assert!(matches!(restore(&later, &again), Err(BackupError::Damaged { .. })));
    assert!(!again.exists());
    std::fs::remove_file(later.join("manifest.json")).unwrap();
    assert!(matches!(restore(&later, &again), Err(BackupError::File { .. })));
}
