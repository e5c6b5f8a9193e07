//! `mrms key`: shows, recovers, publishes, rotates and unlocks a profile's keys, and trusts a changed
//! key of somebody else. Splitting the words among trustees is in [`trustees`], another passphrase in [`passphrase`].

pub(crate) mod passphrase;
pub(crate) mod trustees;

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use mrms_app::Actor;
use mrms_contract::call;
use mrms_crypto::{HybridRecipient, Words};

use crate::commands::contract::sign::SignArgs;
use crate::commands::home::init;
use crate::commands::joining::join::{self, JoinTerms, Joining};
use crate::commands::sharing::changed_key::{self, Consent};
use crate::commands::staff;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::outcome::always_done;
use crate::ui::output::{Output, confirm};
use crate::ui::results::key::{
    Locked, PublishedKey, RecoveredProfile, RotatedKey, ShownKey, TrustedKey, Unlocked,
};
use crate::ui::someone::Someone;
use crate::ui::times;
use crate::ui::words::{ask_words, read_words, show_words};
use passphrase::PassphraseArgs;
use trustees::{JoinArgs, ReceiveArgs, ShareArgs, SplitArgs};

/// The longest time for which the key agent keeps a profile unlocked.
const AGENT_MAX: Duration = Duration::from_secs(24 * 3_600);

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Print your principal, recipient and fingerprint; others need them to share.
    Show,
    /// Print your 24 words. Whoever reads them can open your records and act as you.
    Words,
    /// Change the passphrase that protects your 24 words on this machine.
    Passphrase(PassphraseArgs),
    /// Make a profile again from its 24 words, and say how many of its records open.
    Recover {
        /// Read the 24 words from this file, also as mrms key words prints them; - is stdin. Without it:
        /// mrms asks for them at the terminal.
        #[arg(long, value_name = "FILE")]
        words_file: Option<PathBuf>,
        /// Work with the node, vaults and sponsor of who made this invitation: its text, a file with it,
        /// a picture of its QR code, or the address of a node or vault that shows it.
        #[arg(long, value_name = "INVITATION")]
        join: Option<String>,
        #[command(flatten)]
        terms: JoinTerms,
    },
    /// Split your 24 words into shares for trustees; some of them together give the words back.
    Split(SplitArgs),
    /// As a trustee: open your share, to give it back to its owner.
    Share(ShareArgs),
    /// Make a one-time key to which trustees encrypt the shares that they send you.
    Receive(ReceiveArgs),
    /// Make your profile again from the shares of enough trustees.
    Join(JoinArgs),
    /// Publish your recipient in the contract's directory, so that others can share with you.
    Publish(SignArgs),
    /// Begin a new encryption key and publish it; older keys still open what was encrypted to them.
    Rotate,
    /// Compare the old and new fingerprint of somebody's changed key, and trust the new key.
    Trust {
        /// Whose key has changed: their name, or their principal.
        who: Someone,
        /// Do not ask: you have compared the new fingerprint with its owner. Without it: the command
        /// asks.
        #[arg(long)]
        accept_changed_key: bool,
    },
    /// Keep the profile unlocked for a time, so that commands do not ask for the passphrase.
    Unlock {
        /// Time for which it stays unlocked, such as 15m or 8h; at most 24h.
        #[arg(long = "for", value_name = "DURATION", default_value = "15m")]
        duration: String,
    },
    /// End the unlocking: commands ask for the passphrase again.
    Lock,
    /// Runs as the process that unlock starts.
    #[command(hide = true)]
    Agent {
        /// Seconds after which it ends.
        seconds: u64,
    },
}

