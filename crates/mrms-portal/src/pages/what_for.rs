//! What openings were for, and why emergencies were declared: readers say it to the patient through the vaults, sealed. Pages
//! that show openings ask the vaults for what is not known yet, and wait a moment for them.
//!
//! A page that has waited in vain says that it asked, and comes again by itself a few times, without script. A reader's program
//! gives the vaults what it was for right after the entry: so about an opening that is young each page asks again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use axum::http::header::REFRESH;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use mrms_core::{Purpose, RecordId, UnixTime, visible};
use mrms_home::clock::rng;

use crate::asked::Unexplained;
use crate::error::{PortalError, refused};
use crate::looks::Timed;
use crate::pages::log::purpose_key;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

/// So long a page waits for the vaults.
const WAIT: Duration = Duration::from_millis(500);

/// Of so many openings of the week Home asks the vaults whether they opened something.
const MOST_ASKED: usize = 20;

/// What is known of an opening or an emergency besides the ledger's entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// What they said that they opened it for.
    pub(crate) purpose: Option<Purpose>,
    /// Why it was declared an emergency.
    pub(crate) reason: Option<String>,
}

/// What is known of all entries of some records, by record and entry.
pub(crate) type AllKnown = BTreeMap<(RecordId, u64), Known>;

/// What this profile knows of these looks, as far as it has read the vaults' logs. Reads a file for each of their records.
pub(crate) fn known(work: &Work, looks: &[&Timed]) -> Result<AllKnown, PortalError> {
    let (session, actor) = (work.session(), &work.actor);
    let records: BTreeSet<RecordId> = looks.iter().map(|one| one.look.record).collect();
    let purposes = session.known_purposes_of(actor, &records).map_err(refused)?;
    let mut all: AllKnown = BTreeMap::new();
    for (entry, purpose) in purposes {
        all.entry(entry).or_default().purpose = Some(purpose);
    }
    let emergencies = looks.iter().filter(|one| one.is_emergency()).map(|one| one.look.record);
    for id in emergencies.collect::<BTreeSet<_>>() {
        for (index, reason) in session.known_reasons(actor, id).map_err(refused)? {
            all.entry((id, index)).or_default().reason = Some(visible::line(&reason).into_owned());
        }
    }
    Ok(all)
}

/// What is known of one of them.
pub(crate) fn of_look(known: &AllKnown, one: &Timed) -> Known {
    one.entry().and_then(|entry| known.get(&entry)).cloned().unwrap_or_default()
}

/// Of these looks, those of which nothing is known.
pub(crate) fn unexplained(looks: &[&Timed], known: &AllKnown, now: UnixTime) -> Vec<Unexplained> {
    let is_unknown = |one: &&&Timed| of_look(known, one) == Known::default();
    let unknown = looks.iter().filter(is_unknown);
    unknown.filter_map(|one| Some(Unexplained::new(one.entry()?, one.time, now))).collect()
}

/// Of these looks, the newest first, the openings of which it is not known yet that the vaults gave a key for them. Reads a file
/// for each of their records.
pub(crate) fn without_release(work: &Work, looks: &[Timed], now: UnixTime) -> Vec<Unexplained> {
    let mut opened: BTreeMap<RecordId, BTreeSet<u64>> = BTreeMap::new();
    let openings = looks.iter().filter(|one| one.is_opening()).take(MOST_ASKED);
    let entries: Vec<_> = openings.filter_map(|one| Some((one.entry()?, one.time))).collect();
    for ((id, index), _) in &entries {
        opened.entry(*id).or_default().insert(*index);
    }
    let released = |(id, opened): (&RecordId, &BTreeSet<u64>)| {
        let released = work.session().known_with_key(&work.actor, *id, opened);
        (*id, released)
    };
    let released: BTreeMap<_, _> = opened.iter().map(released).collect();
    let is_unsure = |(id, index): &(RecordId, u64)| {
        released.get(id).is_none_or(|released| !released.contains(index))
    };
    let unsure = entries.into_iter().filter(|(entry, _)| is_unsure(entry));
    unsure.map(|(entry, time)| Unexplained::new(entry, time, now)).collect()
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// There was nothing to ask.
    Nothing,
    /// The vaults answered: what is known is to be read again.
    Answered,
    /// They have not answered yet. The page says so, and comes again.
    Waits,
}

impl Asking {
    /// Whether pages say that they wait for an answer.
    pub(crate) const fn waits(self) -> bool {
        matches!(self, Self::Waits)
    }

    /// A page, which comes again where it waits.
    pub(crate) fn page(self, page: Markup) -> Response {
        match self {
            Self::Waits => ([(REFRESH, "2")], page).into_response(),
            Self::Nothing | Self::Answered => page.into_response(),
        }
    }
}

/// Asks the vaults about what is not known of these openings, and waits a moment for them.
pub(crate) async fn ask(portal: &Portal, view: &View, unexplained: &[Unexplained]) -> Asking {
    let memory = view.person.memory.clone();
    let records = memory.asked_what_for(|asked| asked.begin(unexplained, Instant::now()));
    if records.is_empty() {
        return match memory.asked_what_for(|asked| asked.comes_again(unexplained)) {
            true => Asking::Waits,
            false => Asking::Nothing,
        };
    }
    let (homes, person) = (portal.homes.clone(), view.person.clone());
    let asking = tokio::spawn(async move {
        let of = records.clone();
        let asked = with_home(&homes, person, move |work| {
            let read = work.session().read_vault_logs(&work.actor, &of, &mut rng());
            work.retell_looks(&of)?;
            read.map_err(refused)
        });
        // A page comes without what a vault does not tell.
        let has_all = matches!(asked.await, Ok(true));
        memory.asked_what_for(|asked| asked.end(&records, has_all));
    });
    match tokio::time::timeout(WAIT, asking).await {
        Ok(_) => Asking::Answered,
        Err(_) => Asking::Waits,
    }
}

/// What somebody said of a look, for the end of its line.
pub(crate) fn told(words: &Words, one: &Timed, known: &Known, waits: bool) -> Markup {
    html! {
        @if let Some(purpose) = known.purpose {
            " · " (words.with("log-purpose", &[("purpose", (&words.say(purpose_key(purpose))).into())]))
        }
        @if let Some(reason) = &known.reason {
            br; bdi { (words.with("log-reason", &[("reason", reason.into())])) }
        } @else if waits && known.purpose.is_none() && one.entry().is_some() {
            " · " (words.say(if one.is_emergency() { "log-reason-asked" } else { "log-purpose-asked" }))
        }
    }
}
