//! Small files that wait to be put on record together, and what is told after them, in the order in which they were found.

use mrms_core::RecordId;

use super::Told;
use crate::records::several::AT_ONCE;
use crate::records::write::Source;

/// The longest file that waits, in bytes; a longer one is put on record by itself.
pub(super) const SMALL: u64 = 64 << 10;
/// How many bytes of files wait at most, more or less one file.
const MOST_BYTES: u64 = 1 << 20;
/// How much is told together at most, files that are left out among it.
const MOST_TOLD: usize = 4 * AT_ONCE;

/// A file in memory, and the record that it becomes.
pub(super) type Small = (RecordId, Source<Vec<u8>>);

#[derive(Default)]
pub(super) struct Waiting {
    told: Vec<(Told, Option<Small>)>,
    files: usize,
    bytes: u64,
}

impl Waiting {
    /// Whether no file waits.
    pub(super) const fn is_empty(&self) -> bool {
        self.files == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.files >= AT_ONCE || self.bytes >= MOST_BYTES || self.told.len() >= MOST_TOLD
    }

    /// Whether a file waits that becomes this record.
    pub(super) fn has(&self, id: RecordId) -> bool {
        self.told.iter().any(|(_, small)| small.as_ref().is_some_and(|(one, _)| *one == id))
    }

    /// A file that is not put on record.
    pub(super) fn told(&mut self, told: Told) {
        self.told.push((told, None));
    }

    /// A file, with what is told if it is put on record.
    pub(super) fn add(&mut self, told: Told, id: RecordId, source: Source<Vec<u8>>) {
        self.files += 1;
        self.bytes += source.length;
        self.told.push((told, Some((id, source))));
    }

    /// The files.
    pub(super) fn sources(&self) -> Vec<(RecordId, Source<&[u8]>)> {
        let files = self.told.iter().filter_map(|(_, small)| small.as_ref());
        files.map(|(id, source)| (*id, borrowed(source))).collect()
    }

    /// All that is told, with the files that are not on record yet.
    pub(super) fn into_told(self) -> impl Iterator<Item = (Told, Option<Small>)> {
        self.told.into_iter()
    }
}

/// A file in memory, to be read.
pub(super) fn borrowed(source: &Source<Vec<u8>>) -> Source<&[u8]> {
    Source {
        content: source.content.as_slice(),
        length: source.length,
        file_name: source.file_name.clone(),
        media_type: source.media_type.clone(),
        label: source.label.clone(),
    }
}
