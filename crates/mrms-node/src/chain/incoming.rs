//! A transaction as it came in, after the checks that need no state: form, network, signatures, fee.
//!
//! They run on the submitter's own thread, in the order of a Stacks node. What needs the state is in
//! `vm/admission.rs`.

use super::error::{Rejection, SubmitError};
use super::identifiers::{Principal, TESTNET_MULTI_SIG, TESTNET_SINGLE_SIG, TxId};
use super::wire::{Payload, SpendingCondition, Transaction, TransactionVersion, sha512_256};

/// Minimum fee, in micro-STX per byte of the transaction.
const FEE_FLOOR_PER_BYTE: u64 = 1;

/// A transaction that has passed the checks of form, network, signatures and fee.
#[derive(Clone, Debug)]
pub(crate) struct IncomingTransaction {
    pub(crate) txid: TxId,
    pub(crate) raw: Vec<u8>,
    pub(crate) transaction: Transaction,
}

impl IncomingTransaction {
    /// Runs all checks that need no state.
    pub(crate) fn check(raw: &[u8], chain_id: u32) -> Result<Self, SubmitError> {
        let transaction =
            Transaction::decode(raw).map_err(|source| SubmitError::Undecodable { source })?;
        let incoming = Self { txid: TxId::new(sha512_256(&[raw])), raw: raw.to_vec(), transaction };
        match incoming.check_without_state(chain_id) {
            Ok(()) => Ok(incoming),
            Err(rejection) => {
                Err(SubmitError::Rejected { txid: incoming.txid, rejection: Box::new(rejection) })
            }
        }
    }

    fn check_without_state(&self, chain_id: u32) -> Result<(), Rejection> {
        if self.transaction.version != TransactionVersion::Testnet {
            return Err(Rejection::BadTransactionVersion);
        }
        if self.transaction.chain_id != chain_id {
            return Err(Rejection::BadChainId {
                expected: chain_id,
                actual: self.transaction.chain_id,
            });
        }
        if let Payload::Transfer { recipient, .. } = &self.transaction.payload
            && ![TESTNET_SINGLE_SIG, TESTNET_MULTI_SIG].contains(&recipient.address_version())
        {
            return Err(Rejection::BadAddressVersion { principal: recipient.clone() });
        }
        self.transaction.verify_signatures().map_err(Rejection::SignatureValidation)?;
        let floor = self.raw.len() as u64 * FEE_FLOOR_PER_BYTE;
        let fee = self.fee();
        if fee < floor {
            Err(Rejection::FeeTooLow { expected: floor, actual: fee })
        } else {
            Ok(())
        }
    }

    /// The fee that the payer pays, in micro-STX.
    pub(crate) fn fee(&self) -> u64 {
        self.transaction.authorization.payer().fee
    }

    /// The accounts behind it: the origin, and the payer when that is another one.
    pub(crate) fn accounts(&self) -> Vec<Principal> {
        let authorization = &self.transaction.authorization;
        let signers = [Some(authorization.origin()), authorization.sponsor()];
        signers.into_iter().flatten().map(SpendingCondition::account).collect()
    }
}
