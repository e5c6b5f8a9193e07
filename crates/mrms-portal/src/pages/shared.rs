//! What others shared with this person: opened with an entry in the log, and shown once.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use mrms_app::records::shared::SharedBounds;
use mrms_core::{RecordId, UnixTime};
use serde::Deserialize;

use crate::error::PortalError;
use crate::pages::content::{self, Opened};
use crate::pages::layout::{self, token};
use crate::pages::shown::{self, Address, Place};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::work::{Work, with_home};

struct Row {
    id: RecordId,
    text: String,
    patient: String,
    until: Option<UnixTime>,
}

impl Row {
    /// The beginning of the record's id, until its patient's name for it is known.
    fn short(&self) -> &str {
        self.text.get(..6).unwrap_or(&self.text)
    }
}

fn rows(work: &Work) -> Result<Vec<Row>, PortalError> {
    let session = work.session();
    let clock = session.ledger.tip().map_err(|error| PortalError::refused(&error))?.clock();
    let shared = session.shared_with(&work.actor.principal(), SharedBounds::USUAL);
    let shared = shared.map_err(|error| PortalError::refused(&error))?;
    let live = shared.records.into_iter().filter(|one| one.now.is_ok());
    Ok(live
        .map(|one| Row {
            id: one.id,
            text: one.id.to_string(),
            patient: work.names.shown(&one.record.patient),
            until: one.expiry.map(|expiry| clock.time_of(expiry)),
        })
        .collect())
}

/// `GET /shared`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Markup, PortalError> {
    let rows = with_home(&portal.homes, view.person.clone(), rows).await?;
    let words = &view.words;
    let body = html! {
        h1 { (words.say("nav-shared")) }
        @if rows.is_empty() { p { (words.say("shared-none")) } }
        @else { p { (words.say("shared-explained")) } }
        ul.readers {
            @for row in &rows {
                li {
                    span {
                        bdi { (row.patient) } " · "
                        (words.with("shared-record", &[("number", row.short().into())]))
                        " · "
                        @match row.until {
                            Some(time) => (words.with("record-until", &[("end", (&times::day_and_time(words, time)).into())])),
                            None => (words.say("shared-no-end")),
                        }
                    }
                    form method="post" action=(format!("/shared/{}/open", row.id)) {
                        (token(&view.visitor))
                        button type="submit" { (words.say("shared-open")) }
                    }
                }
            }
        }
    };
    Ok(layout::page(&view, "/shared", &words.say("nav-shared"), &body))
}

#[derive(Deserialize)]
pub(crate) struct Opening {
    token: String,
}

/// `POST /shared/{id}/open`: makes an entry in the record's log, and shows what it opened.
pub(crate) async fn open(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Opening>,
) -> Result<Markup, PortalError> {
    view.must_have(&form.token)?;
    let viewers = portal.settings.viewers.clone();
    let opened = with_home(&portal.homes, view.person.clone(), move |work| {
        content::open(work, &viewers, id)
    })
    .await?;
    let opening = portal.openings.keep(Arc::clone(&opened.unlocked), view.visitor.key);
    let opening = opening.map_err(|_| PortalError::BrokeOff)?;
    let notice = view.words.say("shared-opened");
    Ok(opened_page(&view, &opening, Place::default(), opened, Some(&notice)).await)
}

/// `GET /opened/{opening}`: what this session has opened, once more, without a further entry in the log.
pub(crate) async fn again(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(opening): Path<String>,
    Query(place): Query<Place>,
) -> Result<Markup, PortalError> {
    let unlocked = portal.openings.find(&opening, view.visitor.key).ok_or(PortalError::NoPage)?;
    let viewers = portal.settings.viewers.clone();
    let opened = with_home(&portal.homes, view.person.clone(), move |work| {
        content::reopen(work, &viewers, unlocked)
    })
    .await?;
    Ok(opened_page(&view, &opening, place, opened, None).await)
}

async fn opened_page(
    view: &View,
    opening: &str,
    place: Place,
    opened: Opened,
    notice: Option<&str>,
) -> Markup {
    let words = &view.words;
    let shown = opened.shown.settled().await;
    let name = opened.name.unwrap_or_else(|| words.say("records-unnamed"));
    let address = Address { path: format!("/opened/{opening}"), version: None, place };
    let body = html! {
        div.head {
            h1 { bdi { (name) } }
            p.meta { bdi { (opened.patient) } }
        }
        @if let Some(notice) = notice { p.notice role="status" { (notice) } }
        section.content aria-label=(words.say("record-content")) {
            (shown::frame(words, &address, &shown, &name))
        }
        p { a.button.second href="/shared" { (words.say("nav-shared")) } }
    };
    layout::page(view, "/shared", &name, &body)
}
