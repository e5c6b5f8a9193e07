//! Transactions whose turn has come: they are handed to the ledger as soon as the nonce before theirs is on
//! the chain.
//!
//! Runs on the thread that closed the gap, before its client is answered. Whoever puts a transaction into the
//! queue promotes afterwards, and whoever includes one does too, so that none is left behind between the two.

use super::mempool::{Dropped, Waiting};
use super::mining::Mining;
use super::node::Node;
use crate::chain::{Included, Principal, Rejection, SubmitError};

impl Node {
    /// Includes what waits for `account`, as far as there is no gap, and what that sets free.
    /// Nothing goes in so while blocks are made otherwise.
    pub(super) fn promote(&self, account: &Principal) {
        if self.mining() != Mining::Automatic {
            return;
        }
        let mut accounts = vec![account.clone()];
        while let Some(account) = accounts.pop() {
            if !self.pending().has_row(&account) {
                continue;
            }
            // When the file fails, they go on waiting.
            let Ok(state) = self.ledger.account(&account) else { continue };
            let run = {
                let mut pending = self.pending();
                pending.overtaken(&account, state.nonce);
                pending.run(&account, state.nonce)
            };
            for waiting in self.include(&run) {
                let moved = waiting.places().into_iter().map(|place| place.account);
                accounts.extend(moved);
            }
        }
    }

    /// Submits a run and gives back those that were included.
    fn include<'w>(&self, run: &'w [Waiting]) -> Vec<&'w Waiting> {
        let transactions: Vec<Vec<u8>> = run.iter().map(|waiting| waiting.raw.clone()).collect();
        let outcomes = self.ledger.submit_all(&transactions);
        self.settle(run, outcomes)
    }

    /// Takes those that were included out of the queue and gives them back, and drops those that were refused.
    pub(super) fn settle<'w>(
        &self,
        run: &'w [Waiting],
        outcomes: Vec<Result<Included, SubmitError>>,
    ) -> Vec<&'w Waiting> {
        let mut included = Vec::new();
        for (waiting, outcome) in run.iter().zip(outcomes) {
            match outcome {
                Ok(done) => {
                    // Two threads may have promoted the same one; it is counted once.
                    let is_first = self.pending().find(&waiting.txid).is_some();
                    self.pending().remove(&waiting.txid);
                    if is_first {
                        self.has_included(&done);
                    }
                    included.push(waiting);
                }
                Err(SubmitError::Rejected { rejection, .. }) => self.refuse(waiting, &rejection),
                // Undecodable can't be; a failure of the ledger leaves it where it is.
                Err(_) => {}
            }
        }
        included
    }

    fn refuse(&self, waiting: &Waiting, rejection: &Rejection) {
        let why = match rejection {
            // Its other signer's turn has not come, or one before it in the run was refused.
            Rejection::BadNonce { expected, actual, .. } if actual > expected => return,
            Rejection::BadNonce { .. } => Dropped::Stale,
            _ => Dropped::Refused,
        };
        tracing::warn!(txid = %waiting.txid, %rejection, "waiting transaction dropped");
        self.metrics.transaction(why.as_str());
        self.pending().drop_one(&waiting.txid, why);
    }
}
