//! What `card`, `people` and `directory` print.

use std::path::Path;

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
