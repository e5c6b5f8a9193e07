//! What the person's account lacks before it can write and be shared with: money for fees, and a published key. Home says
//! whom to ask, with the account to give; the key is published by itself where that costs the person nothing.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_core::Principal;
use mrms_home::joining::Kept;
use mrms_home::joining::unpublished::Lacking;

use crate::error::{PortalError, refused};
use crate::health::Part;
use crate::pages::forms::Plain;
use crate::pages::layout::{copy, token};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// What is lacking, with what the person needs to ask for it.
#[derive(Clone, Debug)]
pub(crate) struct Lacks {
    pub(crate) lacking: Lacking,
    account: Principal,
    /// What whoever invited calls themselves.
    inviter: Option<String>,
}

/// Looks, and has the key published where it can be now. What can't be asked now is lacking nothing: the page says by itself
/// that the ledger is away.
pub(crate) fn look(work: &Work) -> Lacks {
    let found = match work.memory.publishes_alone(|| work.open.publish_lacking_key(&work.actor)) {
        Some(Err(error)) => {
            tracing::warn!(target: "mrms::portal", "the key is not published: {error}");
            work.open.lacking(&work.actor.principal)
        }
        Some(found) => found,
        None => work.open.lacking(&work.actor.principal),
    };
    let lacking = found.unwrap_or_default();
    Lacks {
        inviter: (!lacking.is_nothing()).then(|| inviter(work)).flatten(),
        account: work.actor.principal(),
        lacking,
    }
}

fn inviter(work: &Work) -> Option<String> {
    let taken = Kept::load(work.home.folder()).ok()??.taken().ok()?;
    Some(taken.document().card().name.to_string())
}

impl Lacks {
    /// Among what wants attention.
    pub(crate) fn said(&self, view: &View) -> Markup {
        let words = &view.words;
        let Self { lacking, account, inviter } = self;
        html! {
            @if lacking.money.is_some() {
                li {
                    strong { (words.say("home-no-money")) } " "
                    @match inviter {
                        Some(who) => (words.with("home-no-money-ask", &[("who", who.into())])),
                        None => (words.say("home-no-money-ask-them")),
                    }
                    textarea.account id="account-to-give" rows="1" readonly spellcheck="false"
                        aria-label=(words.say("settings-account")) { (account) }
                    (copy(words, "account-to-give"))
                }
            }
            @if lacking.key {
                li {
                    (words.say("home-no-key")) " "
                    @if lacking.money.is_some() { (words.say("home-no-key-then")) }
                    @else {
                        (words.say("home-no-key-fee"))
                        form method="post" action="/key/publish" {
                            (token(&view.visitor))
                            button type="submit" { (words.say("home-key-button")) }
                        }
                    }
                }
            }
        }
    }

    /// The same among what the portal works with.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let part = |name, trouble| Part { name, place: String::new(), trouble: Some(trouble) };
        let money = self.lacking.money.map(|_| part("state-account", "state-no-money"));
        let key = self.lacking.key.then(|| part("state-own-key", "state-no-key"));
        money.into_iter().chain(key).collect()
    }
}

/// `POST /key/publish`: publishes the key, for a fee that the person pays.
pub(crate) async fn publish(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), |work| {
        let published = work.session().publish_recipient(&work.actor).map_err(refused)?;
        published.done().map(drop).ok_or(PortalError::BrokeOff)
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/?done=key")]).into_response())
}
