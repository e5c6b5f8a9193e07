//! A home folder as one stream of bytes: a tar archive (POSIX ustar) with a list of hashes at its end.
//!
//! The order is: `mrms-backup` with the format's name, the home's files below `home/`, `manifest.json`.
//! Reading is strict. It takes plain files only, with names that stay inside the folder, each name once;
//! all must be in the manifest with their length and SHA-256; nothing may follow. Modes, owners and times
//! are not kept: a restored file is readable for its owner only.
//!
//! This module does not know what the files mean, and does not encrypt: the stream goes into an age file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use mrms_node::chain::HeldLedger;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType, Header};

const FORMAT_NAME: &str = "mrms-backup";
const FORMAT: &str = "mrms backup 1\n";
/// The format of a backup that has only what was new since another one. Programs of before refuse it.
const FORMAT_2: &str = "mrms backup 2\n";
const MANIFEST_NAME: &str = "manifest.json";
const PREFIX: &str = "home/";
/// The longest manifest that is read, in bytes: enough for some 150,000 files.
const MOST_MANIFEST: u64 = 32 * 1024 * 1024;

/// A file of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// A profile whose keys are in the archive, in its keystore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedProfile {
    /// The profile's name.
    pub name: String,
    /// Its account.
    pub principal: String,
}

/// The ledger in the archive, and its newest block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedLedger {
    /// Hash of block 0.
    pub genesis: String,
    /// Height of the newest block.
    pub block_height: u32,
    /// Hash of the newest block.
    pub tip: String,
}

/// The backup before one that has only what is new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Follows {
    /// The set that both are in.
    pub set: String,
    /// Its number in the set, from 1.
    pub part: usize,
    /// SHA-256 of its file in hexadecimal.
    pub sha256: String,
}

/// What an archive holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// When it was made, RFC 3339.
    pub made: String,
    /// The version of this program that made it.
    pub software: String,
    /// The profiles whose keystores are in the archive.
    pub profiles: Vec<ListedProfile>,
    /// `None` for a home with a ledger elsewhere.
    pub ledger: Option<ListedLedger>,
    /// Folders of the home whose content was left out on purpose.
    pub left_out: Vec<String>,
    /// The backup without which this one is not whole; `None` for a whole one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Follows>,
    /// The files, by their path in the home. A backup that follows another one has only those that are new, and lists all.
    pub files: BTreeMap<String, Listed>,
}

/// A file to be archived.
#[derive(Clone, Debug)]
pub(crate) struct Member<'a> {
    /// Its path in the home, with `/` between names.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// The ledger whose file it is, where that is read while others go on with it.
    pub(crate) held: Option<&'a HeldLedger>,
    /// Whether it is a copy that was made for this backup, so that its times mean nothing.
    pub(crate) is_copy: bool,
}

impl Member<'_> {
    /// How many bytes it has now.
    pub(crate) fn length(&self) -> u64 {
        match self.held {
            Some(held) => held.length(),
            None => fs::metadata(&self.path).map_or(0, |known| known.len()),
        }
    }
}

/// Why an archive could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file of the home, or of the home that is being restored.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was to be done: `read`, `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: io::Error,
    },
    /// A symbolic link. It can lead anywhere, so it is not followed.
    #[error("{} is a symbolic link, which a backup does not follow", path.display())]
    Link {
        /// The file or folder.
        path: PathBuf,
    },
    /// A file changed its length while it was read.
    #[error("{} changed while it was read", path.display())]
    Changed {
        /// The file or folder.
        path: PathBuf,
    },
    /// The stream could not be read or written.
    #[error("the stream broke off")]
    Stream(#[source] io::Error),
    /// Not an archive of this format.
    #[error("this is no backup, or one of a newer version of mrms")]
    Format,
    /// The archive is not what its manifest says.
    #[error("the backup is damaged: {reason}")]
    Damaged {
        /// What is wrong with it.
        reason: String,
    },
}

fn file_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ArchiveError {
    let path = path.to_owned();
    move |source| ArchiveError::File { action, path, source }
}

/// Counts and hashes everything that is read through it.
struct Hashing<R> {
    input: R,
    hasher: Sha256,
    bytes: u64,
}

impl<R> Hashing<R> {
    fn new(input: R) -> Self {
        Self { input, hasher: Sha256::new(), bytes: 0 }
    }

