//! The names of the staff for patients: a list of the members' cards that the organisation signs, as a file.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_home::clock::{now, rng};
use mrms_people::card::MOST_NAME;
use mrms_people::{Card, FieldText, SignedDocument};

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::forms::Plain;
use crate::pages::layout::token;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::{Language, Words};
use crate::work::{Work, with_home};

/// What the list would have.
pub(super) struct Names {
    /// How many members' cards are here.
    cards: usize,
    /// The members of whom there is no card: patients read their account.
    without: Vec<Named>,
}

fn cards(work: &Work) -> Result<(Vec<SignedDocument<Card>>, Vec<Named>), PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let now = session.ledger.tip().map_err(refused)?.burn_height;
    let people = work.names.people();
    let (mut cards, mut without) = (Vec::new(), Vec::new());
    for member in session.staff(&me).map_err(refused)?.members {
        if !member.membership.is_live(now) {
            continue;
        }
        let person = people.and_then(|people| people.get(&member.principal));
        match person.and_then(|person| person.card().ok().flatten()) {
            Some(card) if session.must_be_for_here(card.document()).is_ok() => cards.push(card),
            _ => without.push(work.named(&member.principal)),
        }
    }
    Ok((cards, without))
}

impl Names {
    pub(super) fn of(work: &Work) -> Result<Self, PortalError> {
        let (cards, without) = cards(work)?;
        Ok(Self { cards: cards.len(), without })
    }
}

pub(super) fn section(view: &View, names: &Names) -> Markup {
    let words = &view.words;
    let without: Vec<_> = names.without.iter().map(|who| who.say(words)).collect();
    html! {
        section.card aria-labelledby="names" {
            h2 id="names" { (words.say("staff-names-title")) }
            p { (words.say("staff-names-explained")) }
            @if !without.is_empty() {
                p.attention { (words.with("staff-names-without", &[("names", (&without.join(", ")).into())])) }
            }
            @if names.cards > 0 {
                form method="post" action="/staff/names" {
                    (token(&view.visitor))
                    button.second type="submit" { (words.with("staff-names-save", &[("count", names.cards.into())])) }
                }
                p.hint { (words.say("staff-names-again")) }
            }
        }
    }
}

/// What the list is called: by what the organisation calls itself, as far as that fits.
fn title(words: &Words, called: Option<&str>) -> Option<FieldText<MOST_NAME>> {
    let whole = called.map(|who| words.with("staff-names-of", &[("who", who.into())]));
    let whole = whole.and_then(|name| FieldText::new(&name).ok());
    let unnamed = || FieldText::new(&words.say("staff-names-unnamed")).ok();
    whole.or_else(|| FieldText::new(called?).ok()).or_else(unnamed)
}

/// What such a list is called in the person's language, where whoever signed it has another one. What is no such name stays.
pub(crate) fn said_in(words: &Words, name: &str) -> String {
    let of = |language| {
        let pattern = Words::of(language).with("staff-names-of", &[("who", "\u{1}".into())]);
        let (before, after) = pattern.split_once('\u{1}')?;
        name.strip_prefix(before)?.strip_suffix(after).filter(|who| !who.is_empty())
    };
    match Language::ALL.into_iter().find_map(of) {
        Some(who) => words.with("staff-names-of", &[("who", who.into())]),
        None => name.to_owned(),
    }
}

/// `POST /staff/names`: signs the list, and gives it as a file.
pub(crate) async fn save(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let name = title(&view.words, view.person.memory.own_name().as_deref());
    let text = with_home(&portal.homes, view.person.clone(), move |work| {
        let (cards, _) = cards(work)?;
        let session = work.session();
        let name = name.filter(|_| !cards.is_empty()).ok_or(PortalError::NoPage)?;
        let made = session.make_directory(&work.actor, name, cards, now(), &mut rng());
        Ok(made.map_err(refused)?.to_text())
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"staff.txt\"")),
    ];
    Ok((headers, text.await?).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_is_called_by_the_organisation_as_far_as_that_fits() {
        for language in Language::ALL {
            let words = Words::of(language);
            let called = |who: &str| title(&words, Some(who)).unwrap().to_string();
            assert!(called("Clinic Nord").ends_with("Clinic Nord"), "{}", called("Clinic Nord"));
            assert_ne!(called("Clinic Nord"), "Clinic Nord");
            let long = "x".repeat(MOST_NAME);
            assert_eq!(called(&long), long);
            assert_eq!(title(&words, None).unwrap().as_str(), words.say("staff-names-unnamed"));
            // Whoever reads it in another language reads it in theirs.
            for other in Language::ALL {
                let said = said_in(&Words::of(other), &called("Clinic Nord"));
                assert_eq!(said, title(&Words::of(other), Some("Clinic Nord")).unwrap().as_str());
            }
            assert_eq!(said_in(&words, "Our doctors"), "Our doctors");
        }
    }
}
