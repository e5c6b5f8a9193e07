//! The records of the patient for whom somebody acts, in pages, with a search.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::profile::received::RecordSaid;
use mrms_app::records::list::{NumberedRecord, OwnRecord};
use mrms_contract::read;
use mrms_core::{Powers, RecordId, UnixTime};
use mrms_people::name::likeness;
use mrms_viewers::Kind;
use serde::Deserialize;

use crate::acting::Acting;
use crate::error::{PortalError, refused};
use crate::overview::readers;
use crate::pages::acting::{for_whom, said};
use crate::pages::layout;
use crate::pages::naming;
use crate::pages::paging::Page;
use crate::pages::record_row::{RecordRow, seen_by};
use crate::pages::told;
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
    /// What kind of document it is, where that was told.
    kind: Option<Kind>,
    /// When it was written, else when it came onto the ledger.
    written: Option<UnixTime>,
    /// Whether another record is called the same.
    has_twin: bool,
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

/// The kind that a media type tells.
pub(super) fn kind(said: &RecordSaid) -> Option<Kind> {
    said.media_type.as_ref().map(|media_type| Kind::of_media_type(media_type.as_str()))
}

/// How often each name is given.
fn called(said: &BTreeMap<RecordId, RecordSaid>) -> BTreeMap<String, usize> {
    let mut called = BTreeMap::new();
    for name in said.values().filter_map(|said| said.name.as_ref()) {
        *called.entry(likeness(name.as_str())).or_default() += 1;
    }
    called
}

/// When the newest versions came onto the ledger, of records of which nobody told when they were written.
fn came(
    work: &Work,
    records: &[NumberedRecord],
    said: &BTreeMap<RecordId, RecordSaid>,
) -> Result<BTreeMap<RecordId, UnixTime>, PortalError> {
    let session = work.session();
    let is_told = |id: &RecordId| said.get(id).is_some_and(|said| said.written.is_some());
    let untold: Vec<_> = records.iter().filter(|one| !is_told(&one.id)).collect();
    let reads: Vec<_> =
        untold.iter().map(|one| read::record_version(one.id, one.record.version)).collect();
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let stored = session.ask_all(&reads).map_err(refused)?;
    let time = |(one, stored): (&NumberedRecord, Option<mrms_contract::state::StoredVersion>)| {
        Some((one.id, clock.time_of(stored?.burn_height)))
    };
    Ok(untold.into_iter().zip(stored).filter_map(time).collect())
}

/// The records that a search finds, by their names, their numbers, or what their kinds are called.
fn find(work: &Work, search: &Search, kinds: &[(Kind, String)]) -> Result<Found, PortalError> {
    let acting = work.acting(None, None)?;
    let session = work.session();
    let mut records = session.numbered_records_of(&acting.patient).map_err(refused)?;
    let said = said(work, &records);
    let called = called(&said);
    let all = records.len();
    let typed = search.q.trim();
    let (wanted, wanted_kind) = (likeness(typed), typed.to_lowercase());
    if !wanted.is_empty() {
        let of_kind = |kind: Kind| {
            kinds.iter().any(|(one, said)| *one == kind && said.contains(&wanted_kind))
        };
        records.retain(|one| {
            let said = said.get(&one.id);
            let name = said.and_then(|said| said.name.as_ref());
            name.is_some_and(|name| likeness(name.as_str()).contains(&wanted))
                || said.and_then(kind).is_some_and(of_kind)
                || one.number.to_string() == typed
        });
    }
    records.reverse();
    let page = Page::of(search.page, records.len());
    let shown = page.of_all(&records).to_vec();
    let came = came(work, &shown, &said)?;
    let seeing = work.seeing(&acting.patient)?;
    let mut found = session.own_records(&acting.patient, shown).map_err(refused)?;
    found.sort_by_key(|one| std::cmp::Reverse(one.number));
    let users: BTreeSet<_> =
        found.iter().flat_map(|one| one.live_readers()).map(|reader| reader.user.clone()).collect();
    let links = work.links_among(&users)?;
    let row = |one: &OwnRecord| {
        let said = said.get(&one.id).cloned().unwrap_or_default();
        let name = said.name.as_ref().map(|name| name.as_str().to_owned());
        let twins = name.as_deref().and_then(|name| called.get(&likeness(name)));
        Row {
            id: one.id,
            number: one.number,
            versions: one.record.version.number(),
            kind: kind(&said),
            written: said.written.or_else(|| came.get(&one.id).copied()),
            has_twin: twins.is_some_and(|count| *count > 1),
            name,
            readers: readers(one, &seeing, &links),
        }
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
    let words = &view.words;
    let wanted = search.clone();
    let kinds = Kind::ALL.map(|kind| (kind, words.say(kind.key()).to_lowercase()));
    let found =
        with_home(&portal.homes, view.person.clone(), move |work| find(work, &wanted, &kinds));
    let found = found.await?;
    let who = found.acting.who.say(words);
    let title = words.with("acting-records-of", &[("who", (&who).into())]);
    let body = html! {
        div.head {
            h1 { bdi { (title) } }
            span {
                (naming::button(&view, &found.acting.patient, &found.acting.who, "/acting"))
                @if found.acting.may(Powers::ADD) {
                    a.button href="/acting/add" { (words.say("acting-add")) }
                }
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
    let facts = html! {
        (told::dates(words, None, row.written))
        @if row.has_twin { " · #" (row.number) }
    };
    RecordRow {
        to: format!("/acting/records/{}", row.id),
        name: row.name.as_deref(),
        unnamed: words.with("acting-unnamed", &[("number", row.number.into())]),
        kind: row.kind,
        facts,
        versions: row.versions,
        seen: seen_by(words, row.readers, "acting-readers"),
    }
    .shown(words)
}
