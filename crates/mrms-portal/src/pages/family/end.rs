//! Ends a delegation, and says first what becomes of what the delegate granted.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::sharing::of_all::WhatTheyGranted;
use mrms_contract::read;
use mrms_core::{Powers, Principal};
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::layout::{self, token};
use crate::pages::powers;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

struct Facts {
    who: Named,
    powers: Powers,
    is_live: bool,
}

fn facts(work: &Work, user: &Principal) -> Result<Facts, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let found = session.ask(&read::delegate(&me, user)).map_err(refused)?;
    let delegation = found.ok_or(PortalError::NoPage)?;
    let now = session.ledger.tip().map_err(refused)?.burn_height;
    Ok(Facts {
        who: Named::of(&work.names, &me, user),
        powers: delegation.powers,
        is_live: delegation.powers_at(now).is_some(),
    })
}

fn page(view: &View, user: &Principal, facts: &Facts, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let who = facts.who.say(words);
    let key = if facts.is_live { "family-end-title" } else { "family-end-granted-title" };
    let title = words.with(key, &[("who", (&who).into())]);
    let may_share = facts.powers.include(Powers::SHARE);
    let body = html! {
        h1 { (title) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        form.card method="post" action=(format!("/family/{user}/end")) {
            (token(&view.visitor))
            @if facts.is_live { p { (powers::they_may(words, facts.powers)) } }
            @if may_share {
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
    with_home(&portal.homes, view.person.clone(), move |work| {
        work.open.fund(&work.actor)?;
        let ended = work.session().end_delegate(&work.actor, &user, granted);
        ended.map_err(refused)?.done().ok_or(PortalError::BrokeOff)?;
        work.open.watch_own_vault();
        Ok(())
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}
