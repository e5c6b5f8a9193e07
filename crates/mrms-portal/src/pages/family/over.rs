//! The page to which the news leads that the person does not act for somebody any more.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use mrms_core::Principal;

use crate::acting::called;
use crate::error::PortalError;
use crate::pages::acting_over::Over;
use crate::pages::family;
use crate::pages::layout;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::with_home;

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
    let over = Over { who: &named, to: None, unsent: &[] };
    let body = over.card(words, None);
    Ok(layout::page(&view, "/family", &over.title(words), &body).into_response())
}
