//! What is done with the folder of an embedded ledger as a whole, also while somebody else works with it: it is checked,
//! copied, and its blocks are carried to a copy.

use std::path::Path;

use mrms_app::ledger::LedgerError;
use mrms_node::chain;

use super::embedded::known_sources;
use super::translated::{failed, open_error, storage};

/// Copies the ledger in `folder` and its node key into `target`, as of one block. Works while a node runs.
///
/// # Errors
///
/// [`LedgerError`].
pub fn copy(folder: &Path, target: &Path) -> Result<chain::Copied, LedgerError> {
    chain::copy(folder, target).map_err(open_error)
}

/// Holds the file of the ledger in `folder` as it is at one block; `None` if that can't be done now. Works while a node
/// runs.
///
/// # Errors
///
/// [`LedgerError`].
pub fn hold(folder: &Path) -> Result<Option<chain::HeldLedger>, LedgerError> {
    chain::HeldLedger::hold(folder).map_err(open_error)
}

/// Writes what a ledger has beside its file, as of the block at which it is held, into `target`.
///
/// # Errors
///
/// [`LedgerError`].
pub fn write_rest(
    held: &chain::HeldLedger,
    folder: &Path,
    target: &Path,
) -> Result<(), LedgerError> {
    held.write_rest(folder, target).map_err(open_error)
}

/// Writes the blocks of the ledger in `folder` after the block `below`; `None` if that is not in the chain, or not any
/// more. Works while a node runs.
///
/// # Errors
///
/// [`LedgerError`].
pub fn export_later(
    folder: &Path,
    below: &chain::Mark,
    out: impl std::io::Write,
) -> Result<Option<chain::HistoryHead>, LedgerError> {
    match chain::export_later(folder, below, out) {
        Ok(head) => Ok(Some(head)),
        Err(chain::ExportError::TakenBack) => Ok(None),
        Err(chain::ExportError::Open { source }) => Err(open_error(source)),
        Err(error @ chain::ExportError::Differs { .. }) => {
            Err(LedgerError::Damaged { reason: crate::error::chain(&error) })
        }
        Err(chain::ExportError::Failed { failure }) => Err(failed(failure)),
        Err(error) => Err(storage(error)),
    }
}

/// Executes such blocks after the newest one of the ledger in `folder`, and adds them.
///
/// # Errors
///
/// [`LedgerError::Damaged`] when they do not follow it, or give another result; else [`LedgerError`].
pub fn append_later(
    folder: &Path,
    file: &mut (impl std::io::Read + Send),
) -> Result<chain::Mark, LedgerError> {
    chain::append_later(folder, file, &known_sources()).map_err(|error| match error {
        chain::ImportError::Open { source } => open_error(source),
        chain::ImportError::Failed { failure } => failed(failure),
        error => LedgerError::Damaged { reason: crate::error::chain(&error) },
    })
}

/// Whether the newest block of the ledger in `folder` is this one.
#[must_use]
pub fn ends_with(folder: &Path, mark: &chain::Mark) -> bool {
    let tip = chain::Proofs::open(folder).ok().and_then(|proofs| proofs.tip().ok());
    tip.is_some_and(|tip| tip.header.hash() == mark.hash)
}

/// Executes the chain in `folder` again, and compares every root and receipt. Leaves checkpoints in the folder, from
/// which a later check can go on.
///
/// # Errors
///
/// [`LedgerError::Damaged`] for the first difference; else [`LedgerError`].
pub fn fsck(folder: &Path, start: chain::FsckStart) -> Result<chain::Sound, LedgerError> {
    let known = known_sources();
    chain::fsck_with(folder, &chain::FsckPlan::to_the_end(&known, start)).map_err(check_error)
}

/// Reads the chain in `folder` once, and compares it with its check sums, headers and lists. Executes nothing.
///
/// # Errors
///
/// [`LedgerError::Damaged`] for the first difference; else [`LedgerError`].
pub fn scrub(folder: &Path) -> Result<chain::Scrubbed, LedgerError> {
    chain::scrub(folder).map_err(check_error)
}

fn check_error(error: chain::FsckError) -> LedgerError {
    match error {
        chain::FsckError::Open { source } => open_error(source),
        error @ chain::FsckError::Differs { .. } => {
            LedgerError::Damaged { reason: crate::error::chain(&error) }
        }
        chain::FsckError::Failed { failure } => failed(failure),
        error => storage(error),
    }
}
