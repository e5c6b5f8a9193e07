//! The former account's part: offers everything to a new one, and gives the text with the keys that are sealed to it.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Multipart, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::succession::HandOverError;
use mrms_app::succession::offer::Offered;
use mrms_contract::ContractError;
use mrms_core::{Principal, StandardPrincipal};
use mrms_home::NameError;
use mrms_home::clock::{now, rng};
use mrms_people::document::{armor, begins_as_text, bytes_of_text};
use mrms_people::name::{quotable, short};
use mrms_people::{Card, SignedDocument};
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::forms::Plain;
use crate::pages::hand_over::meaning;
use crate::pages::keys::{self, Doubt};
use crate::pages::layout::{self, token};
use crate::pages::own_card::to_give;
use crate::pages::view::View;
use crate::pages::{cards, handed, tell};
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// To whom everything is to go.
struct To {
    account: StandardPrincipal,
    who: Named,
    /// Their card, where it was given: it says which key is theirs.
    card: Option<SignedDocument<Card>>,
    /// What was given, as a form hands it on.
    given: String,
}

fn look(
    work: &Work,
    bytes: Option<&[u8]>,
    text: &str,
) -> Result<Result<To, &'static str>, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let (principal, card, given) = match bytes {
        Some(bytes) => {
            let Ok(card) = SignedDocument::<Card>::from_bytes(bytes) else {
                return Ok(Err("people-wrong-card"));
            };
            if let Err(error) = session.must_be_for_here(card.document()) {
                return match cards::not_taken(&error) {
                    Some(key) => Ok(Err(key)),
                    None => Err(refused(error)),
                };
            }
            // A key that is published instead of the one on the card would get everything.
            session.must_be_key_of(card.document()).map_err(refused)?;
            (Principal::from(card.document().principal), Some(card), armor(bytes))
        }
        None => match work.names.resolve(text) {
            Ok(who) => (who.clone(), None, who.to_string()),
            Err(_) if text.lines().count() > 1 => return Ok(Err("people-no-card")),
            Err(NameError::Unclear { .. }) => return Ok(Err("share-unclear")),
            Err(_) => return Ok(Err("share-unknown")),
        },
    };
    let Principal::Standard(account) = principal else { return Ok(Err("hand-over-no-account")) };
    if principal == me {
        return Ok(Err("hand-over-oneself"));
    }
    let who = match (work.named(&principal), &card) {
        (Named::Unknown(_), Some(card)) => {
            Named::Calls { short: short(&principal), name: quotable(card.document().name.as_str()) }
        }
        (named, _) => named,
    };
    Ok(Ok(To { account, who, card, given }))
}

