//! What is asked of the index: the hosted API's routes from its file, and everything else from the node.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State as Shared};
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use mrms_http::{BodyLimits, Observation, bound};
use serde::Deserialize;
use serde_json::{Map, Value as JsonValue, json};

use super::comparison::NodeInfo;
use super::metrics::metrics;
use super::state::State;
use crate::chain::wire::Transaction;
use crate::chain::{BurnHeight, Principal, TxId};
use crate::rpc::accounts::nonces_body;
use crate::rpc::clarity_text::hex_0x;
use crate::rpc::history::History as _;
use crate::rpc::hosted_api::{
    self, EventQuery, WhichBlock, contract_body, find_block, find_included,
};
use crate::rpc::hosted_refusal::{self, as_hosted_api, wrong_method};
use crate::rpc::listings::{
    HeightQuery, Rows, contract_id, events_at_page, events_page, refusals_page, transactions_page,
};
use crate::rpc::paging::PageQuery;
use crate::rpc::refusal::Refusal;
use crate::rpc::transactions::txid;

/// The program's name and version.
const SERVER: &str = concat!("mrms-index ", env!("CARGO_PKG_VERSION"));
const TIP_HEIGHT: HeaderName = HeaderName::from_static("x-canonical-stacks-tip-height");
/// How long an answer waits for a block that the node has, and how often it looks.
const LONGEST_WAIT: Duration = Duration::from_secs(3);
const STEP: Duration = Duration::from_millis(50);
/// Most transactions in one question.
const SEVERAL: usize = 50;

type Answer = Result<Json<JsonValue>, Refusal>;

pub(super) fn router(state: Arc<State>, limits: Arc<BodyLimits>) -> Router {
    Router::new()
        .route("/extended", get(status))
        .route("/extended/v1/status", get(status))
        .route("/extended/v1/tx/multiple", get(several))
        .route("/extended/v1/tx/{txid}", get(transaction))
        .route("/extended/v1/tx/{txid}/raw", get(raw_transaction))
        .route("/extended/v1/address/{address}/nonces", get(nonces))
        .route("/extended/v1/address/{address}/transactions", get(transactions))
        .route("/extended/v2/addresses/{address}/transactions", get(transactions_with_moves))
        .route("/extended/v1/contract/{contract}", get(contract))
        .route("/extended/v1/contract/{contract}/events", get(events))
        .route("/extended/v2/blocks/{block}", get(block))
        .route("/mrms/v1/contract/{contract}/events", get(events_at))
        .route("/mrms/v1/contract/{contract}/refusals", get(refusals))
        .route("/mrms/v1/index", get(status))
        .route("/v1/health", get(health))
        .route("/extended/{*rest}", any(no_route))
        .route("/metrics", get(metrics))
        .method_not_allowed_fallback(wrong_method)
        .fallback(of_node)
        .with_state(Arc::clone(&state))
        // The bound below is the one that counts.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(limits, bound::<Refusal>))
        .layer(from_fn(as_hosted_api))
        .layer(from_fn_with_state(state, observe))
}

async fn observe(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let observation = Observation::begin(&request);
    let mut response = next.run(request).await;
    if let Ok(height) = state.read(|snapshot| Ok(snapshot.newest_height()?)).await {
        response.headers_mut().insert(TIP_HEIGHT, HeaderValue::from(height.get()));
    }
    observation.end(&response, &state.requests);
    response
}

/// A route of the hosted API that the index does not have, in the API's words.
async fn no_route(method: Method, uri: Uri) -> Refusal {
    hosted_refusal::no_route(&method, &uri)
}

/// `GET /extended`: the status of the hosted API, and what the index has.
async fn status(Shared(state): Shared<Arc<State>>) -> Answer {
    let condition = state.condition().await?;
    let tip = condition.extent.newest.map(|newest| {
        json!({
            "block_height": newest.height.get(),
            "block_hash": newest.hash.to_string(),
            "index_block_hash": newest.id.to_string(),
            "burn_block_height": newest.burn_height.get(),
            "block_time": newest.time.get(),
        })
    });
    Ok(Json(json!({
        "server_version": SERVER,
        "status": if condition.trouble.is_none() { "ready" } else { "degraded" },
        "chain_tip": tip,
        "index": {
            "begins_at_block": condition.extent.begins.map(|begins| begins.get()),
            "blocks_before_gap": condition.extent.before_gap,
            "newest_block": condition.extent.newest.map(|newest| newest.height.get()),
            "node_block": condition.node_height.map(|height| height.get()),
            "trouble": condition.trouble,
        },
    })))
}

