//! One's own card: what it says, as text, as a QR code and as a picture of it.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, PreEscaped, html};
use mrms_app::people::card::{CardError, CardTexts};
use mrms_home::clock::{now, rng};
use mrms_home::qr::code::Code;
use mrms_people::{Card, FieldText, Kind, SignedDocument};
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::pages::cards;
use crate::pages::failed;
use crate::pages::forms::Done;
use crate::pages::lacking;
use crate::pages::layout::{self, copy, notice, token};
use crate::pages::staff::mine::Mine;
use crate::pages::typed::{Typed, no_name};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

/// One's own card, and the organisations for which one opens: patients compare their keys with the people who work there.
struct Own {
    card: Option<SignedDocument<Card>>,
    works_for: Mine,
}

fn whole(work: &Work) -> Result<Own, PortalError> {
    let clock = work.session().ledger.tip().map_err(refused)?.clock();
    Ok(Own { card: own(work)?, works_for: Mine::of(work, clock)? })
}

fn own(work: &Work) -> Result<Option<SignedDocument<Card>>, PortalError> {
    match work.session().own_card(&work.actor, now(), &mut rng()) {
        Ok(own) => Ok(Some(own.card)),
        Err(CardError::NotSet) => Ok(None),
        Err(error) => Err(PortalError::refused(&error)),
    }
}

/// A document for others: its QR code and its text.
pub(crate) fn to_give(words: &Words, bytes: &[u8], text: &str, title: &str) -> Markup {
    html! {
        // Drawn by this program: it has squares alone.
        @if let Ok(code) = Code::of(bytes) {
            div.code role="img" aria-label=(title) { (PreEscaped(code.svg())) }
        }
        label for="own" { (words.say("own-card-text")) }
        textarea id="own" rows="5" readonly spellcheck="false" { (text) }
        (copy(words, "own"))
    }
}

fn form(view: &View, card: Option<&Card>, (wrong, typed): (Option<&str>, Typed<'_>)) -> Markup {
    let words = &view.words;
    let text = |name: &str, of_card: Option<String>| match typed.get(name) {
        Some(typed) => typed.to_owned(),
        None => of_card.unwrap_or_default(),
    };
    let of_card = card.map_or(Kind::Person, |card| card.kind);
    html! {
        form.card method="post" action="/card" {
            h2 { (words.say(if card.is_some() { "own-card-change" } else { "own-card-make" })) }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) " " a href="/" { (words.say("error-back")) } } }
            (token(&view.visitor))
            label for="name" { (words.say("card-name")) }
            input id="name" name="name" type="text" maxlength="64" required autocomplete="name"
                value=(text("name", card.map(|card| card.name.to_string())));
            label for="kind" { (words.say("own-card-kind")) }
            select id="kind" name="kind" {
                @for kind in Kind::ALL {
                    option value=(kind.as_str())
                        selected[typed.chose("kind", kind.as_str(), of_card == kind)] {
                        (words.say(cards::kind_key(kind)))
                    }
                }
            }
            label for="organisation" { (words.say("card-organisation")) }
            input id="organisation" name="organisation" type="text" maxlength="64" autocomplete="organization"
                value=(text("organisation", card.and_then(|card| card.organisation.as_ref().map(ToString::to_string))));
            label for="address" { (words.say("card-address")) }
            input id="address" name="address" type="text" maxlength="120" autocomplete="street-address"
                value=(text("address", card.and_then(|card| card.address.as_ref().map(ToString::to_string))));
            button type="submit" { (words.say("own-card-button")) }
        }
    }
}

fn page(view: &View, own: &Own, done: bool, (wrong, typed): (Option<&str>, Typed<'_>)) -> Markup {
    let (words, card) = (&view.words, own.card.as_ref());
    let title = words.say("own-card-title");
    let body = html! {
        @if done { (notice(&words.say("own-card-done"))) }
        h1 { (title) }
        p { (words.say("own-card-explained")) }
        @if let Some(card) = card {
            section.card {
                (cards::own_card(words, card.document()))
                (to_give(words, &card.to_bytes(), &card.to_text(), &title))
                p { a.button.second href="/card/code.png" download { (words.say("own-card-picture")) } }
            }
        }
        (own.works_for.fingerprints(words))
        (form(view, card.map(SignedDocument::document), (wrong, typed)))
    };
    layout::page(view, "/people", &title, &body)
}

/// `GET /card`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(asked): Query<Done>,
) -> Result<Markup, PortalError> {
    let own = with_home(&portal.homes, view.person.clone(), whole).await?;
    Ok(page(&view, &own, asked.done == "made", (None, Typed::NOTHING)))
}

/// `GET /card/code.png`: a picture of its code, to send or to print.
pub(crate) async fn picture(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Response, PortalError> {
    let card = with_home(&portal.homes, view.person.clone(), own).await?;
    let card = card.ok_or(PortalError::NoPage)?;
    let png = Code::of(&card.to_bytes()).map_err(refused)?.png().map_err(refused)?;
    let headers =
        [(CONTENT_TYPE, "image/png"), (CONTENT_DISPOSITION, "attachment; filename=\"card.png\"")];
    Ok((headers, png).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Said {
    token: String,
    name: String,
    kind: String,
    #[serde(default)]
    organisation: String,
    #[serde(default)]
    address: String,
}

fn optional<const MOST: usize>(text: &str) -> Result<Option<FieldText<MOST>>, &'static str> {
    match text.trim() {
        "" => Ok(None),
        text => FieldText::new(text).map(Some).map_err(|_| no_name(text)),
    }
}

/// `POST /card`: makes one's own card. It replaces the one before.
pub(crate) async fn make(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(said): Form<Said>,
) -> Result<Response, PortalError> {
    view.must_have(&said.token)?;
    let kind: Kind = said.kind.parse().map_err(|_| PortalError::NoPage)?;
    let texts = FieldText::new(&said.name).map_err(|_| no_name(&said.name)).and_then(|name| {
        let organisation = optional(&said.organisation)?;
        Ok(CardTexts { kind, name, organisation, address: optional(&said.address)? })
    });
    let made = match texts {
        Ok(texts) => {
            with_home(&portal.homes, view.person.clone(), move |work| {
                // It may be that the key can be published by now.
                lacking::look(work);
                let made = work.session().set_card(&work.actor, texts, now(), &mut rng());
                made.map(drop).map_err(refused)
            })
            .await
        }
        Err(key) => Err(PortalError::Form { key }),
    };
    let error = match made {
        Ok(()) => {
            return Ok((StatusCode::SEE_OTHER, [(LOCATION, "/card?done=made")]).into_response());
        }
        Err(error @ (PortalError::Form { .. } | PortalError::Refused { .. })) => error,
        Err(error) => return Err(error),
    };
    // What was typed stays, and Home says what the account lacks.
    let own = with_home(&portal.homes, view.person.clone(), whole).await?;
    let wrong = failed::sentence(&error, &view.words);
    let fields = [
        ("name", said.name.as_str()),
        ("kind", &said.kind),
        ("organisation", &said.organisation),
        ("address", &said.address),
    ];
    let page = page(&view, &own, false, (Some(&wrong), Typed::of(&fields)));
    Ok((error.status(), page).into_response())
}
