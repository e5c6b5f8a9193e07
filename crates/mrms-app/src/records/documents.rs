//! What the documents on one's own records say of themselves: their dates and authors, for lists, and their results, for curves
//! over several records.
//!
//! A document says that as a whole, and reading ten thousand takes minutes. So the profile keeps what was read, sealed under the
//! person's own key: `documents.sealed` for lists, and `results.sealed`. Both are derived, and count for the version that was
//! read; what is missing is read again by whoever has viewers (`mrms-home`). One's own versions are decrypted without an entry in
//! the log, as everywhere; nothing of anybody else's is read. What was erased is kept nowhere.

use std::collections::{BTreeMap, BTreeSet};

use mrms_core::{RecordId, Version};
use mrms_crypto::RecordRoot;
use mrms_viewers::{Facts, Kind, Measured, Measurement, Subject};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::records::index::replace;
use crate::session::{Actor, Sending, Session};

/// The files' names, and the names under which they are sealed.
const DOCUMENTS: &str = "documents.sealed";
const RESULTS: &str = "results.sealed";

/// What is read of a document: raised where more of it is, so that what was read before is read again.
const READING: u32 = 1;
/// Results of all records together that are kept: about 10 MB of memory.
const MOST_RESULTS: usize = 100_000;
/// How many people of one document are kept.
const MOST_PEOPLE: usize = 5;

/// What a document says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnWords {
    /// Its date: ISO 8601, perhaps without day or month.
    pub date: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// Whom it is about: the first of them.
    pub about: Vec<Subject>,
    /// How many results are kept of it.
    results: usize,
    /// Whether it has more.
    is_cut: bool,
}

/// What was read of the documents.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    read: BTreeMap<RecordId, (Version, OwnWords)>,
    results: BTreeMap<RecordId, Vec<Measurement>>,
    /// How many results those are.
    kept: usize,
    is_changed: bool,
}

/// The kinds of documents that say something of themselves which is not in their encrypted headers.
#[must_use]
pub const fn says_something(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Fhir
            | Kind::Cda
            | Kind::Hl7
            | Kind::Dicom
            | Kind::Study
            | Kind::HealthCard
            | Kind::AppleHealth
    )
}

impl Documents {
    /// What the document says that is a record's version.
    #[must_use]
    pub fn of(&self, id: RecordId, version: Version) -> Option<&OwnWords> {
        self.read.get(&id).filter(|(read, _)| *read == version).map(|(_, words)| words)
    }

    /// The results of each record that has some. Whoever shows them looks whether the record is still there, and whether this is
    /// its newest version.
    pub fn results(&self) -> impl Iterator<Item = (RecordId, Version, &[Measurement])> {
        self.results.iter().filter_map(|(id, results)| {
            let (version, _) = self.read.get(id)?;
            Some((*id, *version, results.as_slice()))
        })
    }

    /// Whether some results are not kept, because a document or all of them have too many.
    #[must_use]
    pub fn are_cut(&self) -> bool {
        self.read.values().any(|(_, words)| words.is_cut)
    }

    /// Takes what a viewer read of a version. What it can't read says nothing: `None`.
    pub fn take(&mut self, id: RecordId, version: Version, facts: Option<Facts>) {
        self.forget(id);
        let mut words = OwnWords::default();
        if let Some(Facts { description, mut results, is_cut }) = facts {
            let room = MOST_RESULTS.saturating_sub(self.kept);
            words.is_cut = is_cut || results.len() > room;
            results.truncate(room);
            (words.date, words.author) = (description.date, description.author);
            words.about = description.about;
            words.about.truncate(MOST_PEOPLE);
            words.results = results.len();
            self.kept += results.len();
            if !results.is_empty() {
                self.results.insert(id, results);
            }
        }
        self.read.insert(id, (version, words));
        self.is_changed = true;
    }

    /// Forgets what was read of records that are not among these.
    pub fn keep_alone(&mut self, there: &BTreeSet<RecordId>) {
        let gone: Vec<_> = self.read.keys().filter(|id| !there.contains(id)).copied().collect();
        gone.into_iter().for_each(|id| self.forget(id));
    }

    fn forget(&mut self, id: RecordId) {
        let was_there = self.read.remove(&id).is_some();
        let gone = self.results.remove(&id).map_or(0, |gone| gone.len());
        self.kept = self.kept.saturating_sub(gone);
        self.is_changed |= was_there;
    }
}

