//! `mrms profile`: lists, adds and chooses the profiles of this home.

use clap::Subcommand;

use crate::commands::home::init::{self, InitArgs};
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::profile::{ListedProfile, UsedProfile};
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
