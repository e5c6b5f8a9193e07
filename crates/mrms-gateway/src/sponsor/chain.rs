//! What the sponsor needs of a ledger: nonces, a balance, a fee, and a way to hand transactions over.

use mrms_core::{MicroStx, StandardPrincipal, TxId};
use mrms_stacks::client::{ClientError, Nonces, RpcClient, TransactionState};
use mrms_stacks::network::Network;
use mrms_stacks::transaction::Transaction;

/// A ledger, as the sponsor sees it.
pub trait Chain: Send + Sync {
    /// An account's nonces.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    fn nonces(&self, account: &StandardPrincipal) -> Result<Nonces, ClientError>;

    /// What an account can spend.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    fn balance(&self, account: &StandardPrincipal) -> Result<MicroStx, ClientError>;

    /// What to pay for a transaction that has a place for a sponsor.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    fn fee(&self, transaction: &Transaction) -> Result<MicroStx, ClientError>;

    /// Hands a transaction over.
    ///
    /// # Errors
    ///
    /// [`ClientError::Rejected`] when the ledger won't have it; after any other it may have it.
    fn broadcast(&self, transaction: &[u8]) -> Result<TxId, ClientError>;

    /// What became of a transaction; `None` when nobody there has heard of it.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    fn state(&self, txid: &TxId) -> Result<Option<TransactionState>, ClientError>;
}

impl Chain for RpcClient {
    fn nonces(&self, account: &StandardPrincipal) -> Result<Nonces, ClientError> {
        self.nonces(account)
    }

    fn balance(&self, account: &StandardPrincipal) -> Result<MicroStx, ClientError> {
        Ok(self.account(account)?.balance)
    }

    /// The node's middle estimate, never below the floor; on the embedded ledger the floor.
    fn fee(&self, transaction: &Transaction) -> Result<MicroStx, ClientError> {
        // The place for the sponsor is as long as what it will hold.
        let floor = transaction.minimum_fee();
        if transaction.network() == Network::EMBEDDED {
            return Ok(floor);
        }
        let [_, middle, _] = self.fee_estimates(transaction.payload(), floor.number())?;
        Ok(middle.max(floor))
    }

    fn broadcast(&self, transaction: &[u8]) -> Result<TxId, ClientError> {
        self.broadcast(transaction)
    }

    fn state(&self, txid: &TxId) -> Result<Option<TransactionState>, ClientError> {
        self.transaction(txid)
    }
}
