//! What a delegate opened of the patient's: against an entry in the log that names them, shown in this session alone.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};
use mrms_app::access::open::Unlocked;
use mrms_core::{Powers, Principal, RecordId, Version};
use mrms_crypto::content::ContentHeader;
use mrms_home::clock::rng;
use serde::Deserialize;

use crate::acting::Acting;
use crate::error::{PortalError, refused};
use crate::pages::content;
use crate::pages::layout::{self, notice};
use crate::pages::shared::{self, OpenedAt, kept, there_until, to_opening};
use crate::pages::shown::{self, Address, Place, Shown, Stored};
use crate::pages::titles::Titles;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::work::{Work, with_home};

struct Opened {
    acting: Acting,
    record: RecordId,
    titles: Titles,
    shown: Shown,
    opening: String,
}

fn look(
    work: &Work,
    portal: &Portal,
    (unlocked, header): (&Arc<Unlocked>, &ContentHeader),
    opening: String,
    acting: Acting,
) -> Opened {
    let stored = Stored { session: work.session(), unlocked, header };
    Opened {
        acting,
        record: header.context.record,
        titles: Titles::of(work, None, (&**unlocked, header)),
        shown: shown::show(&portal.settings.viewers, Some(&stored)),
        opening,
    }
}

#[derive(Deserialize)]
pub(crate) struct Opening {
    token: String,
    patient: Principal,
    version: Option<u64>,
}

/// `POST /acting/records/{id}/open`: makes an entry in the record's log, and leads to what it opened.
pub(crate) async fn open(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Opening>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let version = match form.version {
        None => None,
        Some(number) => Some(Version::new(number).ok_or(PortalError::NoPage)?),
    };
    let (key, whole) = (view.visitor.key, Arc::clone(&portal));
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        let acting = work.acting(Some(&form.patient), Some(Powers::SEE))?;
        let record = work.record_of(&acting, id)?;
        if version.is_some_and(|version| version > record.version) {
            return Err(PortalError::NoPage);
        }
        work.open.fund(&work.actor)?;
        let accessed = work.session().access(&work.actor, id, version, &mut rng());
        let accessed = accessed.map_err(|error| {
            let path = format!("/acting/records/{id}/open");
            let fields = vec![("patient", acting.patient.to_string())];
            shared::without_share(
                work,
                refused(error),
                (id, version),
                None,
                OpenedAt { path, fields },
            )
        })?;
        let access = accessed.done().ok_or(PortalError::BrokeOff)?;
        kept(work, &whole, key, access)
    });
    Ok(to_opening(&found.await?))
}

/// `GET /opened/{opening}`: what this session has opened, once more, without a further entry in the log.
pub(crate) async fn again(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(opening): Path<String>,
    Query(place): Query<Place>,
) -> Result<Markup, PortalError> {
    let unlocked = portal.openings.find(&opening, view.visitor.key).ok_or(PortalError::Over)?;
    if view.person.memory.acting().is_none() {
        return shared::again(&portal, &view, unlocked, opening, place).await;
    }
    let whole = Arc::clone(&portal);
    let end = times::clock(there_until(&portal, &view, &opening));
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        let acting = work.acting(None, Some(Powers::SEE))?;
        let (unlocked, header) = content::of_opening(work, unlocked)?;
        Ok(look(work, &whole, (&unlocked, &header), opening, acting))
    });
    let opened = found.await?;
    let who = opened.acting.who.say(&view.words);
    let said = [("who", (&who).into()), ("end", (&end).into())];
    Ok(page(&view, opened, place, &view.words.with("acting-opened", &said)).await)
}

async fn page(view: &View, opened: Opened, place: Place, said: &str) -> Markup {
    let words = &view.words;
    let Opened { acting, record, .. } = opened;
    let shown = opened.shown.settled().await;
    let name = opened.titles.heading(words);
    let address = Address { path: format!("/opened/{}", opened.opening), version: None, place };
    let body = html! {
        div.head {
            h1 { bdi { (name) } }
            p.meta { bdi { (acting.who.say(words)) } }
            (opened.titles.said(words))
        }
        (notice(said))
        section.content aria-label=(words.say("record-content")) {
            (shown::frame(words, &address, &shown, &name))
        }
        p.actions {
            @if acting.may_give() {
                a.button href=(format!("/acting/records/{record}/share")) { (words.say("record-share")) }
            }
            @if acting.may(Powers::ADD) {
                a.button.second href=(format!("/acting/records/{record}/version")) { (words.say("record-amend")) }
            }
            a.button.second href=(format!("/acting/records/{record}")) { (words.say("log-back")) }
        }
    };
    layout::page(view, "/acting", &name, &body)
}
