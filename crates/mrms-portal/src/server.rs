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
    add, backup, check, content, enter, erase, export, failed, handed, home, inbox, join, log,
};
use crate::pages::{
    own_card, people, person, record, records, request, send, settings, share, shared, unlock,
    view, welcome, who,
};
use crate::portal::Portal;
use crate::words::Words;

/// All pages of a portal.
pub fn router(portal: Portal) -> Router {
    let portal = Arc::new(portal);
    let streams = Router::new()
        .route("/records/upload", post(add::upload))
        .route("/backup/check", post(backup::check))
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
        .route("/records/{id}/version", get(add::show_version).post(add::version_form))
        .route("/records/{id}/erase", get(erase::show).post(erase::erase))
        .route("/records/{id}/log", get(log::show))
        .route("/records/{id}/log/{index}", get(log::entry))
        .route("/records/{id}/reviewed", post(log::review))
        .route("/records/{id}/evidence", get(log::evidence_of))
        .route("/records/{id}/share", get(share::show).post(share::share))
        .route("/records/{id}/stop", post(share::stop))
        .route("/shared", get(shared::show))
        .route("/shared/purpose", post(shared::choose))
        .route("/shared/{id}/open", post(shared::open))
        .route("/opened/{opening}", get(shared::again))
        .route("/opened/{opening}/document", get(content::opened_document))
        .route("/opened/{opening}/page", get(content::opened_page))
        .route("/shared/{id}/emergency", get(shared::emergency).post(shared::declare))
        .route("/shared/{id}/version", get(add::show_report).post(add::report_form))
        .route("/contacts/{account}/refuse", post(home::refuse_contact))
        .route("/inbox", get(inbox::show))
        .route("/inbox/{id}/accept", post(inbox::accept))
        .route("/inbox/{id}/refuse", post(inbox::refuse))
        .route("/send", get(send::show).post(send::send))
        .route("/send/compared", post(send::compared))
        .route("/request", get(request::show).post(request::make))
        .route("/request/look", post(request::look_at))
        .route("/request/answer", get(request::show_answer).post(request::answer))
        .route("/card", get(own_card::show).post(own_card::make))
        .route("/card/code.png", get(own_card::picture))
        .route("/opened/{opening}/picture", get(content::opened_picture))
        .route("/opened/{opening}/file", get(content::opened_file))
        .route("/people", get(people::show).post(people::add_person))
        .route("/people/look", post(people::look_at))
        .route("/people/{who}", get(person::show))
        .route("/people/{who}/stop", post(person::stop))
        .route("/people/{who}/rename", post(person::rename))
        .route("/people/{who}/forget", post(person::forget))
        .route("/join", get(join::show).post(join::join))
        .route("/join/look", post(join::look))
        .route("/scan", post(handed::scan))
        .route("/who", get(who::show))
        .route("/who/export", get(log::export))
        .route("/check", get(check::show).post(check::check))
        .route("/settings", get(settings::show))
        .route("/settings/words", post(settings::words))
        .route("/settings/lock", post(settings::lock))
        .route("/backup", post(backup::make))
        .route("/export", post(export::all))
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
