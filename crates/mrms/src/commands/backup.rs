//! `mrms backup` and `mrms restore`: a whole home folder in one encrypted file, and back.
//!
//! What is in the file is in [`archive`]; here it is sealed, opened, and put in its place. A
//! restored home appears whole under its name or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use mrms_app::trail::rfc3339;
use mrms_core::UnixTime;
use mrms_crypto::age_file::{
    self, DecryptError, Encoding, EncryptedFile, Identity, Protection, Recipient, Recipients,
    SealedFor, Unlock, WorkFactor,
};
use mrms_crypto::stream::StreamError;
use mrms_crypto::{HybridRecipient, IdentityIndex, Keyring, Words, Workers};
use mrms_files::{Existing, FileLock, LockError, Unfinished};
use mrms_vault::guardian::BackupKeys;
use serde_json::json;

use crate::archive::{self, ArchiveError, ListedLedger, ListedProfile, Manifest, Member, Target};
use crate::commands::files::refused;
use crate::commands::init::read_words;
use crate::commands::key::ask_words;
use crate::commands::trustees::{own_identities, read_identities};
use crate::commands::vault::WITH_KEYS;
use crate::config::Settings;
use crate::embedded;
use crate::failure::{Exit, Failure, chain};
use crate::home::{Home, cannot};
use crate::output::{Output, confirm};
use crate::own_vault::VaultFolder;
use crate::workplace::{age_passphrase, rng};

/// How many identities of the words are tried: more rotations than anybody makes.
const IDENTITIES: u16 = 256;
/// Bytes that go to the encryption at a time.
const BUFFER: usize = 256 * 1024;

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file to write; it must not exist. With --verify, the file to check.
    file: PathBuf,
    /// Check a backup to the last byte, and write nothing.
    #[arg(long)]
    verify: bool,
    /// Copy the epoch keys of the home's vault, too. Without them erasable records, and what was
    /// left for readers, do not open after a restore; with them, whoever has the backup has what is
    /// erased from now on.
    #[arg(long, conflicts_with = "verify")]
    with_epoch_keys: bool,
    /// Seal it with a passphrase in place of your own key.
    #[arg(short, long, conflicts_with_all = ["recipients", "verify"])]
    passphrase: bool,
    /// Let this recipient open it, too; may be given more than once.
    #[arg(short, long = "recipient", value_name = "RECIPIENT", conflicts_with = "verify")]
    recipients: Vec<HybridRecipient>,
    #[command(flatten)]
    keys: Keys,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The file that mrms backup wrote.
    file: PathBuf,
    #[command(flatten)]
    keys: Keys,
}

/// What opens a backup that is sealed to a key.
#[derive(Debug, Args)]
struct Keys {
    /// Open it with the identities in this file.
    #[arg(short, long = "identity", value_name = "IDENTITY-FILE")]
    identities: Vec<PathBuf>,
    /// Open it with the 24 words in this file.
    #[arg(long, value_name = "FILE", conflicts_with = "identities")]
    words_file: Option<PathBuf>,
}

/// What opens a backup.
enum Key {
    Passphrase(age_file::Passphrase),
    Identities(Vec<Identity>),
}

