//! Transactions and events in the shapes of the hosted Stacks API, which wallets and explorers poll.
//!
//! Source: `transactions.ts` of stacks-blockchain-api. Lists come newest first.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value as JsonValue, json};

use super::clarity_text::{function_text, hex_0x, hex_and_repr, hosted_repr, type_text};
use super::events::hosted_event;
use super::iso_time::iso_8601;
use super::mempool::Waiting;
use super::node::Node;
use super::paging::{Cursor, PageQuery, Part};
use super::post_conditions::{mode, post_condition};
use super::refusal::Refusal;
use super::transactions::txid;
use crate::chain::wire::{AnchorMode, Payload, Transaction};
use crate::chain::{
    ContractEvent, ContractId, Event, LedgerFailure, Moment, Page, Sequence, StoredTransaction,
    TxId,
};

/// What stands for "in no microblock" in the hosted API.
const NO_MICROBLOCK: u32 = 0x7fff_ffff;
/// Events that come with a transaction when no number is said, and the most that may be asked for.
const USUAL_EVENTS: usize = 96;
const MOST_EVENTS: usize = 1_000;
/// Transactions whose events are read at a time.
const EVENT_BATCH: u32 = 50;

#[derive(Deserialize)]
pub(super) struct EventQuery {
    event_limit: Option<usize>,
    event_offset: Option<usize>,
}

/// `GET /extended/v1/tx/{txid}`: on the chain, waiting, or dropped.
pub(super) async fn transaction(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    Query(query): Query<EventQuery>,
) -> Result<Json<JsonValue>, Refusal> {
    let txid = txid(&text)?;
    let limit = query.event_limit.unwrap_or(USUAL_EVENTS).min(MOST_EVENTS);
    let offset = query.event_offset.unwrap_or(0);
    // Asked first: what leaves the queue for the chain between two looks is found by the second.
    let waiting = node.pending().find(&txid).map(pending_transaction);
    let found = node.read(move |ledger| {
        let Some(stored) = ledger.transaction(&txid)? else { return Ok(None) };
        let mut described = Describer::new(ledger).included(&stored)?;
        let events = stored.included.receipt.events.iter().enumerate().skip(offset).take(limit);
        described["events"] =
            events.map(|(index, event)| hosted_event(&txid, index, event)).collect();
        Ok(Some(described))
    });
    let found = match found.await? {
        Some(included) => Some(included),
        None => waiting.or_else(|| {
            let dropped = node.pending().was_dropped(&txid)?;
            Some(json!({"tx_id": txid.to_string(), "tx_status": dropped.as_str()}))
        }),
    };
    found.map(Json).ok_or(Refusal::AbsentJson { message: "could not find transaction by ID" })
}

/// `GET /extended/v1/tx/{txid}/raw`: its bytes, on the chain or waiting.
pub(super) async fn raw_transaction(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let txid = txid(&text)?;
    // As above: what leaves the queue between two looks is found by the second.
    let waiting = node.pending().find(&txid).map(|waiting| waiting.raw.clone());
    let stored = node.read(move |ledger| Ok(ledger.transaction(&txid)?)).await?;
    let raw = stored.map(|stored| stored.raw).or(waiting);
    let raw = raw.ok_or(Refusal::AbsentJson { message: "could not find transaction by ID" })?;
    Ok(Json(json!({"raw_tx": hex_0x(&raw)})))
}

