//! Settings: the account, the words after the passphrase, and what the portal runs on.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::PortalError;
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, phrase_of, with_home};

struct Facts {
    principal: String,
    ledger: String,
    block: u64,
    vaults: usize,
}

fn facts(work: &Work) -> Result<Facts, PortalError> {
    let session = work.session();
    let tip = session.ledger.tip().map_err(|error| PortalError::refused(&error))?;
    Ok(Facts {
        principal: work.actor.principal.to_string(),
        ledger: session.ledger.name().to_owned(),
        block: tip.block_height.number(),
        vaults: session.vaults.members().len(),
    })
}

fn page(view: &View, facts: &Facts, shown: Option<&str>, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("nav-settings")) }
        section.card {
            h2 { (words.say("settings-account")) }
            p { code { (facts.principal) } }
            p { (words.with("settings-ledger", &[("name", (&facts.ledger).into()), ("block", facts.block.into())])) }
            p { (words.with("settings-vaults", &[("count", facts.vaults.into())])) }
        }
        section.card {
            h2 { (words.say("words-title")) }
            @if let Some(phrase) = shown {
                ol.words { @for word in phrase.split(' ') { li { (word) } } }
                p { (words.say("words-explained")) }
            } @else {
                @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
                p { (words.say("settings-words-explained")) }
                form method="post" action="/settings/words" {
                    (token(&view.visitor))
                    label for="passphrase" { (words.say("unlock-passphrase")) }
                    input id="passphrase" name="passphrase" type="password" required
                        autocomplete="current-password";
                    button type="submit" { (words.say("settings-words-button")) }
                }
            }
        }
    };
    layout::page(view, "/settings", &words.say("nav-settings"), &body)
}

/// `GET /settings`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Markup, PortalError> {
    let facts = with_home(&portal.homes, view.person.clone(), facts).await?;
    Ok(page(&view, &facts, None, None))
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    token: String,
    passphrase: Zeroizing<String>,
}

/// `POST /settings/words`: shows the words to whoever knows the passphrase.
pub(crate) async fn words(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Asked>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let facts = with_home(&portal.homes, view.person.clone(), facts).await?;
    let now = mrms_files::seconds_since_boot();
    let wait = portal.passphrases.wait(now);
    if wait > 0 {
        let wrong = view.words.with("wait-seconds", &[("seconds", wait.into())]);
        return Ok((StatusCode::TOO_MANY_REQUESTS, page(&view, &facts, None, Some(&wrong)))
            .into_response());
    }
    let opened = phrase_of(&portal.homes, view.person.profile.clone(), form.passphrase).await?;
    let Some(phrase) = opened else {
        portal.passphrases.wrong(now);
        let wrong = view.words.say("unlock-wrong");
        return Ok((StatusCode::FORBIDDEN, page(&view, &facts, None, Some(&wrong))).into_response());
    };
    portal.passphrases.right();
    Ok(page(&view, &facts, Some(&phrase), None).into_response())
}
