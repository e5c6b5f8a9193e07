//! Gives one's own record another name. Nothing on record is changed: it gets a version of that name.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_core::RecordId;
use mrms_crypto::content::Label;
use mrms_home::clock::rng;
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::pages::layout::{self, token};
use crate::pages::typed::no_name;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

fn name_now(work: &Work, id: RecordId) -> Result<String, PortalError> {
    work.own_record(id)?;
    let overview = work.overview()?;
    match overview.row(id) {
        Some(row) if row.is_erased => Err(PortalError::Form { key: "record-erased-explained" }),
        row => Ok(row.and_then(|row| row.name.clone()).unwrap_or_default()),
    }
}

fn page(view: &View, id: RecordId, name: &str, typed: &str, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let unnamed = words.say("records-unnamed");
    let shown = if name.is_empty() { &unnamed } else { name };
    let body = html! {
        h1 { (words.with("rename-title", &[("name", shown.into())])) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        form.card method="post" action=(format!("/records/{id}/name")) {
            (token(&view.visitor))
            label for="name" { (words.say("rename-name")) }
            input id="name" name="name" type="text" maxlength="200" autocomplete="off" required value=(typed);
            p { (words.say("rename-explained")) }
            button type="submit" { (words.say("rename-button")) }
            a.button.second href=(format!("/records/{id}")) { (words.say("cancel")) }
        }
    };
    layout::page(view, "/records", &words.say("rename-button"), &body)
}

/// `GET /records/{id}/name`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
) -> Result<Markup, PortalError> {
    let name =
        with_home(&portal.homes, view.person.clone(), move |work| name_now(work, id)).await?;
    Ok(page(&view, id, &name, &name, None))
}

#[derive(Deserialize)]
pub(crate) struct NewName {
    token: String,
    name: String,
}

/// `POST /records/{id}/name`.
pub(crate) async fn rename(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<NewName>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let (typed, inline_limit) = (form.name.trim().to_owned(), portal.settings.inline_limit);
    let label = typed.parse::<Label>().ok();
    let now = with_home(&portal.homes, view.person.clone(), move |work| {
        let now = name_now(work, id)?;
        let Some(label) = label else { return Ok(Err(now)) };
        if label.as_str() == now {
            return Ok(Ok(()));
        }
        work.open.fund(&work.actor)?;
        let renamed = work.session().rename(&work.actor, id, &label, inline_limit, &mut rng());
        renamed.map_err(refused)?.done().ok_or(PortalError::BrokeOff)?;
        work.open.tell_missing_copies();
        Ok(Ok(()))
    });
    Ok(match now.await? {
        Ok(()) => {
            let to = format!("/records/{id}?done=renamed");
            (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
        }
        Err(now) => {
            let wrong = view.words.say(no_name(&typed));
            let page = page(&view, id, &now, &typed, Some(&wrong));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}
