//! Handing everything over to a new account: what it means in plain words, how far it is, and the ways to offer, to withdraw
//! and to take over.

pub(crate) mod accept;
pub(crate) mod alarms;
pub(crate) mod offer;
pub(crate) mod review;

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::succession::offers::{OfferEnd, PastOffer};
use mrms_core::{BurnClock, UnixTime};
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::layout::{self, notice};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    done: String,
    /// How many could not be ended when everything was taken over.
    #[serde(default)]
    failed: usize,
    /// How many were answered then.
    #[serde(default)]
    others: usize,
}

/// An offer that has ended.
struct Past {
    to: Named,
    when: UnixTime,
    /// When it ended, and whether it was taken back: else another one followed.
    ended: UnixTime,
    is_taken_back: bool,
    is_own: bool,
}

impl Past {
    fn of(work: &Work, clock: BurnClock, offer: &PastOffer) -> Option<Self> {
        let (at, is_taken_back) = match offer.end.as_ref()? {
            OfferEnd::TakenBack(at) => (*at, true),
            OfferEnd::Replaced(at) => (*at, false),
        };
        Some(Self {
            to: work.named(&offer.to),
            when: clock.time_of(offer.at),
            ended: clock.time_of(at),
            is_taken_back,
            is_own: work.session().is_own_offer(offer),
        })
    }

    fn say(&self, words: &Words) -> String {
        let key = match (self.is_taken_back, self.is_own) {
            (true, true) => "hand-over-past-back",
            (true, false) => "hand-over-past-back-elsewhere",
            (false, true) => "hand-over-past-replaced",
            (false, false) => "hand-over-past-replaced-elsewhere",
        };
        words.with(
            key,
            &[
                ("who", (&self.to.say(words)).into()),
                ("day", (&times::day(words, self.when)).into()),
                ("end", (&times::day(words, self.ended)).into()),
            ],
        )
    }
}

struct Facts {
    /// Who is the patient now, if another account is, and since when.
    handed_over: Option<(Named, Option<UnixTime>)>,
    /// Whether everything is offered to somebody; every page says to whom.
    is_offered: bool,
    /// Offers that have ended, and whether this program made them.
    past: Vec<Past>,
    /// Who was the patient before, and until when.
    before: Vec<(Named, UnixTime)>,
    /// How many records the person has.
    records: usize,
}

fn facts(work: &Work) -> Result<Facts, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let named = |who: &mrms_core::Principal| work.named(who);
    let handed_over = session.handed_over(&me).map_err(refused)?;
    let is_offered = match handed_over {
        Some(_) => false,
        None => session.offered_to(&me).map_err(refused)?.is_some(),
    };
    session.note_remembered_offers(&work.actor);
    let past = session.past_offers(&me).map_err(refused)?;
    let past = past.iter().filter_map(|offer| Past::of(work, clock, offer)).collect();
    let before = session.predecessors(&me).map_err(refused)?;
    let records = match before.is_empty() {
        true => 0,
        false => session.numbered_records_of(&me).map_err(refused)?.len(),
    };
    Ok(Facts {
        records,
        handed_over: handed_over
            .map(|it| (named(&it.to), it.since.map(|height| clock.time_of(height)))),
        is_offered,
        past,
        before: before.iter().map(|(who, height)| (named(who), clock.time_of(*height))).collect(),
    })
}

/// `GET /hand-over`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(asked): Query<Asked>,
) -> Result<Response, PortalError> {
    if asked.done == "offered" {
        let found = with_home(&portal.homes, view.person.clone(), offer::offered_before);
        if let Some((offered, who)) = found.await? {
            return Ok(offer::offered_page(&view, &offered, &who).into_response());
        }
    }
    let facts = with_home(&portal.homes, view.person.clone(), facts).await?;
    if asked.done == "taken" && !facts.before.is_empty() {
        let page = accept::taken(&view, facts.records, asked.failed, asked.others);
        return Ok(page.into_response());
    }
    let words = &view.words;
    let title = words.say("hand-over-title");
    let body = html! {
        @if asked.done == "withdrawn" { (notice(&words.say("hand-over-withdrawn"))) }
        @if asked.done == "mine" { (notice(&words.say("alarm-was-me-done"))) }
        h1 { (title) }
        p { (words.say("hand-over-explained")) }
        @match &facts.handed_over {
            Some((who, when)) => p.wrong {
                (words.with("home-handed-over", &[
                    ("who", (&who.say(words)).into()),
                    ("day", (&when.map(|when| times::day(words, when)).unwrap_or_default()).into()),
                ]))
            },
            None => {},
        }
        @for (who, when) in &facts.before {
            p { (words.with("hand-over-before", &[
                ("who", (&who.say(words)).into()), ("day", (&times::day(words, *when)).into()),
            ])) }
        }
        @for past in &facts.past { p { (past.say(words)) } }
        section.card aria-labelledby="give" {
            h2 id="give" { (words.say("hand-over-give")) }
            (meaning(&view))
            @if facts.is_offered {
                p { a.button.second href="/hand-over/text" download { (words.say("hand-over-save")) } }
            }
            @if facts.handed_over.is_none() {
                p { a.button.second href="/hand-over/offer" { (words.say("hand-over-offer")) } }
            } @else {
                p { a.button.second href="/hand-over/text" download { (words.say("hand-over-save")) } }
            }
        }
        section.card aria-labelledby="take" {
            h2 id="take" { (words.say("hand-over-take")) }
            p { (words.say("hand-over-take-explained")) }
            p { a.button.second href="/hand-over/accept" { (words.say("hand-over-accept")) } }
        }
    };
    Ok(layout::page(&view, "/family", &title, &body).into_response())
}

/// What it means to hand over, in plain words.
fn meaning(view: &View) -> Markup {
    let words = &view.words;
    html! {
        ul {
            @for key in ["hand-over-all", "hand-over-nothing-left", "hand-over-others", "hand-over-no-way-back", "hand-over-old-words"] {
                li { (words.say(key)) }
            }
        }
    }
}
