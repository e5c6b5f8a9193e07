//! Trusted contacts: people who may act for the person later, after a wait in which they can be refused. As a contact: asking,
//! and beginning once the wait is over.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::contacts::ContactError;
use mrms_app::contacts::{LONGEST_WAIT, TermsOfContact};
use mrms_app::sharing::recipients::ChangedKey;
use mrms_contract::read;
use mrms_contract::state::Contact;
use mrms_core::{BurnClock, Powers, Principal};
use serde::Deserialize;

use crate::acting::called;
use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::family;
use crate::pages::forms::Plain;
use crate::pages::keys::{self, Doubt};
use crate::pages::layout::{self, token};
use crate::pages::powers;
use crate::pages::someone::{self, Meant};
use crate::pages::typed::Typed;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

/// Burn blocks of a day.
const A_DAY: u64 = 144;
/// The longest wait, in days.
const MOST_DAYS: u64 = LONGEST_WAIT / A_DAY;

/// Somebody whom the person named, or who named the person.
pub(super) struct Told {
    other: Principal,
    who: Named,
    contact: Contact,
}

/// What the page of the family says about contacts.
pub(super) struct Contacts {
    clock: BurnClock,
    /// Whom the person named.
    mine: Vec<Told>,
    /// Who named the person.
    theirs: Vec<Told>,
}

pub(super) fn contacts(work: &Work, clock: BurnClock) -> Result<Contacts, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let mut mine = Vec::new();
    for (other, contact) in session.contacts_of(&me).map_err(refused)? {
        mine.push(Told { who: work.named(&other), other, contact });
    }
    let mut theirs = Vec::new();
    for (other, contact) in session.contact_for(Some(&work.actor), &me).map_err(refused)? {
        theirs.push(Told { who: called(work, &other)?, other, contact });
    }
    Ok(Contacts { clock, mine, theirs })
}

fn days(blocks: u64) -> u64 {
    blocks.div_ceil(A_DAY)
}

/// Whom the person trusts for later.
pub(super) fn mine(view: &View, contacts: &Contacts) -> Markup {
    let words = &view.words;
    html! {
        section aria-labelledby="contacts" {
            h2 id="contacts" { (words.say("contact-mine")) }
            @if contacts.mine.is_empty() { p { (words.say("contact-mine-none")) } }
            ul.readers {
                @for Told { other, who, contact } in &contacts.mine {
                    @let name = who.say(words);
                    li.emergency[contact.ready_at.is_some()] {
                        span {
                            strong { bdi { (name) } }
                            br;
                            (state(words, contact, contacts.clock))
                            br;
                            (words.say("contact-then")) " " (powers::they_may(words, contact.powers))
                        }
                        // A name that is read out has what stands on the button.
                        @let label = words.with("contact-remove-who", &[("who", (&name).into())]);
                        a.button.stop href=(format!("/family?refuse={other}"))
                            aria-label=[contact.ready_at.is_none().then_some(label)] {
                            (words.say(if contact.ready_at.is_some() { "home-refuse" } else { "contact-remove" }))
                        }
                    }
                }
            }
            p { a.button.second href="/family/contact" { (words.say("contact-name")) } }
        }
    }
}

/// How far a contact of the person is.
fn state(words: &Words, contact: &Contact, clock: BurnClock) -> String {
    match contact.ready_at {
        None => words.with("contact-waits", &[("count", days(contact.wait).into())]),
        Some(ready) if clock.height >= ready => words.say("contact-asked-now"),
        Some(ready) => {
            let end = times::day_and_time(words, clock.time_of(ready));
            words.with("contact-asked", &[("end", (&end).into())])
        }
    }
}

