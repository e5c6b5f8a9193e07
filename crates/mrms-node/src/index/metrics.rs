//! The index's metrics: requests, what became of the blocks that its node told of, how far it is, and the size of its file.

use std::sync::Arc;

use axum::extract::State as Shared;
use mrms_http::Exposition;

use super::state::{Condition, State};
use crate::rpc::refusal::Refusal;

/// `GET /metrics`.
pub(super) async fn metrics(Shared(state): Shared<Arc<State>>) -> Result<Exposition, Refusal> {
    let condition = state.condition().await?;
    Ok(collect(&state, &condition))
}

fn collect(state: &State, condition: &Condition) -> Exposition {
    let mut all = Exposition::default();
    all.requests("mrms_index", &state.requests);
    let help = "Blocks that the node told of, by what became of them.";
    all.counters("mrms_index_blocks_total", help, &state.taken);
    let help = "Blocks that were refused, by reason. The node repeats them.";
    all.counters("mrms_index_refusals_total", help, &state.refusals);
    let help = "How often the chain that counts became another one, by how the index learnt of it.";
    all.counters("mrms_index_forks_total", help, &state.forks);
    let newest = condition.extent.newest.map_or(0, |newest| newest.height.get());
    all.gauge("mrms_index_block_height", "Height of the newest block.", newest.into());
    let time = condition.extent.newest.map_or(0, |newest| newest.time.get());
    all.gauge("mrms_index_block_time_seconds", "Time of the newest block.", time);
    let begins = condition.extent.begins.map_or(0, |begins| begins.get());
    let help = "The block before which history is missing; 0 if none is.";
    all.gauge("mrms_index_begins_at_block", help, begins.into());
    let help = "Blocks that lie before a gap and are of no use for a whole history.";
    all.gauge("mrms_index_blocks_before_gap", help, condition.extent.before_gap.into());
    let node = condition.node_height.map_or(0, |height| height.get());
    let help = "Height of the node's newest block; 0 if it does not answer.";
    all.gauge("mrms_index_node_block_height", help, node.into());
    let help = "By how many blocks the index is behind its node; 0 if that does not answer.";
    all.gauge("mrms_index_behind_blocks", help, node.saturating_sub(newest).into());
    all.gauge("mrms_index_file_bytes", "Bytes of the index's file.", state.index.file_bytes());
    let help = "1 if the index can't do its work, or is behind.";
    all.gauge("mrms_index_trouble", help, condition.trouble.is_some().into());
    let up = state.started.elapsed().as_secs();
    all.gauge("mrms_index_up_seconds", "Time since the start.", up);
    all.resident_memory();
    all
}