/// `GET /v1/health`: whether the index can do its work now.
async fn health(Shared(state): Shared<Arc<State>>) -> Answer {
    let condition = state.condition().await?;
    match condition.trouble {
        Some(message) => Err(Refusal::unwell(message)),
        None => Ok(Json(json!({
            "newest_block": condition.extent.newest.map(|newest| newest.height.get()),
            "begins_at_block": condition.extent.begins.map(|begins| begins.get()),
        }))),
    }
}

/// A transaction of the chain, or one that waits.
fn found(
    snapshot: &mut super::read::IndexSnapshot<'_>,
    txid: &TxId,
    query: &EventQuery,
    bytes: usize,
) -> Result<Option<JsonValue>, Refusal> {
    if let Some(included) = find_included(snapshot, txid, query, bytes)? {
        return Ok(Some(included));
    }
    let Some(waiting) = snapshot.waiting(txid)? else { return Ok(None) };
    let Ok(transaction) = Transaction::decode(&waiting.raw) else { return Ok(None) };
    let mut told = hosted_api::pending(txid, &transaction, waiting.received);
    if let Some(dropped) = waiting.dropped {
        told["tx_status"] = json!(dropped);
    }
    Ok(Some(told))
}

fn no_transaction() -> Refusal {
    Refusal::absent("could not find transaction by ID")
}

async fn transaction(
    Shared(state): Shared<Arc<State>>,
    Path(text): Path<String>,
    Query(query): Query<EventQuery>,
) -> Answer {
    let (txid, bytes) = (txid(&text)?, state.answer_bytes);
    let told = state.read(move |snapshot| found(snapshot, &txid, &query, bytes)).await?;
    told.map(Json).ok_or_else(no_transaction)
}

#[derive(Deserialize)]
struct SeveralQuery {
    tx_id: String,
}

async fn several(
    Shared(state): Shared<Arc<State>>,
    Query(SeveralQuery { tx_id }): Query<SeveralQuery>,
) -> Answer {
    let ids = tx_id.split(',').map(txid).collect::<Result<Vec<TxId>, _>>()?;
    if ids.len() > SEVERAL {
        return Err(Refusal::request(format!("at most {SEVERAL} at a time")));
    }
    let bytes = state.answer_bytes;
    let rows = state.read(move |snapshot| {
        let mut rows = Map::new();
        for id in ids {
            let row = match found(snapshot, &id, &EventQuery::default(), bytes)? {
                Some(told) => json!({"found": true, "result": told}),
                None => json!({"found": false, "result": {"tx_id": id.to_string()}}),
            };
            rows.insert(id.to_string(), row);
        }
        Ok(rows)
    });
    Ok(Json(JsonValue::Object(rows.await?)))
}

async fn raw_transaction(Shared(state): Shared<Arc<State>>, Path(text): Path<String>) -> Answer {
    let txid = txid(&text)?;
    let raw = state.read(move |snapshot| {
        Ok(match snapshot.included(&txid)? {
            Some(stored) => Some(stored.raw),
            None => snapshot.waiting(&txid)?.map(|waiting| waiting.raw),
        })
    });
    let raw = raw.await?.ok_or_else(no_transaction)?;
    Ok(Json(json!({"raw_tx": hex_0x(&raw)})))
}

fn principal(text: &str) -> Result<Principal, Refusal> {
    Principal::parse(text).map_err(|error| Refusal::request(error.to_string()))
}

#[derive(Deserialize)]
struct AccountJson {
    nonce: u64,
}

/// `GET /extended/v1/address/{address}/nonces`. The nonce in blocks is the node's: the index need not have begun with the
/// account's first transaction.
async fn nonces(Shared(state): Shared<Arc<State>>, Path(text): Path<String>) -> Answer {
    let account = principal(&text)?;
    let path = format!("/v2/accounts/{account}?proof=0");
    let _turn = state.turn_to_ask().await?;
    let AccountJson { nonce } =
        state.node.json(&path).await.map_err(|error| state.no_node(&error))?;
    let waiting = state.read(move |snapshot| Ok(snapshot.waiting_nonces(&account)?)).await?;
    Ok(Json(nonces_body(nonce, &waiting)))
}

async fn transactions(
    shared: Shared<Arc<State>>,
    path: Path<String>,
    query: Query<PageQuery>,
) -> Answer {
    listed_transactions(shared, path, query, Rows::Transactions).await
}