    fn listed(self) -> Listed {
        Listed { bytes: self.bytes, sha256: hex::encode(self.hasher.finalize()) }
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

/// Writes an archive of these files. Returns `manifest` with the list of files added.
pub(crate) fn pack(
    members: &[Member<'_>],
    mut manifest: Manifest,
    output: impl Write,
) -> Result<Manifest, ArchiveError> {
    let mut archive = Builder::new(output);
    let format = if manifest.follows.is_some() { FORMAT_2 } else { FORMAT };
    append(&mut archive, FORMAT_NAME, format.len() as u64, format.as_bytes())?;
    for Member { name, path, held, .. } in members {
        if let Some(held) = held {
            let listed = append_home_file(&mut archive, name, path, held.length(), held.bytes())?;
            manifest.files.insert(name.clone(), listed);
            continue;
        }
        let file = match File::open(path) {
            // Another command deleted it meanwhile, so it is no part of the home.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file.map_err(file_error("read", path))?,
        };
        let length = file.metadata().map_err(file_error("read", path))?.len();
        let listed = append_home_file(&mut archive, name, path, length, file)?;
        manifest.files.insert(name.clone(), listed);
    }
    // It has text keys and plain fields, so serializing never fails.
    let bytes = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    append(&mut archive, MANIFEST_NAME, bytes.len() as u64, bytes.as_slice())?;
    archive.into_inner().and_then(|mut output| output.flush()).map_err(ArchiveError::Stream)?;
    Ok(manifest)
}

/// Appends a file of the home, with the length that it had when it was opened. If it has grown since, the
/// rest is left out.
fn append_home_file(
    archive: &mut Builder<impl Write>,
    name: &str,
    path: &Path,
    length: u64,
    content: impl Read,
) -> Result<Listed, ArchiveError> {
    let mut hashing = Hashing::new(content.take(length));
    append(archive, &format!("{PREFIX}{name}"), length, &mut hashing)?;
    let listed = hashing.listed();
    match listed.bytes == length {
        true => Ok(listed),
        false => Err(ArchiveError::Changed { path: path.to_owned() }),
    }
}

fn append(
    archive: &mut Builder<impl Write>,
    name: &str,
    length: u64,
    content: impl Read,
) -> Result<(), ArchiveError> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_size(length);
    header.set_mode(0o600);
    header.set_mtime(0);
    archive.append_data(&mut header, name, content).map_err(ArchiveError::Stream)
}

/// Where the files of an archive go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// Below this folder, which is empty.
    Folder(&'a Path),
    /// Into this folder, over what earlier backups of a set have put there.
    Over(&'a Path),
    /// Nowhere. They are only compared with the manifest.
    Nowhere,
}

/// Reads a whole archive, to the end of the stream. When this returns, the written files are durable and
/// are what the manifest says.
pub(crate) fn unpack(input: impl Read, target: Target<'_>) -> Result<Manifest, ArchiveError> {
    let damaged = |reason: String| ArchiveError::Damaged { reason };
    let mut archive = Archive::new(input);
    let mut entries = archive.entries().map_err(ArchiveError::Stream)?;
    let mut first = match entries.next() {
        Some(entry) => entry.map_err(reading)?,
        None => return Err(ArchiveError::Format),
    };
    let mut format = String::new();
    let is_format = &*first.path_bytes() == FORMAT_NAME.as_bytes();
    first.by_ref().take(64).read_to_string(&mut format).map_err(reading)?;
    if !is_format || ![FORMAT, FORMAT_2].contains(&format.as_str()) {
        return Err(ArchiveError::Format);
    }
    let mut found = BTreeMap::new();
    let mut folders = BTreeSet::new();
    let mut manifest = None;
    for entry in entries {
        let mut entry = entry.map_err(reading)?;
        let name = String::from_utf8(entry.path_bytes().into_owned())
            .map_err(|_| damaged("a file's name is no text".to_owned()))?;
        if manifest.is_some() {
            return Err(damaged(format!("{name} comes after the manifest")));
        }
        if entry.header().entry_type() != EntryType::Regular {
            return Err(damaged(format!("{name} is no plain file")));
        }
        if name == MANIFEST_NAME {
            let mut bytes = Vec::new();
            entry.by_ref().take(MOST_MANIFEST).read_to_end(&mut bytes).map_err(reading)?;
            let read: Manifest = serde_json::from_slice(&bytes)
                .map_err(|error| damaged(format!("its manifest: {error}")))?;
            manifest = Some(read);
            continue;
        }
        let inside = name.strip_prefix(PREFIX).filter(|name| stays_inside(name));
        let inside = inside.ok_or_else(|| damaged(format!("{name} is no place in a home")))?;
        if found.contains_key(inside) {
            return Err(damaged(format!("{name} is there twice")));
        }
        let listed = match target {
            Target::Nowhere => discard(entry)?,
            Target::Over(folder) => {
                folders.extend(folders_of(inside).map(|inside| folder.join(inside)));
                let path = folder.join(inside);
                mrms_files::remove_if_present(&path).map_err(file_error("write", &path))?;
                write(entry, &path)?
            }
            Target::Folder(folder) => {
                folders.extend(folders_of(inside).map(|inside| folder.join(inside)));
                write(entry, &folder.join(inside))?
            }
        };
        found.insert(inside.to_owned(), listed);
    }
    let manifest = manifest.ok_or_else(|| damaged("it has no manifest".to_owned()))?;
    if manifest.follows.is_some() != (format == FORMAT_2) {
        return Err(damaged("its manifest is not of its format".to_owned()));
    }
    let other = match manifest.follows {
        None => difference(&found, &manifest.files),
        // What is not new is in the backups before it.
        Some(_) => {
            let mut found = found.iter();
            found
                .find(|(name, listed)| manifest.files.get(*name) != Some(listed))
                .map(|(name, _)| name)
        }
    };
    if let Some(name) = other {
        return Err(damaged(format!("{name} is not as the manifest says")));
    }
    // After the archive's end mark comes padding only. The decryption checks the end of the stream.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(reading)?;
    // The lowest first: a folder is durable when the one above it knows its name.
    for folder in folders.into_iter().rev() {
        mrms_files::sync_folder(&folder).map_err(file_error("write", &folder))?;
    }
    Ok(manifest)
}

fn reading(error: io::Error) -> ArchiveError {
    match error.kind() {
        // These are the tar library's kinds of error for bytes that are no tar archive.
        io::ErrorKind::Other | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            ArchiveError::Damaged { reason: error.to_string() }
        }
        _ => ArchiveError::Stream(error),
    }
}

/// The first name that only one of the two has, or for which they differ.
fn difference<'a>(
    found: &'a BTreeMap<String, Listed>,
    expected: &'a BTreeMap<String, Listed>,
) -> Option<&'a String> {
    let missing = expected.keys().find(|name| !found.contains_key(*name));
    missing.or_else(|| {
        found
            .iter()
            .find(|(name, listed)| expected.get(*name) != Some(listed))
            .map(|(name, _)| name)
    })
}

