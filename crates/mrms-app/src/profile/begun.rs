//! What a command makes of a file, as it is known again when the command is repeated; and that the command is at its work.
//!
//! What became of it is decided where records are written.

use std::path::PathBuf;
use std::time::Duration;

use mrms_core::{Principal, RecordId};
use mrms_files::{FileLock, LockError};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{ProfileError, ProfileFolder, io_error};

/// The folder with the locks of commands at their work.
const LOCKS: &str = "begun-locks";
/// In place of the path of what a pipe gave.
const PIPE: &str = "-";

/// A file as it is recognised when a command is repeated. With other content it is another file, whatever its date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchFile {
    /// Its whole path.
    pub path: String,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

impl BatchFile {
    /// What a pipe or standard input gave: it is known by its content alone.
    #[must_use]
    pub fn of_a_pipe(sha256: String) -> Self {
        Self { path: PIPE.to_owned(), sha256 }
    }

    /// Whether it is what a pipe gave. Every other path is a whole one.
    #[must_use]
    pub fn is_of_a_pipe(&self) -> bool {
        self.path == PIPE
    }
}

/// What a command says of a file beside its content. A command that says something else of it means another record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Said {
    /// The name that it gives it.
    pub label: Option<String>,
    /// The media type that it gives it.
    pub media_type: Option<String>,
    /// Whether it is to be erasable.
    pub is_erasable: bool,
}

impl Said {
    /// Whether nothing is said of it.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What a command makes of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Purpose {
    /// A record of one's own.
    Create,
    /// A record of somebody for whom one acts.
    CreateFor(Principal),
    /// The next version of a record.
    Amend(RecordId),
    /// A record that is offered to somebody.
    Send(Principal),
}

/// What a command is about to make. One that is repeated is about to make the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The file.
    pub file: BatchFile,
    /// What the command says of it.
    #[serde(default, skip_serializing_if = "Said::is_nothing")]
    pub said: Said,
    /// What it makes of it.
    pub purpose: Purpose,
    /// Whether it is to be made once more, whatever is there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// The id that the person chose for the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RecordId>,
}

impl Intent {
    /// What is made of a file where nothing more is said.
    #[must_use]
    pub fn new(file: BatchFile, said: Said, purpose: Purpose) -> Self {
        Self { file, said, purpose, again: false, id: None }
    }
}

/// A record that a command is about to make or to amend, with what it makes of it.
#[derive(Clone, Debug)]
pub struct Begins {
    pub(crate) record: RecordId,
    pub(crate) intent: Intent,
    pub(crate) by: String,
}

/// A command at its work. While there is this, no other command takes what it has begun for interrupted.
#[derive(Debug)]
pub struct AtWork {
    by: String,
    path: PathBuf,
    _lock: FileLock,
}

impl AtWork {
    /// What this command begins.
    #[must_use]
    pub fn begins(&self, record: RecordId, intent: Intent) -> Begins {
        Begins { record, intent, by: self.by.clone() }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        // One that is left behind is held by nobody.
        let _ = mrms_files::remove_if_present(&self.path);
    }
}

impl ProfileFolder {
    fn work_lock(&self, by: &str) -> PathBuf {
        self.path().join(LOCKS).join(format!("{by}.lock"))
    }

    /// Begins work that is found again if it is interrupted.
    pub(crate) fn begin_work(&self, rng: &mut dyn CryptoRng) -> Result<AtWork, ProfileError> {
        let folder = self.path().join(LOCKS);
        mrms_files::make_private_folder(&folder).map_err(io_error(&folder, "write"))?;
        let by = format!("{:016x}", rng.next_u64());
        let path = self.work_lock(&by);
        let lock = FileLock::take(&path, Duration::ZERO).map_err(|error| match error {
            LockError::InUse { .. } => ProfileError::Busy,
            LockError::Open(error) => io_error(&path, "write")(error),
            LockError::Lock(error) => io_error(&path, "lock")(error),
        })?;
        Ok(AtWork { by, path, _lock: lock })
    }

    /// Whether a command still works. Of one whose lock is gone, or can't be read, nobody knows better than that it does not.
    pub(crate) fn is_at_work(&self, by: &str) -> bool {
        FileLock::is_held(&self.work_lock(by)).unwrap_or(false)
    }
}
