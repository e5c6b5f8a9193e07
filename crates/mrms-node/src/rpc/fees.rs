//! Fee estimates. Blocks of this ledger are never short of room, so every estimate is the minimum: one
//! micro-STX per byte. Execution costs add nothing to the fee.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value as JsonValue, json};

use super::node::Node;
use super::refusal::Refusal;
use crate::chain::wire::{ByteReader, Payload};
use crate::hexadecimal;

/// Bytes of the shortest transaction without its payload: version, chain id, one signer, modes, no
/// post-conditions (SIP-005).
const AROUND_PAYLOAD: u64 = 115;

#[derive(Deserialize)]
struct EstimateRequest {
    transaction_payload: String,
    estimated_len: Option<u64>,
}

/// `POST /v2/fees/transaction`.
pub(super) async fn transaction(
    State(_): State<Arc<Node>>,
    body: Bytes,
) -> Result<Json<JsonValue>, Refusal> {
    let asked: EstimateRequest = serde_json::from_slice(&body)
        .map_err(|error| Refusal::request(format!("Failed to parse JSON body: {error}")))?;
    let text = asked.transaction_payload.as_str();
    let payload = hexadecimal::decode(text.strip_prefix("0x").unwrap_or(text))
        .ok_or_else(|| Refusal::request("Bad hex string supplied for transaction payload"))?;
    let mut reader = ByteReader::new(&payload);
    Payload::decode(&mut reader)
        .and_then(|_| reader.finish())
        .map_err(|error| Refusal::request(format!("Failed to decode payload: {error}")))?;
    let shortest = payload.len() as u64 + AROUND_PAYLOAD;
    let fee = asked.estimated_len.unwrap_or(0).max(shortest);
    let estimate = json!({"fee": fee, "fee_rate": 1.0});
    Ok(Json(json!({
        "estimated_cost": {
            "read_count": 0,
            "read_length": 0,
            "runtime": 0,
            "write_count": 0,
            "write_length": 0,
        },
        "estimated_cost_scalar": fee,
        "estimations": [estimate, estimate, estimate],
        "cost_scalar_change_by_byte": 1.0,
    })))
}

/// `GET /v2/fees/transfer`: micro-STX per byte.
pub(super) async fn transfer() -> Json<u64> {
    Json(1)
}
