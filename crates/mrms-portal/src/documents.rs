//! What the documents of one's own records say of themselves: kept while the profile is open, and read beside the pages, some
//! at a time, so that nobody else has to wait for the home.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mrms_app::records::documents::{Documents, says_something};
use mrms_core::{RecordId, Version};
use mrms_home::clock::rng;
use mrms_home::reading::facts_of;
use mrms_home::viewing::Viewers;

use crate::error::PortalError;
use crate::opened::OpenProfile;
use crate::overview::Overview;
use crate::work::{Homes, Work, with_home};

/// So long documents are read before the home is closed again.
const SLICE: Duration = Duration::from_millis(500);
/// So long others have it then.
const PAUSE: Duration = Duration::from_millis(250);
/// After so long what was read is put into the profile, while more is read.
const KEEP_EVERY: Duration = Duration::from_secs(10);

/// What was read, and what is being read.
#[derive(Default)]
pub(crate) struct Read {
    /// `None` until the profile's files were read.
    documents: Option<Documents>,
    /// What could not be opened during this visit.
    unread: BTreeSet<RecordId>,
    is_reading: bool,
    kept: Option<Instant>,
}

impl Read {
    /// Takes the turn to read, unless somebody has it.
    fn begin(&mut self) -> bool {
        !std::mem::replace(&mut self.is_reading, true)
    }
}

/// What is still to be read, the newest first.
fn lacking(overview: &Overview, read: &Read) -> Vec<(RecordId, Version)> {
    let Some(documents) = &read.documents else { return Vec::new() };
    let rows = overview.rows.iter().filter(|row| !row.is_erased && says_something(row.kind));
    let rows = rows.filter(|row| {
        documents.of(row.id, row.version).is_none() && !read.unread.contains(&row.id)
    });
    rows.map(|row| (row.id, row.version)).collect()
}

/// How much of the documents is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// So many are still to be read.
    pub(crate) left: usize,
    /// So many could not be opened.
    pub(crate) unread: usize,
}

impl Work {
    /// Looks at what was read of the documents.
    pub(crate) fn with_documents<T>(&self, look: impl FnOnce(&Documents) -> T) -> T {
        self.memory.read_documents(|read| look(self.loaded(read)))
    }

    /// How much of them is known.
    pub(crate) fn known_documents(&self) -> Result<Known, PortalError> {
        let overview = self.overview()?;
        Ok(self.memory.read_documents(|read| {
            self.loaded(read);
            Known { left: lacking(&overview, read).len(), unread: read.unread.len() }
        }))
    }

    fn loaded<'r>(&self, read: &'r mut Read) -> &'r Documents {
        read.documents.get_or_insert_with(|| self.session().documents(&self.actor))
    }
}

/// Reads documents beside the pages until all are read or the profile is locked, unless they are being read already.
pub(crate) fn read_beside(
    (homes, viewers): (&Homes, &Viewers),
    person: &OpenProfile,
    known: Known,
) {
    let person = person.clone();
    if known.left == 0 || !person.memory.read_documents(Read::begin) {
        return;
    }
    let (homes, viewers) = (homes.clone(), viewers.clone());
    tokio::spawn(async move {
        loop {
            let viewers = viewers.clone();
            let left = with_home(&homes, person.clone(), move |work| slice(work, &viewers)).await;
            // Once the session has forgotten the profile, nobody but this task has it.
            let is_locked = Arc::strong_count(&person.memory) == 1;
            if is_locked || !matches!(left, Ok(left) if left > 0) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        person.memory.read_documents(|read| read.is_reading = false);
    });
}

/// Reads some of them. Returns how many are left.
fn slice(work: &Work, viewers: &Viewers) -> Result<usize, PortalError> {
    let overview = work.overview()?;
    let begun = Instant::now();
    let lacking = work.memory.read_documents(|read| {
        work.loaded(read);
        lacking(&overview, read)
    });
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for (id, version) in &lacking {
        match facts_of(&work.session(), &work.actor, viewers, (*id, *version), &mut rng()) {
            Ok(facts) => found.push((*id, *version, facts)),
            // A vault may answer at another visit.
            Err(_) => unread.push(*id),
        }
        if begun.elapsed() >= SLICE {
            break;
        }
    }
    let left = lacking.len() - found.len() - unread.len();
    let there = overview.rows.iter().filter(|row| !row.is_erased).map(|row| row.id).collect();
    work.memory.read_documents(|read| {
        read.unread.extend(unread);
        let is_due = read.kept.is_none_or(|kept| kept.elapsed() >= KEEP_EVERY);
        let Some(documents) = &mut read.documents else { return };
        documents.keep_alone(&there);
        for (id, version, facts) in found {
            documents.take(id, version, facts);
        }
        if left == 0 || is_due {
            work.session().keep_documents(&work.actor, documents, &mut rng());
            read.kept = Some(Instant::now());
        }
    });
    Ok(left)
}
