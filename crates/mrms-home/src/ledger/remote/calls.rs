//! What an account sent, as the ledger lists it: for a profile that could keep no note of it, and for one whose account the
//! ledger does not tell.

use std::collections::BTreeMap;

use mrms_app::ledger::{LedgerError, SentCall};
use mrms_core::{Nonce, StandardPrincipal, TxId};
use mrms_stacks::client::{CallDetails, ListFrom, ListedStanding, RpcClient};
use mrms_stacks::transaction::ContractCall;

use super::{RemoteLedger, ledger_error, receipt};

impl RemoteLedger {
    /// The newest calls of an account. Of those in blocks that are `wanted`, only what the node proves counts, where it gives
    /// proofs.
    pub(super) fn calls_of(
        &self,
        account: &StandardPrincipal,
        wanted: &dyn Fn(&ContractCall) -> bool,
    ) -> Result<Vec<SentCall>, LedgerError> {
        let newest = self.client.transactions_of(&(*account).into(), &ListFrom::Newest);
        let mut rows = newest.map_err(ledger_error)?.rows;
        rows.retain(|row| row.sender == Some(*account) && row.standing != ListedStanding::Waiting);
        // A list may have neither arguments nor results.
        let untold = rows.iter().filter(|row| row.details.is_none());
        let untold: Vec<TxId> = untold.map(|row| row.txid).collect();
        let told = match untold.is_empty() {
            true => Vec::new(),
            false => self.client.call_details(&untold).map_err(ledger_error)?,
        };
        let told: BTreeMap<TxId, CallDetails> =
            told.into_iter().map(|details| (details.txid, details)).collect();
        let mut found = Vec::new();
        for row in rows {
            let details = row.details.or_else(|| told.get(&row.txid).cloned());
            let (Some(nonce), Some(details)) = (row.nonce, details) else { continue };
            let receipt = receipt(row.txid, details.inclusion);
            let (txid, call, receipt) = (row.txid, details.call, Some(receipt));
            let sent = SentCall { txid, nonce, call, receipt };
            if !wanted(&sent.call) || self.proves_call(account, &sent) {
                found.push(sent);
            }
        }
        for row in self.client.waiting_of(account).map_err(ledger_error)? {
            let (Some(nonce), Some(call)) = (row.nonce, row.call) else { continue };
            let is_known = found.iter().any(|one| one.txid == row.txid);
            if !is_known {
                found.push(SentCall { txid: row.txid, nonce, call, receipt: None });
            }
        }
        Ok(found)
    }

    /// The next nonce of an account where the ledger does not tell the account: by its other answers, which count what waits,
    /// and else by the highest that other nodes tell.
    pub(super) fn nonce_beside(&self, account: &StandardPrincipal) -> Option<Nonce> {
        let by_list = |client: &RpcClient| {
            let rows = client.transactions_of(&(*account).into(), &ListFrom::Newest).ok()?.rows;
            let waiting = client.waiting_of(account).unwrap_or_default();
            let own = rows.into_iter().chain(waiting);
            let own = own.filter(|row| row.sender == Some(*account));
            own.filter_map(|row| Some(row.nonce?.plus(1))).max()
        };
        let of = |client: &RpcClient| {
            let told = client.nonces(account).ok().map(|nonces| nonces.next.max(nonces.in_blocks));
            told.max(by_list(client))
        };
        let here = of(&self.client);
        here.or_else(|| self.witnesses.iter().filter_map(of).max())
    }
}