async fn transactions_with_moves(
    shared: Shared<Arc<State>>,
    path: Path<String>,
    query: Query<PageQuery>,
) -> Answer {
    listed_transactions(shared, path, query, Rows::WithMoves).await
}

async fn listed_transactions(
    Shared(state): Shared<Arc<State>>,
    Path(text): Path<String>,
    Query(query): Query<PageQuery>,
    rows: Rows,
) -> Answer {
    let (principal, requested, bytes) = (principal(&text)?, query.page()?, state.answer_bytes);
    let page =
        state.read(move |snapshot| transactions_page(snapshot, &principal, rows, requested, bytes));
    Ok(Json(page.await?))
}

async fn contract(Shared(state): Shared<Arc<State>>, Path(text): Path<String>) -> Answer {
    let contract = contract_id(&text)?;
    let body = state.read(move |snapshot| {
        let Some(record) = snapshot.contract(&contract)? else { return Ok(None) };
        let interface = snapshot.interface_text(&contract)?;
        Ok(Some(contract_body(&record, interface)))
    });
    body.await?.map(Json).ok_or_else(|| Refusal::absent("cannot find contract by ID"))
}

async fn events(
    Shared(state): Shared<Arc<State>>,
    Path(text): Path<String>,
    Query(query): Query<PageQuery>,
) -> Answer {
    let (contract, requested, bytes) = (contract_id(&text)?, query.page()?, state.answer_bytes);
    let page = state.read(move |snapshot| events_page(snapshot, &contract, requested, bytes));
    Ok(Json(page.await?))
}

async fn events_at(
    Shared(state): Shared<Arc<State>>,
    Path(text): Path<String>,
    Query(HeightQuery { burn_height }): Query<HeightQuery>,
    Query(query): Query<PageQuery>,
) -> Answer {
    let (contract, height) = (contract_id(&text)?, BurnHeight::new(burn_height));
    let (requested, bytes) = (query.long_page()?, state.answer_bytes);
    let page =
        state.read(move |snapshot| events_at_page(snapshot, &contract, height, requested, bytes));
    Ok(Json(page.await?))
}

async fn refusals(
    Shared(state): Shared<Arc<State>>,
    Path(text): Path<String>,
    Query(query): Query<PageQuery>,
) -> Answer {
    let (contract, requested) = (contract_id(&text)?, query.long_page()?);
    let bytes = state.answer_bytes;
    let page = state.read(move |snapshot| refusals_page(snapshot, &contract, requested, bytes));
    Ok(Json(page.await?))
}

async fn block(Shared(state): Shared<Arc<State>>, Path(text): Path<String>) -> Answer {
    let which = WhichBlock::parse(&text)?;
    let found = state.read(move |snapshot| find_block(snapshot, which)).await?;
    found.map(Json).ok_or_else(|| Refusal::absent("Block not found"))
}

impl State {
    fn no_node(&self, error: &super::upstream::NodeError) -> Refusal {
        Refusal::NoNode { message: format!("the node at {} does not answer: {error}", self.node) }
    }
}

/// Everything else: the node's own answer.
async fn of_node(
    Shared(state): Shared<Arc<State>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    if !matches!(method, Method::GET | Method::POST | Method::HEAD | Method::OPTIONS) {
        return Err(Refusal::absent("No such API endpoint"));
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let kind = headers.get(CONTENT_TYPE).cloned();
    let _turn = state.turn_to_ask().await?;
    let answer = state.node.ask(method, path, kind, body).await;
    let answer = answer.map_err(|error| state.no_node(&error))?;
    if path.starts_with("/v2/info")
        && let Ok(info) = serde_json::from_slice::<NodeInfo>(&answer.body)
    {
        wait_for(&state, info.stacks_tip_height).await;
    }
    let mut response = (answer.status, Body::from(answer.body)).into_response();
    if let Some(kind) = answer.kind {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    Ok(response)
}

/// Waits until the index has what the node has just said that it has: who asks for the newest block asks next for what is
/// in it. The node tells of it within a moment; where it does not, the answer goes out all the same.
async fn wait_for(state: &State, height: u32) {
    let began = Instant::now();
    while began.elapsed() < LONGEST_WAIT && !state.is_stuck() {
        match state.read(|snapshot| Ok(snapshot.newest_height()?)).await {
            Ok(newest) if newest.get() < height => tokio::time::sleep(STEP).await,
            _ => return,
        }
    }
}
