//! Backs up a whole home folder into one encrypted file, and restores it.
//!
//! [`archive`] says what is in the file. This module encrypts it, decrypts it, and puts a restored home in
//! its place: complete, or not at all.

pub mod archive;
mod incremental;
pub mod noted;
mod set;

pub use incremental::{WrittenPart, back_up_into, restore_set, verify_set};
pub use set::{BackupSet, Part};

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use mrms_app::profile::ProfileFolder;
use mrms_app::times::rfc3339;
use mrms_crypto::age_file::{
    self, DecryptError, Encoding, EncryptedFile, Identity, Protection, SealedFor, Unlock,
};
use mrms_crypto::stream::StreamError;
use mrms_crypto::{IdentityIndex, Keyring, Words, Workers};
use mrms_files::{Existing, FileLock, LockError, Unfinished};
use mrms_node::chain::{HeldLedger, HistoryHead, Mark};
pub use mrms_vault::guardian::BackupKeys;

use crate::clock::{now, rng};
use crate::error::{HomeError, file_error};
use crate::face::{Face, FaceError, Measured, Task};
use crate::folder::{HomeFolder, is_of_the_pages};
use crate::keys::no_key;
use crate::ledger::on_disk;
use crate::vault::own::VaultFolder;
use archive::{ArchiveError, ListedLedger, ListedProfile, Manifest, Member, Target};

/// The ledger's file in a home.
const LEDGER_FILE: &str = "ledger/ledger.sqlite";
/// How many identities of the words are tried. Nobody rotates more often.
const IDENTITIES: u16 = 256;
/// How many bytes go to the encryption at a time.
const BUFFER: usize = 256 * 1024;

