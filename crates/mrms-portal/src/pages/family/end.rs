//! Ends a delegation, and says first what becomes of what the delegate granted.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::sharing::of_all::WhatTheyGranted;
use mrms_contract::{ContractError, read};
use mrms_core::{Powers, Principal, RecordId, UnixTime, grant};
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::layout::{self, token};
use crate::pages::powers;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

struct Facts {
    who: Named,
    powers: Powers,
    is_live: bool,
    /// What they granted for the person, and others can still open by that.
    granted: Vec<Granted>,
    /// Whether the ledger tells who made each grant. Older contracts do not.
    is_complete: bool,
}

/// Something that a delegate let somebody open.
struct Granted {
    who: Named,
    /// The record; `None` for all records.
    record: Option<(RecordId, Option<String>)>,
    until: Option<UnixTime>,
}

/// What a delegate granted that still opens something, by the entries of the logs in which the grants were made.
fn granted(work: &Work, delegate: &Principal) -> Result<(Vec<Granted>, bool), PortalError> {
    let (session, me, overview) = (work.session(), work.actor.principal(), work.overview()?);
    let clock = overview.clock;
    let named = |who: &Principal| work.reader(who);
    let (mut found, mut is_complete) = (Vec::new(), true);
    let mut standing = BTreeMap::new();
    for own in &overview.own {
        for reader in own.live_readers() {
            let is_live = |expiry| grant::is_live(expiry, clock.height);
            if let Some(one) =
                reader.standing.filter(|one| one.rights.is_some() && is_live(one.expiry))
            {
                standing.insert(reader.user.clone(), one);
            }
            let by_name = reader.grant.filter(|one| one.rights.is_some() && is_live(one.expiry));
            let Some(by_name) = by_name else { continue };
            let Some(index) = by_name.entry else {
                is_complete = false;
                continue;
            };
            let entry = session.ask(&read::audit_entry(own.id, index)).map_err(refused)?;
            if entry.is_some_and(|entry| entry.actor == *delegate) {
                found.push(Granted {
                    who: named(&reader.user),
                    record: Some((own.id, overview.name(own.id).map(str::to_owned))),
                    until: by_name.expiry.map(|expiry| clock.time_of(expiry)),
                });
            }
        }
    }
    for (user, one) in standing {
        let Some(index) = one.entry else {
            is_complete = false;
            continue;
        };
        let entry = session.ask(&read::patient_audit_entry(&me, index)).map_err(refused)?;
        if entry.is_some_and(|entry| entry.actor == *delegate) {
            let until = one.expiry.map(|expiry| clock.time_of(expiry));
            found.push(Granted { who: named(&user), record: None, until });
        }
    }
    Ok((found, is_complete))
}

fn facts(work: &Work, user: &Principal) -> Result<Facts, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let found = session.ask(&read::delegate(&me, user)).map_err(refused)?;
    let delegation = found.ok_or(PortalError::NoPage)?;
    let now = session.ledger.tip().map_err(refused)?.burn_height;
    let (granted, is_complete) = match delegation.powers.include(Powers::SHARE) {
        true => granted(work, user)?,
        false => (Vec::new(), true),
    };
    Ok(Facts {
        granted,
        is_complete,
        who: work.reader(user),
        powers: delegation.powers,
        is_live: delegation.powers_at(now).is_some(),
    })
}

fn what_they_granted(words: &Words, who: &str, facts: &Facts) -> Markup {
    let who = &[("who", who.into())];
    if facts.granted.is_empty() {
        let key = if facts.is_complete { "family-granted-none" } else { "family-granted-unknown" };
        return html! { p { (words.with(key, who)) } };
    }
    html! {
        p { (words.with("family-granted-list", who)) }
        ul {
            @for one in &facts.granted {
                li {
                    bdi { (one.who.say(words)) } ": "
                    @match &one.record {
                        Some((id, name)) => a href=(format!("/records/{id}")) {
                            bdi { (name.clone().unwrap_or_else(|| words.say("records-unnamed"))) }
                        },
                        None => (words.say("family-granted-all")),
                    }
                    ", "
                    @match one.until {
                        Some(end) => (words.with("record-until", &[("end", (&times::end(words, end)).into())])),
                        None => (words.say("record-until-stopped")),
                    }
                }
            }
        }
        @if !facts.is_complete { p { (words.with("family-granted-unknown", who)) } }
    }
}

