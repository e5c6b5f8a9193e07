//! People whose key is another one than the person compared: what the person adds does not reach them. Where it is told, and
//! the page on which it is compared; then they get what they lack.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_core::Principal;
use mrms_home::clock::rng;
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::keys::{self, Doubt};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

/// Where the key of somebody is compared.
fn place(who: &Principal) -> String {
    format!("/people/{who}/key")
}

/// Among what wants attention on Home.
pub(crate) fn on_home(words: &Words, all: &[(Principal, Named)]) -> Markup {
    html! {
        @for (who, named) in all {
            li { a href=(place(who)) {
                (words.with("new-key", &[("who", (&named.say(words)).into())]))
            } }
        }
    }
}

/// On a page of its own about them, or about what does not reach them.
pub(crate) fn said(words: &Words, who: &Principal, named: &Named) -> Markup {
    html! {
        div.wrong {
            p { (words.with("new-key", &[("who", (&named.say(words)).into())])) }
            p { a.button href=(place(who)) { (words.say("new-key-compare")) } }
        }
    }
}

/// Beside somebody in a list.
pub(crate) fn in_line(words: &Words, who: &Principal) -> Markup {
    html! {
        br; strong { (words.say("new-key-line")) } " "
        a href=(place(who)) { (words.say("new-key-compare")) }
    }
}

/// What became of the comparing.
enum Compared {
    /// There is nothing to compare.
    Done,
    Asked(Doubt),
}

impl Compared {
    fn answer(self, view: &View, who: &Principal, done: &str) -> Response {
        match self {
            Self::Done => (StatusCode::SEE_OTHER, [(LOCATION, format!("/people/{who}{done}"))])
                .into_response(),
            Self::Asked(doubt) => {
                keys::page_of(view, &doubt, &place(who), &format!("/people/{who}")).into_response()
            }
        }
    }
}

/// `GET /people/{who}/key`: both fingerprints.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(who): Path<Principal>,
) -> Result<Response, PortalError> {
    let user = who.clone();
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        Ok(keys::settle(work, &user, "")?.map_or(Compared::Done, Compared::Asked))
    });
    Ok(found.await?.answer(&view, &who, ""))
}

#[derive(Deserialize)]
pub(crate) struct Confirmed {
    token: String,
    /// The fingerprint that the person has compared.
    confirmed: String,
}

/// `POST /people/{who}/key`: the person has compared the new key. What its owner lacks is left for it.
pub(crate) async fn compare(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(who): Path<Principal>,
    Form(form): Form<Confirmed>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let user = who.clone();
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        compared(work, &user, &form.confirmed)
    });
    Ok(found.await?.answer(&view, &who, "?done=compared"))
}

fn compared(work: &Work, who: &Principal, confirmed: &str) -> Result<Compared, PortalError> {
    let session = work.session();
    let changed = match session.changed_recipient(Some(&work.actor), who) {
        Err(error) if error.has_no_key() => None,
        found => found.map_err(refused)?,
    };
    if let Some(changed) = changed.filter(|changed| changed.after.to_string() == confirmed) {
        // Where vaults are away nothing is remembered, so that it is told and can be done again.
        session.trust_and_leave(&work.actor, changed, &mut rng()).map_err(refused)?;
        return Ok(Compared::Done);
    }
    Ok(keys::settle(work, who, confirmed)?.map_or(Compared::Done, Compared::Asked))
}
