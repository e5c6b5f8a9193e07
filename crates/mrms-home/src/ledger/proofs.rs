//! Where proofs come from: the ledger's file, or a node that serves the ledger (`remote`). Neither is trusted: what
//! they give is checked by whoever asks.

use mrms_app::ledger::LedgerError;
use mrms_core::{ContractId, TxId};
use mrms_node::chain::{
    self, AncestorProof, BlockHeight, GenesisProof, SignedHeader, TransactionProof,
};

use super::translated::failed;

/// Somebody who has the proofs of a ledger.
pub trait ProofSource {
    /// Block 0.
    ///
    /// # Errors
    ///
    /// [`LedgerError`], here and below.
    fn genesis(&self) -> Result<GenesisProof, LedgerError>;

    /// The newest block.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn tip(&self) -> Result<SignedHeader, LedgerError>;

    /// A transaction that stands in a block.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn transaction(&self, txid: &TxId) -> Result<Option<TransactionProof>, LedgerError>;

    /// The transaction that deployed a contract.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn deployment(&self, contract: &ContractId) -> Result<Option<TransactionProof>, LedgerError>;

    /// That the block at a height is an ancestor of the one at another. `None` when it is not below it, when there is no
    /// such block, or when the newer one was made before blocks committed to all blocks below them.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn ancestor(
        &self,
        height: BlockHeight,
        head: BlockHeight,
    ) -> Result<Option<AncestorProof>, LedgerError>;
}

impl ProofSource for chain::Proofs {
    fn genesis(&self) -> Result<GenesisProof, LedgerError> {
        self.genesis().map_err(failed)
    }

    fn tip(&self) -> Result<SignedHeader, LedgerError> {
        self.tip().map_err(failed)
    }

    fn transaction(&self, txid: &TxId) -> Result<Option<TransactionProof>, LedgerError> {
        // Node and client have a type of their own for ids, with the same text form.
        let id =
            chain::TxId::parse(&txid.to_string()).map_err(|_| unreadable("a transaction id"))?;
        self.transaction(&id).map_err(failed)
    }

    fn deployment(&self, contract: &ContractId) -> Result<Option<TransactionProof>, LedgerError> {
        let id = chain::ContractId::parse(&contract.to_string());
        self.deployment(&id.map_err(|_| unreadable("a contract id"))?).map_err(failed)
    }

    fn ancestor(
        &self,
        height: BlockHeight,
        head: BlockHeight,
    ) -> Result<Option<AncestorProof>, LedgerError> {
        self.ancestor(height, head).map_err(failed)
    }
}

/// The answer of somebody whose proofs can't be read.
pub(super) fn unreadable(what: &str) -> LedgerError {
    LedgerError::Answer { reason: format!("{what} in its proofs cannot be read") }
}
