//! Backups: makes a consistent copy while the vault runs, and restores one.
//!
//! A backup is a folder that opens as a vault. A marker file in it makes its first opening a restoration. Key files are
//! left out unless asked for: a backup without them has the log and the used entries, and nobody can ever read a share
//! or a salt from it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};

use super::Guardian;
use super::error::{BackupError, LogError, StorageFailure};
use super::key_slots::KeySlotFolder;
use super::store;
use crate::protocol::LogHead;

const MARKER: &str = "restored";
const MANIFEST: &str = "manifest.json";
const FORMAT: u32 = 1;

/// Whether a backup has the key files of the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupKeys {
    /// It does not have them. Shares and salts are lost with the disk, and patients deposit again; the salt of an
    /// erasable version is lost for good.
    LeaveOut,
    /// It has them. Whoever gets the backup has what the disk had. What is revoked or erased later stays readable in
    /// the backup until the backup is destroyed.
    Include,
}

/// What a backup says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this layout.
    pub format: u32,
    /// The vault's account.
    pub vault: String,
    /// The contract that it follows.
    pub contract: String,
    /// The chain of that contract.
    pub chain_id: u32,
    /// Lines of the log in it.
    pub count: u64,
    /// What commits to them.
    pub head: LogHead,
    /// When it was made: seconds since 1970.
    pub time: u64,
    /// Whether the key files are in it.
    #[serde(rename = "epoch_keys")]
    pub slot_keys: BackupKeys,
}

pub(crate) fn has_marker(folder: &Path) -> bool {
    folder.join(MARKER).exists()
}

pub(crate) fn remove_marker(folder: &Path) -> io::Result<()> {
    mrms_files::remove_if_present(&folder.join(MARKER))?;
    mrms_files::sync_folder(folder)
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { path, source }
}

impl Guardian {
    /// Makes a backup in the folder `to`, which must not exist, while the vault runs. The folder appears complete or not
    /// at all.
    ///
    /// # Errors
    ///
    /// [`BackupError`].
    pub fn backup_to(&self, to: &Path, keys: BackupKeys) -> Result<Manifest, BackupError> {
        into_new_folder(to, |folder| {
            let count_and_head = copy_state(&self.folder, &self.key_slots, folder, keys)?;
            let manifest = Manifest {
                format: FORMAT,
                vault: self.settings.vault.to_string(),
                contract: self.settings.contract.to_string(),
                chain_id: self.settings.chain_id.number(),
                count: count_and_head.0,
                head: count_and_head.1,
                time: self.clock.now().seconds(),
                slot_keys: keys,
            };
            let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
            write_file(&folder.join(MANIFEST), &text)?;
            write_file(&folder.join(MARKER), b"")?;
            Ok(manifest)
        })
    }
}

/// Copies the vault in `folder` to the folder `to`, which must not exist. A process may have the vault open. The copy
/// checks every grant when it is first opened.
///
/// # Errors
///
/// [`BackupError`].
pub fn copy(folder: &Path, to: &Path, keys: BackupKeys) -> Result<(), BackupError> {
    into_new_folder(to, |copy| {
        let key_slots = KeySlotFolder::open(folder).map_err(file_error(folder))?;
        copy_state(folder, &key_slots, copy, keys)?;
        write_file(&copy.join(MARKER), b"")
    })
}

/// Copies database and keys. Returns count and head of the copied log.
fn copy_state(
    from: &Path,
    key_slots: &KeySlotFolder,
    to: &Path,
    keys: BackupKeys,
) -> Result<(u64, LogHead), BackupError> {
    let count_and_head = copy_database(&store::database_path(from), &store::database_path(to))?;
    let copied = KeySlotFolder::open(to).map_err(file_error(to))?;
    if keys == BackupKeys::Include {
        for id in key_slots_in(to)? {
            // A key that was destroyed meanwhile is not copied.
            key_slots.copy_to(id, &copied).map_err(file_error(to))?;
        }
    }
    copied.sync().map_err(file_error(to))?;
    Ok(count_and_head)
}

/// Restores a backup as the folder `to`, which must not exist: checks its log against its manifest and copies it. The
/// vault is then opened as any other, and checks every grant first.
///
/// # Errors
///
/// [`BackupError`].
pub fn restore(backup: &Path, to: &Path) -> Result<Manifest, BackupError> {
    let path = backup.join(MANIFEST);
    let text = fs::read(&path).map_err(file_error(&path))?;
    let damaged = || BackupError::Damaged { folder: backup.to_owned() };
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|_| damaged())?;
    into_new_folder(to, |folder| {
        let source = store::database_path(backup);
        let copied = copy_database(&source, &store::database_path(folder))?;
        if manifest.format != FORMAT || copied != (manifest.count, manifest.head) {
            return Err(damaged());
        }
        let (from, to) = (KeySlotFolder::open(backup), KeySlotFolder::open(folder));
        let (from, to) = (from.map_err(file_error(backup))?, to.map_err(file_error(folder))?);
        for id in from.list()? {
            from.copy_to(id, &to).map_err(file_error(folder))?;
        }
        to.sync().map_err(file_error(folder))?;
        write_file(&folder.join(MARKER), b"")?;
        Ok(manifest)
    })
}

/// Fills a folder beside `to`, and renames it to `to` when all of it is durable.
fn into_new_folder<T>(
    to: &Path,
    fill: impl FnOnce(&Path) -> Result<T, BackupError>,
) -> Result<T, BackupError> {
    if to.exists() {
        return Err(BackupError::Exists { folder: to.to_owned() });
    }
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    let clear = || match fs::remove_dir_all(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    clear().map_err(file_error(&partial))?;
    let made = mrms_files::make_private_folder(&partial)
        .map_err(file_error(&partial))
        .and_then(|()| fill(&partial))
        .and_then(|made| {
            let finish = || -> io::Result<()> {
                mrms_files::sync_folder(&partial)?;
                fs::rename(&partial, to)?;
                mrms_files::sync_folder(mrms_files::folder_of(to))
            };
            finish().map_err(file_error(to)).map(|()| made)
        });
    if made.is_err() {
        let _ = clear();
    }
    made
}

/// Copies the database in one read transaction and checks the copy's log. Returns the log's count and head.
fn copy_database(from: &Path, to: &Path) -> Result<(u64, LogHead), BackupError> {
    // Made here so that it is private. SQLite fills an empty file.
    write_file(to, b"")?;
    let copy = || -> Result<(u64, LogHead), LogError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let source = Connection::open_with_flags(from, flags)?;
        source.busy_timeout(std::time::Duration::from_secs(10))?;
        source.execute("VACUUM INTO ?", [to.to_string_lossy()])?;
        let tip = store::verify_from(&read_only(to)?, 0)?;
        Ok((tip.count, tip.head))
    };
    let tip = copy().map_err(|error| match error {
        LogError::Storage(failure) => BackupError::Storage(failure),
        error => BackupError::Log(error),
    })?;
    File::open(to).and_then(|file| file.sync_all()).map_err(file_error(to))?;
    Ok(tip)
}

fn read_only(path: &Path) -> Result<Connection, StorageFailure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

fn key_slots_in(folder: &Path) -> Result<Vec<super::key_slots::KeySlotId>, StorageFailure> {
    let connection = read_only(&store::database_path(folder))?;
    let key_slots = store::key_slots_after(&connection, None, usize::MAX)?;
    Ok(key_slots.into_iter().map(|slot| slot.id).collect())
}

fn write_file(path: &Path, content: &[u8]) -> Result<(), BackupError> {
    mrms_files::create_in_place(path, content).map_err(file_error(path))
}
