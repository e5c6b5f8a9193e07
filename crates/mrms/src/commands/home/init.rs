//! `mrms init`: makes a profile with its 24 words and its keystore. The first profile also makes the
//! home folder and, on the embedded ledger, deploys the records contract.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use mrms_app::ledger::Ledger;
use mrms_crypto::age_file::WorkFactor;
use mrms_crypto::{IdentityIndex, Words};

use crate::commands::joining::join::{self, JoinTerms, Joining};
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::home::MadeProfile;
use crate::ui::words::{read_words, show_words};
use mrms_home::clock::rng;
use mrms_home::joining::settings_file::SettingsFile;
use mrms_home::setup::NewProfile;

#[derive(Debug, Args)]
#[command(
    after_help = "It asks for a new passphrase, which protects the words on this machine. Write the \
    words on paper: they bring your account back on any machine. On the embedded ledger the first profile also \
    deploys the records contract, and your recipient is published. On a ledger elsewhere nothing is \
    sent; the command says what to do next.\n\n\
    Examples:\n  \
    mrms init\n  \
    mrms init --join https://node.clinic.example\n  \
    mrms --profile clinic init"
)]
pub(crate) struct InitArgs {
    /// Take the 24 words from this file, also as mrms key words prints them; - is stdin. Without it:
    /// mrms makes new ones.
    #[arg(long, value_name = "FILE")]
    pub(crate) words_file: Option<PathBuf>,
    /// Work with the node, vaults and sponsor of who made this invitation: its text, a file with it, a
    /// picture of its QR code, or the address of a node or vault that shows it. Without it: mrms asks at a
    /// terminal, and makes a home that works alone elsewhere.
    #[arg(long, value_name = "INVITATION")]
    pub(crate) join: Option<String>,
    #[command(flatten)]
    pub(crate) terms: JoinTerms,
}

pub(crate) fn run(args: &InitArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("init")?;
    settings.home.must_be_new_profile()?;
    let given = match &args.join {
        None if may_ask(args, settings, output)? => join::ask_whom()?,
        given => given.clone(),
    };
    let words = args.words_file.as_deref().map(read_words).transpose()?;
    let accept = |given: String| {
        join::accept(&given, &args.terms, Joining::Person(words.as_ref()), settings, output)
    };
    let accepted = given.map(accept).transpose()?;
    let joined = accepted.as_ref().map(|accepted| accepted.settings(settings));
    let settings = joined.as_ref().unwrap_or(settings);
    let words = words.unwrap_or_else(|| Words::generate(&mut rng()));
    let made = make(&words, IdentityIndex::FIRST, settings)?;
    let is_new = args.words_file.is_none();
    if is_new {
        show_new_words(&words, output)?;
    }
    let reminder = if is_new {
        "\nWrite down your 24 words: they bring your account back. mrms key words shows them.\nYour records come back with a backup: mrms backup FILE."
    } else {
        ""
    };
    if accepted.is_none()
        && let Some(url) = &settings.ledger_to_remember
    {
        remember_ledger(url, settings)?;
    }
    report(&made, reminder, accepted.is_some(), settings, output)?;
    if let (None, Some(name)) = (&accepted, &args.terms.own_name) {
        settings.home.call_me(&made.actor, name.clone())?;
    }
    match &accepted {
        Some(accepted) => join::take(accepted, settings, &made.actor, output),
        None => Ok(settings.home.remember_joined_vaults()?),
    }
}

/// Prints new words where a person reads them now, to write them down.
pub(crate) fn show_new_words(words: &Words, output: Output) -> Result<(), Failure> {
    match !output.is_json() && io::stdout().is_terminal() {
        true => show_words(words, output),
        false => Ok(()),
    }
}

/// Whether the person can be asked whom the home is to join: there is a terminal, and nothing else says it.
fn may_ask(args: &InitArgs, settings: &Settings, output: Output) -> Result<bool, Failure> {
    let folder = settings.home.folder();
    let is_new = settings.home.settings().ledger.is_none()
        && folder.contract()?.is_none()
        && folder.profiles()?.is_empty();
    let is_silent = args.words_file.is_some() || settings.yes || output.is_json();
    Ok(is_new && !is_silent && io::stdin().is_terminal())
}

/// Writes the address of a ledger that was named for this command alone into the settings, since the profile is made for
/// that ledger.
fn remember_ledger(url: &str, settings: &Settings) -> Result<(), Failure> {
    let mut file = SettingsFile::open(settings.home.folder())?;
    if file.text("ledger", "url").is_none() {
        file.set("ledger", "url", url);
        file.save()?;
    }
    Ok(())
}

/// Prints the profile that was made, and what it still needs, unless it joins somebody now.
pub(crate) fn report(
    made: &NewProfile,
    reminder: &str,
    joins: bool,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let principal = made.actor.principal;
    let mut text = format!(
        "profile {} is ready in {}\n  principal  {principal}",
        settings.home.profile(),
        settings.home.folder().root().display(),
    );
    if let Some(contract) = &made.contract {
        text.push_str(&format!("\n  contract   {contract}"));
    }
    if let Some(ledger) = settings.home.connection()?.filter(|_| !joins) {
        text.push_str(&format!("\nNothing was sent to {} yet. What comes next:", ledger.name()));
        if ledger.fee_sponsor().is_none() {
            text.push_str(&format!(
                "\n  - send some STX to {principal}: every transaction pays a fee"
            ));
        }
        if made.contract.is_none() {
            text.push_str("\n  - mrms contract deploy, or name a deployed one with MRMS_CONTRACT or [contract] id");
        }
        text.push_str("\n  - mrms key publish, so that others can share with you");
    }
    output.result(
        &MadeProfile {
            profile: settings.home.profile().as_str(),
            principal,
            recipient: &made.recipient,
            contract_id: made.contract.as_ref(),
            home: settings.home.folder().root(),
        },
        &(text + reminder),
    )
}

/// Asks for a new passphrase and makes the profile from its words.
pub(crate) fn make(
    words: &Words,
    identity: IdentityIndex,
    settings: &Settings,
) -> Result<NewProfile, Failure> {
    settings.must_not_rehearse("init")?;
    settings.home.must_be_new_profile()?;
    let name = settings.home.profile();
    let passphrase = settings.passphrase.choose(&format!("profile {name}"))?;
    let work = WorkFactor::new(settings.work_factor).unwrap_or_default();
    Ok(settings.home.make_profile(words, identity, &passphrase, work)?)
}