/// Why a backup can't be written, read or restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackUpError {
    /// Another backup of this home is being made.
    #[error("another backup of this home is being made")]
    Running,
    /// The backup would lie in the folder that it backs up.
    #[error("the backup would be inside the home folder")]
    InsideHome,
    /// Something is in the place of the restored home.
    #[error("{} is there already", root.display())]
    HomeExists {
        /// The home folder.
        root: PathBuf,
    },
    /// The file is no encrypted file, or does not open with this key.
    #[error(transparent)]
    Refused(#[from] DecryptError),
    /// The encryption failed.
    #[error(transparent)]
    Encrypt(#[from] StreamError),
    /// The archive in the backup can't be written or read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The home's folder, ledger or vault failed.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// There is no set of backups in the folder.
    #[error("{} has no backups", folder.display())]
    NoSet {
        /// The folder.
        folder: PathBuf,
    },
    /// The set has no such backup.
    #[error("there is no backup {number}: the newest one is {newest}")]
    NoSuchPart {
        /// The number that was asked for.
        number: usize,
        /// The number of the newest one.
        newest: usize,
    },
    /// A set of backups is not what its list and its parts say.
    #[error("the backups in {} are damaged: {reason}", folder.display())]
    SetDamaged {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file has only what was new since an earlier backup.
    #[error("the file has only what was new since the backup before it")]
    PartOfSet,
    /// The system could not make a pipe.
    #[error(transparent)]
    System(io::Error),
    /// A thread ended without a result.
    #[error("the work broke off")]
    BrokeOff,
}

/// The key that opens a backup.
#[derive(Debug)]
pub enum BackupKey {
    /// A passphrase.
    Passphrase(age_file::Passphrase),
    /// Identities: of words, or of an identity file.
    Identities(Vec<Identity>),
}

/// Gives the key that opens a backup; the argument says how the backup is encrypted.
pub type AskKey<'a> = dyn Fn(SealedFor) -> Result<BackupKey, FaceError> + 'a;

/// Writes a backup of the home to `file`, which must not exist and lie outside of the home.
///
/// # Errors
///
/// [`BackUpError`]; then there is no file.
pub fn back_up(
    home: &HomeFolder,
    file: &Path,
    protection: &Protection<'_>,
    keys: BackupKeys,
    face: &dyn Face,
) -> Result<Manifest, BackUpError> {
    let failed = |error| BackUpError::from(file_error("write", file)(error));
    // Before a large home is copied. Whether the name is free when the backup is done, `finish` sees.
    if fs::symlink_metadata(file).is_ok() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    let mut unfinished = Unfinished::beside(file).map_err(failed)?;
    let copy = Copies::make(home, keys, LedgerPart::Whole)?;
    let members = members(home, &copy)?;
    let about = about(home, &copy, keys)?;
    let manifest = seal(protection, &members, about, &mut unfinished, file, face)?;
    unfinished.finish(file, Existing::Keep).map_err(failed)?;
    Ok(manifest)
}

/// Fails if the backup would be inside the home that it backs up. It would be lost with the home, and be
/// in the next backup.
///
/// # Errors
///
/// [`BackUpError::InsideHome`], [`HomeError::NoHome`], [`HomeError::File`].
pub fn must_be_elsewhere(file: &Path, home: &HomeFolder) -> Result<(), BackUpError> {
    let folder = mrms_files::folder_of(file);
    let folder = folder.canonicalize().map_err(file_error("write in", folder))?;
    let root = home.root().canonicalize().map_err(file_error("read", home.root()))?;
    if folder.starts_with(&root) {
        return Err(BackUpError::InsideHome);
    }
    Ok(())
}

/// Reads a backup to its last byte, and writes nothing.
///
/// # Errors
///
/// [`BackUpError`], of files, archive and key.
pub fn verify(file: &Path, key: &AskKey<'_>, face: &dyn Face) -> Result<Manifest, BackUpError> {
    whole(open(open_file(file)?, file, key, Target::Nowhere, face)?)
}

/// Fails if a backup needs others before it.
fn whole(manifest: Manifest) -> Result<Manifest, BackUpError> {
    if manifest.follows.is_some() { Err(BackUpError::PartOfSet) } else { Ok(manifest) }
}

/// Makes the home folder from a backup.
///
/// # Errors
///
/// [`BackUpError::HomeExists`] if anything is in its place; else [`BackUpError`] of files, archive and
/// key. After an error there is no home.
pub fn restore(
    root: &Path,
    file: &Path,
    key: &AskKey<'_>,
    face: &dyn Face,
) -> Result<Manifest, BackUpError> {
    must_be_free(root)?;
    let sealed = open_file(file)?;
    let beside = root.parent().unwrap_or(root);
    let failed = |error| BackUpError::from(file_error("write in", beside)(error));
    mrms_files::make_private_folder(beside).map_err(failed)?;
    let unfinished = private_folder_in(beside).map_err(failed)?;
    let manifest = open(sealed, file, key, Target::Folder(unfinished.path()), face)?;
    let manifest = whole(manifest)?;
    put_in_place(unfinished, root)?;
    Ok(manifest)
}

/// Renames a restored home to its place, durably.
fn put_in_place(unfinished: tempfile::TempDir, root: &Path) -> Result<(), BackUpError> {
    let beside = root.parent().unwrap_or(root);
    let failed = |error| BackUpError::from(file_error("write in", beside)(error));
    must_be_free(root)?;
    move_pages(root, unfinished.path()).map_err(failed)?;
    mrms_files::sync_folder(unfinished.path()).map_err(failed)?;
    // A rename replaces an empty folder, and nothing else.
    fs::rename(unfinished.path(), root).map_err(|error| {
        let _ = move_pages(unfinished.path(), root);
        match must_be_free(root) {
            Err(taken) => taken,
            Ok(()) => file_error("write", root)(error).into(),
        }
    })?;
    let _ = unfinished.keep();
    mrms_files::sync_folder(beside).map_err(failed)
}

/// Moves what the pages have written for themselves from one folder to another: they may be served while a home is restored.
fn move_pages(from: &Path, to: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        if is_of_the_pages(&name) {
            fs::rename(from.join(&name), to.join(&name))?;
        }
    }
    Ok(())
}

/// The identities of these words. Which one was in use, only the lost home knew.
///
/// # Errors
///
/// [`HomeError::NoKey`].
pub fn identities_of(words: &Words) -> Result<Vec<Identity>, HomeError> {
    let keyring = Keyring::from_words(words);
    let identity = |number| keyring.identity(IdentityIndex::new(number)).map(Identity::from);
    (0..IDENTITIES).map(identity).collect::<Result<_, _>>().map_err(no_key)
}

/// Fails if there is anything at `root` but what its pages have written for themselves: a restore overwrites nothing.
///
/// # Errors
///
/// [`BackUpError::HomeExists`], [`HomeError::File`].
pub fn must_be_free(root: &Path) -> Result<(), BackUpError> {
    let taken = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => true,
        entries => entries
            .map_err(file_error("read", root))?
            .any(|entry| entry.map_or(true, |entry| !is_of_the_pages(&entry.file_name()))),
    };
    if taken {
        return Err(BackUpError::HomeExists { root: root.to_owned() });
    }
    Ok(())
}

