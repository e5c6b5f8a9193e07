//! The messages that observers get, in the shapes of a Stacks node.
//!
//! This chain has no Bitcoin blocks and no signers. Where a node names a Bitcoin block, a hash stands that is of the ledger
//! and the burn height: observers tell blocks apart by it. The node's own signature stands for the miner's and the signers'.
//! What the operator made for an account is told as a transfer of the burn chain, from the boot address, for which it was
//! minted: so balances come out right, and the supply. (The hosted API 9 takes no such transaction without a transfer.)
//! Sources: `docs/event-dispatcher.md` of stacks-core, and the hosted API's `core-node-message.ts` and `reader.ts`.

use serde_json::{Value as JsonValue, json};
use sha2::{Digest as _, Sha256};

use super::clarity_text::hex_0x;
use super::events::observed_event;
use super::mempool::{DropReason, MempoolEvent};
use super::refusal::Refusal;
use crate::chain::wire::{Payload, Transaction};
use crate::chain::{
    Block, BlockHash, BlockHeight, Cost, LedgerFailure, Operation, Principal, ReadSnapshot, Status,
    StoredTransaction, TxId, UnixTime,
};
use crate::hexadecimal;

/// Thirty-two zero bytes, in place of what this chain does not have.
const NO_HASH: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";
/// From whom operators' funds come in observers' books.
const BOOT: &str = "ST000000000000000000002AMW42H";

/// A message: where it goes, and what it says.
pub(super) struct Message {
    pub(super) path: &'static str,
    pub(super) body: String,
}

impl Message {
    fn new(path: &'static str, body: &JsonValue) -> Self {
        Self { path, body: body.to_string() }
    }
}

/// Of a ledger and a burn height: what stands in place of a Bitcoin block's hash.
fn burn_hash(genesis: &BlockHash, height: u32) -> [u8; 32] {
    let bytes = [b"mrms burn block ", &genesis.as_bytes()[..], &height.to_be_bytes()].concat();
    Sha256::digest(bytes).into()
}

fn burn_block_hash(genesis: &BlockHash, height: u32) -> String {
    hex_0x(&burn_hash(genesis, height))
}

/// Twenty bytes of the same, in place of a consensus hash.
fn consensus_hash(genesis: &BlockHash, height: u32) -> String {
    hex_0x(&Sha256::digest(burn_hash(genesis, height))[..20])
}

/// Reads a block; returns its hash and the messages about it: its burn blocks, as far as they are new, and the block.
pub(super) fn block_messages(
    snapshot: &mut ReadSnapshot<'_>,
    height: BlockHeight,
) -> Result<(BlockHash, Vec<Message>), Refusal> {
    let missing = LedgerFailure::Damaged { what: "a block or one of its transactions" };
    let block = snapshot.block(height)?.ok_or_else(|| missing.clone())?;
    let first = snapshot.block(BlockHeight::new(0))?.ok_or_else(|| missing.clone())?;
    let parent = height.get().checked_sub(1).map(BlockHeight::new);
    let parent = match parent {
        Some(parent) => snapshot.block(parent)?,
        None => None,
    };
    let find = |txid: &TxId| snapshot.transaction(txid)?.ok_or_else(|| missing.clone());
    let transactions = block.transactions.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let mut formatted = Vec::with_capacity(transactions.len());
    for stored in &transactions {
        formatted.push(format_transaction(snapshot, stored)?);
    }
    let genesis = first.hash;
    let burn_times = BurnTimes {
        own: snapshot.burn_block_time(block.header.burn_height)?,
        parent: match &parent {
            Some(parent) => snapshot.burn_block_time(parent.header.burn_height)?,
            None => block.header.time,
        },
    };
    let burn_height = block.header.burn_height.get();
    let known = parent.as_ref().map_or(burn_height, |parent| parent.header.burn_height.get());
    // Block 1 brings its own burn block, too: an observer has none before it.
    let new = if height.get() == 1 { known } else { known.saturating_add(1) }..=burn_height;
    let mut messages: Vec<Message> = new.map(|at| burn_block(&genesis, at)).collect();
    let body = message(&genesis, &block, parent.as_ref(), burn_times, &transactions, formatted);
    messages.push(Message::new("/new_block", &body));
    Ok((block.hash, messages))
}

