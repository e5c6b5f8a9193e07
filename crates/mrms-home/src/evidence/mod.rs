//! Evidence bundles: proofs of what happened to one record, in one file that is checked without a ledger.
//!
//! The core of a bundle is its proofs: transactions with their signatures and receipts, and the paths that
//! lead from them to blocks which the node's key signed. Everything else in the file follows from the
//! proofs and is there for people to read. `assemble` derives it. Making and checking a bundle both call
//! `assemble`, so every field of a bundle is one that its proofs give. A bundle has no plaintext, no key
//! and no file name in it. `docs/design/evidence.md` describes every field.

mod assemble;
mod check;
mod collect;
mod compare;
mod format;
mod proven;
mod receipts;
mod standing;

pub use check::check;
pub use collect::{CollectError, collect, from_file, from_network};
pub use compare::{Comparison, Forked};
pub use format::{AncestorPart, Bundle, EmbeddedPart, Flag, FlagPart, LedgerPart, is_bundle};
pub use standing::Standing;

use mrms_contract::trail::TrailError;
use mrms_core::{StandardPrincipal, TxId};
use mrms_node::chain::{AncestryError, GenesisError, ProofError};

/// Why a bundle proves nothing, or can't be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Not a JSON document of this format.
    #[error("this is no evidence bundle that can be read here: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
    /// Not spelled exactly as bundles are written: a space, a capital letter, or an unknown field.
    #[error("the bundle is not written exactly as bundles are: something was added or changed")]
    Spelling,
    /// A field with bytes can't be decoded.
    #[error("the {what} in the bundle cannot be read")]
    Bytes {
        /// What they are.
        what: &'static str,
    },
    /// Block 0 is not valid, so it names no ledger.
    #[error("block 0 of the ledger does not hold")]
    Genesis {
        /// What is wrong with it.
        #[source]
        source: GenesisError,
    },
    /// The node did not sign the newest block that the bundle names.
    #[error("the newest block of the bundle is not signed by the node")]
    AsOf,
    /// The proof of a transaction does not hold.
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
    /// A vault receipt is not about this record, or is not signed by the vault.
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
    /// A block is not shown to be on the chain of the newest one: it was dropped, or is of another chain.
    #[error("block {height} of the bundle is not on the chain of its newest block")]
    Ancestor {
        /// Its height.
        height: u32,
        /// What is wrong with its path.
        #[source]
        source: AncestryError,
    },
    /// There is not one path for each block below the newest, in order.
    #[error("the bundle does not have one path for each block below its newest")]
    AncestorPaths,
    /// The transaction that is given as the contract's deployment did not deploy it.
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
    /// The entries do not form a trail.
    #[error(transparent)]
    Trail(#[from] TrailError),
    /// A readable section is not what the proofs give.
    #[error("{section} of the bundle is not what its proofs give")]
    Differs {
        /// Which section.
        section: &'static str,
    },
}

#[cfg(test)]
mod tests;
