//! Files of lines beside a sealed file, each sealed under the person's own key: what was added since the file was written, so that
//! adding costs what is added and not what is there. Whoever reads both reads the lines first, since they are taken into the file
//! meanwhile, and a line that is read twice does no harm.

use std::fs;
use std::io;

use mrms_crypto::{RecordRoot, own_notes};
use rand_core::CryptoRng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ProfileError, ProfileFolder, io_error};

/// How surely a line is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasts {
    /// Whatever happens: the disk has it.
    Durably,
    /// It may be lost with the power.
    UntilPowerFails,
}

impl ProfileFolder {
    /// The lines. Passes over one that was cut short, or that somebody else wrote.
    pub(crate) fn sealed_lines<T: DeserializeOwned>(
        &self,
        root: &RecordRoot,
        name: &str,
    ) -> Result<Vec<T>, ProfileError> {
        let path = self.path().join(name);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text.map_err(io_error(&path, "read"))?,
        };
        let lines = text.split(|byte| *byte == b'\n').filter_map(|line| {
            let sealed = mrms_core::hexadecimal::decode(line).ok()?;
            let bytes = own_notes::open(root, name, &sealed).ok()?;
            serde_json::from_slice(&bytes).ok()
        });
        Ok(lines.collect())
    }

    /// Adds a line. Returns how many bytes the file has then.
    pub(crate) fn append_sealed_line(
        &self,
        root: &RecordRoot,
        name: &str,
        line: &impl Serialize,
        lasts: Lasts,
        rng: &mut dyn CryptoRng,
    ) -> Result<u64, ProfileError> {
        // Plain fields: nothing here can fail to serialize.
        let bytes = serde_json::to_vec(line).unwrap_or_default();
        let mut line = hex::encode(own_notes::seal(root, name, &bytes, rng));
        line.push('\n');
        let path = self.path().join(name);
        let append = match lasts {
            Lasts::Durably => mrms_files::append,
            Lasts::UntilPowerFails => mrms_files::append_unsynced,
        };
        append(&path, line.as_bytes()).map_err(io_error(&path, "write"))?;
        Ok(fs::metadata(&path).map_or(0, |found| found.len()))
    }

    /// Forgets the lines, which are in the file by now.
    pub(crate) fn remove_sealed_lines(&self, name: &str) -> Result<(), ProfileError> {
        let path = self.path().join(name);
        mrms_files::remove(&path).map_err(io_error(&path, "remove"))
    }
}
