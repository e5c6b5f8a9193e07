//! `mrms vault`: works on the vault of this home: its log, its backup, its anchor. Serving it is in
//! [`run`]; the commands on the vaults of the settings are in [`sync`].

mod join;
pub(crate) mod run;
mod served;
pub(crate) mod sync;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use mrms_core::RecordId;
use mrms_store::{BlobStore, FileStore};
use mrms_vault::guardian::{self, BackupKeys};
use mrms_vault::protocol::{Header, LogItem, LogRequest, MOST_LINES, Nonce, Signed};

use join::VaultJoinArgs;
use run::RunArgs;
use sync::{SyncArgs, TrustArgs};

use crate::commands::audit::reconcile::line_words;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::{Output, confirm};
use crate::ui::reasons::vault_copy_failure;
use crate::ui::results::vault::{
    Anchored, CheckedVault, CopiedVault, LogLine, RestoredVault, VaultStatus,
};
use crate::ui::someone::names_quietly;
use mrms_home::Names;
use mrms_home::anchor::anchor_log;
use mrms_home::clock::now;
use mrms_home::clock::rng;
use mrms_home::ledger::HomeLedger;
use mrms_home::vault::own::VaultFolder;

#[derive(Debug, Subcommand)]
pub(crate) enum VaultCommand {
    /// Serve this home's vault over HTTP, until it is stopped (Ctrl-C).
    Run(RunArgs),
    #[command(flatten)]
    Own(OwnVaultCommand),
    /// Restore the vault from a backup, in a home that has no vault.
    Restore(RestoreArgs),
    /// Give the vaults of the settings what they lack of your records.
    Sync(SyncArgs),
    /// Make a vault that follows the node of who invited you, on a machine of its own.
    Join(VaultJoinArgs),
    /// Accept a vault with another account at an address of the settings.
    Trust(TrustArgs),
}

/// Commands on the vault in the home folder. While it is being served, only status and anchor work: they ask it.
#[derive(Debug, Subcommand)]
pub(crate) enum OwnVaultCommand {
    /// Show this home's vault: its account, its log's head, and how much it keeps.
    Status,
    /// Check this home's vault: its whole log, and each ciphertext against its hash.
    Check,
    /// Print every line of this home's vault log.
    Log,
    /// Write the head and length of this home's vault log into the contract.
    Anchor,
    /// Copy this home's vault, without ciphertext, into a new folder.
    Backup(BackupArgs),
}

#[derive(Debug, Args)]
#[command(
    after_help = "The backup has the vault's key, shares and log. Copy the ciphertext in the \
    folder vault of the home as files."
)]
pub(crate) struct BackupArgs {
    /// Folder to write, which must not exist.
    folder: PathBuf,
    /// Also copy the epoch keys (key slots): whoever gets this backup then has what is revoked,
    /// expires or is erased later. Without it: after a restore, patients must grant again, and this
    /// vault's salts of erasable records are lost.
    #[arg(long)]
    with_epoch_keys: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Before the vault answers anybody, it looks at every grant and deletes the key \
    slots of those that ended after the backup."
)]
pub(crate) struct RestoreArgs {
    /// Folder that mrms vault backup wrote.
    folder: PathBuf,
}

/// The warning before epoch keys are copied.
pub(crate) const WITH_KEYS: &str = "A backup with epoch keys keeps what is revoked, expires or is erased from \
    now on, for as long as it exists.";

impl VaultCommand {
    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        settings.must_not_rehearse("vault")?;
        match self {
            Self::Run(args) => run::run(args, settings, output),
            Self::Restore(args) => restore(&args, settings, output),
            Self::Sync(args) => sync::sync(&args, settings, output),
            Self::Join(args) => join::join(&args, settings, output),
            Self::Trust(args) => sync::trust(&args, settings, output),
            Self::Own(command) => command.run(settings, output),
        }
    }
}

