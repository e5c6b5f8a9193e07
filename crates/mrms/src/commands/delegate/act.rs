//! `mrms as`: a delegate acts for a patient, with the commands of a patient.

use clap::{Args, Subcommand};
use mrms_core::Principal;

use crate::commands::audit::{trail, who};
use crate::commands::record::{access, amend, create, list, show};
use crate::commands::sharing::{grant, revoke, shared};
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;

#[derive(Debug, Args)]
#[command(
    after_help = "You act under your own name, as far as they let you: every entry in the log names you. \
    Records have the numbers of their list. Opening a record leaves an entry, and so does sharing one \
    that you did not write yourself: you open it first.\n\n\
    Examples:\n  \
    mrms as 'My mother' list\n  \
    mrms as 'My mother' access 5\n  \
    mrms as 'My mother' grant 5 --to 'Dr Example' --for 30d"
)]
pub(crate) struct AsArgs {
    /// For whom: a name among your people, or a principal. mrms delegates shows for whom you may act.
    #[arg(value_name = "NAME")]
    who: String,
    #[command(subcommand)]
    command: AsCommand,
}

/// What a delegate can do for a patient. The options are those of the commands for oneself.
#[derive(Debug, Subcommand)]
enum AsCommand {
    /// Put a file on record for them, as version 1 of a new record.
    Create(create::CreateArgs),
    /// Add a version to a record of theirs.
    Amend(amend::AmendArgs),
    /// List their records.
    List(list::ListArgs),
    /// Show the versions of a record of theirs and who may open it.
    Show(show::ShowArgs),
    /// Open a record of theirs and save it; its log gets an entry.
    Access(access::AccessArgs),
    /// Let others open records of theirs.
    Grant(grant::GrantArgs),
    /// End others' access to records of theirs.
    Revoke(revoke::RevokeArgs),
    /// Show what they share, by person.
    Shared(shared::SharedArgs),
    /// Show who looked at their records, and who tried.
    Who(who::WhoArgs),
    /// Show who did what to a record of theirs.
    Audit(trail::AuditArgs),
}

impl AsArgs {
    /// Whether it ends something that somebody was given.
    pub(crate) const fn ends(&self) -> bool {
        matches!(self.command, AsCommand::Revoke(_))
    }
}

pub(crate) fn run(args: AsArgs, settings: Settings, output: Output) -> Result<(), Failure> {
    let settings = Settings { acting_for: Some(args.who), ..settings };
    let gives = matches!(args.command, AsCommand::Grant(_));
    let ran = acted(args.command, &settings, output);
    if gives {
        leave_names(&settings);
    }
    ran
}

/// Where the patient is a child with a profile in this home, that profile learns what those are called who were let in. What
/// can't be left now is left after the next grant.
fn leave_names(settings: &Settings) {
    let Some(who) = &settings.acting_for else { return };
    let home = &settings.home;
    let Ok(Some(actor)) = home.unlock_quietly() else { return };
    let patient = home.names(Some(&actor)).ok().and_then(|names| names.resolve(who).ok());
    let is_ward = |patient: &Principal| {
        let wards = home.wards().unwrap_or_default();
        wards.iter().any(|ward| Principal::from(ward.principal) == *patient)
    };
    let Some(patient) = patient.filter(is_ward) else { return };
    if let Ok(open) = home.open() {
        home.leave_names(&open, &actor, &patient);
    }
}

fn acted(command: AsCommand, settings: &Settings, output: Output) -> Result<(), Failure> {
    match command {
        AsCommand::Create(args) => create::create(args, settings, output),
        AsCommand::Amend(args) => amend::amend(args, settings, output),
        AsCommand::List(args) => list::run(&args, settings, output),
        AsCommand::Show(args) => show::run(&args, settings, output),
        AsCommand::Access(args) => access::run(&args, settings, output),
        AsCommand::Grant(args) => grant::grant(&args, settings, output),
        AsCommand::Revoke(args) => revoke::revoke(&args, settings, output),
        AsCommand::Shared(args) => shared::run(&args, settings, output),
        AsCommand::Who(args) => who::run(&args, settings, output),
        AsCommand::Audit(args) => trail::run(&args, settings, output),
    }
}
