//! Room on the disk that is kept for the day on which it is full.

use std::path::{Path, PathBuf};

/// A file that reserves room on the disk. When the disk is full it is deleted, so that the database has
/// room for the index that it needs even for reading.
pub(super) struct SpareRoom {
    path: PathBuf,
}

impl SpareRoom {
    /// Its length in bytes. SQLite's index of its log takes 32 KiB, its log a little more.
    const LENGTH: usize = 256 * 1024;

    pub(super) fn of(folder: &Path) -> Self {
        Self { path: folder.join("spare-room") }
    }

    /// Deletes the file. Returns whether there was one.
    pub(super) fn release(&self) -> bool {
        std::fs::remove_file(&self.path).is_ok()
    }

    /// Writes the file again, if there is room.
    pub(super) fn keep(&self) {
        if self.path.exists() {
            return;
        }
        // A part of it that a crash leaves is of no use either, so it is there whole or not at all.
        if mrms_files::write_new(&self.path, &vec![0xff; Self::LENGTH]).is_err() {
            // The disk is full. A part of the file is of no use and would only take room.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
