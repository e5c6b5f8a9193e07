//! `mrms init`: a profile with its 24 words and keystore, and a home folder with the embedded
//! ledger and the contract, where there is none yet.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use mrms_app::ledger::{Ledger, Status};
use mrms_app::{Actor, Session, files};
use mrms_core::ContractId;
use mrms_crypto::age_file::WorkFactor;
use mrms_crypto::{IdentityIndex, Words, keystore};
use mrms_stacks::transaction::{ClarityVersion, ContractSource, Transaction};
use serde_json::json;
use zeroize::Zeroizing;

use crate::config::Settings;
use crate::failure::{Exit, Failure};
use crate::home::{ProfileCard, cannot};
use crate::outcome::always_done;
use crate::output::Output;
use crate::workplace::{Workplace, actor_of, age_passphrase, rng};

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Take the 24 words from this file instead of making new ones.
    #[arg(long, value_name = "FILE")]
    pub(crate) words_file: Option<PathBuf>,
}

pub(crate) fn run(args: &InitArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let words = match &args.words_file {
        Some(path) => read_words(path)?,
        None => Words::generate(&mut rng()),
    };
    let made = make(&words, IdentityIndex::FIRST, settings, output)?;
    let is_new = args.words_file.is_none();
    if is_new && !output.is_json() && io::stdout().is_terminal() {
        show_words(&words, output)?;
    }
    let reminder = if is_new {
        "\nWrite down your 24 words: they alone bring everything back. mrms key words shows them."
    } else {
        ""
    };
    report(&made, reminder, settings, output)
}

/// Tells of a profile that was made, and what it still needs.
pub(crate) fn report(
    made: &Made,
    reminder: &str,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let principal = made.actor.principal;
    let mut text = format!(
        "profile {} is ready in {}\n  principal  {principal}",
        settings.profile,
        settings.home.root().display(),
    );
    if let Some(contract) = &made.contract {
        text.push_str(&format!("\n  contract   {contract}"));
    }
    if let Some(ledger) = settings.connection()? {
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
        &json!({
            "profile": settings.profile.as_str(),
            "principal": principal,
            "recipient": made.recipient,
            "contract_id": made.contract,
            "home": settings.home.root(),
        }),
        &(text + reminder),
    )
}

/// A profile that was made.
pub(crate) struct Made {
    pub(crate) actor: Actor,
    pub(crate) recipient: String,
    /// The records contract, where one is known.
    pub(crate) contract: Option<ContractId>,
}

/// Makes the profile, and the ledger with its contract where there is none; publishes the
/// recipient. The card is written last: a profile without one was interrupted and is made again.
pub(crate) fn make(
    words: &Words,
    identity: IdentityIndex,
    settings: &Settings,
    output: Output,
) -> Result<Made, Failure> {
    settings.must_not_rehearse("init")?;
    let name = &settings.profile;
    if settings.home.has_profile(name) {
        return Err(Failure::new(
            Exit::Failed,
            "profile-exists",
            format!("profile {name} is there already"),
        )
        .hint(format!(
            "mrms --profile OTHER init makes another; the keystore of {name} is never overwritten"
        )));
    }
    let passphrase = settings.passphrase.choose(&format!("profile {name}"))?;
    let work = WorkFactor::new(settings.work_factor).unwrap_or_default();
    let keystore = keystore::seal(words, &age_passphrase(&passphrase)?, work, &mut rng());
    settings.home.make(name)?;
    let path = settings.home.keystore(name);
    files::write_whole(&path, &keystore).map_err(|error| cannot("write", &path, &error))?;
    let actor = actor_of(words, identity, settings.network()?)?;
    let known = settings.contract_known()?;
    let (contract, recipient) = if settings.ledger.is_some() {
        // Where fees are money, nothing is spent before it is asked for.
        let own = actor.keyring.identity(identity).map_err(|error| {
            Failure::new(Exit::Failed, "no-key", error).hint("other words must be used")
        })?;
        (known, own.recipient().to_string())
    } else {
        let (contract, recipient) = on_own_ledger(&actor, known, settings, output)?;
        (Some(contract), recipient)
    };
    let card = ProfileCard {
        principal: actor.principal,
        recipient: recipient.clone(),
        identity: identity.number(),
    };
    settings.home.write_card(name, &card)?;
    if settings.home.profile_in_use()?.is_none() {
        settings.home.use_profile(name)?;
    }
    Ok(Made { actor, recipient, contract })
}

/// Deploys the contract where there is none, and publishes the recipient.
fn on_own_ledger(
    actor: &Actor,
    known: Option<ContractId>,
    settings: &Settings,
    output: Output,
) -> Result<(ContractId, String), Failure> {
    let is_known = known.is_some();
    let contract = match known {
        Some(contract) => contract,
        None => ContractId {
            deployer: actor.principal,
            name: mrms_contract::NAME.parse().map_err(Failure::usage)?,
        },
    };
    let place = Workplace::open_for(settings, contract.clone(), output)?;
    place.fund(actor)?;
    if place.session().ledger.deployed(&contract)?.is_none() {
        deploy(&place.session(), actor, &contract)?;
    }
    if !is_known {
        settings.home.use_contract(place.session().ledger.network(), &contract)?;
    }
    let recipient = always_done(place.session().publish_recipient(actor)?)?;
    Ok((contract, recipient))
}

/// Deploys the records contract under the actor's account.
pub(crate) fn deploy(
    session: &Session<'_>,
    actor: &Actor,
    contract: &ContractId,
) -> Result<(), Failure> {
    let source: ContractSource = mrms_contract::SOURCE.parse().map_err(Failure::usage)?;
    let unsigned =
        Transaction::deploy(contract.name.clone(), source, Some(ClarityVersion::CLARITY_2));
    let sent = session.send(actor, &format!("deploy contract {contract}"), vec![unsigned])?;
    match always_done(sent)?.last() {
        Some(receipt) if receipt.status == Status::Success => Ok(()),
        _ => Err(Failure::new(
            Exit::Failed,
            "deploy-failed",
            format!("the ledger did not accept the contract {contract}"),
        )
        .hint("mrms doctor tells what is wrong with the ledger")),
    }
}

/// Reads 24 words from a file.
pub(crate) fn read_words(path: &PathBuf) -> Result<Words, Failure> {
    let text = fs::read_to_string(path).map_err(|error| cannot("read", path, &error))?;
    parse_words(&Zeroizing::new(text))
}

pub(crate) fn parse_words(text: &str) -> Result<Words, Failure> {
    Words::parse(text).map_err(|error| {
        Failure::new(Exit::Usage, "wrong-words", error)
            .hint("compare each word with your note; the order counts")
    })
}

/// The words, numbered, on the result's stream.
pub(crate) fn show_words(words: &Words, output: Output) -> Result<(), Failure> {
    let phrase = words.to_phrase();
    for (row, four) in phrase.split(' ').collect::<Vec<_>>().chunks(4).enumerate() {
        let mut line = Zeroizing::new(String::with_capacity(80));
        for (column, word) in four.iter().enumerate() {
            line.push_str(&format!("{:>3} {word:<10}", row * 4 + column + 1));
        }
        output.text(line.trim_end())?;
    }
    Ok(())
}
