//! People: whom this person knows, and the cards that they keep.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_people::document::{bytes_of_text, topic_of};
use mrms_people::{Card, FieldText, Person, SignedDocument};
use serde::Deserialize;

use crate::error::PortalError;
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

struct Row {
    shown: String,
    organisation: Option<String>,
    principal: String,
}

fn rows(work: &Work) -> Result<Vec<Row>, PortalError> {
    let people = work.names.people().map(|people| people.all().to_vec()).unwrap_or_default();
    Ok(people
        .iter()
        .map(|person| Row {
            shown: work.names.shown(&person.principal),
            organisation: person
                .card()
                .ok()
                .flatten()
                .and_then(|card| card.document().organisation.as_ref().map(ToString::to_string)),
            principal: mrms_people::name::short(&person.principal),
        })
        .collect())
}

fn page(view: &View, rows: &[Row], wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("nav-people")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        @if rows.is_empty() { p { (words.say("people-none")) } }
        ul.readers {
            @for row in rows {
                li { span {
                    bdi { (row.shown) }
                    @if let Some(organisation) = &row.organisation { " · " bdi { (organisation) } }
                    " · " span.hint { (row.principal) }
                } }
            }
        }
        form.card method="post" action="/people" {
            h2 { (words.say("people-add")) }
            (token(&view.visitor))
            label for="card" { (words.say("people-card")) }
            textarea id="card" name="card" rows="4" required spellcheck="false"
                aria-describedby="card-hint" {}
            p.hint id="card-hint" { (words.say("people-card-hint")) }
            label for="name" { (words.say("people-name")) }
            input id="name" name="name" type="text" maxlength="64" autocomplete="off";
            button type="submit" { (words.say("people-add-button")) }
        }
    };
    layout::page(view, "/people", &words.say("nav-people"), &body)
}

/// `GET /people`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Markup, PortalError> {
    let rows = with_home(&portal.homes, view.person.clone(), rows).await?;
    Ok(page(&view, &rows, None))
}

#[derive(Deserialize)]
pub(crate) struct NewPerson {
    token: String,
    card: String,
    #[serde(default)]
    name: String,
}

fn add(work: &Work, form: &NewPerson) -> Result<Result<(), &'static str>, PortalError> {
    let Ok(card) = SignedDocument::<Card>::from_text(&form.card) else {
        let topic = bytes_of_text(&form.card).ok().and_then(|bytes| topic_of(&bytes));
        return Ok(Err(match topic.as_deref() {
            Some("invitation") => "people-invitation",
            _ => "people-wrong-card",
        }));
    };
    let document = card.document();
    if document.contract != *work.open.contract() {
        return Ok(Err("people-other-ledger"));
    }
    let principal = document.principal.into();
    if let Some(known) = work.names.people().and_then(|people| people.get(&principal))
        && let Ok(Some(older)) = known.card()
        && older.document().serial >= document.serial
    {
        return Ok(Err("people-old-card"));
    }
    let given = form.name.trim();
    let name = if given.is_empty() { document.name.as_str() } else { given };
    let Ok(own_name) = FieldText::new(name) else { return Ok(Err("people-wrong-name")) };
    let looks_alike = work
        .names
        .people()
        .is_some_and(|people| people.looks_like_another(own_name.as_str(), &principal));
    if looks_alike {
        return Ok(Err("people-lookalike"));
    }
    let person = Person {
        principal,
        own_name: Some(own_name),
        card: Some(card.to_text()),
        added: mrms_home::clock::now().seconds(),
    };
    let root = work.actor.keyring.record_root().map_err(|error| PortalError::refused(&error))?;
    let profile = work.session().profile;
    let mut rng = mrms_home::clock::rng();
    let changed = profile.change_people(&root, &mut rng, |people| people.set(person));
    changed.map_err(|error| PortalError::refused(&error))?;
    Ok(Ok(()))
}

/// `POST /people`: adds a person by their card.
pub(crate) async fn add_card(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<NewPerson>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let (added, rows) = with_home(&portal.homes, view.person.clone(), move |work| {
        Ok((add(work, &form)?, rows(work)?))
    })
    .await?;
    match added {
        Ok(()) => Ok((StatusCode::SEE_OTHER, [(LOCATION, "/people")]).into_response()),
        Err(key) => {
            let page = page(&view, &rows, Some(&view.words.say(key)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
