//! The records of the patient for whom somebody acts: what they are called and what is known of each, and which of them a search
//! finds, by the rule of one's own list.

use std::collections::BTreeMap;

use maud::{Markup, html};
use mrms_app::profile::received::RecordSaid;
use mrms_app::records::list::NumberedRecord;
use mrms_contract::read;
use mrms_contract::state::StoredVersion;
use mrms_core::{RecordId, UnixTime};
use mrms_people::name::likeness;
use mrms_viewers::Kind;

use crate::acting::Acting;
use crate::error::{PortalError, refused};
use crate::pages::acting::{kind, said};
use crate::pages::paging::ROWS;
use crate::pages::search::Searched;
use crate::pages::ticks::{Chosen, Listed, Tick, Ticked};
use crate::pages::told;
use crate::words::Words;
use crate::work::Work;

/// All records of a patient, the newest first, with what came of each beside it.
pub(crate) struct Records {
    all: Vec<NumberedRecord>,
    said: BTreeMap<RecordId, RecordSaid>,
    /// How often each name is given.
    called: BTreeMap<String, usize>,
}

/// What tells a record from others.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) id: RecordId,
    pub(super) number: u64,
    pub(super) versions: u64,
    pub(super) name: Option<String>,
    /// What kind of document it is, where that was told.
    pub(super) kind: Option<Kind>,
    /// When it was written, else when it came onto the ledger.
    written: Option<UnixTime>,
    /// Whether another record is called the same.
    has_twin: bool,
}

impl Told {
    /// What it is called, or its number.
    pub(super) fn unnamed(&self, words: &Words) -> String {
        words.with("acting-unnamed", &[("number", self.number.into())])
    }

    /// What it is called in a sentence.
    pub(super) fn in_sentence(&self, words: &Words) -> String {
        match &self.name {
            Some(name) if self.has_twin => format!("{name} (#{})", self.number),
            Some(name) => name.clone(),
            None => self.unnamed(words),
        }
    }

    /// Its kind, where that was told, and what else tells it apart.
    pub(super) fn kind_and_facts(&self, words: &Words) -> Markup {
        html! {
            @if let Some(kind) = self.kind { (words.say(kind.key())) " · " }
            (self.facts(words))
        }
    }

    pub(super) fn facts(&self, words: &Words) -> Markup {
        html! {
            (told::dates(words, None, self.written))
            @if self.has_twin { " · #" (self.number) }
        }
    }
}

impl Ticked for Told {
    fn id(&self) -> RecordId {
        self.id
    }

    fn name(&self, words: &Words) -> String {
        self.name.clone().unwrap_or_else(|| self.unnamed(words))
    }

    fn facts(&self, words: &Words) -> Markup {
        Self::facts(self, words)
    }
}

impl Records {
    pub(crate) fn of(work: &Work, acting: &Acting) -> Result<Self, PortalError> {
        let mut all = work.session().numbered_records_of(&acting.patient).map_err(refused)?;
        let said = said(work, &all);
        let mut called = BTreeMap::new();
        for name in said.values().filter_map(|said| said.name.as_ref()) {
            *called.entry(likeness(name.as_str())).or_default() += 1;
        }
        all.reverse();
        Ok(Self { all, said, called })
    }

    pub(super) fn all(&self) -> &[NumberedRecord] {
        &self.all
    }

    /// Whether nothing came with any of them: a program of the patient has left no key yet.
    pub(super) fn are_keyless(&self) -> bool {
        !self.all.is_empty() && self.said.values().all(RecordSaid::is_empty)
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// The one with this id.
    pub(crate) fn with_id(&self, id: RecordId) -> Option<&NumberedRecord> {
        self.all.iter().find(|one| one.id == id)
    }

    /// What one of them is called.
    pub(crate) fn name(&self, id: RecordId) -> Option<&str> {
        self.said.get(&id)?.name.as_ref().map(|name| name.as_str())
    }

    /// Those that a text finds.
    pub(super) fn found(
        &self,
        work: &Work,
        text: &str,
    ) -> Result<Vec<NumberedRecord>, PortalError> {
        let searched = Searched::of(text);
        if searched.is_everything() {
            return Ok(self.all.clone());
        }
        let came = self.came(work, &self.all)?;
        let is_found = |one: &&NumberedRecord| {
            let said = self.said.get(&one.id);
            let name = self.name(one.id).map(likeness).unwrap_or_default();
            let written = said.and_then(|said| said.written).or_else(|| came.get(&one.id).copied());
            searched.finds(
                one.number,
                said.and_then(kind),
                |word| name.contains(word),
                || written.map(|day| searched.day(day)).unwrap_or_default(),
            )
        };
        Ok(self.all.iter().filter(is_found).cloned().collect())
    }

    /// What is told of these.
    pub(super) fn told(
        &self,
        work: &Work,
        records: &[NumberedRecord],
    ) -> Result<Vec<Told>, PortalError> {
        let came = self.came(work, records)?;
        let told = |one: &NumberedRecord| {
            let said = self.said.get(&one.id).cloned().unwrap_or_default();
            let name = self.name(one.id);
            let twins = name.and_then(|name| self.called.get(&likeness(name)));
            Told {
                id: one.id,
                number: one.number,
                versions: one.record.version.number(),
                name: name.map(str::to_owned),
                kind: kind(&said),
                written: said.written.or_else(|| came.get(&one.id).copied()),
                has_twin: twins.is_some_and(|count| *count > 1),
            }
        };
        Ok(records.iter().map(told).collect())
    }

    /// The rows of a form in which records are chosen.
    pub(crate) fn listed(&self, work: &Work, chosen: &Chosen) -> Result<Listed, PortalError> {
        let ticks = |records: &[NumberedRecord]| {
            let told = self.told(work, records)?.into_iter();
            Ok::<_, PortalError>(told.map(|one| Box::new(one) as Tick).collect())
        };
        let ticked: Vec<_> =
            chosen.records.iter().filter_map(|id| self.with_id(*id)).cloned().collect();
        let mut others = self.found(work, &chosen.wanted)?;
        others.retain(|one| !chosen.records.contains(&one.id));
        let more = others.len().saturating_sub(ROWS);
        others.truncate(ROWS);
        let by = "acting-search";
        Ok(Listed { ticked: ticks(&ticked)?, others: ticks(&others)?, more, by })
    }

    /// When the newest versions came onto the ledger, of records of which nobody told when they were written.
    fn came(
        &self,
        work: &Work,
        records: &[NumberedRecord],
    ) -> Result<BTreeMap<RecordId, UnixTime>, PortalError> {
        let session = work.session();
        let is_told = |id: &RecordId| self.said.get(id).is_some_and(|said| said.written.is_some());
        let untold: Vec<_> = records.iter().filter(|one| !is_told(&one.id)).collect();
        let reads: Vec<_> =
            untold.iter().map(|one| read::record_version(one.id, one.record.version)).collect();
        let clock = session.ledger.tip().map_err(refused)?.clock();
        let stored = session.ask_all(&reads).map_err(refused)?;
        let time = |(one, stored): (&NumberedRecord, Option<StoredVersion>)| {
            Some((one.id, clock.time_of(stored?.burn_height)))
        };
        Ok(untold.into_iter().zip(stored).filter_map(time).collect())
    }
}
