//! Event observers: programs that are told of each block, as a Stacks node tells them (`POST /new_block`).
//!
//! Each observer hears of every block since the node was started, in order, and again until it answers with
//! a status of success. What it missed while the node was down it can read from the RPC. Source:
//! `docs/event-dispatcher.md` and `payloads.rs` of stacks-core.

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
    Block, BlockHash, BlockHeight, Cost, LedgerFailure, Moment, Status, StoredTransaction, TxId,
};

/// How long an observer may take for an answer.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// First pause after a failure; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Blocks that are looked at again when the chain went back.
const REMEMBERED: usize = 1_000;
/// This ledger has no Bitcoin block to name.
const NO_HASH: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";

/// Where an observer listens: `http://HOST:PORT`, without a path.
///
/// Invariant: plain HTTP, with a host. Encryption is for a proxy in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObserverUrl {
    host: String,
    port: u16,
}

/// A text that names no observer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no address of an observer such as http://127.0.0.1:3700")]
pub struct ObserverUrlError {
    /// What was given.
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

/// Why a message has not arrived.
#[derive(Debug, thiserror::Error)]
enum TellError {
    #[error("no connection")]
    Connect(#[from] std::io::Error),
    #[error("connection broke off")]
    Http(#[from] hyper::Error),
    #[error("message cannot be sent")]
    Message(#[from] axum::http::Error),
    #[error("answered {0}")]
    Refused(axum::http::StatusCode),
    #[error("no answer in time")]
    Late,
}

/// Tells an observer of every block from now on, for ever. When the chain went back, it is told of what
/// stands in place of blocks that it was told of.
pub(super) async fn tell(node: &Node, observer: &ObserverUrl) {
    let mut newest = node.newest();
    let mut known = *newest.borrow_and_update();
    let mut next = known.height.get().saturating_add(1);
    // Blocks that it was told of, the latest last.
    let mut told: VecDeque<(u32, BlockHash)> = VecDeque::new();
    loop {
        let now = *newest.borrow_and_update();
        if now.reverts != known.reverts {
            next = next.min(now.height.get());
            while let Some((height, hash)) = told.pop_back() {
                let stands = node.read(move |ledger| {
                    let block = ledger.block(BlockHeight::new(height))?;
                    Ok(block.is_some_and(|block| block.hash == hash))
                });
                if stands.await.unwrap_or(false) {
                    told.push_back((height, hash));
                    next = height.saturating_add(1);
                    break;
                }
                next = next.min(height);
            }
        }
        known = now;
        while next <= known.height.get() {
            let height = BlockHeight::new(next);
            match node.read(move |ledger| block_message(ledger, height)).await {
                Ok((hash, message)) => {
                    deliver(node, observer, height, &message).await;
                    told.push_back((next, hash));
                    if told.len() > REMEMBERED {
                        told.pop_front();
                    }
                    next = next.saturating_add(1);
                }
                Err(_) if newest.borrow().reverts != known.reverts => break,
                Err(_) => {
                    tracing::error!(%height, "block not read for the observers");
                    tokio::time::sleep(LONGEST_PAUSE).await;
                }
            }
        }
        if *newest.borrow() == known && newest.changed().await.is_err() {
            return;
        }
    }
}

/// Sends until it arrives.
async fn deliver(node: &Node, observer: &ObserverUrl, height: BlockHeight, message: &str) {
    let mut pause = FIRST_PAUSE;
    loop {
        let sent = tokio::time::timeout(ANSWER_TIME, send(observer, message));
        match sent.await.unwrap_or(Err(TellError::Late)) {
            Ok(()) => {
                node.metrics.observed("delivered");
                return;
            }
            Err(error) => {
                node.metrics.observed("failed");
                tracing::warn!(%observer, %height, %error, "observer not told, trying again");
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn send(observer: &ObserverUrl, message: &str) -> Result<(), TellError> {
    let host = observer.host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, observer.port)).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake::<_, Body>(TokioIo::new(stream)).await?;
    let request = Request::post("/new_block")
        .header(HOST, format!("{}:{}", observer.host, observer.port))
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(message.to_owned()))?;
    // The connection is driven here, so that it ends with this call whatever happens.
    let answered = async move {
        let status = sender.send_request(request).await?.status();
        if status.is_success() { Ok(()) } else { Err(TellError::Refused(status)) }
    };
    tokio::pin!(answered, connection);
    tokio::select! {
        biased;
        answer = &mut answered => answer,
        // The observer may have closed right behind its answer, which is there then.
        _ = &mut connection => answered.await,
    }
}

/// A block's hash, and the message about it.
fn block_message(
    ledger: &mut Moment<'_>,
    height: BlockHeight,
) -> Result<(BlockHash, String), Refusal> {
    let missing = LedgerFailure::Damaged { what: "a block or one of its transactions" };
    let block = ledger.block(height)?.ok_or_else(|| missing.clone())?;
    let find = |txid: &TxId| ledger.transaction(txid)?.ok_or_else(|| missing.clone());
    let transactions = block.transactions.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let parent = match height.get() {
        0 => None,
        height => ledger.block(BlockHeight::new(height - 1))?,
    };
    let mut told = Vec::with_capacity(transactions.len());
    for stored in &transactions {
        told.push(told_transaction(ledger, stored)?);
    }
    Ok((block.hash, message(&block, parent.as_ref(), &transactions, &told).to_string()))
}

fn message(
    block: &Block,
    parent: Option<&Block>,
    transactions: &[StoredTransaction],
    told: &[JsonValue],
) -> JsonValue {
    let header = &block.header;
    let events = transactions.iter().flat_map(|stored| {
        let receipt = &stored.included.receipt;
        receipt.events.iter().map(move |event| (receipt.txid, event))
    });
    // A node numbers the events of a block from its first transaction to its last.
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
        "transactions": told,
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

fn told_transaction(
    ledger: &mut Moment<'_>,
    stored: &StoredTransaction,
) -> Result<JsonValue, Refusal> {
    let (included, receipt) = (&stored.included, &stored.included.receipt);
    Ok(json!({
        "txid": included.txid.to_string(),
        "tx_index": included.position,
        "status": receipt.status.as_str(),
        "raw_result": hex_0x(&receipt.result),
        "raw_tx": hex_0x(&stored.raw),
        "contract_interface": published_interface(ledger, stored)?,
        "burnchain_op": null,
        "execution_cost": cost(receipt.cost.unwrap_or_default()),
        "microblock_sequence": null,
        "microblock_hash": null,
        "microblock_parent_hash": null,
        "vm_error": included.note,
    }))
}

/// The interface of the contract that a transaction has published; null for every other transaction.
fn published_interface(
    ledger: &mut Moment<'_>,
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
    let interface = ledger.contract_interface(&contract)?;
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
    fn observer_is_a_plain_http_address_and_nothing_more() {
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
