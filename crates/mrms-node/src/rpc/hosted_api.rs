//! Transactions, contracts and events in the format of the hosted Stacks API (`/extended`), which wallets and
//! explorers poll.
//!
//! Source: `transactions.ts` of stacks-blockchain-api. Lists of them are in [`super::listings`].

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value as JsonValue, json};

use super::clarity_text::{function_text, hex_0x, hex_and_repr, hosted_repr, type_text};
use super::events::hosted_event;
use super::iso_time::iso_8601;
use super::mempool::MempoolTransaction;
use super::node::Node;
use super::observer_messages::vm_error;
use super::paging::ByteBudget;
use super::post_conditions::{mode, post_condition};
use super::refusal::Refusal;
use super::transactions::txid;
use crate::chain::wire::{AnchorMode, Payload, Transaction};
use crate::chain::{
    Block, BlockHash, BlockHeight, ContractId, LedgerFailure, ReadSnapshot, StoredTransaction,
    TxId, UnixTime,
};

/// The hosted API's number for "in no microblock".
const NO_MICROBLOCK: u32 = 0x7fff_ffff;
/// Events that come with a transaction by default, and the maximum.
const DEFAULT_EVENTS: usize = 96;
const MAX_EVENTS: usize = 1_000;

#[derive(Deserialize)]
pub(super) struct EventQuery {
    event_limit: Option<usize>,
    event_offset: Option<usize>,
}

/// `GET /extended/v2/blocks/{block}`: a block, by its height, by its hash, or `latest`.
pub(super) async fn block(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let hash = BlockHash::parse(&text).ok();
    let height = text.parse().map(BlockHeight::new).ok();
    if hash.is_none() && height.is_none() && text != "latest" {
        return Err(Refusal::request("neither height nor hash of a block"));
    }
    let found = node.read(move |snapshot| {
        Ok(match (hash, height) {
            (Some(hash), _) => snapshot.block_by_hash(&hash)?,
            (None, Some(height)) => snapshot.block(height)?,
            (None, None) => {
                let newest = snapshot.tip()?.height;
                snapshot.block(newest)?
            }
        })
    });
    let Some(block) = found.await? else {
        return Err(Refusal::AbsentJson { message: "cannot find block" });
    };
    Ok(Json(block_body(&block)))
}

/// A block in the format of the hosted API.
pub(super) fn block_body(block: &Block) -> JsonValue {
    let (header, hash) = (&block.header, block.hash.to_string());
    json!({
        "canonical": true,
        "height": header.height.get(),
        "hash": hash,
        "index_block_hash": hash,
        "parent_block_hash": header.parent.to_string(),
        "parent_index_block_hash": header.parent.to_string(),
        "block_time": header.time.get(),
        "burn_block_time": header.time.get(),
        "burn_block_height": header.burn_height.get(),
        "tx_count": block.transactions.len(),
    })
}

/// `GET /extended/v1/tx/{txid}`: a transaction on the chain, in the mempool, or dropped from the mempool.
pub(super) async fn transaction(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    Query(query): Query<EventQuery>,
) -> Result<Json<JsonValue>, Refusal> {
    let txid = txid(&text)?;
    let limit = query.event_limit.unwrap_or(DEFAULT_EVENTS).min(MAX_EVENTS);
    let offset = query.event_offset.unwrap_or(0);
    // The mempool first: a transaction that gets into a block between the two lookups is found by the second.
    let waiting = node.mempool().find(&txid).map(pending_transaction);
    let mut budget = ByteBudget::new(node.answer_bytes);
    let found = node.read(move |snapshot| {
        let Some(stored) = snapshot.transaction(&txid)? else { return Ok(None) };
        let mut described = TransactionFormatter::new(snapshot).included(&stored)?;
        let events = stored.included.receipt.events.iter().enumerate().skip(offset).take(limit);
        // `event_count` tells that there are more, and `event_offset` goes on with them.
        let events = events.map(|(index, event)| hosted_event(&txid, index, event));
        described["events"] = events.take_while(|event| budget.takes(event)).collect();
        Ok(Some(described))
    });
    let found = match found.await? {
        Some(included) => Some(included),
        None => waiting.or_else(|| {
            let dropped = node.mempool().was_dropped(&txid)?;
            Some(json!({"tx_id": txid.to_string(), "tx_status": dropped.as_str()}))
        }),
    };
    found.map(Json).ok_or(Refusal::AbsentJson { message: "could not find transaction by ID" })
}

