//! Imports an exported history as a new ledger.
//!
//! The import builds the ledger in a temporary folder beside the target folder. It renames that folder only
//! when every block has been executed, compared and made durable. Until then the target does not exist; after
//! a failure nothing is left.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use mrms_files::{FileLock, folder_of, sync_folder};
use rusqlite::Connection;

use super::format::{HistoryFileError, HistoryReader, inspect};
use crate::chain::block_writer::STACK_BYTES;
use crate::chain::error::{LedgerFailure, OpenError};
use crate::chain::fsck::Sound;
use crate::chain::gap::Mark;
use crate::chain::identifiers::{BlockHash, SourceHash};
use crate::chain::key;
use crate::chain::mark;
use crate::chain::replay::{Difference, Keeps, Replay, ReplayError};
use crate::chain::store;
use crate::chain::units::BlockHeight;
use crate::chain::wire::SigningKey;

/// Number of blocks that are committed together.
const BLOCKS_A_COMMIT: u32 = 500;

/// Why a history was not imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The target folder exists and is not empty.
    #[error("{folder} is there already")]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// The file is not a complete and undamaged history.
    #[error("history is refused")]
    File {
        /// What is wrong with the file.
        #[source]
        source: HistoryFileError,
    },
    /// The file is intact, but executing its transactions gives another result.
    #[error("history is altered")]
    Differs {
        /// The first difference.
        #[source]
        difference: Difference,
    },
    /// The key is not the one that signed the blocks.
    #[error("the node's key is not the one that block 0 of {genesis} names")]
    Key {
        /// Hash of block 0.
        genesis: BlockHash,
    },
    /// A file or folder cannot be created or used. Another import may be running.
    #[error("ledger cannot be made")]
    Open {
        /// The cause.
        #[source]
        source: OpenError,
    },
    /// Executing or storing failed; the history may or may not be valid.
    #[error("ledger cannot be made")]
    Failed {
        /// The failure.
        #[source]
        failure: LedgerFailure,
    },
}

impl From<HistoryFileError> for ImportError {
    fn from(source: HistoryFileError) -> Self {
        Self::File { source }
    }
}

impl From<OpenError> for ImportError {
    fn from(source: OpenError) -> Self {
        Self::Open { source }
    }
}

impl From<LedgerFailure> for ImportError {
    fn from(failure: LedgerFailure) -> Self {
        Self::Failed { failure }
    }
}

impl From<rusqlite::Error> for ImportError {
    fn from(error: rusqlite::Error) -> Self {
        LedgerFailure::from(error).into()
    }
}

impl From<ReplayError> for ImportError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Differs(difference) => Self::Differs { difference },
            ReplayError::Failed(failure) => Self::Failed { failure },
        }
    }
}

/// Imports a history as the ledger in `folder`, with the node's key from `key_file`. `folder` must not exist
/// or must be empty. Only contracts with a known source run without metering.
///
/// # Errors
/// [`ImportError`]; nothing is left behind.
pub fn import(
    folder: &Path,
    file: &mut (impl Read + Seek + Send),
    key_file: &Path,
    known: &[SourceHash],
) -> Result<Sound, ImportError> {
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(ImportError::Exists { folder: folder.to_owned() });
    }
    let key = key::read_file(key_file)?;
    check_file(file)?;
    let temporary = ImportFolder::create_beside(folder)?;
    let sound = on_large_stack(|| {
        let connection = store::open_writable(&temporary.folder, None)?;
        let sound = execute(file, &connection, Some(&key), known, BLOCKS_A_COMMIT)?;
        // Moves the whole log into the file. SQLite deletes the log when the file closes.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        connection.close().map_err(|(_, error)| error)?;
        Ok(sound)
    })?;
    key::write_new(&key::path(&temporary.folder), &key)?;
    let tip = Mark { genesis: sound.genesis, height: sound.height, hash: sound.tip };
    mark::write_mark(&mark::path(&temporary.folder), &tip)?;
    temporary.finish(folder)?;
    Ok(sound)
}