pub(crate) fn backup(
    args: &BackupArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("backup")?;
    if args.verify {
        return verify(args, settings, output);
    }
    if args.keys.are_named() {
        return Err(Failure::usage("-i and --words-file open a backup that is being checked")
            .hint("-r names whom the backup is sealed to; --verify checks one"));
    }
    let home = &settings.home;
    if !home.root().is_dir() {
        return Err(home.is_missing());
    }
    must_be_elsewhere(&args.file, home)?;
    let keys = epoch_keys(args, settings, output)?;
    let key = protection(args, settings)?;
    let work = WorkFactor::new(settings.work_factor).unwrap_or_default();
    let protection = match &key {
        Seal::Passphrase(passphrase) => Protection::Passphrase(passphrase, work),
        Seal::Recipients(recipients) => Protection::Recipients(recipients),
    };
    let failed = |error| cannot("write", &args.file, &error);
    let mut file = Unfinished::beside(&args.file).map_err(failed)?;
    let copy = Copies::make(home, keys)?;
    let members = members(home, &copy)?;
    let about = about(home, &copy, keys)?;
    let manifest = seal(&protection, &members, about, &mut file, args, output)?;
    file.finish(&args.file, Existing::Keep).map_err(failed)?;
    drop(copy);
    let bytes = fs::metadata(&args.file).map_or(0, |metadata| metadata.len());
    let opens = match key {
        Seal::Passphrase(_) => "the passphrase that you gave",
        Seal::Recipients(_) if args.recipients.is_empty() => "your 24 words",
        Seal::Recipients(_) => "your 24 words, and by those named with -r",
    };
    let mut object = describe(&manifest);
    object["output"] = json!(args.file);
    object["bytes"] = bytes.into();
    output.result(
        &object,
        &format!(
            "{}\n  {bytes} bytes in {}; it is opened by {opens}",
            sentence(&manifest),
            args.file.display(),
        ),
    )
}

/// Whether the keys that the home's vaults erase in their time are copied. Either has a price, and
/// who makes the backup is told.
fn epoch_keys(
    args: &BackupArgs,
    settings: &Settings,
    output: Output,
) -> Result<BackupKeys, Failure> {
    if args.with_epoch_keys {
        confirm(&format!("{WITH_KEYS} Go ahead?"), settings.yes)?;
        return Ok(BackupKeys::Include);
    }
    if !VaultFolder::all_in(&settings.home.vault())?.is_empty() {
        output.note(
            "note: the vault's epoch keys are left out. After a restore, erasable records do not open, and patients grant again what they shared through this vault (--with-epoch-keys copies the keys)",
        );
    }
    Ok(BackupKeys::LeaveOut)
}

/// A backup beside what it backs up is lost with it, and would be in the next one.
fn must_be_elsewhere(file: &Path, home: &Home) -> Result<(), Failure> {
    let folder = mrms_files::folder_of(file);
    let folder = folder.canonicalize().map_err(|error| cannot("write in", folder, &error))?;
    let root = home.root().canonicalize();
    let root = root.map_err(|error| cannot("read", home.root(), &error))?;
    if folder.starts_with(&root) {
        return Err(Failure::usage("the backup would be inside the home folder")
            .hint("name a place on another disk"));
    }
    Ok(())
}

enum Seal {
    Passphrase(age_file::Passphrase),
    Recipients(Recipients),
}

fn protection(args: &BackupArgs, settings: &Settings) -> Result<Seal, Failure> {
    if args.passphrase {
        let passphrase = settings.passphrase.choose("this backup")?;
        return Ok(Seal::Passphrase(age_passphrase(&passphrase)?));
    }
    let card = settings.home.card(&settings.profile)?;
    let own: HybridRecipient = card.recipient.parse().map_err(|error| {
        Failure::new(Exit::Integrity, "profile-damaged", format!("the profile's card: {error}"))
            .hint("mrms key recover makes the profile anew from its 24 words")
    })?;
    let all = std::iter::once(own).chain(args.recipients.iter().cloned());
    let all = Recipients::new(all.map(Recipient::from).collect()).map_err(Failure::usage)?;
    Ok(Seal::Recipients(all))
}

/// Copies of the ledger and of what the home's vaults guard, for one backup, in a folder of the home
/// that is gone with this.
struct Copies {
    folder: PathBuf,
    ledger: Option<ListedLedger>,
    /// Held as long as the folder is used.
    _lock: FileLock,
}

