//! Whose a record is, where the ledger alone says so: the page that asks before a report is added, and the answer.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_core::{Principal, RecordId};
use mrms_home::clock::rng;
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// Whom the ledger calls the patient of somebody else's record.
pub(super) struct Claim {
    patient: Principal,
    who: Named,
}

/// The claim, where nothing else shows it.
pub(super) fn doubt(work: &Work, id: RecordId) -> Result<Option<Claim>, PortalError> {
    let patient = work.session().patient_in_doubt(&work.actor, id).map_err(refused)?;
    Ok(patient.map(|patient| Claim { who: work.named(&patient), patient }))
}

/// Asks whose it is. The answer is the patient's account, so that it is about nobody else.
pub(super) fn page(view: &View, id: RecordId, claim: &Claim) -> Markup {
    let (words, patient) = (&view.words, &claim.patient);
    let who = claim.who.say(words);
    let body = html! {
        h1 { (words.say("whose-title")) }
        section.card {
            p { (words.with("whose-explained", &[("who", (&who).into())])) }
            p.account { (words.say("whose-account")) " " code { (patient) } }
            form method="post" action={ "/shared/" (id) "/patient" } {
                (token(&view.visitor))
                input type="hidden" name="patient" value=(patient);
                button type="submit" { (words.with("whose-theirs", &[("who", (&who).into())])) }
            }
            p { a href="/shared" { (words.say("whose-not")) } }
        }
    };
    layout::page(view, "/shared", &words.say("whose-title"), &body)
}

#[derive(Deserialize)]
pub(crate) struct Theirs {
    token: String,
    patient: Principal,
}

/// `POST /shared/{id}/patient`.
pub(crate) async fn theirs(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Theirs>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), move |work| {
        work.session().know_patient(&work.actor, id, &form.patient, &mut rng()).map_err(refused)
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, format!("/shared/{id}/version"))]).into_response())
}
