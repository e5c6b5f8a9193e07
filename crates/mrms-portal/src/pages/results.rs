//! Results over time out of all of one's own records: everything that was measured, and one thing as a plot with its table.
//!
//! It opens nothing of others: what is here is of the person's own records, which are decrypted without an entry in the log. Which
//! results belong together is said by `mrms-app`.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::header::REFRESH;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::records::curves::{Curve, curves};
use mrms_app::records::documents::Documents;
use mrms_core::RecordId;
use mrms_viewers::Coded;
use mrms_viewers::bounds::MOST_POINTS;
use serde::Deserialize;

use crate::documents::{self, Known};
use crate::error::PortalError;
use crate::numbers;
use crate::overview::Overview;
use crate::pages::frames;
use crate::pages::layout;
use crate::pages::paging::Page;
use crate::pages::plot;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

#[derive(Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
    /// Those alone that a record has.
    record: Option<RecordId>,
    page: Option<usize>,
}

/// One thing that was measured, as a row.
struct Row {
    id: String,
    what: Coded,
    unit: String,
    whose: Option<String>,
    is_vital: bool,
    newest: (String, String),
    results: usize,
    records: usize,
}

/// What was measured, and how much of the documents is known.
struct List {
    rows: Vec<Row>,
    page: Page,
    of: Option<String>,
    known: Known,
    is_cut: bool,
}

/// The results that count: those of the newest versions of records that are there.
fn all<'d>(overview: &Overview, documents: &'d Documents) -> Vec<Curve<'d>> {
    let there = documents.results().filter(|(id, version, _)| {
        overview.row(*id).is_some_and(|row| !row.is_erased && row.version == *version)
    });
    curves(there.map(|(id, _, results)| (id, results)))
}

fn list(work: &Work, search: &Search, tag: &str) -> Result<List, PortalError> {
    let overview = work.overview()?;
    let known = work.known_documents()?;
    let wanted = search.q.trim().to_lowercase();
    Ok(work.with_documents(|documents| {
        let mut found = all(&overview, documents);
        found.retain(|curve| {
            let has = |id: &RecordId| curve.results.iter().any(|one| one.records.contains(id));
            let what = curve.what.coded();
            let told = [what.said(tag), what.code.clone()];
            told.iter().any(|told| told.to_lowercase().contains(&wanted))
                && search.record.as_ref().is_none_or(has)
        });
        let page = Page::of(search.page, found.len());
        let row = |curve: &Curve<'_>| Row {
            id: curve.id.clone(),
            what: curve.what.coded(),
            unit: curve.what.unit_name.clone(),
            whose: curve.whose.and_then(|whose| whose.name.clone()),
            is_vital: curve.what.is_vital,
            newest: curve.results.last().map_or_else(Default::default, |newest| {
                let day = newest.result.date.split('T').next().unwrap_or_default();
                (newest.result.text.clone(), day.to_owned())
            }),
            results: curve.results.len(),
            records: curve.records(),
        };
        List {
            rows: page.of_all(&found).iter().map(row).collect(),
            page,
            of: search.record.and_then(|id| overview.told_apart(id)),
            known,
            is_cut: documents.are_cut(),
        }
    }))
}

/// What is still to be read, or could not be: of a page that shows less than there is.
fn unfinished(words: &Words, known: Known, is_cut: bool) -> Markup {
    html! {
        @if known.left > 0 {
            p.notice role="status" { (words.with("results-reading", &[("count", known.left.into())])) }
        }
        @if known.unread > 0 { p.hint { (words.with("results-unread", &[("count", known.unread.into())])) } }
        @if is_cut { p.hint { (words.say("results-cut")) } }
    }
}

/// A page that comes again by itself while documents are read.
fn coming_again(page: Markup, known: Known) -> Response {
    match known.left {
        0 => page.into_response(),
        _ => ([(REFRESH, "3")], page).into_response(),
    }
}

