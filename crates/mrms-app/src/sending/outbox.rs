//! The outbox: signed transactions that belong together, kept until all of them stand in a block.
//!
//! Several commands of one profile may work at the same time. A command that signs has the
//! [`SigningLock`] until the outbox has what it signed, and the ledger too: so no nonce is used
//! twice. A command that carries an operation out has a lock on the operation's file: so no other
//! command takes it for an interrupted one. Both are locks of the operating system, which end with
//! the process.
//!
//! A file that can't be read keeps nothing else back: whoever goes through the outbox passes it by, and
//! [`ProfileFolder::unreadable_operations`] names it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mrms_files::{FileLock, LockError};
use serde::{Deserialize, Serialize};

use crate::profile::{ProfileError, ProfileFolder, from_json, io_error, to_json};
use crate::sending::first_kept::GoesFirst;

/// How long one asks others to give way. A file that is older was left by a process that ended.
pub(in crate::sending) const ASKING: Duration = Duration::from_secs(8);
/// How long a command waits for the signing lock.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Signed transactions that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// What it does, in words for the person who started it.
    pub description: String,
    /// Hash of the first block of its ledger, if that ledger tells: two ledgers may have the same
    /// chain id.
    #[serde(default)]
    pub genesis: Option<String>,
    /// The signed transactions in hexadecimal, in order of their nonces.
    pub transactions: Vec<String>,
    /// Those with the same nonces that were signed before and replaced, in hexadecimal. One of them may still be the first
    /// to get into a block.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<String>,
    /// What is kept beside them if it goes before others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<GoesFirst>,
}

/// A profile's outbox.
#[derive(Clone, Debug)]
pub struct Outbox {
    folder: PathBuf,
}

/// The right to sign for a profile. Dropping it releases it.
#[derive(Debug)]
pub struct SigningLock {
    _lock: FileLock,
}

/// Asks whoever waits for a block of an operation to give way, until it is dropped.
#[derive(Debug)]
pub(in crate::sending) struct Asking {
    path: PathBuf,
}

impl Drop for Asking {
    fn drop(&mut self) {
        // One that is left behind counts for a moment only.
        let _ = mrms_files::remove(&self.path);
    }
}

/// An operation that this process carries out. No other process takes it up meanwhile.
#[derive(Debug)]
pub struct ClaimedOperation {
    /// What is to be done.
    pub operation: Operation,
    /// Those of its transactions that a sponsor has completed, in hexadecimal.
    sponsored: Vec<String>,
    path: PathBuf,
    _lock: Option<FileLock>,
}

impl ProfileFolder {
    /// Transactions that were signed and do not stand in a block yet.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.path().join("outbox"))
    }

    /// The files that should have what was sent and can't be read, each with why: of the outbox, and of what stands in blocks
    /// that are not final. What they were to do is not known, nor whether a ledger has it.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`] where the folders can't be read.
    pub fn unreadable_operations(&self) -> Result<Vec<(PathBuf, ProfileError)>, ProfileError> {
        let mut found = self.outbox().unreadable()?;
        found.extend(self.unreadable_unsettled()?);
        found.extend(self.unreadable_refused()?);
        Ok(found)
    }
}

