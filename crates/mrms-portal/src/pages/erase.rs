//! Erases a record: says first what stays, and asks for a word to be typed.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::records::erase::{Erasing, Remains};
use mrms_core::{RecordId, Version};
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

struct Facts {
    name: Option<String>,
    /// Whether it was erased, and not by every vault.
    is_unfinished: bool,
    versions: Vec<(Version, Remains)>,
    /// The record on this machine's own ledger from which it was brought along.
    copy: Option<RecordId>,
}

fn facts(work: &Work, id: RecordId) -> Result<Facts, PortalError> {
    work.own_record(id)?;
    let versions = work.session().erasable(&work.actor, id).map_err(refused)?;
    Ok(Facts {
        name: work.overview()?.name(id).map(str::to_owned),
        is_unfinished: work.session().profile.unerased().map_err(refused)?.contains(&id),
        versions: versions.into_iter().map(|one| (one.version, one.remains)).collect(),
        copy: work.home.copy_beside(&work.open, &work.actor, id),
    })
}

/// What stays of a version, as a key of the catalogues.
const fn remains(remains: Remains) -> &'static str {
    match remains {
        Remains::CiphertextOnChain => "erase-stays-chain",
        Remains::WrapsOnChain => "erase-stays-wraps",
        Remains::Nothing => "erase-stays-nothing",
        Remains::AtVaults => "erase-stays-vaults",
        Remains::Unknown => "erase-stays-unknown",
    }
}

fn staying(words: &Words, versions: &[(Version, Remains)]) -> Markup {
    html! {
        ul {
            @for (version, stays) in versions {
                li {
                    (words.with("record-version", &[("number", version.number().into())])) ": "
                    (words.say(remains(*stays)))
                }
            }
        }
    }
}

/// What is left on this machine's own ledger, and the command that erases that.
fn copy_beside(words: &Words, copy: Option<RecordId>) -> Markup {
    html! {
        @if let Some(copy) = copy {
            p.wrong { (words.say("erase-copy-beside")) }
            p { code { "mrms --own-ledger erase id:" (copy) } }
        }
    }
}

fn page(view: &View, id: RecordId, facts: &Facts, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let name = facts.name.clone().unwrap_or_else(|| words.say("records-unnamed"));
    let word = words.say("erase-word");
    let body = html! {
        section.emergency {
            h1 { (words.with("erase-title", &[("name", (&name).into())])) }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            @if facts.is_unfinished { p.wrong { (words.say("erase-unfinished-before")) } }
            p { (words.say("erase-explained")) }
            (staying(words, &facts.versions))
            (copy_beside(words, facts.copy))
            p { (words.say("erase-log-stays")) }
            form method="post" action=(format!("/records/{id}/erase")) {
                (token(&view.visitor))
                (known_copy(facts.copy))
                label for="word" { (words.with("erase-type", &[("word", (&word).into())])) }
                input id="word" name="word" type="text" required autocomplete="off" autocapitalize="none"
                    spellcheck="false";
                button.danger type="submit" { (words.say("erase-button")) }
                a.button.second href=(format!("/records/{id}")) { (words.say("cancel")) }
            }
        }
    };
    layout::page(view, "/records", &words.say("erase-title-short"), &body)
}

/// `GET /records/{id}/erase`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
) -> Result<Markup, PortalError> {
    let facts = with_home(&portal.homes, view.person.clone(), move |work| facts(work, id)).await?;
    Ok(page(&view, id, &facts, None))
}

/// The copy that the page told, so that the machine's own ledger is opened for it once.
fn known_copy(copy: Option<RecordId>) -> Markup {
    let copy = copy.map(|copy| copy.to_string()).unwrap_or_default();
    html! { input type="hidden" name="copy" value=(copy); }
}

#[derive(Deserialize)]
pub(crate) struct Meant {
    token: String,
    word: String,
    /// The copy that the page told; empty where there is none.
    copy: Option<String>,
}

/// `POST /records/{id}/erase`.
pub(crate) async fn erase(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Meant>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let words = &view.words;
    if form.word.trim().to_lowercase() != words.say("erase-word") {
        let facts =
            with_home(&portal.homes, view.person.clone(), move |work| facts(work, id)).await?;
        let page = page(&view, id, &facts, Some(&words.say("erase-wrong-word")));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let known = form.copy.map(|copy| copy.parse::<RecordId>().ok());
    let (erasing, links, copy): (Erasing, _, _) =
        with_home(&portal.homes, view.person.clone(), move |work| {
            work.own_record(id)?;
            let erasing = work.open.erase_record(&work.home, &work.actor, id).map_err(refused)?;
            let links = work.open.destroy_links_to(&work.home, &work.actor, id).map_err(refused)?;
            let look = || work.home.copy_beside(&work.open, &work.actor, id);
            Ok((erasing, links, known.unwrap_or_else(look)))
        })
        .await?;
    let unfinished = erasing.unfinished();
    let all = erasing.vaults.len() + erasing.not_asked.len();
    let body = html! {
        h1 { (words.say("erase-done-title")) }
        @if unfinished == 0 { p.good role="status" { (words.say("erase-done")) } }
        @else {
            p.wrong role="alert" {
                (words.with("erase-unfinished", &[("count", unfinished.into()), ("all", all.into())]))
            }
            form method="post" action=(format!("/records/{id}/erase")) {
                (token(&view.visitor))
                (known_copy(copy))
                input type="hidden" name="word" value=(words.say("erase-word"));
                button.second type="submit" { (words.say("erase-again")) }
            }
        }
        @if links.iter().any(|link| link.host_not_told.is_some()) {
            p.wrong role="alert" { (words.say("link-host-away")) " " a href="/links" { (words.say("links-title")) } }
        }
        (staying(words, &erasing.versions))
        (copy_beside(words, copy))
        p { (words.say("erase-log-stays")) }
        p { a.button href="/records" { (words.say("home-records")) } }
    };
    Ok(layout::page(&view, "/records", &words.say("erase-title-short"), &body).into_response())
}
