//! A short list that lies in the home as a file of its own, changed by one process at a time.

use std::fs;
use std::io;
#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use mrms_files::{FileLock, LockError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long another process may be at it.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The file can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {}", path.display())]
pub(crate) struct NotKept {
    /// The file.
    pub(crate) path: PathBuf,
    /// What the system says.
    #[source]
    pub(crate) source: io::Error,
}

/// The list in this file.
#[derive(Clone, Debug)]
pub(crate) struct KeptList {
    path: PathBuf,
}

impl KeptList {
    pub(crate) const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    #[cfg(test)]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn fails(&self) -> impl Fn(io::Error) -> NotKept {
        |source| NotKept { path: self.path.clone(), source }
    }

    /// What is in the list. A damaged file has nothing in it.
    pub(crate) fn all<K: DeserializeOwned>(&self) -> Result<Vec<K>, NotKept> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(self.fails()(error)),
        }
    }

    /// Changes the list.
    pub(crate) fn change<K: Serialize + DeserializeOwned, T>(
        &self,
        change: impl FnOnce(&mut Vec<K>) -> T,
    ) -> Result<T, NotKept> {
        let fails = self.fails();
        let lock = self.path.with_extension("lock");
        let _lock = FileLock::take(&lock, LONGEST_WAIT).map_err(|error| match error {
            LockError::InUse { .. } => fails(io::ErrorKind::WouldBlock.into()),
            LockError::Open(error) | LockError::Lock(error) => fails(error),
        })?;
        let mut all = self.all()?;
        let result = change(&mut all);
        let bytes = serde_json::to_vec(&all).unwrap_or_default();
        mrms_files::write_whole(&self.path, &bytes).map_err(fails)?;
        Ok(result)
    }
}
