//! Names somebody for the staff: whom, and until when; then what that means, with their card where one was given, and a tick.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::sharing::recipients::ChangedKey;
use mrms_app::staff::name::MemberTerms;
use mrms_contract::read;
use mrms_contract::state::Membership;
use mrms_core::{BurnClock, BurnHeight, Principal};
use mrms_home::clock::rng;
use mrms_people::FieldText;
use mrms_people::document::armor;
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::keys::{self, Doubt};
use crate::pages::layout::{self, token};
use crate::pages::share::{self, expiry_of};
use crate::pages::someone::{self, Meant};
use crate::pages::staff::{PLACE, back, end_of};
use crate::pages::typed::{Typed, no_name};
use crate::pages::view::View;
use crate::pages::{handed, left, naming};
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// The length that the form is shown with first.
const USUAL: &str = "share-year";

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Terms {
    #[serde(default)]
    token: String,
    #[serde(default)]
    person: String,
    /// The text of a card, an account or a name.
    #[serde(default)]
    document: String,
    /// What the person calls them from now on; empty where they stay as they are.
    #[serde(default)]
    name: String,
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
    fn fields(&self) -> [(&'static str, &str); 5] {
        [
            ("person", &self.person),
            ("document", &self.document),
            ("name", &self.name),
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

/// The form again, with what was typed and the key of what is wrong with it.
fn form(view: &View, known: &Known, typed: Typed<'_>, wrong: Option<&str>) -> Markup {
    page(view, known, typed, ("staff-add", wrong))
}

fn page(
    view: &View,
    known: &Known,
    typed: Typed<'_>,
    (title, wrong): (&str, Option<&str>),
) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say(title)) }
        @if title == "staff-add" { p { (words.say("staff-add-explained")) } }
        @if let Some(key) = wrong { p.wrong role="alert" { (words.say(key)) } }
        // It only asks what it means.
        form.card method="post" action="/staff/add/look" enctype="multipart/form-data" {
            (token(&view.visitor))
            @if !known.people.is_empty() {
                fieldset {
                    legend { (words.say("staff-add-who")) }
                    (someone::radios(words, (&known.people, &|_| None), typed))
                }
            }
            (handed::fields(words, "staff-add-card", "people-card-hint", typed.text("document")))
            label for="name" { (words.say("staff-add-name")) }
            input id="name" name="name" type="text" maxlength="64" autocomplete="off"
                aria-describedby="name-hint" value=(typed.text("name"));
            p.hint id="name-hint" { (words.say("staff-add-name-hint")) }
            (share::terms(words, known.clock, None, typed))
            button type="submit" { (words.say("family-name-next")) }
            a.button.second href=(PLACE) { (words.say("cancel")) }
        }
    };
    layout::page(view, "/people", &words.say(title), &body)
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    who: Option<Principal>,
    /// `yes` where they are a member, and get another end.
    #[serde(default)]
    change: String,
}

/// `GET /staff/add`: `who` is the member of whom a page led here.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(chosen): Query<Chosen>,
) -> Result<Markup, PortalError> {
    let known = with_home(&portal.homes, view.person.clone(), known).await?;
    let who = chosen.who.as_ref();
    let is_listed = who.is_some_and(|who| known.people.iter().any(|(one, _)| one == who));
    let field = if is_listed { "person" } else { "document" };
    let who = who.map(ToString::to_string).unwrap_or_default();
    let typed = [(field, who.as_str()), ("term", USUAL)];
    let title = if chosen.change == "yes" { "staff-change" } else { "staff-add" };
    Ok(page(&view, &known, Typed::of(&typed), (title, None)))
}

/// What a form asks for.
struct Naming {
    meant: Meant,
    who: Named,
    /// The name that they get.
    name: Option<FieldText<64>>,
    expiry: Option<BurnHeight>,
    /// What holds now, and would be replaced.
    before: Option<Membership>,
    clock: BurnClock,
}

fn look(
    work: &Work,
    known: &Known,
    terms: &Terms,
) -> Result<Result<Naming, &'static str>, PortalError> {
    let Terms { person, document, name, term, date, .. } = terms;
    let calls =
        if name.trim().is_empty() { someone::Calls::Themselves } else { someone::Calls::Otherwise };
    let meant = match someone::meant_called(work, person, document, calls)? {
        Ok(meant) => meant,
        Err(key) => return Ok(Err(key)),
    };
    let user = meant.principal();
    let name = match name.trim() {
        "" => None,
        typed => match FieldText::new(typed) {
            Ok(name) => Some(name),
            Err(_) => return Ok(Err(no_name(typed))),
        },
    };
    if let (Some(name), Some(people)) = (&name, work.names.people())
        && people.look_at_name(name.as_str(), &user).is_err()
    {
        return Ok(Err("people-refused-name"));
    }
    let expiry = match expiry_of(term, date, known.clock) {
        Ok(expiry) => expiry,
        Err(key) => return Ok(Err(key)),
    };
    let before = read::member(&work.actor.principal(), &user);
    let before = work.session().ask(&before).map_err(refused)?;
    let before = before.filter(|one| one.is_live(known.clock.height));
    let who = match &name {
        Some(name) => Named::Known(name.to_string()),
        None => meant.named(work),
    };
    Ok(Ok(Naming { meant, who, name, expiry, before, clock: known.clock }))
}

