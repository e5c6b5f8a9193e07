//! What every page says first while everything is offered to somebody, and after somebody else who has the words offered it or
//! took it over: what it means, what to do, and that it was the person after all.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use crate::alarms::Alarms;
use crate::entrance::sessions::Visitor;
use crate::error::{PortalError, refused};
use crate::pages::forms::Plain;
use crate::pages::forms::token;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::with_home;

/// The banner; nothing where all is well.
pub(crate) fn banner(words: &Words, visitor: &Visitor, alarms: &Alarms) -> Markup {
    html! {
        @if let Some(to) = &alarms.offered_to {
            section.emergency.alarm aria-labelledby="alarm-offered" {
                p {
                    strong id="alarm-offered" {
                        (words.with("hand-over-offered", &[("who", (&to.say(words)).into())]))
                    }
                    " " (words.say("hand-over-offered-thief"))
                }
                form method="post" action="/hand-over/withdraw" {
                    (token(visitor))
                    button.stop type="submit" { (words.say("hand-over-withdraw")) }
                }
            }
        }
        @if let Some((to, when)) = &alarms.offered_elsewhere {
            section.emergency.alarm aria-labelledby="alarm-elsewhere" {
                p {
                    strong id="alarm-elsewhere" {
                        (words.with("alarm-elsewhere", &[
                            ("who", (&to.say(words)).into()), ("day", (&times::day(words, *when)).into()),
                        ]))
                    }
                    " " (words.say("alarm-elsewhere-means"))
                }
                ol {
                    li { (words.say("alarm-new-profile")) }
                    li { a href="/hand-over/offer" { (words.say("alarm-hand-over")) } }
                    li { (words.say("alarm-tell")) }
                }
                (was_me(words, visitor))
            }
        }
        @if let Some(by) = &alarms.taken_by {
            section.emergency.alarm aria-labelledby="alarm-taken" {
                p {
                    strong id="alarm-taken" {
                        (words.with("alarm-taken", &[("who", (&by.say(words)).into())]))
                    }
                }
                ul {
                    @for key in ["alarm-taken-yours", "alarm-taken-theirs"] { li { (words.say(key)) } }
                }
                ol {
                    @for key in ["alarm-taken-evidence", "alarm-taken-tell", "alarm-taken-anew"] {
                        li { (words.say(key)) }
                    }
                }
                (was_me(words, visitor))
            }
        }
    }
}

fn was_me(words: &Words, visitor: &Visitor) -> Markup {
    html! {
        form method="post" action="/hand-over/was-me" {
            (token(visitor))
            p.hint { (words.say("alarm-was-me-explained")) }
            button.second type="submit" { (words.say("alarm-was-me")) }
        }
    }
}

/// `POST /hand-over/was-me`: what was offered or handed over elsewhere was the person.
pub(crate) async fn was_mine(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), |work| {
        work.session().offers_were_mine(&work.actor.principal()).map_err(refused)
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/hand-over?done=mine")]).into_response())
}
