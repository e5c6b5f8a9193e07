//! What is wrong with the files of a home and can be mended without losing anything: permissions, owners, and what services
//! and backups left behind that no longer run.
//!
//! Looks and mends; decides nothing for the person. It removes what says where a process serves, once nobody holds that
//! service's lock, and copies that an interrupted backup made. What was sent or remembered and can't be read any more is moved
//! aside, beside where it lay. It makes no folder: a home makes those that it needs by itself, and one that is missing otherwise was lost.
//! Nothing that a person wrote is removed.

use std::fmt;
use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mrms_app::profile::{ProfileError, ProfileFolder};
use mrms_crypto::RecordRoot;
use mrms_files::{FileLock, LockError, SocketPath};
use sha2::{Digest as _, Sha256};

use crate::error::{HomeError, file_error};
use crate::folder::{HomeFolder, Service};

/// Something that can be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Others than its owner may read it, enter it or change it.
    Open {
        /// The file or folder.
        path: PathBuf,
        /// The permissions that it gets.
        mode: u32,
    },
    /// It belongs to another user than the home folder does, so that the home's owner can't use it.
    Foreign {
        /// The file or folder.
        path: PathBuf,
        /// User and group of the home folder.
        owner: (u32, u32),
    },
    /// It says where a service can be reached that no longer runs.
    LeftByService {
        /// The file or socket.
        path: PathBuf,
        /// The lock that the service holds while it runs.
        lock: PathBuf,
    },
    /// A socket on which no key agent listens any more.
    LeftByAgent {
        /// The socket.
        path: PathBuf,
    },
    /// Copies that an interrupted backup made of ledger and vault.
    LeftByBackup {
        /// Their folder.
        path: PathBuf,
    },
    /// A file of what a profile remembers is damaged.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// SHA-256 of it.
        sha256: [u8; 32],
    },
    /// A file that should have what a profile sent, and can't be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The profile's folder.
        profile: PathBuf,
        /// Why it can't be read.
        reason: String,
    },
}

impl Flaw {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Open { path, .. }
            | Self::Foreign { path, .. }
            | Self::LeftByService { path, .. }
            | Self::LeftByAgent { path }
            | Self::LeftByBackup { path }
            | Self::Damaged { path, .. }
            | Self::Unreadable { path, .. } => path,
        }
    }

    /// Mends it. What has come to life again meanwhile is left alone.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`], such as for what only root may do.
    pub fn mend(&self) -> Result<(), HomeError> {
        let path = self.path();
        match self {
            Self::Open { mode, .. } => fs::set_permissions(path, Permissions::from_mode(*mode))
                .map_err(file_error("change the permissions of", path)),
            Self::Foreign { owner: (user, group), .. } => {
                std::os::unix::fs::lchown(path, Some(*user), Some(*group))
                    .map_err(file_error("change the owner of", path))
            }
            Self::LeftByService { lock, .. } => {
                // Who begins to serve waits for a moment, and writes its own card after this.
                match free(lock)? {
                    Some(_held) => remove(path),
                    None => Ok(()),
                }
            }
            Self::LeftByAgent { .. } if is_listened_to(path) => Ok(()),
            Self::LeftByAgent { .. } => remove(path),
            Self::LeftByBackup { .. } => match free(&path.join("lock"))? {
                Some(_held) => fs::remove_dir_all(path).map_err(file_error("remove", path)),
                None => Ok(()),
            },
            // Another command may have written it anew.
            Self::Damaged { sha256, .. } => match digest(path) == Some(*sha256) {
                true => move_aside(path).map(drop),
                false => Ok(()),
            },
            Self::Unreadable { profile, .. } => {
                let unreadable = ProfileFolder::new(profile).unreadable_operations()?;
                match unreadable.iter().any(|(other, _)| other == path) {
                    true => move_aside(path).map(drop),
                    // Its permissions were mended, for example.
                    false => Ok(()),
                }
            }
        }
    }
}

