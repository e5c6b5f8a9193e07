//! What a node tells of its blocks and of what waits, read from JSON.
//!
//! Takes what a Stacks node of epoch 2 or 3 sends, and what `mrms node run` sends. A field that the index has no use for is
//! passed over. Everything else must be there: a block that is read only in part would be a gap that nobody sees. Source:
//! `docs/event-dispatcher.md` of stacks-core.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value as JsonValue;

use crate::chain::wire::sha512_256;
use crate::chain::{
    BlockHash, BlockHeight, BurnHeight, ContractId, Cost, Event, MicroStx, Principal, Receipt,
    Status, TxId, UnixTime,
};
use crate::hexadecimal;

/// Most transactions of a block: its place in the chain has so many numbers. A block of 2 MiB has far fewer.
pub(super) const MOST_TRANSACTIONS: usize = 1 << 20;

/// Why a message can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// It is not the JSON of such a message.
    #[error("not a message that this program reads: {reason}")]
    Shape {
        /// What is wrong.
        reason: String,
    },
    /// A field has a value that this program does not know: a newer network's.
    #[error("{field} is {found:?}, which this program does not know; a newer one may")]
    Unknown {
        /// The field.
        field: &'static str,
        /// Its value.
        found: String,
    },
    /// A field has no such value.
    #[error("{field} can't be read: {found:?}")]
    Field {
        /// The field.
        field: &'static str,
        /// Its value.
        found: String,
    },
    /// A transaction's bytes are another one's.
    #[error("the bytes of transaction {txid} are another one's")]
    OtherTransaction {
        /// The id that it should have.
        txid: TxId,
    },
}

/// A block as a node tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBlock {
    /// Its id among all blocks of all forks (`index_block_hash`).
    pub id: BlockHash,
    /// Hash of its header.
    pub hash: BlockHash,
    /// Its height.
    pub height: BlockHeight,
    /// Its parent's id.
    pub parent_id: BlockHash,
    /// Hash of its parent's header.
    pub parent_hash: BlockHash,
    /// Its time; that of its burn block before epoch 3.
    pub time: UnixTime,
    /// Its burn block's height.
    pub burn_height: BurnHeight,
    /// Its burn block's hash.
    pub burn_hash: BlockHash,
    /// Its burn block's time.
    pub burn_time: UnixTime,
    /// Its transactions, in order.
    pub transactions: Vec<NewTransaction>,
}

/// A transaction of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransaction {
    /// Its bytes. One zero byte for what Bitcoin ordered.
    pub raw: Vec<u8>,
    /// What it did.
    pub receipt: Receipt,
    /// The interface of the contract that it published, as JSON, where the node tells.
    pub interface: Option<String>,
    /// What the VM stopped it with.
    pub note: Option<String>,
}

#[derive(Deserialize)]
struct BlockJson {
    block_hash: String,
    index_block_hash: String,
    block_height: u32,
    block_time: Option<u64>,
    parent_block_hash: String,
    parent_index_block_hash: String,
    burn_block_hash: String,
    burn_block_height: u32,
    burn_block_time: u64,
    transactions: Vec<TransactionJson>,
    events: Vec<JsonValue>,
}

#[derive(Deserialize)]
struct TransactionJson {
    txid: String,
    status: String,
    raw_result: String,
    raw_tx: String,
    #[serde(alias = "contract_abi")]
    contract_interface: Option<JsonValue>,
    execution_cost: Option<CostJson>,
    vm_error: Option<String>,
}

#[derive(Deserialize)]
struct CostJson {
    write_length: u64,
    write_count: u64,
    read_length: u64,
    read_count: u64,
    runtime: u64,
}

#[derive(Deserialize)]
struct DroppedJson {
    dropped_txids: Vec<String>,
    reason: String,
}

fn shape(error: serde_json::Error) -> MessageError {
    MessageError::Shape { reason: error.to_string() }
}

fn hash(field: &'static str, text: &str) -> Result<BlockHash, MessageError> {
    BlockHash::parse(text).map_err(|_| MessageError::Field { field, found: text.to_owned() })
}

