//! The door: a browser comes in with the secret of a link. A script takes it from the fragment; without
//! script it is typed.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::header::{HOST, LOCATION, REFERER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::PortalError;
use crate::pages::forms::Plain;
use crate::pages::layout;
use crate::pages::view::{Anybody, Entered, LANGUAGE, must_have};
use crate::portal::Portal;
use crate::words::{Language, Words};
use crate::work::blocking;

#[derive(Deserialize)]
pub(crate) struct Code {
    code: String,
}

fn page(words: &Words, wrong: Option<&str>) -> Markup {
    let body = html! {
        section.card {
            h1 { (words.say("enter-title")) }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            p { (words.say("about-keeps")) }
            p { (words.say("enter-explained")) }
            form method="post" action="/enter" id="enter" {
                label for="code" { (words.say("enter-code")) }
                input id="code" name="code" type="text" autocomplete="off" autocapitalize="characters"
                    spellcheck="false" required maxlength="64";
                button type="submit" { (words.say("enter-button")) }
            }
        }
    };
    layout::bare(words, "enter-title", &body)
}

/// `GET /enter`.
pub(crate) async fn show(anybody: Anybody) -> Response {
    match anybody.visitor {
        Some(_) => (StatusCode::SEE_OTHER, [(LOCATION, "/")]).into_response(),
        None => page(&anybody.words, None).into_response(),
    }
}

/// `POST /enter`.
pub(crate) async fn enter(
    State(portal): State<Arc<Portal>>,
    anybody: Anybody,
    Form(form): Form<Code>,
) -> Result<Response, PortalError> {
    let words = anybody.words;
    let now = mrms_files::seconds_since_boot();
    let wait = portal.codes.wait(now);
    if wait > 0 {
        let wrong = words.with("wait-seconds", &[("seconds", wait.into())]);
        return Ok((StatusCode::TOO_MANY_REQUESTS, page(&words, Some(&wrong))).into_response());
    }
    let links = portal.links.clone();
    let is_in =
        blocking(move || links.take(&form.code).map_err(|error| PortalError::refused(&error)));
    if !is_in.await? {
        portal.codes.wrong(now);
        let wrong = words.say("enter-wrong");
        return Ok((StatusCode::FORBIDDEN, page(&words, Some(&wrong))).into_response());
    }
    portal.codes.right();
    let cookie = portal.sessions.begin(now).map_err(|_| PortalError::BrokeOff)?;
    let set = format!("{}={}; HttpOnly; SameSite=Strict; Path=/", portal.cookie(), cookie.expose());
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/".to_owned()), (SET_COOKIE, set)]).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    language: String,
}

/// The page from which a form of this origin came, without its origin; the first one where that is not told.
fn came_from(headers: &HeaderMap) -> String {
    let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let page = header(REFERER).zip(header(HOST)).and_then(|(page, host)| {
        let (_, rest) = page.split_once("://")?;
        rest.strip_prefix(host).filter(|path| path.starts_with('/') && !path.starts_with("//"))
    });
    page.unwrap_or("/").to_owned()
}

/// `POST /language`: remembers the person's language in this browser, and goes back to the page.
pub(crate) async fn language(
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> Result<Response, PortalError> {
    let language = Language::of_tag(&chosen.language).ok_or(PortalError::NoPage)?;
    let set = format!(
        "{LANGUAGE}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000",
        language.tag()
    );
    Ok((StatusCode::SEE_OTHER, [(LOCATION, came_from(&headers)), (SET_COOKIE, set)])
        .into_response())
}

/// `POST /lock`: forgets the profile's words.
pub(crate) async fn lock(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    must_have(&entered.visitor, &form.token)?;
    portal.sessions.set_open(entered.visitor.key, None, mrms_files::seconds_since_boot());
    portal.openings.forget(entered.visitor.key);
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/unlock")]).into_response())
}

/// `POST /stay`: the person answered the warning that the profile will be locked.
pub(crate) async fn stay(
    entered: Entered,
    Form(form): Form<Plain>,
) -> Result<StatusCode, PortalError> {
    must_have(&entered.visitor, &form.token)?;
    Ok(StatusCode::NO_CONTENT)
}
