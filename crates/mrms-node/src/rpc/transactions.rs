//! Single transactions in the node's format: `/v3/transaction` for those on the chain,
//! `/v2/transactions/unconfirmed` for those in the mempool.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value as JsonValue, json};

use super::clarity_text::node_repr;
use super::node::Node;
use super::refusal::Refusal;
use crate::chain::TxId;

pub(crate) fn txid(text: &str) -> Result<TxId, Refusal> {
    TxId::parse(text).map_err(|error| Refusal::request(error.to_string()))
}

/// `GET /v3/transaction/{txid}`.
pub(super) async fn transaction(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let txid = txid(&text)?;
    let stored = node.read(move |snapshot| Ok(snapshot.transaction(&txid)?)).await?;
    let stored = stored.ok_or_else(|| {
        Refusal::absent(format!("No such transaction {}\n", hex::encode(txid.as_bytes())))
    })?;
    Ok(Json(json!({
        "index_block_hash": hex::encode(stored.included.block.as_bytes()),
        "tx": hex::encode(&stored.raw),
        "result": node_repr(&stored.included.receipt.result),
        "block_height": stored.included.height.get(),
        "is_canonical": true,
    })))
}

/// `GET /v2/transactions/unconfirmed/{txid}`.
pub(super) async fn unconfirmed(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let txid = txid(&text)?;
    let waiting = node.mempool().find(&txid).map(|waiting| hex::encode(&waiting.raw));
    let tx = waiting.ok_or_else(|| {
        let id = hex::encode(txid.as_bytes());
        Refusal::absent(format!(
            "Transaction {id} not found in mempool or unconfirmed microblock stream"
        ))
    })?;
    Ok(Json(json!({"tx": tx, "status": "Mempool"})))
}
