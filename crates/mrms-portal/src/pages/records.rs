//! The list of one's own records, with a search.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::html;
use mrms_app::records::list::NumberedRecord;
use mrms_core::{RecordId, UnixTime, Version};
use serde::Deserialize;

use crate::error::PortalError;
use crate::pages::layout;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::work::{Work, with_home};

#[derive(Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
}

struct Row {
    id: RecordId,
    version: Version,
    name: Option<String>,
    kind: &'static str,
    written: Option<UnixTime>,
    readers: usize,
    is_erased: bool,
}

/// The plain kind of a media type, as a key of the catalogues.
pub(crate) fn kind(media_type: &str) -> &'static str {
    let is = |begin: &str| media_type.starts_with(begin);
    if is("application/dicom") {
        "kind-scan"
    } else if is("image/") {
        "kind-picture"
    } else if is("application/pdf") {
        "kind-document"
    } else if media_type.contains("fhir") || media_type.contains("hl7") {
        "kind-health-data"
    } else if is("text/") {
        "kind-text"
    } else {
        "kind-file"
    }
}

fn rows(work: &Work) -> Result<Vec<Row>, PortalError> {
    let session = work.session();
    let failed = |error| PortalError::refused(&error);
    let erased = session.erased_records().map_err(|error| PortalError::refused(&error))?;
    let me = work.actor.principal();
    let records = session.numbered_records_of(&me).map_err(failed)?;
    let mut labels = session.labels(&work.actor, &records, &erased, &mut mrms_home::clock::rng());
    let mut rows = Vec::new();
    for NumberedRecord { id, record, .. } in records {
        let readers = session.readers_of(id, &record).map_err(failed)?;
        // What still stands on the ledger of an erased record has no label, and is not shown as if it were there.
        let label = labels.remove(&id);
        rows.push(Row {
            id,
            version: record.version,
            name: label.as_ref().and_then(|label| label.name().map(str::to_owned)),
            kind: label.as_ref().map_or("kind-file", |label| kind(&label.media_type)),
            written: label.map(|label| label.time),
            readers: readers.iter().filter(|reader| reader.now.is_ok()).count(),
            is_erased: erased.contains(&id),
        });
    }
    rows.reverse();
    Ok(rows)
}

/// `GET /records`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(search): Query<Search>,
) -> Result<Response, PortalError> {
    let mut rows = with_home(&portal.homes, view.person.clone(), rows).await?;
    let words = &view.words;
    let wanted = search.q.trim().to_lowercase();
    let all = rows.len();
    rows.retain(|row| {
        let name = row.name.as_deref().unwrap_or_default().to_lowercase();
        name.contains(&wanted) || words.say(row.kind).to_lowercase().contains(&wanted)
    });
    let body = html! {
        div.head {
            h1 { (words.say("records-title")) }
            a.button href="/records/add" { (words.say("home-add")) }
        }
        form.search method="get" action="/records" role="search" {
            label for="q" { (words.say("records-search")) }
            input id="q" name="q" type="search" value=(search.q);
            button type="submit" { (words.say("records-search-button")) }
        }
        @if all == 0 { p { (words.say("records-none")) } }
        @else if rows.is_empty() { p { (words.say("records-none-found")) } }
        ul.rows {
            @for row in &rows {
                li.row {
                    a href=(format!("/records/{}", row.id)) {
                        span.name { bdi { @match &row.name {
                            Some(name) => (name),
                            None if row.is_erased => (words.say("records-erased")),
                            None => (words.say("records-unnamed")),
                        } } }
                        span.meta {
                            (words.say(row.kind))
                            @if let Some(time) = row.written {
                                " · " time datetime=(times::machine(time)) { (times::day(words, time)) }
                            }
                            @if row.version.number() > 1 {
                                " · " (words.with("records-versions", &[("count", row.version.number().into())]))
                            }
                        }
                        span.seen {
                            (words.with("records-readers", &[("count", row.readers.into())]))
                        }
                    }
                }
            }
        }
    };
    Ok(layout::page(&view, "/records", &words.say("records-title"), &body).into_response())
}
