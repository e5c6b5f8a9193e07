//! When blocks are made: at once, at a pace, or when they are asked for.
//!
//! At once, a transaction is in a block when it is answered. Otherwise every transaction waits first, as in a
//! node's mempool: it is tried out when it comes, and refused then for what would keep it out of a block now.

use std::sync::Arc;
use std::time::Duration;

use super::mempool::Waiting;
use super::node::Node;
use crate::chain::{Mined, OperationError, ReadError, TxId};

/// When blocks are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mining {
    /// As soon as there is a transaction.
    #[default]
    Automatic,
    /// One in each such time, with all that waits; none while nothing waits.
    Every(Duration),
    /// Only when one is asked for.
    Manual,
}

/// A block that was made, and how many waiting transactions are in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) transactions: usize,
}

impl Node {
    /// When blocks are made now.
    pub(crate) fn mining(&self) -> Mining {
        *self.mining.borrow()
    }

    /// Makes blocks in another way from now on. What waits for a block and no longer has to, goes in.
    pub(crate) fn set_mining(&self, mining: Mining) {
        self.mining.send_replace(mining);
        tracing::info!(?mining, "mining");
        if mining == Mining::Automatic {
            let accounts = self.pending().accounts();
            for account in accounts {
                self.promote(&account);
            }
        }
    }

    /// Makes a block of all that waits and may go in, even if that is nothing.
    pub(crate) fn mine(&self) -> Result<Round, OperationError> {
        let due = self.due().map_err(|failure| OperationError::Failed { failure })?;
        let raw: Vec<Vec<u8>> = due.iter().map(|waiting| waiting.raw.clone()).collect();
        let Mined { height, outcomes, .. } = self.ledger.mine(&raw)?;
        let transactions = self.settle(&due, outcomes).len();
        self.has_height(height);
        Ok(Round { transactions })
    }

    /// What waits and has no gap before it, in the order in which it came and in which it can go in.
    fn due(&self) -> Result<Vec<Waiting>, crate::chain::LedgerFailure> {
        let accounts = self.pending().accounts();
        let mut nonces = Vec::new();
        for account in accounts {
            match self.ledger.account(&account) {
                Ok(state) => nonces.push((account, state.nonce)),
                Err(ReadError::Failed { failure }) => return Err(failure),
                Err(_) => {}
            }
        }
        let mut pending = self.pending();
        for (account, nonce) in &nonces {
            pending.overtaken(account, *nonce);
        }
        Ok(pending.in_turn(nonces.into_iter().collect()))
    }

    /// Makes blocks at a pace while that is asked for, for ever.
    pub(super) async fn keep_pace(self: Arc<Self>) {
        let mut modes = self.mining.subscribe();
        loop {
            let mining = *modes.borrow_and_update();
            let Mining::Every(time) = mining else {
                if modes.changed().await.is_err() {
                    return;
                }
                continue;
            };
            tokio::select! {
                () = tokio::time::sleep(time) => {}
                changed = modes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    continue;
                }
            }
            if self.pending().len() > 0 {
                let worker = Arc::clone(&self);
                let mined = self.write(move || Ok(worker.mine()?)).await;
                if mined.is_err() {
                    tracing::error!("no block was made");
                }
            }
        }
    }

    /// Whether a transaction that is in order has to wait for a block.
    pub(super) fn is_to_wait(&self, txid: &TxId) -> Result<bool, crate::chain::LedgerFailure> {
        match self.mining() {
            Mining::Automatic => Ok(false),
            // What is on the chain already waits for nothing.
            Mining::Every(_) | Mining::Manual => Ok(self.ledger.transaction(txid)?.is_none()),
        }
    }
}
