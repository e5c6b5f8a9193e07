//! The page of an error.

use axum::response::{IntoResponse as _, Response};
use maud::html;

use crate::entrance::sessions::Visitor;
use crate::error::PortalError;
use crate::pages::layout;
use crate::words::Words;

/// The sentence of an error, and the words of the program where there is more to say.
fn told<'e>(error: &'e PortalError, words: &Words) -> (String, Option<&'e str>) {
    let (key, more) = match error {
        PortalError::OtherPage => ("error-other-page", None),
        PortalError::NoPage => ("error-no-page", None),
        PortalError::TooLarge => ("add-too-large", None),
        PortalError::Form { key } => (*key, None),
        PortalError::Away => ("error-away", None),
        // These name the vaults.
        PortalError::Refused { code: Some(key @ ("why-no-salt" | "why-salt-away")), message } => {
            (*key, Some(message.as_str()))
        }
        PortalError::Refused { code: Some(key), .. } => (*key, None),
        PortalError::Refused { code: None, message } => ("error-refused", Some(message.as_str())),
        PortalError::NotIn
        | PortalError::Locked
        | PortalError::OwnPage { .. }
        | PortalError::BrokeOff => ("error-broke-off", None),
    };
    (words.say(key), more)
}

/// An error in one sentence.
pub(crate) fn sentence(error: &PortalError, words: &Words) -> String {
    match told(error, words) {
        (sentence, None) => sentence,
        (sentence, Some(more)) => format!("{sentence} {more}"),
    }
}

/// The page that says an error. Who acts for somebody else sees that here as well.
pub(crate) fn page(error: &PortalError, words: &Words, visitor: Option<&Visitor>) -> Response {
    let (sentence, more) = told(error, words);
    let body = html! {
        section.card role="alert" {
            h1 { (words.say("error-title")) }
            p { (sentence) }
            @if let Some(more) = more { p.said { (more) } }
            p { a.button href="/" { (words.say("error-back")) } }
        }
    };
    let acts = |visitor: &&Visitor| {
        visitor.open.as_ref().is_some_and(|open| open.memory.acting().is_some())
    };
    let open = visitor.filter(acts).and_then(|one| Some((one, one.open.as_ref()?)));
    let page = match open {
        Some(open) => layout::with_menu(words, open, "", &words.say("error-title"), &body),
        None => layout::bare(words, "error-title", &body),
    };
    (error.status(), page).into_response()
}
