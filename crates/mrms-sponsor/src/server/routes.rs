//! Routes: what can be asked, and what an answer looks like.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Query, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use mrms_core::{MicroStx, StandardPrincipal};
use mrms_http::{
    BodyBounds, BodyError, BodyLimits, Exposition, MinRate, Peer, Pool, bound, run_blocking,
};
use mrms_stacks::client::{NoVoucher, Voucher};
use mrms_stacks::transaction::MAX_LENGTH;
use serde::Deserialize;
use serde_json::{Value, json};

use super::metrics;
use super::refusal::HttpRefusal;
use crate::budget::Allowance;
use crate::{Chain, Remaining, Sponsor};

/// Requests that wait for the sponsor at once; further ones are refused. One peer has a share of them.
const AT_ONCE: usize = 32;
/// How long a request may wait for memory for its body.
const BODY_WAIT: Duration = Duration::from_secs(10);
/// The longest body: the longest transaction in hexadecimal, and what stands around it.
const LONGEST: usize = 2 * MAX_LENGTH + 1024;
/// Bytes of bodies in memory at once.
const ALL_BODIES: usize = 8 * LONGEST;

/// What every request works with.
struct AppState<C> {
    sponsor: Arc<Sponsor<C>>,
    requests: Pool,
}

/// The sponsor's API.
pub fn router<C: Chain + 'static>(sponsor: Arc<Sponsor<C>>) -> Router {
    let state = Arc::new(AppState { sponsor, requests: Pool::new(AT_ONCE, Duration::ZERO) });
    let bodies = Arc::new(BodyLimits::new(BodyBounds {
        longest: LONGEST,
        all: ALL_BODIES,
        min_rate: MinRate::default(),
        queue_timeout: BODY_WAIT,
    }));
    let bounded = from_fn_with_state(bodies, bound::<HttpRefusal>);
    Router::new()
        .route("/v1/sponsor", get(describe::<C>))
        .route("/v1/transactions", post(pay::<C>).layer(bounded.clone()))
        .route("/v1/vouchers", post(voucher::<C>).layer(bounded))
        .route("/v1/health", get(health::<C>))
        .route("/metrics", get(expose::<C>))
        .fallback(async || HttpRefusal::NoRoute)
        .method_not_allowed_fallback(async || HttpRefusal::WrongMethod)
        .with_state(state)
}

#[derive(Deserialize)]
struct About {
    principal: Option<String>,
}

/// `GET /v1/sponsor`: who pays, for what, and what is left of today's budget.
async fn describe<C: Chain + 'static>(
    State(state): State<Arc<AppState<C>>>,
    Query(about): Query<About>,
) -> Result<Json<Value>, HttpRefusal> {
    let account = about.principal.as_deref().map(str::parse::<StandardPrincipal>).transpose();
    let account = account.map_err(HttpRefusal::NotAPrincipal)?;
    let sponsor = Arc::clone(&state.sponsor);
    let ask = move || Ok(sponsor.remaining(account.as_ref(), Timestamp::now()));
    let Remaining { each, all, urgent_each, urgent_all, renews_at } =
        run_blocking::<_, HttpRefusal>(ask).await?;
    let terms = state.sponsor.terms();
    Ok(Json(json!({
        "principal": terms.rules.sponsor,
        "chain_id": terms.rules.network.chain_id.to_string(),
        "contract_id": terms.rules.contract,
        "functions": terms.rules.functions,
        "fee_ceiling": terms.fee_ceiling,
        "budget": {
            "renews_at": renews_at,
            "principal": allowance(each),
            "total": allowance(all),
            "urgent_principal": allowance(urgent_each),
            "urgent_total": allowance(urgent_all),
        },
    })))
}

fn allowance(left: Allowance) -> Value {
    let fees: MicroStx = left.fees;
    json!({"transactions": left.transactions, "fees": fees})
}

/// What is asked of the sponsor.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The transaction in hexadecimal, as its origin signed it.
    transaction: String,
    /// The voucher of the account, if it has one.
    voucher: Option<String>,
}