/// `GET /extended/v1/tx/{txid}/raw`: the bytes of a transaction on the chain or in the mempool.
pub(super) async fn raw_transaction(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let txid = txid(&text)?;
    // The mempool first, as above.
    let waiting = node.mempool().find(&txid).map(|waiting| waiting.raw.clone());
    let stored = node.read(move |snapshot| Ok(snapshot.transaction(&txid)?)).await?;
    let raw = stored.map(|stored| stored.raw).or(waiting);
    let raw = raw.ok_or(Refusal::AbsentJson { message: "could not find transaction by ID" })?;
    Ok(Json(json!({"raw_tx": hex_0x(&raw)})))
}

/// `GET /extended/v1/contract/{contract}`: source and interface. The interface is JSON inside a string.
pub(super) async fn contract(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let contract = ContractId::parse(&text).map_err(|error| Refusal::request(error.to_string()))?;
    let found = node.read(move |snapshot| {
        let Some(record) = snapshot.contract(&contract)? else { return Ok(None) };
        let interface = snapshot.contract_interface(&contract)?;
        Ok(Some(json!({
            "tx_id": record.txid.map(|txid| txid.to_string()),
            "canonical": true,
            "contract_id": contract.to_string(),
            "block_height": record.height.get(),
            "clarity_version": record.clarity_version.map(|version| version.get()),
            "source_code": record.source,
            "abi": interface,
        })))
    });
    found.await?.map(Json).ok_or(Refusal::AbsentJson { message: "cannot find contract by ID" })
}

/// Formats a transaction of the mempool.
pub(super) fn pending_transaction(waiting: &MempoolTransaction) -> JsonValue {
    let mut described = basics(&waiting.txid, &waiting.transaction);
    described["tx_status"] = json!("pending");
    described["receipt_time"] = json!(waiting.received.get());
    described["receipt_time_iso"] = json!(iso_8601(waiting.received));
    let (kind, detail) = payload(&waiting.transaction, None);
    described["tx_type"] = json!(kind);
    described[kind] = detail;
    described
}

/// Formats the fields of a transaction that do not depend on its outcome.
fn basics(txid: &TxId, transaction: &Transaction) -> JsonValue {
    let authorization = &transaction.authorization;
    let (origin, payer) = (authorization.origin(), authorization.payer());
    let conditions: Vec<JsonValue> =
        transaction.post_conditions.iter().map(post_condition).collect();
    let mut described = json!({
        "tx_id": txid.to_string(),
        "nonce": origin.nonce,
        "fee_rate": payer.fee.to_string(),
        "sender_address": origin.account().to_string(),
        "sponsored": authorization.sponsor().is_some(),
        "post_condition_mode": mode(transaction.post_condition_mode),
        "post_conditions": conditions,
        "anchor_mode": match transaction.anchor_mode {
            AnchorMode::OnChain => "on_chain_only",
            AnchorMode::Any => "any",
        },
    });
    if let Some(sponsor) = authorization.sponsor() {
        described["sponsor_nonce"] = json!(sponsor.nonce);
        described["sponsor_address"] = json!(sponsor.account().to_string());
    }
    described
}

/// Formats a payload: its kind and its fields. With the function's interface, arguments have names and types.
fn payload(transaction: &Transaction, function: Option<&JsonValue>) -> (&'static str, JsonValue) {
    match &transaction.payload {
        Payload::Transfer { recipient, amount, memo } => (
            "token_transfer",
            json!({
                "recipient_address": recipient.to_string(),
                "amount": amount.to_string(),
                "memo": hex_0x(memo),
            }),
        ),
        Payload::Deploy { name, source, version } => (
            "smart_contract",
            json!({
                "clarity_version": version.map(|version| version.get()),
                "contract_id":
                    format!("{}.{name}", transaction.authorization.origin().account()),
                "source_code": source,
            }),
        ),
        Payload::Call { contract, function: name, arguments } => {
            let declared =
                |index: usize, key: &str| function.map(|of| of["args"][index][key].clone());
            let argument = |(index, bytes): (usize, &Vec<u8>)| {
                let name = declared(index, "name").unwrap_or_default();
                json!({
                    "hex": hex_0x(bytes),
                    "repr": hosted_repr(bytes),
                    "name": name.as_str().unwrap_or_default(),
                    "type": declared(index, "type").map(|of| type_text(&of)).unwrap_or_default(),
                })
            };
            let arguments: Vec<JsonValue> = arguments.iter().enumerate().map(argument).collect();
            (
                "contract_call",
                json!({
                    "contract_id": contract.to_string(),
                    "function_name": name,
                    "function_signature": function.map(function_text).unwrap_or_default(),
                    "function_args": arguments,
                }),
            )
        }
    }
}

