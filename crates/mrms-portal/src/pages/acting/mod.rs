//! Acting for somebody: the switch, and the pages that there are while it is on. Each asks again what may be done, offers
//! that alone, and says in its forms for whom they are.

pub(crate) mod add;
pub(crate) mod list;
pub(crate) mod opened;
pub(crate) mod record;
pub(super) mod records;
pub(crate) mod share;
pub(crate) mod who;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::profile::received::RecordSaid;
use mrms_app::records::list::NumberedRecord;
use mrms_core::{Principal, RecordId};
use mrms_home::clock::rng;
use mrms_viewers::Kind;
use serde::Deserialize;

use crate::acting::{Acting, for_nobody};
use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::forms::Plain;
use crate::pages::keys;
use crate::pages::layout::{self, token};
use crate::pages::someone;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// For whom this session acts. Fails where it acts for nobody.
pub(super) fn for_whom(view: &View) -> Result<Acting, PortalError> {
    view.person.memory.acting().ok_or_else(|| for_nobody(&view.person.memory))
}

/// The fields that each form of these pages has: the session's token, and for whom it is.
pub(super) fn fields(view: &View, acting: &Acting) -> Markup {
    html! {
        (token(&view.visitor))
        input type="hidden" name="patient" value=(acting.patient);
    }
}

/// The people of whom one can be chosen to share with: the patient opens what is theirs anyway.
pub(super) fn people(work: &Work, acting: &Acting) -> Result<Vec<(Principal, Named)>, PortalError> {
    let mut people = someone::people(work)?;
    people.retain(|(who, _)| *who != acting.patient);
    Ok(people)
}

/// The kind that a media type tells.
fn kind(said: &RecordSaid) -> Option<Kind> {
    said.media_type.as_ref().map(|media_type| Kind::of_media_type(media_type.as_str()))
}

/// A form of these pages with nothing else: for whom it is.
#[derive(Deserialize)]
pub(crate) struct OfPatient {
    token: String,
    patient: Principal,
}

/// What these records of the patient are called, as far as this person knows. A vault that does not answer is no error.
fn names(work: &Work, records: &[NumberedRecord]) -> BTreeMap<RecordId, String> {
    work.session().represented_names(&work.actor, records, &mut rng()).unwrap_or_default()
}

/// The same, with the kind of each and when it was written.
fn said(work: &Work, records: &[NumberedRecord]) -> BTreeMap<RecordId, RecordSaid> {
    work.session().represented(&work.actor, records, &mut rng()).unwrap_or_default()
}

/// What one of them is called.
fn name_of(work: &Work, acting: &Acting, id: RecordId) -> Result<Option<String>, PortalError> {
    let records = work.session().numbered_records_of(&acting.patient).map_err(refused)?;
    let one: Vec<_> = records.into_iter().filter(|one| one.id == id).collect();
    Ok(names(work, &one).remove(&id))
}

/// `POST /acting/begin`: acts for somebody from now on, in this session, until it ends or is locked.
pub(crate) async fn begin(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<OfPatient>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        let clock = work.session().ledger.tip().map_err(refused)?.clock();
        let acting = work.may_act_for(&form.patient, clock)?;
        if let Some(acting) = &acting {
            // They know that they may: when it ends, that is news, too.
            work.for_me()?;
            work.home.know_ward(&work.open, &work.actor, &acting.patient);
            work.home.leave_names(&work.open, &work.actor, &acting.patient);
        }
        Ok(acting)
    });
    let acting = found.await?.ok_or(PortalError::Form { key: "acting-not-theirs" })?;
    view.person.memory.act_for(Some(acting));
    // What was opened before was opened for oneself, or for somebody else.
    portal.openings.forget(view.visitor.key);
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/acting")]).into_response())
}

/// `POST /acting/end`: the session is the person's own again.
pub(crate) async fn end(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    view.person.memory.act_for(None);
    portal.openings.forget(view.visitor.key);
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/family?done=own")]).into_response())
}

/// `GET /acting/own`: in place of a page of the person's own things.
pub(crate) async fn own(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Markup, PortalError> {
    for_whom(&view)?;
    let acting = with_home(&portal.homes, view.person.clone(), |work| work.acting(None, None));
    let acting = acting.await?;
    let words = &view.words;
    let who = acting.who.say(words);
    let body = html! {
        section.card {
            h1 { (words.say("acting-own-title")) }
            p { (words.with("acting-own-explained", &[("who", (&who).into())])) }
            form method="post" action="/acting/end" {
                (token(&view.visitor))
                button type="submit" { (words.say("acting-end")) }
                a.button.second href="/acting" { (words.say("acting-back")) }
            }
        }
    };
    Ok(layout::page(&view, "", &words.say("acting-own-title"), &body))
}

#[derive(Deserialize)]
pub(crate) struct Compared {
    token: String,
    patient: Principal,
    /// The record of which a version is to be added, if it is one.
    #[serde(default)]
    record: String,
    confirmed: String,
}

/// What has to be compared before something is encrypted for the patient; `None` where it is known.
pub(crate) fn doubt_of(work: &Work, acting: &Acting) -> Result<Option<keys::Doubt>, PortalError> {
    keys::settle(work, &acting.patient, "")
}

/// The page that asks about the patient's key, before a file is chosen.
pub(crate) fn ask(
    view: &View,
    acting: &Acting,
    doubt: &keys::Doubt,
    id: Option<RecordId>,
) -> Markup {
    let (patient, record) =
        (acting.patient.to_string(), id.map(|id| id.to_string()).unwrap_or_default());
    let fields = [("patient", patient.as_str()), ("record", &record)];
    keys::page(view, doubt, "/acting/compared", &fields)
}

/// `POST /acting/compared`: the person has compared the patient's key.
pub(crate) async fn compared(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Compared>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let to = match form.record.parse::<RecordId>() {
        Ok(id) => format!("/acting/records/{id}/version"),
        Err(_) => "/acting/add".to_owned(),
    };
    with_home(&portal.homes, view.person.clone(), move |work| {
        let acting = work.acting(Some(&form.patient), None)?;
        keys::settle(work, &acting.patient, &form.confirmed).map(drop)
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}