/// Who trusts the person for later, and what the person can do about it now.
pub(super) fn theirs(view: &View, contacts: &Contacts) -> Markup {
    let words = &view.words;
    html! {
        section aria-labelledby="trusted" {
            h2 id="trusted" { (words.say("contact-theirs")) }
            @if contacts.theirs.is_empty() { p { (words.say("contact-theirs-none")) } }
            p.hint { (words.say("contact-theirs-hint")) " " a href="/people" { (words.say("someone-add")) } }
            ul.readers {
                @for Told { other, who, contact } in &contacts.theirs {
                    @let name = who.say(words);
                    li {
                        span {
                            strong { bdi { (name) } }
                            br;
                            @match contact.ready_at {
                                None => (words.with("contact-you-wait", &[("count", days(contact.wait).into())])),
                                Some(ready) if contacts.clock.height < ready => {
                                    (words.with("contact-you-asked", &[
                                        ("end", (&times::day_and_time(words, contacts.clock.time_of(ready))).into()),
                                    ]))
                                },
                                Some(_) => (words.say("contact-you-ready")),
                            }
                            br;
                            (words.say("contact-then")) " " (powers::you_may(words, contact.powers))
                        }
                        @match contact.ready_at {
                            None => a.button href=(format!("/family?ask={other}")) { (words.say("contact-ask")) },
                            Some(ready) if contacts.clock.height >= ready => (begin(view, other)),
                            Some(_) => {},
                        }
                    }
                }
            }
            details {
                summary { (words.say("contact-other")) }
                form method="get" action="/family" {
                    label for="patient" { (words.say("contact-other-who")) }
                    input id="patient" name="ask" type="text" spellcheck="false" autocomplete="off" required;
                    button.second type="submit" { (words.say("contact-ask")) }
                }
            }
        }
    }
}

