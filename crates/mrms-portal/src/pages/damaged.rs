//! A file of the profile's memory that can't be read: what that means, and what a person can do. Nothing is written in its place,
//! and their records and whatever they share stay in their hands.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use crate::error::PortalError;
use crate::pages::forms::{Done, Plain};
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::with_home;

/// `GET /damaged`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(asked): Query<Done>,
) -> Result<Markup, PortalError> {
    // The home is opened, so that what was mended meanwhile is seen.
    with_home(&portal.homes, view.person.clone(), |work| work.for_me().map(drop)).await?;
    let words = &view.words;
    let files = view.person.memory.damaged();
    let body = html! {
        h1 { (words.say("damaged-title")) }
        @if files.is_empty() {
            div.notice role="status" {
                @if asked.done == "aside" { p { (words.say("damaged-aside")) } }
                @else { p { (words.say("damaged-none")) } }
            }
            p { a.button href="/people" { (words.say("nav-people")) } }
        } @else {
            p { (words.say("damaged-explained")) }
            ul { @for file in &files { li { code { (file) } } } }
            p { (words.say("damaged-stays")) }
            section.card {
                h2 { (words.say("damaged-backup-title")) }
                p { (words.say("damaged-backup")) }
            }
            form.card method="post" action="/damaged" {
                h2 { (words.say("damaged-aside-title")) }
                (token(&view.visitor))
                p { (words.say("damaged-aside-explained")) }
                button.second type="submit" { (words.say("damaged-aside-button")) }
            }
        }
    };
    Ok(layout::page(&view, layout::DAMAGED, &words.say("damaged-title"), &body))
}

/// `POST /damaged`: sets aside what is damaged, beside where it lay.
pub(crate) async fn set_aside(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), |work| work.set_damaged_aside()).await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/damaged?done=aside")]).into_response())
}
