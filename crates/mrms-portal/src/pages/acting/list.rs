//! The records of the patient for whom somebody acts, in pages, with a search.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_core::Powers;
use serde::Deserialize;

use crate::acting::Acting;
use crate::error::{PortalError, refused};
use crate::overview::readers;
use crate::pages::acting::for_whom;
use crate::pages::acting::records::{Records, Told};
use crate::pages::layout::{self, notice};
use crate::pages::paging::Page;
use crate::pages::record_row::{RecordRow, seen_by};
use crate::pages::view::View;
use crate::pages::{naming, tell};
use crate::portal::Portal;
use crate::work::{Work, with_home};

#[derive(Clone, Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
    page: Option<usize>,
    /// `shared` where something was just shared.
    #[serde(default)]
    done: String,
}

struct Row {
    told: Told,
    /// How many people can open it, by a grant or because they act for the patient; and how many links.
    readers: (usize, usize),
}

struct Found {
    acting: Acting,
    /// Whether no key of their records has come yet.
    is_keyless: bool,
    /// How many records there are.
    all: usize,
    page: Page,
    rows: Vec<Row>,
}

/// The records that a search finds.
fn find(work: &Work, search: &Search) -> Result<Found, PortalError> {
    let acting = work.acting(None, None)?;
    let records = Records::of(work, &acting)?;
    let found = records.found(work, &search.q)?;
    let page = Page::of(search.page, found.len());
    let shown = page.of_all(&found).to_vec();
    let told = records.told(work, &shown)?;
    let seeing = work.seeing(&acting.patient)?;
    let own = work.session().own_records(&acting.patient, shown).map_err(refused)?;
    let users: BTreeSet<_> =
        own.iter().flat_map(|one| one.live_readers()).map(|reader| reader.user.clone()).collect();
    let links = work.links_among(&users)?;
    let row = |told: Told| {
        let own = own.iter().find(|own| own.id == told.id);
        let readers = own.map(|own| readers(own, &seeing, &links)).unwrap_or_default();
        Row { told, readers }
    };
    let (all, is_keyless) = (records.count(), records.are_keyless());
    Ok(Found { rows: told.into_iter().map(row).collect(), acting, is_keyless, all, page })
}

/// `GET /acting`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(search): Query<Search>,
) -> Result<Response, PortalError> {
    for_whom(&view)?;
    let words = &view.words;
    let wanted = search.clone();
    let found = with_home(&portal.homes, view.person.clone(), move |work| find(work, &wanted));
    let found = found.await?;
    let who = found.acting.who.say(words);
    let title = words.with("acting-records-of", &[("who", (&who).into())]);
    let body = html! {
        @if search.done == "shared" {
            (notice(&words.say("record-shared")))
            (tell::them(words, &view.person, "tell-shared-for", &[("who", (&who).into())]))
        }
        div.head {
            h1 { bdi { (title) } }
            span {
                (naming::button(&view, &found.acting.patient, &found.acting.who, "/acting"))
                @if found.acting.may_give() && found.all > 0 {
                    a.button.second href="/acting/share" { (words.say("share-several-button")) }
                }
                @if found.acting.may(Powers::ADD) {
                    a.button href="/acting/add" { (words.say("acting-add")) }
                }
            }
        }
        @if !found.acting.may(Powers::SEE) { p { (words.say("acting-sees-nothing")) } }
        @else if found.is_keyless {
            p.attention { (words.with("home-keyless", &[("who", (&who).into())])) }
        }
        form.search method="get" action="/acting" role="search" {
            label for="q" { (words.say("acting-search")) }
            input id="q" name="q" type="search" value=(search.q);
            button type="submit" { (words.say("records-search-button")) }
        }
        @if found.all == 0 { p { (words.say("acting-no-records")) } }
        @else if found.rows.is_empty() { p { (words.say("records-none-found")) } }
        ul.rows { @for one in &found.rows { (row(&view, one)) } }
        (found.page.links(words, "/acting", &[("q", search.q.trim())]))
    };
    Ok(layout::page(&view, "/acting", &title, &body).into_response())
}

fn row(view: &View, row: &Row) -> Markup {
    let (words, told) = (&view.words, &row.told);
    RecordRow {
        to: format!("/acting/records/{}", told.id),
        name: told.name.as_deref(),
        unnamed: told.unnamed(words),
        kind: told.kind,
        facts: told.facts(words),
        versions: told.versions,
        seen: seen_by(words, row.readers, "acting-readers"),
    }
    .shown(words)
}