/// The file of [`OwnWords`], of the records of one contract on one ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct KeptDocuments {
    contract: String,
    genesis: Option<String>,
    /// How it was read.
    reading: u32,
    records: Vec<(RecordId, Version, OwnWords)>,
}

/// The file of results: what is the same of many stands once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct KeptResults {
    contract: String,
    genesis: Option<String>,
    measured: Vec<Measured>,
    people: Vec<Subject>,
    records: Vec<(RecordId, Version, Vec<KeptResult>)>,
}

/// A result: the places of what was measured and of whom; the date, the value, as it is written, and the band.
type KeptResult = (usize, Option<usize>, String, f64, String, Option<f64>, Option<f64>);

/// Values, each once.
struct Once<T>(Vec<T>, BTreeMap<T, usize>);

impl<T: Clone + Ord> Once<T> {
    const fn new() -> Self {
        Self(Vec::new(), BTreeMap::new())
    }

    fn place(&mut self, value: &T) -> usize {
        if let Some(place) = self.1.get(value) {
            return *place;
        }
        let place = self.0.len();
        self.0.push(value.clone());
        self.1.insert(value.clone(), place);
        place
    }
}

impl KeptResults {
    fn of(documents: &Documents) -> Self {
        let (mut measured, mut people) = (Once::new(), Once::new());
        let mut records = Vec::with_capacity(documents.results.len());
        for (id, version, results) in documents.results() {
            let kept = results.iter().map(|one| {
                let whose = one.whose.as_ref().map(|whose| people.place(whose));
                let Measurement { date, value, text, low, high, .. } = one.clone();
                (measured.place(&one.what), whose, date, value, text, low, high)
            });
            records.push((id, version, kept.collect()));
        }
        Self { measured: measured.0, people: people.0, records, ..Self::default() }
    }

    /// The results of each record; those of a record of which a part names nothing are none.
    fn read(self) -> BTreeMap<RecordId, (Version, Vec<Measurement>)> {
        let Self { measured, people, records, .. } = self;
        let result = |(what, whose, date, value, text, low, high): KeptResult| {
            let whose = match whose {
                Some(place) => Some(people.get(place)?.clone()),
                None => None,
            };
            let what = measured.get(what)?.clone();
            Some(Measurement { what, whose, date, value, text, low, high })
        };
        let read = records.into_iter().filter_map(|(id, version, kept)| {
            let results = kept.into_iter().map(&result).collect::<Option<Vec<_>>>()?;
            Some((id, (version, results)))
        });
        read.collect()
    }
}

impl Session<'_> {
    /// What the documents say of their dates and authors, as far as that was read: what lists show. Without results.
    #[must_use]
    pub fn document_words(&self, actor: &Actor) -> Documents {
        let Ok(root) = actor.keyring.record_root() else { return Documents::default() };
        Documents { read: self.kept_words(&root), ..Documents::default() }
    }

    /// All that was read of the documents.
    #[must_use]
    pub fn documents(&self, actor: &Actor) -> Documents {
        let Ok(root) = actor.keyring.record_root() else { return Documents::default() };
        let mut read = self.kept_words(&root);
        let kept: KeptResults = self.profile.load_sealed(&root, RESULTS).unwrap_or_default();
        let mut results = match self.is_of_here(&kept.contract, kept.genesis.as_ref()) {
            true => kept.read(),
            false => BTreeMap::new(),
        };
        // The two files are written one after the other: what does not fit together is read again.
        read.retain(|id, (version, words)| {
            let there = results.get(id).filter(|(of, _)| *of == *version);
            there.map_or(0, |(_, all)| all.len()) == words.results
        });
        results.retain(|id, _| read.contains_key(id));
        let results: BTreeMap<_, _> = results.into_iter().map(|(id, (_, all))| (id, all)).collect();
        let kept = results.values().map(Vec::len).sum();
        Documents { read, results, kept, is_changed: false }
    }

    /// Keeps what was read. Without it, it is read again: that it can't be written is no failure.
    pub fn keep_documents(
        &self,
        actor: &Actor,
        documents: &mut Documents,
        rng: &mut dyn CryptoRng,
    ) {
        let Ok(root) = actor.keyring.record_root() else { return };
        if !documents.is_changed || self.sending != Sending::Send {
            return;
        }
        let (contract, genesis) = (self.contract.to_string(), self.ledger.genesis());
        let results = KeptResults {
            contract: contract.clone(),
            genesis: genesis.clone(),
            ..KeptResults::of(documents)
        };
        replace(self, &root, RESULTS, &results, rng);
        let records = documents.read.iter();
        let records = records.map(|(id, (version, words))| (*id, *version, words.clone()));
        let records = records.collect();
        let words = KeptDocuments { contract, genesis, reading: READING, records };
        replace(self, &root, DOCUMENTS, &words, rng);
        documents.is_changed = false;
    }

    fn kept_words(&self, root: &RecordRoot) -> BTreeMap<RecordId, (Version, OwnWords)> {
        let kept: KeptDocuments = self.profile.load_sealed(root, DOCUMENTS).unwrap_or_default();
        if kept.reading != READING || !self.is_of_here(&kept.contract, kept.genesis.as_ref()) {
            return BTreeMap::new();
        }
        let read = kept.records.into_iter().map(|(id, version, words)| (id, (version, words)));
        read.collect()
    }

    fn is_of_here(&self, contract: &str, genesis: Option<&String>) -> bool {
        contract == self.contract.to_string() && genesis == self.ledger.genesis().as_ref()
    }
}

