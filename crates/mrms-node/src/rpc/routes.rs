//! The routes of the RPC: which handler answers which path.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use mrms_http::{BodyLimits, PublishedFile, bound};

use super::hosted_refusal::{as_hosted_api, wrong_method};
use super::middleware::middleware;
use super::node::Node;
use super::refusal::Refusal;
use super::{
    accounts, balances, contracts, explorer, fees, hosted_api, hosted_refusal, listings, metrics,
    network, post_transaction, proofs, search, transactions,
};

pub(super) fn router(
    node: Arc<Node>,
    limits: Arc<BodyLimits>,
    published: Option<PublishedFile>,
) -> Router {
    let published = move || published_file(published.clone());
    let routes = Router::new()
        .route("/v2/transactions", post(post_transaction::post_transaction))
        .route("/v2/transactions/unconfirmed/{txid}", get(transactions::unconfirmed))
        .route("/v3/transaction/{txid}", get(transactions::transaction))
        .route("/v2/accounts/{principal}", get(accounts::account))
        .route("/v2/fees/transaction", post(fees::transaction))
        .route("/v2/fees/transfer", get(fees::transfer))
        .route(
            "/v2/contracts/call-read/{address}/{name}/{function}",
            post(contracts::call_read_only),
        )
        .route("/v2/contracts/interface/{address}/{name}", get(contracts::interface))
        .route("/v2/contracts/source/{address}/{name}", get(contracts::source))
        .route("/v2/map_entry/{address}/{name}/{map}", post(contracts::map_entry))
        .route("/v2/data_var/{address}/{name}/{variable}", get(contracts::data_variable))
        .route("/v2/constant_val/{address}/{name}/{constant}", get(contracts::constant))
        .route("/v2/info", get(network::info))
        .route("/v2/pox", get(network::pox))
        .route("/v3/health", get(network::health))
        .route("/v3/tenures/info", get(explorer::tenure))
        .route("/extended", get(network::extended))
        .route("/extended/v1/status", get(network::extended))
        .route("/extended/v1/search/{term}", get(search::search))
        .route("/extended/v1/tx/multiple", get(explorer::transactions))
        .route("/extended/v1/tx/mempool", get(explorer::mempool))
        .route("/extended/v1/address/{address}/balances", get(balances::all))
        .route("/extended/v1/address/{address}/stx", get(balances::of_stx))
        .route("/extended/v2/smart-contracts/status", get(explorer::contracts))
        .route("/extended/v2/blocks", get(explorer::blocks))
        .route("/extended/v2/blocks/{block}", get(hosted_api::block))
        .route("/extended/v1/tx/{txid}", get(hosted_api::transaction))
        .route("/extended/v1/tx/{txid}/raw", get(hosted_api::raw_transaction))
        .route("/extended/v1/address/{address}/nonces", get(accounts::nonces))
        .route("/extended/v1/address/{address}/transactions", get(listings::transactions))
        .route(
            "/extended/v2/addresses/{address}/transactions",
            get(listings::transactions_with_moves),
        )
        .route("/extended/v2/addresses/{address}/balances/stx", get(accounts::stx_balance))
        .route("/extended/v2/addresses/{address}/balances/ft", get(balances::fungible))
        .route("/extended/v2/addresses/{address}/balances/ft/{token}", get(balances::of_token))
        .route("/extended/v1/contract/{contract}", get(hosted_api::contract))
        .route("/extended/v1/contract/{contract}/events", get(listings::contract_events))
        .route("/mrms/v1/contract/{contract}/events", get(listings::events_at))
        .route("/mrms/v1/contract/{contract}/refusals", get(listings::refusals))
        .route("/mrms/v1/proofs/genesis", get(proofs::genesis))
        .route("/mrms/v1/proofs/tip", get(proofs::tip))
        .route("/mrms/v1/proofs/ancestor/{height}/{head}", get(proofs::ancestor))
        .route("/mrms/v1/proofs/transaction/{txid}", get(proofs::transaction))
        .route("/mrms/v1/proofs/deployment/{contract}", get(proofs::deployment))
        .route("/mrms/v1/invitation", get(published))
        .route("/metrics", get(metrics::metrics))
        .method_not_allowed_fallback(wrong_method)
        .fallback(no_route);
    routes
        .with_state(Arc::clone(&node))
        // The bound below is the one that counts.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(limits, bound::<Refusal>))
        .layer(from_fn(as_hosted_api))
        .layer(from_fn_with_state(node, middleware))
}

/// What the operator shows to everybody who asks: an invitation. The node does not understand it.
async fn published_file(published: Option<PublishedFile>) -> Result<Response, Refusal> {
    let answer = match &published {
        Some(file) => file.answer().await,
        None => None,
    };
    answer.ok_or_else(|| Refusal::absent("The operator has published no invitation here"))
}

async fn no_route(request: Request) -> Refusal {
    hosted_refusal::no_route(request.method(), request.uri())
}
