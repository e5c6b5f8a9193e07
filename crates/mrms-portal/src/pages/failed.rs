//! The page of an error.

use axum::response::{IntoResponse as _, Response};
use maud::html;

use crate::error::PortalError;
use crate::pages::layout;
use crate::words::Words;

/// The page that says an error.
pub(crate) fn page(error: &PortalError, words: &Words) -> Response {
    let (key, more) = match error {
        PortalError::OtherPage => ("error-other-page", None),
        PortalError::NoPage => ("error-no-page", None),
        PortalError::Form { key } => (*key, None),
        PortalError::Away => ("error-away", None),
        PortalError::Refused { message } => ("error-refused", Some(message.as_str())),
        PortalError::NotIn | PortalError::Locked | PortalError::BrokeOff => {
            ("error-broke-off", None)
        }
    };
    let body = html! {
        section.card role="alert" {
            h1 { (words.say("error-title")) }
            p { (words.say(key)) }
            @if let Some(more) = more { p.said { (more) } }
            p { a.button href="/" { (words.say("error-back")) } }
        }
    };
    (error.status(), layout::bare(words, "error-title", &body)).into_response()
}
