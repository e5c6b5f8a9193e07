//! The portal's server: its routes and its files.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::error::PortalError;
use crate::guard::{admit, put_headers};
use crate::pages::{
    add, check, content, enter, failed, home, people, record, records, settings, share, shared,
};
use crate::pages::{unlock, view, welcome, who};
use crate::portal::Portal;
use crate::words::Words;

/// All pages of a portal.
pub fn router(portal: Portal) -> Router {
    let portal = Arc::new(portal);
    let streams = Router::new()
        .route("/records/upload", post(add::upload))
        .layer(DefaultBodyLimit::disable());
    Router::new()
        .route("/", get(home::show))
        .route("/enter", get(enter::show).post(enter::enter))
        .route("/language", post(enter::language))
        .route("/unlock", get(unlock::show).post(unlock::unlock))
        .route("/lock", post(enter::lock))
        .route("/stay", post(enter::stay))
        .route("/welcome", get(welcome::show).post(welcome::make))
        .route("/words", get(welcome::words))
        .route("/words/check", get(welcome::ask).post(welcome::check))
        .route("/records", get(records::show))
        .route("/records/add", get(add::show).post(add::form))
        .route("/records/{id}", get(record::show))
        .route("/records/{id}/picture", get(content::picture))
        .route("/records/{id}/document", get(content::document))
        .route("/records/{id}/page", get(content::page))
        .route("/records/{id}/file", get(content::file))
        .route("/records/{id}/share", get(share::show).post(share::share))
        .route("/records/{id}/stop", post(share::stop))
        .route("/shared", get(shared::show))
        .route("/shared/{id}/open", post(shared::open))
        .route("/opened/{opening}", get(shared::again))
        .route("/opened/{opening}/document", get(content::opened_document))
        .route("/opened/{opening}/page", get(content::opened_page))
        .route("/opened/{opening}/picture", get(content::opened_picture))
        .route("/opened/{opening}/file", get(content::opened_file))
        .route("/people", get(people::show).post(people::add_card))
        .route("/who", get(who::show))
        .route("/check", get(check::show).post(check::check))
        .route("/settings", get(settings::show))
        .route("/settings/words", post(settings::words))
        .layer(DefaultBodyLimit::max(add::MOST_FORM))
        .merge(streams)
        .route("/assets/portal.css", get(async || asset("text/css; charset=utf-8", CSS)))
        .route("/assets/portal.js", get(async || asset("text/javascript; charset=utf-8", JS)))
        .route("/assets/icon.svg", get(async || asset("image/svg+xml", ICON)))
        .fallback(async || PortalError::NoPage)
        .layer(from_fn(admit))
        .layer(from_fn(in_words))
        .layer(from_fn(put_headers))
        .with_state(portal)
}

const CSS: &str = include_str!("assets/portal.css");
const JS: &str = include_str!("assets/portal.js");
const ICON: &str = include_str!("assets/icon.svg");

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, HeaderValue::from_static(kind))], text)
}

/// Says errors in the person's language.
async fn in_words(request: Request, next: Next) -> Response {
    let language = view::language(request.headers());
    let response = next.run(request).await;
    match response.extensions().get::<Arc<PortalError>>() {
        Some(error) => failed::page(error, &Words::of(language)),
        None => response,
    }
}
