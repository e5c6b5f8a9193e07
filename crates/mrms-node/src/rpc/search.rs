//! Search, in the hosted API's shape: the transaction, block, account or contract that somebody has the text of.
//!
//! Source: `search.ts` of stacks-blockchain-api. Nothing here is read by MRMS itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Map, Value as JsonValue, json};

use super::balances;
use super::explorer::deployment;
use super::history::History as _;
use super::hosted_api::{
    EventQuery, WhichBlock, find_block, find_included, pending, pending_transaction,
};
use super::listings::END;
use super::node::Node;
use super::refusal::Refusal;
use crate::chain::wire::Payload;
use crate::chain::{BlockHash, ContractId, Principal, ReadSnapshot, TxId};

#[derive(Deserialize)]
pub(super) struct SearchQuery {
    #[serde(default)]
    include_metadata: bool,
}

/// What somebody searches for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    /// The id of a transaction, or the hash of a block.
    Hash(TxId, BlockHash),
    /// An account.
    Account(Principal),
    /// A contract.
    Contract(ContractId),
}

impl Term {
    fn parse(text: &str) -> Option<Self> {
        if let (Ok(txid), Ok(block)) = (TxId::parse(text), BlockHash::parse(text)) {
            return Some(Self::Hash(txid, block));
        }
        match ContractId::parse(text) {
            Ok(contract) => Some(Self::Contract(contract)),
            Err(_) => Principal::parse(text).ok().map(Self::Account),
        }
    }
}

