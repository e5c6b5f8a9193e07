//! Event observers: programs that get a message about each block (`POST /new_block`), as from a Stacks node.
//!
//! Each observer gets every block since the node started, in order. A message is sent again until the
//! observer answers with a success status. An observer can read from the RPC what it missed while the node
//! was down. Source: `docs/event-dispatcher.md` and `payloads.rs` of stacks-core.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{Request, Uri};
use hyper_util::rt::TokioIo;
use serde_json::{Value as JsonValue, json};
use tokio::net::TcpStream;

use super::clarity_text::hex_0x;
use super::events::observed_event;
use super::node::Node;
use super::refusal::Refusal;
use crate::chain::wire::{Payload, Transaction};
use crate::chain::{
    Block, BlockHash, BlockHeight, Cost, LedgerFailure, ReadSnapshot, Status, StoredTransaction,
    TxId,
};

/// How long an observer may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause before the first retry. It doubles with each retry, up to the maximum.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// How many sent blocks are remembered per observer, to find after a revert which of them were dropped.
const MAX_SENT: usize = 1_000;
/// Thirty-two zero bytes, in place of a Bitcoin block's hash.
const NO_HASH: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";

/// Address of an observer: `http://HOST:PORT`, without a path.
///
/// Invariant: plain HTTP, with a host. Use a proxy for encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObserverUrl {
    host: String,
    port: u16,
}

/// A text that is not the address of an observer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no address of an observer such as http://127.0.0.1:3700")]
pub struct ObserverUrlError {
    /// The text.
    pub text: String,
}

impl FromStr for ObserverUrl {
    type Err = ObserverUrlError;

    fn from_str(text: &str) -> Result<Self, ObserverUrlError> {
        let refusal = || ObserverUrlError { text: text.to_owned() };
        let uri: Uri = text.parse().map_err(|_| refusal())?;
        let plain = uri.scheme_str() == Some("http") && uri.query().is_none();
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        match authority {
            Some(authority) if plain && matches!(uri.path(), "" | "/") => Ok(Self {
                host: authority.host().to_owned(),
                port: authority.port_u16().unwrap_or(80),
            }),
            _ => Err(refusal()),
        }
    }
}

impl fmt::Display for ObserverUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

