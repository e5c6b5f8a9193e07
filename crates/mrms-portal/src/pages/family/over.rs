//! That the person does not act for somebody any more: what that means for what they opened, and for what they had begun.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_core::Principal;

use crate::acting::called;
use crate::error::PortalError;
use crate::named::Named;
use crate::pages::family;
use crate::pages::layout;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::with_home;

pub(crate) fn title(words: &Words, who: &Named) -> String {
    words.with("acting-over-title", &[("who", (&who.say(words)).into())])
}

/// The same in one sentence.
pub(crate) fn sentence(words: &Words, who: &Named) -> String {
    words.with("news-delegate-over", &[("who", (&who.say(words)).into())])
}

/// What is to be known of it. `was_acting` where it ended in the middle of something.
pub(crate) fn card(words: &Words, who: &Named, was_acting: bool) -> Markup {
    html! {
        section.card role=[was_acting.then_some("alert")] {
            h1 { (title(words, who)) }
            p { (words.say("acting-over-why")) }
            @if was_acting { p { (words.say("acting-over-unsent")) } }
            p { (words.say("acting-over-saved")) }
            p.actions {
                a.button href="/" { (words.say("nav-home")) }
                a.button.second href="/family" { (words.say("nav-family")) }
            }
        }
    }
}

/// `GET /family/{who}/over`: where the news leads that somebody ended it.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(who): Path<Principal>,
) -> Result<Response, PortalError> {
    let (named, acts) = with_home(&portal.homes, view.person.clone(), move |work| {
        let acts = family::acts(work, &who, &work.actor.principal())?;
        Ok((called(work, &who)?, acts))
    })
    .await?;
    // They were named again meanwhile.
    if acts {
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, "/family")]).into_response());
    }
    let words = &view.words;
    let body = card(words, &named, false);
    Ok(layout::page(&view, "/family", &title(words, &named), &body).into_response())
}
