//! A record in a list, by what tells it from others: its document's own date, when it was added, who wrote it, and its number
//! where another one is called the same.

use maud::{Markup, html};
use mrms_app::import::Own;
use mrms_app::records::documents::OwnWords;
use mrms_core::{RecordId, UnixTime};
use mrms_viewers::Subject;

use crate::overview::{Overview, Row};
use crate::pages::frames;
use crate::times;
use crate::words::Words;
use crate::work::Work;

/// A record, and what its document says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) row: Row,
    said: Option<OwnWords>,
    /// Whom it names, where that is not the person.
    others: Option<String>,
}

/// Whom a document names, where that is not the person: the first of them, as it says.
pub(crate) fn others<'a>(own: &Own, about: &'a [Subject]) -> Option<&'a str> {
    own.is_none_of(about).and_then(|_| about.first()?.name.as_deref())
}

impl Told {
    #[cfg(test)]
    pub(crate) fn alone(row: Row) -> Self {
        Self { row, said: None, others: None }
    }

    /// Records of a list, as far as their documents were read.
    pub(crate) fn of_all<'r>(work: &Work, rows: impl IntoIterator<Item = &'r Row>) -> Vec<Self> {
        let own = work.session().own_name(&work.actor);
        let told = |row: &Row| {
            let said = work.with_documents(|all| all.of(row.id, row.version).cloned());
            let others = said.as_ref().and_then(|said| others(&own, &said.about));
            Self { row: row.clone(), others: others.map(str::to_owned), said }
        };
        rows.into_iter().map(told).collect()
    }

    /// What it is called.
    pub(crate) fn name(&self, words: &Words) -> String {
        let unnamed = || words.say("records-unnamed");
        self.row.name.clone().unwrap_or_else(unnamed)
    }

    /// A record of the list; `None` where it is not in it.
    pub(crate) fn of(work: &Work, overview: &Overview, id: RecordId) -> Option<Self> {
        Self::of_all(work, overview.row(id)).pop()
    }

    /// What it is called in a sentence: by its name, with its number where another one has it too; else by its number.
    pub(crate) fn in_sentence(&self, words: &Words) -> String {
        match &self.row.name {
            Some(name) if self.row.has_twin => format!("{name} (#{})", self.row.number),
            Some(name) => name.clone(),
            None => words.with("acting-unnamed", &[("number", self.row.number.into())]),
        }
    }

    /// Its kind, and what else tells it apart.
    pub(crate) fn kind_and_facts(&self, words: &Words) -> Markup {
        html! { (words.say(self.row.kind.key())) " · " (self.facts(words)) }
    }

    /// What tells it apart, one after the other.
    pub(crate) fn facts(&self, words: &Words) -> Markup {
        let Self { row, said, others } = self;
        let author = said.as_ref().and_then(|said| said.author.as_deref());
        // An imported record has its author in its name.
        let author =
            author.filter(|author| row.name.as_ref().is_none_or(|name| !name.contains(author)));
        html! {
            (dates(words, said.as_ref().and_then(|said| said.date.as_deref()), row.written))
            @if let Some(author) = author { " · " bdi { (author) } }
            @if let Some(who) = others { " · " strong { (words.with("records-names", &[("who", who.into())])) } }
            @if row.has_twin { " · #" (row.number) }
        }
    }
}

/// The day of a document, and beside it the day on which it was added, where that is another one.
pub(crate) fn dates(words: &Words, own: Option<&str>, added: Option<UnixTime>) -> Markup {
    let own = own.map(|date| date.split('T').next().unwrap_or_default());
    let is_same = own.is_some() && own.map(str::to_owned) == added.map(times::local_date);
    html! {
        @if let Some(day) = own { time datetime=(day) { (frames::day(words, day)) } }
        @if let Some(added) = added.filter(|_| !is_same) {
            @if own.is_some() { " · " }
            time datetime=(times::machine(added)) {
                (words.with("records-added-on", &[("day", (&times::day(words, added)).into())]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn own_date_of_a_document_goes_before_that_of_adding_which_is_left_out_where_it_is_the_same() {
        let noon = Some(UnixTime::from_seconds(1_779_969_600)); // 2026-05-28T12:00Z
        let said = |own, added| {
            let text = dates(&Words::of(Language::English), own, added).into_string();
            text.split(['<', '>']).step_by(2).collect::<String>()
        };
        assert_eq!(said(Some("2026-05-04T08:00:00Z"), noon), "4 May 2026 · added 28 May 2026");
        assert_eq!(said(Some("2026-05"), noon), "May 2026 · added 28 May 2026");
        assert_eq!(said(Some("2026-05-28"), noon), "28 May 2026");
        assert_eq!(said(None, noon), "added 28 May 2026");
        assert_eq!(said(Some("2026"), None), "2026");
        for language in Language::ALL {
            let words = Words::of(language);
            assert!(dates(&words, None, noon).into_string().contains("2026-05-28T12:00:00Z"));
        }
    }
}
