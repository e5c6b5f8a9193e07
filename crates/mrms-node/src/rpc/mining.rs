//! Mining: when blocks are made. As soon as there is a transaction, at intervals, or only on request.
//!
//! With automatic mining, a block includes a transaction before the client gets its answer. Otherwise every
//! transaction enters the mempool first. It is tried out when it comes, and refused then if no block would
//! take it now.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::mempool::MempoolTransaction;
use super::node::Node;
use crate::chain::{LedgerFailure, Mined, OperationError, Principal, ReadError, TxId};
use crate::control::MiningText;

/// When blocks are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mining {
    /// As soon as there is a transaction.
    #[default]
    Automatic,
    /// One block per interval, with all waiting transactions; none while the mempool is empty.
    Every(Duration),
    /// Only on request.
    Manual,
}

impl From<MiningText> for Mining {
    fn from(text: MiningText) -> Self {
        match text {
            MiningText::Auto => Self::Automatic,
            MiningText::EveryMilliseconds(time) => {
                Self::Every(Duration::from_millis(u64::from(time.max(1))))
            }
            MiningText::Manual => Self::Manual,
        }
    }
}

/// A block that was made from the mempool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MinedBlock {
    /// How many waiting transactions it includes.
    pub(crate) transactions: usize,
}

impl Node {
    /// When blocks are made now.
    pub(crate) fn mining(&self) -> Mining {
        *self.mining.borrow()
    }

    /// Changes when blocks are made. After a change to automatic mining, includes the transactions that
    /// waited only for a block.
    pub(crate) fn set_mining(&self, mining: Mining) {
        self.mining.send_replace(mining);
        tracing::info!(target: "mrms::node", ?mining, "mining");
        self.promote_all();
    }

    /// Makes a block of all waiting transactions that can be included. Makes an empty block when there are
    /// none.
    pub(crate) fn mine(&self) -> Result<MinedBlock, OperationError> {
        let ready = self.ready().map_err(|failure| OperationError::Failed { failure })?;
        let raw: Vec<Vec<u8>> = ready.iter().map(|waiting| waiting.raw.clone()).collect();
        let Mined { height, outcomes, .. } = self.ledger.mine(&raw)?;
        let transactions = self.settle(&ready, outcomes).len();
        self.note_height(height);
        Ok(MinedBlock { transactions })
    }

    /// The waiting transactions without a nonce gap before them, in the order in which the block can include
    /// them.
    fn ready(&self) -> Result<Vec<MempoolTransaction>, LedgerFailure> {
        let accounts = self.mempool().accounts();
        let nonces: HashMap<Principal, u64> = self.ledger.read(move |snapshot| {
            let mut nonces = HashMap::new();
            for account in accounts {
                match snapshot.account(&account) {
                    Ok(state) => drop(nonces.insert(account, state.nonce)),
                    Err(ReadError::Failed { failure }) => return Err(failure),
                    Err(_) => {}
                }
            }
            Ok(nonces)
        })?;
        let mut mempool = self.mempool();
        for (account, nonce) in &nonces {
            mempool.drop_below(account, *nonce);
        }
        let ready = mempool.next_block(nonces);
        drop(mempool);
        Ok(self.foreign_code_last(ready))
    }

    /// Puts the transactions of accounts that run foreign code after those of all others, which then do not wait for them.
    fn foreign_code_last(&self, ready: Vec<MempoolTransaction>) -> Vec<MempoolTransaction> {
        let (mut first, mut last, mut behind) = (Vec::new(), Vec::new(), HashSet::new());
        for waiting in ready {
            let signers = waiting.signer_nonces().into_iter().map(|signer| signer.account);
            let signers: Vec<Principal> = signers.collect();
            let must_wait = self.may_run_foreign_code(&waiting.transaction.payload)
                || signers.iter().any(|account| behind.contains(account));
            if must_wait {
                behind.extend(signers);
                last.push(waiting);
            } else {
                first.push(waiting);
            }
        }
        first.append(&mut last);
        first
    }

    /// Makes blocks at intervals, while the mining mode asks for that. Never returns.
    pub(super) async fn mine_at_intervals(self: Arc<Self>) {
        let mut modes = self.mining.subscribe();
        loop {
            let mining = *modes.borrow_and_update();
            let Mining::Every(interval) = mining else {
                if modes.changed().await.is_err() {
                    return;
                }
                continue;
            };
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                changed = modes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    continue;
                }
            }
            if self.mempool().len() > 0 {
                let worker = Arc::clone(&self);
                let mined = self.write(move || Ok(worker.mine()?)).await;
                if mined.is_err() {
                    tracing::error!(target: "mrms::node", "no block was made");
                }
            }
        }
    }

    /// Whether a transaction that passes all checks must still wait for a block.
    pub(super) fn must_wait_for_block(&self, txid: &TxId) -> Result<bool, LedgerFailure> {
        let txid = *txid;
        match self.mining() {
            Mining::Automatic => Ok(false),
            // A transaction that the chain includes already does not wait.
            Mining::Every(_) | Mining::Manual => {
                self.ledger.read(move |snapshot| Ok(snapshot.transaction(&txid)?.is_none()))
            }
        }
    }
}
