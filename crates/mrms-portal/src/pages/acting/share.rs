//! Lets somebody open a record of the patient for whom one acts. Whoever shares what they did not write opens it first, and
//! the log has an entry for it; the page says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::sharing::wanted::Wanted;
use mrms_core::{BurnClock, Powers, Principal, RecordId, UnixTime};
use serde::Deserialize;

use crate::acting::Acting;
use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::acting::{fields, for_whom, name_of, people};
use crate::pages::beside::{Beside, Chosen as ChosenEnd};
use crate::pages::keys::{self, Doubt};
use crate::pages::layout;
use crate::pages::share::{self, Extending, expiry_of, grant, terms};
use crate::pages::someone;
use crate::pages::typed::Typed;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

#[derive(Clone, Deserialize)]
pub(crate) struct Terms {
    token: String,
    patient: Principal,
    #[serde(default)]
    person: String,
    #[serde(default)]
    other: String,
    #[serde(default)]
    term: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    allow: String,
    #[serde(default)]
    history: String,
    #[serde(default)]
    confirmed: String,
    #[serde(default)]
    seen: String,
}

struct Known {
    acting: Acting,
    name: Option<String>,
    people: Vec<(Principal, Named)>,
    /// Until when those can open it by name whose access has an end.
    ends: BTreeMap<Principal, UnixTime>,
    clock: BurnClock,
}

fn known(work: &Work, id: RecordId, said: Option<&Principal>) -> Result<Known, PortalError> {
    let acting = work.acting(said, Some(Powers::SHARE.with(Powers::SEE)))?;
    work.record_of(&acting, id)?;
    let session = work.session();
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let mut numbered = session.numbered_records_of(&acting.patient).map_err(refused)?;
    numbered.retain(|one| one.id == id);
    let own = session.own_records(&acting.patient, numbered).map_err(refused)?;
    let readers = own.iter().flat_map(|own| own.live_readers());
    let ends = readers.filter(|reader| !reader.is_by_standing(clock.height)).filter_map(|reader| {
        Some((reader.user.clone(), clock.time_of(reader.until(clock.height)?)))
    });
    Ok(Known {
        name: name_of(work, &acting, id)?,
        people: people(work, &acting)?,
        ends: ends.collect(),
        clock,
        acting,
    })
}

fn page(
    view: &View,
    id: RecordId,
    known: &Known,
    typed: Typed<'_>,
    (wrong, beside): (Option<&str>, Option<&Beside>),
) -> Markup {
    let words = &view.words;
    let acting = &known.acting;
    let who = acting.who.say(words);
    let name = known.name.clone().unwrap_or_else(|| words.say("records-unnamed"));
    let extending = Extending::of(words, typed, &known.people, |who| known.ends.get(who).copied());
    let body = html! {
        h1 { @match &extending {
            Some(extending) => (extending.title(words, &name)),
            None => (words.with("share-title", &[("name", (&name).into())])),
        } }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        p { (words.with("acting-share-explained", &[("who", (&who).into())])) }
        @if let Some(beside) = beside { (beside.said(words)) }
        form.card method="post" action=(format!("/acting/records/{id}/share")) {
            (fields(view, acting))
            @if let Some(beside) = beside { (beside.field()) }
            @match &extending {
                Some(extending) => (extending.said(words)),
                None => (someone::fields(words, "share-with", &known.people, typed)),
            }
            (terms(words, known.clock, None, typed))
            details open[typed.text("history") == "yes" || !typed.text("allow").is_empty()] {
                summary { (words.say("share-more")) }
                (share::allowed(words, typed, Some(acting)))
                (share::history(words, typed))
            }
            button type="submit" {
                (words.say(if extending.is_some() { "record-extend" } else { "share-button" }))
            }
            a.button.second href=(format!("/acting/records/{id}")) { (words.say("cancel")) }
        }
    };
    layout::page(view, "/acting", &words.say("record-share"), &body)
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    with: Option<Principal>,
}

