//! Routes: which handler answers which path. `docs/vault-openapi.json` describes the same for clients.

use std::sync::Arc;

use crate::guardian::Statistics;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, head, post};
use mrms_http::{BodyBounds, BodyLimits, bound, counter, gauge, resident_bytes};

use super::app_state::AppState;
use super::middleware::middleware;
use super::refusal::Refusal;
use super::{blobs, messages, uploads};

/// Every path that is served, with its methods.
pub const ROUTES: [(&str, &[&str]); 13] = [
    ("/v1/vault", &["get"]),
    ("/v1/deposits", &["post"]),
    ("/v1/salts", &["post"]),
    ("/v1/releases", &["post"]),
    ("/v1/salt-releases", &["post"]),
    ("/v1/erasures", &["post"]),
    ("/v1/log", &["post"]),
    ("/v1/uploads", &["post"]),
    ("/v1/uploads/{upload}", &["delete", "head", "patch"]),
    ("/v1/blobs/{sha256}", &["get", "head"]),
    ("/v1/health", &["get"]),
    ("/metrics", &["get"]),
    ("/v1/openapi.json", &["get"]),
];

pub(super) fn router(state: Arc<AppState>) -> Router {
    let settings = &state.settings;
    let limits = Arc::new(BodyLimits::new(BodyBounds {
        longest: settings.body_bytes,
        all: settings.bodies_bytes,
        time: settings.body_time,
        queue_timeout: settings.queue_timeout,
    }));
    let messages = Router::new()
        .route("/v1/vault", get(messages::card))
        .route("/v1/deposits", post(messages::deposit))
        .route("/v1/salts", post(messages::deposit_salt))
        .route("/v1/releases", post(messages::release))
        .route("/v1/salt-releases", post(messages::release_salt))
        .route("/v1/erasures", post(messages::erase))
        .route("/v1/log", post(messages::lines))
        .route("/v1/uploads", post(uploads::announce))
        .route("/v1/health", get(health))
        .route("/metrics", get(metrics))
        .route("/v1/openapi.json", get(description))
        .layer(from_fn_with_state(limits, bound::<Refusal>));
    let streams = Router::new()
        .route(
            "/v1/uploads/{upload}",
            head(uploads::progress).patch(uploads::append).delete(uploads::discard),
        )
        .route("/v1/blobs/{sha256}", get(blobs::get).head(blobs::head));
    messages
        .merge(streams)
        .method_not_allowed_fallback(wrong_method)
        .fallback(no_route)
        .with_state(Arc::clone(&state))
        .layer(from_fn_with_state(state, middleware))
}

async fn no_route() -> Refusal {
    Refusal::NoRoute
}

/// A known path with another method. The header `Allow` has the right ones.
async fn wrong_method() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}

/// `GET /v1/health`: whether guardian and store answer.
async fn health(State(state): State<Arc<AppState>>) -> Result<&'static str, Refusal> {
    let answers =
        |state: &AppState| state.guardian.statistics().map(|_| ()).map_err(|_| Refusal::BrokeOff);
    state.run_lookup(answers).await?;
    state
        .run_lookup(|state| match state.blobs.length(&mrms_store::BlobId::from_bytes([0; 32])) {
            Ok(_) | Err(mrms_store::StoreError::Missing { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        })
        .await?;
    Ok("ok\n")
}

/// `GET /v1/openapi.json`: the description of this interface.
async fn description() -> Response {
    const DESCRIPTION: &str = include_str!("../../../../docs/vault-openapi.json");
    ([(CONTENT_TYPE, "application/json")], DESCRIPTION).into_response()
}

/// `GET /metrics`.
async fn metrics(State(state): State<Arc<AppState>>) -> Result<Response, Refusal> {
    let text = state.run_lookup(|state| figures(state).map_err(|_| Refusal::BrokeOff)).await?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

fn figures(state: &AppState) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    state.metrics.write(&mut text)?;
    let (uploads, bytes) = state.uploads.under_way();
    gauge(&mut text, "mrms_vault_uploads", "Unfinished uploads.", uploads)?;
    gauge(&mut text, "mrms_vault_uploads_bytes", "Bytes of unfinished uploads.", bytes)?;
    match state.guardian.statistics() {
        Ok(statistics) => guardian_figures(&mut text, &statistics)?,
        // An alert looks for figures that are absent.
        Err(error) => tracing::error!(%error, "the guardian has no figures"),
    }
    let up = state.started.elapsed().as_secs();
    gauge(&mut text, "mrms_vault_up_seconds", "Time since the start.", up)?;
    if let Some(bytes) = resident_bytes() {
        gauge(&mut text, "process_resident_memory_bytes", "Memory in use.", bytes)?;
    }
    Ok(text)
}

/// The guardian's own figures.
fn guardian_figures(text: &mut String, told: &Statistics) -> std::fmt::Result {
    gauge(text, "mrms_vault_log_lines", "Lines in the log.", told.lines)?;
    gauge(text, "mrms_vault_log_time_seconds", "Time of the last line.", told.last_line)?;
    gauge(text, "mrms_vault_pairs", "Readers by record that something is kept for.", told.epochs)?;
    gauge(text, "mrms_vault_shares", "Shares kept.", told.shares)?;
    gauge(text, "mrms_vault_salts", "Erasure salts kept.", told.salts)?;
    let help = "Key files that must go and have not yet.";
    gauge(text, "mrms_vault_keys_to_destroy", help, told.keys_to_destroy)?;
    let help = "Highest block that was acted on.";
    gauge(text, "mrms_vault_acted_height", help, told.acted_height)?;
    counter(text, "mrms_vault_released_total", "Shares released.", told.released)?;
    counter(text, "mrms_vault_deposited_total", "Deposits taken.", told.deposited)?;
    counter(text, "mrms_vault_erased_total", "Records erased.", told.erased)?;
    counter(text, "mrms_vault_forgotten_total", "Pairs that were forgotten.", told.forgotten)
}