/// Formats included transactions. Reads each contract's interface and each parent hash only once.
pub(super) struct TransactionFormatter<'l, 'r> {
    pub(super) snapshot: &'l mut ReadSnapshot<'r>,
    interfaces: HashMap<ContractId, JsonValue>,
    parents: HashMap<u32, (String, UnixTime)>,
}

impl<'l, 'r> TransactionFormatter<'l, 'r> {
    pub(super) fn new(snapshot: &'l mut ReadSnapshot<'r>) -> Self {
        Self { snapshot, interfaces: HashMap::new(), parents: HashMap::new() }
    }

    pub(super) fn included(&mut self, stored: &StoredTransaction) -> Result<JsonValue, Refusal> {
        let transaction = stored
            .transaction()
            .map_err(|_| LedgerFailure::Damaged { what: "a stored transaction" })?;
        let included = &stored.included;
        let (receipt, height) = (&included.receipt, included.height.get());
        let mut described = basics(&included.txid, &transaction);
        let cost = receipt.cost.unwrap_or_default();
        let time = iso_8601(included.time);
        let (parent, parent_time) = self.parent(height)?;
        let outcome = json!({
            "tx_status": receipt.status.as_str(),
            "tx_result": hex_and_repr(&receipt.result),
            "block_hash": included.block.to_string(),
            "block_height": height,
            "block_time": included.time.get(),
            "block_time_iso": time,
            "burn_block_height": included.burn_height.get(),
            "burn_block_time": included.time.get(),
            "burn_block_time_iso": time,
            "parent_burn_block_time": parent_time.get(),
            "parent_burn_block_time_iso": iso_8601(parent_time),
            "parent_block_hash": parent,
            "canonical": true,
            "tx_index": included.position,
            "event_count": receipt.events.len(),
            "events": [],
            "is_unanchored": false,
            "microblock_hash": "0x",
            "microblock_sequence": NO_MICROBLOCK,
            "microblock_canonical": true,
            "execution_cost_read_count": cost.read_count,
            "execution_cost_read_length": cost.read_length,
            "execution_cost_runtime": cost.runtime,
            "execution_cost_write_count": cost.write_count,
            "execution_cost_write_length": cost.write_length,
            "vm_error": vm_error(stored),
        });
        if let (JsonValue::Object(described), JsonValue::Object(outcome)) =
            (&mut described, outcome)
        {
            described.extend(outcome);
        }
        let function = self.function(&transaction)?;
        let (kind, detail) = payload(&transaction, function.as_ref());
        described["tx_type"] = json!(kind);
        described[kind] = detail;
        Ok(described)
    }

    /// Hash and time of the parent of the block at a height.
    fn parent(&mut self, height: u32) -> Result<(String, UnixTime), LedgerFailure> {
        if let Some(parent) = self.parents.get(&height) {
            return Ok(parent.clone());
        }
        let missing = LedgerFailure::Damaged { what: "the block before a transaction's" };
        let before = BlockHeight::new(height.saturating_sub(1));
        let before = self.snapshot.block(before)?.ok_or(missing)?;
        let parent = (before.hash.to_string(), before.header.time);
        self.parents.insert(height, parent.clone());
        Ok(parent)
    }

    /// Interface of the function that a transaction calls.
    fn function(&mut self, transaction: &Transaction) -> Result<Option<JsonValue>, Refusal> {
        let Payload::Call { contract, function, .. } = &transaction.payload else {
            return Ok(None);
        };
        if !self.interfaces.contains_key(contract) {
            let interface = self.snapshot.contract_interface(contract)?;
            let interface = serde_json::from_str(&interface)
                .map_err(|_| LedgerFailure::Damaged { what: "a contract's interface" })?;
            self.interfaces.insert(contract.clone(), interface);
        }
        let functions = self.interfaces.get(contract).and_then(|of| of["functions"].as_array());
        let named = |of: &&JsonValue| of["name"].as_str() == Some(function);
        Ok(functions.and_then(|functions| functions.iter().find(named)).cloned())
    }
}