impl Outbox {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Waits for the right to sign, at most a minute.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Busy`] when another command still has it, [`ProfileError::Io`].
    pub fn lock_signing(&self) -> Result<SigningLock, ProfileError> {
        self.lock_within(LONGEST_WAIT)?.ok_or(ProfileError::Busy)
    }

    /// The right to sign; `None` when another command has it.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn try_lock_signing(&self) -> Result<Option<SigningLock>, ProfileError> {
        self.lock_within(Duration::ZERO)
    }

    /// Asks other commands that wait for a block to give way.
    pub(in crate::sending) fn ask_for_way(&self) -> Result<Asking, ProfileError> {
        let path = self.folder.with_extension("asked");
        mrms_files::write_whole(&path, b"").map_err(io_error(&path, "write"))?;
        Ok(Asking { path })
    }

    /// Whether another command asks for that.
    pub(in crate::sending) fn is_asked_for_way(&self) -> bool {
        let asked = fs::metadata(self.folder.with_extension("asked"));
        let since = asked.and_then(|file| file.modified()).ok();
        since.and_then(|since| since.elapsed().ok()).is_some_and(|age| age <= ASKING * 2)
    }

    fn lock_within(&self, wait: Duration) -> Result<Option<SigningLock>, ProfileError> {
        mrms_files::make_private_folder(&self.folder).map_err(io_error(&self.folder, "write"))?;
        let path = self.folder.with_extension("lock");
        match FileLock::take(&path, wait) {
            Ok(lock) => Ok(Some(SigningLock { _lock: lock })),
            Err(LockError::InUse { .. }) => Ok(None),
            Err(LockError::Open(error)) => Err(io_error(&path, "write")(error)),
            Err(LockError::Lock(error)) => Err(io_error(&path, "lock")(error)),
        }
    }

    /// Keeps an operation durably before its first transaction is sent.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn begin(
        &self,
        lock: &SigningLock,
        operation: Operation,
    ) -> Result<ClaimedOperation, ProfileError> {
        let _ = lock;
        // A name that is no number is none of this program's.
        let number = |name: &String| name.trim_end_matches(".json").parse::<u64>().ok();
        let last = self.names()?.iter().filter_map(number).max();
        let number = last.map_or(0, |last| last.saturating_add(1));
        let path = self.folder.join(format!("{number:012}.json"));
        let left = path.with_extension("sponsored");
        mrms_files::remove(&left).map_err(io_error(&left, "remove"))?;
        mrms_files::write_new(&path, &to_json(&operation)).map_err(io_error(&path, "write"))?;
        // Free: only a command with the signing lock looks for operations that nobody carries out.
        let lock = FileLock::try_existing(&path).map_err(lock_error(&path))?;
        Ok(ClaimedOperation { operation, sponsored: Vec::new(), path, _lock: lock })
    }

    /// The operations that any command has started and not ended, oldest first. What can't be read is left out.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`] where the folder can't be read.
    pub fn operations(&self) -> Result<Vec<(Operation, Vec<String>)>, ProfileError> {
        let paths = self.names()?.into_iter().map(|name| self.folder.join(name));
        Ok(paths.filter_map(|path| load(&path).ok().flatten()).collect())
    }

    /// The files in it that can't be read, each with why.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`] where the folder can't be read.
    pub fn unreadable(&self) -> Result<Vec<(PathBuf, ProfileError)>, ProfileError> {
        let paths = self.names()?.into_iter().map(|name| self.folder.join(name));
        Ok(paths.filter_map(|path| load(&path).err().map(|error| (path, error))).collect())
    }

    /// Whether there is no operation in it.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn is_empty(&self) -> Result<bool, ProfileError> {
        Ok(self.names()?.is_empty())
    }

    /// Claims the operations that no command carries out: they were interrupted. One in whose place another stands is
    /// removed: whoever kept that one was interrupted before. What can't be read is left alone.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn interrupted(&self, lock: &SigningLock) -> Result<Vec<ClaimedOperation>, ProfileError> {
        let _ = lock;
        let mut found = Vec::new();
        for name in self.names()? {
            let path = self.folder.join(name);
            let lock = match FileLock::try_existing(&path) {
                Ok(None) => continue,
                // Ended meanwhile, or not to be read.
                Err(LockError::Open(_)) => continue,
                lock => lock.map_err(lock_error(&path))?,
            };
            // Another command may just have ended it.
            if let Ok(Some((operation, sponsored))) = load(&path) {
                found.push(ClaimedOperation { operation, sponsored, path, _lock: lock });
            }
        }
        let all: Vec<_> = self.operations()?.into_iter().map(|(operation, _)| operation).collect();
        let mut standing = Vec::new();
        for entry in found {
            let (signed, sent) = (&entry.operation.transactions, entry.transactions());
            let is_superseded =
                |other: &Operation| other.supersedes(signed) || other.supersedes(&sent);
            match all.iter().any(is_superseded) {
                true => entry.end()?,
                false => standing.push(entry),
            }
        }
        Ok(standing)
    }

    fn names(&self) -> Result<Vec<String>, ProfileError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(io_error(&self.folder, "read"))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(io_error(&self.folder, "read"))?.file_name();
            // What a killed process left half-written begins with a dot.
            let is_operation = |name: &&str| !name.starts_with('.') && name.ends_with(".json");
            names.extend(name.to_str().filter(is_operation).map(str::to_owned));
        }
        names.sort_unstable();
        Ok(names)
    }
}