/// Something that was found.
struct Found {
    kind: &'static str,
    id: String,
    /// The field with what is told of it in any case, and that.
    told: Option<(&'static str, JsonValue)>,
    /// All that is told of it when somebody asks for that.
    whole: JsonValue,
}

impl Found {
    fn body(self, include_metadata: bool) -> JsonValue {
        let mut result = json!({"entity_id": self.id, "entity_type": self.kind});
        if let Some((field, told)) = self.told {
            result[field] = told;
        }
        if include_metadata && !self.whole.is_null() {
            result["metadata"] = self.whole;
        }
        json!({"found": true, "result": result})
    }
}

fn nothing(kind: &str, error: String) -> Response {
    let body = json!({"found": false, "result": {"entity_type": kind}, "error": error});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

/// Those of the fields that are there.
fn some(whole: &JsonValue, fields: &[&str]) -> JsonValue {
    let there = fields.iter().filter_map(|field| Some((*field, whole.get(field)?)));
    JsonValue::Object(
        there.map(|(field, value)| (field.to_owned(), value.clone())).collect::<Map<_, _>>(),
    )
}

/// A transaction's fields that are told in any case.
const OF_TRANSACTION: [&str; 5] =
    ["canonical", "block_hash", "burn_block_time", "block_height", "tx_type"];

/// `GET /extended/v1/search/{term}`.
pub(super) async fn search(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    Query(SearchQuery { include_metadata }): Query<SearchQuery>,
) -> Result<Response, Refusal> {
    let text = text.trim();
    let (found, kind, error) = match Term::parse(text) {
        None => {
            let error = format!("\"{text}\" is no hash, no account and no contract");
            (None, "invalid_term", error)
        }
        Some(Term::Hash(txid, block)) => {
            let error = format!("no transaction and no block has the hash {txid}");
            (of_hash(&node, txid, block).await?, "unknown_hash", error)
        }
        Some(Term::Account(account)) => {
            let error = format!("nothing is known of the account {account}");
            (of_account(&node, account).await?, "standard_address", error)
        }
        Some(Term::Contract(contract)) => {
            let error = format!("there is no contract {contract}");
            (of_contract(&node, contract).await?, "contract_address", error)
        }
    };
    Ok(match found {
        Some(found) => Json(found.body(include_metadata)).into_response(),
        None => nothing(kind, error),
    })
}

fn included(
    snapshot: &mut ReadSnapshot<'_>,
    txid: &TxId,
    bytes: usize,
) -> Result<Option<JsonValue>, Refusal> {
    find_included(snapshot, txid, &EventQuery::WITHOUT_EVENTS, bytes)
}

async fn of_hash(node: &Node, txid: TxId, block: BlockHash) -> Result<Option<Found>, Refusal> {
    // The mempool first: a transaction that gets into a block between the two lookups is found by the second.
    let waiting = node.mempool().find(&txid).map(pending_transaction);
    let bytes = node.answer_bytes;
    let (transaction, block) = node
        .read(move |snapshot| {
            let transaction = included(snapshot, &txid, bytes)?;
            let block = match &transaction {
                None => find_block(snapshot, WhichBlock::Hash(block))?,
                Some(_) => None,
            };
            Ok((transaction, block))
        })
        .await?;
    if let Some(whole) = transaction {
        let told = Some(("tx_data", some(&whole, &OF_TRANSACTION)));
        return Ok(Some(Found { kind: "tx_id", id: txid.to_string(), told, whole }));
    }
    if let Some(whole) = waiting {
        let told = Some(("tx_data", some(&whole, &["tx_type"])));
        return Ok(Some(Found { kind: "mempool_tx_id", id: txid.to_string(), told, whole }));
    }
    Ok(block.map(|whole| {
        let fields = ["canonical", "hash", "parent_block_hash", "burn_block_time", "height"];
        let told = Some(("block_data", some(&whole, &fields)));
        let id = whole["hash"].as_str().unwrap_or_default().to_owned();
        Found { kind: "block_hash", id, told, whole }
    }))
}

/// An account is known once it did something, or got something.
async fn of_account(node: &Arc<Node>, account: Principal) -> Result<Option<Found>, Refusal> {
    let whole = balances::of(node, &account).await?;
    let is_known = match whole {
        Some(_) => true,
        None => {
            let account = account.clone();
            let count = node.read(move |snapshot| {
                let nonce = snapshot.account(&account)?.nonce;
                Ok(nonce > 0 || snapshot.count_of_principal(&account, END.sequence, 1)? > 0)
            });
            count.await?
        }
    };
    let id = account.to_string();
    let whole = whole.unwrap_or_default();
    Ok(is_known.then_some(Found { kind: "standard_address", id, told: None, whole }))
}

async fn of_contract(node: &Node, contract: ContractId) -> Result<Option<Found>, Refusal> {
    let waiting = {
        let mempool = node.mempool();
        let publishes = |payload: &Payload, origin: &Principal| match payload {
            Payload::Deploy { name, .. } => {
                *origin == contract.deployer() && name == contract.name()
            }
            Payload::Transfer { .. } | Payload::Call { .. } => false,
        };
        let all = mempool.all();
        let found =
            all.iter().find(|one| publishes(&one.transaction.payload, &one.transaction.origin()));
        found.map(|one| pending(&one.txid, &one.transaction, one.received))
    };
    let (id, bytes) = (contract.to_string(), node.answer_bytes);
    let deployed = node
        .read(move |snapshot| {
            let Some(deployed) = deployment(snapshot, &contract)? else { return Ok(None) };
            Ok(Some(match deployed.txid {
                Some(txid) => included(snapshot, &txid, bytes)?,
                None => None,
            }))
        })
        .await?;
    let fields = [&OF_TRANSACTION[..], &["tx_id"]].concat();
    let kind = "contract_address";
    Ok(match (deployed, waiting) {
        (Some(Some(whole)), _) | (None, Some(whole)) => {
            Some(Found { kind, id, told: Some(("tx_data", some(&whole, &fields))), whole })
        }
        // One of the ledger's beginning, which no transaction deployed.
        (Some(None), _) => Some(Found { kind, id, told: None, whole: JsonValue::Null }),
        (None, None) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn term_is_what_it_looks_like() {
        let hash = "ab".repeat(32);
        for text in [hash.clone(), format!("0x{hash}")] {
            assert!(matches!(Term::parse(&text), Some(Term::Hash(..))), "{text}");
        }
        let account = "ST000000000000000000002AMW42H";
        assert!(matches!(Term::parse(account), Some(Term::Account(_))));
        let contract = format!("{account}.records");
        assert!(matches!(Term::parse(&contract), Some(Term::Contract(_))));
        for text in ["", "latest", "7", "ST000000000000000000002AMW42J", &hash[1..], "ST1.x"] {
            assert_eq!(Term::parse(text), None, "{text}");
        }
    }
}
