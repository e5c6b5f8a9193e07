//! `mrms hand-over show`: whether this profile has offered, handed over or taken over.

use mrms_app::succession::offers::{OfferEnd, PastOffer};
use mrms_core::{BurnClock, Principal};
use mrms_home::Names;

use super::stolen;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::succession::{PastHandOverOffer, ShownHandOver};
use crate::ui::someone::names_quietly;
use crate::ui::{short_times, times};

pub(super) fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    let me = Principal::from(settings.home.account()?);
    let names = names_quietly(settings, output)?;
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let handed_over = session.handed_over(&me)?;
    let offered_to = match handed_over {
        Some(_) => None,
        None => session.offered_to(&me)?,
    };
    let predecessors = session.predecessors(&me)?;
    if let Ok(Some(actor)) = settings.home.unlock_quietly() {
        session.note_remembered_offers(&actor);
    }
    let told = session.at_once(&me)?;
    let offers = session.past_offers(&me)?;
    let when = handed_over.as_ref().and_then(|it| it.since).map(|height| clock.time_of(height));
    let mut lines = Vec::new();
    if let Some(it) = &handed_over {
        let on = when.map_or_else(String::new, |when| format!(" on {}", short_times::day(when)));
        lines.push(format!(
            "handed over to {}{on}\n  they alone are the patient; you can change nothing\n  whoever has this profile's words keeps what they could read until then",
            names.shown(&it.to)
        ));
        if !told.is_own_successor {
            lines.push(stolen::TAKEN.to_owned());
        }
    }
    if let Some(to) = &offered_to {
        lines.push(format!(
            "offered to {}, who has not accepted yet\n  mrms hand-over offer makes the text for them again; mrms hand-over withdraw takes it back",
            names.shown(to)
        ));
    }
    for (from, height) in &predecessors {
        lines.push(format!(
            "taken over from {} on {}",
            names.shown(from),
            short_times::day(clock.time_of(*height))
        ));
    }
    for offer in offers.iter().filter(|one| one.end.is_some()) {
        let made_here = session.is_own_offer(offer);
        lines.push(past(offer, made_here, &names, clock));
    }
    if !told.offered_elsewhere.is_empty() {
        lines.push(stolen::OFFERED.to_owned());
    }
    if lines.is_empty() {
        lines.push("nothing was offered, handed over or taken over".to_owned());
    }
    output.result(
        &ShownHandOver {
            handed_over_to: handed_over.as_ref().map(|it| &it.to),
            handed_over_to_name: handed_over.as_ref().and_then(|it| names.name_of(&it.to)),
            handed_over_at: when.map(times::rfc3339),
            offered_to: offered_to.as_ref(),
            offered_to_name: offered_to.as_ref().and_then(|to| names.name_of(to)),
            took_over_from: predecessors.iter().map(|(from, _)| from).collect(),
            offers: offers
                .iter()
                .map(|one| PastHandOverOffer {
                    to: &one.to,
                    to_name: names.name_of(&one.to),
                    offered_at: times::rfc3339(clock.time_of(one.at)),
                    ended_at: ended(one).map(|at| times::rfc3339(clock.time_of(at))),
                    made_here: session.is_own_offer(one),
                })
                .collect(),
        },
        &lines.join("\n"),
    )
}

fn ended(offer: &PastOffer) -> Option<mrms_core::BurnHeight> {
    offer.end.as_ref().map(|end| match end {
        OfferEnd::TakenBack(at) | OfferEnd::Replaced(at) => *at,
    })
}

/// An offer that has ended: by whom it was taken back, and when. Only this account can.
fn past(offer: &PastOffer, made_here: bool, names: &Names, clock: BurnClock) -> String {
    let day = |height| short_times::day(clock.time_of(height));
    let by = if made_here { "" } else { ", not by this program" };
    let end = match &offer.end {
        Some(OfferEnd::TakenBack(at)) => format!("taken back on {} by your account", day(*at)),
        Some(OfferEnd::Replaced(at)) => format!("followed by another offer on {}", day(*at)),
        None => "not taken back".to_owned(),
    };
    format!("offered to {} on {}{by}: {end}", names.shown(&offer.to), day(offer.at))
}
