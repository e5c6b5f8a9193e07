//! Information about the network, and the node's health. This ledger has one node, no peers, no Bitcoin
//! beneath it and no stacking; fields of a Stacks node about those are zero.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value as JsonValue, json};

use super::node::Node;
use super::refusal::Refusal;
use crate::chain::wire::hash160;

/// The node's name and version.
const SERVER: &str = concat!("mrms-node ", env!("CARGO_PKG_VERSION"));
/// Peer version in epoch 2.5 of a Stacks network that is not mainnet.
const PEER_VERSION: u32 = 0xfaca_de0a;
/// The epoch whose rules contracts run under.
const EPOCH: &str = "Epoch25";
/// Twenty zero bytes, in place of a Bitcoin block's consensus hash.
const NO_CONSENSUS: &str = "0000000000000000000000000000000000000000";
/// Thirty-two zero bytes, in place of a block hash.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Lengths of the phases of a reward cycle on the Stacks network, in burn blocks.
const REWARD_BLOCKS: u32 = 2_000;
const PREPARE_BLOCKS: u32 = 100;
const CYCLE_BLOCKS: u32 = REWARD_BLOCKS + PREPARE_BLOCKS;

/// `GET /v2/info`.
pub(super) async fn info(State(node): State<Arc<Node>>) -> Result<Json<JsonValue>, Refusal> {
    let tip = node.read(|snapshot| Ok(snapshot.tip()?)).await?;
    let identity = node.ledger.identity();
    let burn_height = tip.burn_height_now.get();
    Ok(Json(json!({
        "peer_version": PEER_VERSION,
        "pox_consensus": NO_CONSENSUS,
        "burn_block_height": burn_height,
        // Not in a Stacks node's answer: with it, times that are counted from heights do not move.
        "burn_block_time": tip.burn_began.get(),
        "stable_pox_consensus": NO_CONSENSUS,
        "stable_burn_block_height": burn_height,
        "server_version": SERVER,
        "network_id": identity.chain_id,
        "parent_network_id": 0,
        "stacks_tip_height": tip.height.get(),
        "stacks_tip": hex::encode(tip.hash.as_bytes()),
        "stacks_tip_consensus_hash": NO_CONSENSUS,
        "genesis_chainstate_hash": hex::encode(identity.genesis.as_bytes()),
        "unanchored_tip": NO_HASH,
        "unanchored_seq": 0,
        "tenure_height": tip.height.get(),
        "exit_at_block_height": null,
        "is_fully_synced": true,
        "node_public_key": hex::encode(identity.node_key),
        "node_public_key_hash": hex::encode(hash160(&identity.node_key)),
        "stackerdbs": [],
    })))
}

/// `GET /v2/pox`. Cycles are counted as on the Stacks network. Nothing is stacked in any of them.
pub(super) async fn pox(State(node): State<Arc<Node>>) -> Result<Json<JsonValue>, Refusal> {
    let (tip, supply) = node.read(|snapshot| Ok((snapshot.tip()?, snapshot.supply()?))).await?;
    let first = node.ledger.identity().genesis_burn_height.get();
    let (now, supply) = (tip.burn_height_now.get(), supply.get());
    let cycle = now.saturating_sub(first) / CYCLE_BLOCKS;
    let next_start = u64::from(first) + u64::from(cycle + 1) * u64::from(CYCLE_BLOCKS);
    let prepare_start = next_start - u64::from(PREPARE_BLOCKS);
    let until_reward = next_start - u64::from(now);
    let epoch = json!({
        "epoch_id": EPOCH,
        "start_height": 0,
        "end_height": i64::MAX,
        "block_limit": {
            "write_length": 15_000_000,
            "write_count": 15_000,
            "read_length": 100_000_000,
            "read_count": 15_000,
            "runtime": 5_000_000_000_u64,
        },
        "network_epoch": PEER_VERSION & 0xff,
    });
    Ok(Json(json!({
        "contract_id": "ST000000000000000000002AMW42H.pox-4",
        "pox_activation_threshold_ustx": 0,
        "first_burnchain_block_height": first,
        "current_burnchain_block_height": now,
        "prepare_phase_block_length": PREPARE_BLOCKS,
        "reward_phase_block_length": REWARD_BLOCKS,
        "reward_slots": 2 * REWARD_BLOCKS,
        "rejection_fraction": null,
        "total_liquid_supply_ustx": supply,
        "current_cycle": {
            "id": cycle,
            "min_threshold_ustx": 0,
            "stacked_ustx": 0,
            "is_pox_active": false,
        },
        "next_cycle": {
            "id": cycle + 1,
            "min_threshold_ustx": 0,
            "min_increment_ustx": 0,
            "stacked_ustx": 0,
            "prepare_phase_start_block_height": prepare_start,
            "blocks_until_prepare_phase": i128::from(prepare_start) - i128::from(now),
            "reward_phase_start_block_height": next_start,
            "blocks_until_reward_phase": until_reward,
            "ustx_until_pox_rejection": null,
        },
        "epochs": [epoch],
        "current_epoch": EPOCH,
        "min_amount_ustx": 0,
        "prepare_cycle_length": PREPARE_BLOCKS,
        "reward_cycle_id": cycle,
        "reward_cycle_length": CYCLE_BLOCKS,
        "rejection_votes_left_required": null,
        "next_reward_cycle_in": until_reward,
        "contract_versions": [],
    })))
}

/// `GET /v3/health`. The node has no peers, so it is never behind one. A full disk, a ledger file that was replaced and a
/// wrong clock are answered with 503.
pub(super) async fn health(State(node): State<Arc<Node>>) -> Result<Json<JsonValue>, Refusal> {
    let height = node.health().await?.get();
    Ok(Json(json!({
        "difference_from_max_peer": 0,
        "max_stacks_height_of_neighbors": height,
        "max_stacks_neighbor_address": null,
        "node_stacks_tip_height": height,
    })))
}

/// `GET /extended`: the status of the hosted API.
pub(super) async fn extended(State(node): State<Arc<Node>>) -> Result<Json<JsonValue>, Refusal> {
    let tip = node.read(|snapshot| Ok(snapshot.tip()?)).await?;
    let hash = tip.hash.to_string();
    Ok(Json(json!({
        "server_version": SERVER,
        "status": "ready",
        "pox_v1_unlock_height": null,
        "pox_v2_unlock_height": null,
        "pox_v3_unlock_height": null,
        "chain_tip": {
            "block_height": tip.height.get(),
            "block_hash": hash,
            "index_block_hash": hash,
            "burn_block_height": tip.burn_height_now.get(),
            "block_time": tip.time.get(),
        },
    })))
}
