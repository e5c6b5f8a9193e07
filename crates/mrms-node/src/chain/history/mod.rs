//! The whole history of a ledger as one file: written from a ledger, made a ledger again.
//!
//! [`export`] writes every block as the chain has it, with header, signature, operations, transactions and
//! receipts. [`import`] begins from nothing, executes every block anew, compares each as [`super::fsck`]
//! does, and leaves nothing behind when one differs. What follows from the blocks (state, lists, the words
//! about failures) is not in the file: it is made again.
//!
//! The node's key is not in the file either. See `docs/design/embedded-ledger.md`.

mod export;
mod format;
mod import;

pub use export::{ExportError, export, export_key};
pub use format::{HistoryFileError, HistoryHead, inspect};
pub use import::{ImportError, check_export, import};
