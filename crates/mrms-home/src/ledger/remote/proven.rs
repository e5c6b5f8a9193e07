//! What a node says of transactions that were just sent, held against its proofs: what it only claims counts as not done.

use mrms_app::ledger::{LedgerError, Receipt, SentCall, Status};
use mrms_core::{BlockHeight, StandardPrincipal};
use mrms_node::chain::{self, TransactionProof};
use mrms_stacks::transaction::{Payload, Transaction};

use super::{RemoteLedger, ServedProofs};
use crate::ledger::proofs::ProofSource as _;

impl RemoteLedger {
    /// The receipts, where the node proves each of them. A Stacks network has no proofs; an embedded ledger's node that shows
    /// none proves nothing.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Answer`] for one that it does not prove: it may stand in a block all the same, and is sent again.
    pub(super) fn proven(&self, receipts: Vec<Receipt>) -> Result<Vec<Receipt>, LedgerError> {
        let Some((proofs, node_key)) = self.proofs()? else {
            return match receipts.first().filter(|_| self.is_embedded()) {
                None => Ok(receipts),
                Some(Receipt { txid, .. }) => Err(LedgerError::Answer {
                    reason: format!(
                        "it says that a block has transaction {txid}, and shows no proof of anything"
                    ),
                }),
            };
        };
        for receipt in &receipts {
            proof_of(receipt, &proofs, &node_key)?;
        }
        Ok(receipts)
    }

    /// Whether the node proves that a block has this call of an account, with this nonce and this end. A Stacks network has no
    /// proofs; an embedded ledger's node that shows none proves nothing.
    pub(super) fn proves_call(&self, account: &StandardPrincipal, sent: &SentCall) -> bool {
        let (Some(receipt), Ok(proofs)) = (&sent.receipt, self.proofs()) else { return false };
        let Some((proofs, node_key)) = proofs else { return !self.is_embedded() };
        let proof = proof_of(receipt, &proofs, &node_key).ok();
        let proven = proof.and_then(|proof| Transaction::decode(&proof.raw).ok());
        proven.is_some_and(|proven| {
            let is_call =
                matches!(proven.payload(), Payload::ContractCall(call) if *call == sent.call);
            is_call
                && proven.origin() == *account
                && proven.authorization().origin().nonce == sent.nonce
        })
    }
}

/// The proof of a receipt.
fn proof_of(
    receipt: &Receipt,
    proofs: &ServedProofs,
    node_key: &[u8; 33],
) -> Result<TransactionProof, LedgerError> {
    let txid = receipt.txid;
    let unproven = |what: &str| LedgerError::Answer {
        reason: format!("it says that a block has transaction {txid}, and {what}"),
    };
    let proof = proofs.transaction(&txid)?;
    let proof = proof.ok_or_else(|| unproven("has no proof of it"))?;
    let checked = proof.verify(node_key);
    let (proven, found) = checked.map_err(|_| unproven("its proof does not hold"))?;
    let height = BlockHeight::new(u64::from(proof.header.height.get()));
    let is_it = proven.to_string() == txid.to_string()
        && height == receipt.block_height
        && status(found.status) == receipt.status
        && receipt.result.encode().is_ok_and(|result| result == found.result);
    if is_it { Ok(proof) } else { Err(unproven("proves something else")) }
}

const fn status(status: chain::Status) -> Status {
    match status {
        chain::Status::Success => Status::Success,
        chain::Status::AbortByResponse => Status::AbortedByResponse,
        chain::Status::AbortByPostCondition => Status::AbortedByPostCondition,
    }
}
