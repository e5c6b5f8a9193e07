//! The routes: a link's manifest, its one file, the files that a manifest named, and the page that opens them; and for whoever runs the host, its health
//! and metrics.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::header::ALLOW;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use mrms_links::manifest::ManifestRequest;
use serde::Deserialize;

use crate::answer::{Answer, Gone, Refused, let_pages_read, preflight, put_headers};
use crate::health;
use crate::manage;
use crate::metrics;
use crate::retrieval;
use crate::server::Server;
use crate::view;

/// The longest request, in bytes.
const MOST_BODY: usize = 16 * 1024;

type Answered = Result<Answer, Refused>;

/// All routes.
pub(crate) fn router(server: &Arc<Server>) -> Router {
    let data = Router::new()
        .route("/l/{secret}", post(manifest).get(single_file).options(preflight))
        .route("/l/{secret}/{ticket}", get(file).options(preflight))
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(from_fn(no_head))
        .layer(from_fn(let_pages_read));
    let links = data
        .merge(manage::routes(server))
        .layer(from_fn_with_state(Arc::clone(server), metrics::count_refusals));
    Router::new()
        .merge(links)
        .merge(view::routes())
        .route("/v1/health", get(health::health))
        .route("/metrics", get(metrics::metrics))
        .fallback(nothing_here)
        .method_not_allowed_fallback(nothing_here)
        .layer(from_fn(put_headers))
        .layer(from_fn_with_state(Arc::clone(server), metrics::observe))
        .with_state(Arc::clone(server))
}

/// Refuses HEAD: it would make an entry and count as a use, and give nothing.
async fn no_head(request: Request, next: Next) -> Response {
    match *request.method() {
        Method::HEAD => {
            (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, POST, OPTIONS")]).into_response()
        }
        _ => next.run(request).await,
    }
}

async fn nothing_here() -> Refused {
    Refused::NotHere(Gone::NoRoute)
}

/// `POST /l/SECRET`: the manifest. The body is read as JSON whatever its `Content-Type` says.
async fn manifest(
    State(server): State<Arc<Server>>,
    Path(secret): Path<String>,
    body: Bytes,
) -> Answered {
    let request: ManifestRequest = serde_json::from_slice(&body).map_err(|_| {
        Refused::Malformed("Send JSON with recipient, and with passcode where the link wants one.")
    })?;
    must_be_named(&request.recipient)?;
    with_home(server, move |server| retrieval::manifest(server, &secret, &request)).await
}

#[derive(Deserialize)]
struct Recipient {
    #[serde(default)]
    recipient: String,
}

/// `GET /l/SECRET?recipient=NAME`: the one file.
async fn single_file(
    State(server): State<Arc<Server>>,
    Path(secret): Path<String>,
    Query(Recipient { recipient }): Query<Recipient>,
) -> Answered {
    must_be_named(&recipient)?;
    with_home(server, move |server| retrieval::single_file(server, &secret, &recipient)).await
}

/// `GET /l/SECRET/TICKET`: a file that a manifest named.
async fn file(
    State(server): State<Arc<Server>>,
    Path((secret, ticket)): Path<(String, String)>,
) -> Answered {
    with_home(server, move |server| retrieval::file(server, &secret, &ticket)).await
}

/// Fails if who asks does not say who they are.
fn must_be_named(recipient: &str) -> Result<(), Refused> {
    match recipient.trim().is_empty() {
        true => Err(Refused::Malformed("Say who asks: recipient is missing or empty.")),
        false => Ok(()),
    }
}

/// Does the work of a request on a thread that may block. It runs to its end even if the viewer disconnects.
async fn with_home(
    server: Arc<Server>,
    work: impl FnOnce(&Server) -> Answered + Send + 'static,
) -> Answered {
    let pool = server.pool.clone();
    pool.run(move || work(&server)).await
}
