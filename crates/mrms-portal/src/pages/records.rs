//! The list of one's own records, with a search.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::html;
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
    let mut rng = mrms_home::clock::rng();
    let mut rows = Vec::new();
    for (id, record) in session.records_of(&work.actor.principal()).map_err(failed)? {
        let is_erased = erased.contains(&id);
        // What still stands on the ledger of an erased record is not shown as if it were there.
        let unlocked = match is_erased {
            true => None,
            false => session.own_version(&work.actor, id, record.version, &mut rng).ok(),
        };
        let header = unlocked.and_then(|unlocked| session.header(&unlocked).ok());
        let name = header.as_ref().and_then(|header| {
            let label = header.label.as_ref().map(ToString::to_string);
            label.or_else(|| header.file_name.as_ref().map(ToString::to_string))
        });
        let readers = session.readers_of(id, &record).map_err(failed)?;
        rows.push(Row {
            id,
            version: record.version,
            name,
            kind: header.as_ref().map_or("kind-file", |header| kind(header.media_type.as_str())),
            written: header.as_ref().map(|header| header.time),
            readers: readers.iter().filter(|reader| reader.now.is_ok()).count(),
            is_erased,
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
