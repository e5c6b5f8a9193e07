//! Which of a person's own records a search finds: by name, kind, date, author and number alike, word by word, wherever
//! records are listed or chosen. The command line's `mrms list TEXT` goes by the same rule.

use mrms_people::Sought;
use mrms_people::name::likeness;
use mrms_viewers::Kind;

use crate::overview::{Overview, Row};
use crate::pages::frames;
use crate::times;
use crate::words::{Language, Words};
use crate::work::Work;

/// The records of the list that a text finds, in its order.
pub(crate) fn found<'o>(work: &Work, overview: &'o Overview, text: &str) -> Vec<&'o Row> {
    let sought = Sought::of(text);
    if sought.is_everything() {
        return overview.rows.iter().collect();
    }
    // Kinds and days are found by their words of any language.
    let words = Language::ALL.map(Words::of);
    let kinds = Kind::ALL.map(|kind| (kind, likeness(&kind_said(&words, kind))));
    let is_found = |row: &&Row| {
        // What its document says is read for those alone whose names do not have all.
        let mut more: Option<String> = None;
        sought.finds(row.number, |word| {
            row.is_called(word)
                || kinds.iter().any(|(kind, said)| *kind == row.kind && said.contains(word))
                || more.get_or_insert_with(|| said(work, &words, row)).contains(word)
        })
    };
    overview.rows.iter().filter(is_found).collect()
}

fn kind_said(words: &[Words; 3], kind: Kind) -> String {
    words.each_ref().map(|words| words.say(kind.key())).join("|")
}

/// The dates of a record, in numbers and in words, and its author.
fn said(work: &Work, words: &[Words; 3], row: &Row) -> String {
    let own = work.with_documents(|all| all.of(row.id, row.version).cloned());
    let mut said = Vec::new();
    if let Some(date) = own.as_ref().and_then(|own| own.date.as_deref()) {
        let day = date.split('T').next().unwrap_or_default();
        said.push(day.to_owned());
        said.extend(words.iter().map(|words| frames::day(words, day)));
    }
    if let Some(added) = row.written {
        said.push(times::local_date(added));
        said.extend(words.iter().map(|words| times::day(words, added)));
    }
    said.extend(own.and_then(|own| own.author));
    likeness(&said.join("|"))
}

/// The day by which a record is put in order: of its document, else on which it was added. ISO 8601.
pub(crate) fn day_of(work: &Work, row: &Row) -> String {
    let own =
        work.with_documents(|all| all.of(row.id, row.version).and_then(|own| own.date.clone()));
    own.or_else(|| row.written.map(times::local_date)).unwrap_or_default()
}