impl Copies {
    /// The vaults first: one that knows of a later block than its ledger has releases nothing.
    fn make(home: &Home, keys: BackupKeys) -> Result<Self, Failure> {
        let folder = home.backup_work();
        let failed = |error| cannot("write in", &folder, &error);
        mrms_files::make_private_folder(&folder).map_err(failed)?;
        let lock = FileLock::take(&folder.join("lock"), Duration::ZERO);
        let lock = lock.map_err(|error| match error {
            LockError::InUse { .. } => Failure::new(
                Exit::Unreachable,
                "home-busy",
                "another backup of this home is being made",
            )
            .hint("wait for it to end"),
            LockError::Open(error) | LockError::Lock(error) => failed(error),
        })?;
        let mut copies = Self { folder, ledger: None, _lock: lock };
        let vaults = copies.cleared("vault")?;
        mrms_files::make_private_folder(&vaults)
            .map_err(|error| cannot("make", &vaults, &error))?;
        for vault in VaultFolder::all_in(&home.vault())? {
            vault.copy_into(&vaults, keys)?;
        }
        // A home that works with a ledger elsewhere has none.
        if home.ledger().is_dir() {
            let copied = embedded::copy(&home.ledger(), &copies.cleared("ledger")?)?;
            copies.ledger = Some(ListedLedger {
                genesis: copied.genesis.to_string(),
                block_height: copied.height.get(),
                tip: copied.tip.to_string(),
            });
        }
        Ok(copies)
    }

    /// The place for one copy, without what a backup that was killed left there.
    fn cleared(&self, name: &str) -> Result<PathBuf, Failure> {
        let target = self.folder.join(name);
        match fs::remove_dir_all(&target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(cannot("write in", &target, &error))
            }
            _ => Ok(target),
        }
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        // What can't be removed now is removed by the next backup.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The home's files. The ledger was copied before: ciphertext that it refers to is there by now.
fn members(home: &Home, copy: &Copies) -> Result<Vec<Member>, Failure> {
    let mut members = archive::files_below(&copy.folder.join("ledger"), &|_| true)?;
    members.iter_mut().for_each(|member| member.name.insert_str(0, "ledger/"));
    let mut guarded = archive::files_below(&copy.folder.join("vault"), &|_| true)?;
    guarded.iter_mut().for_each(|member| member.name.insert_str(0, "vault/"));
    members.extend(guarded);
    members.extend(archive::files_below(home.root(), &Home::is_backed_up)?);
    Ok(members)
}

fn about(home: &Home, copy: &Copies, keys: BackupKeys) -> Result<Manifest, Failure> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let mut profiles = Vec::new();
    for name in home.profiles()? {
        let principal = home.card(&name)?.principal.to_string();
        profiles.push(ListedProfile { name: name.to_string(), principal });
    }
    Ok(Manifest {
        made: rfc3339(UnixTime::from_seconds(now.map_or(0, |since| since.as_secs()))),
        software: env!("CARGO_PKG_VERSION").to_owned(),
        profiles,
        ledger: copy.ledger.clone(),
        left_out: match keys {
            BackupKeys::LeaveOut => vec![Home::EPOCH_KEYS.to_owned()],
            BackupKeys::Include => Vec::new(),
        },
        files: std::collections::BTreeMap::new(),
    })
}

/// Packs on one thread and encrypts on the others.
fn seal(
    protection: &Protection<'_>,
    members: &[Member],
    about: Manifest,
    file: &mut Unfinished,
    args: &BackupArgs,
    output: Output,
) -> Result<Manifest, Failure> {
    let length = |member: &Member| fs::metadata(&member.path).map_or(0, |known| known.len());
    let bar = output.progress(members.iter().map(length).sum(), "backing up");
    let (reader, writer) = io::pipe().map_err(system)?;
    std::thread::scope(|scope| {
        let packing =
            scope.spawn(|| archive::pack(members, about, BufWriter::with_capacity(BUFFER, writer)));
        let sealed = age_file::encrypt(
            protection,
            Encoding::Binary,
            bar.wrap_read(reader),
            file.as_file_mut(),
            Workers::available(),
            &mut rng(),
        );
        let packed = packing.join();
        match sealed {
            // Then packing failed only because nobody took what it wrote.
            Err(StreamError::Write { source }) => Err(cannot("write", &args.file, &source)),
            Err(error) => Err(Failure::new(Exit::Failed, "encrypt", chain(&error))),
            Ok(_) => match packed {
                Ok(packed) => Ok(packed?),
                Err(_) => Err(broke_off()),
            },
        }
    })
}

