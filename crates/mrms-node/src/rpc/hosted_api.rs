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
use super::history::{BlockFacts, History};
use super::iso_time::iso_8601;
use super::mempool::MempoolTransaction;
use super::node::Node;
use super::observer_messages::vm_error;
use super::paging::ByteBudget;
use super::post_conditions::{mode, post_condition};
use super::refusal::Refusal;
use super::transactions::txid;
use crate::chain::wire::{
    AnchorMode, Authorization, Payload, Signers, Transaction, TransactionVersion, WireError,
};
use crate::chain::{
    BlockHash, BlockHeight, BurnHeight, ContractId, ContractRecord, LedgerFailure,
    StoredTransaction, TxId, UnixTime,
};

/// The hosted API's number for "in no microblock".
const NO_MICROBLOCK: u32 = 0x7fff_ffff;
/// Events that come with a transaction by default, and the maximum.
const DEFAULT_EVENTS: usize = 96;
const MAX_EVENTS: usize = 1_000;

#[derive(Default, Deserialize)]
pub(crate) struct EventQuery {
    event_limit: Option<usize>,
    event_offset: Option<usize>,
}

impl EventQuery {
    /// A transaction alone.
    pub(super) const WITHOUT_EVENTS: Self = Self { event_limit: Some(0), event_offset: None };
}

/// `GET /extended/v2/blocks/{block}`: a block, by its height, by its hash, or `latest`.
pub(super) async fn block(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let which = WhichBlock::parse(&text)?;
    let found = node.read(move |snapshot| find_block(snapshot, which)).await?;
    found.map(Json).ok_or_else(|| Refusal::absent("Block not found"))
}

/// Which block is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WhichBlock {
    Hash(BlockHash),
    Height(BlockHeight),
    Newest,
}

impl WhichBlock {
    /// Reads a height, a hash, or `latest`.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        if text == "latest" {
            return Ok(Self::Newest);
        }
        let height = text.parse().map(|height| Self::Height(BlockHeight::new(height))).ok();
        let which = height.or_else(|| BlockHash::parse(text).map(Self::Hash).ok());
        which.ok_or_else(|| Refusal::request("neither height nor hash of a block"))
    }
}

/// The block, in the format of the hosted API.
pub(crate) fn find_block(
    history: &mut impl History,
    which: WhichBlock,
) -> Result<Option<JsonValue>, Refusal> {
    let found = match which {
        WhichBlock::Hash(hash) => history.block_facts_by_hash(&hash)?,
        WhichBlock::Height(height) => history.block_facts(height)?,
        WhichBlock::Newest => {
            let newest = history.newest_height()?;
            history.block_facts(newest)?
        }
    };
    Ok(found.as_ref().map(block_body))
}

/// A block in the format of the hosted API.
pub(crate) fn block_body(block: &BlockFacts) -> JsonValue {
    json!({
        "canonical": true,
        "height": block.height.get(),
        "hash": block.hash.to_string(),
        "index_block_hash": block.id.to_string(),
        "parent_block_hash": block.parent_hash.to_string(),
        "parent_index_block_hash": block.parent_id.to_string(),
        "block_time": block.time.get(),
        "burn_block_time": block.burn_time.get(),
        "burn_block_height": block.burn_height.get(),
        "tx_count": block.transactions,
    })
}

/// `GET /extended/v1/tx/{txid}`: a transaction on the chain, in the mempool, or dropped from the mempool.
pub(super) async fn transaction(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    Query(query): Query<EventQuery>,
) -> Result<Json<JsonValue>, Refusal> {
    let txid = txid(&text)?;
    // The mempool first: a transaction that gets into a block between the two lookups is found by the second.
    let waiting = node.mempool().find(&txid).map(pending_transaction);
    let bytes = node.answer_bytes;
    let found = node.read(move |snapshot| find_included(snapshot, &txid, &query, bytes));
    let found = match found.await? {
        Some(included) => Some(included),
        None => waiting.or_else(|| {
            let dropped = node.mempool().was_dropped(&txid)?;
            Some(json!({
                "tx_id": txid.to_string(),
                "tx_status": dropped.as_str(),
                "replaced_by_tx_id": dropped.replaced_by().map(|by| by.to_string()),
            }))
        }),
    };
    found.map(Json).ok_or_else(|| Refusal::absent("could not find transaction by ID"))
}

