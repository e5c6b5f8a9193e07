//! What `card`, `people` and `directory` print.

use std::path::Path;

use mrms_app::people::directories::DirectoryNews;
use mrms_app::profile::directories::{KeptDirectory, ListedCard};
use mrms_core::{Principal, StandardPrincipal, UnixTime};
use mrms_crypto::Fingerprint;
use mrms_people::{Card, FieldText, Person};
use serde::Serialize;

use crate::ui::times;

/// A document that others can read: a card, an invitation, a request or a directory.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShownDocument<'a> {
    /// Which kind: `card`, `invitation`, `request`, `directory`.
    pub(crate) kind: &'a str,
    /// The document as text: `mrms:` and base64url.
    pub(crate) text: &'a str,
    /// The file that has it now; null without `-o`.
    pub(crate) file: Option<&'a Path>,
}

/// One's own card.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShownCard<'a> {
    #[serde(flatten)]
    pub(crate) card: CardFields<'a>,
    /// The card as text: `mrms:` and base64url.
    pub(crate) text: &'a str,
    /// The file that has it now; null without `-o`.
    pub(crate) file: Option<&'a Path>,
}

/// What a card says.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CardFields<'a> {
    /// The account that signed it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// `person`, `practice`, `hospital`, `laboratory`, `pharmacy`, `insurer`, `auditor` or `other`.
    pub(crate) kind: &'static str,
    /// What they call themselves.
    pub(crate) name: &'a str,
    /// The organisation that they belong to; null when the card names none.
    pub(crate) organisation: Option<&'a str>,
    /// Where they are; null when the card does not say.
    pub(crate) address: Option<&'a str>,
    /// Fingerprint of their encryption key: five groups of four hexadecimal digits.
    pub(crate) fingerprint: String,
    /// The records contract.
    pub(crate) contract: String,
    /// Id of the chain, a number.
    pub(crate) chain_id: u32,
    /// Hash of the chain's first block.
    pub(crate) genesis: String,
    /// When it was made, by its maker's clock.
    pub(crate) issued: String,
    /// A card with a higher number replaces the older one.
    pub(crate) serial: u64,
}

impl<'a> CardFields<'a> {
    pub(crate) fn of(card: &'a Card) -> Self {
        Self {
            principal: card.principal,
            kind: card.kind.as_str(),
            name: card.name.as_str(),
            organisation: card.organisation.as_ref().map(|text| text.as_str()),
            address: card.address.as_ref().map(|text| text.as_str()),
            fingerprint: Fingerprint::of_digest(&card.key_hash).to_string(),
            contract: card.contract.to_string(),
            chain_id: card.chain_id.number(),
            genesis: hex::encode(card.genesis),
            issued: times::rfc3339(card.issued),
            serial: card.serial,
        }
    }
}

impl<'a> ShownCard<'a> {
    pub(crate) fn of(card: &'a Card, text: &'a str, file: Option<&'a Path>) -> Self {
        Self { card: CardFields::of(card), text, file }
    }
}

/// Somebody whom this profile knows.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct KnownPerson<'a> {
    /// Their account.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: &'a Principal,
    /// This person's own name for them; null until one is given or the card's is accepted.
    pub(crate) name: Option<&'a str>,
    /// What their card says; null when there is none.
    pub(crate) card: Option<CardFields<'a>>,
    /// When they were added.
    pub(crate) added: String,
}

impl<'a> KnownPerson<'a> {
    pub(crate) fn of(person: &'a Person, card: Option<&'a Card>) -> Self {
        Self {
            principal: &person.principal,
            name: person.own_name.as_ref().map(FieldText::as_str),
            card: card.map(CardFields::of),
            added: times::rfc3339(UnixTime::from_seconds(person.added)),
        }
    }
}

/// Somebody whom this profile knows, with their card to pass on.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShownPerson<'a> {
    #[serde(flatten)]
    pub(crate) person: KnownPerson<'a>,
    /// Their card as text; null when there is none.
    pub(crate) text: Option<&'a str>,
    /// The file that has the card now; null without `-o`.
    pub(crate) file: Option<&'a Path>,
}

/// Somebody who was forgotten.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RemovedPerson<'a> {
    /// Their account.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: &'a Principal,
    /// This person's own name for them; null when they had none.
    pub(crate) name: Option<&'a str>,
}

/// The directory that was made.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MadeDirectory<'a> {
    /// What its signer calls it.
    pub(crate) name: &'a str,
    /// A directory with a higher number replaces the older one.
    pub(crate) serial: u64,
    /// How many cards it lists.
    pub(crate) cards: usize,
    /// The file that has it.
    pub(crate) output: &'a Path,
}

/// A directory that this profile has added.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct KnownDirectory<'a> {
    /// This person's name for it.
    pub(crate) name: &'a str,
    /// Principal of who signs it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) publisher: StandardPrincipal,
    /// Where it is read again: an address, or a file's path. Empty where it was given by hand in the portal.
    pub(crate) source: &'a str,
    /// A directory with a higher number replaces the older one.
    pub(crate) serial: u64,
    /// When it was made, by its maker's clock.
    pub(crate) issued: String,
    /// Whom it lists.
    pub(crate) listed: Vec<ListedPerson<'a>>,
    /// Whom it listed before.
    pub(crate) left: Vec<ListedPerson<'a>>,
}

/// Somebody whom a directory lists, or listed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ListedPerson<'a> {
    /// Their account.
    #[cfg_attr(test, schemars(with = "String"))]
    principal: &'a Principal,
    /// What they call themselves.
    name: &'a str,
}

impl<'a> KnownDirectory<'a> {
    pub(crate) fn of(kept: &'a KeptDirectory) -> Self {
        Self {
            name: kept.name.as_str(),
            publisher: kept.publisher,
            source: &kept.source,
            serial: kept.serial,
            issued: times::rfc3339(UnixTime::from_seconds(kept.issued)),
            listed: listed(&kept.listed),
            left: listed(&kept.left),
        }
    }
}

fn listed(cards: &[ListedCard]) -> Vec<ListedPerson<'_>> {
    cards.iter().map(|one| ListedPerson { principal: &one.principal, name: &one.name }).collect()
}

/// A directory that was read again; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct UpdatedDirectory<'a> {
    /// This person's name for it.
    name: &'a str,
    /// Its number now.
    serial: u64,
    /// Whether it is another one than before.
    changed: bool,
    /// Who came.
    joined: Vec<ListedPerson<'a>>,
    /// Who is listed no longer.
    left: Vec<ListedPerson<'a>>,
}

impl<'a> UpdatedDirectory<'a> {
    pub(crate) fn of(kept: &'a KeptDirectory, news: &'a DirectoryNews) -> Self {
        let (joined, left) = match news {
            DirectoryNews::Newer { joined, left } => (listed(joined), listed(left)),
            _ => (Vec::new(), Vec::new()),
        };
        let changed = *news != DirectoryNews::Same;
        Self { name: kept.name.as_str(), serial: kept.serial, changed, joined, left }
    }
}

/// A directory that was forgotten.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RemovedDirectory<'a> {
    /// This person's name for it.
    pub(crate) name: &'a str,
    /// Principal of who signs it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) publisher: StandardPrincipal,
}