/// Why a message was not delivered.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("no connection")]
    Connect(#[from] std::io::Error),
    #[error("connection broke off")]
    Http(#[from] hyper::Error),
    #[error("message cannot be sent")]
    Message(#[from] axum::http::Error),
    #[error("answered {0}")]
    Refused(axum::http::StatusCode),
    #[error("no answer in time")]
    Timeout,
}

/// Sends every new block to an observer. After a revert, sends the blocks that replaced those that were sent
/// before. Never returns.
pub(super) async fn notify(node: &Node, observer: &ObserverUrl) {
    let mut tip = node.tip_changes();
    let mut known = *tip.borrow_and_update();
    let mut next = known.height.get().saturating_add(1);
    // The blocks that were sent, the latest last.
    let mut sent: VecDeque<(u32, BlockHash)> = VecDeque::new();
    loop {
        let now = *tip.borrow_and_update();
        if now.reverts != known.reverts {
            next = next.min(now.height.get());
            while let Some((height, hash)) = sent.pop_back() {
                let is_on_chain = node.read(move |snapshot| {
                    let block = snapshot.block(BlockHeight::new(height))?;
                    Ok(block.is_some_and(|block| block.hash == hash))
                });
                if is_on_chain.await.unwrap_or(false) {
                    sent.push_back((height, hash));
                    next = height.saturating_add(1);
                    break;
                }
                next = next.min(height);
            }
        }
        known = now;
        while next <= known.height.get() {
            let height = BlockHeight::new(next);
            match node.read(move |snapshot| block_message(snapshot, height)).await {
                Ok((hash, message)) => {
                    deliver(node, observer, height, &message).await;
                    sent.push_back((next, hash));
                    if sent.len() > MAX_SENT {
                        sent.pop_front();
                    }
                    next = next.saturating_add(1);
                }
                Err(_) if tip.borrow().reverts != known.reverts => break,
                Err(_) => {
                    tracing::error!(target: "mrms::node", %height, "block not read for the observers");
                    tokio::time::sleep(MAX_PAUSE).await;
                }
            }
        }
        if *tip.borrow() == known && tip.changed().await.is_err() {
            return;
        }
    }
}

/// Sends a message again and again until the observer has accepted it.
async fn deliver(node: &Node, observer: &ObserverUrl, height: BlockHeight, message: &str) {
    let mut pause = FIRST_PAUSE;
    loop {
        let sent = tokio::time::timeout(ANSWER_TIMEOUT, send(observer, message));
        match sent.await.unwrap_or(Err(SendError::Timeout)) {
            Ok(()) => {
                node.metrics.observed("delivered");
                return;
            }
            Err(error) => {
                node.metrics.observed("failed");
                tracing::warn!(target: "mrms::node", %observer, %height, %error, "observer not told, trying again");
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

async fn send(observer: &ObserverUrl, message: &str) -> Result<(), SendError> {
    let host = observer.host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, observer.port)).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake::<_, Body>(TokioIo::new(stream)).await?;
    let request = Request::post("/new_block")
        .header(HOST, format!("{}:{}", observer.host, observer.port))
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(message.to_owned()))?;
    // This function drives the connection itself, so that the connection always ends with it.
    let answered = async move {
        let status = sender.send_request(request).await?.status();
        if status.is_success() { Ok(()) } else { Err(SendError::Refused(status)) }
    };
    tokio::pin!(answered, connection);
    tokio::select! {
        biased;
        answer = &mut answered => answer,
        // The observer may have closed the connection right after its answer. Then the answer is there.
        _ = &mut connection => answered.await,
    }
}

/// Reads a block, and returns its hash and the message about it.
fn block_message(
    snapshot: &mut ReadSnapshot<'_>,
    height: BlockHeight,
) -> Result<(BlockHash, String), Refusal> {
    let missing = LedgerFailure::Damaged { what: "a block or one of its transactions" };
    let block = snapshot.block(height)?.ok_or_else(|| missing.clone())?;
    let find = |txid: &TxId| snapshot.transaction(txid)?.ok_or_else(|| missing.clone());
    let transactions = block.transactions.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let parent = match height.get() {
        0 => None,
        height => snapshot.block(BlockHeight::new(height - 1))?,
    };
    let mut formatted = Vec::with_capacity(transactions.len());
    for stored in &transactions {
        formatted.push(format_transaction(snapshot, stored)?);
    }
    Ok((block.hash, message(&block, parent.as_ref(), &transactions, &formatted).to_string()))
}

fn message(
    block: &Block,
    parent: Option<&Block>,
    transactions: &[StoredTransaction],
    formatted: &[JsonValue],
) -> JsonValue {
    let header = &block.header;
    let events = transactions.iter().flat_map(|stored| {
        let receipt = &stored.included.receipt;
        receipt.events.iter().map(move |event| (receipt.txid, event))
    });
    // A node numbers events through the whole block, not per transaction.
    let events: Vec<JsonValue> = events
        .enumerate()
        .map(|(index, (txid, event))| observed_event(&txid, index, event))
        .collect();
    let hash = block.hash.to_string();
    let parent_hash = header.parent.to_string();
    let nothing = cost(Cost::default());
    json!({
        "block_hash": hash,
        "index_block_hash": hash,
        "block_height": header.height.get(),
        "block_time": header.time.get(),
        "burn_block_hash": NO_HASH,
        "burn_block_height": header.burn_height.get(),
        "burn_block_time": header.time.get(),
        "miner_txid": NO_HASH,
        "parent_block_hash": parent_hash,
        "parent_index_block_hash": parent_hash,
        "parent_microblock": NO_HASH,
        "parent_microblock_sequence": 0,
        "parent_burn_block_hash": NO_HASH,
        "parent_burn_block_height": parent.map(|parent| parent.header.burn_height.get()),
        "parent_burn_block_timestamp": parent.map(|parent| parent.header.time.get()),
        "transactions": formatted,
        "events": events,
        "matured_miner_rewards": [],
        "anchored_cost": nothing,
        "confirmed_microblocks_cost": nothing,
        "pox_v1_unlock_height": null,
        "pox_v2_unlock_height": null,
        "pox_v3_unlock_height": null,
        "signer_bitvec": null,
        "reward_set": null,
        "cycle_number": null,
        "tenure_height": header.height.get(),
    })
}

fn format_transaction(
    snapshot: &mut ReadSnapshot<'_>,
    stored: &StoredTransaction,
) -> Result<JsonValue, Refusal> {
    let (included, receipt) = (&stored.included, &stored.included.receipt);
    Ok(json!({
        "txid": included.txid.to_string(),
        "tx_index": included.position,
        "status": receipt.status.as_str(),
        "raw_result": hex_0x(&receipt.result),
        "raw_tx": hex_0x(&stored.raw),
        "contract_interface": published_interface(snapshot, stored)?,
        "burnchain_op": null,
        "execution_cost": cost(receipt.cost.unwrap_or_default()),
        "microblock_sequence": null,
        "microblock_hash": null,
        "microblock_parent_hash": null,
        "vm_error": included.note,
    }))
}

/// Interface of the contract that a transaction published; null for every other transaction.
fn published_interface(
    snapshot: &mut ReadSnapshot<'_>,
    stored: &StoredTransaction,
) -> Result<JsonValue, Refusal> {
    let damaged = LedgerFailure::Damaged { what: "a stored transaction" };
    let transaction: Transaction = stored.transaction().map_err(|_| damaged.clone())?;
    let (Payload::Deploy { name, .. }, Status::Success) =
        (&transaction.payload, stored.included.receipt.status)
    else {
        return Ok(JsonValue::Null);
    };
    let id = format!("{}.{name}", transaction.authorization.origin().account());
    let contract = crate::chain::ContractId::parse(&id).map_err(LedgerFailure::from)?;
    let interface = snapshot.contract_interface(&contract)?;
    Ok(serde_json::from_str(&interface).map_err(|_| damaged)?)
}

fn cost(cost: Cost) -> JsonValue {
    json!({
        "read_count": cost.read_count,
        "read_length": cost.read_length,
        "runtime": cost.runtime,
        "write_count": cost.write_count,
        "write_length": cost.write_length,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn observer_is_a_plain_http_address_without_a_path() {
        for text in [
            "",
            "127.0.0.1:3700",
            "https://127.0.0.1:3700",
            "http://user@127.0.0.1:3700",
            "http://127.0.0.1:3700/path",
            "http://127.0.0.1:3700/?q",
        ] {
            assert!(text.parse::<ObserverUrl>().is_err(), "{text}");
        }
        for text in ["http://127.0.0.1:3700", "http://observer.example:80", "http://[::1]:3700"] {
            assert_eq!(text.parse::<ObserverUrl>().unwrap().to_string(), text);
        }
    }
}