#[cfg(test)]
mod tests {
    use mrms_viewers::Description;

    use super::*;

    fn result(value: f64) -> Measurement {
        let text = |text: &str| text.to_owned();
        Measurement {
            what: Measured {
                system: text("http://loinc.org"),
                code: text("718-7"),
                unit: text("g/dL"),
                name: text("Haemoglobin"),
                unit_name: text("g/dl"),
                is_vital: false,
            },
            whose: Some(Subject { name: Some(text("Ana Muster")), born: None }),
            date: text("2026-05-04"),
            value,
            text: format!("{value} g/dl"),
            low: Some(12.0),
            high: None,
        }
    }

    fn facts(results: Vec<Measurement>) -> Option<Facts> {
        let description = Description {
            kind: Kind::Fhir,
            title: None,
            date: Some("2026-05-04".to_owned()),
            author: Some("Lab North".to_owned()),
            about: Vec::new(),
        };
        Some(Facts { description, results, is_cut: false })
    }

    #[test]
    fn results_are_kept_with_their_record_and_version_and_the_same_stands_once() {
        let mut documents = Documents::default();
        let (one, other) = (RecordId::new(1), RecordId::new(2));
        documents.take(one, Version::FIRST, facts(vec![result(13.2), result(11.5)]));
        documents.take(other, Version::FIRST, facts(vec![result(12.0)]));
        let kept = KeptResults::of(&documents);
        assert_eq!((kept.measured.len(), kept.people.len()), (1, 1));
        let json = serde_json::to_string(&kept).unwrap();
        let kept: KeptResults = serde_json::from_str(&json).unwrap();
        let mut read = kept.clone().read();
        assert_eq!(read.remove(&one), Some((Version::FIRST, vec![result(13.2), result(11.5)])));
        assert_eq!(read.remove(&other), Some((Version::FIRST, vec![result(12.0)])));
        let damaged = KeptResults { measured: Vec::new(), ..kept };
        assert!(damaged.read().is_empty(), "a place that names nothing");
        let second = Version::FIRST.next();
        assert_eq!(documents.of(one, second), None, "of another version nothing is known");
        let words = documents.of(one, Version::FIRST).unwrap();
        assert_eq!(words.date.as_deref(), Some("2026-05-04"));
        documents.take(one, second, None);
        assert_eq!(documents.of(one, second), Some(&OwnWords::default()), "it says nothing");
        assert_eq!(documents.results().count(), 1);
        documents.keep_alone(&BTreeSet::from([one]));
        assert_eq!((documents.results().count(), documents.read.len()), (0, 1));
    }

    #[test]
    fn results_of_all_records_have_a_bound_which_is_told() {
        let mut documents = Documents::default();
        documents.take(
            RecordId::new(1),
            Version::FIRST,
            facts(vec![result(1.0); MOST_RESULTS - 1]),
        );
        assert!(!documents.are_cut());
        documents.take(RecordId::new(2), Version::FIRST, facts(vec![result(1.0); 3]));
        assert!(documents.are_cut());
        let kept: usize = documents.results().map(|(_, _, all)| all.len()).sum();
        assert_eq!(kept, MOST_RESULTS);
        documents.take(RecordId::new(1), Version::FIRST, facts(vec![result(1.0); 2]));
        documents.take(RecordId::new(2), Version::FIRST, facts(vec![result(1.0); 3]));
        assert!(!documents.are_cut(), "there is room again");
    }
}
