//! Imports of a session: the files that came, what was found in them and what the person chose of it, and what became of each.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use mrms_app::import::{Choose, ComparedWith, Handed, How, LeftOut, Outcome, Told, Whose};
use mrms_core::RecordId;
use mrms_viewers::{Kind, Subject};

use crate::error::{PortalError, refused};
use crate::staged::Staged;
use crate::work::Work;

/// How far an import is.
#[derive(Clone)]
pub(crate) enum Importing {
    /// Files came. Once somebody looked: what would become of them.
    Chosen(Arc<Staged>, Option<Preview>),
    /// It is done, and this became of them.
    Done(Arc<Found>),
}

/// What was found in files, and what of it the person wants.
#[derive(Clone)]
pub(crate) struct Preview {
    pub(crate) found: Arc<Found>,
    /// What is not ticked, by its number.
    without: Arc<BTreeSet<usize>>,
}

/// What was found, and what becomes of each.
pub(crate) struct Found {
    /// In how many files that came.
    pub(crate) files: usize,
    pub(crate) rows: Vec<Row>,
    /// Whom the documents were compared with.
    pub(crate) with: ComparedWith,
}

/// A file, or what it has become with others: a scan of several pictures.
pub(crate) struct Row {
    /// Which of what was found it is.
    pub(crate) number: usize,
    /// Where it lay.
    pub(crate) place: String,
    /// How many files it stands for.
    pub(crate) files: u64,
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<Kind>,
    /// Whom it is about, as it says itself.
    pub(crate) about: Vec<Subject>,
    /// Whether that may be the person.
    pub(crate) whose: Option<Whose>,
    pub(crate) became: Became,
}

/// What became of a file.
pub(crate) enum Became {
    OnRecord(RecordId),
    New,
    Known(RecordId),
    LeftOut(LeftOut),
    Failed(PortalError),
}

/// New documents about the same people, as they say themselves.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group<'f> {
    pub(crate) about: &'f [Subject],
    pub(crate) whose: Whose,
    /// Their numbers.
    pub(crate) numbers: BTreeSet<usize>,
}

impl Row {
    fn of(told: Told) -> Self {
        let Told { number, place, files, label: name, kind, about, whose, outcome, .. } = told;
        let became = match outcome {
            Outcome::Created(id) => Became::OnRecord(id),
            Outcome::WouldCreate => Became::New,
            Outcome::Known(id) => Became::Known(id),
            Outcome::LeftOut(why) => Became::LeftOut(why),
            Outcome::Unread(error) => Became::Failed(refused(error)),
            Outcome::Failed(error) => Became::Failed(refused(error)),
            _ => Became::Failed(PortalError::BrokeOff),
        };
        Self { number, place, files, name, kind, about, whose, became }
    }

    pub(crate) const fn is_new(&self) -> bool {
        matches!(self.became, Became::New)
    }
}

impl Found {
    /// The new documents by whom they are about: first those that may be the person's, as they come.
    pub(crate) fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for row in self.rows.iter().filter(|row| row.is_new()) {
            let whose = row.whose.unwrap_or(Whose::Unnamed);
            let same = groups.iter_mut().find(|one| one.about == row.about && one.whose == whose);
            match same {
                Some(group) => {
                    group.numbers.insert(row.number);
                }
                None => groups.push(Group {
                    about: &row.about,
                    whose,
                    numbers: BTreeSet::from([row.number]),
                }),
            }
        }
        groups.sort_by_key(|group| group.whose.is_doubted());
        groups
    }
}

impl Preview {
    /// Everything is ticked, but what may be about somebody else.
    pub(crate) fn of(found: Arc<Found>) -> Self {
        let doubted = |row: &&Row| row.is_new() && row.whose.is_some_and(Whose::is_doubted);
        let without = found.rows.iter().filter(doubted).map(|row| row.number).collect();
        Self { found, without: Arc::new(without) }
    }

    pub(crate) fn takes(&self, number: usize) -> bool {
        !self.without.contains(&number)
    }

    /// Whether anything is ticked.
    pub(crate) fn takes_any(&self) -> bool {
        self.found.rows.iter().any(|row| row.is_new() && self.takes(row.number))
    }

