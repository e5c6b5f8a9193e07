//! [`Chain`]: what the sponsor needs of a ledger. Nonces, a balance, a fee, and a way to broadcast transactions.
//!
//! The port, and its implementation for a node's RPC. Decides nothing.

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

    /// The fee for a transaction that has a place for a sponsor.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    fn fee(&self, transaction: &Transaction) -> Result<MicroStx, ClientError>;

    /// Sends a transaction to the ledger.
    ///
    /// # Errors
    ///
    /// [`ClientError::Rejected`] when the ledger refuses it. After any other error the ledger may have it.
    fn broadcast(&self, transaction: &[u8]) -> Result<TxId, ClientError>;

    /// The state of a transaction; `None` when the ledger does not know it.
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
        // The empty place for the sponsor is as long as the signature that fills it.
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
