//! The records of the patient for whom somebody acts, in pages, with a search.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_core::{Powers, RecordId};
use mrms_people::name::likeness;
use serde::Deserialize;

use crate::acting::Acting;
use crate::error::{PortalError, refused};
use crate::overview::readers;
use crate::pages::acting::{for_whom, names};
use crate::pages::layout;
use crate::pages::paging::Page;
use crate::pages::records::seen_by;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

#[derive(Clone, Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
    page: Option<usize>,
}

struct Row {
    id: RecordId,
    number: u64,
    versions: u64,
    name: Option<String>,
    /// How many people can open it, by a grant or because they act for the patient; and how many links.
    readers: (usize, usize),
}

struct Found {
    acting: Acting,
    /// How many records there are.
    all: usize,
    page: Page,
    rows: Vec<Row>,
}

fn find(work: &Work, search: &Search) -> Result<Found, PortalError> {
    let acting = work.acting(None, None)?;
    let session = work.session();
    let mut records = session.numbered_records_of(&acting.patient).map_err(refused)?;
    let names = names(work, &records);
    let all = records.len();
    let wanted = likeness(search.q.trim());
    if !wanted.is_empty() {
        let number = search.q.trim();
        records.retain(|one| {
            names.get(&one.id).is_some_and(|name| likeness(name).contains(&wanted))
                || one.number.to_string() == number
        });
    }
    records.reverse();
    let page = Page::of(search.page, records.len());
    let shown = page.of_all(&records).to_vec();
    let seeing = work.seeing(&acting.patient)?;
    let mut found = session.own_records(&acting.patient, shown).map_err(refused)?;
    found.sort_by_key(|one| std::cmp::Reverse(one.number));
    let users: BTreeSet<_> =
        found.iter().flat_map(|one| one.live_readers()).map(|reader| reader.user.clone()).collect();
    let links = work.links_among(&users)?;
    let row = |one: &mrms_app::records::list::OwnRecord| Row {
        id: one.id,
        number: one.number,
        versions: one.record.version.number(),
        name: names.get(&one.id).cloned(),
        readers: readers(one, &seeing, &links),
    };
    Ok(Found { rows: found.iter().map(row).collect(), acting, all, page })
}

/// `GET /acting`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(search): Query<Search>,
) -> Result<Response, PortalError> {
    for_whom(&view)?;
    let wanted = search.clone();
    let found = with_home(&portal.homes, view.person.clone(), move |work| find(work, &wanted));
    let found = found.await?;
    let words = &view.words;
    let who = found.acting.who.say(words);
    let title = words.with("acting-records-of", &[("who", (&who).into())]);
    let body = html! {
        div.head {
            h1 { bdi { (title) } }
            @if found.acting.may(Powers::ADD) {
                a.button href="/acting/add" { (words.say("acting-add")) }
            }
        }
        @if !found.acting.may(Powers::SEE) { p { (words.say("acting-sees-nothing")) } }
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
    let words = &view.words;
    html! {
        li.row {
            a href=(format!("/acting/records/{}", row.id)) {
                span.name { bdi {
                    @match &row.name {
                        Some(name) => (name),
                        None => (words.with("acting-unnamed", &[("number", row.number.into())])),
                    }
                } }
                span.meta {
                    @if row.versions > 1 { (words.with("records-versions", &[("count", row.versions.into())])) }
                }
                span.seen { (seen_by(words, row.readers, "acting-readers")) }
            }
        }
    }
}
