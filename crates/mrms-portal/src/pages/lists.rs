//! Lists of cards that an organisation signs, such as its staff: what one says before it is taken, taking it, and forgetting it.
//! Whom a list names is shown with its name and is none of the person's people.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::people::directories::{DirectoryError, DirectoryNews};
use mrms_app::profile::directories::KeptDirectory;
use mrms_home::clock::rng;
use mrms_people::card::MOST_NAME;
use mrms_people::document::{armor, bytes_of_text};
use mrms_people::name::{check_own, quotable, short};
use mrms_people::{Directory, FieldText, SignedDocument};
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::layout::{self, token};
use crate::pages::staff::names::said_in;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

/// A list that came, looked at and not taken yet.
pub(crate) struct New {
    directory: SignedDocument<Directory>,
    /// Who signed it.
    signer: Named,
    news: DirectoryNews,
    /// What the person calls it already.
    own: Option<String>,
}

/// Looks at a list. `Err` is the key of why it is none to be taken.
pub(crate) fn look(work: &Work, bytes: &[u8]) -> Result<Result<New, &'static str>, PortalError> {
    let Ok(directory) = SignedDocument::<Directory>::from_bytes(bytes) else {
        return Ok(Err("list-altered"));
    };
    let session = work.session();
    let news = match session.look_at_directory(&work.actor, &directory) {
        Ok(news) => news,
        Err(error) => return key_of(&error).map(Err).ok_or_else(|| refused(error)),
    };
    let publisher = directory.document().publisher;
    let own = kept(work)?.into_iter().find(|one| one.publisher == publisher);
    let (signer, own) = (work.named(&publisher.into()), own.map(|one| one.name.to_string()));
    Ok(Ok(New { directory, signer, news, own }))
}

const fn key_of(error: &DirectoryError) -> Option<&'static str> {
    Some(match error {
        DirectoryError::OtherChain { .. } => "list-other-ledger",
        DirectoryError::Older { .. } | DirectoryError::Contradicts { .. } => "list-older",
        DirectoryError::Alike { .. } => "list-alike",
        _ => return None,
    })
}

/// The lists that the person has. What can't be read is told by the page.
pub(crate) fn kept(work: &Work) -> Result<Vec<KeptDirectory>, PortalError> {
    let root = work.actor.keyring.record_root().map_err(refused)?;
    Ok(work.session().profile.directories(&root).unwrap_or_else(|error| {
        work.is_damaged(error);
        Vec::new()
    }))
}

/// What a list says, and the button that takes it.
pub(crate) fn question(view: &View, new: &New, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let said = new.directory.document();
    let called = quotable(&said_in(words, said.name.as_str()));
    let body = html! {
        h1 { (words.say("list-look-title")) }
        @if let Some(key) = wrong { p.wrong role="alert" { (words.say(key)) } }
        form.card method="post" action="/people/list" {
            (token(&view.visitor))
            p {
                bdi { (words.with("list-signed", &[
                    ("name", (&called).into()), ("who", (&new.signer.say(words)).into()),
                ])) }
            }
            div { (layout::account(words, &said.publisher.into())) }
            ul {
                @for card in &said.cards {
                    @let card = card.document();
                    li { bdi { (card.name) } " " span.hint { (short(&card.principal.into())) } }
                }
            }
            (what_is_new(words, &new.news))
            p { (words.say("list-explained")) }
            input type="hidden" name="document" value=(armor(&new.directory.to_bytes()));
            label for="name" { (words.say("list-name")) }
            input id="name" name="name" type="text" maxlength="64" autocomplete="off"
                value=(new.own.clone().unwrap_or_else(|| said_in(words, said.name.as_str())));
            button type="submit" { (words.say("list-add-button")) }
            a.button.second href="/people" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/people", &words.say("list-look-title"), &body)
}

fn what_is_new(words: &Words, news: &DirectoryNews) -> Markup {
    let names = |these: &[mrms_app::profile::directories::ListedCard]| {
        these.iter().map(|one| quotable(&one.name)).collect::<Vec<_>>().join(", ")
    };
    html! {
        @match news {
            DirectoryNews::First => {},
            DirectoryNews::Same => p { (words.say("list-same")) },
            DirectoryNews::Newer { joined, left } => {
                p { (words.say("list-newer")) }
                @if !joined.is_empty() {
                    p { bdi { (words.with("list-joined", &[("names", (&names(joined)).into())])) } }
                }
                @if !left.is_empty() {
                    p { bdi { (words.with("list-left", &[("names", (&names(left)).into())])) } }
                }
            },
        }
    }
}

/// The lists that the person has, each with the button that forgets it.
pub(crate) fn section(view: &View, kept: &[KeptDirectory]) -> Markup {
    let words = &view.words;
    html! {
        @if !kept.is_empty() {
            section.card aria-labelledby="lists" {
                h2 id="lists" { (words.say("list-title")) }
                p { (words.say("list-newer-hint")) }
                ul.readers {
                    @for one in kept {
                        li {
                            span {
                                strong { bdi { (said_in(words, one.name.as_str())) } }
                                br;
                                (words.with("list-count", &[("count", one.listed.len().into())]))
                            }
                            form.inline method="post" action="/people/list/forget" {
                                (token(&view.visitor))
                                input type="hidden" name="name" value=(one.name);
                                button.second type="submit"
                                    aria-label=(words.with("list-forget-who", &[("name", one.name.as_str().into())])) {
                                    (words.say("list-forget"))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Taken {
    token: String,
    document: String,
    #[serde(default)]
    name: String,
}

fn take(work: &Work, form: &Taken) -> Result<Result<(), (New, &'static str)>, PortalError> {
    let bytes = bytes_of_text(&form.document).map_err(refused)?;
    let new = look(work, &bytes)?.map_err(|key| PortalError::Form { key })?;
    let typed = match form.name.trim() {
        "" => None,
        name => match FieldText::<MOST_NAME>::new(name) {
            Ok(name) if check_own(name.as_str()).is_ok() => Some(name),
            _ => return Ok(Err((new, "people-refused-name"))),
        },
    };
    // It came by hand: nothing is read again by itself.
    let kept =
        work.session().keep_directory(&work.actor, &new.directory, typed, "", &mut rng()).map(drop);
    match kept {
        Ok(()) => Ok(Ok(())),
        Err(error) => match key_of(&error) {
            Some(key) => Ok(Err((new, key))),
            None => Err(refused(error)),
        },
    }
}

/// `POST /people/list`: takes a list.
pub(crate) async fn add(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Taken>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let taken = with_home(&portal.homes, view.person.clone(), move |work| take(work, &form));
    Ok(match taken.await? {
        Ok(()) => (StatusCode::SEE_OTHER, [(LOCATION, "/people?done=list")]).into_response(),
        Err((new, key)) => {
            let page = question(&view, &new, Some(key));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}

#[derive(Deserialize)]
pub(crate) struct Forgotten {
    token: String,
    name: String,
}

/// `POST /people/list/forget`: forgets a list. Whom the person took from it stays among their people.
pub(crate) async fn forget(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Forgotten>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), move |work| {
        match work.session().remove_directory(&work.actor, &form.name, &mut rng()) {
            // The second press of the button.
            Err(DirectoryError::Unknown { .. }) => Ok(()),
            removed => removed.map(drop).map_err(refused),
        }
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/people?done=list-forgotten")]).into_response())
}
