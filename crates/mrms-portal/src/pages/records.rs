//! The list of one's own records, with a search, in pages.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_viewers::Kind;
use serde::Deserialize;

use crate::documents::{self, Known};
use crate::error::{PortalError, refused};
use crate::overview::Row;
use crate::pages::layout;
use crate::pages::left_there;
use crate::pages::paging::Page;
use crate::pages::record_row::{RecordRow, seen_by};
use crate::pages::told::Told;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

#[derive(Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
    page: Option<usize>,
}

/// A record as a row of the list.
fn row(words: &Words, told: &Told) -> Markup {
    let row = &told.row;
    let unnamed = if row.is_erased { "records-erased" } else { "records-unnamed" };
    RecordRow {
        to: format!("/records/{}", row.id),
        name: row.name.as_deref(),
        unnamed: words.say(unnamed),
        kind: Some(row.kind),
        facts: told.facts(words),
        versions: row.version.number(),
        seen: seen_by(words, (row.readers, row.links), "records-readers"),
    }
    .shown(words)
}

/// What the page shows.
struct List {
    rows: Vec<Told>,
    page: Page,
    /// Whether there is a record at all, and one that was not erased.
    has_any: bool,
    has_own: bool,
    is_handed_over: bool,
    /// How many records are on the machine's own ledger alone.
    left: usize,
    known: Known,
}

/// The records that a search finds, by their names or what their kinds are called.
fn list(
    work: &Work,
    (wanted, kinds): (&str, &[(Kind, String)]),
    asked: Option<usize>,
) -> Result<List, PortalError> {
    let overview = work.overview()?;
    let handed_over = work.session().handed_over(&work.actor.principal()).map_err(refused)?;
    let fits = |row: &&Row| {
        let said = kinds.iter().find(|(kind, _)| *kind == row.kind).map_or("", |(_, said)| said);
        row.fits(wanted, said)
    };
    let found: Vec<&Row> = overview.rows.iter().filter(fits).collect();
    let page = Page::of(asked, found.len());
    Ok(List {
        rows: Told::of_all(work, page.of_all(&found).iter().copied()),
        page,
        has_any: !overview.rows.is_empty(),
        has_own: !overview.own.is_empty(),
        is_handed_over: handed_over.is_some(),
        left: left_there::count(work),
        known: work.known_documents()?,
    })
}

/// `GET /records`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(search): Query<Search>,
) -> Result<Response, PortalError> {
    let words = &view.words;
    let wanted = search.q.trim().to_lowercase();
    let kinds = Kind::ALL.map(|kind| (kind, words.say(kind.key()).to_lowercase()));
    let List { rows, page, has_any, has_own, is_handed_over, left, known } =
        with_home(&portal.homes, view.person.clone(), move |work| {
            list(work, (&wanted, &kinds), search.page)
        })
        .await?;
    documents::read_beside((&portal.homes, &portal.settings.viewers), &view.person, known);
    let body = html! {
        div.head {
            h1 { (words.say("records-title")) }
            span {
                a.button.second href="/inbox" { (words.say("inbox-title")) }
                @if !is_handed_over {
                    @if has_own {
                        a.button.second href="/results" { (words.say("results-title")) }
                        a.button.second href="/share" { (words.say("share-several-button")) }
                    }
                    a.button href="/records/add" { (words.say("home-add")) }
                }
            }
        }
        form.search method="get" action="/records" role="search" {
            label for="q" { (words.say("records-search")) }
            input id="q" name="q" type="search" value=(search.q);
            button type="submit" { (words.say("records-search-button")) }
        }
        @if left > 0 {
            section.attention {
                p { a href="/left-there" { (words.with("home-left-there", &[("count", left.into())])) } }
            }
        }
        @if is_handed_over { p { (words.say("why-handed-over")) } }
        @else if !has_any && left > 0 { p { (words.say("home-empty-here")) } }
        @else if !has_any { p { (words.say("records-none")) } }
        @else if rows.is_empty() { p { (words.say("records-none-found")) } }
        ul.rows { @for one in &rows { (row(words, one)) } }
        (page.links(words, "/records", &[("q", search.q.trim())]))
    };
    Ok(layout::page(&view, "/records", &words.say("records-title"), &body).into_response())
}
