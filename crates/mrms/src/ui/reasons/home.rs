//! Errors of the home, its files, its keys and its backups.

use std::io;
use std::path::Path;

use mrms_crypto::age_file::DecryptError;
use mrms_crypto::stream::StreamError;
use mrms_files::TargetError;
use mrms_home::HomeError;
use mrms_home::backup::BackUpError;
use mrms_home::backup::archive::ArchiveError;
use mrms_home::recovery::RecoveryError;
use mrms_vault::guardian::{BackupError, OpenError};

use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::output_failure;

/// A file that can't be read or written. `verb` completes "cannot …".
pub(crate) fn cannot(verb: &str, path: &Path, error: &io::Error) -> Failure {
    let failure =
        |exit, code| Failure::new(exit, code, format!("cannot {verb} {}: {error}", path.display()));
    match error.kind() {
        io::ErrorKind::NotFound => {
            failure(Exit::NotFound, "file-not-found").hint("check the name and the folder")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            failure(Exit::Failed, "no-permission")
                .hint("check who owns the file and its folder; MRMS_HOME names another home folder")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            failure(Exit::Failed, "disk-full")
                .hint("make room and repeat the command: nothing was lost")
        }
        // The system's own words for it name no file.
        io::ErrorKind::AlreadyExists => Failure::new(
            Exit::Failed,
            "file-exists",
            format!("cannot {verb} {}: there is something with this name already", path.display()),
        )
        .hint("name another, or move the one that is there away"),
        io::ErrorKind::BrokenPipe => failure(Exit::Failed, "reader-gone")
            .hint("whatever read from it ended before it had everything"),
        io::ErrorKind::TimedOut => failure(Exit::Failed, "no-writer")
            .hint("it is a pipe, and no program opened its other end: start that first"),
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => failure(Exit::Failed, "file")
            .hint("a file stands where a folder should be, or the other way round"),
        _ => failure(Exit::Failed, "file").hint("mrms doctor checks the home folder"),
    }
}

/// A path that no result can be written to.
pub(crate) fn target_failure(error: &TargetError) -> Failure {
    let failure = |exit, code| Failure::new(exit, code, error);
    match error {
        TargetError::Exists { .. } => failure(Exit::Failed, "file-exists")
            .hint("name another file with -o, or replace it with --force"),
        TargetError::Link { to, .. } => failure(Exit::Failed, "output-link").hint(format!(
            "links are not followed and not replaced: name the file itself, {}",
            to.display()
        )),
        TargetError::Unfit { .. } => failure(Exit::Usage, "output-unfit")
            .hint("name a file, a pipe or a device with -o; - is standard output"),
        TargetError::NoReader { .. } => {
            failure(Exit::Failed, "no-reader").hint("start the program that reads from it first")
        }
        TargetError::File { path, source } => not_written(path, source),
        _ => failure(Exit::Failed, "file"),
    }
}

/// A result that can't be written, whole or in part. `path` is `-` for standard output.
pub(crate) fn not_written(path: &Path, error: &io::Error) -> Failure {
    if path == Path::new("-") { output_failure(error) } else { cannot("write", path, error) }
}

/// An age file that can't be made.
pub(crate) fn encryption_failure(error: &StreamError, output: &Path) -> Failure {
    match error {
        StreamError::Write { source } => not_written(output, source),
        StreamError::Read { source } => cannot("read", Path::new("the input"), source),
        _ => Failure::new(Exit::Failed, "encrypt", chain(error)),
    }
}

/// Whether an error of reading says that the bytes are wrong, and not that there are none.
pub(super) fn is_format(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData)
}

/// An age file that can't be decrypted to `output`: the output can't be written, the key is a wrong
/// one, or the file is damaged.
pub(crate) fn not_decrypted(error: &DecryptError, output: &Path) -> Failure {
    match error {
        DecryptError::Stream(StreamError::Write { source }) => not_written(output, source),
        _ => decryption_failure(error),
    }
}

