//! The list of one's own records, with a search, in pages.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::documents::{self, Known};
use crate::error::{PortalError, refused};
use crate::pages::layout;
use crate::pages::left_there;
use crate::pages::paging::{Page, encoded};
use crate::pages::record_row::{RecordRow, seen_by};
use crate::pages::search;
use crate::pages::told::Told;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

/// The order of the documents' own dates, in an address.
const BY_DATE: &str = "date";

#[derive(Clone, Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
    /// `date` for the order of the documents' own dates.
    #[serde(default)]
    order: String,
    page: Option<usize>,
}

/// A record as a row of the list.
fn row(words: &Words, told: &Told) -> Markup {
    let row = &told.row;
    let unnamed = if row.is_erased { "records-erased" } else { "records-unnamed" };
    // Of what was erased nothing more is known, and nobody sees it.
    let seen = || seen_by(words, (row.readers, row.links), "records-readers");
    RecordRow {
        to: format!("/records/{}", row.id),
        name: row.name.as_deref(),
        unnamed: words.say(unnamed),
        kind: (!row.is_erased).then_some(row.kind),
        facts: if row.is_erased {
            html! {}
        } else {
            told.facts(words)
        },
        versions: row.version.number(),
        seen: if row.is_erased { String::new() } else { seen() },
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

/// The records that a search finds, in the order that was asked for.
fn list(work: &Work, asked: &Search) -> Result<List, PortalError> {
    let overview = work.overview()?;
    let handed_over = work.session().handed_over(&work.actor.principal()).map_err(refused)?;
    let mut found = search::found(work, &overview, &asked.q);
    if asked.order == BY_DATE {
        found.sort_by_cached_key(|row| Reverse(search::day_of(work, row)));
    }
    let page = Page::of(asked.page, found.len());
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

/// The list with a search and in an order.
fn address(q: &str, order: &str) -> String {
    let mut address = "/records".to_owned();
    for (name, value) in [("q", q), ("order", order)] {
        if !value.is_empty() {
            let begins = if address.contains('?') { '&' } else { '?' };
            address.push_str(&format!("{begins}{name}={}", encoded(value)));
        }
    }
    address
}

/// `GET /records`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(search): Query<Search>,
) -> Result<Response, PortalError> {
    let words = &view.words;
    let asked = search.clone();
    let List { rows, page, has_any, has_own, is_handed_over, left, known } =
        with_home(&portal.homes, view.person.clone(), move |work| list(work, &asked)).await?;
    let q = search.q.trim();
    let order = if search.order == BY_DATE { BY_DATE } else { "" };
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
            @if !order.is_empty() { input type="hidden" name="order" value=(order); }
            button type="submit" { (words.say("records-search-button")) }
            @if !q.is_empty() {
                a href=(address("", order)) { (words.say("records-search-clear")) }
            }
        }
        @if rows.len() > 1 {
            nav.chips aria-label=(words.say("records-order")) {
                @for (one, key) in [("", "records-order-added"), (BY_DATE, "records-order-date")] {
                    a href=(address(q, one)) aria-current=[(order == one).then_some("true")] { (words.say(key)) }
                }
            }
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
        (page.links(words, "/records", &[("q", q), ("order", order)]))
    };
    Ok(layout::page(&view, "/records", &words.say("records-title"), &body).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overview::Row;
    use crate::words::Language;

    #[test]
    fn erased_record_is_called_so_and_nothing_hangs_behind_it() {
        for language in Language::ALL {
            let words = Words::of(language);
            let shown = row(&words, &Told::alone(Row::erased())).into_string();
            assert!(shown.contains(&words.say("records-erased")), "{shown}");
            assert!(!shown.contains('·') && !shown.contains("seen"), "{shown}");
        }
    }

    #[test]
    fn address_of_the_list_keeps_search_and_order() {
        assert_eq!(address("", ""), "/records");
        assert_eq!(address("CT 2004", ""), "/records?q=CT%202004");
        assert_eq!(address("a&b", BY_DATE), "/records?q=a%26b&order=date");
    }
}
