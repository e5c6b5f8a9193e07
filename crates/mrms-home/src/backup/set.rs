//! A set of backups in one folder: now and then a whole one, and after it what was new each time.
//!
//! `mrms-backups.json` lists the parts, in their order. What each part has is known to whoever can open it; so that the next
//! backup needs no key, the home remembers it in `backups/SET.json`. If either is lost, the next part is a whole backup.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::BackUpError;
use super::archive::Manifest;
use crate::clock::rng;
use crate::error::{HomeError, file_error};
use crate::folder::HomeFolder;

/// The list of the parts.
const LIST: &str = "mrms-backups.json";
const FORMAT: u32 = 1;

/// One backup of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its file in the folder.
    pub file: String,
    /// Whether it needs no part before it.
    pub whole: bool,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    format: u32,
    /// What tells this set from others.
    set: String,
    parts: Vec<Part>,
}

/// A set of backups.
#[derive(Debug)]
pub struct BackupSet {
    folder: PathBuf,
    list: List,
}

/// What the newest part of a set has, as the home remembers it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Remembered {
    /// The number of the part, from 1.
    pub(super) number: usize,
    /// SHA-256 of its file: a copy of the set elsewhere may have another part of this number.
    pub(super) sha256: String,
    pub(super) manifest: Manifest,
    /// When each file was written last, in nanoseconds since 1970.
    pub(super) times: BTreeMap<String, u128>,
}

impl BackupSet {
    /// Whether there is a set in this folder.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder.join(LIST).is_file()
    }

    /// The set in a folder.
    ///
    /// # Errors
    ///
    /// [`BackUpError::NoSet`], [`BackUpError::SetDamaged`], [`HomeError::File`].
    pub fn open(folder: &Path) -> Result<Self, BackUpError> {
        let path = folder.join(LIST);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackUpError::NoSet { folder: folder.to_owned() });
            }
            bytes => bytes.map_err(file_error("read", &path))?,
        };
        let damaged =
            |reason: String| BackUpError::SetDamaged { folder: folder.to_owned(), reason };
        let list: List = serde_json::from_slice(&bytes)
            .map_err(|error| damaged(format!("its list of parts: {error}")))?;
        if list.format != FORMAT {
            return Err(damaged(format!(
                "its list has format {}, this program reads {FORMAT}",
                list.format
            )));
        }
        let is_plain =
            |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
        let is_id = list.set.len() == 32 && list.set.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_id || list.parts.iter().any(|part| !is_plain(&part.file)) {
            return Err(damaged("its list names what no backup is named".to_owned()));
        }
        Ok(Self { folder: folder.to_owned(), list })
    }

    /// The set in a folder, or a new one where there is nothing.
    pub(super) fn open_or_begin(folder: &Path) -> Result<Self, BackUpError> {
        match Self::open(folder) {
            Err(BackUpError::NoSet { .. }) => {
                mrms_files::make_private_folder(folder).map_err(file_error("make", folder))?;
                let mut id = [0; 16];
                rand_core::Rng::fill_bytes(&mut rng(), &mut id);
                let list = List { format: FORMAT, set: hex::encode(id), parts: Vec::new() };
                Ok(Self { folder: folder.to_owned(), list })
            }
            set => set,
        }
    }

    /// What tells this set from others.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.list.set
    }

    /// Its parts, the oldest first.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.list.parts
    }

    /// Where the file of a part is.
    #[must_use]
    pub fn path(&self, part: &Part) -> PathBuf {
        self.folder.join(&part.file)
    }

    /// Where the file of the next part goes.
    pub(super) fn next_path(&self, whole: bool) -> PathBuf {
        let number = self.list.parts.len() + 1;
        let kind = if whole { "-whole" } else { "" };
        self.folder.join(format!("{number:06}{kind}.age"))
    }

    /// Adds a part whose file is in its place.
    pub(super) fn add(&mut self, path: &Path, whole: bool) -> Result<Part, BackUpError> {
        let (bytes, sha256) = digest(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let part = Part { file: name, whole, bytes, sha256 };
        self.list.parts.push(part.clone());
        let text = serde_json::to_vec_pretty(&self.list).unwrap_or_default();
        let list = self.folder.join(LIST);
        mrms_files::write_whole(&list, &text).map_err(file_error("write", &list))?;
        Ok(part)
    }

    /// The parts that the state of part `number` is made of: a whole one, and those after it. Without a number: of the
    /// newest one. Gives each with its number.
    ///
    /// # Errors
    ///
    /// [`BackUpError::NoSuchPart`].
    pub fn parts_of(&self, number: Option<usize>) -> Result<Vec<(usize, &Part)>, BackUpError> {
        let number = number.unwrap_or(self.list.parts.len());
        let none = BackUpError::NoSuchPart { number, newest: self.list.parts.len() };
        let parts = self.list.parts.get(..number).filter(|parts| !parts.is_empty());
        let Some(parts) = parts else { return Err(none) };
        let first = parts.iter().rposition(|part| part.whole).ok_or(none)?;
        Ok((1..).zip(parts).skip(first).collect())
    }

    /// Compares the file of a part with the list, to the last byte.
    ///
    /// # Errors
    ///
    /// [`BackUpError::SetDamaged`], [`HomeError::File`].
    pub fn compare(&self, part: &Part) -> Result<(), BackUpError> {
        let (bytes, sha256) = digest(&self.path(part))?;
        match bytes == part.bytes && sha256 == part.sha256 {
            true => Ok(()),
            false => Err(self.damaged(format!("{} is not as the list says", part.file))),
        }
    }

    pub(super) fn damaged(&self, reason: String) -> BackUpError {
        BackUpError::SetDamaged { folder: self.folder.clone(), reason }
    }

    fn memory(&self, home: &HomeFolder) -> PathBuf {
        home.root().join(HomeFolder::BACKUPS).join(format!("{}.json", self.list.set))
    }

    /// What the newest part has, if the home remembers it and its file is there.
    pub(super) fn remembered(&self, home: &HomeFolder) -> Option<Remembered> {
        let part = self.list.parts.last()?;
        let there = fs::metadata(self.path(part)).ok()?;
        let known: Remembered = serde_json::from_slice(&fs::read(self.memory(home)).ok()?).ok()?;
        let is_it = known.number == self.list.parts.len() && known.sha256 == part.sha256;
        (is_it && there.len() == part.bytes).then_some(known)
    }

    /// Remembers what the newest part has.
    pub(super) fn remember(
        &self,
        home: &HomeFolder,
        known: &Remembered,
    ) -> Result<(), BackUpError> {
        let path = self.memory(home);
        let folder = mrms_files::folder_of(&path);
        mrms_files::make_private_folder(folder).map_err(file_error("make", folder))?;
        let text = serde_json::to_vec(known).unwrap_or_default();
        mrms_files::write_whole(&path, &text).map_err(file_error("write", &path))?;
        Ok(())
    }
}

/// Length and SHA-256 of a file.
fn digest(path: &Path) -> Result<(u64, String), HomeError> {
    let mut file = File::open(path).map_err(file_error("read", path))?;
    let mut hasher = Sha256::new();
    let bytes = io::copy(&mut file, &mut hasher).map_err(file_error("read", path))?;
    Ok((bytes, hex::encode(hasher.finalize())))
}