impl fmt::Display for Flaw {
    /// What is wrong, and what is done about it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path().display();
        match self {
            Self::Open { mode, .. } => {
                write!(f, "{path}: others may use it; it becomes its owner's alone (mode {mode:o})")
            }
            Self::Foreign { owner: (user, _), .. } => write!(
                f,
                "{path}: it belongs to another user than the home; it is given to user {user}, the home's owner"
            ),
            Self::LeftByService { .. } => {
                write!(f, "{path}: left by a service that no longer runs; it is removed")
            }
            Self::LeftByAgent { .. } => {
                write!(f, "{path}: left by a key agent that no longer runs; it is removed")
            }
            Self::LeftByBackup { .. } => write!(
                f,
                "{path}: copies that an interrupted backup made; they are removed, and the home stays as it is"
            ),
            Self::Damaged { reason, .. } => write!(
                f,
                "{path}: what it remembers can't be read ({reason}); the file is moved aside, to a name that ends in .unreadable"
            ),
            Self::Unreadable { reason, .. } => write!(
                f,
                "{path}: something was sent, and what it was can't be read ({reason}); the file is moved aside, to a name that ends in .unreadable"
            ),
        }
    }
}

/// What can be mended in a home, in the order in which it should be.
///
/// # Errors
///
/// [`HomeError::File`] when the folder can't be read.
pub fn flaws(home: &HomeFolder) -> Result<Vec<Flaw>, HomeError> {
    let root = home.root();
    let owner = fs::symlink_metadata(root).map_err(file_error("read", root))?;
    let mut found = Vec::new();
    walk(root, &owner, &mut found)?;
    for (service, more) in [
        (Service::Node, Some(home.node_socket())),
        (Service::Vault, None),
        (Service::Portal, None),
        (Service::Index, None),
    ] {
        let (card, lock) = (home.server_card(service), home.service_lock(service));
        let left = [Some(card), more].into_iter().flatten().filter(|path| is_there(path));
        let left: Vec<_> = left.collect();
        if !left.is_empty() && !FileLock::is_held(&lock).unwrap_or(false) {
            found.extend(
                left.into_iter().map(|path| Flaw::LeftByService { path, lock: lock.clone() }),
            );
        }
    }
    let agents = root.join(HomeFolder::AGENT);
    for path in entries(&agents)? {
        let is_socket = fs::symlink_metadata(&path).is_ok_and(|one| one.file_type().is_socket());
        if is_socket && !is_listened_to(&path) {
            found.push(Flaw::LeftByAgent { path });
        }
    }
    let copies = home.backup_work();
    if copies.is_dir() && !FileLock::is_held(&copies.join("lock")).unwrap_or(false) {
        found.push(Flaw::LeftByBackup { path: copies });
    }
    for name in home.profiles()? {
        let profile = home.profile(&name);
        found.extend(unreadable(&profile));
        found.extend(damaged(&profile, None));
    }
    Ok(found)
}

/// What a profile remembers and is damaged; what is sealed under the person's own key, too, with that key.
#[must_use]
pub fn damaged(profile: &ProfileFolder, root: Option<&RecordRoot>) -> Vec<Flaw> {
    let found = profile.damaged(root).into_iter();
    let flaw = |(path, error): (PathBuf, ProfileError)| {
        let ProfileError::Damaged { reason, .. } = error else { return None };
        Some(Flaw::Damaged { sha256: digest(&path)?, path, reason })
    };
    found.filter_map(flaw).collect()
}

fn digest(path: &Path) -> Option<[u8; 32]> {
    Some(Sha256::digest(fs::read(path).ok()?).into())
}

