//! What a person calls a record: its number in their list, a range of numbers, `all`, its label, or its id.
//!
//! [`Handles`] decides what a text means among the records that it was given. It reads nothing. A text that could mean
//! two records means none until the person says which: `#5` is always the list's number, `id:5` always the id.

use mrms_contract::read;
use mrms_core::{Principal, RecordId, grant};
use mrms_people::name::likeness;
use rand_core::CryptoRng;

use crate::records::list::NumberedRecord;
use crate::records::shared::SharedBounds;
use crate::session::{Actor, AskError, Session};

/// The most digits of a number in a list. A longer one is an id.
const MOST_DIGITS: usize = 9;

/// A record that a text may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    /// The record.
    pub id: RecordId,
    /// Its place in the list of the patient's records, from 1; `None` for records of others.
    pub number: Option<u64>,
    /// Its place in the list of what others shared, from 1; `None` for one's own.
    pub shared_number: Option<u64>,
    /// The label of its latest version, or else the file's name.
    pub label: Option<String>,
    /// Whether it was erased: ranges and `all` pass over it.
    pub is_erased: bool,
}

impl Handle {
    /// The record as it is told when it has to be told apart.
    fn told(&self) -> String {
        match (self.number, &self.label) {
            (Some(number), Some(label)) => format!("#{number} “{label}”"),
            (Some(number), None) => format!("#{number}"),
            (None, label) if self.shared_number.is_some() => {
                let number = self.shared_number.unwrap_or_default();
                let label = label.as_ref().map_or_else(String::new, |one| format!(" “{one}”"));
                format!("s{number}{label} of others (id:{})", self.id)
            }
            (None, Some(label)) => format!("“{label}” (id {})", self.id),
            (None, None) => format!("the record with the id {}", self.id),
        }
    }
}

/// The records that a text may mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handles {
    handles: Vec<Handle>,
    /// Whether labels can't be read now.
    is_locked: bool,
}

/// Why a text means no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandleError {
    /// It could mean several.
    #[error("{text:?} could mean {}", several.join(", or "))]
    Unclear {
        /// The text.
        text: String,
        /// What it could mean.
        several: Vec<String>,
    },
    /// It means no record.
    #[error("there is no record {text:?}")]
    Nothing {
        /// The text.
        text: String,
        /// Records whose labels come near.
        near: Vec<String>,
    },
    /// It is no number, and labels can't be read while the profile is locked.
    #[error("{text:?} is no number of a record, and labels are locked")]
    Locked {
        /// The text.
        text: String,
    },
    /// It means several records, and one is asked for.
    #[error("{text:?} means {count} records, and this command takes one")]
    Several {
        /// The text.
        text: String,
        /// How many.
        count: usize,
    },
}

/// Why records could not be looked up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindRecordError {
    /// The text means none.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read.
    #[error(transparent)]
    Profile(#[from] crate::profile::ProfileError),
}

impl Handles {
    /// The records that a text may mean. With `is_locked` no label could be read.
    #[must_use]
    pub const fn new(handles: Vec<Handle>, is_locked: bool) -> Self {
        Self { handles, is_locked }
    }

    /// The records that a text means, in the order of the list.
    ///
    /// # Errors
    ///
    /// [`HandleError`].
    pub fn find(&self, text: &str) -> Result<Vec<RecordId>, HandleError> {
        let text = text.trim();
        if let Some(id) = id_alone(text) {
            return Ok(vec![id]);
        }
        let mut meanings = self.by_number(text);
        for handle in self.labelled(text) {
            meanings.push((handle.told(), vec![handle.id]));
        }
        let mut distinct: Vec<(String, Vec<RecordId>)> = Vec::new();
        for meaning in meanings {
            if !distinct.iter().any(|(_, ids)| *ids == meaning.1) {
                distinct.push(meaning);
            }
        }
        match (distinct.len(), text.parse::<RecordId>()) {
            (1, _) => Ok(distinct.swap_remove(0).1),
            // Nothing that this person has: scripts may ask about any record on the ledger.
            (0, Ok(id)) => Ok(vec![id]),
            (0, Err(_)) if self.is_locked && range(text).is_none() && !text.starts_with('#') => {
                Err(HandleError::Locked { text: text.to_owned() })
            }
            (0, Err(_)) => {
                Err(HandleError::Nothing { text: text.to_owned(), near: self.near(text) })
            }
            _ => Err(HandleError::Unclear {
                text: text.to_owned(),
                several: distinct.into_iter().map(|(told, _)| told).collect(),
            }),
        }
    }