impl KeyCommand {
    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::Show => show(settings, output),
            Self::Words => {
                let words = settings.home.words_by_passphrase()?;
                if output.is_json() {
                    return Err(Failure::usage("the words are not printed as JSON")
                        .hint("age -d on the profile's keystore.age prints them, too"));
                }
                show_words(&words, output)
            }
            Self::Passphrase(args) => passphrase::run(&args, settings, output),
            Self::Recover { words_file, join, terms } => {
                recover(words_file, join.as_deref(), &terms, settings, output)
            }
            Self::Split(args) => trustees::split(&args, settings, output),
            Self::Share(args) => trustees::share(&args, settings, output),
            Self::Receive(args) => trustees::receive(&args, settings, output),
            Self::Join(args) => trustees::join(&args, settings, output),
            Self::Publish(sign) => publish(&sign, settings, output),
            Self::Trust { who, accept_changed_key } => {
                trust(&who, Consent::of_flag(accept_changed_key), settings, output)
            }
            Self::Rotate => rotate(settings, output),
            Self::Unlock { duration } => unlock(&duration, settings, output),
            Self::Lock => {
                let was = settings.agent.end()?;
                let text = if was { "locked" } else { "was not unlocked" };
                output.result(&Locked { locked: true, was_unlocked: was }, text)
            }
            Self::Agent { seconds } => settings.agent.serve(seconds),
        }
    }
}

fn show(settings: &Settings, output: Output) -> Result<(), Failure> {
    let card = settings.home.folder().card(settings.home.profile())?;
    let principal = settings.home.account()?;
    let fingerprint = fingerprint_of(&card.recipient)?;
    output.result(
        &ShownKey {
            profile: settings.home.profile().as_str(),
            principal,
            recipient: &card.recipient,
            fingerprint: &fingerprint,
        },
        &format!(
            "principal    {principal}\nrecipient    {}\nfingerprint  {fingerprint}",
            card.recipient
        ),
    )
}

/// The fingerprint, which people compare by telephone in place of the whole recipient.
fn fingerprint_of(recipient: &str) -> Result<String, Failure> {
    let recipient: HybridRecipient = recipient.parse().map_err(|error| {
        Failure::new(Exit::Integrity, "profile-damaged", format!("the profile's card: {error}"))
            .hint("mrms key recover makes the profile anew from its 24 words")
    })?;
    Ok(recipient.fingerprint().to_string())
}

fn recover(
    words_file: Option<PathBuf>,
    invitation: Option<&str>,
    terms: &JoinTerms,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    if invitation.is_some() {
        settings.home.must_be_new_profile()?;
    }
    let words = match words_file {
        Some(path) => read_words(&path)?,
        None => ask_words("a file with --words-file")?,
    };
    let accept =
        |given| join::accept(given, terms, Joining::Person(Some(&words)), settings, output);
    let accepted = invitation.map(accept).transpose()?;
    let joined = accepted.as_ref().map(|accepted| accepted.settings(settings));
    let settings = joined.as_ref().unwrap_or(settings);
    let actor = bring_back(&words, settings, output)?;
    match &accepted {
        Some(accepted) => join::take(accepted, settings, &actor, output),
        None => Ok(settings.home.remember_joined_vaults()?),
    }
}

/// Makes the profile of these words, asks for its passphrase, and says how many of its records
/// open.
pub(crate) fn bring_back(
    words: &Words,
    settings: &Settings,
    output: Output,
) -> Result<Actor, Failure> {
    let is_known = settings.home.contract_known()?.is_some();
    let identity = settings.home.identity_of(words)?;
    // Without a ledger, init makes one.
    let is_new_ledger = settings.home.settings().ledger.is_none() && !is_known;
    let made = init::make(words, identity, settings)?;
    if !is_known && made.contract.is_none() {
        init::report(&made, "", false, settings, output)?;
        return Ok(made.actor);
    }
    let opens = settings.home.what_opens(&made.actor)?;
    let ledger = &opens.ledger;
    let doubt = match (opens.records, is_new_ledger) {
        // What was written before a succession opens with the keys that were handed over.
        (some, _) if opens.opened < some && !opens.former.is_empty() => format!(
            "\nThe others were written before you took over from {}: mrms hand-over accept takes the text\nthat you got then. Whoever has the former words can make it again with mrms hand-over offer",
            opens.former.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ),
        (0, true) => format!(
            "\nIs this the right ledger? It is the {ledger}, which was made new just now. Records\nare where the profile was before: bring that home back from a backup (mrms restore, into another\nfolder), or name its ledger with --ledger, and recover the profile there"
        ),
        (0, false) => format!(
            "\nIs this the right ledger? It is the {ledger}; --ledger and --home name another, and mrms join takes an\ninvitation of whoever you worked with"
        ),
        _ => String::new(),
    };
    if !doubt.is_empty() && output.is_json() {
        output.note(doubt.trim_start());
    }
    output.result(
        &RecoveredProfile {
            profile: settings.home.profile().as_str(),
            principal: made.actor.principal,
            recipient: &made.recipient,
            records: opens.records,
            records_recovered: opens.opened,
            new_ledger: is_new_ledger,
        },
        &format!(
            "profile {} is back: {}\n  {}{doubt}",
            settings.home.profile(),
            made.actor.principal,
            match opens.records {
                0 => format!("this account has no records on the {ledger}"),
                all => format!("{} of {all} records on chain open with these words", opens.opened),
            },
        ),
    )?;
    Ok(made.actor)
}

