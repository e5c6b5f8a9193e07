//! Proofs over HTTP (`/mrms/v1/proofs`): block 0, the newest header, transactions, who deployed a contract, and that
//! one block is an ancestor of another.
//! A Stacks node has no such paths. Whoever gets a proof checks it, so the node need not be trusted.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value as JsonValue, json};

use super::clarity_text::hex_0x;
use super::node::Node;
use super::refusal::Refusal;
use super::transactions::txid;
use crate::chain::{AncestorProof, BlockHeight, ContractId, SignedHeader, TransactionProof};

/// `GET /mrms/v1/proofs/genesis`: block 0, with its operations.
pub(super) async fn genesis(State(node): State<Arc<Node>>) -> Result<Json<JsonValue>, Refusal> {
    let proof = node.read(|snapshot| Ok(snapshot.genesis_proof()?)).await?;
    let mut described = signed_header(&proof.block);
    let operations: Vec<String> = proof.operations.iter().map(|bytes| hex_0x(bytes)).collect();
    described["operations"] = json!(operations);
    Ok(Json(described))
}

/// `GET /mrms/v1/proofs/tip`: the newest block's signed header.
pub(super) async fn tip(State(node): State<Arc<Node>>) -> Result<Json<JsonValue>, Refusal> {
    let tip = node.read(|snapshot| Ok(snapshot.signed_tip()?)).await?;
    Ok(Json(signed_header(&tip)))
}

/// `GET /mrms/v1/proofs/transaction/{txid}`: a transaction, its receipt, and the paths to their block.
pub(super) async fn transaction(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let txid = txid(&text)?;
    let found = node.read(move |snapshot| Ok(snapshot.transaction_proof(&txid)?)).await?;
    described(found)
}

/// `GET /mrms/v1/proofs/deployment/{contract}`: the same of the transaction that deployed a contract.
pub(super) async fn deployment(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let contract = ContractId::parse(&text).map_err(|error| Refusal::request(error.to_string()))?;
    let found = node.read(move |snapshot| Ok(snapshot.deployment_proof(&contract)?)).await?;
    described(found)
}

/// `GET /mrms/v1/proofs/ancestor/{height}/{head}`: that the block at `height` is an ancestor of the one at `head`.
/// Absent when it is not below it, when there is no such block, or when the newer one is of header format 1.
pub(super) async fn ancestor(
    State(node): State<Arc<Node>>,
    Path((height, head)): Path<(String, String)>,
) -> Result<Json<JsonValue>, Refusal> {
    let (height, head) = (block_height(&height)?, block_height(&head)?);
    let found = node.read(move |snapshot| Ok(snapshot.ancestor_proof(height, head)?)).await?;
    let absent = Refusal::absent("no block there commits to such an ancestor");
    let AncestorProof { ancestor, head, inclusion_path, consistency_path } = found.ok_or(absent)?;
    Ok(Json(json!({
        "ancestor": signed_header(&ancestor),
        "head": signed_header(&head),
        "inclusion_path": path(&inclusion_path),
        "consistency_path": path(&consistency_path),
    })))
}

/// A height in the one way in which it is written: decimal, without a sign or leading zeros.
fn block_height(text: &str) -> Result<BlockHeight, Refusal> {
    let height = text.parse().ok().map(BlockHeight::new);
    height
        .filter(|height| height.to_string() == text)
        .ok_or_else(|| Refusal::request(format!("not the height of a block: {text:?}")))
}

fn path(nodes: &[[u8; 32]]) -> Vec<String> {
    nodes.iter().map(|node| hex_0x(node)).collect()
}

fn described(proof: Option<TransactionProof>) -> Result<Json<JsonValue>, Refusal> {
    let proof = proof.ok_or_else(|| Refusal::absent("no block includes it"))?;
    let (transaction_path, receipt_path) =
        (path(&proof.transaction_path), path(&proof.receipt_path));
    let mut described =
        signed_header(&SignedHeader { header: proof.header, signature: proof.signature });
    described["position"] = json!(proof.position);
    described["transaction"] = json!(hex_0x(&proof.raw));
    described["transaction_path"] = json!(transaction_path);
    described["receipt"] = json!(hex_0x(&proof.receipt));
    described["receipt_path"] = json!(receipt_path);
    Ok(Json(described))
}

fn signed_header(signed: &SignedHeader) -> JsonValue {
    json!({
        "header": hex_0x(&signed.header.encode()),
        "signature": hex_0x(&signed.signature),
    })
}
