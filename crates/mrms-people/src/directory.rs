//! [`Directory`]: the cards that an organisation lists, signed by it under a serial that only grows.
//!
//! Each card in it is whole, with the signature of its own maker: a directory chooses whom it lists, and can say nothing
//! in their name.

use std::collections::BTreeSet;

use mrms_core::{ChainId, Principal, StandardPrincipal, UnixTime};
use mrms_stacks::clarity::{Reading, Value};

use crate::card::{Card, MOST_NAME};
use crate::document::{self, Document, DocumentError, SignedDocument, read_text};
use crate::text::FieldText;

/// The cards that an organisation lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Who signs it.
    pub publisher: StandardPrincipal,
    /// What the publisher calls it.
    pub name: FieldText<MOST_NAME>,
    /// The chain.
    pub chain_id: ChainId,
    /// When it was made, by its maker's clock.
    pub issued: UnixTime,
    /// A directory with a higher serial replaces the older one.
    pub serial: u64,
    /// The cards, one for each account.
    pub cards: Vec<SignedDocument<Card>>,
}

impl Directory {
    /// The card of an account.
    #[must_use]
    pub fn card_of(&self, principal: &Principal) -> Option<&SignedDocument<Card>> {
        self.cards.iter().find(|card| Principal::from(card.document().principal) == *principal)
    }

    /// The cards in this directory of accounts that `other` does not list.
    pub fn without<'d>(
        &'d self,
        other: &'d Self,
    ) -> impl Iterator<Item = &'d SignedDocument<Card>> {
        let others: BTreeSet<_> =
            other.cards.iter().map(|card| card.document().principal.to_string()).collect();
        self.cards
            .iter()
            .filter(move |card| !others.contains(&card.document().principal.to_string()))
    }
}

impl Document for Directory {
    const TOPIC: &'static str = "directory";
    const CALLED: &'static str = "a directory";
    const MOST_BYTES: usize = document::MOST_BYTES;

    fn signer(&self) -> StandardPrincipal {
        self.publisher
    }

    fn chain_id(&self) -> ChainId {
        self.chain_id
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self { publisher, name, chain_id, issued, serial, cards } = self;
        vec![
            ("who", Value::principal(*publisher)),
            ("name", Value::StringUtf8(name.as_str().to_owned())),
            ("chain", Value::uint(chain_id.number())),
            ("issued", Value::uint(issued.seconds())),
            ("serial", Value::uint(*serial)),
            (
                "cards",
                Value::List(cards.iter().map(|card| Value::buffer(card.to_bytes())).collect()),
            ),
        ]
    }

    fn from_fields(fields: &Reading<'_>) -> Result<Self, DocumentError> {
        let unknown = |field| DocumentError::Unknown { field };
        let chain =
            u32::try_from(fields.field("chain")?.uint64()?).map_err(|_| unknown("chain"))?;
        let mut cards = Vec::new();
        let mut seen = BTreeSet::new();
        for card in fields.field("cards")?.list()? {
            let card = SignedDocument::<Card>::from_bytes(card.buffer()?)?;
            // Two cards of one account would be two answers to one question.
            if !seen.insert(card.document().principal.to_string()) {
                return Err(unknown("list of cards, which has one account twice,"));
            }
            cards.push(card);
        }
        Ok(Self {
            publisher: *fields.field("who")?.account()?,
            name: read_text(&fields.field("name")?, "name")?,
            chain_id: ChainId::new(chain),
            issued: UnixTime::from_seconds(fields.field("issued")?.uint64()?),
            serial: fields.field("serial")?.uint64()?,
            cards,
        })
    }
}

#[cfg(test)]
mod tests {
    use mrms_stacks::keys::SigningKey;
    use mrms_stacks::network::TransactionVersion;

    use super::*;
    use crate::card::Kind;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_bytes(&[byte; 32]).unwrap()
    }

    fn card(byte: u8) -> SignedDocument<Card> {
        let card = Card {
            principal: key(byte).address(TransactionVersion::Testnet),
            kind: Kind::Person,
            name: FieldText::new(&format!("Dr {byte}")).unwrap(),
            organisation: None,
            address: None,
            key_hash: [byte; 32],
            chain_id: ChainId::EMBEDDED,
            genesis: [7; 32],
            contract: "ST000000000000000000002AMW42H.medical-records-management".parse().unwrap(),
            issued: UnixTime::from_seconds(1),
            serial: 1,
        };
        SignedDocument::sign(card, &key(byte)).unwrap()
    }

    fn directory(cards: Vec<SignedDocument<Card>>) -> Directory {
        Directory {
            publisher: key(1).address(TransactionVersion::Testnet),
            name: FieldText::new("Region Nord").unwrap(),
            chain_id: ChainId::EMBEDDED,
            issued: UnixTime::from_seconds(2),
            serial: 5,
            cards,
        }
    }

    #[test]
    fn directory_is_read_as_it_was_signed_and_cards_that_left_are_found() {
        let signed = SignedDocument::sign(directory(vec![card(2), card(3)]), &key(1)).unwrap();
        assert_eq!(SignedDocument::from_bytes(&signed.to_bytes()).unwrap(), signed);
        let later = directory(vec![card(3), card(4)]);
        let names = |cards: Vec<&SignedDocument<Card>>| -> Vec<String> {
            cards.iter().map(|card| card.document().name.to_string()).collect()
        };
        assert_eq!(names(signed.document().without(&later).collect()), ["Dr 2"]);
        assert_eq!(names(later.without(signed.document()).collect()), ["Dr 4"]);
        let none = SignedDocument::sign(directory(Vec::new()), &key(1)).unwrap();
        assert_eq!(SignedDocument::from_bytes(&none.to_bytes()).unwrap(), none);
    }

    #[test]
    fn card_inside_that_was_altered_or_stands_twice_is_refused() {
        let signed = SignedDocument::sign(directory(vec![card(2)]), &key(1)).unwrap();
        // The publisher signs a card in which it has changed a name.
        let mut bytes = card(2).to_bytes();
        let at = bytes.windows(4).position(|part| part == b"Dr 2").unwrap();
        bytes[at + 3] = b'3';
        let mut fields = signed.document().fields();
        for (name, value) in &mut fields {
            if *name == "cards" {
                *value = Value::List(vec![Value::buffer(bytes.clone())]);
            }
        }
        let value = document::tuple(fields);
        let refused = Directory::from_fields(&value.read()).unwrap_err();
        assert!(matches!(refused, DocumentError::Signature(_)), "{refused}");
        let twice = SignedDocument::sign(directory(vec![card(2), card(2)]), &key(1)).unwrap();
        assert!(SignedDocument::<Directory>::from_bytes(&twice.to_bytes()).is_err());
        assert!(SignedDocument::sign(directory(Vec::new()), &key(2)).is_err(), "another's name");
    }
}
