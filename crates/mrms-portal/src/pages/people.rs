//! People: whom this person knows, and somebody new by their card or account. What a card says is shown before it is
//! taken; what is taken, `mrms-app` decides.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::people::known::Offered;
use mrms_app::profile::directories::KeptDirectory;
use mrms_core::Principal;
use mrms_home::clock::{now, rng};
use mrms_people::document::{armor, bytes_of_text, topic_of};
use mrms_people::name::short;
use mrms_people::{FieldText, People};
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::forms::Done;
use crate::pages::layout::{self, notice, token};
use crate::pages::typed::no_name;
use crate::pages::unsure::{self, Unsure};
use crate::pages::view::View;
use crate::pages::{cards, handed, lists};
use crate::portal::Portal;
use crate::work::{Work, with_home};

struct Row {
    who: Named,
    principal: Principal,
    organisation: Option<String>,
    /// How many records they can open now.
    records: usize,
    has_all: bool,
    /// What is not certain yet of what was given them, or stopped.
    unsure: Option<Unsure>,
}

fn rows(work: &Work) -> Result<Vec<Row>, PortalError> {
    let overview = work.overview()?;
    let people = work.people()?;
    let known = people.iter().map(|person| person.principal.clone());
    let others = overview.shares.iter().map(|share| &share.user);
    let seeing = overview.seeing.iter().map(|one| &one.user);
    let unsure = unsure::all(work, &overview)?;
    let doubtful = unsure.iter().map(|one| &one.user);
    let others: BTreeSet<Principal> = others.chain(seeing).chain(doubtful).cloned().collect();
    let others = others.into_iter();
    let others = others.filter(|user| !people.iter().any(|person| person.principal == *user));
    let row = |principal: Principal| {
        let share = overview.shares.iter().find(|share| share.user == principal);
        let card = people.iter().find(|person| person.principal == principal);
        let card = card.and_then(|person| person.card().ok().flatten());
        Row {
            who: work.reader(&principal),
            organisation: card
                .and_then(|card| card.document().organisation.as_ref().map(ToString::to_string)),
            records: share.map_or(0, |share| overview.records_seen(share)),
            has_all: share.is_some_and(|share| share.standing.is_some())
                || overview.seeing(&principal).is_some(),
            unsure: unsure.iter().find(|one| one.user == principal).cloned(),
            principal,
        }
    };
    Ok(known.chain(others).map(row).collect())
}

/// What the page shows.
struct Facts {
    rows: Vec<Row>,
    lists: Vec<KeptDirectory>,
}

fn facts(work: &Work) -> Result<Facts, PortalError> {
    Ok(Facts { rows: rows(work)?, lists: lists::kept(work)? })
}

/// The page; `again` is what is wrong with a card, and what was pasted.
fn page(view: &View, facts: &Facts, done: &str, again: Option<(&str, &str)>) -> Markup {
    let words = &view.words;
    let Facts { rows, lists } = facts;
    let body = html! {
        @match done {
            "list" => (notice(&words.say("list-added"))),
            "list-forgotten" => (notice(&words.say("list-forgotten"))),
            _ => {},
        }
        h1 { (words.say("nav-people")) }
        @if let Some((wrong, _)) = again { p.wrong role="alert" { (wrong) } }
        @if rows.is_empty() { p { (words.say("people-none")) } }
        ul.rows {
            @for row in rows.iter() {
                li.row {
                    a href=(format!("/people/{}", row.principal)) {
                        span.name { bdi { (row.who.say(words)) } }
                        span.meta {
                            @if let Some(organisation) = &row.organisation { bdi { (organisation) } " · " }
                            (short(&row.principal))
                        }
                        span.seen {
                            @if row.has_all { (words.say("people-sees-all")) }
                            @else { (words.with("people-sees", &[("count", row.records.into())])) }
                            @if let Some(unsure) = &row.unsure { (unsure.in_line(words)) }
                        }
                    }
                }
            }
        }
        p { a.button.second href="/staff" { (words.say("staff-link")) } }
        form.card method="post" action="/people/look" enctype="multipart/form-data" {
            h2 { (words.say("people-add")) }
            (token(&view.visitor))
            (handed::fields(words, "people-card-or-list", "people-card-hint", again.map_or("", |(_, typed)| typed)))
            button type="submit" { (words.say("people-look-button")) }
        }
        (lists::section(view, lists))
        section.card {
            h2 { (words.say("people-more")) }
            p { a href="/card" { (words.say("own-card-title")) } " · "
                a href="/links" { (words.say("links-title")) } }
            p { a href="/request/answer" { (words.say("answer-title")) } }
            p { a href="/invite" { (words.say("invite-title")) } " · "
                a href="/join" { (words.say("join-title")) } }
            p { a href="/trustees/answer" { (words.say("trustees-answer-link")) } }
        }
    };
    layout::page(view, "/people", &words.say("nav-people"), &body)
}

