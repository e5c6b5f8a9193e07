//! Makes a link to a record: what it gives, for how long, with a passcode or without.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::links::make::{LinkTerms, draw_passcode};
use mrms_app::profile::links::LinkKind;
use mrms_core::{BurnClock, RecordId, visible};
use mrms_home::clock::rng;
use mrms_home::link_host::HostAnswers;
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::pages::layout::{self, token};
use crate::pages::links::LONGEST;
use crate::pages::share::{expiry_of, terms};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// The longest label, in characters.
const MOST_LABEL: usize = 80;

struct Facts {
    name: Option<String>,
    version: u64,
    clock: BurnClock,
    /// Whether this home ever answered for links.
    has_host: bool,
    /// Whether nobody answers for them now.
    is_silent: bool,
}

fn facts(work: &Work, id: RecordId) -> Result<Facts, PortalError> {
    let record = work.own_record(id)?;
    let overview = work.overview()?;
    let host = work.home.hosted_links().url();
    let answers = host.as_deref().map(|url| work.home.link_host_answers(url));
    Ok(Facts {
        name: overview.name(id).map(str::to_owned),
        version: record.version.number(),
        clock: overview.clock,
        has_host: host.is_some(),
        is_silent: matches!(answers, Some(HostAnswers::No(_))),
    })
}

fn page(view: &View, id: RecordId, facts: &Facts, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let name = facts.name.clone().unwrap_or_else(|| words.say("records-unnamed"));
    let body = html! {
        h1 { (words.with("new-link-title", &[("name", (&name).into())])) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        p { (words.say("links-explained")) }
        @if !facts.has_host { p.wrong { (words.say("new-link-no-host")) } }
        @else {
            @if facts.is_silent { p.wrong { (words.say("link-host-silent")) } }
            p {
                (words.say("share-what")) " "
                a href=(format!("/records/{id}")) { bdi { (name) } } ", "
                (words.with("record-version", &[("number", facts.version.into())]))
            }
            form.card method="post" action=(format!("/records/{id}/link")) {
                (token(&view.visitor))
                (terms(words, facts.clock, Some(LONGEST)))
                div.choice {
                    input type="checkbox" id="passcode" name="passcode" value="yes" checked;
                    label for="passcode" { (words.say("new-link-passcode")) }
                }
                label for="uses" { (words.say("new-link-uses")) }
                input id="uses" name="uses" type="number" min="1" max="1000" inputmode="numeric";
                label for="label" { (words.say("new-link-label")) }
                input id="label" name="label" type="text" maxlength=(MOST_LABEL) autocomplete="off";
                p { (words.say("new-link-explained")) }
                button type="submit" { (words.say("new-link-button")) }
                a.button.second href=(format!("/records/{id}")) { (words.say("cancel")) }
            }
        }
    };
    layout::page(view, "/records", &words.say("new-link-button"), &body)
}

/// `GET /records/{id}/link`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
) -> Result<Markup, PortalError> {
    let facts = with_home(&portal.homes, view.person.clone(), move |work| facts(work, id)).await?;
    Ok(page(&view, id, &facts, None))
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    token: String,
    #[serde(default)]
    term: String,
    #[serde(default)]
    passcode: String,
    #[serde(default)]
    uses: String,
    #[serde(default)]
    label: String,
}

/// Makes the link; `Err` is the key of a sentence.
fn make_it(
    work: &Work,
    id: RecordId,
    wanted: &Wanted,
) -> Result<Result<u32, &'static str>, PortalError> {
    work.own_record(id)?;
    let session = work.session();
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let expiry = match expiry_of(&wanted.term, "", clock) {
        Ok(Some(expiry)) => expiry,
        Ok(None) => return Ok(Err("share-no-term")),
        Err(key) => return Ok(Err(key)),
    };
    let most_uses = match wanted.uses.trim() {
        "" => None,
        text => match text.parse::<u32>() {
            Ok(uses) if uses > 0 => Some(uses),
            _ => return Ok(Err("new-link-wrong-uses")),
        },
    };
    let label = wanted.label.trim();
    if visible::acting(label).is_some() || label.chars().count() > MOST_LABEL {
        return Ok(Err("new-link-wrong-label"));
    }
    let host = work.home.hosted_links();
    let Some(host_url) = host.url() else { return Ok(Err("new-link-no-host")) };
    let prepared = session.prepare_link(&work.actor, &[id], &mut rng()).map_err(refused)?;
    let terms = LinkTerms {
        kind: LinkKind::Shl,
        label: (!label.is_empty()).then(|| label.to_owned()),
        expiry,
        passcode: (wanted.passcode == "yes").then(|| draw_passcode(&mut rng())),
        most_uses,
        long_term: false,
        single_file: false,
        host_url: &host_url,
        host: None,
        patient: None,
        viewer: None,
    };
    work.open.fund(&work.actor)?;
    let made = session.make_link(&work.actor, &prepared, &terms, &host, &mut rng());
    Ok(Ok(made.map_err(refused)?.number))
}

/// `POST /records/{id}/link`.
pub(crate) async fn make(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, PortalError> {
    view.must_have(&wanted.token)?;
    let (made, facts) = with_home(&portal.homes, view.person.clone(), move |work| {
        Ok((make_it(work, id, &wanted)?, facts(work, id)?))
    })
    .await?;
    Ok(match made {
        Ok(number) => {
            (StatusCode::SEE_OTHER, [(LOCATION, format!("/links/{number}"))]).into_response()
        }
        Err(key) => {
            let page = page(&view, id, &facts, Some(&view.words.say(key)));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}