/// An age file that can't be decrypted: it can't be read, the key is a wrong one, or the file is
/// damaged.
pub(crate) fn decryption_failure(error: &DecryptError) -> Failure {
    let message = chain(error);
    match error {
        DecryptError::Stream(StreamError::Read { source }) if !is_format(source) => {
            cannot("read", Path::new("the age file"), source)
        }
        DecryptError::Stream(StreamError::Write { source }) => {
            cannot("write", Path::new("what was decrypted"), source)
        }
        DecryptError::PassphraseNeeded => Failure::new(Exit::Usage, "passphrase-needed", message)
            .hint("leave out -i: mrms asks for the passphrase"),
        DecryptError::IdentityNeeded => {
            Failure::new(Exit::Usage, "identity-needed", message).hint("give the identity with -i")
        }
        DecryptError::WrongPassphrase => {
            Failure::new(Exit::NotAllowed, "wrong-passphrase", message)
                .hint("give the passphrase with which the file was encrypted")
        }
        DecryptError::NoMatch => Failure::new(Exit::NotAllowed, "no-identity", message)
            .hint("it was encrypted to somebody else; -i names a file with another identity"),
        _ => Failure::new(Exit::Integrity, "file-altered", message)
            .hint("get the file again: it is no age file, or was cut short or altered on its way"),
    }
}

const KEY_RECOVER: &str = "the 24 words bring the same account back under another profile name: mrms --profile NEWNAME key recover; mrms init would make a new account";