/// A transaction of the chain with its events, in the format of the hosted API.
pub(crate) fn find_included(
    history: &mut impl History,
    txid: &TxId,
    query: &EventQuery,
    bytes: usize,
) -> Result<Option<JsonValue>, Refusal> {
    let limit = query.event_limit.unwrap_or(DEFAULT_EVENTS).min(MAX_EVENTS);
    let offset = query.event_offset.unwrap_or(0);
    let mut budget = ByteBudget::new(bytes);
    let Some(stored) = history.included(txid)? else { return Ok(None) };
    let mut described = TransactionFormatter::new(history).included(&stored)?;
    let events = stored.included.receipt.events.iter().enumerate().skip(offset).take(limit);
    // `event_count` tells that there are more, and `event_offset` goes on with them.
    let events = events.map(|(index, event)| hosted_event(txid, index, event));
    described["events"] = events.take_while(|event| budget.takes(event)).collect();
    Ok(Some(described))
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
    let raw = raw.ok_or_else(|| Refusal::absent("could not find raw transaction by ID"))?;
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
        Ok(Some(contract_body(&record, Some(interface))))
    });
    found.await?.map(Json).ok_or_else(|| Refusal::absent("cannot find contract by ID"))
}

/// A contract in the format of the hosted API.
pub(crate) fn contract_body(record: &ContractRecord, interface: Option<String>) -> JsonValue {
    json!({
        "tx_id": record.txid.map(|txid| txid.to_string()),
        "canonical": true,
        "contract_id": record.contract.to_string(),
        "block_height": record.height.get(),
        "clarity_version": record.clarity_version.map(|version| version.get()),
        "source_code": record.source,
        "abi": interface,
    })
}

/// Formats a transaction of the mempool.
pub(super) fn pending_transaction(waiting: &MempoolTransaction) -> JsonValue {
    pending(&waiting.txid, &waiting.transaction, waiting.received)
}

/// Formats a transaction that waits for a block.
pub(crate) fn pending(txid: &TxId, transaction: &Transaction, received: UnixTime) -> JsonValue {
    let mut described = basics(txid, transaction);
    described["tx_status"] = json!("pending");
    described["receipt_time"] = json!(received.get());
    described["receipt_time_iso"] = json!(iso_8601(received));
    let (kind, detail) = payload(transaction, None);
    described["tx_type"] = json!(kind);
    described[kind] = detail;
    described
}

/// Formats the fields of a transaction that do not depend on its outcome.
fn basics(txid: &TxId, transaction: &Transaction) -> JsonValue {
    let mut described = signed_by(txid, transaction.version, &transaction.authorization);
    described["post_condition_mode"] = json!(mode(transaction.post_condition_mode));
    described["post_conditions"] = transaction.post_conditions.iter().map(post_condition).collect();
    described["anchor_mode"] = json!(match transaction.anchor_mode {
        AnchorMode::OnChain => "on_chain_only",
        AnchorMode::Any => "any",
    });
    described
}

/// Formats who signs and pays.
fn signed_by(txid: &TxId, version: TransactionVersion, authorization: &Authorization) -> JsonValue {
    let (origin, payer) = (authorization.origin(), authorization.payer());
    let mut described = json!({
        "tx_id": txid.to_string(),
        "nonce": origin.nonce,
        "fee_rate": payer.fee.to_string(),
        "sender_address": version.account(origin).to_string(),
        "sponsored": authorization.sponsor().is_some(),
    });
    if let Some(sponsor) = authorization.sponsor() {
        described["sponsor_nonce"] = json!(sponsor.nonce);
        described["sponsor_address"] = json!(version.account(sponsor).to_string());
    }
    described
}

/// Formats what can be said of a transaction that only miners or Bitcoin make: this program does not read its payload.
fn undecoded(stored: &StoredTransaction, error: &WireError) -> JsonValue {
    let txid = &stored.included.txid;
    let mut described = match Signers::decode(&stored.raw) {
        Ok(Signers { version, authorization }) => signed_by(txid, version, &authorization),
        // What Bitcoin ordered has one byte in its place.
        Err(_) => json!({"tx_id": txid.to_string()}),
    };
    described["tx_type"] = json!(match error {
        WireError::Unsupported { what: "coinbase payload" } => "coinbase",
        WireError::Unsupported { what: "tenure-change payload" } => "tenure_change",
        WireError::Unsupported { what: "poison-microblock payload" } => "poison_microblock",
        _ => "other",
    });
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
                    format!("{}.{name}", transaction.origin()),
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

/// Formats included transactions. Reads each contract's interface and what is around each block only once.
pub(crate) struct TransactionFormatter<'h, H> {
    pub(super) history: &'h mut H,
    interfaces: HashMap<ContractId, JsonValue>,
    surroundings: HashMap<u32, Surroundings>,
}

