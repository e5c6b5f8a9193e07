//! `mrms init`: a profile with its 24 words and keystore, and a home folder with the embedded
//! ledger and the contract, where there is none yet.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use mrms_app::ledger::Status;
use mrms_app::{Actor, files};
use mrms_core::ContractId;
use mrms_crypto::age_file::WorkFactor;
use mrms_crypto::{IdentityIndex, Words, keystore};
use mrms_stacks::transaction::{ClarityVersion, ContractSource, Transaction};
use serde_json::json;
use zeroize::Zeroizing;

use crate::config::Settings;
use crate::failure::{Exit, Failure};
use crate::home::{ProfileCard, cannot};
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
    output.result(
        &json!({
            "profile": settings.profile.as_str(),
            "principal": made.actor.principal,
            "recipient": made.recipient,
            "contract_id": made.contract,
            "home": settings.home.root(),
        }),
        &format!(
            "profile {} is ready in {}\n  principal  {}\n  contract   {}{}",
            settings.profile,
            settings.home.root().display(),
            made.actor.principal,
            made.contract,
            if is_new {
                "\nWrite down your 24 words: they alone bring everything back. mrms key words shows them."
            } else {
                ""
            },
        ),
    )
}

/// A profile that was made.
pub(crate) struct Made {
    pub(crate) actor: Actor,
    pub(crate) recipient: String,
    pub(crate) contract: ContractId,
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
    let actor = actor_of(words, identity)?;
    let known = settings.home.contract()?;
    let contract = match &known {
        Some(contract) => contract.clone(),
        None => ContractId {
            deployer: actor.principal,
            name: mrms_contract::NAME.parse().map_err(Failure::usage)?,
        },
    };
    let place = Workplace::open_for(settings, contract.clone(), output)?;
    place.fund(&actor)?;
    if place.session().ledger.deployed(&contract)?.is_none() {
        deploy(&place, &actor, &contract)?;
    }
    if known.is_none() {
        settings.home.use_contract(&contract)?;
    }
    let recipient = place.session().publish_recipient(&actor)?;
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

fn deploy(place: &Workplace, actor: &Actor, contract: &ContractId) -> Result<(), Failure> {
    let source: ContractSource = mrms_contract::SOURCE.parse().map_err(Failure::usage)?;
    let unsigned =
        Transaction::deploy(contract.name.clone(), source, Some(ClarityVersion::CLARITY_2));
    let receipts =
        place.session().send(actor, &format!("deploy contract {contract}"), vec![unsigned])?;
    match receipts.last() {
        Some(receipt) if receipt.status == Status::Success => Ok(()),
        _ => Err(Failure::new(
            Exit::Failed,
            "deploy-failed",
            format!("the ledger did not accept the contract {contract}"),
        )),
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
