//! What many pages have alike: a form with nothing but its token, and addresses that say what was just done or which page of a
//! list is asked for.

use serde::Deserialize;

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