fn burn_block(genesis: &BlockHash, height: u32) -> Message {
    let body = json!({
        "burn_block_hash": burn_block_hash(genesis, height),
        "burn_block_height": height,
        "parent_burn_block_hash": burn_block_hash(genesis, height.saturating_sub(1)),
        "consensus_hash": consensus_hash(genesis, height),
        "reward_recipients": [],
        "reward_slot_holders": [],
        "burn_amount": 0,
        "pox_transactions": [],
    });
    Message::new("/new_burn_block", &body)
}

/// When the burn blocks of a block and of its parent were made.
struct BurnTimes {
    own: UnixTime,
    parent: UnixTime,
}

/// What was made for an account, as a transfer of the burn chain.
struct Funds<'a> {
    txid: TxId,
    account: &'a Principal,
    amount: u128,
}

fn funds(block: &Block) -> Vec<Funds<'_>> {
    let made = block.operations.iter().enumerate().filter_map(|(number, operation)| {
        let Operation::Faucet { account, amount } = operation else { return None };
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        let hash = Sha256::new()
            .chain_update(b"mrms funds ")
            .chain_update(block.hash.as_bytes())
            .chain_update(number.to_be_bytes())
            .finalize();
        Some(Funds { txid: TxId::new(hash.into()), account, amount: amount.get() })
    });
    made.collect()
}

fn message(
    genesis: &BlockHash,
    block: &Block,
    parent: Option<&Block>,
    burn_times: BurnTimes,
    transactions: &[StoredTransaction],
    mut formatted: Vec<JsonValue>,
) -> JsonValue {
    let header = &block.header;
    let burn_height = header.burn_height.get();
    let events = transactions.iter().flat_map(|stored| {
        let receipt = &stored.included.receipt;
        receipt.events.iter().map(move |event| (receipt.txid, event))
    });
    // A node numbers events through the whole block, not per transaction.
    let mut events: Vec<JsonValue> = events
        .enumerate()
        .map(|(index, (txid, event))| observed_event(&txid, index, event))
        .collect();
    for made in funds(block) {
        let amount = made.amount.to_string();
        events.push(json!({
            "txid": made.txid.to_string(),
            "event_index": events.len(),
            "committed": true,
            "type": "stx_mint_event",
            "stx_mint_event": {"recipient": BOOT, "amount": amount},
        }));
        events.push(json!({
            "txid": made.txid.to_string(),
            "event_index": events.len(),
            "committed": true,
            "type": "stx_transfer_event",
            "stx_transfer_event": {
                "sender": BOOT,
                "recipient": made.account.to_string(),
                "amount": amount,
                "memo": "",
            },
        }));
        formatted.push(burn_chain_transfer(genesis, burn_height, &made, formatted.len()));
    }
    let hash = block.hash.to_string();
    let parent_hash = header.parent.to_string();
    let parent_burn = parent.map_or(burn_height, |parent| parent.header.burn_height.get());
    json!({
        "block_hash": hash,
        "index_block_hash": hash,
        "block_height": header.height.get(),
        "block_time": header.time.get(),
        "consensus_hash": consensus_hash(genesis, burn_height),
        "burn_block_hash": burn_block_hash(genesis, burn_height),
        "burn_block_height": burn_height,
        "burn_block_time": burn_times.own.get(),
        "miner_txid": NO_HASH,
        "parent_block_hash": parent_hash,
        "parent_index_block_hash": parent_hash,
        "parent_microblock": NO_HASH,
        "parent_microblock_sequence": 0,
        "parent_burn_block_hash": burn_block_hash(genesis, parent_burn),
        "parent_burn_block_height": parent_burn,
        "parent_burn_block_timestamp": burn_times.parent.get(),
        "transactions": formatted,
        "events": events,
        "matured_miner_rewards": [],
        "anchored_cost": cost(total_cost(transactions)),
        "confirmed_microblocks_cost": cost(Cost::default()),
        "pox_v1_unlock_height": 0,
        "pox_v2_unlock_height": 0,
        "pox_v3_unlock_height": 0,
        "pox_v4_unlock_height": null,
        "signer_bitvec": null,
        "reward_set": null,
        "cycle_number": null,
        "tenure_height": header.height.get(),
        "signer_signature_hash": hash,
        "miner_signature": hex_0x(&block.signature),
        "signer_signature": [hexadecimal::encode(&block.signature)],
    })
}

