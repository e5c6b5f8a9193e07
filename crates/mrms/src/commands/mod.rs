//! The commands, a file per verb, in folders by topic.

mod audit;
mod contract;
mod home;
mod key;
mod node;
mod people;
mod record;
mod service;
mod sharing;
mod tools;
mod vault;

use clap::Subcommand;

use audit::{evidence, trail, verify};
use contract::tx;
use home::{backup, demo, doctor, init};
use people::profile;
use record::{access, create, erase, export, list, show};
use service::{sponsor, up};
use sharing::grant;
use tools::{age_files, completions, man};

use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole life of a record in a fresh folder: patient, provider, stranger.
    Demo(demo::DemoArgs),
    /// Make a profile: 24 words, keystore, and the embedded ledger with its contract.
    Init(init::InitArgs),
    /// Encrypt a file and put it on record.
    Create(create::CreateArgs),
    /// Add a version to a record; the older ones stay.
    Amend(create::AmendArgs),
    /// List your records.
    List(list::ListArgs),
    /// Show a record: its versions and who can see it.
    Show(show::ShowArgs),
    /// Let somebody open a record, for a time.
    Grant(grant::GrantArgs),
    /// End somebody's access to a record.
    Revoke(grant::RevokeArgs),
    /// Open a record; the access goes on its log.
    Access(access::AccessArgs),
    /// Have the vaults delete a record; says what stays on chain.
    Erase(erase::EraseArgs),
    /// Show who did what to a record, refusals included.
    Audit(trail::AuditArgs),
    /// Check a record, an exported trail, or an evidence bundle, to the last byte.
    Verify(verify::VerifyArgs),
    /// Write the proofs of what happened to a record to one file, which is checked with no ledger.
    Evidence(evidence::EvidenceArgs),
    /// Write records as standard age files, which other tools open.
    Export(export::ExportArgs),
    /// Deploy, verify and call contracts.
    #[command(subcommand)]
    Contract(contract::ContractCommand),
    /// Transactions: send one that was signed elsewhere, follow one on its way.
    #[command(subcommand)]
    Tx(tx::TxCommand),
    /// Your keys: show, back up, recover, publish, rotate, unlock.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Who can act on this machine.
    #[command(subcommand)]
    Profile(profile::ProfileCommand),
    /// Write the whole home folder to one encrypted file, or check such a file.
    Backup(backup::BackupArgs),
    /// Make a home folder anew from a backup.
    Restore(backup::RestoreArgs),
    /// Encrypt a file to recipients, as an age file.
    Encrypt(age_files::EncryptArgs),
    /// Decrypt an age file.
    Decrypt(age_files::DecryptArgs),
    /// Serve this home's ledger and vault together, on this machine.
    Up(up::UpArgs),
    /// The embedded ledger: serve it, check it, take it elsewhere, let time pass.
    #[command(subcommand)]
    Node(node::NodeCommand),
    /// Pay the fees of others' transactions that call the records contract.
    Sponsor(sponsor::SponsorArgs),
    /// The vault: serve it, look at its log, back it up.
    #[command(subcommand)]
    Vault(vault::VaultCommand),
    /// Check this installation and say how to mend what is wrong.
    Doctor,
    /// Print a shell's completion script.
    Completions(completions::CompletionsArgs),
    /// Print the manual page.
    Man,
}

impl Command {
    /// Runs it. `command_line` is the whole command line as clap knows it.
    pub(crate) fn run(
        self,
        settings: Settings,
        output: Output,
        command_line: fn() -> clap::Command,
    ) -> Result<(), Failure> {
        match self {
            Self::Demo(args) => demo::run(&args, &settings, output),
            Self::Init(args) => init::run(&args, &settings, output),
            Self::Create(args) => create::create(args, &settings, output),
            Self::Amend(args) => create::amend(args, &settings, output),
            Self::List(args) => list::run(&args, &settings, output),
            Self::Show(args) => show::run(&args, &settings, output),
            Self::Grant(args) => grant::grant(&args, &settings, output),
            Self::Revoke(args) => grant::revoke(&args, &settings, output),
            Self::Access(args) => access::run(&args, &settings, output),
            Self::Erase(args) => erase::run(&args, &settings, output),
            Self::Audit(args) => trail::run(&args, &settings, output),
            Self::Verify(args) => verify::run(&args, &settings, output),
            Self::Evidence(args) => evidence::run(&args, &settings, output),
            Self::Export(args) => export::run(&args, &settings, output),
            Self::Contract(command) => command.run(&settings, output),
            Self::Tx(command) => command.run(&settings, output),
            Self::Key(command) => command.run(&settings, output),
            Self::Profile(command) => command.run(settings, output),
            Self::Backup(args) => backup::backup(&args, &settings, output),
            Self::Restore(args) => backup::restore(&args, &settings, output),
            Self::Encrypt(args) => age_files::encrypt(&args, &settings),
            Self::Decrypt(args) => age_files::decrypt(&args, &settings),
            Self::Up(args) => up::run(&args, &settings, output),
            Self::Node(command) => command.run(&settings, output),
            Self::Sponsor(args) => sponsor::run(&args, &settings, output),
            Self::Vault(command) => command.run(&settings, output),
            Self::Doctor => doctor::run(&settings, output),
            Self::Completions(args) => args.run(command_line(), output),
            Self::Man => man::run(command_line(), output),
        }
    }
}
