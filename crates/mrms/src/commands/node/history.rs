//! `mrms node export` and `mrms node import`: write the whole embedded ledger into one file, and make a
//! ledger from such a file.
//!
//! The file has no secret in it. The node key leaves the home only if it is asked for, in a file of its
//! own. Where the ledger is imported with that key, it goes on; then it must not go on here.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::ledger::Ledger;
use mrms_files::{Existing, Unfinished};
use mrms_node::chain::{self, ExportError, ImportError};

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain as causes};
use crate::ui::output::Output;
use crate::ui::reasons::cannot;
use crate::ui::results::node::{ExportedLedger, ImportedLedger};
use mrms_home::ledger::embedded::{EmbeddedLedger, known_sources};

#[derive(Debug, Args)]
#[command(
    after_help = "Ciphertext in the folder vault of the home is not part of the ledger: copy it, \
    too.\n\n\
    Examples:\n  \
    mrms node export ledger.mrms --key node.key\n  \
    mrms --home new-home node import ledger.mrms --key node.key"
)]
pub(crate) struct ExportArgs {
    /// File to write, which must not exist.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Also write the node key, which signs blocks, into this new file, for mrms node import. Keep it
    /// secret. Without it: the exported ledger can be checked, and not imported.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// File that mrms node export wrote.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Node key that mrms node export --key wrote; this home signs further blocks with it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

pub(crate) fn export(
    args: &ExportArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("node export")?;
    settings.must_be_embedded("node export")?;
    settings.home.require()?;
    let cannot_write = |error: std::io::Error| cannot("write", &args.file, &error);
    if args.file.exists() {
        return Err(cannot_write(std::io::ErrorKind::AlreadyExists.into()));
    }
    let folder = settings.home.folder().ledger();
    settings.home.folder().must_have_its_blocks_on_disk()?;
    let mut file = Unfinished::beside(&args.file).map_err(cannot_write)?;
    let mut out = BufWriter::new(file.as_file_mut());
    let head = chain::export(&folder, &mut out).map_err(|error| export_failure(error, args))?;
    out.flush().map_err(cannot_write)?;
    drop(out);
    if let Some(key) = &args.key {
        chain::export_key(&folder, key).map_err(|error| key_failure(error, key))?;
    }
    file.finish(&args.file, Existing::Keep).map_err(cannot_write)?;
    let blocks = u64::from(head.height.get()) + 1;
    let mut text = format!("{blocks} blocks are in {}", args.file.display());
    match &args.key {
        Some(key) => text.push_str(&format!(
            "\nthe key that signs further ones is in {}: keep it secret, and stop using this home when the other one goes on",
            key.display()
        )),
        None => text.push_str("\nwithout the node key (--key) they can be checked, but not imported"),
    }
    text.push_str("\nciphertext in the vault folder is not part of the ledger: copy that, too");
    output.result(
        &ExportedLedger {
            file: &args.file,
            key: args.key.as_deref(),
            blocks,
            genesis: head.genesis.to_string(),
            tip: head.tip.to_string(),
        },
        &text,
    )
}

pub(crate) fn import(
    args: &ImportArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("node import")?;
    settings.must_be_embedded("node import")?;
    let mut file = open(&args.file)?;
    let folder = settings.home.folder().ledger();
    let sound =
        chain::import(&folder, &mut file, &args.key, &known_sources()).map_err(|error| {
            // An empty home folder that was made for the import is removed; any other stays.
            let _ = std::fs::remove_dir(settings.home.folder().root());
            import_failure(error, &args.key)
        })?;
    // Opens the ledger as every command does, so that a fault shows now.
    let ledger = EmbeddedLedger::open(&folder, settings.home.settings().lock_wait)?;
    settings.home.folder().must_have_its_blocks(&ledger)?;
    let contract = match settings.home.folder().contract()? {
        Some(known) => Some(known),
        None => ledger.records_contract()?,
    };
    if let Some(contract) = &contract {
        settings.home.folder().use_contract(ledger.network(), contract)?;
    }
    let blocks = u64::from(sound.height.get()) + 1;
    let mut text = format!(
        "{blocks} blocks with {} transactions were executed anew, and give every root and receipt",
        sound.transactions
    );
    text.push_str(&match &contract {
        Some(contract) => format!("\n  contract   {contract}"),
        None => "\nno records contract is in it; mrms init makes one".to_owned(),
    });
    output.result(
        &ImportedLedger {
            blocks,
            transactions: sound.transactions,
            reverts: sound.reverts,
            losses: sound.losses,
            genesis: sound.genesis.to_string(),
            tip: sound.tip.to_string(),
            contract_id: contract.as_ref(),
        },
        &text,
    )
}

/// Executes an exported ledger again, without making a ledger of it.
pub(super) fn check(path: &Path) -> Result<chain::Sound, Failure> {
    chain::check_export(&mut open(path)?, &known_sources())
        .map_err(|error| import_failure(error, path))
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| cannot("read", path, &error))
}

fn export_failure(error: ExportError, args: &ExportArgs) -> Failure {
    let message = causes(&error);
    match error {
        ExportError::Write { source } => cannot("write", &args.file, &source),
        ExportError::Differs { .. } => Failure::new(Exit::Integrity, "ledger-damaged", message)
            .hint("mrms node fsck tells the first block that does not hold"),
        _ => Failure::new(Exit::Unreachable, "ledger-storage", message)
            .hint("mrms doctor tells what is wrong with the ledger"),
    }
}

fn key_failure(error: chain::OpenError, path: &Path) -> Failure {
    match error {
        chain::OpenError::File { source, .. } => cannot("use", path, &source),
        other => Failure::new(Exit::Integrity, "node-key", causes(&other))
            .hint("restore ledger/node.key of the home folder from a backup"),
    }
}

fn import_failure(error: ImportError, key: &Path) -> Failure {
    let message = causes(&error);
    match error {
        ImportError::Exists { .. } => Failure::new(Exit::Failed, "ledger-exists", message)
            .hint("a ledger is never replaced: name another home with --home, or move this one away"),
        ImportError::File { .. } => Failure::new(Exit::Integrity, "export-damaged", message)
            .hint("copy the file again, or export the ledger again; nothing was made of it"),
        ImportError::Differs { difference: chain::Difference::UnknownPin { .. } } => {
            Failure::new(Exit::Integrity, "export-unknown-contract", message)
                .hint("use the version of mrms that made the file, if you trust who made it: this one runs only contracts without a limit that it knows. Nothing was made of the file")
        }
        ImportError::Differs { .. } => Failure::new(Exit::Integrity, "export-altered", message)
            .hint("do not rely on this file: somebody changed it after it was exported; nothing was made of it"),
        ImportError::Key { .. } => Failure::new(Exit::Integrity, "node-key", message)
            .hint("give the key that mrms node export --key wrote beside this very ledger"),
        ImportError::Open { source: chain::OpenError::InUse { .. } } => {
            Failure::new(Exit::Unreachable, "home-busy", message)
                .hint("another import into this home is under way: wait for it to end")
        }
        ImportError::Open { source: chain::OpenError::NodeKey { .. } } => {
            Failure::new(Exit::Integrity, "node-key", message)
                .hint(format!("{} is missing or holds no key", key.display()))
        }
        ImportError::Open { source: chain::OpenError::File { path, source } } => {
            cannot("use", &path, &source)
        }
        _ => Failure::new(Exit::Unreachable, "ledger-storage", message)
            .hint("make room on the disk and repeat the command: nothing was made"),
    }
}
