//! What a person calls a record: its number in their list, a range of numbers, `all`, its label, or its id.
//!
//! [`Handles`] decides what a text means among the records that it was given. It reads nothing. A text that could mean
//! two records means none until the person says which: `#5` is always the list's number, `id:5` always the id.
//!
//! Somebody else chose the label and the id of a record of theirs, so neither takes anything away: what a text means by
//! numbers and among one's own records comes first, and a label of others that reads like a number, a range or `all` is
//! no handle.

use mrms_core::RecordId;
use mrms_people::name::likeness;

/// The most digits of a number in a list. A longer one is an id.
const MOST_DIGITS: usize = 9;

/// A record that a text may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    /// The record.
    pub id: RecordId,
    /// Its place in the list that `#5` speaks of, from 1: of the patient's records, or of the inbox; `None` for records
    /// that are not in it.
    pub number: Option<u64>,
    /// Its place in the list of what others shared, from 1; `None` for one's own.
    pub shared_number: Option<u64>,
    /// The label of its latest version, or else the file's name.
    pub label: Option<String>,
    /// Who chose its label and its id.
    pub named_by: NamedBy,
    /// Whether ranges and `all` pass over it: it was erased, or refused.
    pub is_passed_over: bool,
}

/// Who chose what a record is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// The person who types.
    Oneself,
    /// Somebody else, who could choose it to be taken for another.
    Others,
}

/// How well a text means something. What it means better hides what it means less well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A number of the list, several of them, or one's own label or id.
    Own,
    /// A number of the list of what others shared, without its `s`.
    SharedNumber,
    /// A label or an id that somebody else chose.
    Others,
}

/// Something that a text may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Meaning {
    rank: Rank,
    told: String,
    ids: Vec<RecordId>,
}