/// Executes an exported history in a temporary store and compares everything, as [`super::super::fsck`] does
/// with a ledger. Needs no key. Only contracts with a known source run without metering.
///
/// # Errors
/// [`ImportError::File`] and [`ImportError::Differs`] when the history is not valid.
pub fn check_export(
    file: &mut (impl Read + Seek + Send),
    known: &[SourceHash],
) -> Result<Sound, ImportError> {
    check_file(file)?;
    on_large_stack(|| {
        let connection = store::temporary_file()?;
        execute(file, &connection, None, known, u32::MAX)
    })
}

/// Checks that the file is complete and undamaged, before anything is built from it.
fn check_file(file: &mut (impl Read + Seek)) -> Result<(), ImportError> {
    rewind(file)?;
    inspect(BufReader::new(&mut *file))?;
    rewind(file)
}

fn rewind(file: &mut impl Seek) -> Result<(), ImportError> {
    let source = |source| HistoryFileError::Read { source };
    Ok(file.seek(SeekFrom::Start(0)).map(drop).map_err(source)?)
}

pub(super) fn on_large_stack<T: Send>(
    work: impl FnOnce() -> Result<T, ImportError> + Send,
) -> Result<T, ImportError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("ledger-import".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .map_err(|error| LedgerFailure::Storage { message: error.to_string() })?;
        thread.join().unwrap_or_else(|_| Err(LedgerFailure::VmBrokeOff.into()))
    })
}

/// Executes a history into an empty store.
fn execute(
    file: &mut impl Read,
    fresh: &Connection,
    key: Option<&SigningKey>,
    known: &[SourceHash],
    blocks_a_commit: u32,
) -> Result<Sound, ImportError> {
    let mut reader = HistoryReader::begin(BufReader::new(file))?;
    let head = reader.head;
    fresh.execute_batch("BEGIN IMMEDIATE")?;
    store::create(fresh)?;
    let genesis = reader.block()?.ok_or(Difference::Genesis).map_err(ReplayError::from)?;
    let mut replay = Replay::begin(fresh, known, genesis, Keeps::Everything)?;
    if key.is_some_and(|key| key.public_key().ok() != Some(replay.node_key())) {
        return Err(ImportError::Key { genesis: head.genesis });
    }
    while let Some(block) = reader.block()? {
        if block.header.height.get().is_multiple_of(blocks_a_commit) {
            fresh.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
        }
        replay.block(block)?;
    }
    fresh.execute_batch("COMMIT")?;
    Ok(Sound {
        genesis: head.genesis,
        height: head.height,
        tip: head.tip,
        transactions: replay.transactions(),
        reverts: replay.reverts(),
        losses: replay.losses(),
        executed_from: BlockHeight::new(0),
    })
}

/// The temporary folder of an import. Dropping this deletes the folder.
struct ImportFolder {
    folder: PathBuf,
    _lock: FileLock,
}

impl ImportFolder {
    /// Creates the temporary folder beside `folder`. Deletes what a killed import has left there.
    fn create_beside(folder: &Path) -> Result<Self, ImportError> {
        let mut name = folder.file_name().unwrap_or_default().to_owned();
        name.push(".import");
        let place = folder.with_file_name(name);
        store::make_folder(&place)?;
        let lock = store::lock_folder(&place, Duration::ZERO)?;
        let temporary = Self { folder: place, _lock: lock };
        temporary.clear().map_err(|source| temporary.unusable(source))?;
        Ok(temporary)
    }

    fn clear(&self) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if !store::is_lock_file(&path) {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Makes the ledger durable and renames its folder.
    fn finish(self, folder: &Path) -> Result<(), ImportError> {
        let durable = || {
            for entry in std::fs::read_dir(&self.folder)? {
                File::open(entry?.path())?.sync_all()?;
            }
            sync_folder(&self.folder)?;
            // The system renames onto an empty folder, and refuses any other.
            std::fs::rename(&self.folder, folder)?;
            sync_folder(folder_of(folder))
        };
        durable().map_err(|source| self.unusable(source))
    }

    fn unusable(&self, source: io::Error) -> ImportError {
        OpenError::File { path: self.folder.clone(), source }.into()
    }
}

impl Drop for ImportFolder {
    fn drop(&mut self) {
        // After a rename there is nothing to delete.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
