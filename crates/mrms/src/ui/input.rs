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

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = open(path)?.read_to_end(&mut bytes);
    read.map_err(|error| cannot("read", path, &error))?;
    Ok(bytes)
}

/// Reads a whole file of text.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let mut file = open(path)?;
    // Large enough from the start: a buffer that grows leaves copies of a secret in memory.
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut text = String::with_capacity(usize::try_from(length).unwrap_or_default());
    file.read_to_string(&mut text).map_err(|error| cannot("read", path, &error))?;
    Ok(text)
}