/// The form; `again` is what is wrong with it, and what was pasted.
fn form(portal: &Portal, view: &View, again: Option<(&str, &str)>) -> Markup {
    let words = &view.words;
    let has_sponsor = portal.homes.settings().remote.sponsor.is_some();
    let body = html! {
        h1 { (words.say("hand-over-give")) }
        @if let Some((wrong, _)) = again { p.wrong role="alert" { (wrong) } }
        form.card method="post" action="/hand-over/look" enctype="multipart/form-data" {
            p { (words.say("hand-over-new-first")) }
            @if has_sponsor { p { (words.say("hand-over-sponsor")) } }
            (token(&view.visitor))
            (handed::fields(words, "hand-over-card", "people-card-hint", again.map_or("", |(_, typed)| typed)))
            button type="submit" { (words.say("people-look-button")) }
            a.button.second href="/hand-over" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/family", &words.say("hand-over-give"), &body)
}

/// `GET /hand-over/offer`.
pub(crate) async fn show(State(portal): State<Arc<Portal>>, view: View) -> Markup {
    form(&portal, &view, None)
}

fn question(view: &View, to: &To, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let who = to.who.say(words);
    let word = words.say("hand-over-word");
    let title = words.with("hand-over-question", &[("who", (&who).into())]);
    let body = html! {
        section.emergency {
            h1 { (title) }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            (meaning(view))
            @match &to.card {
                Some(card) => (cards::card(words, card.document())),
                None => div { (layout::account(words, &to.account.into())) },
            }
            form method="post" action="/hand-over/offer" {
                (token(&view.visitor))
                input type="hidden" name="document" value=(to.given);
                label for="word" { (words.with("erase-type", &[("word", (&word).into())])) }
                input id="word" name="word" type="text" required autocomplete="off" autocapitalize="none"
                    spellcheck="false";
                button.danger type="submit" { (words.say("hand-over-button")) }
                a.button.second href="/hand-over" { (words.say("cancel")) }
            }
        }
    };
    layout::page(view, "/family", &title, &body)
}

/// `POST /hand-over/look`: says to whom, and what it means.
pub(crate) async fn look_at(
    State(portal): State<Arc<Portal>>,
    view: View,
    fields: Multipart,
) -> Result<Response, PortalError> {
    let again = |key: &str, typed: &str| {
        let page = form(&portal, &view, Some((&view.words.say(key), typed)));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let given = match handed::read(&view.visitor, fields).await? {
        Ok(given) => given,
        Err(not) => return again(not.key, &not.text),
    };
    let typed = given.text.clone();
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        look(work, given.bytes.as_deref(), &given.text)
    });
    match found.await? {
        Ok(to) => Ok(question(&view, &to, None).into_response()),
        Err(key) => again(key, &typed),
    }
}

#[derive(Clone, Deserialize)]
pub(crate) struct Meant {
    token: String,
    document: String,
    word: String,
    #[serde(default)]
    confirmed: String,
}

enum Outcome {
    Offered,
    AskAbout(Doubt),
    Again(Box<To>),
    Wrong(&'static str),
}

fn offer(work: &Work, form: &Meant, is_meant: bool) -> Result<Outcome, PortalError> {
    let bytes = match begins_as_text(&form.document) {
        true => Some(bytes_of_text(&form.document).map_err(refused)?),
        false => None,
    };
    let to = match look(work, bytes.as_deref(), &form.document)? {
        Ok(to) => to,
        Err(key) => return Ok(Outcome::Wrong(key)),
    };
    if !is_meant {
        return Ok(Outcome::Again(Box::new(to)));
    }
    if let Some(doubt) = keys::settle(work, &to.account.into(), &form.confirmed)? {
        return Ok(Outcome::AskAbout(doubt));
    }
    work.session().must_have_no_members(&work.actor.principal()).map_err(refused)?;
    work.open.fund(&work.actor)?;
    let offered = work.session().offer_succession(&work.actor, to.account, now(), &mut rng());
    offered.map_err(refused)?.done().ok_or(PortalError::BrokeOff)?;
    Ok(Outcome::Offered)
}

/// `POST /hand-over/offer`: offers everything, and shows the text for the new account.
pub(crate) async fn post(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Meant>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let words = &view.words;
    let is_meant = form.word.trim().to_lowercase() == words.say("hand-over-word");
    let sent = form.clone();
    let outcome =
        with_home(&portal.homes, view.person.clone(), move |work| offer(work, &sent, is_meant));
    Ok(match outcome.await? {
        // A page to which a person can go back.
        Outcome::Offered => {
            (StatusCode::SEE_OTHER, [(LOCATION, "/hand-over?done=offered")]).into_response()
        }
        Outcome::AskAbout(doubt) => {
            let fields = [("document", form.document.as_str()), ("word", &form.word)];
            keys::page(&view, &doubt, "/hand-over/offer", &fields).into_response()
        }
        Outcome::Again(to) => {
            let page = question(&view, &to, Some(&words.say("hand-over-wrong-word")));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
        Outcome::Wrong(key) => return Err(PortalError::Form { key }),
    })
}

pub(super) fn offered_page(view: &View, offered: &Offered, who: &Named) -> Markup {
    let words = &view.words;
    let title = words.with("hand-over-offered", &[("who", (&who.say(words)).into())]);
    let body = html! {
        h1 { (title) }
        p { (words.say("hand-over-offered-explained")) }
        @if !offered.has_memory { p.wrong { (words.say("hand-over-no-memory")) } }
        section.card {
            (to_give(words, &offered.document.to_bytes(), &offered.document.to_text(), &words.say("hand-over-text")))
            p { a.button href="/hand-over/text" download { (words.say("hand-over-save")) } }
        }
        (tell::them(words, &view.person, "tell-offered", &[]))
        p { a.button.second href="/hand-over" { (words.say("hand-over-back")) } }
    };
    layout::page(view, "/family", &title, &body)
}

/// What was offered, with its text made again, and to whom. It sends nothing.
pub(super) fn offered_before(work: &Work) -> Result<Option<(Offered, Named)>, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let to = match session.handed_over(&me).map_err(refused)? {
        Some(it) => Some(it.to),
        None => session.offered_to(&me).map_err(refused)?,
    };
    let Some(Principal::Standard(to)) = to else { return Ok(None) };
    let who = work.named(&to.into());
    let offered = session.offer_succession(&work.actor, to, now(), &mut rng());
    let offered = offered.map_err(refused)?.done().ok_or(PortalError::BrokeOff)?;
    Ok(Some((offered, who)))
}

/// `GET /hand-over/text`: the text again, as a file. It sends nothing.
pub(crate) async fn text(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Response, PortalError> {
    let offered = with_home(&portal.homes, view.person.clone(), |work| {
        Ok(offered_before(work)?.ok_or(PortalError::NoPage)?.0.document.to_text())
    });
    let text = offered.await?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (
            CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"for-the-new-account.txt\""),
        ),
    ];
    Ok((headers, text).into_response())
}

/// `POST /hand-over/withdraw`: takes the offer back.
pub(crate) async fn withdraw(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes.for_an_end(), view.person.clone(), |work| {
        work.open.fund(&work.actor)?;
        match work.session().withdraw_succession(&work.actor) {
            // The second press of the button. A node's refusal to take it is none of the contract.
            Err(HandOverError::Refused(ContractError::NoOffer)) => Ok(()),
            withdrawn => withdrawn.map_err(refused)?.done().map(drop).ok_or(PortalError::BrokeOff),
        }
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/hand-over?done=withdrawn")]).into_response())
}
