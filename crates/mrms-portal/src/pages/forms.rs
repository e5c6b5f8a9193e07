//! What many pages have alike: a form with nothing but its token, and addresses that say what was just done or which page of a
//! list is asked for.

use maud::{Markup, html};
use serde::Deserialize;

use crate::entrance::sessions::Visitor;

/// The hidden field that every form of a session has.
pub(crate) fn token(visitor: &Visitor) -> Markup {
    html! { input type="hidden" name="token" value=(visitor.token); }
}

/// A form with nothing but the session's token.
#[derive(Deserialize)]
pub(crate) struct Plain {
    pub(super) token: String,
}

/// What was just done, as the page knows it to which it leads; empty where nothing was.
#[derive(Deserialize)]
pub(crate) struct Done {
    #[serde(default)]
    pub(super) done: String,
}

/// Which page of a list is asked for; the first without it.
#[derive(Deserialize)]
pub(crate) struct OfPage {
    pub(super) page: Option<usize>,
}
