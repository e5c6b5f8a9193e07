//! Routes: which handler answers which path. `docs/vault-openapi.json` describes the same for clients.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, head, post};
use mrms_http::{BodyBounds, BodyLimits, bound};

use super::app_state::AppState;
use super::middleware::middleware;
use super::refusal::Refusal;
use super::{blobs, messages, metrics, uploads};

/// Every path that is served, with its methods.
pub const ROUTES: [(&str, &[&str]); 19] = [
    ("/v1/vault", &["get"]),
    ("/v1/deposits", &["post"]),
    ("/v1/deposit-batches", &["post"]),
    ("/v1/salts", &["post"]),
    ("/v1/releases", &["post"]),
    ("/v1/salt-releases", &["post"]),
    ("/v1/reader-notes", &["post"]),
    ("/v1/reader-note-releases", &["post"]),
    ("/v1/member-note-releases", &["post"]),
    ("/v1/erasures", &["post"]),
    ("/v1/log", &["post"]),
    ("/v1/record-lines", &["post"]),
    ("/v1/uploads", &["post"]),
    ("/v1/uploads/{upload}", &["delete", "head", "patch"]),
    ("/v1/blobs/{sha256}", &["get", "head"]),
    ("/v1/health", &["get"]),
    ("/mrms/v1/invitation", &["get"]),
    ("/metrics", &["get"]),
    ("/v1/openapi.json", &["get"]),
];

pub(super) fn router(state: Arc<AppState>) -> Router {
    let settings = &state.settings;
    let limits = Arc::new(BodyLimits::new(BodyBounds {
        longest: settings.body_bytes,
        all: settings.bodies_bytes,
        min_rate: settings.message_min_rate(),
        queue_timeout: settings.queue_timeout,
    }));
    let messages = Router::new()
        .route("/v1/vault", get(messages::card))
        .route("/v1/deposits", post(messages::deposit))
        .route("/v1/deposit-batches", post(messages::deposit_all))
        .route("/v1/salts", post(messages::deposit_salt))
        .route("/v1/releases", post(messages::release))
        .route("/v1/salt-releases", post(messages::release_salt))
        .route("/v1/reader-notes", post(messages::leave_reader_note))
        .route("/v1/reader-note-releases", post(messages::reader_notes))
        .route("/v1/member-note-releases", post(messages::member_notes))
        .route("/v1/erasures", post(messages::erase))
        .route("/v1/log", post(messages::lines))
        .route("/v1/record-lines", post(messages::record_lines))
        .route("/v1/uploads", post(uploads::announce))
        .route("/v1/health", get(health))
        .route("/mrms/v1/invitation", get(invitation))
        .route("/metrics", get(metrics::metrics))
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

/// `GET /v1/health`: whether guardian and store answer, and the vault believes its clock and the chain that it sees.
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
    state
        .run_lookup(|state| match state.guardian.trouble() {
            None => Ok(()),
            Some(reason) => Err(Refusal::Unwell { reason }),
        })
        .await?;
    Ok("ok\n")
}

/// `GET /mrms/v1/invitation`: what the operator shows to everybody who asks. The vault does not understand it.
async fn invitation(State(state): State<Arc<AppState>>) -> Result<Response, Refusal> {
    let answer = match &state.settings.published {
        Some(file) => file.answer().await,
        None => None,
    };
    answer.ok_or(Refusal::NoRoute)
}

/// `GET /v1/openapi.json`: the description of this interface.
async fn description() -> Response {
    const DESCRIPTION: &str = include_str!("../../../../docs/vault-openapi.json");
    ([(CONTENT_TYPE, "application/json")], DESCRIPTION).into_response()
}