fn open_file(file: &Path) -> Result<File, HomeError> {
    File::open(file).map_err(file_error("read", file))
}

/// How much of the ledger a backup has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LedgerPart {
    /// Its file.
    Whole,
    /// The blocks after this one, if it is in the chain.
    Since(Mark),
}

/// Copies of the home's vaults and of what goes with the ledger, for one backup, in a folder of the home. They are
/// deleted when this value is dropped; the ledger's file is held until then.
struct Copies {
    folder: PathBuf,
    ledger: Option<ListedLedger>,
    /// The ledger, where its file is read as it is and not copied.
    held: Option<HeldLedger>,
    /// Whether the ledger is there as the blocks after another backup.
    is_since: bool,
    /// Keeps other backups out of the folder.
    _lock: FileLock,
}

impl Copies {
    /// Copies the vaults, and what profiles have noted of their own transactions, before the ledger. A vault that
    /// has seen a later block than the ledger has releases nothing, and a ledger without a block that a profile has
    /// noted does not open.
    fn make(home: &HomeFolder, keys: BackupKeys, part: LedgerPart) -> Result<Self, BackUpError> {
        let folder = home.backup_work();
        let failed = |error| BackUpError::from(file_error("write in", &folder)(error));
        mrms_files::make_private_folder(&folder).map_err(failed)?;
        let lock = FileLock::take(&folder.join("lock"), Duration::ZERO);
        let lock = lock.map_err(|error| match error {
            LockError::InUse { .. } => BackUpError::Running,
            LockError::Open(error) | LockError::Lock(error) => failed(error),
        })?;
        let mut copies = Self { folder, ledger: None, held: None, is_since: false, _lock: lock };
        let vaults = copies.cleared("vault")?;
        mrms_files::make_private_folder(&vaults).map_err(file_error("make", &vaults))?;
        for vault in VaultFolder::all_in(home)? {
            vault.copy_into(&vaults, keys)?;
        }
        // A backup without the home's vault or its ledger is none.
        home.must_keep_its_vaults()?;
        // A home with a ledger elsewhere has no folder for it.
        match home.must_keep_its_ledger() {
            Ok(()) | Err(HomeError::LedgerElsewhere { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let noted = copies.cleared("profiles")?;
        for name in home.profiles()? {
            copy_acts(&home.profile(&name), &noted.join(name.as_str()))?;
        }
        if home.ledger().is_dir() {
            home.must_have_its_blocks_on_disk()?;
            copies.copy_ledger(home, part)?;
        }
        Ok(copies)
    }

    fn copy_ledger(&mut self, home: &HomeFolder, part: LedgerPart) -> Result<(), BackUpError> {
        let target = self.cleared("ledger")?;
        if let LedgerPart::Since(mark) = part
            && let Some(head) = later_blocks(home, &mark, &target)?
        {
            self.is_since = true;
            self.ledger = Some(ListedLedger {
                genesis: head.genesis.to_string(),
                block_height: head.height.get(),
                tip: head.tip.to_string(),
            });
            return Ok(());
        }
        self.held = on_disk::hold(&home.ledger()).map_err(HomeError::from)?;
        let copied = match &self.held {
            Some(held) => {
                on_disk::write_rest(held, &home.ledger(), &target).map_err(HomeError::from)?;
                held.copied()
            }
            // Somebody reads an older state all the time: a copy takes room, and waits for nobody.
            None => on_disk::copy(&home.ledger(), &target).map_err(HomeError::from)?,
        };
        self.ledger = Some(ListedLedger {
            genesis: copied.genesis.to_string(),
            block_height: copied.height.get(),
            tip: copied.tip.to_string(),
        });
        Ok(())
    }

    /// Whether this backup can have what is new since the one that had `before`.
    fn goes_on_from(&self, before: &Manifest) -> bool {
        self.is_since || (self.ledger.is_none() && before.ledger.is_none())
    }

    /// The folder for one copy. Removes what a killed backup left there.
    fn cleared(&self, name: &str) -> Result<PathBuf, HomeError> {
        let target = self.folder.join(name);
        match fs::remove_dir_all(&target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(file_error("write in", &target)(error))
            }
            _ => Ok(target),
        }
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        // If this fails, the next backup removes the folder.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Writes the blocks after `mark` into the folder `target`; none if that block is not in the chain any more.
fn later_blocks(
    home: &HomeFolder,
    mark: &Mark,
    target: &Path,
) -> Result<Option<HistoryHead>, BackUpError> {
    mrms_files::make_private_folder(target).map_err(file_error("make", target))?;
    let path = target.join(incremental::BLOCKS_NAME);
    let mut options = mrms_files::private_options();
    let file = options.write(true).create_new(true).open(&path);
    let file = file.map_err(file_error("write", &path))?;
    let head = on_disk::export_later(&home.ledger(), mark, BufWriter::new(file));
    let head = head.map_err(HomeError::from)?;
    if head.is_none() {
        mrms_files::remove(&path).map_err(file_error("write", &path))?;
    }
    Ok(head)
}

/// Copies what a profile has noted of its own transactions.
fn copy_acts(profile: &ProfileFolder, target: &Path) -> Result<(), HomeError> {
    let from = profile.path().join(ProfileFolder::ACTS);
    let bytes = match fs::read(&from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        bytes => bytes.map_err(file_error("read", &from))?,
    };
    mrms_files::make_private_folder(target).map_err(file_error("make", target))?;
    let to = target.join(ProfileFolder::ACTS);
    mrms_files::create_in_place(&to, &bytes).map_err(file_error("write", &to))
}

/// The files of the backup. The ledger was copied before this list is made, so all ciphertext that it
/// refers to is in the list.
fn members<'a>(home: &HomeFolder, copy: &'a Copies) -> Result<Vec<Member<'a>>, BackUpError> {
    let mut members = archive::files_below(&copy.folder.join("ledger"), &|_| true)?;
    members.iter_mut().for_each(|member| member.name.insert_str(0, "ledger/"));
    if copy.held.is_some() {
        let (name, path) = (LEDGER_FILE.to_owned(), home.root().join(LEDGER_FILE));
        members.push(Member { name, path, held: copy.held.as_ref(), is_copy: true });
    }
    let mut guarded = archive::files_below(&copy.folder.join("vault"), &|_| true)?;
    guarded.iter_mut().for_each(|member| member.name.insert_str(0, "vault/"));
    members.extend(guarded);
    let mut noted = archive::files_below(&copy.folder.join("profiles"), &|_| true)?;
    noted.iter_mut().for_each(|member| member.name.insert_str(0, "profiles/"));
    members.extend(noted);
    members.iter_mut().for_each(|member| member.is_copy = true);
    members.extend(archive::files_below(home.root(), &HomeFolder::is_backed_up)?);
    Ok(members)
}

fn about(home: &HomeFolder, copy: &Copies, keys: BackupKeys) -> Result<Manifest, BackUpError> {
    let mut profiles = Vec::new();
    for name in home.profiles()? {
        let principal = home.card(&name)?.principal.to_string();
        profiles.push(ListedProfile { name: name.to_string(), principal });
    }
    Ok(Manifest {
        made: rfc3339(now()),
        software: env!("CARGO_PKG_VERSION").to_owned(),
        profiles,
        ledger: copy.ledger.clone(),
        left_out: match keys {
            BackupKeys::LeaveOut => vec![HomeFolder::EPOCH_KEYS.to_owned()],
            BackupKeys::Include => Vec::new(),
        },
        follows: None,
        files: std::collections::BTreeMap::new(),
    })
}

/// Packs on one thread and encrypts on the others.
fn seal(
    protection: &Protection<'_>,
    members: &[Member<'_>],
    about: Manifest,
    file: &mut Unfinished,
    path: &Path,
    face: &dyn Face,
) -> Result<Manifest, BackUpError> {
    let progress = face.progress(Task::BackUp, members.iter().map(Member::length).sum());
    let (reader, writer) = io::pipe().map_err(BackUpError::System)?;
    std::thread::scope(|scope| {
        let packing =
            scope.spawn(|| archive::pack(members, about, BufWriter::with_capacity(BUFFER, writer)));
        let sealed = age_file::encrypt(
            protection,
            Encoding::Binary,
            Measured::new(reader, progress),
            file.as_file_mut(),
            Workers::available(),
            &mut rng(),
        );
        let packed = packing.join();
        match sealed {
            // If encrypting failed, packing failed only because of that.
            Err(StreamError::Write { source }) => Err(file_error("write", path)(source).into()),
            Err(error) => Err(BackUpError::Encrypt(error)),
            Ok(_) => match packed {
                Ok(packed) => Ok(packed?),
                Err(_) => Err(BackUpError::BrokeOff),
            },
        }
    })
}

fn open(
    file: File,
    path: &Path,
    key: &AskKey<'_>,
    target: Target<'_>,
    face: &dyn Face,
) -> Result<Manifest, BackUpError> {
    open_with(file, path, &|sealed_for| key(sealed_for).map(Rc::new), target, face)
}

/// Gives a key that opens more than one file.
type AskShared<'a> = dyn Fn(SealedFor) -> Result<Rc<BackupKey>, FaceError> + 'a;

/// Decrypts on one thread and unpacks on this one.
fn open_with(
    mut file: File,
    path: &Path,
    key: &AskShared<'_>,
    target: Target<'_>,
    face: &dyn Face,
) -> Result<Manifest, BackUpError> {
    let failed = |error| BackUpError::from(file_error("read", path)(error));
    let length = file.metadata().map_err(failed)?.len();
    let sealed_for = EncryptedFile::read(&mut file).map_err(BackUpError::from)?.sealed_for();
    file.rewind().map_err(failed)?;
    let key = key(sealed_for).map_err(HomeError::Face)?;
    let unlock = match &*key {
        BackupKey::Passphrase(passphrase) => Unlock::Passphrase(passphrase),
        BackupKey::Identities(identities) => Unlock::Identities(identities),
    };
    let input = Measured::new(file, face.progress(Task::ReadBackup, length));
    let sealed = EncryptedFile::read(input).map_err(BackUpError::from)?;
    let (reader, writer) = io::pipe().map_err(BackUpError::System)?;
    std::thread::scope(|scope| {
        let decrypting = scope.spawn(|| sealed.decrypt(&unlock, writer, Workers::available()));
        let unpacked = archive::unpack(io::BufReader::with_capacity(BUFFER, reader), target);
        match decrypting.join() {
            // If unpacking failed, decrypting failed only because of that.
            Ok(Err(DecryptError::Stream(StreamError::Write { .. }))) | Ok(Ok(_)) => Ok(unpacked?),
            Ok(Err(error)) => Err(BackUpError::from(error)),
            Err(_) => Err(BackUpError::BrokeOff),
        }
    })
}

/// A new folder, readable for its owner only. It is deleted with its content when dropped.
fn private_folder_in(folder: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".mrms-restore-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_with_nothing_but_what_its_pages_wrote_is_free_and_keeps_that() {
        let beside = tempfile::tempdir().unwrap();
        let root = beside.path().join("home");
        assert!(must_be_free(&root).is_ok(), "it is not there");
        fs::create_dir(&root).unwrap();
        for name in [
            "portal.json",
            "portal.lock",
            "portal-links.json",
            "portal-links.lock",
            "portal-browsers.json",
        ] {
            fs::write(root.join(name), name).unwrap();
        }
        let restored = || {
            let folder = private_folder_in(beside.path()).unwrap();
            fs::write(folder.path().join("home.json"), "{}").unwrap();
            folder
        };
        put_in_place(restored(), &root).unwrap();
        assert_eq!(fs::read_to_string(root.join("portal.lock")).unwrap(), "portal.lock");
        assert!(root.join("home.json").is_file());
        // From now on it is somebody's.
        let taken = put_in_place(restored(), &root);
        assert!(matches!(taken, Err(BackUpError::HomeExists { .. })), "{taken:?}");
        assert_eq!(fs::read_to_string(root.join("portal.json")).unwrap(), "portal.json");
        assert_eq!(fs::read_dir(beside.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