/// `GET /extended/v1/contract/{contract}`: source and interface, the latter as JSON in a string.
pub(super) async fn contract(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let contract = ContractId::parse(&text).map_err(|error| Refusal::request(error.to_string()))?;
    let found = node.read(move |ledger| {
        let Some(record) = ledger.contract(&contract)? else { return Ok(None) };
        let interface = ledger.contract_interface(&contract)?;
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

/// `GET /extended/v1/address/{address}/transactions`. `total` says that there is more, not how much: it is
/// exact on the last page.
pub(super) async fn transactions(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<JsonValue>, Refusal> {
    let (principal, part) = (node.principal(&text)?, query.part()?);
    let body = node.read(move |ledger| {
        let wanted = part.offset + part.limit + 1;
        let page = match part.after {
            None => Page::newest(wanted),
            Some(cursor) => Page::before(cursor.sequence, wanted),
        };
        let stored = ledger.transactions_of(&principal, page)?;
        let mut describer = Describer::new(ledger);
        let shown: Vec<&StoredTransaction> =
            stored.iter().skip(part.offset as usize).take(part.limit as usize).collect();
        let results =
            shown.iter().map(|stored| describer.included(stored)).collect::<Result<Vec<_>, _>>()?;
        let last =
            shown.last().map(|stored| Cursor { sequence: stored.included.sequence, position: 0 });
        let mut body = list(&part, stored.len(), results, last);
        body["total"] = json!(stored.len());
        Ok(body)
    });
    Ok(Json(body.await?))
}

/// `GET /extended/v1/contract/{contract}/events`: what the contract printed.
pub(super) async fn contract_events(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<JsonValue>, Refusal> {
    let contract = ContractId::parse(&text).map_err(|error| Refusal::request(error.to_string()))?;
    let part = query.part()?;
    let body = node.read(move |ledger| {
        let wanted = (part.offset + part.limit + 1) as usize;
        let events = newest_events(ledger, &contract, part.after, wanted)?;
        let shown: Vec<&ContractEvent> =
            events.iter().skip(part.offset as usize).take(part.limit as usize).collect();
        let results = shown.iter().map(|event| printed_event(&contract, event)).collect();
        let last =
            shown.last().map(|event| Cursor { sequence: event.sequence, position: event.position });
        Ok(list(&part, events.len(), results, last))
    });
    Ok(Json(body.await?))
}

fn printed_event(contract: &ContractId, event: &ContractEvent) -> JsonValue {
    let print = Event::Print { contract: contract.clone(), value: event.value.clone() };
    hosted_event(&event.txid, event.position as usize, &print)
}

/// A page of a list. `next_cursor` is where the next page begins, null on the last one.
fn list(part: &Part, read: usize, results: Vec<JsonValue>, last: Option<Cursor>) -> JsonValue {
    let has_more = read > (part.offset + part.limit) as usize;
    json!({
        "limit": part.limit,
        "offset": part.offset,
        "results": results,
        "next_cursor": last.filter(|_| has_more).map(|cursor| cursor.to_string()),
    })
}

/// The newest events, at most `wanted` of them, before the cursor.
fn newest_events(
    ledger: &Moment<'_>,
    contract: &ContractId,
    after: Option<Cursor>,
    wanted: usize,
) -> Result<Vec<ContractEvent>, LedgerFailure> {
    let mut events: Vec<ContractEvent> = Vec::new();
    let mut page = match after {
        None => Page::newest(EVENT_BATCH),
        // The cursor's own transaction may have more to tell.
        Some(Cursor { sequence, .. }) => {
            Page::before(Sequence::new(sequence.get().saturating_add(1)), EVENT_BATCH)
        }
    };
    loop {
        let mut batch = ledger.contract_events(contract, page)?;
        let Some(oldest) = batch.iter().map(|event| event.sequence).min() else { break };
        batch.sort_by_key(|event| std::cmp::Reverse((event.sequence, event.position)));
        events.extend(batch.into_iter().filter(|event| match after {
            None => true,
            Some(cursor) => (event.sequence, event.position) < (cursor.sequence, cursor.position),
        }));
        if events.len() >= wanted {
            events.truncate(wanted);
            break;
        }
        page = Page::before(oldest, EVENT_BATCH);
    }
    Ok(events)
}

/// A transaction that waits for earlier nonces.
fn pending_transaction(waiting: &Waiting) -> JsonValue {
    let mut described = basics(&waiting.txid, &waiting.transaction);
    described["tx_status"] = json!("pending");
    described["receipt_time"] = json!(waiting.received.get());
    described["receipt_time_iso"] = json!(iso_8601(waiting.received));
    let (kind, detail) = payload(&waiting.transaction, None);
    described["tx_type"] = json!(kind);
    described[kind] = detail;
    described
}

/// What a transaction's bytes say, before there is any outcome.
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

/// The payload's kind, and what it says; argument names and types when the function is known.
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

/// Describes included transactions, and looks each contract's interface up once.
struct Describer<'l, 'r> {
    ledger: &'l mut Moment<'r>,
    interfaces: HashMap<ContractId, JsonValue>,
    parents: HashMap<u32, String>,
}

impl<'l, 'r> Describer<'l, 'r> {
    fn new(ledger: &'l mut Moment<'r>) -> Self {
        Self { ledger, interfaces: HashMap::new(), parents: HashMap::new() }
    }

    fn included(&mut self, stored: &StoredTransaction) -> Result<JsonValue, Refusal> {
        let transaction = stored
            .transaction()
            .map_err(|_| LedgerFailure::Damaged { what: "a stored transaction" })?;
        let included = &stored.included;
        let (receipt, height) = (&included.receipt, included.height.get());
        let mut described = basics(&included.txid, &transaction);
        let cost = receipt.cost.unwrap_or_default();
        let time = iso_8601(included.time);
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
            "parent_burn_block_time": included.time.get(),
            "parent_burn_block_time_iso": time,
            "parent_block_hash": self.parent(height)?,
            "canonical": true,
            "tx_index": included.position,
            "event_count": receipt.events.len(),
            "events": [],
            "is_unanchored": false,
            "microblock_hash": "",
            "microblock_sequence": NO_MICROBLOCK,
            "microblock_canonical": true,
            "execution_cost_read_count": cost.read_count,
            "execution_cost_read_length": cost.read_length,
            "execution_cost_runtime": cost.runtime,
            "execution_cost_write_count": cost.write_count,
            "execution_cost_write_length": cost.write_length,
            "vm_error": included.note,
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

    /// Hash of the block below; nothing below block 0.
    fn parent(&mut self, height: u32) -> Result<String, LedgerFailure> {
        if let Some(known) = self.parents.get(&height) {
            return Ok(known.clone());
        }
        let block = self.ledger.block(crate::chain::BlockHeight::new(height))?;
        let parent = block.map(|block| block.header.parent.to_string()).unwrap_or_default();
        self.parents.insert(height, parent.clone());
        Ok(parent)
    }

    /// The declaration of the function that a transaction calls.
    fn function(&mut self, transaction: &Transaction) -> Result<Option<JsonValue>, Refusal> {
        let Payload::Call { contract, function, .. } = &transaction.payload else {
            return Ok(None);
        };
        if !self.interfaces.contains_key(contract) {
            let interface = self.ledger.contract_interface(contract)?;
            let interface = serde_json::from_str(&interface)
                .map_err(|_| LedgerFailure::Damaged { what: "a contract's interface" })?;
            self.interfaces.insert(contract.clone(), interface);
        }
        let functions = self.interfaces.get(contract).and_then(|of| of["functions"].as_array());
        let named = |of: &&JsonValue| of["name"].as_str() == Some(function);
        Ok(functions.and_then(|functions| functions.iter().find(named)).cloned())
    }
}