impl ClaimedOperation {
    /// The transactions to send: as the sponsor completed them, where it did.
    #[must_use]
    pub fn transactions(&self) -> Vec<String> {
        completed(&self.operation, &self.sponsored)
    }

    /// Those of its transactions that a sponsor has completed, in hexadecimal.
    pub(super) fn sponsored(&self) -> &[String] {
        &self.sponsored
    }

    /// Keeps the next of its transactions as a sponsor completed it.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`]; asked again, the sponsor gives the same bytes.
    pub fn keep_sponsored(&mut self, transaction: String) -> Result<(), ProfileError> {
        self.sponsored.push(transaction);
        let path = self.path.with_extension("sponsored");
        mrms_files::write_whole(&path, &to_json(&self.sponsored)).map_err(io_error(&path, "write"))
    }

    /// Forgets what a sponsor completed, so that it is asked again.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn forget_sponsored(&mut self) -> Result<(), ProfileError> {
        self.sponsored.clear();
        let path = self.path.with_extension("sponsored");
        mrms_files::remove(&path).map_err(io_error(&path, "remove"))
    }

    /// Forgets the operation: its transactions stand in a block, or never will.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn end(self) -> Result<(), ProfileError> {
        for path in [&self.path, &self.path.with_extension("sponsored")] {
            mrms_files::remove(path).map_err(io_error(path, "remove"))?;
        }
        Ok(())
    }
}

/// The transactions of an operation, as a sponsor completed them where it did.
#[must_use]
pub fn completed(operation: &Operation, sponsored: &[String]) -> Vec<String> {
    let rest = operation.transactions.iter().skip(sponsored.len());
    sponsored.iter().chain(rest).cloned().collect()
}

/// Reads an operation and what a sponsor completed; `None` when it has ended meanwhile.
fn load(path: &Path) -> Result<Option<(Operation, Vec<String>)>, ProfileError> {
    let read = |path: &Path| match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some).map_err(io_error(path, "read")),
    };
    let Some(bytes) = read(path)? else { return Ok(None) };
    let answers = path.with_extension("sponsored");
    // Asked again, a sponsor gives the same bytes.
    let sponsored =
        read(&answers).ok().flatten().and_then(|bytes| from_json(&answers, &bytes).ok());
    Ok(Some((from_json(path, &bytes)?, sponsored.unwrap_or_default())))
}

