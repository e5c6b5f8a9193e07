//! Mempool promotion: submits waiting transactions to the ledger as soon as the nonce before theirs is on the
//! chain.
//!
//! Promotion runs on the thread that closed the nonce gap, before its client is answered. Every code path
//! that adds a transaction to the mempool promotes afterwards, and so does every code path that includes one.
//! So no transaction is left behind when both happen at the same time.

use super::mempool::{DropReason, MempoolTransaction};
use super::mining::Mining;
use super::node::Node;
use crate::chain::{Included, Principal, Rejection, SubmitError};

impl Node {
    /// The same for all accounts.
    pub(super) fn promote_all(&self) {
        if self.mining() == Mining::Automatic {
            let accounts = self.mempool().accounts();
            for account in accounts {
                self.promote(&account);
            }
        }
    }

    /// Includes the waiting transactions of `account` up to the first nonce gap, and the transactions that
    /// those make possible. Does nothing unless blocks are made automatically.
    pub(super) fn promote(&self, account: &Principal) {
        if self.mining() != Mining::Automatic {
            return;
        }
        let mut accounts = vec![account.clone()];
        while let Some(account) = accounts.pop() {
            if !self.mempool().has_account(&account) {
                continue;
            }
            let read = account.clone();
            // When the file fails, the transactions keep waiting.
            let Ok(state) = self.ledger.read(move |snapshot| snapshot.account(&read)) else {
                continue;
            };
            let ready = {
                let mut mempool = self.mempool();
                mempool.drop_below(&account, state.nonce);
                mempool.ready(&account, state.nonce)
            };
            for waiting in self.include(&ready) {
                let signers = waiting.signer_nonces().into_iter().map(|signer| signer.account);
                accounts.extend(signers);
            }
        }
    }

    /// Submits transactions of the mempool, and returns those that were included.
    fn include<'w>(&self, ready: &'w [MempoolTransaction]) -> Vec<&'w MempoolTransaction> {
        let transactions: Vec<Vec<u8>> = ready.iter().map(|waiting| waiting.raw.clone()).collect();
        let outcomes = self.ledger.submit_all(&transactions);
        self.settle(ready, outcomes)
    }

    /// Removes submitted transactions from the mempool: those that were included, which it returns, and those
    /// that were rejected.
    pub(super) fn settle<'w>(
        &self,
        submitted: &'w [MempoolTransaction],
        outcomes: Vec<Result<Included, SubmitError>>,
    ) -> Vec<&'w MempoolTransaction> {
        let mut included = Vec::new();
        for (waiting, outcome) in submitted.iter().zip(outcomes) {
            match outcome {
                Ok(done) => {
                    // Two threads may have promoted the same transaction. It is counted once.
                    let is_first = self.mempool().find(&waiting.txid).is_some();
                    self.mempool().remove(&waiting.txid);
                    if is_first {
                        self.note_included(&done);
                    }
                    included.push(waiting);
                }
                Err(SubmitError::Rejected { rejection, .. }) => {
                    self.drop_rejected(waiting, &rejection)
                }
                // The bytes decoded before, so the ledger failed. The transaction keeps waiting.
                Err(_) => {}
            }
        }
        included
    }

    fn drop_rejected(&self, waiting: &MempoolTransaction, rejection: &Rejection) {
        let reason = match rejection {
            // It must wait longer: for its other signer, or because a transaction before it was rejected.
            Rejection::BadNonce { expected, actual, .. } if actual > expected => return,
            Rejection::BadNonce { .. } => DropReason::Stale,
            _ => DropReason::Refused,
        };
        tracing::warn!(target: "mrms::node", txid = %waiting.txid, %rejection, "waiting transaction dropped");
        self.metrics.transaction(reason.as_str());
        self.mempool().drop_transaction(&waiting.txid, reason);
    }
}