    /// What a text means as a number, a range of numbers, or all.
    fn by_number(&self, text: &str) -> Vec<(String, Vec<RecordId>)> {
        let mut meanings = Vec::new();
        let within = |first: u64, last: u64| -> Vec<RecordId> {
            let one = |handle: &&Handle| {
                !handle.is_erased
                    && handle.number.is_some_and(|number| first <= number && number <= last)
            };
            self.handles.iter().filter(one).map(|handle| handle.id).collect()
        };
        if text.eq_ignore_ascii_case("all") {
            let all = within(1, u64::MAX);
            if !all.is_empty() {
                meanings.push((format!("all {} records", all.len()), all));
            }
        }
        if let Some((first, last)) = range(text) {
            let ids = within(first, last);
            if !ids.is_empty() {
                meanings.push((format!("the records from #{first} to #{last}"), ids));
            }
        }
        let (place, only_place) = match text.strip_prefix('#') {
            Some(rest) => (place(rest), true),
            None => (place(text), false),
        };
        if let Some(place) = place {
            let one = self.handles.iter().find(|handle| handle.number == Some(place));
            meanings.extend(one.map(|one| (one.told(), vec![one.id])));
        }
        let shared = self::place(text.strip_prefix('s').unwrap_or(text));
        if let Some(place) = shared {
            let one = self.handles.iter().find(|handle| handle.shared_number == Some(place));
            meanings.extend(one.map(|one| (one.told(), vec![one.id])));
        }
        if let (false, Ok(id)) = (only_place, text.parse::<RecordId>()) {
            let one = self.handles.iter().find(|handle| handle.id == id);
            meanings.extend(one.map(|one| {
                let number = one.number.map_or_else(String::new, |number| format!(", #{number}"));
                (format!("the record with the id {id}{number} (id:{id})"), vec![id])
            }));
        }
        meanings
    }

    fn labelled<'h>(&'h self, text: &str) -> impl Iterator<Item = &'h Handle> + use<'h> {
        let wanted = likeness(text);
        self.handles.iter().filter(move |handle| {
            !wanted.is_empty()
                && handle.label.as_deref().is_some_and(|label| likeness(label) == wanted)
        })
    }

    /// Records whose labels have the text in them; a few.
    fn near(&self, text: &str) -> Vec<String> {
        let wanted = likeness(text);
        let is_near = |handle: &&Handle| {
            let label = handle.label.as_deref().map(likeness).unwrap_or_default();
            !wanted.is_empty() && label.contains(&wanted)
        };
        self.handles.iter().filter(is_near).take(5).map(Handle::told).collect()
    }
}

/// A number in a list: at most nine digits, not 0.
fn place(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits && text.len() <= MOST_DIGITS)?;
    (number > 0).then_some(number)
}

/// The ends of a range of numbers, such as `7-9` or `#7-9`.
fn range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once('-')?;
    let number = |text: &str| place(text.strip_prefix('#').unwrap_or(text));
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

/// The id of `id:5`.
fn id_alone(text: &str) -> Option<RecordId> {
    text.strip_prefix("id:")?.parse().ok()
}

