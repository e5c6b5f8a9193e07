//! `mrms key`: a profile's keys: shown, backed up, recovered, published, rotated, trusted,
//! unlocked. Trustees are in [`trustees`](super::trustees).

pub(crate) mod trustees;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use mrms_core::Principal;
use mrms_crypto::{HybridRecipient, IdentityIndex, Words};
use zeroize::Zeroizing;

use crate::commands::contract::sign::SignArgs;
use crate::commands::home::init::{self, parse_words, read_words, show_words};
use crate::commands::sharing::changed_key::{self, Consent};
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::outcome::always_done;
use crate::ui::output::{Output, confirm};
use crate::ui::results::key::{
    Locked, PublishedKey, RecoveredProfile, RotatedKey, ShownKey, TrustedKey, Unlocked,
};
use crate::ui::times;
use mrms_home::OpenHome;
use mrms_home::clock::rng;
use mrms_home::keys::actor_of;
use trustees::{JoinArgs, ReceiveArgs, ShareArgs, SplitArgs};

/// Longest that the agent holds a profile unlocked.
const AGENT_MAX: Duration = Duration::from_secs(24 * 3_600);

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Print the principal and the recipient: what others need to share with you.
    Show,
    /// Print the 24 words. Whoever reads them has everything.
    Words,
    /// Make a profile anew from its 24 words, with every record that is on chain.
    Recover {
        /// The file with the words; a prompt when left out.
        #[arg(long, value_name = "FILE")]
        words_file: Option<PathBuf>,
    },
    /// Split the 24 words among trustees, of whom some together bring them back.
    Split(SplitArgs),
    /// For a trustee: open your share, to hand it to the person whose keys are lost.
    Share(ShareArgs),
    /// Make a one-time key that trustees can encrypt their answers to, when everything is lost.
    Receive(ReceiveArgs),
    /// Make a profile anew from the shares of its trustees.
    Join(JoinArgs),
    /// Publish the recipient in the contract's directory.
    Publish(SignArgs),
    /// Begin a new encryption key and publish it; the former ones still open what was wrapped to
    /// them.
    Rotate,
    /// Show the old and the new fingerprint of somebody's changed key, and take the new one.
    Trust {
        /// Whose key it is.
        principal: Principal,
        /// You have compared the new fingerprint with theirs: do not ask.
        #[arg(long)]
        accept_changed_key: bool,
    },
    /// Keep the profile unlocked for a while, so that commands do not ask for the passphrase.
    Unlock {
        /// For how long: 15m, 8h; at most 24h.
        #[arg(long = "for", value_name = "DURATION", default_value = "15m")]
        duration: String,
    },
    /// Forget what unlock keeps.
    Lock,
    /// The process that unlock starts.
    #[command(hide = true)]
    Agent {
        /// For how many seconds.
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
            Self::Recover { words_file } => recover(words_file, settings, output),
            Self::Split(args) => trustees::split(&args, settings, output),
            Self::Share(args) => trustees::share(&args, settings, output),
            Self::Receive(args) => trustees::receive(&args, settings, output),
            Self::Join(args) => trustees::join(&args, settings, output),
            Self::Publish(sign) => publish(&sign, settings, output),
            Self::Trust { principal, accept_changed_key } => {
                trust(&principal, Consent::of_flag(accept_changed_key), settings, output)
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

/// What people compare over the telephone in place of the recipient.
fn fingerprint_of(recipient: &str) -> Result<String, Failure> {
    let recipient: HybridRecipient = recipient.parse().map_err(|error| {
        Failure::new(Exit::Integrity, "profile-damaged", format!("the profile's card: {error}"))
            .hint("mrms key recover makes the profile anew from its 24 words")
    })?;
    Ok(recipient.fingerprint().to_string())
}

fn recover(
    words_file: Option<PathBuf>,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let words = match words_file {
        Some(path) => read_words(&path)?,
        None => ask_words("a file with --words-file")?,
    };
    bring_back(&words, settings, output)
}

/// The 24 words, typed without an echo. `instead` is what to give where there is no terminal.
pub(crate) fn ask_words(instead: &str) -> Result<Words, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("there is no terminal to ask for the words")
            .hint(format!("give {instead}")));
    }
    let line = rpassword::prompt_password("The 24 words, parted by spaces: ");
    let line = line.map(Zeroizing::new).map_err(|error| {
        Failure::new(Exit::Failed, "no-words", format!("cannot ask for the words: {error}"))
    })?;
    parse_words(&line)
}

