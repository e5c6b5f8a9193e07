//! Accounts: balance and nonce, in the formats of the node and of the hosted API.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value as JsonValue, json};

use super::node::Node;
use super::refusal::Refusal;
use crate::chain::{Account, Principal};

#[derive(Deserialize)]
pub(super) struct AccountQuery {
    proof: Option<String>,
}

async fn find(node: &Node, text: &str) -> Result<(Principal, Account), Refusal> {
    let principal = node.principal(text)?;
    node.read(move |snapshot| {
        let account = snapshot.account(&principal)?;
        Ok((principal, account))
    })
    .await
}

/// `GET /v2/accounts/{principal}`. Amounts are in hexadecimal, and nothing is ever locked. This ledger has no
/// Merkle proofs of balances; a client that asks for a proof gets an empty one.
pub(super) async fn account(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    Query(query): Query<AccountQuery>,
) -> Result<Json<JsonValue>, Refusal> {
    let (_, account) = find(&node, &text).await?;
    let mut body = json!({
        "balance": format!("{:#034x}", account.balance.get()),
        "locked": format!("{:#034x}", 0),
        "unlock_height": 0,
        "nonce": account.nonce,
    });
    if query.proof.as_deref() != Some("0") {
        body["balance_proof"] = json!("");
        body["nonce_proof"] = json!("");
    }
    Ok(Json(body))
}

/// `GET /extended/v1/address/{address}/nonces`. As in the hosted API, the next nonce comes after the last one
/// that is used or waiting, and the gaps before it are listed.
pub(super) async fn nonces(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let (principal, account) = find(&node, &text).await?;
    let waiting = node.mempool().nonces(&principal);
    Ok(Json(nonces_body(account.nonce, &waiting)))
}

pub(crate) fn nonces_body(next: u64, waiting: &[u64]) -> JsonValue {
    let waiting: Vec<u64> = waiting.iter().copied().filter(|nonce| *nonce >= next).collect();
    let last = waiting.last().copied();
    let missing: Vec<u64> = match last {
        None => Vec::new(),
        // Bounded by the chaining limit of the mempool. The highest comes first, as in the hosted API.
        Some(last) => (next..last).rev().filter(|nonce| !waiting.contains(nonce)).collect(),
    };
    json!({
        "last_mempool_tx_nonce": last,
        "last_executed_tx_nonce": next.checked_sub(1),
        "possible_next_nonce": last.map_or(next, |last| last + 1),
        "detected_missing_nonces": missing,
        "detected_mempool_nonces": waiting,
    })
}

/// `GET /extended/v2/addresses/{address}/balances/stx`.
pub(super) async fn stx_balance(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let (_, account) = find(&node, &text).await?;
    Ok(Json(json!({
        "balance": account.balance.to_string(),
        "total_miner_rewards_received": "0",
        "lock_tx_id": "",
        "locked": "0",
        "lock_height": 0,
        "burnchain_lock_height": 0,
        "burnchain_unlock_height": 0,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonce_gaps_before_waiting_transactions_are_listed() {
        let body = nonces_body(3, &[5, 6]);
        assert_eq!(body["possible_next_nonce"], 7);
        assert_eq!(body["detected_missing_nonces"], json!([4, 3]));
        assert_eq!(body["last_mempool_tx_nonce"], 6);
        assert_eq!(body["last_executed_tx_nonce"], 2);
    }

    #[test]
    fn next_nonce_of_a_new_account_is_zero() {
        let body = nonces_body(0, &[]);
        assert_eq!(body["possible_next_nonce"], 0);
        assert_eq!(body["last_executed_tx_nonce"], JsonValue::Null);
    }

    #[test]
    fn next_nonce_follows_the_waiting_ones() {
        assert_eq!(nonces_body(3, &[3, 4])["possible_next_nonce"], 5);
    }
}
