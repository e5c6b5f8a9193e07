//! Exports the whole history of a ledger to one file, and imports such a file as a new ledger.
//!
//! [`export`] writes every block of the chain: header, signature, operations, transactions and receipts.
//! [`import`] starts from nothing, executes every block again, compares each as [`super::fsck`] does, and
//! leaves nothing behind when one differs. The file does not contain what follows from the blocks (state,
//! lists, messages about failures): the import computes it again.
//!
//! The node's key is not in the file. See `docs/design/embedded-ledger.md`.

mod export;
mod format;
mod import;
mod later;

pub use export::{ExportError, export, export_key};
pub use format::{HistoryFileError, HistoryHead, inspect};
pub use import::{ImportError, check_export, import};
pub use later::{append_later, export_later};