/// What became of a form.
enum Outcome {
    /// It is to be said what it means.
    Explain(Box<Naming>),
    /// Their key is to be compared first.
    AskAbout(Doubt),
    /// They are named; these others got no key.
    Named(Principal, Vec<Principal>),
    Wrong(&'static str),
}

fn name(
    work: &Work,
    known: &Known,
    terms: &Terms,
    inline_limit: usize,
) -> Result<Outcome, PortalError> {
    let wanted = match look(work, known, terms)? {
        Ok(wanted) => wanted,
        Err(key) => return Ok(Outcome::Wrong(key)),
    };
    if terms.meant != "yes" {
        return Ok(Outcome::Explain(Box::new(wanted)));
    }
    let user = wanted.meant.principal();
    match (&wanted.meant, wanted.name) {
        (Meant::Account(_), Some(name)) => {
            if let Err(key) = naming::give(work, &user, name.as_str())? {
                return Ok(Outcome::Wrong(key));
            }
        }
        (meant, name) => meant.keep_as(work, name)?,
    }
    work.open.must_be_reached_by(&user, &work.home)?;
    if let Some(doubt) = keys::settle(work, &user, &terms.confirmed)? {
        return Ok(Outcome::AskAbout(doubt.about(wanted.who)));
    }
    work.open.fund(&work.actor)?;
    let terms = MemberTerms { expiry: wanted.expiry, changed_key: ChangedKey::Refuse };
    let session = work.session();
    let named = session.name_member(&work.actor, &user, terms, inline_limit, &mut rng());
    let left_out = named.map_err(refused)?.key.left_out;
    Ok(Outcome::Named(user, left_out.into_iter().map(|one| one.user).collect()))
}

fn explain(view: &View, terms: &Terms, wanted: &Naming) -> Markup {
    let words = &view.words;
    let who = wanted.who.say(words);
    let said = |key: &str| words.with(key, &[("who", (&who).into())]);
    let title = said("staff-sure-title");
    let (clock, now) = (wanted.clock, wanted.clock.now);
    let body = html! {
        h1 { (title) }
        form.card method="post" action="/staff/add" {
            (token(&view.visitor))
            (wanted.meant.shown(words))
            @if matches!(wanted.meant, Meant::Account(_)) {
                div { (layout::account(words, &wanted.meant.principal())) }
            }
            ul {
                li { (words.say("staff-sure-opens")) }
                li { (words.say("staff-sure-names")) }
                li { (words.say("staff-sure-all")) }
            }
            p { (left::until(words, now, end_of(clock, wanted.expiry))) }
            @if let Some(before) = wanted.before {
                p { (words.say("family-sure-before")) " " (left::until(words, now, end_of(clock, before.expiry))) }
            }
            @for (name, value) in terms.fields() { input type="hidden" name=(name) value=(value); }
            div.choice {
                input type="checkbox" id="meant" name="meant" value="yes" required;
                label for="meant" { (said("staff-sure-meant")) }
            }
            button type="submit" { (words.say("staff-sure-button")) }
            a.button.second href=(PLACE) { (words.say("cancel")) }
        }
    };
    layout::page(view, "/people", &title, &body)
}

/// `POST /staff/add/look`: says what it means.
pub(crate) async fn look_at(
    State(portal): State<Arc<Portal>>,
    view: View,
    fields: Multipart,
) -> Result<Response, PortalError> {
    let parts = handed::parts(&view.visitor, fields).await?;
    let field = |name: &str| parts.field(name).trim().to_owned();
    let mut terms = Terms {
        person: field("person"),
        name: field("name"),
        term: field("term"),
        date: field("date"),
        ..Terms::default()
    };
    let handed = match handed::of(parts).await? {
        Ok(handed) => handed,
        Err(not) => {
            terms.document = not.text;
            let known = with_home(&portal.homes, view.person.clone(), known).await?;
            let page = form(&view, &known, Typed::of(&terms.fields()), Some(not.key));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    terms.document = handed.bytes.map_or(handed.text, |bytes| armor(&bytes));
    answer(&portal, &view, terms).await
}

/// `POST /staff/add`: with a tick, names them.
pub(crate) async fn post(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(terms): Form<Terms>,
) -> Result<Response, PortalError> {
    view.must_have(&terms.token)?;
    answer(&portal, &view, terms).await
}

async fn answer(portal: &Portal, view: &View, terms: Terms) -> Result<Response, PortalError> {
    let (sent, inline_limit) = (terms.clone(), portal.settings.inline_limit);
    let (outcome, known) = with_home(&portal.homes, view.person.clone(), move |work| {
        let known = known(work)?;
        Ok((name(work, &known, &sent, inline_limit)?, known))
    })
    .await?;
    Ok(match outcome {
        Outcome::Explain(wanted) => explain(view, &terms, &wanted).into_response(),
        Outcome::Named(user, left_out) => {
            let to = back("named", &user, &left_out);
            (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
        }
        Outcome::AskAbout(doubt) => {
            let mut fields = terms.fields().to_vec();
            fields.push(("meant", "yes"));
            keys::page(view, &doubt, "/staff/add", &fields).into_response()
        }
        Outcome::Wrong(key) => {
            let page = form(view, &known, Typed::of(&terms.fields()), Some(key));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}
