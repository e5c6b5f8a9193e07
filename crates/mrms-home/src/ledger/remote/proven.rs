//! What a node says of transactions that were just sent, held against its proofs: what it only claims counts as not done.

use mrms_app::ledger::{LedgerError, Receipt, Status};
use mrms_core::BlockHeight;
use mrms_node::chain;

use super::RemoteLedger;
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
            let txid = receipt.txid;
            let unproven = |what: &str| LedgerError::Answer {
                reason: format!("it says that a block has transaction {txid}, and {what}"),
            };
            let proof = proofs.transaction(&txid)?;
            let proof = proof.ok_or_else(|| unproven("has no proof of it"))?;
            let checked = proof.verify(&node_key);
            let (proven, found) = checked.map_err(|_| unproven("its proof does not hold"))?;
            let height = BlockHeight::new(u64::from(proof.header.height.get()));
            let is_it = proven.to_string() == txid.to_string()
                && height == receipt.block_height
                && status(found.status) == receipt.status
                && receipt.result.encode().is_ok_and(|result| result == found.result);
            if !is_it {
                return Err(unproven("proves something else"));
            }
        }
        Ok(receipts)
    }
}

const fn status(status: chain::Status) -> Status {
    match status {
        chain::Status::Success => Status::Success,
        chain::Status::AbortByResponse => Status::AbortedByResponse,
        chain::Status::AbortByPostCondition => Status::AbortedByPostCondition,
    }
}
