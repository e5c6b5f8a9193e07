//! What became of a transaction that was sent.

use mrms_app::ledger::Receipt;

/// What became of a transaction.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Nobody has it.
    Unknown,
    /// It waits for a block.
    Pending,
    /// The ledger had it and forgot it.
    Dropped {
        /// Why, as the ledger says it.
        reason: String,
    },
    /// It stands in a block.
    Included(Box<Receipt>),
}