/// `GET /acting/records/{id}/share`: `with` names the person, where a page led here.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Query(chosen): Query<Chosen>,
) -> Result<Markup, PortalError> {
    for_whom(&view)?;
    let with = chosen.with.clone();
    let (known, beside) = with_home(&portal.homes, view.person.clone(), move |work| {
        let known = known(work, id, None)?;
        let (acting, of) = (&known.acting, [(id, known.name.as_deref())]);
        let patient = (&acting.patient, &acting.who);
        let beside = with.map(|user| Beside::of_patient(work, patient, &user, &of, None));
        let beside = beside.transpose()?.flatten();
        Ok((known, beside))
    })
    .await?;
    let field = chosen.with.as_ref().map_or("person", |who| someone::field_of(&known.people, who));
    let chosen = chosen.with.map(|who| who.to_string()).unwrap_or_default();
    let fields = [(field, chosen.as_str())];
    Ok(page(&view, id, &known, Typed::of(&fields), (None, beside.as_ref())))
}

enum Outcome {
    Shared,
    AskAbout(Doubt),
    /// What it comes to is to be read first.
    Tell(Beside),
    Wrong(&'static str),
}

fn share_with(
    work: &Work,
    id: RecordId,
    known: &Known,
    terms: &Terms,
) -> Result<Outcome, PortalError> {
    if share::names_nobody(&terms.person, &terms.other) {
        return Ok(Outcome::Wrong("share-nobody"));
    }
    // For the patient somebody may share with the person at work, who is no stranger to themselves.
    let meant = match someone::anybody_meant(work, &terms.person, &terms.other)? {
        Ok(meant) => meant,
        Err(key) => return Ok(Outcome::Wrong(key)),
    };
    let user = meant.principal();
    let expiry = match expiry_of(&terms.term, &terms.date, known.clock) {
        Ok(expiry) => expiry,
        Err(key) => return Ok(Outcome::Wrong(key)),
    };
    let acting = &known.acting;
    let of = [(id, known.name.as_deref())];
    let chosen = Some(ChosenEnd { expiry, term: (&terms.term, &terms.date) });
    let patient = (&acting.patient, &acting.who);
    if let Some(beside) = Beside::of_patient(work, patient, &user, &of, chosen)?
        && !beside.was_read(&terms.seen)
    {
        return Ok(Outcome::Tell(beside.called(meant.named(work))));
    }
    let wanted = Wanted {
        amend: terms.allow == "amend",
        emergency: terms.allow == "emergency",
        history: terms.history == "yes",
        ..Wanted::default()
    };
    grant(work, &[id], &meant, wanted, expiry, &terms.confirmed)
        .map(|asked| asked.map_or(Outcome::Shared, Outcome::AskAbout))
}

/// `POST /acting/records/{id}/share`.
pub(crate) async fn share(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Terms>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let sent = form.clone();
    let (outcome, known) = with_home(&portal.homes, view.person.clone(), move |work| {
        let known = known(work, id, Some(&sent.patient))?;
        Ok((share_with(work, id, &known, &sent)?, known))
    })
    .await?;
    let patient = form.patient.to_string();
    let fields = [
        ("patient", patient.as_str()),
        ("person", &form.person),
        ("other", &form.other),
        ("term", &form.term),
        ("date", &form.date),
        ("allow", &form.allow),
        ("history", &form.history),
        ("seen", &form.seen),
    ];
    Ok(match outcome {
        Outcome::Shared => {
            let to = format!("/acting/records/{id}?done=shared");
            (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
        }
        Outcome::Wrong(key) => {
            let wrong = view.words.say(key);
            let page = page(&view, id, &known, Typed::of(&fields), (Some(&wrong), None));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
        Outcome::Tell(beside) => {
            page(&view, id, &known, Typed::of(&fields), (None, Some(&beside))).into_response()
        }
        Outcome::AskAbout(doubt) => {
            keys::page(&view, &doubt, &format!("/acting/records/{id}/share"), &fields)
                .into_response()
        }
    })
}