fn txid(text: &str) -> Result<TxId, MessageError> {
    TxId::parse(text).map_err(|_| MessageError::Field { field: "txid", found: text.to_owned() })
}

fn bytes(field: &'static str, text: &str) -> Result<Vec<u8>, MessageError> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    hexadecimal::decode(digits).ok_or_else(|| MessageError::Field { field, found: shortened(text) })
}

/// The beginning of a text that may be long.
fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Reads `POST /new_block`.
///
/// # Errors
/// [`MessageError`]: nothing of the block may be kept then.
pub fn read_block(body: &[u8]) -> Result<NewBlock, MessageError> {
    let told: BlockJson = serde_json::from_slice(body).map_err(shape)?;
    let mut events = events_by_transaction(&told.events)?;
    if told.transactions.len() > MOST_TRANSACTIONS {
        let found = told.transactions.len().to_string();
        return Err(MessageError::Field { field: "the number of transactions", found });
    }
    let mut transactions = Vec::with_capacity(told.transactions.len());
    for one in told.transactions {
        let printed = events.remove(&txid(&one.txid)?).unwrap_or_default();
        transactions.push(transaction(one, printed)?);
    }
    Ok(NewBlock {
        id: hash("index_block_hash", &told.index_block_hash)?,
        hash: hash("block_hash", &told.block_hash)?,
        height: BlockHeight::new(told.block_height),
        parent_id: hash("parent_index_block_hash", &told.parent_index_block_hash)?,
        parent_hash: hash("parent_block_hash", &told.parent_block_hash)?,
        time: UnixTime::new(told.block_time.unwrap_or(told.burn_block_time)),
        burn_height: BurnHeight::new(told.burn_block_height),
        burn_hash: hash("burn_block_hash", &told.burn_block_hash)?,
        burn_time: UnixTime::new(told.burn_block_time),
        transactions,
    })
}

fn transaction(told: TransactionJson, events: Vec<Event>) -> Result<NewTransaction, MessageError> {
    let txid = txid(&told.txid)?;
    let raw = bytes("raw_tx", &told.raw_tx)?;
    // One zero byte stands for an order that was given on Bitcoin: it has no bytes of its own.
    if raw != [0] && TxId::new(sha512_256(&[&raw])) != txid {
        return Err(MessageError::OtherTransaction { txid });
    }
    let status = match told.status.as_str() {
        "success" => Status::Success,
        "abort_by_response" => Status::AbortByResponse,
        "abort_by_post_condition" => Status::AbortByPostCondition,
        other => {
            let found = shortened(other);
            return Err(MessageError::Unknown { field: "a transaction's status", found });
        }
    };
    let cost = told.execution_cost.map(|cost| Cost {
        write_length: cost.write_length,
        write_count: cost.write_count,
        read_length: cost.read_length,
        read_count: cost.read_count,
        runtime: cost.runtime,
    });
    let fee = crate::chain::wire::Signers::decode(&raw)
        .map_or(0, |signers| signers.authorization.payer().fee);
    let interface = told.contract_interface.filter(|interface| !interface.is_null());
    Ok(NewTransaction {
        receipt: Receipt {
            txid,
            status,
            result: bytes("raw_result", &told.raw_result)?,
            fee,
            events,
            cost,
        },
        raw,
        interface: interface.map(|interface| interface.to_string()),
        note: told.vm_error,
    })
}

/// The events of each transaction, in order. Those of a transaction that was undone are left out, and those of kinds that
/// this program does not know: what a contract locks, for example.
fn events_by_transaction(told: &[JsonValue]) -> Result<HashMap<TxId, Vec<Event>>, MessageError> {
    let mut found: HashMap<TxId, Vec<(u64, Event)>> = HashMap::new();
    for one in told {
        let text = one["txid"].as_str().unwrap_or_default();
        let index = one["event_index"].as_u64().ok_or_else(|| MessageError::Field {
            field: "event_index",
            found: shortened(&one["event_index"].to_string()),
        })?;
        let txid = txid(text)?;
        if one["committed"].as_bool() == Some(false) {
            continue;
        }
        if let Some(event) = event(one)? {
            found.entry(txid).or_default().push((index, event));
        }
    }
    let ordered = |(txid, mut events): (TxId, Vec<(u64, Event)>)| {
        events.sort_by_key(|(index, _)| *index);
        (txid, events.into_iter().map(|(_, event)| event).collect())
    };
    Ok(found.into_iter().map(ordered).collect())
}