/// Makes the profile of these words, under a passphrase that is asked for, and tells how many of
/// its records open.
pub(crate) fn bring_back(
    words: &Words,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let first = actor_of(words, IdentityIndex::FIRST, settings.home.network()?)?;
    let known = settings.home.contract_known()?;
    let is_known = known.is_some();
    let identity = match known {
        None => IdentityIndex::FIRST,
        Some(contract) => {
            let place = OpenHome::open_for(&settings.home, contract)?;
            place.session().published_identity(&first.keyring, &first.principal())?
        }
    };
    let made = init::make(words, identity, settings)?;
    if !is_known && made.contract.is_none() {
        return init::report(&made, "", settings, output);
    }
    let place = settings.home.open()?;
    let session = place.session();
    let records = session.records_of(&Principal::from(made.actor.principal))?;
    let mut opened = 0_u64;
    for (id, record) in &records {
        let mut all = true;
        for version in record.version.up_to() {
            all &= session.own_version(&made.actor, *id, version, &mut rng()).is_ok();
        }
        opened += u64::from(all);
    }
    output.result(
        &RecoveredProfile {
            profile: settings.home.profile().as_str(),
            principal: made.actor.principal,
            recipient: &made.recipient,
            records: records.len(),
            records_recovered: opened,
        },
        &format!(
            "profile {} is back: {}\n  {opened} of {} records on chain open with these words",
            settings.home.profile(),
            made.actor.principal,
            records.len(),
        ),
    )
}

fn publish(sign: &SignArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let place = sign.open(settings)?;
    place.fund(&actor)?;
    let published = place.session().publish_recipient(&actor)?;
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
    let mut card = settings.home.folder().card(settings.home.profile())?;
    let place = settings.home.open()?;
    place.fund(&actor)?;
    // A rotation that was interrupted before it published is taken up, not left behind.
    let published = place.session().published_identity(&actor.keyring, &actor.principal())?;
    if published == actor.identity {
        actor.identity = actor.identity.next().ok_or_else(|| {
            Failure::new(Exit::Failed, "no-key", "these words have no further encryption key")
                .hint("make a profile with new words")
        })?;
    }
    // The card first: an identity that is known and not published harms nobody, one that is
    // published and not known could not be opened with.
    let recipient = actor
        .keyring
        .identity(actor.identity)
        .map_err(|error| Failure::new(Exit::Failed, "no-key", error))?;
    card.identity = actor.identity.number();
    card.recipient = recipient.recipient().to_string();
    settings.home.folder().write_card(settings.home.profile(), &card)?;
    always_done(place.session().publish_recipient(&actor)?)?;
    output.result(
        &RotatedKey {
            principal: actor.principal,
            recipient: &card.recipient,
            fingerprint: fingerprint_of(&card.recipient)?,
            identity: card.identity,
        },
        &format!(
            "new encryption key number {} is published:\n{}\nWhoever shares with you is asked whether its fingerprint is\n  {}",
            card.identity,
            card.recipient,
            fingerprint_of(&card.recipient)?,
        ),
    )
}

fn trust(
    principal: &Principal,
    consent: Consent,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("key trust")?;
    settings.home.folder().card(settings.home.profile())?;
    let place = settings.home.open()?;
    let changed = changed_key::settle(&place.session(), principal, consent, output)?;
    let recipient = place.session().recipient_of(principal, changed)?;
    let fingerprint = recipient.fingerprint().to_string();
    output.result(
        &TrustedKey { principal, recipient: recipient.to_string(), fingerprint: &fingerprint },
        &format!("keys for {principal} are wrapped to\n  {fingerprint}"),
    )
}

fn unlock(duration: &str, settings: &Settings, output: Output) -> Result<(), Failure> {
    let seconds = times::parse_duration(duration)?;
    if Duration::from_secs(seconds) > AGENT_MAX {
        return Err(Failure::usage("a profile stays unlocked for 24h at most")
            .hint("give a shorter time: --for 8h"));
    }
    let words = settings.home.words_by_passphrase()?;
    settings.agent.start(&words, Duration::from_secs(seconds))?;
    output.result(
        &Unlocked { profile: settings.home.profile().as_str(), unlocked_seconds: seconds },
        &format!(
            "profile {} is unlocked for {}; mrms key lock ends it",
            settings.home.profile(),
            times::duration_words(seconds),
        ),
    )
}
