//! Changes the passphrase of the profile that is open. A wrong old one counts as a wrong try of unlocking does, and what was
//! open elsewhere is locked: the other windows, and the key agent that lets commands in.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_crypto::Words as Phrase;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::face::PortalFace;
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::pages::welcome;
use crate::portal::{EndedAgent, Portal};
use crate::words::Words;
use crate::work::blocking;

#[derive(Deserialize)]
pub(crate) struct Changing {
    token: String,
    old: Zeroizing<String>,
    passphrase: Zeroizing<String>,
    again: Zeroizing<String>,
}

#[derive(Deserialize)]
pub(crate) struct Done {
    /// `yes` where it was just changed.
    #[serde(default)]
    changed: String,
    /// How many other windows were locked.
    #[serde(default)]
    windows: u64,
    /// What became of the key agent.
    #[serde(default)]
    agent: String,
}

const fn word(agent: EndedAgent) -> &'static str {
    match agent {
        EndedAgent::None => "none",
        EndedAgent::Ended => "ended",
        EndedAgent::GoesOn => "goes-on",
    }
}

/// What was done, and what is locked now.
fn said(words: &Words, done: &Done) -> Markup {
    html! {
        div.notice role="status" {
            p { (words.say("passphrase-changed")) }
            p { (words.with("passphrase-windows", &[("count", done.windows.into())])) }
            @match done.agent.as_str() {
                "ended" => p { (words.say("passphrase-agent-ended")) },
                "goes-on" => p { (words.say("passphrase-agent-goes-on")) },
                _ => {}
            }
            p { (words.say("passphrase-others")) }
            p { (words.say("passphrase-backups")) }
        }
        p { a.button.second href="/settings" { (words.say("nav-settings")) } }
    }
}

fn page(view: &View, done: Option<&Done>, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("passphrase-title")) }
        @if let Some(done) = done { (said(words, done)) } @else {
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            p { (words.say("passphrase-explained")) }
            form.card method="post" action="/settings/passphrase" {
                (token(&view.visitor))
                label for="old" { (words.say("passphrase-old")) }
                input id="old" name="old" type="password" autocomplete="current-password" required;
                (welcome::new_passphrase(words))
                button type="submit" { (words.say("passphrase-title")) }
                a.button.second href="/settings" { (words.say("cancel")) }
            }
            p { (words.say("passphrase-forgotten")) }
        }
    };
    layout::page(view, "/settings", &words.say("passphrase-title"), &body)
}

/// `GET /settings/passphrase`.
pub(crate) async fn show(view: View, Query(done): Query<Done>) -> Markup {
    page(&view, (done.changed == "yes").then_some(&done), None)
}

/// `POST /settings/passphrase`.
pub(crate) async fn change(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Changing>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let again = |status: StatusCode, wrong: &str| {
        Ok((status, page(&view, None, Some(wrong))).into_response())
    };
    // A slip in the new one costs no try of the old one.
    let new = match welcome::chosen_passphrase(form.passphrase, &form.again) {
        Ok(new) => new,
        Err(key) => return again(StatusCode::UNPROCESSABLE_ENTITY, &view.words.say(key)),
    };
    let profile = view.person.profile.clone();
    let phrase = match portal.unlocked(&view.words, profile.clone(), form.old).await? {
        Ok(phrase) => phrase,
        Err((StatusCode::FORBIDDEN, _)) => {
            return again(StatusCode::FORBIDDEN, &view.words.say("passphrase-old-wrong"));
        }
        Err((status, wrong)) => return again(status, &wrong),
    };
    let (homes, work) = (portal.homes.clone(), portal.settings.work_factor);
    let agents = Arc::clone(&portal.settings.agents);
    let agent = blocking(move || {
        let words = Phrase::parse(&phrase).map_err(refused)?;
        let home = homes.home(&profile, PortalFace::without_words());
        home.set_passphrase(&words, &new, work)?;
        Ok(agents.end(&profile))
    })
    .await?;
    let now = mrms_files::seconds_since_boot();
    let locked = portal.sessions.lock_others(&view.person.profile, view.visitor.key, now);
    locked.iter().for_each(|key| portal.openings.forget(*key));
    let (windows, agent) = (locked.len(), word(agent));
    let to = format!("/settings/passphrase?changed=yes&windows={windows}&agent={agent}");
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}
