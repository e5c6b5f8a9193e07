//! `mrms people add`: takes somebody into your people, by their card or by their principal.
//!
//! What a card says is shown before the question. `--yes` takes a card; it does not answer whether a name that looks
//! like another's is meant.

use std::io::{self, IsTerminal as _};

use clap::Args;
use mrms_app::Actor;
use mrms_app::people::known::{Offered, OtherKey};
use mrms_core::Principal;
use mrms_crypto::Fingerprint;
use mrms_home::clock::{now, rng};
use mrms_home::{NameError, Names};
use mrms_people::name::{NotAName, check_own, short};
use mrms_people::{Card, CardNews, FieldText, People, SignedDocument};

use super::card::lines;
use super::known::{known, opened, reread, root_of};
use crate::config::Settings;
use crate::ui::document::read_document;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::{Output, asked, confirm};
use crate::ui::results::people::KnownPerson;

#[derive(Debug, Args)]
#[command(
    after_help = "A card is what somebody says of themselves. Compare the fingerprint with them by another \
    way than the one by which the card came: by telephone, say. They find theirs with mrms card show, or in the \
    portal under People, My card.\n\n\
    Examples:\n  \
    mrms people add photograph.jpg\n  \
    mrms people add card.txt --name \"Dr A\"\n  \
    mrms people add ST1CKZ8375QQB3BEXZ7TR2TWN1XK65YS3ZNBRZPXC --name \"Dr A\""
)]
pub(crate) struct AddArgs {
    /// Their card: the text, a file, or a picture of its QR code; - is standard input. Or the name under
    /// which a directory of yours lists them. Or their principal, with --name.
    card: String,
    /// Your own name for them; at most 64 bytes. Without it: what they call themselves.
    #[arg(long, value_parser = FieldText::<64>::new)]
    name: Option<FieldText<64>>,
}

/// Where a name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameFrom {
    /// This person typed it.
    Person,
    /// It stands on a card.
    Card,
}

pub(crate) fn run(args: &AddArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("people add")?;
    if let Ok(principal) = args.card.trim().parse::<Principal>() {
        return add_principal(principal, args, settings, output);
    }
    let Taken { card, names, text } = take(args, settings, output)?;
    let card = card.document();
    let Some(person) = known(&names).get(&card.principal.into()) else { return Ok(()) };
    output.result(&KnownPerson::of(person, Some(card)), &text)
}

/// Takes somebody in by their card, for a command that goes on with them. Returns their account.
pub(crate) fn take_by_card(
    card: &str,
    name: Option<FieldText<64>>,
    settings: &Settings,
    output: Output,
) -> Result<Principal, Failure> {
    let taken = take(&AddArgs { card: card.to_owned(), name }, settings, output)?;
    output.note(&taken.text);
    Ok(taken.card.document().principal.into())
}

/// A card that was taken, and what is told of it.
struct Taken {
    card: SignedDocument<Card>,
    names: Names,
    text: String,
}

fn take(args: &AddArgs, settings: &Settings, output: Output) -> Result<Taken, Failure> {
    let (actor, names, bytes) = match read_document(&args.card) {
        Ok(bytes) => {
            let (actor, names) = opened(settings)?;
            (actor, names, bytes)
        }
        // No file of this name: a directory may list them.
        Err(failure) if failure.code == "file-not-found" => {
            let (actor, names) = opened(settings)?;
            let Some(bytes) = listed_card(&args.card, &actor, &names, settings)? else {
                return Err(failure);
            };
            (actor, names, bytes)
        }
        Err(failure) => return Err(failure),
    };
    let home = settings.home.open()?;
    let session = home.session();
    let offered = session.look_at_card(&actor, &bytes)?;
    let people = known(&names);
    let card = offered.card.document();
    let principal = Principal::from(card.principal);
    let own = people.get(&principal).and_then(|person| person.own_name.clone());
    output.note(&description(&offered, &names, &principal));
    let name = match (&args.name, &own) {
        (None, Some(_)) => None,
        (Some(given), _) => {
            settle_name(people, &names, &principal, given, NameFrom::Person, output)?;
            Some(given.clone())
        }
        (None, None) => {
            // They may read the card and telephone.
            session.ledger.step_aside();
            settle_name(people, &names, &principal, &card.name, NameFrom::Card, output)?;
            Some(card.name.clone())
        }
    };
    let is_news = offered.news != CardNews::Same || (name.is_some() && name != own);
    if is_news {
        session.ledger.step_aside();
        confirm(&question(&offered.news, name.as_ref().or(own.as_ref())), settings.yes)?;
        session.keep_card(&actor, &offered, name, now(), &mut rng())?;
    }
    let names = reread(&actor, settings)?;
    let shown = names.shown(&principal);
    let text = match (is_news, &offered.news) {
        (false, _) => format!("you have this card of {shown} already"),
        (true, CardNews::Newer { .. }) => format!("{shown}: the newer card is kept"),
        (true, _) => format!("{shown} is among your people"),
    };
    Ok(Taken { card: offered.card, names, text })
}

/// The card of somebody whom a directory lists under this name; `None` where none does.
fn listed_card(
    name: &str,
    actor: &Actor,
    names: &Names,
    settings: &Settings,
) -> Result<Option<Vec<u8>>, Failure> {
    let found = names.listings().find(name);
    let profile = settings.home.folder().profile(settings.home.profile());
    match found.as_slice() {
        [] => Ok(None),
        [one] => {
            let card = profile.listed_card(&root_of(actor)?, one)?;
            Ok(card.map(|card| card.to_bytes()))
        }
        several => Err(NameError::Unclear {
            text: name.to_owned(),
            several: several.iter().map(|one| names.shown(one)).collect(),
            accepted: several[0].to_string(),
        }
        .into()),
    }
}