/// The home's own vault is away, and no other is made in its place.
pub(crate) fn vault_missing(message: String) -> Failure {
    Failure::new(Exit::Unreachable, "vault-missing", message).hint("bring the folder back: is its disk mounted? Else take it from a backup (mrms restore, into a new home; or mrms vault restore). A new vault is never made in its place; what needs no vault still works")
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        let message = chain(&error);
        match error {
            HomeError::NoHome { .. } => Self::new(Exit::NotFound, "no-home", message)
                .hint("mrms init makes one; MRMS_HOME or --home names another folder"),
            HomeError::Newer { .. } => Self::new(Exit::Failed, "home-newer", message)
                .hint("install the newest mrms; nothing was changed. Where that cannot be, restore a backup of the time of this program into a home of its own (--home)"),
            HomeError::NoProfiles { .. } => Self::new(Exit::NotFound, "no-profile", message)
                .hint("give the command in the home that has your profile: --home or MRMS_HOME names it. If the folder profiles of this home was lost, restore it from a backup, or bring each account back from its 24 words: mrms key recover"),
            HomeError::LedgerMissing { .. } => Self::new(Exit::Unreachable, "ledger-missing", message)
                .hint("bring the folder back: is its disk mounted? Else take it from a backup (mrms restore, into a new home) or an export (mrms node import). A new ledger is never made in its place: to begin anew, name another home with --home"),
            HomeError::VaultMissing { .. } => vault_missing(message),
            HomeError::ContractMissing { accounts, .. } => {
                let accounts: Vec<_> = accounts.iter().map(ToString::to_string).collect();
                Self::new(Exit::NotFound, "contract-missing", message).hint(format!(
                    "put it back: mrms contract use ADDRESS.{}, where ADDRESS is that of the profile that was made first here: {}. mrms contract use takes no contract that is not on the ledger; a second contract is not deployed beside the first",
                    mrms_contract::NAME,
                    accounts.join(" or ")
                ))
            }
            HomeError::LedgerElsewhere { .. } => Self::new(Exit::NotFound, "no-ledger-named", message)
                .hint("name it with --ledger, MRMS_LEDGER_URL or [ledger] url in mrms.toml; a ledger of your own needs a home of its own: --home"),
            HomeError::NoProfile { name, .. } => Self::new(Exit::NotFound, "no-profile", message)
                .hint(format!(
                    "mrms profile list shows those there are; if it was lost, mrms --profile {name} key recover brings its account back from the 24 words; mrms --profile {name} init makes a new account"
                )),
            HomeError::ProfileExists { name } => {
                Self::new(Exit::Failed, "profile-exists", message).hint(format!(
                    "mrms --profile NEWNAME key recover brings an account back from its 24 words; mrms --profile NEWNAME init makes a new account; the keystore of {name} is never overwritten"
                ))
            }
            HomeError::ServedAlready { .. } => {
                Self::new(Exit::Unreachable, "home-busy", message).hint("stop the other one first")
            }
            HomeError::CardDamaged { .. } => {
                Self::new(Exit::Integrity, "profile-damaged", message).hint(KEY_RECOVER)
            }
            HomeError::OtherWords { .. } => {
                Self::new(Exit::Integrity, "profile-damaged", message).hint(
                    format!("restore the profile's folder from a backup; or {KEY_RECOVER}"),
                )
            }
            HomeError::KeystoreMissing { .. } => {
                Self::new(Exit::NotFound, "keystore-missing", message).hint(
                    format!("restore it from a backup; or {KEY_RECOVER}"),
                )
            }
            HomeError::WrongPassphrase => Self::new(Exit::NotAllowed, "wrong-passphrase", message)
                .hint(format!("try it again; without the passphrase, {KEY_RECOVER}")),
            HomeError::KeystoreDamaged { .. } => {
                Self::new(Exit::Integrity, "keystore-damaged", message)
                    .hint(KEY_RECOVER)
            }
            HomeError::NoKey(_) => {
                Self::new(Exit::Failed, "no-key", message).hint("make a profile with other words")
            }
            HomeError::Face(error) => match error.downcast::<Self>() {
                Ok(failure) => *failure,
                Err(_) => Self::new(Exit::Failed, "failed", message),
            },
            HomeError::Damaged { .. } => Self::new(Exit::Integrity, "home-damaged", message)
                .hint("restore the file from a backup of the home folder"),
            HomeError::File { action, path, source } => cannot(action, &path, &source),
            HomeError::NoContract => Self::new(Exit::NotFound, "no-contract", message)
                .hint("name it with MRMS_CONTRACT, or deploy it: mrms contract deploy"),
            HomeError::NotSent => Self::new(Exit::Failed, "not-sent", message),
            HomeError::NotDeployed { .. } => Self::new(Exit::Failed, "deploy-failed", message)
                .hint("mrms doctor tells what is wrong with the ledger"),
            HomeError::BuiltInContract { .. } => Self::usage(message),
            HomeError::SponsorOutOfReach => Self::usage(message).hint("serve it with mrms node run, or leave out --sponsor, MRMS_SPONSOR_URL and [ledger] sponsor: on the embedded ledger nobody's money is spent"),
            HomeError::VaultOutOfReach { .. } => Self::new(Exit::Failed, "no-vault", message)
                .hint("name vaults that both of you can reach under [vault] in mrms.toml, or share directly: --direct"),
            HomeError::VaultAddress { .. } => Self::new(Exit::Usage, "vault-address", message)
                .hint("give it like https://vault.example.org; unencrypted HTTP beyond this machine needs allow_plain_http under [vault] in mrms.toml"),
            HomeError::VaultThreshold => Self::usage(message)
                .hint("correct urls and threshold under [vault] in mrms.toml"),
            HomeError::VaultKeyDamaged { .. } => Self::new(Exit::Integrity, "vault-key", message)
                .hint("restore it from a backup of the vault"),
            HomeError::OwnVault(error) => own_vault_failure(&error),
            HomeError::NoConfirmations => Self::usage(message)
                .hint("leave out --confirmations, or give 1 or more; 0 is for the embedded ledger"),
            HomeError::TooManyConfirmations { .. } => Self::usage(message).hint(
                "--confirmations counts Bitcoin blocks, of about ten minutes; leave it out, or give 1 to 5",
            ),
            HomeError::VaultCopy(_) => Self::new(Exit::Unreachable, "vault-storage", message)
                .hint("check that the disk has room; mrms vault check looks at the vault itself"),
            HomeError::Ledger(error) => error.into(),
            HomeError::Node(error) => error.into(),
            HomeError::Ask(error) => error.into(),
            HomeError::Key(error) => error.into(),
            HomeError::Send(error) => error.into(),
            HomeError::Profile(error) => error.into(),
            HomeError::Store(error) => error.into(),
            _ => Self::new(Exit::Failed, "failed", message),
        }
    }
}

