//! A folder of a profile with a file for each thing that is kept, in JSON. A file that can't be read keeps nothing else back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ProfileError, ProfileFolder, from_json, io_error, to_json};

/// The folder.
pub(crate) struct KeptFiles(PathBuf);

impl ProfileFolder {
    pub(crate) fn kept_files(&self, name: &str) -> KeptFiles {
        KeptFiles(self.path().join(name))
    }
}

impl KeptFiles {
    /// Keeps one thing under a name.
    pub(crate) fn keep(&self, name: &str, one: &impl Serialize) -> Result<(), ProfileError> {
        let Self(folder) = self;
        mrms_files::make_private_folder(folder).map_err(io_error(folder, "write"))?;
        let path = folder.join(format!("{name}.json"));
        mrms_files::write_whole(&path, &to_json(one)).map_err(io_error(&path, "write"))
    }

    /// All that is kept and can be read, by the names of the files.
    pub(crate) fn all<T: DeserializeOwned>(&self) -> Result<Vec<(PathBuf, T)>, ProfileError> {
        let read = |path: PathBuf| {
            let one = load(&path).ok().flatten()?;
            Some((path, one))
        };
        Ok(self.files()?.into_iter().filter_map(read).collect())
    }

    /// The files that can't be read, each with why.
    pub(crate) fn unreadable<T: DeserializeOwned>(
        &self,
    ) -> Result<Vec<(PathBuf, ProfileError)>, ProfileError> {
        let broken = |path: PathBuf| load::<T>(&path).err().map(|error| (path, error));
        Ok(self.files()?.into_iter().filter_map(broken).collect())
    }

    fn files(&self) -> Result<Vec<PathBuf>, ProfileError> {
        let Self(folder) = self;
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(io_error(folder, "read"))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(io_error(folder, "read"))?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            // What a killed process left half-written begins with a dot.
            if name.is_some_and(|name| !name.starts_with('.') && name.ends_with(".json")) {
                found.push(path);
            }
        }
        found.sort_unstable();
        Ok(found)
    }
}

/// Reads what is kept; `None` where another command has removed it meanwhile.
fn load<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ProfileError> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => Ok(Some(from_json(path, &bytes.map_err(io_error(path, "read"))?)?)),
    }
}
