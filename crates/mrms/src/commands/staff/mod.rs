//! `mrms staff`: the people of an organisation, each of whom opens for it as who they are.
//!
//! `add`, `remove` and `list` are the organisation's; `join` and `leave` a member's.

mod add;
mod join;
mod list;
mod opening;
mod remove;

use clap::Subcommand;
use mrms_app::staff::administer::KeptStaffKey;
use mrms_app::{Actor, Session};
use mrms_core::Principal;
use mrms_home::Names;
use mrms_home::clock::rng;

use crate::commands::sharing::grant::note_missing;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::outcome::always_done;
use crate::ui::output::Output;

pub(crate) use opening::{found_for, not_opened_for};

#[derive(Debug, Subcommand)]
pub(crate) enum StaffCommand {
    /// Name somebody who opens for your organisation, or give a member another end.
    Add(add::AddArgs),
    /// End a membership now, and begin a new key.
    Remove(remove::RemoveArgs),
    /// List your staff, and the organisations that you open for.
    List(list::ListArgs),
    /// As a member: take the key of an organisation that has named you.
    Join(join::JoinArgs),
    /// As a member: forget the key of an organisation.
    Leave(join::LeaveArgs),
}

impl StaffCommand {
    /// Whether it ends something that somebody was given.
    pub(crate) const fn ends(&self) -> bool {
        matches!(self, Self::Remove(_))
    }

    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::Add(args) => add::run(&args, settings, output),
            Self::Remove(args) => remove::run(&args, settings, output),
            Self::List(args) => list::run(&args, settings, output),
            Self::Join(args) => join::run(&args, settings, output),
            Self::Leave(args) => join::leave(&args, settings, output),
        }
    }
}

/// Writes the organisation's keys into its staff record, where that does not have all of them.
pub(crate) fn write_key(
    session: &Session<'_>,
    actor: &Actor,
    settings: &Settings,
    output: Output,
) -> Result<KeptStaffKey, Failure> {
    let kept = always_done(session.keep_staff_key(actor, settings.inline_limit, &mut rng())?)?;
    tell_key(session, actor, &kept, output)?;
    Ok(kept)
}

/// Tells which vaults have no share of the organisation's keys, and who could not be given them.
fn tell_key(
    session: &Session<'_>,
    actor: &Actor,
    kept: &KeptStaffKey,
    output: Output,
) -> Result<(), Failure> {
    note_missing(&kept.missing, output);
    let names = Names::of(session.profile, actor)?;
    for left_out in &kept.left_out {
        let who = names.shown(&left_out.user);
        output.note(&format!(
            "{who} did not get the new key: {}; mrms staff add names them again",
            left_out.why
        ));
    }
    Ok(())
}

/// An organisation as a command takes it.
fn quoted(names: &Names, organisation: &Principal) -> String {
    match names.name_of(organisation) {
        Some(_) => format!("'{}'", names.shown(organisation)),
        None => organisation.to_string(),
    }
}