fn own_vault_failure(error: &OpenError) -> Failure {
    let message = chain(error);
    match error {
        OpenError::InUse { .. } => Failure::new(Exit::Unreachable, "vault-busy", message)
            .hint("wait for it to end, or stop mrms vault run"),
        OpenError::OtherVault { .. } | OpenError::Key { .. } => {
            Failure::new(Exit::Integrity, "other-vault", message)
                .hint("restore the folder and its key together, from one backup")
        }
        OpenError::Log(_) => Failure::new(Exit::Integrity, "vault-log-altered", message)
            .hint("restore the vault from a backup: mrms vault restore"),
        OpenError::Restore(_) => Failure::new(Exit::Unreachable, "vault-restored", message)
            .hint("start it again when the ledger can be reached"),
        _ => Failure::new(Exit::Unreachable, "vault-storage", message)
            .hint("check that the disk has room and the folder can be written"),
    }
}

/// A vault that can't be backed up or restored.
pub(crate) fn vault_copy_failure(error: &BackupError) -> Failure {
    let message = chain(error);
    match error {
        BackupError::Exists { .. } => Failure::new(Exit::Failed, "file-exists", message)
            .hint("name a folder that is not there yet"),
        BackupError::File { .. } => Failure::new(Exit::Unreachable, "vault-storage", message)
            .hint("check that the disk has room and the folder can be written"),
        _ => Failure::new(Exit::Integrity, "backup-damaged", message).hint("use another backup"),
    }
}

impl From<RecoveryError> for Failure {
    fn from(error: RecoveryError) -> Self {
        match error {
            RecoveryError::Home(error) => error.into(),
            RecoveryError::Key(error) => error.into(),
            RecoveryError::Ask(error) => error.into(),
        }
    }
}

impl From<BackUpError> for Failure {
    fn from(error: BackUpError) -> Self {
        let message = chain(&error);
        match error {
            BackUpError::Running => {
                Self::new(Exit::Unreachable, "home-busy", message).hint("wait for it to end")
            }
            BackUpError::Archive(error) => archive_failure(error),
            BackUpError::Home(error) => error.into(),
            BackUpError::InsideHome => Failure::usage(message).hint("name a place on another disk"),
            BackUpError::HomeExists { .. } => Failure::new(Exit::Failed, "home-exists", message)
                .hint("name a new folder with --home or MRMS_HOME; a restore overwrites nothing"),
            BackUpError::Refused(error) => decryption_failure(&error),
            BackUpError::Encrypt(error) => encryption_failure(&error, Path::new("the backup")),
            BackUpError::NoSet { .. } => Self::new(Exit::NotFound, "no-such-backup", message)
                .hint("give the folder that mrms backup --incremental wrote into"),
            BackUpError::NoSuchPart { .. } => Self::new(Exit::NotFound, "no-such-backup", message)
                .hint("mrms-backups.json in the folder lists its backups"),
            BackUpError::SetDamaged { .. } => Self::new(Exit::Integrity, "backup-damaged", message)
                .hint("restore an earlier one of these backups with --as-of, or use another folder; nothing was restored"),
            BackUpError::PartOfSet => Self::new(Exit::Usage, "backup-part", message)
                .hint("give the folder that the file is in"),
            BackUpError::System(_) => Failure::new(Exit::Failed, "system", message),
            _ => Failure::new(Exit::Failed, "backup", message).hint("repeat the command"),
        }
    }
}

fn archive_failure(error: ArchiveError) -> Failure {
    let message = chain(&error);
    match error {
        ArchiveError::File { action, path, source } => cannot(action, &path, &source),
        ArchiveError::Link { .. } => Failure::new(Exit::Failed, "backup-link", message).hint(
            "move what it leads to into the home folder; MRMS_HOME can name a home on another disk",
        ),
        ArchiveError::Changed { .. } => Failure::new(Exit::Failed, "file-changed", message)
            .hint("repeat the command while no other command works in this home"),
        ArchiveError::Format => Failure::new(Exit::Integrity, "not-a-backup", message)
            .hint("give a file that mrms backup wrote, and the version of mrms that wrote it"),
        ArchiveError::Damaged { .. } => Failure::new(Exit::Integrity, "backup-damaged", message)
            .hint("use another backup; nothing was restored"),
        ArchiveError::Stream(error) => match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                cannot("write", Path::new("the backup"), &error)
            }
            _ => Failure::new(Exit::Failed, "backup", message),
        },
    }
}
