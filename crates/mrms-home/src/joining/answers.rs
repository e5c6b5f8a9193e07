//! When the node of whom this home joined last answered, so that a person is told since when it is away. A file in the
//! home with a time, which is written at most every few minutes; nothing depends on it.

use std::fs;
use std::path::PathBuf;

use mrms_core::UnixTime;

use crate::clock::now;
use crate::folder::HomeFolder;

/// How old a note may be before the next answer is noted, in seconds.
const NOTED_EVERY: u64 = 300;

fn file(home: &HomeFolder) -> PathBuf {
    home.root().join("node-answered")
}

/// Notes that the node answers now. What can't be written is not told later.
pub(crate) fn note(home: &HomeFolder) {
    let now = now();
    let is_recent = last(home).is_some_and(|last| {
        // A clock that was set back does not end the noting.
        last <= now && now.seconds() - last.seconds() < NOTED_EVERY
    });
    if !is_recent && home.root().is_dir() {
        let _ = mrms_files::write_whole(&file(home), format!("{}\n", now.seconds()).as_bytes());
    }
}

/// When the node last answered, within some minutes; `None` where that is not known.
#[must_use]
pub fn last(home: &HomeFolder) -> Option<UnixTime> {
    let text = fs::read_to_string(file(home)).ok()?;
    text.trim().parse().ok().map(UnixTime::from_seconds)
}