impl Session<'_> {
    /// The records that a text means to this person: their own, or what others share with them. Without an unlocked
    /// `actor` labels mean nothing.
    ///
    /// # Errors
    ///
    /// [`FindRecordError`].
    pub fn find_records(
        &self,
        text: &str,
        me: &Principal,
        actor: Option<&Actor>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<RecordId>, FindRecordError> {
        let text = text.trim();
        if let Some(id) = id_alone(text) {
            return Ok(vec![id]);
        }
        let as_id: Option<RecordId> = text.parse().ok();
        let mut shared = None;
        if let Some(id) = as_id {
            match self.whose(id, me)? {
                // As scripts give it: no list has to be read.
                Whose::Own | Whose::Shared if place(text).is_none() => return Ok(vec![id]),
                Whose::Shared => shared = Some(id),
                Whose::Own | Whose::NotTheirs => {}
            }
        }
        let mut handles = self.own_handles(me, actor, rng)?;
        let (own, is_locked) = (handles.clone(), actor.is_none());
        if !Self::is_own_number(text, &own) || shared.is_some() {
            handles.extend(self.shared_handles(text, shared, me, actor, Whose::Shared)?);
        }
        let mut found = Handles::new(handles, is_locked).find(text);
        // A name that came with a grant since this person last looked.
        if let (Err(HandleError::Nothing { .. }), Some(actor)) = (&found, actor)
            && let Ok(shared) = self.shared_with(me, SharedBounds::USUAL)
            && self.look_at_received(actor, &shared.records, rng).is_ok()
        {
            let mut handles = own.clone();
            handles.extend(self.shared_handles(text, None, me, Some(actor), Whose::Shared)?);
            found = Handles::new(handles, false).find(text);
        }
        // Whose grant has ended is told that, and the attempt stands on record: so the record is found.
        let is_nothing = match (&found, as_id) {
            (Err(HandleError::Nothing { .. }), _) => true,
            (Ok(ids), Some(id)) => *ids == [id] && self.ask(&read::record(id))?.is_none(),
            _ => false,
        };
        if is_nothing {
            let mut handles = own;
            handles.extend(self.shared_handles(text, None, me, actor, Whose::NotTheirs)?);
            if let Ok(ended) = Handles::new(handles, is_locked).find(text) {
                return Ok(ended);
            }
        }
        Ok(found?)
    }

    /// Whether a text is a number of this person's own list: what others share never takes it away, and is found as `s1`.
    fn is_own_number(text: &str, own: &[Handle]) -> bool {
        place(text).is_some_and(|place| own.iter().any(|one| one.number == Some(place)))
    }

    /// The records of others that a text may mean, of those that are shared now or of those that were: by the id, by the number in the list of what others shared, or by the
    /// name that came with it.
    fn shared_handles(
        &self,
        text: &str,
        by_id: Option<RecordId>,
        me: &Principal,
        actor: Option<&Actor>,
        whose: Whose,
    ) -> Result<Vec<Handle>, FindRecordError> {
        let is_erased = false;
        let handle =
            |id, shared_number, label| Handle { id, number: None, shared_number, label, is_erased };
        let mut handles: Vec<_> = by_id.map(|id| handle(id, None, None)).into_iter().collect();
        if let Some(place) = place(text.strip_prefix('s').unwrap_or(text)) {
            let id = self.ask(&read::shared_record(me, place - 1))?;
            if let Some(id) = id.filter(|id| Some(*id) != by_id)
                && self.whose(id, me)? == whose
            {
                handles.push(handle(id, Some(place), None));
            }
        }
        let wanted = likeness(text);
        for (id, record) in
            actor.map(|actor| self.kept_received(actor)).transpose()?.unwrap_or_default()
        {
            let name = record.record_name().map(|name| name.as_str().to_owned());
            let is_meant = name.as_deref().is_some_and(|name| likeness(name).contains(&wanted));
            let is_known = handles.iter().any(|one| one.id == id);
            if is_meant && !wanted.is_empty() && !is_known && self.whose(id, me)? == whose {
                handles.push(handle(id, None, name));
            }
        }
        Ok(handles)
    }

    /// One's own records as texts may mean them.
    fn own_handles(
        &self,
        me: &Principal,
        actor: Option<&Actor>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<Handle>, FindRecordError> {
        let records = self.numbered_records_of(me)?;
        let erased = self.erased_records()?;
        let mut labels = match actor {
            Some(actor) => self.labels(actor, &records, &erased, rng),
            None => std::collections::BTreeMap::new(),
        };
        let handle = |NumberedRecord { number, id, .. }| Handle {
            id,
            number: Some(number),
            shared_number: None,
            label: labels.remove(&id).and_then(|label| label.name().map(str::to_owned)),
            is_erased: erased.contains(&id),
        };
        Ok(records.into_iter().map(handle).collect())
    }

    /// Whose record this id is to a person.
    fn whose(&self, id: RecordId, me: &Principal) -> Result<Whose, AskError> {
        let Some(record) = self.ask(&read::record(id))? else { return Ok(Whose::NotTheirs) };
        if record.patient == *me {
            return Ok(Whose::Own);
        }
        let (own, standing) = self.grants(id, &record.patient, me)?;
        let now = self.ledger.tip()?.burn_height;
        let in_force = grant::effective(id, own.as_ref(), standing.as_ref(), now);
        Ok(if in_force.is_ok() { Whose::Shared } else { Whose::NotTheirs })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Shared,
    NotTheirs,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(id: u128, number: Option<u64>, label: &str) -> Handle {
        let label = (!label.is_empty()).then(|| label.to_owned());
        Handle { id: RecordId::new(id), number, shared_number: None, label, is_erased: false }
    }

    fn handles() -> Handles {
        let mut gone = handle(104, Some(4), "Old letter");
        gone.is_erased = true;
        Handles::new(
            vec![
                handle(101, Some(1), "Blood test, May"),
                handle(102, Some(2), "X-ray"),
                handle(103, Some(3), "7"),
                gone,
                handle(105, Some(5), ""),
                handle(1, Some(6), "2026-05"),
                handle(900, None, ""),
            ],
            false,
        )
    }

    fn ids(numbers: &[u128]) -> Vec<RecordId> {
        numbers.iter().copied().map(RecordId::new).collect()
    }

    fn unclear(handles: &Handles, text: &str) -> Vec<String> {
        match handles.find(text) {
            Err(HandleError::Unclear { several, .. }) => several,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn number_is_an_id_or_a_place_in_the_list_and_both_at_once_are_refused() {
        let handles = handles();
        assert_eq!(handles.find("2").unwrap(), ids(&[102]));
        assert_eq!(handles.find("101").unwrap(), ids(&[101]));
        assert_eq!(handles.find("900").unwrap(), ids(&[900]), "shared with me");
        assert_eq!(
            unclear(&handles, "1"),
            ["#1 “Blood test, May”", "the record with the id 1, #6 (id:1)"]
        );
        assert_eq!(handles.find("#1").unwrap(), ids(&[101]));
        assert_eq!(handles.find("id:1").unwrap(), ids(&[1]));
        // Somebody else's, as scripts give it.
        assert_eq!(handles.find("404").unwrap(), ids(&[404]));
        assert_eq!(handles.find(" 2 ").unwrap(), ids(&[102]));
    }

    #[test]
    fn number_of_what_others_shared_is_not_taken_for_ones_own() {
        let mut shared = handle(900, None, "ECG");
        shared.shared_number = Some(3);
        let alone = Handles::new(vec![shared.clone()], false);
        assert_eq!(alone.find("3").unwrap(), ids(&[900]));
        assert_eq!(alone.find("ecg").unwrap(), ids(&[900]));
        let both = Handles::new(vec![handle(103, Some(3), "X-ray"), shared], false);
        assert_eq!(unclear(&both, "3"), ["#3 “X-ray”", "s3 “ECG” of others (id:900)"]);
        assert_eq!(both.find("s3").unwrap(), ids(&[900]));
        assert_eq!(both.find("#3").unwrap(), ids(&[103]));
    }

    #[test]
    fn id_and_place_that_are_one_record_are_clear() {
        let handles = Handles::new(vec![handle(1, Some(1), "1")], false);
        assert_eq!(handles.find("1").unwrap(), ids(&[1]));
    }

    #[test]
    fn place_that_is_not_there_is_no_record() {
        for text in ["#77", "#0", "70-80", "9-7", "#", "nothing", "", "-", "1-", "id:x"] {
            let refused = handles().find(text).unwrap_err();
            assert!(matches!(refused, HandleError::Nothing { .. }), "{text}: {refused}");
        }
    }

    #[test]
    fn ranges_and_all_pass_over_what_was_erased_and_over_gaps() {
        let handles = handles();
        assert_eq!(handles.find("2-5").unwrap(), ids(&[102, 103, 105]));
        assert_eq!(handles.find("#2-#3").unwrap(), ids(&[102, 103]));
        assert_eq!(handles.find("5-999").unwrap(), ids(&[105, 1]));
        assert_eq!(handles.find("all").unwrap(), ids(&[101, 102, 103, 105, 1]));
        // By name it is still meant.
        assert_eq!(handles.find("4").unwrap(), ids(&[104]));
    }

    #[test]
    fn label_means_its_record_however_it_is_written() {
        let handles = handles();
        for text in ["Blood test, May", "blood  test, may", "Bl\u{43e}od test, May"] {
            assert_eq!(handles.find(text).unwrap(), ids(&[101]), "{text}");
        }
        // A label that reads as a range of places that are not there.
        assert_eq!(handles.find("2026-05").unwrap(), ids(&[1]));
        match handles.find("blood") {
            Err(HandleError::Nothing { near, .. }) => assert_eq!(near, ["#1 “Blood test, May”"]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn labels_that_look_alike_mean_neither_record() {
        let handles = Handles::new(
            vec![handle(101, Some(1), "Blood test"), handle(102, Some(2), "Bl\u{43e}od test")],
            false,
        );
        assert_eq!(unclear(&handles, "Blood test").len(), 2);
        assert_eq!(handles.find("#2").unwrap(), ids(&[102]));
    }

    #[test]
    fn labels_that_are_numbers_or_words_of_the_program_are_not_guessed() {
        assert_eq!(handles().find("7").unwrap(), ids(&[103]), "no place and no id of that number");
        let handles = Handles::new(
            vec![
                handle(101, Some(1), "2"),
                handle(102, Some(2), "all"),
                handle(103, Some(3), "1-2"),
            ],
            false,
        );
        assert_eq!(unclear(&handles, "2"), ["#2 “all”", "#1 “2”"]);
        assert_eq!(unclear(&handles, "all"), ["all 3 records", "#2 “all”"]);
        assert_eq!(unclear(&handles, "1-2"), ["the records from #1 to #2", "#3 “1-2”"]);
        assert_eq!(handles.find("#2").unwrap(), ids(&[102]));
        assert_eq!(handles.find("1-9").unwrap(), ids(&[101, 102, 103]));
    }

    #[test]
    fn without_labels_numbers_still_mean_records() {
        let locked = Handles::new(vec![handle(101, Some(1), "")], true);
        assert_eq!(locked.find("1").unwrap(), ids(&[101]));
        assert_eq!(locked.find("all").unwrap(), ids(&[101]));
        assert!(matches!(locked.find("Blood test"), Err(HandleError::Locked { .. })));
        assert!(matches!(locked.find("#9"), Err(HandleError::Nothing { .. })));
    }
}
