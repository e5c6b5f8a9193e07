//! `mrms card`: what you say of yourself, signed, for others to add to their people.

use clap::{Args, Subcommand};
use mrms_app::ledger::LedgerError;
use mrms_app::people::card::{CardTexts, OwnCard};
use mrms_crypto::Fingerprint;
use mrms_home::HomeError;
use mrms_home::clock::{now, rng};
use mrms_people::card::ParseKindError;
use mrms_people::name::check_own;
use mrms_people::{Card, FieldError, FieldText, Kind, SignedDocument};

use super::known::root_of;
use crate::config::Settings;
use crate::ui::document::{ShowDocument, show_document, write_document};
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::people::ShownCard;

#[derive(Debug, Subcommand)]
pub(crate) enum CardCommand {
    /// Show your card as text, as a QR code or in a file, for others to add.
    Show(ShowDocument),
    /// Say what your card tells of you. It replaces the card before.
    Set(SetArgs),
}

#[derive(Debug, Args)]
#[command(
    after_help = "A card is signed by your account and names your encryption key, so that nobody can make \
    one for you. What it says of you, you say: whoever adds it should compare the fingerprint with you.\n\n\
    Examples:\n  \
    mrms card set --name \"Clinic B\" --kind practice --address \"Main Street 5\"\n  \
    mrms card show -o card.png"
)]
pub(crate) struct SetArgs {
    /// What you call yourself; at most 64 bytes.
    #[arg(long, value_parser = FieldText::<64>::new)]
    name: FieldText<64>,
    /// What you are: person, practice, hospital, laboratory, pharmacy, insurer, auditor or other.
    #[arg(long, default_value = "person", value_parser = kind)]
    kind: Kind,
    /// The organisation that you belong to; at most 64 bytes.
    #[arg(long, value_parser = organisation)]
    organisation: Option<FieldText<64>>,
    /// Where you are, as an accounting of disclosures must name it; at most 120 bytes.
    #[arg(long, value_parser = FieldText::<120>::new)]
    address: Option<FieldText<120>>,
    #[command(flatten)]
    how: ShowDocument,
}

fn kind(word: &str) -> Result<Kind, ParseKindError> {
    word.parse()
}

fn organisation(text: &str) -> Result<FieldText<64>, FieldError> {
    FieldText::new(text)
}

impl CardCommand {
    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::Show(how) => show(&how, settings, output),
            Self::Set(args) => set(args, settings, output),
        }
    }
}

fn show(how: &ShowDocument, settings: &Settings, output: Output) -> Result<(), Failure> {
    how.must_be_free()?;
    let actor = settings.home.unlock()?;
    let home = match settings.home.open() {
        Err(error @ HomeError::Ledger(LedgerError::Unreachable { .. })) => {
            let profile = settings.home.folder().profile(settings.home.profile());
            let Some(card) = profile.own_card(&root_of(&actor)?)? else { return Err(error.into()) };
            output.note("the ledger does not answer: this is your card of before, and whether your key is still the one on it was not checked");
            return told(&card, how, output);
        }
        home => home?,
    };
    let OwnCard { card, is_renewed } = home.session().own_card(&actor, now(), &mut rng())?;
    if is_renewed {
        output.note("your card was made anew: the one before names another key, chain or contract. Give this one to those who have it");
    }
    told(&card, how, output)
}

fn set(args: SetArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("card set")?;
    let SetArgs { name, kind, organisation, address, how } = args;
    how.must_be_free()?;
    if let Err(why) = check_own(name.as_str()) {
        output.note(&format!("nobody can take you in under the name “{name}”: {why}"));
    }
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let texts = CardTexts { kind, name, organisation, address };
    let card = home.session().set_card(&actor, texts, now(), &mut rng())?;
    told(&card, &how, output)
}

/// Says what is on one's card, and shows it as it was asked for.
fn told(card: &SignedDocument<Card>, how: &ShowDocument, output: Output) -> Result<(), Failure> {
    let bytes = card.to_bytes();
    if output.is_json() {
        write_document(&bytes, how)?;
        let text = card.to_text();
        return output.object(&ShownCard::of(card.document(), &text, how.output.as_deref()));
    }
    output.note(&lines(card.document()));
    show_document(&bytes, how, output)
}

/// What a card says, a line for each thing.
pub(crate) fn lines(card: &Card) -> String {
    let mut text = format!("{}, {}", card.name, card.kind);
    for more in [
        card.organisation.as_ref().map(ToString::to_string),
        card.address.as_ref().map(ToString::to_string),
    ]
    .into_iter()
    .flatten()
    {
        text.push_str(&format!("\n  {more}"));
    }
    text.push_str(&format!(
        "\n  account      {}\n  fingerprint  {}",
        card.principal,
        Fingerprint::of_digest(&card.key_hash)
    ));
    text
}
