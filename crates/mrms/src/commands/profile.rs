//! `mrms profile`: who can act on this machine.

use clap::Subcommand;
use serde_json::json;

use crate::commands::init::{self, InitArgs};
use crate::config::Settings;
use crate::failure::Failure;
use crate::home::ProfileName;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// Show the profiles of this home folder.
    List,
    /// Make a profile: the same as `mrms --profile NAME init`.
    Add {
        /// The new profile's name.
        name: ProfileName,
        #[command(flatten)]
        init: InitArgs,
    },
    /// Act as this profile from now on, where no other is named.
    Use {
        /// The profile's name.
        name: ProfileName,
    },
}

impl ProfileCommand {
    pub(crate) fn run(self, mut settings: Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::List => list(&settings, output),
            Self::Add { name, init } => {
                settings.profile = name;
                init::run(&init, &settings, output)
            }
            Self::Use { name } => {
                let card = settings.home.card(&name)?;
                settings.home.use_profile(&name)?;
                output.result(
                    &json!({"profile": name.as_str(), "principal": card.principal}),
                    &format!("{name} acts from now on: {}", card.principal),
                )
            }
        }
    }
}

fn list(settings: &Settings, output: Output) -> Result<(), Failure> {
    let names = settings.home.profiles()?;
    if names.is_empty() && !output.is_json() {
        return output.text("no profiles yet: mrms init makes one");
    }
    for name in names {
        let card = settings.home.card(&name)?;
        let in_use = name == settings.profile;
        let mark = if in_use { "*" } else { " " };
        output.result(
            &json!({"profile": name.as_str(), "principal": card.principal, "in_use": in_use}),
            &format!("{mark} {name:<16} {}", card.principal),
        )?;
    }
    Ok(())
}
