//! Opens and reads the files that a person names: regular files, pipes and devices.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::failure::Failure;
use super::reasons::cannot;

/// Opens a file to read it. A pipe that nobody writes to is an error, after a while.
pub(crate) fn open(path: &Path) -> Result<File, Failure> {
    mrms_files::open_to_read(path).map_err(|error| cannot("read", path, &error))
}

/// The longest list, key, identity or source, in bytes.
pub(crate) const MOST_TEXT: u64 = 16 * 1024 * 1024;
/// The longest export of a trail, evidence or file of transactions, in bytes. It is read into memory.
pub(crate) const MOST_EXPORT: u64 = 512 * 1024 * 1024;

/// Reads a whole file of at most this many bytes.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(most + 1).read_to_end(&mut bytes);
    let length = read.map_err(|error| cannot("read", path, &error))?;
    check(path, length, most)?;
    Ok(bytes)
}

/// Reads a whole file of text of at most [`MOST_TEXT`] bytes.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let file = open(path)?;
    // Large enough from the start: a buffer that grows leaves copies of a secret in memory.
    let length = file.metadata().map_or(0, |metadata| metadata.len()).min(MOST_TEXT);
    let mut text = String::with_capacity(usize::try_from(length).unwrap_or_default());
    let read = file.take(MOST_TEXT + 1).read_to_string(&mut text);
    let length = read.map_err(|error| cannot("read", path, &error))?;
    check(path, length, MOST_TEXT)?;
    Ok(text)
}

fn check(path: &Path, length: usize, most: u64) -> Result<(), Failure> {
    if u64::try_from(length).is_ok_and(|length| length <= most) {
        return Ok(());
    }
    let mebibytes = most / (1024 * 1024);
    Err(Failure::usage(format!("{} is larger than {mebibytes} MiB", path.display()))
        .hint("nothing of that size is read here; see that it is the file that you meant"))
}
