//! `mrms key passphrase`: another passphrase for the words of this profile, on this machine.

use std::path::PathBuf;

use clap::Args;
use mrms_crypto::age_file::WorkFactor;

use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::passphrase::PassphraseSource;
use crate::ui::results::key::ChangedPassphrase;

#[derive(Debug, Args)]
pub(crate) struct PassphraseArgs {
    /// Read the new passphrase from the first line of this file. Without it: mrms asks for it at the terminal, twice.
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

pub(crate) fn run(
    args: &PassphraseArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("key passphrase")?;
    let (home, profile) = (&settings.home, settings.home.profile());
    // The key agent is not asked: whoever finds the machine unlocked changes nothing.
    let words = home.words_by_passphrase()?;
    let source = PassphraseSource::of(args.new_passphrase_file.clone(), None);
    let new = source.choose(&format!("profile {profile}"))?;
    home.set_passphrase(&words, &new, WorkFactor::new(settings.work_factor).unwrap_or_default())?;
    let (was_unlocked, agent) = match settings.agent.end() {
        Ok(true) => (true, "\nCommands were unlocked, and ask for it again."),
        Ok(false) => (false, ""),
        Err(_) => (
            true,
            "\nThe key agent could not be ended: commands stay unlocked until its time is over.",
        ),
    };
    let file = settings.passphrase.file().map_or_else(String::new, |file| {
        format!("\n{} still has the old one: write the new one there.", file.display())
    });
    output.result(
        &ChangedPassphrase { profile: profile.as_str(), was_unlocked },
        &format!(
            "profile {profile} opens with the new passphrase from now on{agent}{file}\nWhat runs and has this profile open already, such as mrms portal, fhir, watch or link serve, keeps it open until\nit is locked or ends. A backup that was made before brings the old passphrase back."
        ),
    )
}
