//! How records and people are called in sentences and columns.

use std::borrow::Cow;
use std::collections::BTreeMap;

use mrms_app::records::labels::RecordLabel;
use mrms_app::records::list::NumberedRecord;
use mrms_app::{Actor, Session};
use mrms_core::{Principal, RecordId};
use mrms_home::Names;
use mrms_home::clock::rng;
use mrms_people::name::{quotable, short};

use super::columns::cut;
use super::failure::Failure;

/// The most columns of a name in a sentence.
const IN_A_SENTENCE: usize = 40;

/// Somebody in a column: `you`, the name that this person gave, or else the principal, short.
pub(crate) fn in_column(names: &Names, principal: &Principal) -> String {
    match names.name_of(principal).is_some() || names.is_me(principal) {
        true => names.shown(principal),
        false => short(principal),
    }
}

/// What one's own record is called in a list: a name that somebody gave it is not taken for the list's own `(no name)`.
pub(crate) fn title(name: &str) -> Cow<'_, str> {
    match name.starts_with('(') {
        true => Cow::Owned(format!("“{}”", quotable(name))),
        false => Cow::Borrowed(name),
    }
}

/// What somebody else calls a record, in a line of a list: between quotation marks where it could be taken for what the
/// list itself says, such as `(no name)` or `; ended`.
pub(crate) fn title_of_others(name: &str) -> Cow<'_, str> {
    match name.starts_with('(') || name.contains([';', ':', '“', '”']) {
        true => Cow::Owned(format!("“{}”", quotable(name))),
        false => Cow::Borrowed(name),
    }
}

/// Somebody at the beginning of a sentence: `Clinic B`, `ST1J…9G6Z, not among your people,`.
pub(crate) fn as_subject(names: &Names, principal: &Principal) -> String {
    let shown = names.shown(principal);
    match names.name_of(principal).is_none() && shown.contains(", ") {
        true => format!("{shown},"),
        false => shown,
    }
}

/// Somebody at the beginning of a sentence, with the organisation for which they act: `Dr Quist, Clinic Nord,`.
pub(crate) fn for_organisation(
    names: &Names,
    principal: &Principal,
    organisation: Option<&Principal>,
) -> String {
    let who = as_subject(names, principal);
    let Some(organisation) = organisation else { return who };
    let whose = as_subject(names, organisation);
    let (who, whose) = (who.trim_end_matches(','), whose.trim_end_matches(','));
    match names.name_of(principal) {
        Some(_) => format!("{who}, {whose},"),
        // What is said of an account without a name must not be taken for the organisation.
        None => format!("{who}, for {whose},"),
    }
}

/// What the profile's own records are called.
#[derive(Debug, Default)]
pub(crate) struct RecordNames {
    records: BTreeMap<RecordId, (u64, Option<RecordLabel>)>,
    /// The names that came with keys, of the records of a patient for whom the command acts.
    given: BTreeMap<RecordId, String>,
}

impl RecordNames {
    /// The names of these records, as far as `actor` can read them.
    pub(crate) fn of(
        session: &Session<'_>,
        actor: Option<&Actor>,
        records: &[NumberedRecord],
    ) -> Result<Self, Failure> {
        let erased = session.erased_records()?;
        let mut labels = match actor {
            Some(actor) => session.labels(actor, records, &erased, &mut rng()),
            None => BTreeMap::new(),
        };
        let named = |one: &NumberedRecord| (one.id, (one.number, labels.remove(&one.id)));
        Ok(Self { records: records.iter().map(named).collect(), given: BTreeMap::new() })
    }

    /// Records of which only the numbers are known.
    pub(crate) fn numbered(numbers: impl Iterator<Item = (RecordId, u64)>) -> Self {
        let records = numbers.map(|(id, number)| (id, (number, None))).collect();
        Self { records, given: BTreeMap::new() }
    }

    /// Records of a patient for whom the command acts, with the names that came with their keys.
    pub(crate) fn given(records: &[NumberedRecord], given: BTreeMap<RecordId, String>) -> Self {
        let numbered = |one: &NumberedRecord| (one.id, (one.number, None));
        Self { records: records.iter().map(numbered).collect(), given }
    }

    /// Its label, or else its file name.
    pub(crate) fn name(&self, id: RecordId) -> Option<&str> {
        let given = self.given.get(&id).map(String::as_str);
        given.or_else(|| self.label(id)?.name())
    }

    /// What its header says.
    pub(crate) fn label(&self, id: RecordId) -> Option<&RecordLabel> {
        self.records.get(&id)?.1.as_ref()
    }

    /// Its number in the list.
    pub(crate) fn number(&self, id: RecordId) -> Option<u64> {
        self.records.get(&id).map(|(number, _)| *number)
    }

    /// A record in a sentence: `“Blood test, May” (#1)`, `record #1`, `record id:3400…`, as commands take it.
    pub(crate) fn words(&self, id: RecordId) -> String {
        self.words_as(id, self.name(id))
    }

    /// The same with this name, which it had at another time.
    pub(crate) fn words_as(&self, id: RecordId, name: Option<&str>) -> String {
        match (self.number(id), name) {
            (Some(number), Some(name)) => format!("“{}” (#{number})", cut(name, IN_A_SENTENCE)),
            (Some(number), None) => format!("record #{number}"),
            (None, _) => format!("record id:{id}"),
        }
    }
}
