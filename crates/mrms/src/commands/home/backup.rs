//! `mrms backup` and `mrms restore`: write a whole home into one encrypted file, and make a home of it.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use mrms_core::visible;
use mrms_crypto::HybridRecipient;
use mrms_crypto::age_file::{
    self, Identity, Protection, Recipient, Recipients, SealedFor, WorkFactor,
};
use mrms_home::backup::archive::Manifest;
use mrms_home::backup::{self, BackupKey, BackupSet};
use mrms_home::vault::own::VaultFolder;
use mrms_vault::guardian::BackupKeys;

use crate::commands::vault::WITH_KEYS;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::identities::{own_identities, read_identities};
use crate::ui::output::{Output, confirm};
use crate::ui::results::home::{Backup, RestoredHome, VerifiedBackup, WrittenBackup};
use crate::ui::words::{ask_words, read_words};

#[derive(Debug, Args)]
#[command(
    after_help = "A backup can be made while node and vault run. Write it to another disk, and \
    check it. -i and --words-file are for --verify.\n\n\
    Examples:\n  \
    mrms backup /media/stick/home.age\n  \
    mrms backup /media/stick/home.age --verify\n  \
    mrms backup /media/stick/home --incremental"
)]
pub(crate) struct BackupArgs {
    /// File to write, which must not exist; with --incremental, a folder. With --verify: the backup to
    /// check, or the folder of several.
    file: PathBuf,
    /// Write only what is new since the last backup in this folder; the first one there has everything. Each
    /// state that was backed up can be restored. Without it: one file with everything.
    #[arg(long, conflicts_with = "verify")]
    incremental: bool,
    /// Read a backup to its last byte, compare all hashes, and write nothing.
    #[arg(long)]
    verify: bool,
    /// Also copy the epoch keys (key slots) of the home's vault: whoever opens this backup then has
    /// what is revoked, expires or is erased later. Without it: after a restore, erasable records are
    /// lost, and patients grant again what they shared through this vault.
    #[arg(long, conflicts_with = "verify")]
    with_epoch_keys: bool,
    /// Encrypt the backup with a passphrase of its own. Without it: to your profile's key, so that your
    /// 24 words open it.
    #[arg(short, long, conflicts_with_all = ["recipients", "verify"])]
    passphrase: bool,
    /// Let this recipient (age1pq1…) open the backup, too; may be given more than once.
    #[arg(short, long = "recipient", value_name = "RECIPIENT", conflicts_with = "verify")]
    recipients: Vec<HybridRecipient>,
    #[command(flatten)]
    keys: Keys,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The home folder must not exist or be empty: nothing is overwritten. If the old \
    home still exists, use only one of the two. If the backup was encrypted with a passphrase, mrms \
    asks for that.\n\n\
    Example:\n  mrms --home new-home restore /media/stick/home.age"
)]
pub(crate) struct RestoreArgs {
    /// File that mrms backup wrote, or the folder that mrms backup --incremental wrote into.
    file: PathBuf,
    /// Restore the home as it was at this backup of the folder, counted from 1. Without it: the newest.
    #[arg(long, value_name = "NUMBER")]
    as_of: Option<usize>,
    #[command(flatten)]
    keys: Keys,
}

/// The key for a backup that is encrypted to a key.
#[derive(Debug, Args)]
struct Keys {
    /// Open the backup with the identities in this file.
    #[arg(short, long = "identity", value_name = "IDENTITY-FILE")]
    identities: Vec<PathBuf>,
    /// Open the backup with the 24 words in this file. Without it and -i: restore asks for the words,
    /// and backup --verify uses your own key.
    #[arg(long, value_name = "FILE", conflicts_with = "identities")]
    words_file: Option<PathBuf>,
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
    let home = settings.home.folder();
    if !home.root().is_dir() {
        return Err(home.is_missing().into());
    }
    backup::must_be_elsewhere(&args.file, home)?;
    let keys = epoch_keys(args, settings, output)?;
    let key = protection(args, settings)?;
    let work = WorkFactor::new(settings.work_factor).unwrap_or_default();
    let protection = match &key {
        Seal::Passphrase(passphrase) => Protection::Passphrase(passphrase, work),
        Seal::Recipients(recipients) => Protection::Recipients(recipients),
    };
    let face = &**settings.home.face();
    let (manifest, output_file, part) = if args.incremental {
        let written = backup::back_up_into(home, &args.file, &protection, keys, face)?;
        (written.manifest, written.path, Some((written.number, written.part.whole)))
    } else {
        let manifest = backup::back_up(home, &args.file, &protection, keys, face)?;
        (manifest, args.file.clone(), None)
    };
    let bytes = fs::metadata(&output_file).map_or(0, |metadata| metadata.len());
    backup::noted::note_made(
        home,
        match key {
            Seal::Passphrase(_) => None,
            Seal::Recipients(_) => Some(settings.home.profile()),
        },
    );
    let opens = match key {
        Seal::Passphrase(_) => "the passphrase that you gave",
        Seal::Recipients(_) if args.recipients.is_empty() => "your 24 words",
        Seal::Recipients(_) => "your 24 words, and by those named with -r",
    };
    let has = match part {
        None => "".to_owned(),
        Some((number, true)) => format!("; it is backup {number} there, and has everything"),
        Some((number, false)) => {
            format!("; it is backup {number} there, and has what is new since the one before")
        }
    };
    output.result(
        &WrittenBackup {
            backup: describe(&manifest),
            output: &output_file,
            bytes,
            part: part.map(|(number, _)| number),
            whole: part.is_none_or(|(_, whole)| whole),
        },
        &format!(
            "{}\n  {bytes} bytes in {}; it is opened by {opens}{has}",
            sentence(&manifest),
            output_file.display(),
        ),
    )
}