impl Asked {
    fn parse(body: &[u8]) -> Result<(Vec<u8>, Option<Voucher>), HttpRefusal> {
        let wrong = |reason: String| HttpRefusal::NotARequest { reason };
        // The text of a fault has no part of the body, in which the voucher is.
        let asked: Self = serde_json::from_slice(body)
            .map_err(|error| wrong(format!("line {}, column {}", error.line(), error.column())))?;
        let digits = asked.transaction.strip_prefix("0x").unwrap_or(&asked.transaction);
        let transaction = mrms_core::hexadecimal::decode(digits)
            .map_err(|_| wrong("the transaction is not hexadecimal".to_owned()))?;
        let voucher = asked.voucher.as_deref().map(str::parse).transpose();
        Ok((transaction, voucher.map_err(|error: NoVoucher| wrong(error.to_string()))?))
    }
}

/// A voucher about which is asked, and the account that would show it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedVoucher {
    voucher: String,
    principal: Option<String>,
}

impl AskedVoucher {
    fn parse(body: &[u8]) -> Result<(Voucher, Option<StandardPrincipal>), HttpRefusal> {
        let wrong = |reason: String| HttpRefusal::NotARequest { reason };
        let asked: Self = serde_json::from_slice(body)
            .map_err(|error| wrong(format!("line {}, column {}", error.line(), error.column())))?;
        let voucher = asked.voucher.parse().map_err(|error: NoVoucher| wrong(error.to_string()))?;
        let account = asked.principal.as_deref().map(str::parse::<StandardPrincipal>).transpose();
        Ok((voucher, account.map_err(HttpRefusal::NotAPrincipal)?))
    }
}

/// `POST /v1/vouchers`: whether a voucher would be taken. It stands in the body, since addresses are logged.
async fn voucher<C: Chain + 'static>(
    State(state): State<Arc<AppState<C>>>,
    Extension(peer): Extension<Peer>,
    request: Request<Body>,
) -> Result<Json<Value>, HttpRefusal> {
    if !is_json(request.headers()) {
        return Err(HttpRefusal::NotJson);
    }
    let turn = state.requests.turn_of(peer).await?;
    let too_long = |_| BodyError::TooLong { limit: LONGEST };
    let body = to_bytes(request.into_body(), LONGEST).await.map_err(too_long)?;
    let (voucher, account) = AskedVoucher::parse(&body)?;
    drop(body);
    let sponsor = Arc::clone(&state.sponsor);
    let ask = move || {
        let found = sponsor.state_of(&voucher, account.as_ref());
        drop(turn);
        Ok(found)
    };
    let found = run_blocking::<_, HttpRefusal>(ask).await?;
    Ok(Json(json!({"state": found.word()})))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

/// `POST /v1/transactions`: pays for the transaction in the body.
async fn pay<C: Chain + 'static>(
    State(state): State<Arc<AppState<C>>>,
    Extension(peer): Extension<Peer>,
    request: Request<Body>,
) -> Result<Json<Value>, HttpRefusal> {
    if !is_json(request.headers()) {
        return Err(HttpRefusal::NotJson);
    }
    // The body is there already. A client that is slow with it holds no turn.
    let turn = state.requests.turn_of(peer).await?;
    let too_long = |_| BodyError::TooLong { limit: LONGEST };
    let body = to_bytes(request.into_body(), LONGEST).await.map_err(too_long)?;
    let (transaction, voucher) = Asked::parse(&body)?;
    drop(body);
    let sponsor = Arc::clone(&state.sponsor);
    let work = move || {
        let outcome = sponsor.pay_for(&transaction, voucher.as_ref(), Timestamp::now());
        drop(turn);
        outcome.map_err(HttpRefusal::from)
    };
    let sponsored = run_blocking(work).await?;
    Ok(Json(json!({
        "txid": sponsored.txid,
        "transaction": format!("0x{}", hex::encode(&sponsored.bytes)),
        "fee": sponsored.fee,
    })))
}

/// `GET /v1/health`: whether the sponsor could pay now.
async fn health<C: Chain + 'static>(
    State(state): State<Arc<AppState<C>>>,
) -> Result<&'static str, HttpRefusal> {
    let sponsor = Arc::clone(&state.sponsor);
    run_blocking(move || sponsor.health().map_err(HttpRefusal::from)).await?;
    Ok("ok\n")
}

/// `GET /metrics`.
async fn expose<C: Chain + 'static>(
    State(state): State<Arc<AppState<C>>>,
) -> Result<Exposition, HttpRefusal> {
    let sponsor = Arc::clone(&state.sponsor);
    run_blocking(move || Ok(metrics::collect(&sponsor, Timestamp::now()))).await
}