/// Why an operation's own file can't be locked.
fn lock_error(path: &Path) -> impl FnOnce(LockError) -> ProfileError {
    let path = path.to_owned();
    move |error| match error {
        LockError::InUse { .. } => ProfileError::Busy,
        LockError::Open(error) => io_error(&path, "read")(error),
        LockError::Lock(error) => io_error(&path, "lock")(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(description: &str) -> Operation {
        Operation {
            description: description.to_owned(),
            genesis: Some("aa".to_owned()),
            transactions: vec!["00".to_owned(), "01".to_owned()],
            replaced: Vec::new(),
            first: None,
        }
    }

    fn outbox() -> (tempfile::TempDir, Outbox) {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(folder.path().join("outbox"));
        (folder, outbox)
    }

    fn descriptions(outbox: &Outbox) -> Vec<String> {
        let found = outbox.operations().unwrap();
        found.into_iter().map(|(operation, _)| operation.description).collect()
    }

    #[test]
    fn turn_is_one_commands_at_a_time() {
        let (_folder, outbox) = outbox();
        let lock = outbox.lock_signing().unwrap();
        assert!(outbox.try_lock_signing().unwrap().is_none());
        drop(lock);
        assert!(outbox.try_lock_signing().unwrap().is_some());
    }

    #[test]
    fn operation_that_is_being_carried_out_is_not_taken_for_an_interrupted_one() {
        let (_folder, outbox) = outbox();
        let lock = outbox.lock_signing().unwrap();
        let held = outbox.begin(&lock, operation("held")).unwrap();
        drop(outbox.begin(&lock, operation("left")).unwrap());
        let found = outbox.interrupted(&lock).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].operation.description, "left");
        assert_eq!(descriptions(&outbox), ["held", "left"], "its nonce is taken all the same");
        assert!(outbox.interrupted(&lock).unwrap().is_empty(), "both are held now");
        held.end().unwrap();
        assert_eq!(descriptions(&outbox), ["left"]);
    }

    #[test]
    fn operations_come_back_in_order_until_they_end() {
        let (_folder, outbox) = outbox();
        assert_eq!(descriptions(&outbox), [] as [&str; 0]);
        let lock = outbox.lock_signing().unwrap();
        let first = outbox.begin(&lock, operation("grant")).unwrap();
        outbox.begin(&lock, operation("revoke")).unwrap();
        assert_eq!(descriptions(&outbox), ["grant", "revoke"]);
        first.end().unwrap();
        assert_eq!(descriptions(&outbox), ["revoke"]);
    }

    #[test]
    fn what_a_sponsor_completed_takes_the_place_of_what_was_signed() {
        let (_folder, outbox) = outbox();
        let lock = outbox.lock_signing().unwrap();
        let mut entry = outbox.begin(&lock, operation("grant")).unwrap();
        entry.keep_sponsored("ff".to_owned()).unwrap();
        drop(entry);
        let found = outbox.interrupted(&lock).unwrap().remove(0);
        assert_eq!(found.transactions(), ["ff", "01"]);
        assert_eq!(found.operation, operation("grant"));
        found.end().unwrap();
        let next = outbox.begin(&lock, operation("next")).unwrap();
        assert_eq!(next.transactions(), ["00", "01"], "nothing of the former is left");
    }

    #[test]
    fn what_cannot_be_read_is_named_and_passed_by() {
        let (_folder, outbox) = outbox();
        let lock = outbox.lock_signing().unwrap();
        for (name, bytes) in [("000000000000", &b"{"[..]), ("000000000001", b""), ("x", b"[]")] {
            fs::write(outbox.folder.join(format!("{name}.json")), bytes).unwrap();
        }
        fs::create_dir(outbox.folder.join("000000000002.json")).unwrap();
        drop(outbox.begin(&lock, operation("grant")).unwrap());
        let left = outbox.begin(&lock, operation("revoke")).unwrap();
        fs::write(left.path.with_extension("sponsored"), b"{").unwrap();
        drop(left);
        assert_eq!(descriptions(&outbox), ["grant", "revoke"]);
        assert_eq!(outbox.interrupted(&lock).unwrap().len(), 2);
        let unreadable = outbox.unreadable().unwrap();
        let named = |name: &str| unreadable.iter().any(|(path, _)| path.ends_with(name));
        assert_eq!(unreadable.len(), 4);
        assert!(named("000000000000.json") && named("000000000002.json") && named("x.json"));
        let said = unreadable[0].1.to_string();
        assert!(said.contains("000000000000.json is damaged"), "{said}");
    }
}