fn page(view: &View, user: &Principal, facts: &Facts, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let who = facts.who.say(words);
    let key = if facts.is_live { "family-end-title" } else { "family-end-granted-title" };
    let title = words.with(key, &[("who", (&who).into())]);
    let may_share = facts.powers.include(Powers::SHARE);
    let asks = may_share && !(facts.granted.is_empty() && facts.is_complete && facts.is_live);
    let body = html! {
        h1 { (title) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        form.card method="post" action=(format!("/family/{user}/end")) {
            (token(&view.visitor))
            @if facts.is_live { p { (powers::they_may(words, facts.powers)) } }
            @if may_share { (what_they_granted(words, &who, facts)) }
            @if asks {
                fieldset {
                    legend { (words.say("family-end-granted")) }
                    @for (value, key) in [("keep", "family-end-keep"), ("end", "family-end-end")] {
                        // Of a delegation that has ended, this alone is left.
                        @if facts.is_live || value == "end" {
                            div.choice {
                                input type="radio" name="granted" id=(key) value=(value) required
                                    checked[!facts.is_live];
                                label for=(key) { (words.say(key)) }
                            }
                        }
                    }
                }
            } @else {
                input type="hidden" name="granted" value="keep";
            }
            p { (words.say("family-ended-saved")) }
            button.danger type="submit" { (words.say("family-end-button")) }
            a.button.second href="/family" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/family", &title, &body)
}

/// `GET /family/{account}/end`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(user): Path<Principal>,
) -> Result<Markup, PortalError> {
    let who = user.clone();
    let facts = with_home(&portal.homes, view.person.clone(), move |work| facts(work, &who));
    Ok(page(&view, &user, &facts.await?, None))
}

/// Whether a delegation is over, and what was granted by it as well where that was to end.
fn is_ended(work: &Work, user: &Principal, granted: WhatTheyGranted) -> Result<bool, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let now = session.ledger.tip().map_err(refused)?.burn_height;
    let found = session.ask(&read::delegate(&me, user)).map_err(refused)?;
    Ok(found.is_some_and(|one| {
        one.powers_at(now).is_none() && (granted == WhatTheyGranted::Stays || one.ended >= one.term)
    }))
}

#[derive(Deserialize)]
pub(crate) struct Ending {
    token: String,
    /// `keep` or `end`.
    #[serde(default)]
    granted: String,
}

/// `POST /family/{account}/end`.
pub(crate) async fn end(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(user): Path<Principal>,
    Form(form): Form<Ending>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let (granted, done) = match form.granted.as_str() {
        "keep" => (WhatTheyGranted::Stays, "kept"),
        "end" => (WhatTheyGranted::Ends, "ended"),
        _ => {
            let who = user.clone();
            let facts =
                with_home(&portal.homes, view.person.clone(), move |work| facts(work, &who));
            let page =
                page(&view, &user, &facts.await?, Some(&view.words.say("family-end-choose")));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let to = format!("/family?done={done}&who={user}");
    with_home(&portal.homes.for_an_end(), view.person.clone(), move |work| {
        work.open.fund(&work.actor)?;
        match work.session().end_delegate(&work.actor, &user, granted) {
            // The second press of the button. A node's refusal to take it is none of the contract.
            Err(error)
                if error.refusal() == Some(ContractError::NoSuchDelegate)
                    && is_ended(work, &user, granted)? => {}
            ended => ended.map_err(refused)?.done().map(drop).ok_or(PortalError::BrokeOff)?,
        }
        work.open.watch_own_vault();
        Ok(())
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}
