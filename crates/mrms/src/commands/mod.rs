//! The commands: a file for each verb, in folders by topic. `mrms --help` lists them by the topics of
//! [`ui::topics`](crate::ui::topics).

mod audit;
mod contacts;
mod contract;
mod delegate;
mod home;
pub(crate) mod joining;
mod key;
pub(crate) mod link;
mod node;
mod people;
mod record;
mod service;
mod sharing;
mod staff;
mod succession;
mod tools;
mod vault;
mod wards;

use clap::Subcommand;

use audit::report::ReportCommand;
use audit::{evidence, trail, verify, who};
use contract::tx;
use delegate::{act, list as delegates, name as delegate_name};
use home::{backup, demo, doctor, init, profile};
use joining::{invite, join};
use people::{card, directory, known};
use record::{
    access, amend, create, erase, export, import, inbox, list, list_shared, send, show, view,
};
use service::{clinic, fhir, index, portal, sponsor, up, watch};
use sharing::{grant, request, revoke, shared, stop};
use tools::{age_files, completions, man};

use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;

/// The commands. The first line of each is its sentence in `mrms --help`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run each step of a record's life in a temporary folder.
    Demo(demo::DemoArgs),
    /// Make a profile with 24 new words; make the home if there is none.
    Init(init::InitArgs),
    /// Invite others to your node, vaults and sponsor, with one text.
    Invite(invite::InviteArgs),
    /// Work with the node, vaults and sponsor of who invited you.
    Join(join::JoinArgs),
    /// Encrypt a file and put it on record, as version 1 of a new record.
    Create(create::CreateArgs),
    /// Put what other systems gave you on record: archives, discs.
    Import(import::ImportArgs),
    /// Encrypt a file and add it to a record, as its next version.
    Amend(amend::AmendArgs),
    /// List your records, or those that others shared with you.
    List(list::ListArgs),
    /// List what you have opened of the records of others.
    Openings(list_shared::OpeningsArgs),
    /// Show the versions of a record and who may open it.
    Show(show::ShowArgs),
    /// Show what one of your documents says, as text.
    View(view::ViewArgs),
    /// Let others open records, until a date or a revoke.
    Grant(grant::GrantArgs),
    /// Make links that people without mrms open, and answer for them.
    #[command(subcommand)]
    Link(link::LinkCommand),
    /// Open a SMART Health Link or a health card that you were given.
    Open(link::open::OpenArgs),
    /// Show what you share, by person: until when, opened or not.
    Shared(shared::SharedArgs),
    /// Ask somebody to let you open something, with a signed text.
    Request(request::RequestArgs),
    /// Name somebody who may act for you later, after a wait.
    Contact(contacts::ContactArgs),
    /// List whom you have named, and who has asked.
    Contacts,
    /// Keep a child's records until the child grows up.
    #[command(
        subcommand,
        after_help = "The profile is the child's own, with words of its own, and lies in your home. From 90 days before the \
            day on, every command of yours and of the child's profile says so. docs/families.md goes through it."
    )]
    Ward(wards::WardCommand),
    /// Hand everything over to a new account (a succession).
    #[command(
        subcommand,
        name = "hand-over",
        visible_alias = "succession",
        after_help = "Begin with the new profile: mrms init on the new device. There, mrms card show prints its card. \
            docs/families.md goes through it, also where somebody else may have your words."
    )]
    HandOver(succession::HandOverCommand),
    /// Make a record for a patient, who can then accept it.
    Send(send::SendArgs),
    /// List what others sent to you.
    Inbox(inbox::InboxArgs),
    /// Make what was sent to you a record of yours.
    Accept(inbox::AcceptArgs),
    /// Put what was sent to you out of your inbox.
    Refuse(inbox::AnswerArgs),
    /// End others' access to records now.
    Revoke(revoke::RevokeArgs),
    /// End everything that somebody can open now.
    Stop(stop::StopArgs),
    /// Act for a patient whose delegate you are.
    As(act::AsArgs),
    /// Let somebody act for you, or end that.
    Delegate(delegate_name::DelegateArgs),
    /// Show who acts for you, and for whom you act.
    Delegates(delegates::DelegatesArgs),
    /// Show who looked at your records, and who tried.
    Who(who::WhoArgs),
    /// Open a record and save it as a file; its log gets an entry.
    Access(access::AccessArgs),
    /// Make the vaults delete what they keep of a record.
    Erase(erase::EraseArgs),
    /// Show who did what to a record, and which attempts were refused.
    Audit(trail::AuditArgs),
    /// Write who received what, for paper or for a spreadsheet.
    #[command(subcommand)]
    Report(ReportCommand),
    /// Check a record, an exported trail or an evidence bundle.
    Verify(verify::VerifyArgs),
    /// Write proofs of what happened to a record into one file.
    Evidence(evidence::EvidenceArgs),
    /// Save records as age files, which other programs can decrypt.
    Export(export::ExportArgs),
    /// Deploy, check and call the records contract, or any other one.
    #[command(subcommand)]
    Contract(contract::ContractCommand),
    /// Follow transactions; send those that were signed with -o.
    #[command(subcommand)]
    Tx(tx::TxCommand),
    /// Show, recover, split, publish, rotate and unlock your keys.
    #[command(
        subcommand,
        after_help = "If somebody else may have your words, neither rotate nor another passphrase helps: hand everything \
            over to a profile with new words, before they do. mrms hand-over --help begins with it; docs/families.md \
            goes through it."
    )]
    Key(key::KeyCommand),
    /// Make and show your card: who you are, signed, for others to add.
    #[command(subcommand)]
    Card(card::CardCommand),
    /// Add and name the people whom you know, by their cards.
    #[command(subcommand)]
    People(known::PeopleCommand),
    /// Name who opens for your organisation; or open for one.
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// Make and read directories: the cards that an organisation lists.
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    /// List, add and choose the profiles of this home.
    #[command(subcommand)]
    Profile(profile::ProfileCommand),
    /// Write the whole home into one encrypted file, or check one.
    Backup(backup::BackupArgs),
    /// Make a home from a backup.
    Restore(backup::RestoreArgs),
    /// Encrypt a file as an age file, to recipients or a passphrase.
    Encrypt(age_files::EncryptArgs),
    /// Decrypt an age file.
    Decrypt(age_files::DecryptArgs),
    /// Set up a clinic: node, vault, sponsor, card and invitations.
    #[command(subcommand)]
    Clinic(clinic::ClinicCommand),
    /// Run the node and the vault of this home in one process.
    Up(up::UpArgs),
    /// Serve the pages of this home to this machine's browser.
    Portal(portal::PortalArgs),
    /// Serve the records to other health software of this machine.
    Fhir(fhir::FhirArgs),
    /// Tell you what happens on your records, until it is stopped.
    Watch(watch::WatchArgs),
    /// Serve, check, export and control the embedded ledger.
    #[command(
        subcommand,
        after_help = "mining, snapshot and revert need a running node, started with mrms node run --admin. \
            While a node runs, advance and mine need --admin, too."
    )]
    Node(node::NodeCommand),
    /// Keep what a Stacks node tells of its blocks, and answer for it.
    Index(index::IndexArgs),
    /// Run a sponsor, which pays the fees of other accounts.
    Sponsor(sponsor::SponsorArgs),
    /// Serve, check and back up this home's vault; sync with vaults.
    #[command(
        subcommand,
        after_help = "status, check, log, anchor, backup and restore need a vault that is not being \
            served: stop mrms vault run first."
    )]
    Vault(vault::VaultCommand),
    /// Check this installation and say how to mend what is wrong.
    Doctor(doctor::DoctorArgs),
    /// Print the script with which a shell completes mrms commands.
    Completions(completions::CompletionsArgs),
    /// Print the manual page of a command, in roff.
    Man(man::ManArgs),
}

