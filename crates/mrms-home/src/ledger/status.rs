//! The status of a transaction that was sent.

use mrms_app::ledger::Receipt;

/// The status of a transaction.
#[derive(Clone, Debug)]
pub enum TransactionStatus {
    /// The ledger does not know it.
    Unknown,
    /// It is in the mempool.
    Pending,
    /// The ledger dropped it from the mempool.
    Dropped {
        /// Why, as the ledger says it.
        reason: String,
    },
    /// It is in a block.
    Included(Box<Receipt>),
}