/// Whether the key slots of the home's vaults are copied. Tells the person what the choice costs.
fn epoch_keys(
    args: &BackupArgs,
    settings: &Settings,
    output: Output,
) -> Result<BackupKeys, Failure> {
    if args.with_epoch_keys {
        confirm(&format!("{WITH_KEYS} Go ahead?"), settings.yes)?;
        return Ok(BackupKeys::Include);
    }
    if !VaultFolder::all_in(settings.home.folder())?.is_empty() {
        output.note(
            "note: the vault's epoch keys are left out. After a restore, erasable records do not open, and patients grant again what they shared through this vault (--with-epoch-keys copies the keys)",
        );
    }
    Ok(BackupKeys::LeaveOut)
}

enum Seal {
    Passphrase(age_file::Passphrase),
    Recipients(Recipients),
}

fn protection(args: &BackupArgs, settings: &Settings) -> Result<Seal, Failure> {
    if args.passphrase {
        let passphrase = settings.passphrase.choose("this backup")?;
        return Ok(Seal::Passphrase(passphrase));
    }
    let card = settings.home.folder().card(settings.home.profile())?;
    let own: HybridRecipient = card.recipient.parse().map_err(|error| {
        Failure::new(Exit::Integrity, "profile-damaged", format!("the profile's card: {error}"))
            .hint("mrms key recover makes the profile anew from its 24 words")
    })?;
    let all = std::iter::once(own).chain(args.recipients.iter().cloned());
    let all = Recipients::new(all.map(Recipient::from).collect()).map_err(Failure::usage)?;
    Ok(Seal::Recipients(all))
}

fn verify(args: &BackupArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let key = |sealed_for| -> Result<BackupKey, Failure> {
        match sealed_for {
            SealedFor::Passphrase => passphrase(settings),
            _ => match args.keys.given()? {
                Some(identities) => Ok(BackupKey::Identities(identities)),
                None => own_identities(settings).map(BackupKey::Identities),
            },
        }
    };
    let key = |sealed_for| Ok(key(sealed_for)?);
    let face = &**settings.home.face();
    if args.file.is_dir() {
        let manifest = backup::verify_set(&args.file, &key, face)?;
        let parts = BackupSet::open(&args.file)?.parts().len();
        let object =
            VerifiedBackup { backup: describe(&manifest), intact: true, parts: Some(parts) };
        let text = format!("all {parts} backups are whole\n  {}", sentence(&manifest));
        return output.result(&object, &text);
    }
    let manifest = backup::verify(&args.file, &key, face)?;
    let folder = settings.home.folder();
    if folder.root().is_dir() {
        backup::noted::note_checked(folder);
    }
    let object = VerifiedBackup { backup: describe(&manifest), intact: true, parts: None };
    output.result(&object, &format!("the backup is whole\n  {}", sentence(&manifest)))
}

pub(crate) fn restore(
    args: &RestoreArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("restore")?;
    let root = std::path::absolute(settings.home.folder().root())
        .map_err(|error| Failure::new(Exit::Failed, "system", error))?;
    let key = |sealed_for| -> Result<BackupKey, Failure> {
        match sealed_for {
            SealedFor::Passphrase => passphrase(settings),
            _ => match args.keys.given()? {
                Some(identities) => Ok(BackupKey::Identities(identities)),
                None => {
                    let words = ask_words("the file with them with --words-file, or -i")?;
                    Ok(BackupKey::Identities(backup::identities_of(&words)?))
                }
            },
        }
    };
    let key = |sealed_for| Ok(key(sealed_for)?);
    let face = &**settings.home.face();
    let manifest = match (args.file.is_dir(), args.as_of) {
        (true, number) => backup::restore_set(&root, &args.file, number, &key, face)?,
        (false, None) => backup::restore(&root, &args.file, &key, face)?,
        (false, Some(_)) => {
            return Err(Failure::usage("--as-of names one of several backups in a folder")
                .hint("give the folder that mrms backup --incremental wrote into"));
        }
    };
    output.result(
        &RestoredHome { backup: describe(&manifest), home: &root },
        &format!(
            "{} is back\n  {}\nmrms doctor and mrms node fsck check it. What was done after the backup is not in it. If the\nold home still exists, use only one of the two, so that they do not become different.",
            root.display(),
            sentence(&manifest),
        ),
    )
}

fn passphrase(settings: &Settings) -> Result<BackupKey, Failure> {
    let passphrase = settings.passphrase.ask("this backup")?;
    Ok(BackupKey::Passphrase(passphrase))
}

impl Keys {
    fn are_named(&self) -> bool {
        self.words_file.is_some() || !self.identities.is_empty()
    }

    /// The identities that were named, if any were.
    fn given(&self) -> Result<Option<Vec<Identity>>, Failure> {
        match &self.words_file {
            Some(path) => Ok(Some(backup::identities_of(&read_words(path)?)?)),
            None if self.are_named() => read_identities(&self.identities).map(Some),
            None => Ok(None),
        }
    }
}

fn describe(manifest: &Manifest) -> Backup<'_> {
    Backup {
        made: &manifest.made,
        software: &manifest.software,
        profiles: manifest.profiles.iter().map(Into::into).collect(),
        ledger: manifest.ledger.as_ref().map(Into::into),
        files: manifest.files.len(),
        content_bytes: content_bytes(manifest),
        left_out: &manifest.left_out,
    }
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
        visible::line(&manifest.made),
        if names.is_empty() {
            "none".to_owned()
        } else {
            visible::line(&names.join(", ")).into_owned()
        },
        manifest.files.len(),
        content_bytes(manifest),
    )
}
