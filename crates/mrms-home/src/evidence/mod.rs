//! Evidence bundles: what happened to one record, in one file that is checked with no ledger.
//!
//! The core is proofs: transactions with their signatures and receipts, and the paths that put them
//! into blocks which the node's key signed. Everything else in the file follows from them and is
//! there to be read. [`assemble`] derives it; making a bundle and checking one both call it, so that
//! no field is in a bundle that its proofs do not give. There is no plaintext and no key in it, and
//! no file name. Field by field: `docs/design/evidence.md`.

mod assemble;
mod check;
mod collect;
mod format;
mod proven;
mod receipts;

pub use check::check;
pub use collect::{CollectError, from_file, from_network};
pub use format::{Bundle, EmbeddedPart, LedgerPart, is_bundle};

use mrms_contract::trail::TrailError;
use mrms_core::{StandardPrincipal, TxId};
use mrms_node::chain::{GenesisError, ProofError};

/// Why a bundle proves nothing, or can't be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// It is no JSON of this format.
    #[error("this is no evidence bundle that can be read here: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
    /// It is not spelled as it is written: a space, a capital, a field that nobody knows.
    #[error("the bundle is not spelled as one is written: something was added or changed")]
    Spelling,
    /// Bytes in it are not what they should be.
    #[error("the {what} in the bundle cannot be read")]
    Bytes {
        /// What they are.
        what: &'static str,
    },
    /// Block 0 names no ledger.
    #[error("block 0 of the ledger does not hold")]
    Genesis {
        /// What is wrong with it.
        #[source]
        source: GenesisError,
    },
    /// The newest block that the bundle knows is not the node's.
    #[error("the block that the bundle is as of is not signed by the node")]
    AsOf,
    /// A transaction is not proved.
    #[error("transaction {number} of the bundle is not proved")]
    Proof {
        /// Its number in the bundle, from 0.
        number: usize,
        /// What is wrong with it.
        #[source]
        source: ProofError,
    },
    /// A transaction's own bytes do not hold.
    #[error("transaction {txid} does not hold: {reason}")]
    Transaction {
        /// The transaction.
        txid: TxId,
        /// What is wrong with it.
        reason: String,
    },
    /// A vault's receipt is not about this record, not signed by the vault, or names an entry that is
    /// not in the trail.
    #[error("receipt {number} of the bundle, of vault {vault}, does not hold: {reason}")]
    VaultReceipt {
        /// Its number in the bundle, from 0.
        number: usize,
        /// The vault that it names.
        vault: StandardPrincipal,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Blocks contradict each other.
    #[error("the block headers contradict each other at height {height}")]
    Blocks {
        /// Their height.
        height: u32,
    },
    /// The contract is not the one that was deployed in the transaction given for it.
    #[error("the transaction that should have deployed {contract} did not")]
    Deployment {
        /// The contract.
        contract: String,
    },
    /// An entry names somebody who did not sign.
    #[error("entry {index} names an actor who did not sign transaction {txid}")]
    Actor {
        /// The entry, from 0.
        index: u64,
        /// The transaction.
        txid: TxId,
    },
    /// A transaction has nothing to do with the record.
    #[error("transaction {txid} has nothing to do with the record")]
    Unrelated {
        /// The transaction.
        txid: TxId,
    },
    /// The entries are no trail.
    #[error(transparent)]
    Trail(#[from] TrailError),
    /// What is there to be read is not what the proofs give.
    #[error("{section} of the bundle is not what its proofs give")]
    Differs {
        /// Which section.
        section: &'static str,
    },
}

#[cfg(test)]
mod tests;