impl Meaning {
    fn one(rank: Rank, told: String, id: RecordId) -> Self {
        Self { rank, told, ids: vec![id] }
    }
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
        meanings.extend(self.by_label(text));
        let best = meanings.iter().map(|meaning| meaning.rank).min();
        let mut distinct: Vec<(String, Vec<RecordId>)> = Vec::new();
        for Meaning { rank, told, ids } in meanings {
            if Some(rank) == best && !distinct.iter().any(|(_, known)| *known == ids) {
                distinct.push((told, ids));
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

    /// What a text means as a number, a range of numbers, all, or an id.
    fn by_number(&self, text: &str) -> Vec<Meaning> {
        let mut meanings = Vec::new();
        let within = |first: u64, last: u64| -> Vec<RecordId> {
            let one = |handle: &&Handle| {
                !handle.is_passed_over
                    && handle.number.is_some_and(|number| first <= number && number <= last)
            };
            self.handles.iter().filter(one).map(|handle| handle.id).collect()
        };
        if text.eq_ignore_ascii_case("all") {
            let ids = within(1, u64::MAX);
            let told = format!("all {} records", ids.len());
            meanings.push(Meaning { rank: Rank::Own, told, ids });
        }
        if let Some((first, last)) = range(text) {
            let told = format!("the records from #{first} to #{last}");
            meanings.push(Meaning { rank: Rank::Own, told, ids: within(first, last) });
        }
        meanings.retain(|meaning| !meaning.ids.is_empty());
        if let Some(place) = place(text.strip_prefix('#').unwrap_or(text)) {
            let one = self.handles.iter().find(|handle| handle.number == Some(place));
            meanings.extend(one.map(|one| Meaning::one(Rank::Own, one.told(), one.id)));
        }
        let (shared, rank) = match text.strip_prefix('s') {
            Some(rest) => (place(rest), Rank::Own),
            None => (place(text), Rank::SharedNumber),
        };
        if let Some(place) = shared {
            let one = self.handles.iter().find(|handle| handle.shared_number == Some(place));
            meanings.extend(one.map(|one| Meaning::one(rank, one.told(), one.id)));
        }
        if let Ok(id) = text.parse::<RecordId>() {
            let one = self.handles.iter().find(|handle| handle.id == id);
            meanings.extend(one.map(|one| {
                let number = one.number.map_or_else(String::new, |number| format!(", #{number}"));
                let told = format!("the record with the id {id}{number} (id:{id})");
                Meaning::one(one.named_by.rank(), told, id)
            }));
        }
        meanings
    }

    /// The records that have the text as their label. `#5` is never a label, and what reads like a number, a range or
    /// `all` is no label of others.
    fn by_label<'h>(&'h self, text: &str) -> impl Iterator<Item = Meaning> + use<'h> {
        let wanted = likeness(text);
        let is_number = text.strip_prefix('#').is_some_and(|rest| place(rest).is_some());
        let is_handle = reads_as_handle(text);
        let is_meant = move |handle: &&Handle| {
            !wanted.is_empty()
                && !is_number
                && (handle.named_by == NamedBy::Oneself || !is_handle)
                && handle.label.as_deref().is_some_and(|label| likeness(label) == wanted)
        };
        let labelled = self.handles.iter().filter(is_meant);
        labelled.map(|one| Meaning::one(one.named_by.rank(), one.told(), one.id))
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

impl NamedBy {
    const fn rank(self) -> Rank {
        match self {
            Self::Oneself => Rank::Own,
            Self::Others => Rank::Others,
        }
    }
}

/// Whether a text has the form of something that this program gives records: a number, `#5`, `s5`, a range, `all`, an id.
pub(super) fn reads_as_handle(text: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.chars().all(char::is_numeric);
    let after = text.strip_prefix(['#', 's', 'S']).unwrap_or(text);
    let is_range = text.split_once('-').is_some_and(|(first, last)| {
        number(first.strip_prefix('#').unwrap_or(first))
            && number(last.strip_prefix('#').unwrap_or(last))
    });
    number(after) || is_range || likeness(text) == likeness("all") || text.starts_with("id:")
}

/// A number in a list: at most nine digits, not 0.
pub(super) fn place(text: &str) -> Option<u64> {
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
pub(super) fn id_alone(text: &str) -> Option<RecordId> {
    text.strip_prefix("id:")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(id: u128, number: Option<u64>, label: &str) -> Handle {
        let label = (!label.is_empty()).then(|| label.to_owned());
        let named_by = if number.is_some() { NamedBy::Oneself } else { NamedBy::Others };
        let (id, shared_number, is_passed_over) = (RecordId::new(id), None, false);
        Handle { id, number, shared_number, label, named_by, is_passed_over }
    }

    fn handles() -> Handles {
        let mut gone = handle(104, Some(4), "Old letter");
        gone.is_passed_over = true;
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
        assert_eq!(both.find("3").unwrap(), ids(&[103]));
        assert_eq!(both.find("s3").unwrap(), ids(&[900]));
        assert_eq!(both.find("#3").unwrap(), ids(&[103]));
    }

    #[test]
    fn label_and_id_that_somebody_else_chose_take_no_handle_away() {
        let own = vec![handle(101, Some(1), "Blood test"), handle(102, Some(2), "X-ray")];
        for label in ["1", "#1", "1-2", "all", "\u{410}LL", "Blood test", "s1", "id:101", "101"] {
            let mut all = own.clone();
            all.push(handle(900, None, label));
            // The stranger's id is the number of a record of one's own.
            all.push(handle(2, None, label));
            let handles = Handles::new(all, false);
            for (text, meant) in [
                ("1", &[101][..]),
                ("#1", &[101]),
                ("2", &[102]),
                ("1-2", &[101, 102]),
                ("all", &[101, 102]),
                ("blood test", &[101]),
                ("101", &[101]),
                ("900", &[900]),
                ("id:2", &[2]),
            ] {
                assert_eq!(handles.find(text).unwrap(), ids(meant), "{label}: {text}");
            }
            assert!(handles.find("s1").is_err(), "{label}");
        }
        // Of two strangers neither is guessed.
        let strangers = Handles::new(vec![handle(7, None, "ECG"), handle(8, None, "ecg")], false);
        assert_eq!(unclear(&strangers, "ECG").len(), 2);
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
        // With its mark it is the list's number, whatever a label says.
        let marked =
            Handles::new(vec![handle(101, Some(1), "#2"), handle(102, Some(2), "")], false);
        assert_eq!(marked.find("#2").unwrap(), ids(&[102]));
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
