//! What explorers and wallets ask a hosted API or a node for besides: several transactions, the mempool, contracts' fates, blocks as a list, and where the chain stands.
//!
//! Shapes after the hosted API's OpenAPI description and `docs/rpc` of stacks-core. Nothing here is read by MRMS itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::{Map, Value as JsonValue, json};

use super::history::History as _;
use super::hosted_api::{EventQuery, block_body, find_included, pending_transaction};
use super::node::Node;
use super::paging::ByteBudget;
use super::refusal::Refusal;
use super::transactions::txid;
use crate::chain::{
    BlockHeight, ContractId, ContractRecord, Included, ReadSnapshot, Sequence, Status, TxId,
};

/// Most transactions or contracts in one question, and most rows in one answer.
const SEVERAL: usize = 50;
/// Rows of a list where none are asked for.
const ROWS: usize = 20;

/// The values that a query has for a name: repeated, or with commas between them.
fn values(query: Option<&str>, name: &str) -> Vec<String> {
    let pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let of_name = pairs.filter(|(key, _)| *key == name || key.strip_suffix("[]") == Some(name));
    of_name.flat_map(|(_, text)| text.split(',').map(str::to_owned)).collect()
}

pub(super) fn number(query: Option<&str>, name: &str) -> Result<Option<usize>, Refusal> {
    let text = values(query, name).into_iter().next();
    let number = text.map(|text| text.parse()).transpose();
    number.map_err(|_| Refusal::request(format!("{name} is no number")))
}

fn few(all: Vec<String>) -> Result<Vec<String>, Refusal> {
    match all.len() {
        0..=SEVERAL => Ok(all),
        _ => Err(Refusal::request(format!("at most {SEVERAL} at a time"))),
    }
}

/// `GET /extended/v1/tx/multiple?tx_id=…`: each transaction by its id, as far as it is there.
pub(super) async fn transactions(
    State(node): State<Arc<Node>>,
    RawQuery(query): RawQuery,
) -> Result<Json<JsonValue>, Refusal> {
    let asked = few(values(query.as_deref(), "tx_id"))?;
    let ids = asked.iter().map(|text| txid(text)).collect::<Result<Vec<TxId>, _>>()?;
    let waiting: Map<String, JsonValue> = {
        let mempool = node.mempool();
        let found = ids.iter().filter_map(|id| Some((id.to_string(), mempool.find(id)?)));
        found.map(|(id, waiting)| (id, pending_transaction(waiting))).collect()
    };
    let bytes = node.answer_bytes;
    let mut budget = ByteBudget::new(bytes);
    let found = node.read(move |snapshot| {
        let mut found = Map::new();
        for id in ids {
            let key = id.to_string();
            let events = EventQuery::default();
            let told = match find_included(snapshot, &id, &events, bytes)? {
                Some(included) => Some(included),
                None => waiting.get(&key).cloned(),
            };
            let row = match told {
                Some(told) => json!({"found": true, "result": told}),
                None => json!({"found": false, "result": {"tx_id": key}}),
            };
            if !budget.takes(&row) {
                return Err(Refusal::request("the answer would be too long; ask for fewer"));
            }
            found.insert(key, row);
        }
        Ok(found)
    });
    Ok(Json(JsonValue::Object(found.await?)))
}

/// `GET /extended/v1/tx/mempool`: what waits for a block, newest first; of one account with `sender_address`.
pub(super) async fn mempool(
    State(node): State<Arc<Node>>,
    RawQuery(query): RawQuery,
) -> Result<Json<JsonValue>, Refusal> {
    let limit = number(query.as_deref(), "limit")?.unwrap_or(ROWS).min(SEVERAL);
    let offset = number(query.as_deref(), "offset")?.unwrap_or(0);
    let sender = values(query.as_deref(), "sender_address").into_iter().next();
    let sender = sender.map(|text| node.principal(&text)).transpose()?;
    let mempool = node.mempool();
    let mut all = mempool.all();
    if let Some(sender) = sender {
        all.retain(|waiting| waiting.transaction.origin() == sender);
    }
    all.sort_by_key(|waiting| std::cmp::Reverse(waiting.queued_at));
    let mut budget = ByteBudget::new(node.answer_bytes);
    let rows = all.iter().skip(offset).take(limit).map(|waiting| pending_transaction(waiting));
    let rows: Vec<_> = rows.take_while(|row| budget.takes(row)).collect();
    Ok(Json(json!({"limit": limit, "offset": offset, "total": all.len(), "results": rows})))
}

