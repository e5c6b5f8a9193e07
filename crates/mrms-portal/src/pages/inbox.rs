//! What others sent to this person: read, accepted as their own, or refused. A sender does not learn of a refusal.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::records::inbox::{Offer, OfferedContent};
use mrms_core::{Principal, RecordId, UnixTime};
use mrms_home::clock::rng;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::forms::{Done, Plain};
use crate::pages::layout::{self, notice, token};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::work::{Work, with_home};

struct Row {
    id: RecordId,
    name: Option<String>,
    from: Named,
    author: Option<Named>,
    time: Option<UnixTime>,
    is_readable: bool,
}

struct Found {
    offers: Vec<Row>,
    refused: Vec<Row>,
    withdrawn: Vec<(Named, Option<String>)>,
    is_cut_short: bool,
}

fn look(work: &Work) -> Result<Found, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let inbox = session.inbox(&me, Some(&work.actor), &mut rng()).map_err(refused)?;
    let named = |who: &Principal| work.named(who);
    let row = |offer: &Offer| Row {
        id: offer.record,
        name: match &offer.content {
            OfferedContent::Readable(name) => name.as_ref().map(|name| name.as_str().to_owned()),
            OfferedContent::KeyMissing | OfferedContent::Locked => None,
        },
        from: named(&offer.from),
        author: (offer.author != offer.from).then(|| named(&offer.author)),
        time: offer.offered_at.map(|height| clock.time_of(height)),
        is_readable: matches!(offer.content, OfferedContent::Readable(_)),
    };
    let withdrawn = inbox
        .withdrawn
        .iter()
        .map(|one| (named(&one.from), one.name.as_ref().map(|name| name.as_str().to_owned())));
    Ok(Found {
        offers: inbox.offers.iter().map(row).collect(),
        refused: inbox.refused.iter().map(row).collect(),
        withdrawn: withdrawn.collect(),
        is_cut_short: inbox.is_cut_short,
    })
}

fn list(view: &View, rows: &[Row], can_refuse: bool) -> Markup {
    let words = &view.words;
    html! {
        ul.readers {
            @for row in rows {
                li {
                    span {
                        strong { bdi { (row.name.clone().unwrap_or_else(|| words.say("records-unnamed"))) } }
                        br;
                        (words.with("inbox-from", &[("who", (&row.from.say(words)).into())]))
                        @if let Some(author) = &row.author {
                            " · " (author.as_author(words))
                        }
                        @if let Some(time) = row.time { " · " (times::day(words, time)) }
                        @if !row.is_readable { br; strong { (words.say("inbox-no-key")) } }
                    }
                    span {
                        @if row.is_readable {
                            form.inline method="post" action=(format!("/inbox/{}/accept", row.id)) {
                                (token(&view.visitor))
                                button type="submit" { (words.say("inbox-accept")) }
                            }
                            form.inline method="post" action=(format!("/shared/{}/open", row.id)) {
                                (token(&view.visitor))
                                input type="hidden" name="sent" value="yes";
                                button.second type="submit" { (words.say("inbox-read")) }
                            }
                        }
                        @if can_refuse {
                            form.inline method="post" action=(format!("/inbox/{}/refuse", row.id)) {
                                (token(&view.visitor))
                                button.quiet type="submit" { (words.say("inbox-refuse")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `GET /inbox`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(asked): Query<Done>,
) -> Result<Markup, PortalError> {
    let found = with_home(&portal.homes, view.person.clone(), look).await?;
    let words = &view.words;
    let body = html! {
        @if asked.done == "refused" { (notice(&words.say("inbox-refused-done"))) }
        h1 { (words.say("inbox-title")) }
        @if found.offers.is_empty() { p { (words.say("inbox-none")) } }
        @else { p { (words.say("inbox-explained")) } }
        (list(&view, &found.offers, true))
        @for (from, name) in &found.withdrawn {
            p.notice {
                (words.with("inbox-withdrawn", &[
                    ("who", (&from.say(words)).into()),
                    ("name", (&name.clone().unwrap_or_else(|| words.say("records-unnamed"))).into()),
                ]))
            }
        }
        @if !found.refused.is_empty() {
            details {
                summary { (words.with("inbox-refused", &[("count", found.refused.len().into())])) }
                (list(&view, &found.refused, false))
            }
        }
        @if found.is_cut_short { p.hint { (words.say("inbox-cut-short")) } }
    };
    Ok(layout::page(&view, "/records", &words.say("inbox-title"), &body))
}

/// `POST /inbox/{id}/accept`: makes it this person's own.
pub(crate) async fn accept(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), move |work| {
        work.open.fund(&work.actor)?;
        let accepted = work.session().accept_offer(&work.actor, id, false, &mut rng());
        accepted.map_err(refused)?.done().map(drop).ok_or(PortalError::BrokeOff)
    })
    .await?;
    let to = format!("/records/{id}?done=added");
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}

/// `POST /inbox/{id}/refuse`: puts it away. Nothing is sent.
pub(crate) async fn refuse(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), move |work| {
        let put_away = work.session().refuse_offer(&work.actor, id, &mut rng());
        put_away.map(drop).map_err(refused)
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/inbox?done=refused")]).into_response())
}