fn event(told: &JsonValue) -> Result<Option<Event>, MessageError> {
    let kind = told["type"].as_str().unwrap_or_default();
    let detail = &told[kind];
    let text = |field: &'static str| {
        detail[field].as_str().ok_or_else(|| MessageError::Field {
            field,
            found: shortened(&detail[field].to_string()),
        })
    };
    let principal = |field: &'static str| {
        let text = text(field)?;
        Principal::parse(text).map_err(|_| MessageError::Field { field, found: shortened(text) })
    };
    let amount = || {
        let text = text("amount")?;
        text.parse::<u128>()
            .map_err(|_| MessageError::Field { field: "amount", found: shortened(text) })
    };
    let sides = || -> Result<_, MessageError> {
        let side = |field| match &detail[field] {
            JsonValue::Null => Ok(None),
            _ => principal(field).map(Some),
        };
        Ok((side("sender")?, side("recipient")?))
    };
    Ok(Some(match kind {
        "contract_event" if detail["topic"].as_str() == Some("print") => {
            let id = text("contract_identifier")?;
            let contract = ContractId::parse(id).map_err(|_| MessageError::Field {
                field: "contract_identifier",
                found: shortened(id),
            })?;
            Event::Print { contract, value: bytes("raw_value", text("raw_value")?)? }
        }
        "stx_transfer_event" => Event::StxTransfer {
            sender: principal("sender")?,
            recipient: principal("recipient")?,
            amount: MicroStx::new(amount()?),
            memo: match detail["memo"].as_str() {
                Some(memo) => bytes("memo", memo)?,
                None => Vec::new(),
            },
        },
        "stx_burn_event" => {
            Event::StxBurn { sender: principal("sender")?, amount: MicroStx::new(amount()?) }
        }
        "ft_transfer_event" | "ft_mint_event" | "ft_burn_event" => {
            let (sender, recipient) = sides()?;
            let asset = text("asset_identifier")?.to_owned();
            Event::Fungible { asset, sender, recipient, amount: amount()? }
        }
        "nft_transfer_event" | "nft_mint_event" | "nft_burn_event" => {
            let (sender, recipient) = sides()?;
            let asset = text("asset_identifier")?.to_owned();
            let token = bytes("raw_value", text("raw_value")?)?;
            Event::NonFungible { asset, sender, recipient, token }
        }
        _ => return Ok(None),
    }))
}

/// Reads `POST /new_mempool_tx`: the bytes of transactions that wait now.
pub(super) fn read_waiting(body: &[u8]) -> Result<Vec<Vec<u8>>, MessageError> {
    let told: Vec<String> = serde_json::from_slice(body).map_err(shape)?;
    told.iter().map(|text| bytes("a transaction", text)).collect()
}

/// Reads `POST /drop_mempool_tx`: which transactions wait no more, and why, in the hosted API's word.
pub(super) fn read_dropped(body: &[u8]) -> Result<(Vec<TxId>, &'static str), MessageError> {
    let told: DroppedJson = serde_json::from_slice(body).map_err(shape)?;
    let why = match told.reason.as_str() {
        "ReplaceByFee" => "dropped_replace_by_fee",
        "ReplaceAcrossFork" => "dropped_replace_across_fork",
        "TooExpensive" => "dropped_too_expensive",
        "Problematic" => "dropped_problematic",
        // Also what a newer node has a word of its own for: it waits no more, and may be sent again.
        _ => "dropped_stale_garbage_collect",
    };
    let txids = told.dropped_txids.iter().map(|text| txid(text));
    Ok((txids.collect::<Result<_, _>>()?, why))
}
