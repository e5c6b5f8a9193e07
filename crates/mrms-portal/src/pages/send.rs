//! Sends a document to somebody: it becomes theirs when they accept it.

use std::io::Cursor;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::records::write::Source;
use mrms_contract::ids;
use mrms_core::Principal;
use mrms_crypto::content::{FileName, Label};
use mrms_home::clock::rng;
use rand_core::Rng as _;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::keys;
use crate::pages::layout::{self, token};
use crate::pages::typed::no_name;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

type Choices = Vec<(Principal, Named)>;

fn choices(work: &Work) -> Result<Choices, PortalError> {
    let people = work.people()?;
    let named = |who: Principal| {
        let named = work.named(&who);
        (who, named)
    };
    Ok(people.into_iter().map(|person| named(person.principal)).collect())
}

fn choose(view: &View, choices: &Choices) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("send-title")) }
        p { (words.say("send-explained")) }
        @if choices.is_empty() { p { (words.say("send-nobody")) } p { a href="/people" { (words.say("people-add")) } } }
        ul.rows {
            @for (who, named) in choices {
                li.row { a href=(format!("/send?to={who}")) { span.name { bdi { (named.say(words)) } } } }
            }
        }
    };
    layout::page(view, "/shared", &words.say("send-title"), &body)
}

fn form(view: &View, to: &Principal, who: &Named, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let title = words.with("send-to", &[("who", (&who.say(words)).into())]);
    let body = html! {
        h1 { (title) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        p { (words.say("send-explained")) }
        form.card method="post" action="/send" enctype="multipart/form-data" {
            (token(&view.visitor))
            input type="hidden" name="to" value=(to);
            label for="label" { (words.say("send-label")) }
            input id="label" name="label" type="text" maxlength="120" autocomplete="off";
            label for="file" { (words.say("check-file")) }
            input id="file" name="file" type="file" required;
            button type="submit" { (words.say("send-button")) }
            a.button.second href="/shared" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/shared", &title, &body)
}

#[derive(Deserialize)]
pub(crate) struct To {
    to: Option<Principal>,
}

/// `GET /send`: chooses to whom, and asks about their key before a file is chosen.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(To { to }): Query<To>,
) -> Result<Markup, PortalError> {
    let Some(to) = to else {
        let choices = with_home(&portal.homes, view.person.clone(), choices).await?;
        return Ok(choose(&view, &choices));
    };
    let user = to.clone();
    let (who, doubt) = with_home(&portal.homes, view.person.clone(), move |work| {
        let who = work.named(&user);
        Ok((who, keys::settle(work, &user, "")?))
    })
    .await?;
    Ok(match doubt {
        Some(doubt) => {
            keys::page(&view, &doubt, "/send/compared", &[("to", to.to_string().as_str())])
        }
        None => form(&view, &to, &who, None),
    })
}

#[derive(Deserialize)]
pub(crate) struct Compared {
    token: String,
    to: Principal,
    confirmed: String,
}

/// `POST /send/compared`: the person has compared their key.
pub(crate) async fn compared(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Compared>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let to = format!("/send?to={}", form.to);
    with_home(&portal.homes, view.person.clone(), move |work| {
        keys::settle(work, &form.to, &form.confirmed).map(drop)
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}

struct Letter {
    to: Principal,
    name: String,
    label: Option<Label>,
    bytes: Zeroizing<Vec<u8>>,
}

fn put(work: &Work, letter: Letter, inline_limit: usize) -> Result<(), PortalError> {
    let Letter { to, name, label, bytes } = letter;
    let mut rng = rng();
    let id = ids::bound_to(&work.actor.principal(), rng.next_u64()).ok_or(PortalError::BrokeOff)?;
    let length = bytes.len() as u64;
    if length > inline_limit as u64 {
        work.open.must_be_reached_by(&to, &work.home)?;
    }
    let file_name: Option<FileName> =
        name.rsplit(['/', '\\']).next().and_then(|name| name.parse().ok());
    let content = Cursor::new(bytes.to_vec());
    let source = Source { content, length, file_name, media_type: None, label };
    work.open.fund(&work.actor)?;
    let sent = work.session().send_to(&work.actor, id, &to, source, inline_limit, &mut rng);
    sent.map_err(refused)?.done().map(drop).ok_or(PortalError::BrokeOff)
}

/// `POST /send`.
pub(crate) async fn send(
    State(portal): State<Arc<Portal>>,
    view: View,
    mut fields: Multipart,
) -> Result<Response, PortalError> {
    let broke = |_| PortalError::Form { key: "add-too-large" };
    let (mut has_token, mut to, mut label, mut file) = (false, None, String::new(), None);
    while let Some(field) = fields.next_field().await.map_err(broke)? {
        match field.name() {
            Some("token") => {
                view.must_have(&field.text().await.map_err(broke)?)?;
                has_token = true;
            }
            _ if !has_token => return Err(PortalError::OtherPage),
            Some("to") => to = field.text().await.map_err(broke)?.parse::<Principal>().ok(),
            Some("label") => label = field.text().await.map_err(broke)?,
            Some("file") => {
                let name = field.file_name().unwrap_or_default().to_owned();
                let bytes = Zeroizing::new(field.bytes().await.map_err(broke)?.to_vec());
                file = Some((name, bytes)).filter(|(name, _)| !name.is_empty());
            }
            _ => return Err(PortalError::OtherPage),
        }
    }
    let to = to.ok_or(PortalError::Form { key: "share-nobody" })?;
    let Some((name, bytes)) = file else { return Err(PortalError::Form { key: "add-nothing" }) };
    let label = match label.trim() {
        "" => None,
        text => Some(text.parse().map_err(|_| PortalError::Form { key: no_name(text) })?),
    };
    let inline_limit = portal.settings.inline_limit;
    let letter = Letter { to, name, label, bytes };
    with_home(&portal.homes, view.person.clone(), move |work| put(work, letter, inline_limit))
        .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/shared?done=sent")]).into_response())
}
