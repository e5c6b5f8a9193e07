//! What the server keeps in memory while it runs: versions that it opened against an entry, and the resources of
//! documents that it has read. It goes when the server ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use mrms_app::access::open::Unlocked;
use mrms_core::{RecordId, Version};
use mrms_crypto::content::ContentHeader;
use mrms_fhir::Resource;

/// How long what was opened can be searched, in seconds.
const LASTS: u64 = 3_600;
/// How many opened versions are kept; a further one replaces the oldest.
const MOST_OPENED: usize = 256;
/// Bytes of resources that are kept.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// A version of a record.
type Place = (RecordId, Version);

/// A version that was opened against an entry.
pub(crate) struct Opened {
    pub(crate) unlocked: Unlocked,
    pub(crate) header: ContentHeader,
    until: u64,
}

/// The memory.
#[derive(Default)]
pub(crate) struct Memory {
    opened: Mutex<HashMap<Place, Arc<Opened>>>,
    documents: Mutex<HashMap<Place, Arc<Vec<Resource>>>>,
}

impl Memory {
    /// Keeps a version that was opened.
    pub(crate) fn keep(&self, unlocked: Unlocked, header: ContentHeader) -> Arc<Opened> {
        let now = mrms_files::seconds_since_boot();
        let place = (header.context.record, header.context.version);
        let kept = Arc::new(Opened { unlocked, header, until: now.saturating_add(LASTS) });
        let mut all = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, kept| kept.until > now);
        while all.len() >= MOST_OPENED {
            let oldest = all.iter().min_by_key(|(_, kept)| kept.until).map(|(place, _)| *place);
            let Some(oldest) = oldest else { break };
            all.remove(&oldest);
        }
        all.insert(place, Arc::clone(&kept));
        kept
    }

    /// A version, if it was opened within the hour.
    pub(crate) fn opened(&self, record: RecordId, version: Version) -> Option<Arc<Opened>> {
        let now = mrms_files::seconds_since_boot();
        let all = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&(record, version)).filter(|kept| kept.until > now).cloned()
    }

    /// Forgets what was opened and read of a record: it was erased, or access has ended.
    pub(crate) fn forget(&self, record: RecordId) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|(id, _), _| *id != record);
        drop(opened);
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        documents.retain(|(id, _), _| *id != record);
    }

    /// The resources of a document, read once.
    pub(crate) fn document<E>(
        &self,
        place: Place,
        read: impl FnOnce() -> Result<Vec<Resource>, E>,
    ) -> Result<Arc<Vec<Resource>>, E> {
        let lock = || self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&place) {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(read()?);
        let bytes = |all: &[Resource]| all.iter().map(|one| one.text().len()).sum::<usize>();
        let mut all = lock();
        let held: usize = all.values().map(|one| bytes(one)).sum();
        if held.saturating_add(bytes(&found)) > MOST_BYTES {
            all.clear();
        }
        all.insert(place, Arc::clone(&found));
        Ok(found)
    }
}
