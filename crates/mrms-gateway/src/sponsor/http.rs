//! The sponsor's HTTP: what is asked how, and what an answer looks like.
//!
//! The desk is synchronous and takes one request at a time; its work is done on threads of its own, and
//! only so many requests wait for it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use mrms_core::{MicroStx, StandardPrincipal};
use mrms_stacks::transaction::MAX_LENGTH;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::budget::Allowance;
use super::chain::Chain;
use super::desk::{Desk, Remaining};
use super::refusal::Refusal;

/// How long a client may take for a request's body.
const BODY_TIME: Duration = Duration::from_secs(30);
/// Requests that are read or wait for the desk at once; further ones are refused. Each holds a
/// transaction in memory.
const WAITING: usize = 32;
/// Pause between two rounds of [`Desk::tend`].
const TEND_EVERY: Duration = Duration::from_secs(10);

/// What every request works with.
struct Front<C> {
    desk: Arc<Desk<C>>,
    places: Semaphore,
}

/// The sponsor's API: `GET /v1/sponsor`, `POST /v1/transactions`, `GET /metrics`.
pub fn router<C: Chain + 'static>(desk: Arc<Desk<C>>) -> Router {
    let front = Arc::new(Front { desk, places: Semaphore::new(WAITING) });
    Router::new()
        .route("/v1/sponsor", get(describe::<C>))
        .route("/v1/transactions", post(pay::<C>))
        .route("/metrics", get(metrics::<C>))
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method)
        .with_state(front)
}

/// Tends the desk from time to time, for ever. What fails is tried again the next time.
pub async fn tend<C: Chain + 'static>(desk: Arc<Desk<C>>) {
    let mut tick = tokio::time::interval(TEND_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let desk = Arc::clone(&desk);
        let tended = tokio::task::spawn_blocking(move || desk.tend(Timestamp::now())).await;
        if let Ok(Err(refusal)) = tended {
            tracing::warn!(cause = refusal.cause(), "{refusal}");
        }
    }
}

#[derive(Deserialize)]
struct About {
    principal: Option<String>,
}

async fn describe<C: Chain + 'static>(
    State(front): State<Arc<Front<C>>>,
    Query(about): Query<About>,
) -> Response {
    let account = match about.principal.as_deref().map(str::parse::<StandardPrincipal>) {
        Some(Err(error)) => {
            return refused(StatusCode::BAD_REQUEST, "not-a-principal", &error.to_string());
        }
        Some(Ok(account)) => Some(account),
        None => None,
    };
    let desk = Arc::clone(&front.desk);
    let ask = move || desk.remaining(account.as_ref(), Timestamp::now());
    let Ok(remaining) = tokio::task::spawn_blocking(ask).await else { return broke_off() };
    let Remaining { each, all, renews_at } = remaining;
    let terms = &front.desk.terms;
    Json(json!({
        "principal": terms.rules.sponsor,
        "chain_id": terms.rules.network.chain_id.to_string(),
        "contract_id": terms.rules.contract,
        "functions": terms.rules.functions,
        "fee_ceiling": terms.fee_ceiling,
        "budget": {
            "renews_at": renews_at,
            "principal": allowance(each),
            "total": allowance(all),
        },
    }))
    .into_response()
}

fn allowance(left: Allowance) -> Value {
    let fees: MicroStx = left.fees;
    json!({"transactions": left.transactions, "fees": fees})
}

async fn pay<C: Chain + 'static>(
    State(front): State<Arc<Front<C>>>,
    request: Request<Body>,
) -> Response {
    let Ok(place) = front.places.try_acquire() else { return refusal(&Refusal::Busy, &front) };
    let reading = axum::body::to_bytes(request.into_body(), MAX_LENGTH);
    let body = match tokio::time::timeout(BODY_TIME, reading).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            let message = format!("the body cannot be read, or is longer than {MAX_LENGTH} bytes");
            return refused(StatusCode::PAYLOAD_TOO_LARGE, "body", &message);
        }
        Err(_) => {
            return refused(StatusCode::REQUEST_TIMEOUT, "body", "the body did not come in time");
        }
    };
    let desk = Arc::clone(&front.desk);
    let work = move || desk.sponsor(&body, Timestamp::now());
    let outcome = tokio::task::spawn_blocking(work).await;
    drop(place);
    match outcome {
        Ok(Ok(sponsored)) => Json(json!({
            "txid": sponsored.txid,
            "transaction": format!("0x{}", hex::encode(&sponsored.bytes)),
            "fee": sponsored.fee,
        }))
        .into_response(),
        Ok(Err(problem)) => refusal(&problem, &front),
        Err(_) => broke_off(),
    }
}

async fn metrics<C: Chain + 'static>(State(front): State<Arc<Front<C>>>) -> Response {
    let desk = Arc::clone(&front.desk);
    let ask = move || (desk.remaining(None, Timestamp::now()), desk.under_way());
    let Ok((remaining, under_way)) = tokio::task::spawn_blocking(ask).await else {
        return broke_off();
    };
    let text = front.desk.metrics.write(remaining, under_way);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

fn refusal<C: Chain>(problem: &Refusal, front: &Front<C>) -> Response {
    let status = StatusCode::from_u16(problem.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = refused(status, problem.code(), &problem.to_string());
    let seconds = match problem {
        Refusal::BudgetExhausted { .. } => {
            let now = Timestamp::now();
            let renews_at = front.desk.remaining(None, now).renews_at;
            (renews_at.as_second() - now.as_second()).max(1)
        }
        _ if status.is_server_error() => 5,
        _ => return response,
    };
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"error": {"code": code, "message": message}}))).into_response()
}

/// A thread of the desk's has ended before its time.
fn broke_off() -> Response {
    refused(StatusCode::INTERNAL_SERVER_ERROR, "broke-off", "the sponsor broke off")
}

async fn no_route() -> Response {
    refused(StatusCode::NOT_FOUND, "no-such-path", "there is no such path")
}

async fn wrong_method() -> Response {
    let message = "the path wants another method";
    refused(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", message)
}
