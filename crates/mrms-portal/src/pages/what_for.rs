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

use crate::error::{PortalError, refused};
use crate::looks::Timed;
use crate::pages::log::purpose_key;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

/// So long a page waits for the vaults.
const WAIT: Duration = Duration::from_millis(500);
/// Seconds after which an opening of which nothing was said is taken to be one that nothing is said of.
const YOUNG: u64 = 10 * 60;
/// So long nobody is asked again about a young opening.
const PAUSE: Duration = Duration::from_secs(2);
/// How often a page comes again by itself while the vaults do not answer.
const MOST_AGAIN: u8 = 5;

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

/// An opening or an emergency of which nothing is known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unexplained {
    record: RecordId,
    index: u64,
    is_young: bool,
}

impl Unexplained {
    /// An entry, of this time.
    pub(crate) fn new((record, index): (RecordId, u64), time: UnixTime, now: UnixTime) -> Self {
        let is_young = now.seconds().saturating_sub(time.seconds()) < YOUNG;
        Self { record, index, is_young }
    }

    /// Of these looks, those of which nothing is known.
    pub(crate) fn among(looks: &[&Timed], known: &AllKnown, now: UnixTime) -> Vec<Self> {
        let is_unknown = |one: &&&Timed| of_look(known, one) == Known::default();
        let unknown = looks.iter().filter(is_unknown);
        unknown.filter_map(|one| Some(Self::new(one.entry()?, one.time, now))).collect()
    }
}

/// About which records the vaults were asked, and are being asked.
#[derive(Debug, Default)]
pub(crate) struct AskedWhatFor {
    /// Up to which entry, and when.
    done: BTreeMap<RecordId, (u64, Instant)>,
    /// Which are being asked about, and how many pages were told to come again.
    now: BTreeMap<RecordId, u8>,
}

impl AskedWhatFor {
    /// The records of these about which the vaults are to be asked now. They count as asked from now on.
    fn begin(&mut self, unexplained: &[Unexplained], now: Instant) -> Vec<RecordId> {
        let mut records = BTreeSet::new();
        for one in unexplained.iter().filter(|one| !self.now.contains_key(&one.record)) {
            let is_due = self.done.get(&one.record).is_none_or(|(known, asked)| {
                *known < one.index || one.is_young && now.duration_since(*asked) >= PAUSE
            });
            if is_due {
                records.insert(one.record);
            }
        }
        for id in &records {
            let newest = unexplained.iter().filter(|one| one.record == *id).map(|one| one.index);
            let known = self.done.get(id).map_or(0, |(known, _)| *known);
            self.done.insert(*id, (newest.max().unwrap_or_default().max(known), now));
            self.now.insert(*id, 0);
        }
        records.into_iter().collect()
    }

    /// They were asked; not all of them answered where they are to be asked again.
    fn end(&mut self, records: &[RecordId], has_all: bool) {
        for id in records {
            self.now.remove(id);
            if !has_all {
                self.done.remove(id);
            }
        }
    }

    /// Whether one of these is being asked about, and a page may come again.
    fn comes_again(&mut self, unexplained: &[Unexplained]) -> bool {
        let mut comes = false;
        let records: BTreeSet<_> = unexplained.iter().map(|one| one.record).collect();
        for (_, pages) in self.now.iter_mut().filter(|(id, _)| records.contains(id)) {
            comes |= *pages < MOST_AGAIN;
            *pages = pages.saturating_add(1);
        }
        comes
    }
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
            work.session().read_vault_logs(&work.actor, &of, &mut rng()).map_err(refused)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn unexplained(record: u128, index: u64, age: u64) -> Unexplained {
        let now = UnixTime::from_seconds(1_000_000);
        let time = UnixTime::from_seconds(1_000_000 - age);
        Unexplained::new((RecordId::new(record), index), time, now)
    }

    #[test]
    fn vaults_are_asked_what_an_opening_was_for_once_unless_one_did_not_answer() {
        let mut asked = AskedWhatFor::default();
        let (one, other) = (RecordId::new(1), RecordId::new(2));
        let now = Instant::now();
        let old = [(1, 3), (2, 1), (1, 2)].map(|(id, index)| unexplained(id, index, 2 * YOUNG));
        assert_eq!(asked.begin(&old, now), [one, other]);
        asked.end(&[one, other], true);
        assert!(asked.begin(&old, now + 10 * PAUSE).is_empty());
        let later = [unexplained(1, 4, 2 * YOUNG), old[1]];
        assert_eq!(asked.begin(&later, now), [one], "a later opening");
        asked.end(&[one], false);
        assert_eq!(asked.begin(&later, now), [one], "not every vault answered");
    }

    #[test]
    fn young_opening_is_asked_about_again_since_its_reader_may_not_have_said_it_yet() {
        let mut asked = AskedWhatFor::default();
        let (one, now) = (RecordId::new(1), Instant::now());
        let young = [unexplained(1, 3, 5)];
        assert_eq!(asked.begin(&young, now), [one]);
        asked.end(&[one], true);
        assert!(asked.begin(&young, now + PAUSE / 2).is_empty(), "not at once");
        assert_eq!(asked.begin(&young, now + PAUSE), [one]);
        asked.end(&[one], true);
        assert!(asked.begin(&[unexplained(1, 3, YOUNG)], now + 10 * PAUSE).is_empty());
    }

    #[test]
    fn page_comes_again_a_few_times_while_a_vault_is_asked_and_asks_it_no_second_time() {
        let mut asked = AskedWhatFor::default();
        let (one, now) = (RecordId::new(1), Instant::now());
        let young = [unexplained(1, 3, 5)];
        assert!(!asked.comes_again(&young), "nobody is asked");
        assert_eq!(asked.begin(&young, now), [one]);
        assert!(asked.begin(&[unexplained(1, 9, 5)], now + 10 * PAUSE).is_empty(), "it is asked");
        assert!(!asked.comes_again(&[unexplained(2, 3, 5)]), "about another record");
        for _ in 0..MOST_AGAIN {
            assert!(asked.comes_again(&young));
        }
        assert!(!asked.comes_again(&young), "a page does not go on for ever");
        asked.end(&[one], false);
        assert!(!asked.comes_again(&young));
    }
}
