//! The door: a browser comes in with the secret of a link, or by its own key where it came in before. A script takes the secret
//! from the fragment, and answers for the key; without script the secret is typed.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_home::clock::now;
use mrms_http::LocalUser;
use serde::Deserialize;

use crate::entrance::browsers::{Answer, BrowserKey};
use crate::entrance::sessions::ComesIn;
use crate::error::PortalError;
use crate::pages::forms::Plain;
use crate::pages::layout;
use crate::pages::next::came_from;
use crate::pages::view::{Anybody, Entered, LANGUAGE, View, must_have};
use crate::portal::Portal;
use crate::words::{Language, Words};
use crate::work::blocking;

#[derive(Deserialize)]
pub(crate) struct Code {
    code: String,
}

/// The page. A browser that came in before answers the challenge.
fn page(words: &Words, wrong: Option<&str>, challenge: Option<&str>) -> Markup {
    let body = html! {
        @if let Some(challenge) = challenge {
            form method="post" action="/enter/known" id="known" hidden {
                input type="hidden" name="challenge" value=(challenge);
                input type="hidden" name="key";
                input type="hidden" name="signature";
            }
        }
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
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    anybody: Anybody,
) -> Result<Response, PortalError> {
    if anybody.visitor.is_some() {
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, "/")]).into_response());
    }
    // What can't be read lets nobody in; there is the code.
    let knows_some = portal.browsers.count(now().seconds()).is_ok_and(|count| count > 0);
    let challenge = match knows_some {
        true => portal.browsers.challenge(mrms_files::seconds_since_boot()).ok(),
        false => None,
    };
    Ok(page(&anybody.words, None, challenge.as_deref()).into_response())
}

/// `POST /enter/known`: a browser that came in before answered the challenge. If it is not known, there is the code.
pub(crate) async fn known(
    State(portal): State<Arc<Portal>>,
    anybody: Anybody,
    headers: HeaderMap,
    Form(answer): Form<Answer>,
) -> Result<Response, PortalError> {
    let origin = portal.origin(&headers).ok_or(PortalError::Form { key: "error-form" })?;
    let since_boot = mrms_files::seconds_since_boot();
    let asked = Arc::clone(&portal);
    let is_in = blocking(move || {
        let is_in = asked.browsers.lets_in(&answer, &origin, (since_boot, now().seconds()));
        is_in.map_err(|error| PortalError::refused(&error))
    });
    if !is_in.await? {
        let page = page(&anybody.words, None, None);
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    come_in(&portal, ComesIn::ByKey, anybody.user)
}

/// A session for a browser that may come in.
fn come_in(
    portal: &Portal,
    how: ComesIn,
    user: Option<LocalUser>,
) -> Result<Response, PortalError> {
    let now = mrms_files::seconds_since_boot();
    let cookie = portal.sessions.begin(how, user, now).map_err(|_| PortalError::BrokeOff)?;
    let set = format!("{}={}; HttpOnly; SameSite=Strict; Path=/", portal.cookie(), cookie.expose());
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/".to_owned()), (SET_COOKIE, set)]).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Remembered {
    token: String,
    key: String,
}

/// `POST /browser`: a browser in which somebody opened a profile gives its key, to come in by it.
pub(crate) async fn remember(
    State(portal): State<Arc<Portal>>,
    view: View,
    headers: HeaderMap,
    Form(form): Form<Remembered>,
) -> Result<StatusCode, PortalError> {
    view.must_have(&form.token)?;
    let origin = portal.origin(&headers).ok_or(PortalError::Form { key: "error-form" })?;
    let key = BrowserKey::parse(&form.key).ok_or(PortalError::Form { key: "error-form" })?;
    if view.visitor.is_settled {
        return Ok(StatusCode::NO_CONTENT);
    }
    let asked = Arc::clone(&portal);
    blocking(move || {
        let kept = asked.browsers.keep(&key, &origin, now().seconds());
        kept.map_err(|error| PortalError::refused(&error))
    })
    .await?;
    portal.sessions.settle(view.visitor.key);
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /enter`. Wrong codes wait for nothing: nobody guesses 130 bits, and a wait would keep out whoever has the right one.
pub(crate) async fn enter(
    State(portal): State<Arc<Portal>>,
    anybody: Anybody,
    Form(form): Form<Code>,
) -> Result<Response, PortalError> {
    let words = &anybody.words;
    let links = portal.links.clone();
    let is_in =
        blocking(move || links.take(&form.code).map_err(|error| PortalError::refused(&error)));
    if !is_in.await? {
        let wrong = words.say("enter-wrong");
        return Ok((StatusCode::FORBIDDEN, page(words, Some(&wrong), None)).into_response());
    }
    come_in(&portal, ComesIn::ByLink, anybody.user)
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    language: String,
}

/// `POST /language`: remembers the person's language in this browser, and goes back to the page.
pub(crate) async fn language(
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> Result<Response, PortalError> {
    let language = Language::of_tag(&chosen.language).ok_or(PortalError::NoPage)?;
    let to = came_from(&headers).unwrap_or("/").to_owned();
    let set = format!(
        "{LANGUAGE}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000",
        language.tag()
    );
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to), (SET_COOKIE, set)]).into_response())
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
