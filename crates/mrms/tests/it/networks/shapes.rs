//! Answers in the shapes of the hosted API's version 3, made from those of version 1; and blocks as a node gives them.

use serde_json::{Value, json};

use super::chain::Block;

/// The beginning of a block of epoch 3, with its transactions behind it.
pub(super) fn nakamoto_block(height: u32, block: &Block, burn_height: u64) -> Vec<u8> {
    let mut bytes = vec![0; 300];
    bytes[1..9].copy_from_slice(&u64::from(height).to_be_bytes());
    bytes[29..37].copy_from_slice(&burn_height.to_be_bytes());
    bytes[37..69].copy_from_slice(&block.parent);
    bytes[133..141].copy_from_slice(&block.time.to_be_bytes());
    block.transactions.iter().for_each(|stored| bytes.extend_from_slice(&stored.raw));
    bytes
}

/// The sortition that a consensus hash of [`nakamoto_block`] names.
pub(super) fn sortition(consensus_hash: &str) -> Value {
    let height = u64::from_str_radix(&consensus_hash[24..], 16).unwrap();
    json!([{
        "burn_block_hash": format!("0x{height:064x}"),
        "burn_block_height": height,
        "burn_header_timestamp": 1_800_000_000,
        "consensus_hash": format!("0x{consensus_hash}"),
        "was_sortition": true,
    }])
}

/// A transaction of version 3 from one of version 1. What takes long to read is there only when it was asked for.
pub(super) fn transaction(older: &Value, includes: &str) -> Value {
    let mut newer = json!({
        "tx_id": older["tx_id"],
        "sender": {"address": older["sender_address"], "nonce": older["nonce"]},
        "sponsor": null,
        "fee_rate": older["fee_rate"],
        "status": older["tx_status"],
        "type": older["tx_type"],
    });
    if older["block_height"].is_number() {
        newer["block"] = json!({
            "height": older["block_height"], "hash": older["block_hash"],
            "index_hash": older["block_hash"], "time": older["block_time"],
            "tx_index": older["tx_index"],
        });
        newer["bitcoin_block"] =
            json!({"height": older["burn_block_height"], "time": older["burn_block_time"]});
        newer["event_count"] = older["event_count"].clone();
        newer["vm_error"] = older["vm_error"].clone();
        if includes.contains("result") {
            newer["result"] = older["tx_result"].clone();
        }
    } else {
        newer["receipt_time"] = older["receipt_time"].clone();
        newer["replaced_by_tx_id"] = Value::Null;
    }
    if let Value::Object(call) = &older["contract_call"] {
        newer["contract_call"] =
            json!({"contract_id": call["contract_id"], "function_name": call["function_name"]});
        if includes.contains("function_args") {
            let argument = |one: &Value| json!({"hex": one["hex"], "repr": one["repr"]});
            let arguments = call["function_args"].as_array().unwrap();
            newer["contract_call"]["function_args"] = arguments.iter().map(argument).collect();
        }
    }
    newer
}

/// The nonces of an account in the shape of version 3, from version 1's.
pub(super) fn nonces(older: &Value) -> Value {
    json!({
        "next_nonce": older["possible_next_nonce"],
        "last_confirmed_nonce": older["last_executed_tx_nonce"],
        "mempool": {"last_nonce": null, "pending_nonces": [], "missing_nonces": []},
    })
}

/// A transaction of a newer network: nobody knows its status.
pub(super) fn of_unknown_status(height: u32) -> Value {
    let mut row = stranger(7_777_777, "ST000000000000000000002AMW42H.x", height, 1);
    row["tx_status"] = json!("sideways");
    row
}

/// A refused access by a stranger, as version 1 lists it.
pub(super) fn stranger(number: usize, contract: &str, height: u32, burn_height: u64) -> Value {
    let record = format!("0x01{:032x}", 1_000_000 + number);
    json!({
        "tx_id": format!("0x{:064x}", number + 1),
        "tx_type": "contract_call",
        "tx_status": "abort_by_response",
        "nonce": number,
        "sender_address": "ST000000000000000000002AMW42H",
        "block_height": height,
        "block_time": 1_800_000_000,
        "burn_block_height": burn_height,
        "burn_block_time": 1_800_000_000,
        "canonical": true,
        "tx_index": 30_000_usize.saturating_sub(number),
        "tx_result": {"hex": format!("0x0801{:032x}", 201), "repr": "(err u201)"},
        "contract_call": {
            "contract_id": contract,
            "function_name": "access-medical-record",
            "function_args": [{"hex": record, "repr": "u1", "name": "record-id", "type": "uint"}],
        },
    })
}