/// `GET /results`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(search): Query<Search>,
) -> Result<Response, PortalError> {
    let words = &view.words;
    let (q, record) = (search.q.trim().to_owned(), search.record);
    let tag = words.language().tag();
    let found =
        with_home(&portal.homes, view.person.clone(), move |work| list(work, &search, tag)).await?;
    documents::read_beside((&portal.homes, &portal.settings.viewers), &view.person, found.known);
    let record = record.map(|id| id.to_string()).unwrap_or_default();
    let body = html! {
        div.head {
            h1 { (words.say("results-title")) }
            span { a.button.second href="/records" { (words.say("nav-records")) } }
        }
        p { (words.say("results-explained")) }
        (unfinished(words, found.known, found.is_cut))
        form.search method="get" action="/results" role="search" {
            label for="q" { (words.say("results-search")) }
            input id="q" name="q" type="search" value=(q);
            @if !record.is_empty() { input type="hidden" name="record" value=(record); }
            button type="submit" { (words.say("records-search-button")) }
        }
        @if let Some(name) = &found.of {
            p { bdi { (words.with("results-of", &[("name", name.into())])) } " "
                a href="/results" { (words.say("results-all")) } }
        }
        @if found.rows.is_empty() && found.known.left == 0 { p { (words.say("results-none")) } }
        ul.rows { @for one in &found.rows { (row(words, one)) } }
        (found.page.links(words, "/results", &[("q", &q), ("record", &record)]))
    };
    let page = layout::page(&view, "/records", &words.say("results-title"), &body);
    Ok(coming_again(page, found.known))
}

fn row(words: &Words, row: &Row) -> Markup {
    let (text, date) = &row.newest;
    let tag = words.language().tag();
    html! {
        li.row {
            a href=(format!("/results/{}", row.id)) {
                span.name { bdi { (row.what.said(tag)) } @if !row.unit.is_empty() { " " span.unit { bdi { (row.unit) } } } }
                span.meta {
                    bdi { (numbers::quantity(words, text)) } ", " time datetime=(date) { (frames::day(words, date)) }
                    @if row.is_vital { " · " (words.say("viewer-vital-signs")) }
                    @if let Some(code) = row.what.beside(tag) { " · " bdi.coded { (code) } }
                    @if let Some(whose) = &row.whose { " · " bdi { (words.with("results-whose", &[("who", whose.into())])) } }
                }
                span.seen {
                    (words.with("results-count", &[("count", row.results.into())]))
                    " · " (words.with("results-records", &[("count", row.records.into())]))
                }
            }
        }
    }
}

/// A result of one thing, and where it is.
struct Line {
    date: String,
    text: String,
    /// The ends of what is normal, and their unit.
    normal: (Option<f64>, Option<f64>, String),
    is_out: bool,
    records: Vec<(RecordId, Option<String>)>,
}

/// One thing over time.
struct One {
    what: Coded,
    unit: String,
    whose: Option<String>,
    /// The newest points, the oldest first.
    points: Vec<(String, f64)>,
    band: (Option<f64>, Option<f64>),
    lines: Vec<Line>,
    page: Page,
    count: usize,
    known: Known,
    is_cut: bool,
}

fn one(work: &Work, id: &str, asked: Option<usize>) -> Result<One, PortalError> {
    let overview = work.overview()?;
    let known = work.known_documents()?;
    work.with_documents(|documents| {
        let found = all(&overview, documents);
        let curve = found.iter().find(|curve| curve.id == id).ok_or(PortalError::NoPage)?;
        let newest: Vec<_> = curve.results.iter().rev().collect();
        // The band of the newest result that has one, as within one document.
        let banded = newest.iter().map(|one| one.result);
        let band = banded.map(|one| (one.low, one.high)).find(|band| *band != (None, None));
        let page = Page::of(asked, newest.len());
        let line = |recorded: &&mrms_app::records::curves::Recorded<'_>| {
            let one = recorded.result;
            let called = |id: &RecordId| (*id, overview.told_apart(*id));
            Line {
                date: one.date.clone(),
                text: one.text.clone(),
                normal: (one.low, one.high, one.what.unit_name.clone()),
                is_out: plot::is_out(one.value, one.low, one.high),
                records: recorded.records.iter().take(MOST_RECORDS).map(called).collect(),
            }
        };
        let points = newest.iter().take(MOST_POINTS).rev();
        Ok(One {
            what: curve.what.coded(),
            unit: curve.what.unit_name.clone(),
            whose: curve.whose.and_then(|whose| whose.name.clone()),
            points: points.map(|one| (one.result.date.clone(), one.result.value)).collect(),
            band: band.unwrap_or_default(),
            lines: page.of_all(&newest).iter().map(line).collect(),
            page,
            count: newest.len(),
            known,
            is_cut: documents.are_cut(),
        })
    })
}