/// What became of a contract's deployment.
pub(super) struct Deployment {
    /// Its transaction; none of a contract of the ledger's beginning.
    pub(super) txid: Option<TxId>,
    status: Status,
    height: BlockHeight,
}

/// What became of a contract's deployment; `None` if there was none.
pub(super) fn deployment(
    snapshot: &mut ReadSnapshot<'_>,
    id: &ContractId,
) -> Result<Option<Deployment>, Refusal> {
    if let Some(ContractRecord { txid, height, .. }) = snapshot.contract(id)? {
        return Ok(Some(Deployment { txid, status: Status::Success, height }));
    }
    // Nobody calls what is not there, so what failed is a deployment.
    let failed = snapshot.refused_before(id, Sequence::new(u64::MAX), 1)?;
    let Some(sequence) = failed.first() else { return Ok(None) };
    Ok(snapshot.included_at(*sequence)?.map(|stored| {
        let Included { txid, height, receipt, .. } = stored.included;
        Deployment { txid: Some(txid), status: receipt.status, height }
    }))
}

/// `GET /extended/v2/smart-contracts/status?contract_id=…`: what became of contracts' deployments. A deployment that failed is
/// told as such; a later one may succeed.
pub(super) async fn contracts(
    State(node): State<Arc<Node>>,
    RawQuery(query): RawQuery,
) -> Result<Json<JsonValue>, Refusal> {
    let asked = few(values(query.as_deref(), "contract_id"))?;
    let parse = |text: &String| {
        ContractId::parse(text).map_err(|error| Refusal::request(error.to_string()))
    };
    let ids = asked.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let found = node.read(move |snapshot| {
        let mut found = Map::new();
        for id in ids {
            let row = match deployment(snapshot, &id)? {
                None => json!({"found": false}),
                Some(Deployment { txid, status, height }) => json!({"found": true, "result": {
                    "status": status.as_str(),
                    "tx_id": txid.map(|txid| txid.to_string()),
                    "contract_id": id.to_string(),
                    "block_height": height.get(),
                }}),
            };
            found.insert(id.to_string(), row);
        }
        Ok(found)
    });
    Ok(Json(JsonValue::Object(found.await?)))
}

/// `GET /extended/v2/blocks`: blocks, newest first.
pub(super) async fn blocks(
    State(node): State<Arc<Node>>,
    RawQuery(query): RawQuery,
) -> Result<Json<JsonValue>, Refusal> {
    let limit = number(query.as_deref(), "limit")?.unwrap_or(ROWS).min(30);
    let offset = number(query.as_deref(), "offset")?.unwrap_or(0);
    let body = node.read(move |snapshot| {
        let tip = snapshot.tip()?.height.get();
        let first = u32::try_from(offset).ok().and_then(|offset| tip.checked_sub(offset));
        let mut rows = Vec::new();
        let heights = first.into_iter().flat_map(|first| (0..=first).rev()).take(limit);
        for height in heights {
            let block = snapshot.block_facts(BlockHeight::new(height))?;
            rows.extend(block.as_ref().map(block_body));
        }
        let total = u64::from(tip) + 1;
        Ok(json!({"limit": limit, "offset": offset, "total": total, "results": rows}))
    });
    Ok(Json(body.await?))
}

/// `GET /v3/tenures/info`: where the chain stands. Here each block is a tenure of its own.
pub(super) async fn tenure(State(node): State<Arc<Node>>) -> Result<Json<JsonValue>, Refusal> {
    let body = node.read(|snapshot| {
        let tip = snapshot.tip()?;
        let block = snapshot.block(tip.height)?;
        let parent = block.map(|block| hex::encode(block.header.parent.as_bytes()));
        let id = hex::encode(tip.hash.as_bytes());
        Ok(json!({
            "consensus_hash": "0".repeat(40),
            "parent_consensus_hash": "0".repeat(40),
            "parent_tenure_start_block_id": parent.unwrap_or_default(),
            "tenure_start_block_id": id,
            "tip_block_id": id,
            "tip_height": tip.height.get(),
            "reward_cycle": 0,
        }))
    });
    Ok(Json(body.await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_be_repeated_or_have_commas_between_them() {
        let query = Some("tx_id=a,b&tx_id=c&other=d&tx_id[]=e");
        assert_eq!(values(query, "tx_id"), ["a", "b", "c", "e"]);
        assert_eq!(values(None, "tx_id"), [] as [&str; 0]);
    }
}