/// Decrypts on one thread and unpacks on this one.
fn open(
    mut file: File,
    path: &Path,
    key: &dyn Fn(SealedFor) -> Result<Key, Failure>,
    target: Target<'_>,
    output: Output,
) -> Result<Manifest, Failure> {
    let failed = |error| cannot("read", path, &error);
    let length = file.metadata().map_err(failed)?.len();
    let sealed_for = EncryptedFile::read(&mut file).map_err(refused)?.sealed_for();
    file.rewind().map_err(failed)?;
    let key = key(sealed_for)?;
    let unlock = match &key {
        Key::Passphrase(passphrase) => Unlock::Passphrase(passphrase),
        Key::Identities(identities) => Unlock::Identities(identities),
    };
    let input = output.progress(length, "reading").wrap_read(file);
    let sealed = EncryptedFile::read(input).map_err(refused)?;
    let (reader, writer) = io::pipe().map_err(system)?;
    std::thread::scope(|scope| {
        let decrypting = scope.spawn(|| sealed.decrypt(&unlock, writer, Workers::available()));
        let unpacked = archive::unpack(io::BufReader::with_capacity(BUFFER, reader), target);
        match decrypting.join() {
            // Then decryption failed only because nobody took what it wrote.
            Ok(Err(DecryptError::Stream(StreamError::Write { .. }))) | Ok(Ok(_)) => Ok(unpacked?),
            Ok(Err(error)) => Err(refused(error)),
            Err(_) => Err(broke_off()),
        }
    })
}

fn verify(args: &BackupArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let file = File::open(&args.file).map_err(|error| cannot("read", &args.file, &error))?;
    let key = |sealed_for| match sealed_for {
        SealedFor::Passphrase => passphrase(settings),
        _ => match args.keys.given()? {
            Some(identities) => Ok(Key::Identities(identities)),
            None => own_identities(settings).map(Key::Identities),
        },
    };
    let manifest = open(file, &args.file, &key, Target::Nowhere, output)?;
    let mut object = describe(&manifest);
    object["intact"] = true.into();
    output.result(&object, &format!("the backup is whole\n  {}", sentence(&manifest)))
}

pub(crate) fn restore(
    args: &RestoreArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("restore")?;
    let root = std::path::absolute(settings.home.root()).map_err(system)?;
    must_be_free(&root)?;
    let file = File::open(&args.file).map_err(|error| cannot("read", &args.file, &error))?;
    let key = |sealed_for| match sealed_for {
        SealedFor::Passphrase => passphrase(settings),
        _ => match args.keys.given()? {
            Some(identities) => Ok(Key::Identities(identities)),
            None => identities_of(&ask_words("the file with them with --words-file, or -i")?)
                .map(Key::Identities),
        },
    };
    let beside = root.parent().unwrap_or(&root);
    let failed = |error| cannot("write in", beside, &error);
    mrms_files::make_private_folder(beside).map_err(failed)?;
    let unfinished = private_folder_in(beside).map_err(failed)?;
    let manifest = open(file, &args.file, &key, Target::Folder(unfinished.path()), output)?;
    mrms_files::sync_folder(unfinished.path()).map_err(failed)?;
    // Takes the place of an empty folder, and of nothing else.
    fs::rename(unfinished.path(), &root).map_err(|error| match must_be_free(&root) {
        Err(taken) => taken,
        Ok(()) => cannot("write", &root, &error),
    })?;
    let _ = unfinished.keep();
    mrms_files::sync_folder(beside).map_err(failed)?;
    let mut object = describe(&manifest);
    object["home"] = json!(root);
    output.result(
        &object,
        &format!(
            "{} is back\n  {}\nmrms doctor and mrms node fsck check it. What was done after the backup is not in it; where\nthe old home still exists, use one of the two only: they would part ways.",
            root.display(),
            sentence(&manifest),
        ),
    )
}

