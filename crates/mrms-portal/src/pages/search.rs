//! Which records a search finds: by name, kind, date, author and number alike, word by word, wherever records are listed or
//! chosen, one's own and those of somebody for whom one acts. The command line's `mrms list TEXT` goes by the same rule.

use mrms_core::UnixTime;
use mrms_people::Sought;
use mrms_people::name::likeness;
use mrms_viewers::Kind;

use crate::overview::{Overview, Row};
use crate::pages::frames;
use crate::times;
use crate::words::{Language, Words};
use crate::work::Work;

/// A search. Kinds and days are found by their words of any language.
pub(crate) struct Searched {
    sought: Sought,
    words: [Words; 3],
    kinds: Vec<(Kind, String)>,
}

impl Searched {
    pub(crate) fn of(text: &str) -> Self {
        let sought = Sought::of(text);
        let words = Language::ALL.map(Words::of);
        let said = |kind: Kind| words.each_ref().map(|words| words.say(kind.key())).join("|");
        let kinds = Kind::ALL.map(|kind| (kind, likeness(&said(kind)))).into();
        Self { sought, words, kinds }
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.sought.is_everything()
    }

    /// Whether a record is found. `is_called` says whether its name has the likeness of a word; `more` is what else is said of it,
    /// read for those alone whose names do not have all.
    pub(crate) fn finds(
        &self,
        number: u64,
        kind: Option<Kind>,
        is_called: impl Fn(&str) -> bool,
        more: impl Fn() -> String,
    ) -> bool {
        let mut said: Option<String> = None;
        self.sought.finds(number, |word| {
            is_called(word)
                || self.kinds.iter().any(|(one, said)| Some(*one) == kind && said.contains(word))
                || said.get_or_insert_with(|| likeness(&more())).contains(word)
        })
    }

    /// A day, in numbers and in words.
    pub(crate) fn day(&self, time: UnixTime) -> String {
        let in_words = self.words.each_ref().map(|words| times::day(words, time)).join("|");
        format!("{}|{in_words}", times::local_date(time))
    }
}

/// The records of one's own list that a text finds, in its order.
pub(crate) fn found<'o>(work: &Work, overview: &'o Overview, text: &str) -> Vec<&'o Row> {
    let searched = Searched::of(text);
    if searched.is_everything() {
        return overview.rows.iter().collect();
    }
    let is_found = |row: &&Row| {
        let is_called = |word: &str| row.is_called(word);
        searched.finds(row.number, Some(row.kind), is_called, || said(work, &searched, row))
    };
    overview.rows.iter().filter(is_found).collect()
}

/// The dates of a record, in numbers and in words, and its author.
fn said(work: &Work, searched: &Searched, row: &Row) -> String {
    let own = work.with_documents(|all| all.of(row.id, row.version).cloned());
    let mut said = Vec::new();
    if let Some(date) = own.as_ref().and_then(|own| own.date.as_deref()) {
        let day = date.split('T').next().unwrap_or_default();
        said.push(day.to_owned());
        said.extend(searched.words.iter().map(|words| frames::day(words, day)));
    }
    said.extend(row.written.map(|added| searched.day(added)));
    said.extend(own.and_then(|own| own.author));
    said.join("|")
}

/// The day by which a record is put in order: of its document, else on which it was added. ISO 8601.
pub(crate) fn day_of(work: &Work, row: &Row) -> String {
    let own =
        work.with_documents(|all| all.of(row.id, row.version).and_then(|own| own.date.clone()));
    own.or_else(|| row.written.map(times::local_date)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_is_found_by_its_name_number_kind_and_day_in_any_language() {
        let day = UnixTime::from_seconds(1_779_969_600); // 2026-05-28
        let finds = |text: &str| {
            let searched = Searched::of(text);
            let is_called = |word: &str| likeness("Blood test of May").contains(word);
            searched.finds(7, Some(Kind::Pdf), is_called, || searched.day(day))
        };
        for text in ["may blood", "#7", "pdf 2026-05-28", "28. Mai", "blood 7", "mayo 2026"] {
            assert!(finds(text), "{text}");
        }
        for text in ["may 2025", "#8", "x-ray", "dicom"] {
            assert!(!finds(text), "{text}");
        }
        assert!(Searched::of(" ").is_everything());
    }
}
