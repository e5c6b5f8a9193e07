//! Names a delegate: whom, what they may do, and for how long; then exactly what that means, and a tick.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::sharing::of_all::TermsOfAll;
use mrms_app::sharing::recipients::ChangedKey;
use mrms_contract::read;
use mrms_contract::state::Delegation;
use mrms_core::{BurnClock, BurnHeight, Powers, Principal};
use mrms_home::clock::rng;
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::family::{records_in, to_compare, to_look};
use crate::pages::keys::{self, Doubt};
use crate::pages::layout::{self, token};
use crate::pages::share::{self, expiry_of};
use crate::pages::someone::{self, Meant};
use crate::pages::typed::Typed;
use crate::pages::view::View;
use crate::pages::{left, powers};
use crate::portal::Portal;
use crate::work::{Work, with_home};

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
    #[serde(default)]
    term: String,
    #[serde(default)]
    date: String,
    /// `yes` once the person has read what it means.
    #[serde(default)]
    meant: String,
    #[serde(default)]
    confirmed: String,
}

impl Terms {
    /// The fields that the next page hands on.
    fn fields(&self) -> [(&'static str, &str); 8] {
        [
            ("person", &self.person),
            ("other", &self.other),
            ("preset", &self.preset),
            ("see", &self.see),
            ("share", &self.share),
            ("add", &self.add),
            ("term", &self.term),
            ("date", &self.date),
        ]
    }
}

struct Known {
    people: Vec<(Principal, Named)>,
    clock: BurnClock,
}

fn known(work: &Work) -> Result<Known, PortalError> {
    let clock = work.session().ledger.tip().map_err(refused)?.clock();
    Ok(Known { people: someone::people(work)?, clock })
}

/// The form with what was typed, and the key of what is wrong with it.
fn form(view: &View, known: &Known, typed: Typed<'_>, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("family-name-title")) }
        p { (words.say("family-name-explained")) }
        @if let Some(key) = wrong { p.wrong role="alert" { (words.say(key)) } }
        // It only asks what it means. No address has what was typed, which may be a card.
        form.card method="post" action="/family/name" {
            (token(&view.visitor))
            input type="hidden" name="look" value="yes";
            (someone::fields(words, "family-name-who", &known.people, typed))
            (powers::fields(words, typed))
            (share::terms(words, known.clock, None, typed))
            button type="submit" { (words.say("family-name-next")) }
            a.button.second href="/family" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/family", &words.say("family-name-title"), &body)
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    who: Option<Principal>,
}

/// `GET /family/name`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(chosen): Query<Chosen>,
    Query(mut terms): Query<Terms>,
) -> Result<Response, PortalError> {
    if terms.look == "yes" {
        // An address names nobody: that takes a form with its token.
        terms.meant.clear();
        terms.other = view.person.memory.considered(&terms.person).unwrap_or_default();
        return answer(&portal, &view, terms).await;
    }
    let known = with_home(&portal.homes, view.person.clone(), known).await?;
    let chosen = chosen.who.map(|who| who.to_string()).unwrap_or_default();
    let typed = [("person", chosen.as_str())];
    Ok(form(&view, &known, Typed::of(&typed), None).into_response())
}

/// What a form asks for.
struct Naming {
    meant: Meant,
    who: Named,
    powers: Powers,
    expiry: Option<BurnHeight>,
    /// What is in force, and would be replaced.
    before: Option<Delegation>,
    clock: BurnClock,
}

fn look(
    work: &Work,
    known: &Known,
    terms: &Terms,
) -> Result<Result<Naming, &'static str>, PortalError> {
    let Terms { preset, see, share, add, term, date, .. } = terms;
    let meant = match someone::meant(work, &terms.person, &terms.other)? {
        Ok(meant) => meant,
        Err(key) => return Ok(Err(key)),
    };
    let Some(powers) = powers::of_form(preset, see, share, add) else {
        return Ok(Err("family-no-powers"));
    };
    let expiry = match expiry_of(term, date, known.clock) {
        Ok(expiry) => expiry,
        Err(key) => return Ok(Err(key)),
    };
    let (session, me) = (work.session(), work.actor.principal());
    let user = meant.principal();
    let before = session.ask(&read::delegate(&me, &user)).map_err(refused)?;
    let before = before.filter(|found| found.powers_at(known.clock.height).is_some());
    let who = meant.named(work);
    Ok(Ok(Naming { meant, who, powers, expiry, before, clock: known.clock }))
}

