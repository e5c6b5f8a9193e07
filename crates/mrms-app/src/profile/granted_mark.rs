//! How often the memory of grants was written: a number in the memory itself, and the same number in a file beside it.
//!
//! Both have a tag under the person's record root. A copy of the memory from an earlier day has an earlier number than the
//! file beside it, so it is noticed when somebody puts it back. Whoever puts the whole folder back is not noticed here.

use std::fs;
use std::io;
use std::path::PathBuf;

use mrms_crypto::{RecordRoot, own_notes};
use serde::{Deserialize, Serialize};

use super::{ProfileError, ProfileFolder, from_json, io_error, to_json};

/// The file's name, and the name under which it is tagged.
const NAME: &str = "granted.mark";

/// How often the memory of grants was written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tag: String,
    serial: u64,
}

impl ProfileFolder {
    fn granted_mark(&self) -> PathBuf {
        self.path().join(NAME)
    }

    /// How often the memory was written, as the file beside it says; `None` where there is no such file.
    pub(super) fn granted_serial(&self, root: &RecordRoot) -> Result<Option<u64>, ProfileError> {
        let path = self.granted_mark();
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes.map_err(io_error(&path, "read"))?,
        };
        let File { tag, serial } = from_json(&path, &bytes)?;
        let tag = mrms_core::hexadecimal::decode(&tag).unwrap_or_default();
        if own_notes::verify(root, NAME, &serial.to_be_bytes(), &tag) {
            return Ok(Some(serial));
        }
        let reason = "it is not as this profile wrote it".to_owned();
        Err(ProfileError::Damaged { path, reason })
    }

    /// Notes how often the memory was written, after it was.
    pub(super) fn note_granted_serial(
        &self,
        root: &RecordRoot,
        serial: u64,
    ) -> Result<(), ProfileError> {
        let path = self.granted_mark();
        let tag = hex::encode(own_notes::tag(root, NAME, &serial.to_be_bytes()));
        let file = to_json(&File { tag, serial });
        mrms_files::write_whole(&path, &file).map_err(io_error(&path, "write"))
    }
}

/// Whether a memory with this number is of an earlier day than the number beside it, which was read before. That one is
/// written after the memory, so it may be behind where a command was killed in between; before the first time there is
/// none.
pub(super) fn is_earlier(serial: u64, marked: Option<u64>) -> bool {
    match marked {
        Some(marked) => serial < marked,
        None => serial > 1,
    }
}