/// The button of a contact whose wait is over.
pub(crate) fn begin(view: &View, other: &Principal) -> Markup {
    html! {
        form.inline method="post" action="/family/contact/accept" {
            (token(&view.visitor))
            input type="hidden" name="patient" value=(other);
            button type="submit" { (view.words.say("contact-accept")) }
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Terms {
    #[serde(default)]
    token: String,
    /// `yes` once the form was filled in.
    #[serde(default)]
    look: String,
    /// `yes` where their key is to be compared before that.
    #[serde(default)]
    compare: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    other: String,
    #[serde(default)]
    preset: String,
    #[serde(default)]
    see: String,
    #[serde(default)]
    share: String,
    #[serde(default)]
    add: String,
    /// How many days they wait.
    #[serde(default)]
    days: String,
    #[serde(default)]
    meant: String,
    #[serde(default)]
    confirmed: String,
}

impl Terms {
    fn fields(&self) -> [(&'static str, &str); 7] {
        [
            ("person", &self.person),
            ("other", &self.other),
            ("preset", &self.preset),
            ("see", &self.see),
            ("share", &self.share),
            ("add", &self.add),
            ("days", &self.days),
        ]
    }
}

fn days_field(words: &Words, typed: &str) -> Markup {
    html! {
        label for="days" { (words.say("contact-days")) }
        input id="days" name="days" type="number" inputmode="numeric" min="1" max=(MOST_DAYS)
            value=(typed) required aria-describedby="days-hint";
        p.hint id="days-hint" { (words.with("contact-days-hint", &[("count", MOST_DAYS.into())])) }
    }
}

/// The form with what was typed, and the key of what is wrong with it.
fn form(
    view: &View,
    people: &[(Principal, Named)],
    typed: Typed<'_>,
    wrong: Option<&str>,
) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("contact-title")) }
        p { (words.say("contact-explained")) }
        @if let Some(key) = wrong { p.wrong role="alert" { (words.say(key)) } }
        // It only asks what it means. No address has what was typed, which may be a card.
        form.card method="post" action="/family/contact" {
            (token(&view.visitor))
            input type="hidden" name="look" value="yes";
            (someone::fields(words, "family-name-who", people, typed))
            (powers::fields(words, typed))
            (days_field(words, typed.get("days").unwrap_or("7")))
            button type="submit" { (words.say("family-name-next")) }
            a.button.second href="/family" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/family", &words.say("contact-title"), &body)
}

/// `GET /family/contact`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(mut terms): Query<Terms>,
) -> Result<Response, PortalError> {
    if terms.look == "yes" {
        // An address names nobody: that takes a form with its token.
        terms.meant.clear();
        terms.other = view.person.memory.considered(&terms.person).unwrap_or_default();
        return answer(&portal, &view, terms).await;
    }
    let people = with_home(&portal.homes, view.person.clone(), someone::people).await?;
    Ok(form(&view, &people, Typed::NOTHING, None).into_response())
}

struct Naming {
    meant: Meant,
    who: Named,
    powers: Powers,
    days: u64,
}

enum Outcome {
    Explain(Box<Naming>),
    AskAbout(Doubt),
    /// Their key is to be compared, on a page to which a person can go back.
    Compare(Principal),
    Named,
    Wrong(&'static str),
}

fn look(work: &Work, terms: &Terms) -> Result<Result<Naming, &'static str>, PortalError> {
    let Terms { preset, see, share, add, .. } = terms;
    let meant = match someone::meant(work, &terms.person, &terms.other)? {
        Ok(meant) => meant,
        Err(key) => return Ok(Err(key)),
    };
    let Some(powers) = powers::of_form(preset, see, share, add) else {
        return Ok(Err("family-no-powers"));
    };
    let days = terms.days.trim().parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
    let Some(days) = days else { return Ok(Err("contact-wrong-days")) };
    let who = meant.named(work);
    Ok(Ok(Naming { meant, who, powers, days }))
}

fn name(work: &Work, terms: &Terms) -> Result<Outcome, PortalError> {
    let naming = match look(work, terms)? {
        Ok(naming) => naming,
        Err(key) => return Ok(Outcome::Wrong(key)),
    };
    if terms.meant != "yes" {
        if terms.compare == "yes"
            && let Some(doubt) = keys::settle(work, &naming.meant.principal(), "")?
        {
            return Ok(Outcome::AskAbout(doubt));
        }
        return Ok(Outcome::Explain(Box::new(naming)));
    }
    let Naming { meant, powers, days, .. } = naming;
    let user = meant.principal();
    meant.keep(work)?;
    if powers.include(Powers::SEE) {
        work.open.must_be_reached_by(&user, &work.home)?;
        if keys::settle(work, &user, &terms.confirmed)?.is_some() {
            return Ok(Outcome::Compare(user));
        }
    }
    work.open.fund(&work.actor)?;
    let terms = TermsOfContact { powers, wait: days * A_DAY, changed_key: ChangedKey::Refuse };
    let named = work.session().name_contact(&work.actor, &user, terms);
    named.map_err(refused)?.done().ok_or(PortalError::BrokeOff)?;
    Ok(Outcome::Named)
}

fn explain(view: &View, terms: &Terms, naming: &Naming) -> Markup {
    let words = &view.words;
    let who = naming.who.say(words);
    let title = words.with("contact-sure-title", &[("who", (&who).into())]);
    let body = html! {
        h1 { (title) }
        form.card method="post" action="/family/contact" {
            (token(&view.visitor))
            (naming.meant.shown(words))
            p { (words.with("contact-sure-explained", &[("who", (&who).into()), ("count", naming.days.into())])) }
            (powers::exactly(words, naming.powers))
            p { (words.say("contact-sure-keys")) }
            @for (name, value) in terms.fields() { input type="hidden" name=(name) value=(value); }
            div.choice {
                input type="checkbox" id="meant" name="meant" value="yes" required;
                label for="meant" { (words.with("contact-sure-meant", &[("who", (&who).into())])) }
            }
            button type="submit" { (words.say("contact-sure-button")) }
            a.button.second href="/family" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/family", &title, &body)
}

/// `POST /family/contact`: says what it means, and with a tick does it.
pub(crate) async fn post(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(terms): Form<Terms>,
) -> Result<Response, PortalError> {
    view.must_have(&terms.token)?;
    if terms.look != "yes" {
        view.person.memory.consider(None);
        return answer(&portal, &view, terms).await;
    }
    let asked = Terms { meant: String::new(), ..terms.clone() };
    let looked = with_home(&portal.homes, view.person.clone(), move |work| {
        let looked = look(work, &asked)?;
        Ok(looked.map(|naming| naming.meant))
    });
    // A page to which a person can go back. A card waits for it here, and in no address.
    match looked.await? {
        Ok(meant) => {
            let who = meant.principal();
            let card = matches!(meant, Meant::Card(_)).then(|| (who.clone(), terms.other.clone()));
            view.person.memory.consider(card);
            let to = family::to_look("/family/contact", &who, &terms.fields());
            Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
        }
        Err(_) => answer(&portal, &view, Terms { meant: String::new(), ..terms }).await,
    }
}

async fn answer(portal: &Portal, view: &View, terms: Terms) -> Result<Response, PortalError> {
    let sent = terms.clone();
    let (outcome, people) = with_home(&portal.homes, view.person.clone(), move |work| {
        Ok((name(work, &sent)?, someone::people(work)?))
    })
    .await?;
    Ok(match outcome {
        Outcome::Explain(naming) => explain(view, &terms, &naming).into_response(),
        Outcome::Named => done("contact"),
        Outcome::Compare(user) => {
            let to = family::to_compare("/family/contact", &user, &terms.fields());
            (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
        }
        Outcome::AskAbout(doubt) => {
            let mut fields = terms.fields().to_vec();
            fields.push(("meant", "yes"));
            keys::page(view, &doubt, "/family/contact", &fields).into_response()
        }
        Outcome::Wrong(key) => {
            let page = form(view, &people, Typed::of(&terms.fields()), Some(key));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}

pub(super) fn done(what: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, format!("/family?done={what}"))]).into_response()
}

/// `POST /family/contact/{account}/remove`: they are no contact any more, whether they asked or not.
pub(crate) async fn remove(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(who): Path<Principal>,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes.for_an_end(), view.person.clone(), move |work| {
        work.open.fund(&work.actor)?;
        refuse(work, &who)
    })
    .await?;
    Ok(done("contact-removed"))
}

/// Refuses a contact, or takes them back. Where that was done before, nothing is wrong.
pub(crate) fn refuse(work: &Work, who: &Principal) -> Result<(), PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    match session.refuse_contact(&work.actor, who) {
        // The second press of the button; a node's refusal to take it is none of the contract. Whoever handed over refuses
        // nobody: the successor does.
        Err(ContactError::NoContact { .. })
            if session.handed_over(&me).map_err(refused)?.is_none() =>
        {
            Ok(())
        }
        refusal => refusal.map_err(refused)?.done().map(drop).ok_or(PortalError::BrokeOff),
    }
}

#[derive(Deserialize)]
pub(crate) struct Asking {
    token: String,
    /// A name among the person's people, or an account.
    patient: String,
}

pub(super) fn patient(work: &Work, given: &str) -> Result<Principal, PortalError> {
    work.names.resolve(given).map_err(|error| match error {
        mrms_home::NameError::Unclear { .. } => PortalError::Form { key: "share-unclear" },
        _ => PortalError::Form { key: "share-unknown" },
    })
}

/// `POST /family/contact/ask`: as a contact, begins the wait.
pub(crate) async fn ask(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Asking>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), move |work| {
        let patient = patient(work, &form.patient)?;
        work.open.fund(&work.actor)?;
        let (session, me) = (work.session(), work.actor.principal());
        let asked = session.ask_for_delegation(&work.actor, &patient).map_err(refused);
        let asked = asked.and_then(|sent| sent.done().map(drop).ok_or(PortalError::BrokeOff));
        family::unless_done(asked, || {
            let contact = session.ask(&read::contact(&patient, &me)).map_err(refused)?;
            Ok(contact.is_some_and(|contact| contact.ready_at.is_some()))
        })
    })
    .await?;
    Ok(done("contact-asked"))
}

/// `POST /family/contact/accept`: as a contact who waited, becomes a delegate.
pub(crate) async fn accept(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Asking>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), move |work| {
        let patient = patient(work, &form.patient)?;
        work.open.fund(&work.actor)?;
        let (session, me) = (work.session(), work.actor.principal());
        let accepted = session.accept_delegation(&work.actor, &patient).map_err(refused);
        let accepted = accepted.and_then(|sent| sent.done().map(drop).ok_or(PortalError::BrokeOff));
        family::unless_done(accepted, || family::acts(work, &patient, &me))
    })
    .await?;
    Ok(done("contact-accepted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_is_told_in_days_and_is_a_year_at_most() {
        assert_eq!(MOST_DAYS, 365);
        assert_eq!((days(1), days(144), days(145)), (1, 1, 2));
    }
}