/// Records that are named beside a result which all of them have.
const MOST_RECORDS: usize = 5;

#[derive(Deserialize)]
pub(crate) struct Asked {
    page: Option<usize>,
}

/// `GET /results/{id}`.
pub(crate) async fn show_one(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PortalError> {
    let words = &view.words;
    let wanted = id.clone();
    let found =
        with_home(&portal.homes, view.person.clone(), move |work| one(work, &wanted, asked.page))
            .await?;
    documents::read_beside((&portal.homes, &portal.settings.viewers), &view.person, found.known);
    let One { what, unit, whose, points, band: (low, high), lines, page, count, .. } = &found;
    let drawn: Vec<_> = points.iter().map(|(date, value)| (date.as_str(), *value)).collect();
    let tag = words.language().tag();
    let name = &what.said(tag);
    let label = words.with("viewer-plot", &[("name", name.into()), ("count", (*count).into())]);
    let normal = words.say("viewer-normal");
    let body = html! {
        h1 { bdi { (name) } @if !unit.is_empty() { span.unit { " " bdi { (unit) } } } }
        @if let Some(code) = what.beside(tag) { p.hint { bdi { (code) } } }
        @if let Some(whose) = whose { p { bdi { (words.with("results-whose", &[("who", whose.into())])) } } }
        (unfinished(words, found.known, found.is_cut))
        section.series {
            @if low.is_some() || high.is_some() {
                p.hint { (words.with("results-band", &[("band", (&plot::band(words, *low, *high, unit)).into())])) }
            }
            (plot::plot(&label, &drawn, (*low, *high)))
            (plot::span(words, &drawn, unit))
            @if *count > points.len() { p.hint { (words.with("results-newest", &[("count", points.len().into())])) } }
            div.table tabindex="0" role="group" aria-label=(label) { table {
                thead { tr {
                    th scope="col" { (words.say("viewer-date")) }
                    th scope="col" { (words.say("viewer-value")) }
                    th scope="col" { (normal) }
                    th scope="col" { (words.say("results-record")) }
                } }
                tbody { @for line in lines { tr {
                    @let band = plot::band(words, line.normal.0, line.normal.1, &line.normal.2);
                    td data-column=(words.say("viewer-date")) { time datetime=(line.date) { (frames::day(words, &line.date)) } }
                    td.out[line.is_out] data-column=(words.say("viewer-value")) {
                        bdi { (numbers::quantity(words, &line.text)) }
                        @if line.is_out { " " strong { (words.say("viewer-outside")) } }
                    }
                    td.nothing[band.is_empty()] data-column=(normal) { bdi { (band) } }
                    td data-column=(words.say("results-record")) { @for (at, (id, name)) in line.records.iter().enumerate() {
                        @if at > 0 { ", " }
                        a href=(format!("/records/{id}")) { bdi {
                            (name.clone().unwrap_or_else(|| words.say("records-unnamed")))
                        } }
                    } }
                } } }
            } }
        }
        (page.links(words, &format!("/results/{id}"), &[]))
        p { a.button.second href="/results" { (words.say("results-all")) } }
    };
    let page = layout::page(&view, "/records", name, &body);
    Ok(coming_again(page, found.known))
}
