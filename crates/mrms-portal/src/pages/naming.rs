//! The name that a person gives somebody: the button beside whoever has none, the page behind it, and what is done there. It is the
//! same while they act for somebody, with an address of its own: pages of one's own things are not there then.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_core::Principal;
use mrms_home::clock::{now, rng};
use mrms_people::FieldText;
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::layout::{self, token};
use crate::pages::next;
use crate::pages::paging::encoded;
use crate::pages::typed::no_name;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

/// Where somebody is given a name.
fn place(view: &View, who: &Principal) -> String {
    match view.person.memory.acting() {
        Some(_) => format!("/acting/people/{who}/name"),
        None => format!("/people/{who}/name"),
    }
}

/// The button for somebody. `from` is the page to which the person goes back.
pub(crate) fn button(view: &View, who: &Principal, named: &Named, from: &str) -> Markup {
    let words = &view.words;
    let key = if named.lacks_name() { "name-give" } else { "name-change" };
    let label = words.with(
        "name-of",
        &[("action", (&words.say(key)).into()), ("who", (&named.say(words)).into())],
    );
    html! {
        a.button.second.small href=(format!("{}?next={}", place(view, who), encoded(from))) aria-label=(label) {
            (words.say(key))
        }
    }
}

/// The buttons of one page: one for each account without a name, where it stands first.
pub(crate) struct Offers<'v> {
    view: &'v View,
    from: String,
    offered: RefCell<BTreeSet<Principal>>,
}

impl<'v> Offers<'v> {
    pub(crate) fn new(view: &'v View, from: impl Into<String>) -> Self {
        Self { view, from: from.into(), offered: RefCell::default() }
    }

    /// The button beside somebody who has no name, and beside an organisation without one for which they acted.
    pub(crate) fn beside(
        &self,
        who: &Principal,
        organisation: Option<&Principal>,
        named: &Named,
    ) -> Markup {
        match (named, organisation) {
            (Named::Member { who: member, organisation: named }, Some(organisation)) => html! {
                (self.one(who, member)) (self.one(organisation, named))
            },
            _ => self.one(who, named),
        }
    }

    fn one(&self, who: &Principal, named: &Named) -> Markup {
        let is_new = named.lacks_name() && self.offered.borrow_mut().insert(who.clone());
        html! { @if is_new { " " (button(self.view, who, named, &self.from)) } }
    }
}

/// The field for a name, with what was typed, or the name as it is.
pub(crate) fn field(words: &Words, value: &str) -> Markup {
    html! {
        label for="name" { (words.say("person-rename")) }
        input id="name" name="name" type="text" maxlength="64" autocomplete="off" required value=(value);
    }
}

/// Gives somebody a name. `Err` inside is the key of what is wrong with it.
pub(crate) fn give(
    work: &Work,
    who: &Principal,
    name: &str,
) -> Result<Result<(), &'static str>, PortalError> {
    let Ok(name) = FieldText::new(name) else { return Ok(Err(no_name(name))) };
    let people = work.names.people().cloned().unwrap_or_default();
    if people.look_at_name(name.as_str(), who).is_err() {
        return Ok(Err("people-refused-name"));
    }
    let root = work.actor.keyring.record_root().map_err(refused)?;
    let profile = work.session().profile;
    let called = profile.call_account(&root, who, name, now(), &mut rng());
    called.map(|_| Ok(())).map_err(refused)
}

/// Whom the page is about, as the person knows them, and their name for them. Nobody names themselves, or a link.
fn known(work: &Work, who: &Principal) -> Result<(Named, String), PortalError> {
    let acting = match work.memory.acting() {
        Some(_) => Some(work.acting(None, None)?),
        None => None,
    };
    let named = match acting.filter(|acting| acting.patient == *who) {
        Some(acting) => acting.who,
        None => work.named(who),
    };
    if matches!(named, Named::You | Named::Link(..)) {
        return Err(PortalError::NoPage);
    }
    let own = work.names.people().and_then(|people| people.name_of(who));
    Ok((named, own.unwrap_or_default().to_owned()))
}

fn page(
    view: &View,
    who: &Principal,
    (named, value): (&Named, &str),
    (next, wrong): (&str, Option<&str>),
) -> Markup {
    let words = &view.words;
    let acts = view.person.memory.acting().is_some();
    let key = if named.lacks_name() { "name-give" } else { "name-change" };
    let body = html! {
        h1 { (words.say(key)) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        form.card method="post" action=(place(view, who)) {
            (token(&view.visitor))
            input type="hidden" name="next" value=(next);
            @if !named.lacks_name() { p { bdi { (named.say(words)) } } }
            div { (layout::account(words, who)) }
            (field(words, value))
            p.hint { (words.say("name-hint")) }
            button type="submit" { (words.say("name-save")) }
            a.button.second href=(next) { (words.say("cancel")) }
        }
        @if !acts { p.hint { (words.say("name-card")) " " a href="/people#document" { (words.say("nameless-link")) } } }
    };
    layout::page(view, if acts { "/acting" } else { "/people" }, &words.say(key), &body)
}

/// The page to which the person goes back: the one from which they came, else that of whom they named.
fn back(view: &View, who: &Principal, asked: &str) -> String {
    let usual = || match view.person.memory.acting() {
        Some(_) => "/acting".to_owned(),
        None => format!("/people/{who}"),
    };
    next::of(asked).map_or_else(usual, str::to_owned)
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    next: String,
}

/// `GET /people/{who}/name`, `GET /acting/people/{who}/name`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(who): Path<Principal>,
    Query(asked): Query<Asked>,
) -> Result<Markup, PortalError> {
    let user = who.clone();
    let (named, own) =
        with_home(&portal.homes, view.person.clone(), move |work| known(work, &user)).await?;
    let next = back(&view, &who, &asked.next);
    Ok(page(&view, &who, (&named, &own), (&next, None)))
}

#[derive(Deserialize)]
pub(crate) struct NewName {
    token: String,
    name: String,
    #[serde(default)]
    next: String,
}

/// `POST /people/{who}/name`, `POST /acting/people/{who}/name`.
pub(crate) async fn name(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(who): Path<Principal>,
    Form(form): Form<NewName>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let (user, typed) = (who.clone(), form.name.clone());
    let (named, given) = with_home(&portal.homes, view.person.clone(), move |work| {
        let (named, _) = known(work, &user)?;
        let given = give(work, &user, &typed)?;
        Ok((named, given))
    })
    .await?;
    let next = back(&view, &who, &form.next);
    Ok(match given {
        Ok(()) => (StatusCode::SEE_OTHER, [(LOCATION, next)]).into_response(),
        Err(key) => {
            let wrong = view.words.say(key);
            let page = page(&view, &who, (&named, &form.name), (&next, Some(&wrong)));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}