/// `GET /people`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(asked): Query<Done>,
) -> Result<Markup, PortalError> {
    let facts = with_home(&portal.homes, view.person.clone(), facts).await?;
    Ok(page(&view, &facts, &asked.done, None))
}

/// Somebody new, looked at and not taken yet.
enum New {
    Card {
        offered: Box<Offered>,
        text: String,
        own: Option<String>,
        alike: Vec<Named>,
    },
    Account {
        principal: Principal,
    },
    /// A list of cards, of somebody's staff for example.
    List(Box<lists::New>),
    Wrong(&'static str),
}

fn known(work: &Work) -> People {
    work.names.people().cloned().unwrap_or_default()
}

fn look(work: &Work, bytes: Option<&[u8]>, text: &str) -> Result<New, PortalError> {
    let me = work.actor.principal();
    let Some(bytes) = bytes else {
        return Ok(match text.trim().parse::<Principal>() {
            Ok(principal) if principal == me => New::Wrong("people-own-card"),
            Ok(principal) => New::Account { principal },
            Err(_) => New::Wrong("people-no-card"),
        });
    };
    if topic_of(bytes).as_deref() == Some("directory") {
        return Ok(match lists::look(work, bytes)? {
            Ok(new) => New::List(Box::new(new)),
            Err(key) => New::Wrong(key),
        });
    }
    let offered = match work.session().look_at_card(&work.actor, bytes) {
        Ok(offered) => offered,
        Err(error) => {
            return match (cards::not_taken(&error), topic_of(bytes).as_deref()) {
                (Some(_), Some("invitation")) => Ok(New::Wrong("people-invitation")),
                (Some(_), Some("request")) => Ok(New::Wrong("people-request")),
                (Some(key), _) => Ok(New::Wrong(key)),
                (None, _) => Err(PortalError::refused(&error)),
            };
        }
    };
    let card = offered.card.document();
    let principal = Principal::from(card.principal);
    let people = known(work);
    let own = people.get(&principal).and_then(|person| person.own_name.as_ref());
    let own = own.map(ToString::to_string);
    let alike = people.alike(own.as_deref().unwrap_or(card.name.as_str()), &principal);
    let alike = alike.iter().map(|one| work.reader(&one.principal)).collect();
    Ok(New::Card { text: armor(bytes), own, alike, offered: Box::new(offered) })
}

fn question(view: &View, new: &New, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("people-look-title")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        form.card method="post" action="/people" {
            (token(&view.visitor))
            @match new {
                New::Card { offered, text, own, alike } => {
                    (cards::card(words, offered.card.document()))
                    (cards::news(words, offered))
                    input type="hidden" name="document" value=(text);
                    label for="name" { (words.say("people-name")) }
                    input id="name" name="name" type="text" maxlength="64" autocomplete="off"
                        value=(own.clone().unwrap_or_else(|| offered.card.document().name.to_string()));
                    @if !alike.is_empty() {
                        p.wrong {
                            (words.say("people-alike")) " "
                            @for one in alike { bdi { (one.say(words)) } " " }
                        }
                        div.choice {
                            input type="checkbox" id="alike" name="alike" value="yes";
                            label for="alike" { (words.say("people-alike-meant")) }
                        }
                    }
                },
                New::Account { principal } => {
                    div { (layout::account(words, principal)) }
                    p { (words.say("people-account-explained")) }
                    input type="hidden" name="document" value=(principal);
                    label for="name" { (words.say("people-account-name")) }
                    input id="name" name="name" type="text" maxlength="64" autocomplete="off" required;
                },
                New::List(_) | New::Wrong(_) => {},
            }
            button type="submit" { (words.say("people-add-button")) }
            a.button.second href="/people" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/people", &words.say("people-look-title"), &body)
}

/// `POST /people/look`: shows what a card says.
pub(crate) async fn look_at(
    State(portal): State<Arc<Portal>>,
    view: View,
    form: Multipart,
) -> Result<Response, PortalError> {
    let again = async |key: &'static str, typed: &str| {
        let facts = with_home(&portal.homes, view.person.clone(), facts).await?;
        let page = page(&view, &facts, "", Some((&view.words.say(key), typed)));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let handed = match handed::read(&view.visitor, form).await? {
        Ok(handed) => handed,
        Err(not) => return again(not.key, &not.text).await,
    };
    let typed = handed.text.clone();
    let new = with_home(&portal.homes, view.person.clone(), move |work| {
        look(work, handed.bytes.as_deref(), &handed.text)
    });
    match new.await? {
        New::Wrong(key) => again(key, &typed).await,
        New::List(new) => Ok(lists::question(&view, &new, None).into_response()),
        new => Ok(question(&view, &new, None).into_response()),
    }
}

#[derive(Deserialize)]
pub(crate) struct NewPerson {
    token: String,
    document: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    alike: String,
}

/// What became of somebody new.
enum Added {
    Yes(Principal),
    /// It is to be asked again, for this reason.
    Again(New, &'static str),
}

fn add(work: &Work, form: &NewPerson) -> Result<Added, PortalError> {
    let bytes = bytes_of_text(&form.document).ok();
    let new = look(work, bytes.as_deref(), &form.document)?;
    let (principal, said) = match &new {
        New::Wrong(key) => return Err(PortalError::Form { key }),
        New::List(_) => return Err(PortalError::Form { key: "card-other-kind" }),
        New::Account { principal } => (principal.clone(), None),
        New::Card { offered, .. } => {
            let card = offered.card.document();
            (Principal::from(card.principal), Some(card.name.clone()))
        }
    };
    let given = match (form.name.trim(), &said) {
        ("", Some(name)) => Some(name.clone()),
        (name, _) => FieldText::new(name).ok(),
    };
    let Some(name) = given else { return Ok(Added::Again(new, no_name(&form.name))) };
    match known(work).look_at_name(name.as_str(), &principal) {
        Err(_) => return Ok(Added::Again(new, "people-refused-name")),
        // A name that the person typed is meant; one that a card brings is asked about.
        Ok(alike) if !alike.is_empty() && said.as_ref() == Some(&name) && form.alike != "yes" => {
            return Ok(Added::Again(new, "people-lookalike"));
        }
        Ok(_) => {}
    }
    let session = work.session();
    match new {
        New::Card { offered, .. } => {
            let kept = session.keep_card(&work.actor, &offered, Some(name), now(), &mut rng());
            kept.map_err(refused)?;
        }
        _ => {
            let root = work.actor.keyring.record_root().map_err(refused)?;
            let called = session.profile.call_account(&root, &principal, name, now(), &mut rng());
            called.map_err(refused)?;
        }
    }
    Ok(Added::Yes(principal))
}

/// `POST /people`: takes somebody into one's people.
pub(crate) async fn add_person(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<NewPerson>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let added = with_home(&portal.homes, view.person.clone(), move |work| add(work, &form)).await?;
    Ok(match added {
        Added::Yes(principal) => {
            let to = format!("/people/{principal}?done=added");
            (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
        }
        Added::Again(new, key) => {
            let page = question(&view, &new, Some(&view.words.say(key)));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}
