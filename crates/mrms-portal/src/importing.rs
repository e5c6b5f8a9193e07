//! Imports of a session: the files that came, what was found in them, and what became of each.

use std::ops::ControlFlow;
use std::sync::Arc;

use mrms_app::import::{How, LeftOut, Outcome, Told};
use mrms_core::RecordId;
use mrms_viewers::Kind;

use crate::error::{PortalError, refused};
use crate::staged::Staged;
use crate::work::Work;

/// How far an import is.
#[derive(Clone)]
pub(crate) enum Importing {
    /// Files came. Once somebody looked: what would become of them.
    Chosen(Arc<Staged>, Option<Arc<Found>>),
    /// It is done, and this became of them.
    Done(Arc<Found>),
}

/// What was found, and what becomes of each.
pub(crate) struct Found {
    /// In how many files that came.
    pub(crate) files: usize,
    pub(crate) rows: Vec<Row>,
}

/// A file, or what it has become with others: a scan of several pictures.
pub(crate) struct Row {
    /// Where it lay.
    pub(crate) place: String,
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<Kind>,
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

impl Row {
    fn of(told: Told) -> Self {
        let Told { place, label: name, kind, outcome, .. } = told;
        let became = match outcome {
            Outcome::Created(id) => Became::OnRecord(id),
            Outcome::WouldCreate => Became::New,
            Outcome::Known(id) => Became::Known(id),
            Outcome::LeftOut(why) => Became::LeftOut(why),
            Outcome::Unread(error) => Became::Failed(refused(error)),
            Outcome::Failed(error) => Became::Failed(refused(error)),
            _ => Became::Failed(PortalError::BrokeOff),
        };
        Self { place, name, kind, became }
    }
}

/// Finds what is in the files, and puts it on record if that is wanted. It ends where the ledger does not answer: the files
/// stay, and what is on record by then is known the next time.
pub(crate) fn run(work: &Work, staged: &Arc<Staged>, how: How) -> Result<Found, PortalError> {
    let (files, mut rows, mut is_away) = (staged.files(), Vec::new(), false);
    let mut tell = |told: Told| {
        let row = Row::of(told);
        is_away |= matches!(row.became, Became::Failed(PortalError::Away));
        rows.push(row);
        if is_away { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut rng = mrms_home::clock::rng();
    work.session().import_handed(&work.actor, &files, how, &mut rng, &mut tell);
    if is_away { Err(PortalError::Away) } else { Ok(Found { files: files.len(), rows }) }
}