/// A new folder for its owner alone; dropped, it is gone with all that is in it.
fn private_folder_in(folder: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".mrms-restore-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(folder)
}

/// Nothing is ever overwritten by a restore.
fn must_be_free(root: &Path) -> Result<(), Failure> {
    let taken = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => true,
        entries => entries.map_err(|error| cannot("read", root, &error))?.next().is_some(),
    };
    if !taken {
        return Ok(());
    }
    let message = format!("{} is there already", root.display());
    Err(Failure::new(Exit::Failed, "home-exists", message)
        .hint("name a new folder with --home or MRMS_HOME; a restore overwrites nothing"))
}

fn passphrase(settings: &Settings) -> Result<Key, Failure> {
    let passphrase = settings.passphrase.ask("this backup")?;
    Ok(Key::Passphrase(age_passphrase(&passphrase)?))
}

impl Keys {
    fn are_named(&self) -> bool {
        self.words_file.is_some() || !self.identities.is_empty()
    }

    /// The identities that were named, if any were.
    fn given(&self) -> Result<Option<Vec<Identity>>, Failure> {
        match &self.words_file {
            Some(path) => identities_of(&read_words(path)?).map(Some),
            None if self.are_named() => read_identities(&self.identities).map(Some),
            None => Ok(None),
        }
    }
}

/// The identities of these words; which of them was in use, the lost home knew.
fn identities_of(words: &Words) -> Result<Vec<Identity>, Failure> {
    let keyring = Keyring::from_words(words);
    let identity = |number| keyring.identity(IdentityIndex::new(number)).map(Identity::from);
    (0..IDENTITIES).map(identity).collect::<Result<_, _>>().map_err(|error| {
        Failure::new(Exit::Failed, "no-key", error).hint("other words must be used")
    })
}

fn describe(manifest: &Manifest) -> serde_json::Value {
    json!({
        "made": manifest.made,
        "software": manifest.software,
        "profiles": manifest.profiles,
        "ledger": manifest.ledger,
        "files": manifest.files.len(),
        "content_bytes": content_bytes(manifest),
        "left_out": manifest.left_out,
    })
}

fn content_bytes(manifest: &Manifest) -> u64 {
    manifest.files.values().map(|file| file.bytes).sum()
}

fn sentence(manifest: &Manifest) -> String {
    let names: Vec<_> = manifest.profiles.iter().map(|profile| profile.name.as_str()).collect();
    let ledger = match &manifest.ledger {
        Some(ledger) => format!("ledger until block {}", ledger.block_height),
        None => "no ledger".to_owned(),
    };
    format!(
        "made {}: profiles {}; {ledger}; {} files with {} bytes",
        manifest.made,
        if names.is_empty() { "none".to_owned() } else { names.join(", ") },
        manifest.files.len(),
        content_bytes(manifest),
    )
}

fn system(error: io::Error) -> Failure {
    Failure::new(Exit::Failed, "system", error)
}

fn broke_off() -> Failure {
    Failure::new(Exit::Failed, "backup", "the work broke off").hint("repeat the command")
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        let message = chain(&error);
        match error {
            ArchiveError::File { action, path, source } => cannot(action, &path, &source),
            ArchiveError::Link { .. } => Self::new(Exit::Failed, "backup-link", message)
                .hint("let MRMS_HOME name the folder on the other disk, in place of the link"),
            ArchiveError::Changed { .. } => Self::new(Exit::Failed, "file-changed", message)
                .hint("repeat the command when nothing else works in this home"),
            ArchiveError::Format => Self::new(Exit::Integrity, "not-a-backup", message)
                .hint("give a file that mrms backup wrote, and the version of mrms that wrote it"),
            ArchiveError::Damaged { .. } => Self::new(Exit::Integrity, "backup-damaged", message)
                .hint("use another backup; nothing was restored"),
            ArchiveError::Stream(_) => Self::new(Exit::Failed, "backup", message),
        }
    }
}
