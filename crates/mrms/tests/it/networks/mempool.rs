//! What waits for a block while a test lets none come. As nodes do it, of two transactions with one nonce the one that pays
//! more waits.

use std::collections::BTreeMap;

use mrms_stacks::transaction::Transaction;
use serde_json::{Value, json};

/// Transactions by account and nonce.
#[derive(Default)]
pub(super) struct Mempool {
    waiting: BTreeMap<(String, u64), Transaction>,
    /// What was forgotten.
    dropped: Vec<Transaction>,
}

fn place(transaction: &Transaction) -> (String, u64) {
    let nonce = transaction.authorization().origin().nonce.number();
    (transaction.origin().to_string(), nonce)
}

impl Mempool {
    /// Takes a transaction, unless one with its nonce pays as much.
    pub(super) fn take(&mut self, transaction: Transaction) -> (u16, Value) {
        let (place, txid) = (place(&transaction), transaction.txid());
        if let Some(other) = self.waiting.get(&place)
            && other.txid() != txid
            && other.fee() >= transaction.fee()
        {
            let reason = "ConflictingNonceInMempool";
            return (400, json!({"error": "transaction rejected", "reason": reason, "txid": txid}));
        }
        self.dropped.retain(|one| one.txid() != txid);
        self.waiting.insert(place, transaction);
        (200, json!(hex::encode(txid.as_bytes())))
    }

    /// Forgets all that waits.
    pub(super) fn drop_all(&mut self) {
        self.dropped.extend(std::mem::take(&mut self.waiting).into_values());
    }

    /// What the API says of one that waits, or was forgotten.
    pub(super) fn pending(&self, txid: &str) -> Option<Value> {
        let digits = txid.trim_start_matches("0x");
        let is_it = |one: &&Transaction| hex::encode(one.txid().as_bytes()) == digits;
        let waiting = self.waiting.values().find(is_it);
        let status = if waiting.is_some() { "pending" } else { "dropped_stale_garbage_collect" };
        let found = waiting.or_else(|| self.dropped.iter().find(is_it))?;
        let (account, nonce) = place(found);
        Some(json!({
            "tx_id": format!("0x{digits}"), "tx_status": status, "tx_type": "contract_call",
            "nonce": nonce, "sender_address": account, "fee_rate": found.fee().number().to_string(),
        }))
    }

    /// The nonce behind all that waits of an account.
    pub(super) fn next(&self, account: &str) -> Option<u64> {
        let nonces = self.waiting.keys().filter(|(whose, _)| whose == account);
        nonces.map(|(_, nonce)| nonce + 1).max()
    }

    /// Takes out what pays this much, and stands behind nothing that does not.
    pub(super) fn release(&mut self, least: u64) -> Vec<Transaction> {
        let mut stays: BTreeMap<String, u64> = BTreeMap::new();
        for ((account, nonce), transaction) in &self.waiting {
            if transaction.fee().number() < least {
                stays.entry(account.clone()).or_insert(*nonce);
            }
        }
        let goes =
            |(account, nonce): &(String, u64)| stays.get(account).is_none_or(|from| nonce < from);
        let (released, waiting) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(place, _)| goes(place));
        self.waiting = waiting;
        let released: BTreeMap<_, _> = released;
        released.into_values().collect()
    }
}