/// What a profile sent and can't be read. Nothing where its folders may not be entered: that has a flaw of its own.
#[must_use]
pub fn unreadable(profile: &ProfileFolder) -> Vec<Flaw> {
    let found = profile.unreadable_operations().unwrap_or_default().into_iter();
    let flaw = |(path, error): (PathBuf, ProfileError)| Flaw::Unreadable {
        path,
        profile: profile.path().to_owned(),
        reason: match error {
            ProfileError::Damaged { reason, .. } => reason,
            ProfileError::Io { source, .. } => source.to_string(),
            error => error.to_string(),
        },
    };
    found.map(flaw).collect()
}

/// Moves files of a profile's memory aside that were found damaged, beside where they lay: the profile begins without what they
/// had. Returns where they are now. What can't be read for another reason, such as its permissions, may be whole, and stays.
///
/// # Errors
///
/// [`HomeError::File`].
pub fn set_aside(damaged: &[ProfileError]) -> Result<Vec<PathBuf>, HomeError> {
    let paths = damaged.iter().filter_map(|error| match error {
        ProfileError::Damaged { path, .. } => Some(path),
        _ => None,
    });
    paths.map(|path| move_aside(path)).collect()
}

/// Owners and permissions of a folder and everything in it. Links are not followed. Units for systemd are for others to read.
fn walk(path: &Path, owner: &Metadata, found: &mut Vec<Flaw>) -> Result<(), HomeError> {
    let about = match fs::symlink_metadata(path) {
        // Another command has just removed it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        about => about.map_err(file_error("read", path))?,
    };
    let kind = about.file_type();
    if about.uid() != owner.uid() {
        found.push(Flaw::Foreign { path: path.to_owned(), owner: (owner.uid(), owner.gid()) });
    }
    let mode = about.permissions().mode() & 0o7777;
    if (kind.is_dir() || kind.is_file()) && mode & 0o077 != 0 {
        let own = if kind.is_dir() { 0o700 } else { mode & 0o700 };
        found.push(Flaw::Open { path: path.to_owned(), mode: own });
    }
    if kind.is_dir() {
        for entry in entries(path)? {
            if entry.file_name().is_none_or(|name| name != "units") {
                walk(&entry, owner, found)?;
            }
        }
    }
    Ok(())
}

/// What is in a folder, sorted; nothing where there is none, or it may not be entered.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, HomeError> {
    let listed = match fs::read_dir(folder) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
            ) =>
        {
            return Ok(Vec::new());
        }
        listed => listed.map_err(file_error("read", folder))?,
    };
    let mut paths = Vec::new();
    for entry in listed {
        paths.push(entry.map_err(file_error("read", folder))?.path());
    }
    paths.sort_unstable();
    Ok(paths)
}

/// Gives a file a free name, beside where it lies, under which nobody looks for it. Returns that.
fn move_aside(path: &Path) -> Result<PathBuf, HomeError> {
    let name = |number: u32| match number {
        0 => path.with_extension("unreadable"),
        number => path.with_extension(format!("{number}.unreadable")),
    };
    let free = (0..).map(name).find(|path| !is_there(path)).unwrap_or_else(|| name(0));
    fs::rename(path, &free).map_err(file_error("move", path))?;
    Ok(free)
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn is_listened_to(path: &Path) -> bool {
    match SocketPath::of(path).and_then(UnixStream::connect) {
        Ok(_) => true,
        // Anything else leaves it open whether somebody listens.
        Err(error) => error.kind() != io::ErrorKind::ConnectionRefused,
    }
}

/// The lock, if nobody holds it; `None` where somebody does.
fn free(path: &Path) -> Result<Option<FileLock>, HomeError> {
    match FileLock::take(path, Duration::ZERO) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::InUse { .. }) => Ok(None),
        Err(LockError::Open(error) | LockError::Lock(error)) => {
            Err(file_error("lock", path)(error))
        }
    }
}

fn remove(path: &Path) -> Result<(), HomeError> {
    mrms_files::remove_if_present(path).map_err(file_error("remove", path))
}

#[cfg(test)]
mod tests;