impl Command {
    /// Whether its output goes out at once: of services, which end late, of the demonstration, which is watched, of
    /// secret words, which are kept nowhere, and of what is mended, which is told before it is done.
    pub(crate) fn prints_as_it_goes(&self) -> bool {
        matches!(
            self,
            Self::Demo(_)
                | Self::Up(_)
                | Self::Portal(_)
                | Self::Fhir(_)
                | Self::Watch(_)
                | Self::Index(_)
                | Self::Sponsor(_)
                | Self::Key(key::KeyCommand::Words)
                | Self::Node(node::NodeCommand::Run(_))
                | Self::Vault(vault::VaultCommand::Run(_))
        ) || matches!(self, Self::Doctor(args) if args.mends())
            || matches!(self, Self::Link(command) if command.is_service())
    }

    /// Whether it ends something that somebody was given: no node must hold that up.
    pub(crate) fn ends(&self) -> bool {
        match self {
            Self::Stop(_) | Self::Revoke(_) => true,
            Self::Delegate(args) => args.ends(),
            Self::Contact(args) => args.ends(),
            Self::HandOver(command) => command.ends(),
            Self::Staff(command) => command.ends(),
            Self::Link(command) => command.ends(),
            Self::As(args) => args.ends(),
            _ => false,
        }
    }

