//! Invites somebody to work with this home's node, vaults and sponsor: a text and a code that they take with the page to join.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_home::clock::{now, rng};
use mrms_home::joining::JoinError;
use mrms_people::{Invitation, SignedDocument};
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::pages::layout::{self, token};
use crate::pages::own_card::to_give;
use crate::pages::view::View;
use crate::portal::{Invites, Portal};
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

/// How long an invitation is good, by the key of the words and the seconds.
const TERMS: [(&str, u64); 3] =
    [("share-week", 7 * 86_400), ("share-month", 30 * 86_400), ("share-year", 365 * 86_400)];
const USUAL: &str = "share-month";

/// An invitation that was made.
struct Made {
    invitation: SignedDocument<Invitation>,
    /// Whether an address of it leads to this machine alone.
    is_near: bool,
}

/// Who pays the fees of whoever joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pays {
    Sponsor,
    Themselves,
}

/// The same, as an invitation would have it now; `None` where none could be made.
fn pays(work: &Work, invites: &Invites) -> Option<Pays> {
    let offer = work.home.offer(&work.session(), &invites.own).ok()?;
    // One of this home without its address can't be reached, and then nothing is made.
    let is_here = invites.vouchers.is_some();
    Some(if offer.sponsor.is_some() || is_here { Pays::Sponsor } else { Pays::Themselves })
}

fn said(words: &Words, pays: Option<Pays>) -> Markup {
    html! {
        @match pays {
            Some(Pays::Sponsor) => p { (words.say("invite-pays")) },
            Some(Pays::Themselves) => p.wrong { (words.say("invite-pays-nobody")) },
            None => {}
        }
    }
}

fn page(view: &View, pays: Option<Pays>, made: Option<&Made>, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let title = words.say("invite-title");
    let body = html! {
        h1 { (title) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (words.say(wrong)) } }
        @if let Some(made) = made { (shown(view, made, &title)) }
        section.card {
            p { (words.say("invite-explained")) }
            (said(words, pays))
            form method="post" action="/invite" {
                (token(&view.visitor))
                fieldset {
                    legend { (words.say("invite-how-long")) }
                    @for (key, _) in TERMS {
                        div.choice {
                            input type="radio" name="term" id=(key) value=(key) required checked[key == USUAL];
                            label for=(key) { (words.say(key)) }
                        }
                    }
                }
                button type="submit" { (words.say("invite-button")) }
                a.button.second href="/people" { (words.say("cancel")) }
            }
        }
    };
    layout::page(view, "/people", &title, &body)
}

/// The invitation, to hand out, and what it is good for.
fn shown(view: &View, Made { invitation: made, is_near }: &Made, title: &str) -> Markup {
    let words = &view.words;
    let invitation = made.document();
    let is_for_one = invitation.sponsor.as_ref().is_some_and(|one| one.voucher.is_some());
    html! {
        section.card role="status" {
            p { (words.with("invite-made", &[
                ("end", (&times::day_and_time(words, invitation.valid_until)).into()),
            ])) }
            @if is_for_one { p { (words.say("invite-for-one")) } }
            @if *is_near { p.wrong { (words.say("invite-near")) } }
            (to_give(words, &made.to_bytes(), &made.to_text(), title))
        }
    }
}

/// `GET /invite`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Markup, PortalError> {
    let invites = portal.settings.invites.clone();
    let pays =
        with_home(&portal.homes, view.person.clone(), move |work| Ok(pays(work, &invites))).await?;
    Ok(page(&view, pays, None, None))
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    token: String,
    term: String,
}

/// Makes one. `Err` inside is the key of a sentence.
fn invite(
    work: &Work,
    invites: &Invites,
    lasts: u64,
) -> Result<Result<Made, &'static str>, PortalError> {
    let session = work.session();
    let root = work.actor.keyring.record_root().map_err(refused)?;
    if session.profile.own_card(&root).map_err(refused)?.is_none() {
        return Ok(Err("invite-no-card"));
    }
    let card = session.own_card(&work.actor, now(), &mut rng()).map_err(refused)?.card;
    let offer = match work.home.offer(&session, &invites.own) {
        Ok(offer) => offer,
        Err(JoinError::NoNode | JoinError::NoVault) => return Ok(Err("invite-no-node")),
        Err(error) => return Err(refused(error)),
    };
    // Without its address, nobody who takes the invitation could do anything.
    if invites.vouchers.is_some() && offer.sponsor.is_none() {
        return Ok(Err("invite-no-sponsor"));
    }
    let (voucher, is_near) = (offer.voucher(invites.vouchers.as_deref())?, offer.is_near());
    let made = work.home.invitation(&session, &work.actor, card, offer, voucher, lasts);
    Ok(Ok(Made { invitation: made.map_err(refused)?, is_near }))
}

/// `POST /invite`.
pub(crate) async fn make(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Asked>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let found = TERMS.into_iter().find(|(key, _)| *key == form.term);
    let (_, lasts) = found.ok_or(PortalError::NoPage)?;
    let invites = portal.settings.invites.clone();
    let made = with_home(&portal.homes, view.person.clone(), move |work| {
        Ok((pays(work, &invites), invite(work, &invites, lasts)?))
    });
    let (pays, made) = made.await?;
    Ok(match made {
        Ok(made) => page(&view, pays, Some(&made), None).into_response(),
        Err(key) => {
            (StatusCode::UNPROCESSABLE_ENTITY, page(&view, pays, None, Some(key))).into_response()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn whether_fees_are_paid_is_said_before_an_invitation_is_made() {
        for language in Language::ALL {
            let words = Words::of(language);
            let of = |pays| said(&words, pays).into_string();
            assert!(of(Some(Pays::Themselves)).contains("class=\"wrong\""));
            let paid = of(Some(Pays::Sponsor));
            assert!(!paid.is_empty() && !paid.contains("wrong"), "{paid}");
            assert_eq!(of(None), "");
        }
    }
}