fn publish(sign: &SignArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let call = |actor: &Actor| {
        let own = actor.keyring.identity(actor.identity);
        let own = own.map_err(|error| Failure::new(Exit::Failed, "no-key", error))?;
        Ok(call::publish_encryption_key(own.recipient().to_bytes()))
    };
    if sign.sign_without_ledger(settings, output, call)?.is_some() {
        return Ok(());
    }
    let actor = settings.home.unlock()?;
    let home = sign.open(settings)?;
    home.fund(&actor)?;
    let published = home.session().publish_recipient(&actor)?;
    let Some(recipient) = sign.done(published, output)? else { return Ok(()) };
    output.result(
        &PublishedKey { principal: actor.principal, recipient: &recipient },
        &format!("{} can be shared with: the directory has\n{recipient}", actor.principal),
    )
}

fn rotate(settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("key rotate")?;
    confirm(
        "Whoever shares with you will be told that your key has changed, and asked whether to trust it. Go ahead?",
        settings.yes,
    )?;
    let mut actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    home.fund(&actor)?;
    let card = settings.home.begin_identity(&home, &mut actor)?;
    // Members of an organisation have the key before anybody encrypts to it.
    if !home.session().staff(&actor.principal())?.members.is_empty() {
        staff::write_key(&home.session(), &actor, settings, output)?;
    }
    always_done(home.session().publish_recipient(&actor)?)?;
    output.result(
        &RotatedKey {
            principal: actor.principal,
            recipient: &card.recipient,
            fingerprint: fingerprint_of(&card.recipient)?,
            identity: card.identity,
        },
        &format!(
            "new encryption key number {} is published:\n{}\nWhoever shares with you is asked whether its fingerprint is\n  {}\nIf somebody may have your 24 words, this does not help: mrms hand-over does.",
            card.identity,
            card.recipient,
            fingerprint_of(&card.recipient)?,
        ),
    )
}

fn trust(
    who: &Someone,
    consent: Consent,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("key trust")?;
    let actor = settings.home.unlock()?;
    let names = settings.home.names(Some(&actor))?;
    let principal = &who.resolve(&names)?;
    let home = settings.home.open()?;
    let changed = changed_key::settle(&home.session(), Some(&actor), principal, consent, output)?;
    let recipient = home.session().recipient_of(Some(&actor), principal, changed)?;
    let fingerprint = recipient.fingerprint().to_string();
    output.result(
        &TrustedKey {
            principal,
            principal_name: names.name_of(principal),
            recipient: recipient.to_string(),
            fingerprint: &fingerprint,
        },
        &format!("what {} may open is encrypted to\n  {fingerprint}", names.shown(principal)),
    )
}

fn unlock(duration: &str, settings: &Settings, output: Output) -> Result<(), Failure> {
    let seconds = times::parse_duration(duration, times::LetterM::Minutes)?;
    if Duration::from_secs(seconds) > AGENT_MAX {
        return Err(Failure::usage("a profile stays unlocked for 24h at most")
            .hint("give a shorter time: --for 8h"));
    }
    let words = settings.home.words_by_passphrase()?;
    for passed_over in settings.agent.start(&words, Duration::from_secs(seconds))? {
        output.note(&format!("the key agent does not use {passed_over}; it has another place"));
    }
    output.result(
        &Unlocked { profile: settings.home.profile().as_str(), unlocked_seconds: seconds },
        &format!(
            "profile {} is unlocked for {}; mrms key lock ends it",
            settings.home.profile(),
            times::duration_words(seconds),
        ),
    )
}