/// What became of a form.
enum Outcome {
    /// It is to be said what it means.
    Explain(Box<Naming>),
    AskAbout(Doubt),
    /// Their key is to be compared, on a page to which a person can go back.
    Compare(Principal),
    Named,
    Wrong(&'static str),
}

fn name(work: &Work, known: &Known, terms: &Terms) -> Result<Outcome, PortalError> {
    let naming = match look(work, known, terms)? {
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
    let Naming { meant, powers, expiry, .. } = naming;
    let user = meant.principal();
    meant.keep(work)?;
    if powers.include(Powers::SEE) {
        work.open.must_be_reached_by(&user, &work.home)?;
        if keys::settle(work, &user, &terms.confirmed)?.is_some() {
            return Ok(Outcome::Compare(user));
        }
    }
    work.open.fund(&work.actor)?;
    let session = work.session();
    let terms = TermsOfAll { allows: powers, expiry, changed_key: ChangedKey::Refuse };
    let named = session.name_delegate(&work.actor, &user, terms);
    named.map_err(refused)?.done().ok_or(PortalError::BrokeOff)?;
    if powers.include(Powers::SEE) {
        let records = records_in(&work.overview()?.own);
        // They are named; what could not be left is told on the page, and left by what this person does next.
        let _ = session.tend(&work.actor, &records, usize::MAX, &mut |_, _| {}, &mut rng());
    }
    Ok(Outcome::Named)
}

fn explain(view: &View, terms: &Terms, naming: &Naming) -> Markup {
    let words = &view.words;
    let who = naming.who.say(words);
    let title = words.with("family-sure-title", &[("who", (&who).into())]);
    let now = naming.clock.now;
    let end = naming.expiry.map(|expiry| naming.clock.time_of(expiry));
    let body = html! {
        h1 { (title) }
        form.card method="post" action="/family/name" {
            (token(&view.visitor))
            (naming.meant.shown(words))
            p { (words.with("family-sure-explained", &[("who", (&who).into())])) }
            (powers::exactly(words, naming.powers))
            p { (left::until(words, now, end)) }
            @if let Some(before) = &naming.before {
                p {
                    (words.say("family-sure-before")) " "
                    (powers::they_may(words, before.powers)) " "
                    (left::until(words, now, before.expiry.map(|expiry| naming.clock.time_of(expiry))))
                }
            }
            @for (name, value) in terms.fields() { input type="hidden" name=(name) value=(value); }
            div.choice {
                input type="checkbox" id="meant" name="meant" value="yes" required;
                label for="meant" { (words.with("family-sure-meant", &[("who", (&who).into())])) }
            }
            button type="submit" { (words.say("family-sure-button")) }
            a.button.second href="/family" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/family", &title, &body)
}

/// `POST /family/name`: says what it means, and with a tick does it.
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
        let looked = look(work, &known(work)?, &asked)?;
        Ok(looked.map(|naming| naming.meant))
    });
    // A page to which a person can go back. A card waits for it here, and in no address.
    match looked.await? {
        Ok(meant) => {
            let who = meant.principal();
            let card = matches!(meant, Meant::Card(_)).then(|| (who.clone(), terms.other.clone()));
            view.person.memory.consider(card);
            let to = to_look("/family/name", &who, &terms.fields());
            Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
        }
        Err(_) => answer(&portal, &view, Terms { meant: String::new(), ..terms }).await,
    }
}

async fn answer(portal: &Portal, view: &View, terms: Terms) -> Result<Response, PortalError> {
    let sent = terms.clone();
    let (outcome, known) = with_home(&portal.homes, view.person.clone(), move |work| {
        let known = known(work)?;
        Ok((name(work, &known, &sent)?, known))
    })
    .await?;
    Ok(match outcome {
        Outcome::Explain(naming) => explain(view, &terms, &naming).into_response(),
        Outcome::Named => {
            (StatusCode::SEE_OTHER, [(LOCATION, "/family?done=named")]).into_response()
        }
        Outcome::Compare(user) => {
            let to = to_compare("/family/name", &user, &terms.fields());
            (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
        }
        Outcome::AskAbout(doubt) => {
            let mut fields = terms.fields().to_vec();
            fields.push(("meant", "yes"));
            keys::page(view, &doubt, "/family/name", &fields).into_response()
        }
        Outcome::Wrong(key) => {
            let page = form(view, &known, Typed::of(&terms.fields()), Some(key));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}
