//! `mrms profile`: lists, adds and chooses the profiles of this home.

use clap::Subcommand;

use crate::commands::home::init::{self, InitArgs};
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::profile::{IgnoredPatients, ListedProfile, UsedProfile};
use crate::ui::someone::{Someone, names_quietly};
use mrms_home::ProfileName;

#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// List the profiles of this home; * marks the one that acts now.
    List,
    /// Make another profile, as mrms --profile NAME init does.
    Add {
        /// Name of the new profile: small letters, digits and -, at most 32.
        name: ProfileName,
        #[command(flatten)]
        init: InitArgs,
    },
    /// Act as this profile from now on, unless --profile names another.
    Use {
        /// Name of the profile, as mrms profile list prints it.
        name: ProfileName,
    },
    /// Ignore what a patient shares with you: list --shared-with-me and vault sync pass over it.
    Ignore {
        /// The patient: their name, or their principal. Without it: lists whom this profile ignores.
        patient: Option<Someone>,
        /// Ignore them no longer.
        #[arg(long, requires = "patient")]
        undo: bool,
    },
}

impl ProfileCommand {
    pub(crate) fn run(self, settings: Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::List => list(&settings, output),
            Self::Add { name, init } => {
                init::run(&init, &settings.for_profile(name, output), output)
            }
            Self::Use { name } => {
                let card = settings.home.folder().card(&name)?;
                settings.home.folder().use_profile(&name)?;
                output.result(
                    &UsedProfile { profile: name.as_str(), principal: card.principal },
                    &format!("{name} acts from now on: {}", card.principal),
                )
            }
            Self::Ignore { patient, undo } => ignore(patient, undo, &settings, output),
        }
    }
}

fn list(settings: &Settings, output: Output) -> Result<(), Failure> {
    let names = settings.home.folder().profiles()?;
    if names.is_empty() && !output.is_json() {
        return output.text("no profiles yet: mrms init makes one");
    }
    for name in names {
        let card = settings.home.folder().card(&name)?;
        let in_use = name == *settings.home.profile();
        let mark = if in_use { "*" } else { " " };
        output.result(
            &ListedProfile { profile: name.as_str(), principal: card.principal, in_use },
            &format!("{mark} {name:<16} {}", card.principal),
        )?;
    }
    Ok(())
}

/// Adds a patient to those whom the profile ignores, or takes one away, and tells who is ignored.
fn ignore(
    patient: Option<Someone>,
    undo: bool,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("profile ignore")?;
    settings.home.card()?;
    let profile = settings.home.folder().profile(settings.home.profile());
    let is_by_name = patient.as_ref().is_some_and(|patient| patient.principal().is_none());
    let names = match is_by_name {
        true => settings.home.names(Some(&settings.home.unlock()?))?,
        false => names_quietly(settings, output)?,
    };
    let patient = patient.map(|patient| patient.resolve(&names)).transpose()?;
    let mut ignored = profile.ignored()?;
    let is_changed = match (patient, undo) {
        (Some(patient), false) => ignored.insert(patient),
        (Some(patient), true) => ignored.remove(&patient),
        (None, _) => false,
    };
    if is_changed {
        profile.ignore(&ignored)?;
    }
    let mut text = match ignored.len() {
        0 => "this profile ignores nobody".to_owned(),
        _ => "this profile ignores what these patients share".to_owned(),
    };
    for patient in &ignored {
        text.push_str(&format!("\n  {}", names.shown(patient)));
    }
    let ignored_names = ignored.iter().map(|one| names.name_of(one).unwrap_or_default()).collect();
    output.result(&IgnoredPatients { ignored: ignored.iter().collect(), ignored_names }, &text)
}
