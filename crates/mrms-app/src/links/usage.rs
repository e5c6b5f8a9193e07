//! How much a host keeps, for whoever runs it: counted from the outside, without a link's terms or words.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mrms_core::UnixTime;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::folder::HostFolder;
use super::host::HostError;

/// What a host keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostUsage {
    /// Links that were not destroyed.
    pub links: u64,
    /// Their sealed files.
    pub files: u64,
    /// Bytes of these.
    pub bytes: u64,
}

/// Of a link's terms, when it ends.
#[derive(Deserialize)]
struct Ends {
    expires: u64,
}

/// Of what is counted of a link, whether it is paused.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Paused {
    is_paused: bool,
}

impl HostFolder {
    /// What the host keeps. Links that come or go meanwhile may be in it or not.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn usage(&self) -> Result<HostUsage, HostError> {
        let mut usage = HostUsage::default();
        for link in self.link_folders()? {
            if !link.join("link.json").is_file() {
                continue;
            }
            usage.links += 1;
            for file in entries(&link)? {
                if file.extension().is_some_and(|extension| extension == "jwe") {
                    usage.files += 1;
                    usage.bytes += fs::metadata(&file).map_or(0, |metadata| metadata.len());
                }
            }
        }
        Ok(usage)
    }

    /// How many links wait for viewers: neither destroyed, nor ended, nor paused.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn waiting(&self, now: UnixTime) -> Result<usize, HostError> {
        let mut waiting = 0;
        for link in self.link_folders()? {
            let ends = read::<Ends>(&link.join("link.json"));
            let paused = read::<Paused>(&link.join("state.json")).unwrap_or_default();
            let is_open = ends.is_some_and(|ends| now.seconds() < ends.expires);
            waiting += usize::from(is_open && !paused.is_paused);
        }
        Ok(waiting)
    }

    /// Bytes that can still be written where the links lie; `None` where the system does not tell.
    ///
    /// # Errors
    ///
    /// [`HostError`], also where the folder is gone.
    pub fn room(&self) -> Result<Option<u64>, HostError> {
        mrms_files::free_bytes(self.path()).map_err(failed(self.path()))
    }

    /// The folders of all links; none where nothing was ever hosted.
    fn link_folders(&self) -> Result<Vec<PathBuf>, HostError> {
        if !self.path().is_dir() {
            return Ok(Vec::new());
        }
        Ok(entries(self.path())?.into_iter().filter(|path| path.is_dir()).collect())
    }
}

/// What is in a folder; nothing in one that went meanwhile.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, HostError> {
    let found = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found.map_err(failed(folder))?,
    };
    found.map(|entry| entry.map(|entry| entry.path()).map_err(failed(folder))).collect()
}

/// A part of a file; `None` for one that is not there or can't be read. Requests for the link tell what is wrong with it.
fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let bytes = Zeroizing::new(fs::read(path).ok()?);
    serde_json::from_slice(&bytes).ok()
}

fn failed(path: &Path) -> impl Fn(io::Error) -> HostError {
    move |source| HostError::Io { path: path.to_owned(), action: "read", source }
}