/// Whether a path stays inside the folder that it is put in.
fn stays_inside(name: &str) -> bool {
    let plain = |component| matches!(component, Component::Normal(_));
    !name.is_empty()
        && !name.contains(['\\', '\0'])
        && name.split('/').all(|part| !part.is_empty())
        && Path::new(name).components().all(plain)
}

/// Length and hash of a file.
pub(crate) fn listed(path: &Path) -> Result<Listed, ArchiveError> {
    let file = File::open(path).map_err(file_error("read", path))?;
    let mut hashing = Hashing::new(file);
    io::copy(&mut hashing, &mut io::sink()).map_err(file_error("read", path))?;
    Ok(hashing.listed())
}

fn discard(entry: impl Read) -> Result<Listed, ArchiveError> {
    let mut hashing = Hashing::new(entry);
    io::copy(&mut hashing, &mut io::sink()).map_err(reading)?;
    Ok(hashing.listed())
}

/// Every folder that a file of the home is in, the home's own last: all of them must be made durable.
fn folders_of(name: &str) -> impl Iterator<Item = &Path> {
    Path::new(name).ancestors().skip(1)
}

/// Writes one file.
fn write(entry: impl Read, path: &Path) -> Result<Listed, ArchiveError> {
    let failed = file_error("write", path);
    let folder = path.parent().unwrap_or(path);
    mrms_files::make_private_folder(folder).map_err(file_error("write", folder))?;
    let mut options = mrms_files::private_options();
    let file = options.write(true).create_new(true).open(path);
    let mut file = file.map_err(file_error("write", path))?;
    let mut hashing = Hashing::new(entry);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = hashing.read(&mut buffer).map_err(reading)?;
        if count == 0 {
            break;
        }
        file.write_all(&buffer[..count]).map_err(file_error("write", path))?;
    }
    file.sync_all().map_err(failed)?;
    Ok(hashing.listed())
}

/// Every plain file below a folder for which `keep` says yes, sorted by name. A folder or file whose name
/// begins with a dot is unfinished work, and a socket has no content: both are left out.
pub(crate) fn files_below(
    root: &Path,
    keep: &dyn Fn(&str) -> bool,
) -> Result<Vec<Member<'static>>, ArchiveError> {
    let mut members = Vec::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(file_error("read", &folder))?,
        };
        for entry in entries {
            let entry = entry.map_err(file_error("read", &folder))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(file_error("read", &path))?;
            let name = entry.file_name().into_string().map_err(|_| {
                file_error("keep the name of", &path)(io::ErrorKind::InvalidFilename.into())
            })?;
            let inside = format!("{prefix}{name}");
            if name.starts_with('.') || !keep(&inside) {
                continue;
            }
            if kind.is_dir() {
                folders.push((path, format!("{inside}/")));
            } else if kind.is_symlink() {
                // To skip it silently could lose a vault that was moved to another disk.
                return Err(ArchiveError::Link { path });
            } else if kind.is_file() {
                members.push(Member { name: inside, path, held: None, is_copy: false });
            }
        }
    }
    members.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(members)
}

#[cfg(test)]
mod tests;
