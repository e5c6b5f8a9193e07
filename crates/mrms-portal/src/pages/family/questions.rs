//! What is asked about contacts before it happens: asking to act for somebody, refusing somebody, taking somebody back. Each is
//! a page to which a person can go back; what follows is a form of its own.

use axum::response::{IntoResponse as _, Response};
use maud::html;
use mrms_app::contacts::ContactError;
use mrms_contract::read;
use mrms_core::Principal;

use crate::acting::called;
use crate::error::{PortalError, refused};
use crate::pages::family::contact::{done, patient};
use crate::pages::layout::{self, token};
use crate::pages::powers;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::work::with_home;

/// `GET /family?ask=…`: says what is asked, who is told, and from when on it would hold.
pub(super) async fn ask_first(
    portal: &Portal,
    view: &View,
    given: String,
) -> Result<Response, PortalError> {
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        let patient = patient(work, &given)?;
        let (session, me) = (work.session(), work.actor.principal());
        let contact = session.ask(&read::contact(&patient, &me)).map_err(refused)?;
        let not_named = || refused(ContactError::NotNamed { patient: patient.clone() });
        let contact = contact.ok_or_else(not_named)?;
        let clock = session.ledger.tip().map_err(refused)?.clock();
        Ok((called(work, &patient)?, patient, contact, clock))
    });
    let (who, other, contact, clock) = found.await?;
    if contact.ready_at.is_some() {
        // It was asked before; the page of the family says how far that is.
        return Ok(done("contact-asked"));
    }
    let words = &view.words;
    let who = who.say(words);
    let end = times::day_and_time(words, clock.time_of(clock.height.plus(contact.wait)));
    let title = words.with("contact-ask-title", &[("who", (&who).into())]);
    let body = html! {
        h1 { (title) }
        form.card method="post" action="/family/contact/ask" {
            (token(&view.visitor))
            input type="hidden" name="patient" value=(other);
            p { (words.with("contact-ask-explained", &[("who", (&who).into()), ("end", (&end).into())])) }
            p { (powers::you_may(words, contact.powers)) }
            button type="submit" { (words.say("contact-ask-button")) }
            a.button.second href="/family" { (words.say("cancel")) }
        }
    };
    Ok(layout::page(view, "/family", &title, &body).into_response())
}

/// `GET /family?refuse=…`: says what it means that somebody is refused, or is no contact any more.
pub(super) async fn refuse_first(
    portal: &Portal,
    view: &View,
    other: Principal,
    is_from_home: bool,
) -> Result<Response, PortalError> {
    let user = other.clone();
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        let (session, me) = (work.session(), work.actor.principal());
        let contact = session.ask(&read::contact(&me, &user)).map_err(refused)?;
        Ok(contact.map(|contact| (work.named(&user), contact)))
    });
    let words = &view.words;
    let Some((who, contact)) = found.await? else {
        return Err(refused(ContactError::NoContact { who: other }));
    };
    let (back, action) = match is_from_home {
        true => ("/", format!("/contacts/{other}/refuse")),
        false => ("/family", format!("/family/contact/{other}/remove")),
    };
    let who = who.say(words);
    let (title, button) = match contact.ready_at {
        Some(_) => ("contact-refuse-title", "home-refuse"),
        None => ("contact-remove-title", "contact-remove"),
    };
    let title = words.with(title, &[("who", (&who).into())]);
    let body = html! {
        h1 { (title) }
        form.card method="post" action=(action) {
            (token(&view.visitor))
            p { (words.with("contact-refuse-explained", &[("who", (&who).into())])) }
            button.danger type="submit" { (words.say(button)) }
            a.button.second href=(back) { (words.say("cancel")) }
        }
    };
    Ok(layout::page(view, "/family", &title, &body).into_response())
}