/// `(ok true)`, serialized.
const OK_TRUE: [u8; 2] = [0x07, 0x03];

fn burn_chain_transfer(
    genesis: &BlockHash,
    burn_height: u32,
    made: &Funds<'_>,
    position: usize,
) -> JsonValue {
    let address = |principal: &str| json!({"address": principal});
    json!({
        "txid": made.txid.to_string(),
        "tx_index": position,
        "status": "success",
        "raw_result": hex_0x(&OK_TRUE),
        "raw_tx": "0x00",
        "contract_interface": null,
        "burnchain_op": {"transfer_stx": {
            "burn_block_height": burn_height,
            "burn_header_hash": hexadecimal::encode(&burn_hash(genesis, burn_height)),
            "burn_txid": hexadecimal::encode(made.txid.as_bytes()),
            "memo": "0x",
            "recipient": address(&made.account.to_string()),
            "sender": address(BOOT),
            "transfered_ustx": made.amount.to_string(),
            "vtxindex": position,
        }},
        "execution_cost": cost(Cost::default()),
        "microblock_sequence": null,
        "microblock_hash": null,
        "microblock_parent_hash": null,
        "vm_error": null,
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
        "vm_error": vm_error(stored),
    }))
}

/// What the VM stopped a transaction with. An `(err …)` of a contract is none.
pub(super) fn vm_error(stored: &StoredTransaction) -> Option<&str> {
    let receipt = &stored.included.receipt;
    // The VM's own stop leaves `(err none)`.
    let is_answer = receipt.status == Status::AbortByResponse && receipt.result != [0x08, 0x09];
    stored.included.note.as_deref().filter(|_| !is_answer)
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

/// What the transactions of a block cost together, as far as that was counted: pinned contracts run uncounted.
fn total_cost(transactions: &[StoredTransaction]) -> Cost {
    let known = transactions.iter().filter_map(|stored| stored.included.receipt.cost);
    known.fold(Cost::default(), |total, cost| Cost {
        write_length: total.write_length.saturating_add(cost.write_length),
        write_count: total.write_count.saturating_add(cost.write_count),
        read_length: total.read_length.saturating_add(cost.read_length),
        read_count: total.read_count.saturating_add(cost.read_count),
        runtime: total.runtime.saturating_add(cost.runtime),
    })
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

/// The message about something that began or ceased to wait for a block.
pub(super) fn mempool_message(event: &MempoolEvent) -> Message {
    match event {
        MempoolEvent::New { raw } => Message::new("/new_mempool_tx", &json!([hex_0x(raw)])),
        MempoolEvent::Dropped { txid, why } => {
            let reason = match why {
                DropReason::Replaced { .. } => "ReplaceByFee",
                DropReason::Stale => "StaleGarbageCollect",
                DropReason::Refused => "Problematic",
            };
            let body = json!({
                "dropped_txids": [txid.to_string()],
                "reason": reason,
                // The hosted API refuses a message without it.
                "new_txid": why.replaced_by().map(|by| by.to_string()),
            });
            Message::new("/drop_mempool_tx", &body)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_dropped_names_what_stands_in_its_place_or_null() {
        let (txid, by) = (TxId::new([1; 32]), TxId::new([2; 32]));
        for (why, reason, new_txid) in [
            (DropReason::Replaced { by }, "ReplaceByFee", json!(by.to_string())),
            (DropReason::Stale, "StaleGarbageCollect", JsonValue::Null),
            (DropReason::Refused, "Problematic", JsonValue::Null),
        ] {
            let Message { path, body } = mempool_message(&MempoolEvent::Dropped { txid, why });
            let body: JsonValue = serde_json::from_str(&body).unwrap();
            let dropped = [txid.to_string()];
            let expected =
                json!({"dropped_txids": dropped, "reason": reason, "new_txid": new_txid});
            assert_eq!((path, body), ("/drop_mempool_tx", expected));
        }
    }
}
