//! The list of one's own records, with a search, in pages.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_viewers::Kind;
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::overview::Row;
use crate::pages::layout;
use crate::pages::left_there;
use crate::pages::paging::Page;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::with_home;

#[derive(Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
    page: Option<usize>,
}

/// A record as a row of a list.
pub(crate) fn row(words: &Words, row: &Row) -> Markup {
    html! {
        li.row {
            a href=(format!("/records/{}", row.id)) {
                span.name.short title=[row.name.as_deref()] { bdi { @match &row.name {
                    Some(name) => (name),
                    None if row.is_erased => (words.say("records-erased")),
                    None => (words.say("records-unnamed")),
                } } }
                span.meta {
                    (words.say(row.kind.key()))
                    @if let Some(time) = row.written {
                        " · " time datetime=(times::machine(time)) { (times::day(words, time)) }
                    }
                    @if row.version.number() > 1 {
                        " · " (words.with("records-versions", &[("count", row.version.number().into())]))
                    }
                }
                span.seen {
                    (seen_by(words, (row.readers, row.links), "records-readers"))
                }
            }
        }
    }
}

/// How many people can see a record, and how many links open it. `people` is the key of the sentence about people.
pub(crate) fn seen_by(words: &Words, (readers, links): (usize, usize), people: &str) -> String {
    let by_people = words.with(people, &[("count", readers.into())]);
    let by_links = words.with("records-links", &[("count", links.into())]);
    match (readers, links) {
        (_, 0) => by_people,
        (0, _) => by_links,
        _ => format!("{by_people} · {by_links}"),
    }
}

/// `GET /records`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(search): Query<Search>,
) -> Result<Response, PortalError> {
    let (overview, is_handed_over, left) = with_home(&portal.homes, view.person.clone(), |work| {
        let handed_over = work.session().handed_over(&work.actor.principal()).map_err(refused)?;
        Ok((work.overview()?, handed_over.is_some(), left_there::count(work)))
    })
    .await?;
    let words = &view.words;
    let wanted = search.q.trim().to_lowercase();
    let kinds = Kind::ALL.map(|kind| (kind, words.say(kind.key()).to_lowercase()));
    let fits = |row: &&Row| {
        let said = kinds.iter().find(|(kind, _)| *kind == row.kind).map_or("", |(_, said)| said);
        row.fits(&wanted, said)
    };
    let found: Vec<&Row> = overview.rows.iter().filter(fits).collect();
    let page = Page::of(search.page, found.len());
    let body = html! {
        div.head {
            h1 { (words.say("records-title")) }
            span {
                a.button.second href="/inbox" { (words.say("inbox-title")) }
                @if !is_handed_over {
                    @if !overview.own.is_empty() {
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
        @else if overview.rows.is_empty() && left > 0 { p { (words.say("home-empty-here")) } }
        @else if overview.rows.is_empty() { p { (words.say("records-none")) } }
        @else if found.is_empty() { p { (words.say("records-none-found")) } }
        ul.rows { @for one in page.of_all(&found) { (row(words, one)) } }
        (page.links(words, "/records", &[("q", search.q.trim())]))
    };
    Ok(layout::page(&view, "/records", &words.say("records-title"), &body).into_response())
}
