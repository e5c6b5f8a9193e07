//! The portal's server: its state, its routes, its files.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use mrms_home::{HomeFolder, HomeSettings};

use crate::entrance::links::Links;
use crate::entrance::openings::Openings;
use crate::entrance::sessions::Sessions;
use crate::entrance::tries::Tries;
use crate::error::PortalError;
use crate::guard::guard;
use crate::pages::{
    add, check, content, enter, home, people, record, records, settings, share, shared,
};
use crate::pages::{unlock, view, welcome, who};
use crate::words::Words;
use crate::work::Homes;

/// How the portal works.
#[derive(Clone, Debug)]
pub struct PortalSettings {
    /// Most bytes of an envelope that goes on chain with its payload.
    pub inline_limit: usize,
}

/// The portal of one home.
#[derive(Debug)]
pub struct Portal {
    pub(crate) homes: Homes,
    pub(crate) settings: PortalSettings,
    pub(crate) links: Links,
    pub(crate) sessions: Sessions,
    pub(crate) openings: Openings,
    pub(crate) codes: Tries,
    pub(crate) passphrases: Tries,
    cookie: String,
}

impl Portal {
    /// The portal of the home in this folder, that listens on this port. The port is part of the cookie's name,
    /// since cookies go to every port of a machine.
    #[must_use]
    pub fn new(
        folder: HomeFolder,
        home: HomeSettings,
        settings: PortalSettings,
        port: u16,
    ) -> Self {
        Self {
            links: Links::of(&folder),
            homes: Homes { folder, settings: home },
            settings,
            sessions: Sessions::default(),
            openings: Openings::default(),
            codes: Tries::default(),
            passphrases: Tries::default(),
            cookie: format!("mrms_portal_{port}"),
        }
    }

    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// All pages.
    pub fn router(self) -> Router {
        let portal = Arc::new(self);
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
            .route("/records/{id}/file", get(content::file))
            .route("/records/{id}/share", get(share::show).post(share::share))
            .route("/records/{id}/stop", post(share::stop))
            .route("/shared", get(shared::show))
            .route("/shared/{id}/open", post(shared::open))
            .route("/opened/{opening}/picture", get(content::opened_picture))
            .route("/opened/{opening}/file", get(content::opened_file))
            .route("/people", get(people::show).post(people::add_card))
            .route("/who", get(who::show))
            .route("/check", get(check::show).post(check::check))
            .route("/settings", get(settings::show))
            .route("/settings/words", post(settings::words))
            .layer(DefaultBodyLimit::max(add::MOST_FORM))
            .merge(streams)
            .layer(from_fn_with_state(Arc::clone(&portal), in_words))
            .route("/assets/portal.css", get(async || asset("text/css; charset=utf-8", CSS)))
            .route("/assets/portal.js", get(async || asset("text/javascript; charset=utf-8", JS)))
            .route("/assets/icon.svg", get(async || asset("image/svg+xml", ICON)))
            .fallback(async || PortalError::NoPage)
            .layer(from_fn(guard))
            .with_state(portal)
    }
}

const CSS: &str = include_str!("assets/portal.css");
const JS: &str = include_str!("assets/portal.js");
const ICON: &str = include_str!("assets/icon.svg");

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, HeaderValue::from_static(kind))], text)
}

/// Says errors in the person's language.
async fn in_words(State(_): State<Arc<Portal>>, request: Request, next: Next) -> Response {
    let language = view::language(request.headers());
    let response = next.run(request).await;
    match response.extensions().get::<Arc<PortalError>>() {
        Some(error) => error.page(&Words::of(language)),
        None => response,
    }
}