/// Adds somebody of whom there is no card.
fn add_principal(
    principal: Principal,
    args: &AddArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let Some(name) = &args.name else {
        return Err(Failure::usage("an account says no name")
            .hint("give yours for them: --name \"Dr A\"; or ask them for their card"));
    };
    let (actor, names) = opened(settings)?;
    if principal == actor.principal() {
        return Err(Failure::usage("this is your own account")
            .hint("mrms card set says what others read of you"));
    }
    let people = known(&names);
    settle_name(people, &names, &principal, name, NameFrom::Person, output)?;
    let root = root_of(&actor)?;
    let profile = settings.home.folder().profile(settings.home.profile());
    let person = profile.call_account(&root, &principal, name.clone(), now(), &mut rng())?;
    let shown = reread(&actor, settings)?.shown(&principal);
    let card = person.card().ok().flatten();
    output.result(
        &KnownPerson::of(&person, card.as_ref().map(|card| card.document())),
        &format!("{shown} is among your people: {principal}"),
    )
}

/// Fails if lists could take a name for something else.
pub(crate) fn must_be_a_name(
    people: Option<&People>,
    name: &FieldText<64>,
    hint: &'static str,
) -> Result<(), Failure> {
    let is_end = people.is_some_and(|people| people.is_end_of_account(name.as_str()));
    let why = match check_own(name.as_str()) {
        Ok(()) if is_end => NotAName::LikeAccount,
        Ok(()) => return Ok(()),
        Err(why) => why,
    };
    Err(Failure::new(
        Exit::Usage,
        "name-refused",
        format!("“{name}” cannot be anybody's name here: {why}"),
    )
    .hint(hint))
}

/// Settles whether somebody gets this name: one that means something else is refused, one that looks like another's is
/// asked about. What the person typed themselves is meant.
pub(super) fn settle_name(
    people: &People,
    names: &Names,
    principal: &Principal,
    name: &FieldText<64>,
    from: NameFrom,
    output: Output,
) -> Result<(), Failure> {
    must_be_a_name(
        Some(people),
        name,
        match from {
            NameFrom::Person => "give them another one",
            NameFrom::Card => "give them one of your own, such as --name \"Dr A\"",
        },
    )?;
    let alike: Vec<String> = people
        .alike(name.as_str(), principal)
        .iter()
        .map(|other| names.shown(&other.principal))
        .collect();
    if alike.is_empty() {
        return Ok(());
    }
    let alike = format!(
        "the name “{name}” of {} looks like that of somebody you know: {}",
        short(principal),
        alike.join("; ")
    );
    if from == NameFrom::Person {
        output.note(&format!("{alike}. Both are shown with the end of their account from now on"));
        return Ok(());
    }
    let refused = || {
        Failure::new(Exit::NotAllowed, "name-alike", &alike)
            .hint("if it is not the same person: give this one another name with --name")
    };
    if !io::stdin().is_terminal() {
        return Err(refused());
    }
    output.note(&alike);
    match asked(
        "Are these two different people or places, and do you want the same name for both?",
    )? {
        true => Ok(()),
        false => Err(refused()),
    }
}

fn question(news: &CardNews, name: Option<&FieldText<64>>) -> String {
    let name = name.map(ToString::to_string).unwrap_or_default();
    match news {
        CardNews::Newer { .. } => {
            format!("Take this card in place of the one you have of “{name}”?")
        }
        _ => format!("Add them to your people as “{name}”?"),
    }
}

/// What a card says, and what is to be known before it is taken.
fn description(offered: &Offered, names: &Names, principal: &Principal) -> String {
    let card = offered.card.document();
    let mut text = match &offered.news {
        CardNews::Newer { before } => {
            let changes = changes(before, card);
            format!("a newer card of {}{changes}\nIt says:", names.shown(principal))
        }
        _ => "a card says:".to_owned(),
    };
    for line in lines(card).lines() {
        text.push_str(&format!("\n  {line}"));
    }
    match offered.other_key {
        None => {}
        Some(OtherKey::None) => text.push_str(
            "\nThey have published no key that can be used: ask them to run mrms key publish",
        ),
        Some(OtherKey::Another(published)) => text.push_str(&format!(
            "\nCAREFUL: the key that is published for this account is another one, {published}.\nAsk them for their newest card; nothing is encrypted to a key that is not on it without a question"
        )),
    }
    if offered.news == CardNews::First {
        text.push_str(
            "\nThey say this of themselves. Compare the fingerprint with them, by telephone, say:\nmrms card show has theirs, and in the portal People, My card.",
        );
    }
    text
}

/// What differs between two cards of one account, a line for each thing.
fn changes(before: &Card, after: &Card) -> String {
    let mut text = String::new();
    let mut differs =
        |what: &str, before: &dyn std::fmt::Display, after: &dyn std::fmt::Display| {
            let (before, after) = (before.to_string(), after.to_string());
            if before != after {
                text.push_str(&format!("\n  {what}: “{before}” before, “{after}” now"));
            }
        };
    let or_none = |text: Option<String>| text.unwrap_or_default();
    differs("name", &before.name, &after.name);
    differs("kind", &before.kind, &after.kind);
    let organisation = |card: &Card| or_none(card.organisation.as_ref().map(ToString::to_string));
    differs("organisation", &organisation(before), &organisation(after));
    let address = |card: &Card| or_none(card.address.as_ref().map(ToString::to_string));
    differs("address", &address(before), &address(after));
    let key = |card: &Card| Fingerprint::of_digest(&card.key_hash);
    differs("fingerprint", &key(before), &key(after));
    text
}