/// What a transaction's own row does not tell of its block.
#[derive(Clone)]
struct Surroundings {
    /// When its burn block was made.
    burn_time: UnixTime,
    /// Hash of its parent's header.
    parent: String,
    /// When its parent's burn block was made.
    parent_burn_time: UnixTime,
}

impl<'h, H: History> TransactionFormatter<'h, H> {
    pub(crate) fn new(history: &'h mut H) -> Self {
        Self { history, interfaces: HashMap::new(), surroundings: HashMap::new() }
    }

    pub(crate) fn included(&mut self, stored: &StoredTransaction) -> Result<JsonValue, Refusal> {
        let transaction = match stored.transaction() {
            Err(_) if !H::HAS_OTHER_KINDS => {
                return Err(LedgerFailure::Damaged { what: "a stored transaction" }.into());
            }
            transaction => transaction,
        };
        let included = &stored.included;
        let (receipt, height) = (&included.receipt, included.height.get());
        let mut described = match &transaction {
            Ok(transaction) => basics(&included.txid, transaction),
            Err(error) => undecoded(stored, error),
        };
        let cost = receipt.cost.unwrap_or_default();
        let Surroundings { burn_time, parent, parent_burn_time } =
            self.surroundings(included.height, included.burn_height)?;
        let outcome = json!({
            "tx_status": receipt.status.as_str(),
            "tx_result": hex_and_repr(&receipt.result),
            "block_hash": included.block.to_string(),
            "block_height": height,
            "block_time": included.time.get(),
            "block_time_iso": iso_8601(included.time),
            "burn_block_height": included.burn_height.get(),
            "burn_block_time": burn_time.get(),
            "burn_block_time_iso": iso_8601(burn_time),
            "parent_burn_block_time": parent_burn_time.get(),
            "parent_burn_block_time_iso": iso_8601(parent_burn_time),
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
        if let Ok(transaction) = &transaction {
            let function = self.function(transaction)?;
            let (kind, detail) = payload(transaction, function.as_ref());
            described["tx_type"] = json!(kind);
            described[kind] = detail;
        }
        Ok(described)
    }

    /// What is around the block at a height, which has this burn height.
    fn surroundings(
        &mut self,
        height: BlockHeight,
        burn_height: BurnHeight,
    ) -> Result<Surroundings, LedgerFailure> {
        if let Some(known) = self.surroundings.get(&height.get()) {
            return Ok(known.clone());
        }
        let parent = BlockHeight::new(height.get().saturating_sub(1));
        let found = match self.history.block_facts(parent)? {
            Some(parent) => {
                let burn_time = if parent.burn_height == burn_height {
                    parent.burn_time
                } else {
                    self.own_facts(height)?.burn_time
                };
                let (hash, parent_burn_time) = (parent.hash.to_string(), parent.burn_time);
                Surroundings { burn_time, parent: hash, parent_burn_time }
            }
            // The first block of a history: it tells of its parent itself.
            None => {
                let own = self.own_facts(height)?;
                Surroundings {
                    burn_time: own.burn_time,
                    parent: own.parent_hash.to_string(),
                    parent_burn_time: own.burn_time,
                }
            }
        };
        self.surroundings.insert(height.get(), found.clone());
        Ok(found)
    }

    fn own_facts(&self, height: BlockHeight) -> Result<BlockFacts, LedgerFailure> {
        let missing = LedgerFailure::Damaged { what: "the block of a transaction" };
        self.history.block_facts(height)?.ok_or(missing)
    }

    /// Interface of the function that a transaction calls.
    fn function(&mut self, transaction: &Transaction) -> Result<Option<JsonValue>, Refusal> {
        let Payload::Call { contract, function, .. } = &transaction.payload else {
            return Ok(None);
        };
        if !self.interfaces.contains_key(contract) {
            let interface = self.history.interface(contract)?.unwrap_or_default();
            self.interfaces.insert(contract.clone(), interface);
        }
        let functions = self.interfaces.get(contract).and_then(|of| of["functions"].as_array());
        let named = |of: &&JsonValue| of["name"].as_str() == Some(function);
        Ok(functions.and_then(|functions| functions.iter().find(named)).cloned())
    }
}