    /// Of these, those in `ticked` are ticked from now on, and no others.
    pub(crate) fn choose(&mut self, shown: &BTreeSet<usize>, ticked: &BTreeSet<usize>) {
        let without = Arc::make_mut(&mut self.without);
        without.retain(|number| !ticked.contains(number));
        without.extend(shown.difference(ticked));
    }

    /// Why a document is left out, if it is not ticked.
    pub(crate) fn leaves_out(&self, number: usize, whose: Whose) -> Option<LeftOut> {
        match (self.takes(number), whose.is_doubted()) {
            (true, _) => None,
            (false, true) => Some(LeftOut::OtherPerson),
            (false, false) => Some(LeftOut::NotChosen),
        }
    }
}

/// Looks what is in the files. Nothing is written.
pub(crate) fn look(work: &Work, files: &[Handed]) -> Result<Found, PortalError> {
    run(work, files, (How::Preview, &|_| None))
}

/// Finds what is in the files, and puts it on record if that is wanted. It ends where the ledger does not answer: the files
/// stay, and what is on record by then is known the next time.
pub(crate) fn run(
    work: &Work,
    files: &[Handed],
    how: (How, &Choose<'_>),
) -> Result<Found, PortalError> {
    let (mut rows, mut is_away) = (Vec::new(), false);
    let mut tell = |told: Told| {
        let row = Row::of(told);
        is_away |= matches!(row.became, Became::Failed(PortalError::Away));
        rows.push(row);
        if is_away { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut rng = mrms_home::clock::rng();
    let with = work.session().import_handed(&work.actor, files, how, &mut rng, &mut tell);
    if is_away { Err(PortalError::Away) } else { Ok(Found { files: files.len(), rows, with }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: usize, name: &str, whose: Whose, became: Became) -> Row {
        let about = vec![Subject { name: Some(name.to_owned()), born: None }];
        Row {
            number,
            place: format!("{number}"),
            files: 1,
            name: None,
            kind: None,
            about,
            whose: Some(whose),
            became,
        }
    }

    fn found(rows: Vec<Row>) -> Arc<Found> {
        Arc::new(Found { files: 1, rows, with: ComparedWith::default() })
    }

    #[test]
    fn what_may_be_about_somebody_else_is_not_ticked_until_the_person_ticks_it() {
        let mut preview = Preview::of(found(vec![
            row(0, "Ana", Whose::Fits, Became::New),
            row(1, "Ben", Whose::OtherName, Became::New),
            row(2, "Ben", Whose::OtherName, Became::Known(RecordId::new(7))),
        ]));
        let takes = |preview: &Preview| (0..3).map(|one| preview.takes(one)).collect::<Vec<_>>();
        assert_eq!(takes(&preview), [true, false, true]);
        assert_eq!(preview.leaves_out(1, Whose::OtherName), Some(LeftOut::OtherPerson));
        preview.choose(&BTreeSet::from([0, 1]), &BTreeSet::from([1]));
        assert_eq!(takes(&preview), [false, true, true]);
        assert_eq!(preview.leaves_out(0, Whose::Fits), Some(LeftOut::NotChosen));
        assert_eq!(preview.leaves_out(1, Whose::OtherName), None);
        preview.choose(&BTreeSet::from([1]), &BTreeSet::new());
        assert!(!preview.takes_any(), "what is on record already is not chosen");
    }

    #[test]
    fn new_documents_are_grouped_by_whom_they_are_about() {
        let found = found(vec![
            row(0, "Ben", Whose::OtherName, Became::New),
            row(1, "Ana", Whose::Fits, Became::New),
            row(2, "Ben", Whose::OtherName, Became::New),
            row(3, "Eva", Whose::OtherName, Became::LeftOut(LeftOut::Erased)),
        ]);
        let groups = found.groups();
        let told: Vec<_> =
            groups.iter().map(|one| (one.about[0].name.as_deref(), one.numbers.len())).collect();
        assert_eq!(told, [(Some("Ana"), 1), (Some("Ben"), 2)]);
    }
}