    /// Whether it works on a home. The others are of use beside any home.
    pub(crate) fn is_of_a_home(&self) -> bool {
        !matches!(
            self,
            Self::Demo(_)
                | Self::Restore(_)
                | Self::Encrypt(_)
                | Self::Decrypt(_)
                | Self::Completions(_)
                | Self::Man(_)
        )
    }

    /// Runs the command. `command_line` gives the whole command line as clap knows it.
    pub(crate) fn run(
        self,
        settings: Settings,
        output: Output,
        command_line: fn() -> clap::Command,
    ) -> Result<(), Failure> {
        match self {
            Self::Demo(args) => demo::run(&args, &settings, output),
            Self::Init(args) => init::run(&args, &settings, output),
            Self::Invite(args) => invite::run(&args, &settings, output),
            Self::Join(args) => join::run(&args, &settings, output),
            Self::Create(args) => create::create(args, &settings, output),
            Self::Import(args) => import::run(&args, &settings, output),
            Self::Amend(args) => amend::amend(args, &settings, output),
            Self::List(args) => list::run(&args, &settings, output),
            Self::Openings(args) => list_shared::openings(&args, &settings, output),
            Self::Show(args) => show::run(&args, &settings, output),
            Self::View(args) => view::run(&args, &settings, output),
            Self::Grant(args) => grant::grant(&args, &settings, output),
            Self::Link(command) => command.run(&settings, output),
            Self::Open(args) => link::open::run(&args, &settings, output),
            Self::Request(args) => request::run(args, &settings, output),
            Self::Contact(args) => contacts::run(args, &settings, output),
            Self::Contacts => contacts::list(&settings, output),
            Self::HandOver(command) => command.run(&settings, output),
            Self::Ward(command) => command.run(&settings, output),
            Self::Send(args) => send::run(args, &settings, output),
            Self::Inbox(args) => inbox::inbox(&args, &settings, output),
            Self::Accept(args) => inbox::accept(&args, &settings, output),
            Self::Refuse(args) => inbox::refuse(&args, &settings, output),
            Self::Shared(args) => shared::run(&args, &settings, output),
            Self::Revoke(args) => revoke::revoke(&args, &settings, output),
            Self::Stop(args) => stop::run(&args, &settings, output),
            Self::As(args) => act::run(args, settings, output),
            Self::Delegate(args) => delegate_name::run(&args, &settings, output),
            Self::Delegates(args) => delegates::run(&args, &settings, output),
            Self::Who(args) => who::run(&args, &settings, output),
            Self::Access(args) => access::run(&args, &settings, output),
            Self::Erase(args) => erase::run(&args, &settings, output),
            Self::Audit(args) => trail::run(&args, &settings, output),
            Self::Report(command) => command.run(&settings, output),
            Self::Verify(args) => verify::run(&args, &settings, output),
            Self::Evidence(args) => evidence::run(&args, &settings, output),
            Self::Export(args) => export::run(&args, &settings, output),
            Self::Contract(command) => command.run(&settings, output),
            Self::Tx(command) => command.run(&settings, output),
            Self::Key(command) => command.run(&settings, output),
            Self::Card(command) => command.run(&settings, output),
            Self::People(command) => command.run(&settings, output),
            Self::Staff(command) => command.run(&settings, output),
            Self::Directory(command) => command.run(&settings, output),
            Self::Profile(command) => command.run(settings, output),
            Self::Backup(args) => backup::backup(&args, &settings, output),
            Self::Restore(args) => backup::restore(&args, &settings, output),
            Self::Encrypt(args) => age_files::encrypt(&args, &settings),
            Self::Decrypt(args) => age_files::decrypt(&args, &settings),
            Self::Clinic(command) => command.run(&settings, output),
            Self::Up(args) => up::run(args, &settings, output),
            Self::Node(command) => command.run(&settings, output),
            Self::Portal(args) => portal::run(&args, &settings, output),
            Self::Fhir(args) => fhir::run(&args, &settings, output),
            Self::Watch(args) => watch::run(&args, &settings, output),
            Self::Index(args) => index::run(args, &settings, output),
            Self::Sponsor(args) => sponsor::run(&args, &settings, output),
            Self::Vault(command) => command.run(&settings, output),
            Self::Doctor(args) => doctor::run(&args, &settings, output),
            Self::Completions(args) => args.run(command_line(), output),
            Self::Man(args) => args.run(command_line(), output),
        }
    }
}