impl OwnVaultCommand {
    fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        if let Some(server) = settings.home.folder().vault_server() {
            match self {
                Self::Status => return served::status(&server.url, settings, output),
                Self::Anchor => return served::anchor(&server.url, settings, output),
                _ => {}
            }
        }
        if let Self::Backup(args) = &self
            && args.with_epoch_keys
        {
            // Asked before anything is opened: whoever thinks keeps nobody from working.
            confirm(&format!("{WITH_KEYS} Go ahead?"), settings.yes)?;
        }
        must_not_be_served(settings)?;
        let contract = settings.home.contract()?;
        let ledger = settings.home.ledger()?;
        let folder = VaultFolder::on(settings.home.folder(), ledger.port().network(), &contract);
        let opening = folder.opening(ledger.shared(), &contract);
        let guardian = Arc::new(opening.open(settings.home.settings().lock_wait)?);
        let files = FileStore::open_folder(&settings.home.folder().vault())?;
        match self {
            Self::Status => {
                let now = guardian.statistics().map_err(|error| unusable(&error))?;
                let card = guardian.card();
                let trouble = guardian.trouble();
                let status = VaultStatus {
                    vault: card.vault,
                    contract: &card.contract,
                    log_count: card.log_count,
                    log_head: card.log_head.to_string(),
                    shares: now.shares,
                    salts: now.salts,
                    readers: now.key_slots,
                    balance: ledger.port().account(&card.vault)?.balance,
                    served_at: None,
                    trouble: trouble.map(|reason| reason.as_str().to_owned()),
                    log_was_cut: now.log_was_cut,
                };
                output.result(&status, &served::words(&status))
            }
            Self::Check => {
                let anchor = guardian.verify_log().map_err(|error| {
                    Failure::new(Exit::Integrity, "vault-log-altered", chain(&error))
                        .hint("restore the vault from a backup: mrms vault restore")
                })?;
                let blobs = files.list()?;
                for blob in &blobs {
                    files.verify(blob)?;
                }
                output.result(
                    &CheckedVault { intact: true, log_count: anchor.count, blobs: blobs.len() },
                    &format!(
                        "the log is whole: {} lines, head {}\n{} ciphertexts hash to their names",
                        anchor.count,
                        anchor.head,
                        blobs.len()
                    ),
                )
            }
            Self::Log => {
                print_log(&guardian, &folder, &ledger, &names_quietly(settings, output)?, output)
            }
            Self::Anchor => {
                let (key, log) = (folder.key()?, guardian.anchor());
                let txid = anchor_log(log, &ledger, &contract, &key)?;
                told_anchor(txid.as_deref(), log.count, output)
            }
            Self::Backup(args) => {
                let keys = match args.with_epoch_keys {
                    true => BackupKeys::Include,
                    false => BackupKeys::LeaveOut,
                };
                guardian
                    .backup_to(&args.folder, keys)
                    .map_err(|error| vault_copy_failure(&error))?;
                folder.copy_key(&args.folder)?;
                output.result(
                    &CopiedVault { output: &args.folder, epoch_keys: args.with_epoch_keys },
                    &format!(
                        "the vault is copied to {}; its ciphertext is in {}, to be copied as files",
                        args.folder.display(),
                        settings.home.folder().vault().display()
                    ),
                )
            }
        }
    }
}

fn told_anchor(txid: Option<&str>, count: u64, output: Output) -> Result<(), Failure> {
    let text = match txid {
        Some(txid) => format!("{count} lines anchored\n  transaction {txid}"),
        None => format!("{count} lines are anchored already"),
    };
    output.result(&Anchored { txid, log_count: count }, &text)
}

fn print_log(
    guardian: &guardian::Guardian,
    folder: &VaultFolder,
    ledger: &HomeLedger,
    names: &Names,
    output: Output,
) -> Result<(), Failure> {
    let card = guardian.card();
    let (key, chain_id) = (folder.key()?, ledger.port().network().chain_id);
    let mut from = 0;
    loop {
        let header = Header {
            vault: card.vault,
            contract: card.contract.clone(),
            time: now().seconds(),
            nonce: Nonce::generate(&mut rng()),
        };
        // The vault's own account may read every line, whatever record the request names.
        let request = LogRequest { record_id: RecordId::new(0), from, limit: MOST_LINES };
        let signed = Signed::sign(request, header, chain_id, card.vault, &key)
            .map_err(|error| unusable(&error))?;
        let page = guardian.lines(&signed).map_err(|error| unusable(&error))?;
        if page.items.is_empty() {
            return Ok(());
        }
        from += page.items.len() as u64;
        for item in page.items {
            if let LogItem::Line(line) = item {
                match output.is_json() {
                    true => output.object_in_order(&LogLine::of(&line, names))?,
                    false => output.text(line_words(&line, names).trim_start_matches('\n'))?,
                }
            }
        }
    }
}

fn restore(args: &RestoreArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    must_not_be_served(settings)?;
    let contract = settings.home.contract()?;
    let folder = VaultFolder::on(settings.home.folder(), settings.home.network()?, &contract);
    folder.restore(&args.folder).map_err(|error| vault_copy_failure(&error))?;
    output.result(
        &RestoredVault { restored: folder.path() },
        &format!(
            "the vault is back in {}\n  before it answers anyone it looks at every grant, and deletes what was revoked since",
            folder.path().display()
        ),
    )
}

fn must_not_be_served(settings: &Settings) -> Result<(), Failure> {
    match settings.home.folder().vault_server() {
        None => Ok(()),
        Some(card) => Err(Failure::new(
            Exit::Unreachable,
            "vault-busy",
            format!("the vault is being served at {} (process {})", card.url, card.pid),
        )
        .hint("its figures are at /metrics there; stop it for this command")),
    }
}

fn unusable(error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Unreachable, "vault-storage", chain(error))
        .hint("check that the disk has room and the folder can be written")
}
