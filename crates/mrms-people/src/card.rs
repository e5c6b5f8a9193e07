//! [`Card`]: what somebody says of themselves, and to which key others encrypt for them.
//!
//! A card says nothing that its signer could not make up, but for the account, which signed it. It does
//! not have the key itself, which the contract's directory has: it has the key's hash.

use std::fmt;
use std::str::FromStr;

use mrms_core::{ChainId, ContractId, StandardPrincipal, UnixTime};
use mrms_stacks::clarity::{Reading, Value};
use sha2::{Digest, Sha256};

use crate::document::{Document, DocumentError, ascii, read_text};
use crate::text::FieldText;

/// Longest name, in bytes.
pub const MOST_NAME: usize = 64;
/// Longest organisation, in bytes.
pub const MOST_ORGANISATION: usize = 64;
/// Longest postal address, in bytes.
pub const MOST_ADDRESS: usize = 120;

/// What kind of person or organisation somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Person,
    Practice,
    Hospital,
    Laboratory,
    Pharmacy,
    Insurer,
    Auditor,
    Other,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Person,
        Self::Practice,
        Self::Hospital,
        Self::Laboratory,
        Self::Pharmacy,
        Self::Insurer,
        Self::Auditor,
        Self::Other,
    ];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Practice => "practice",
            Self::Hospital => "hospital",
            Self::Laboratory => "laboratory",
            Self::Pharmacy => "pharmacy",
            Self::Insurer => "insurer",
            Self::Auditor => "auditor",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{word:?} is no kind: person, practice, hospital, laboratory, pharmacy, insurer, auditor or other"
)]
pub struct ParseKindError {
    /// The word.
    pub word: String,
}

impl FromStr for Kind {
    type Err = ParseKindError;

    fn from_str(word: &str) -> Result<Self, ParseKindError> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        known.ok_or_else(|| ParseKindError { word: word.to_owned() })
    }
}

/// What somebody says of themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Their account. It signs the card.
    pub principal: StandardPrincipal,
    /// What kind of person or organisation they are.
    pub kind: Kind,
    /// What they call themselves.
    pub name: FieldText<MOST_NAME>,
    /// The organisation that they belong to.
    pub organisation: Option<FieldText<MOST_ORGANISATION>>,
    /// Where they are, as an accounting of disclosures names it.
    pub address: Option<FieldText<MOST_ADDRESS>>,
    /// Digest of the encryption key that they have published, see [`Card::hash_of_key`].
    pub key_hash: [u8; 32],
    /// The chain.
    pub chain_id: ChainId,
    /// Hash of the chain's first block, as its nodes tell it.
    pub genesis: [u8; 32],
    /// The records contract.
    pub contract: ContractId,
    /// When it was made, by its maker's clock.
    pub issued: UnixTime,
    /// A card with a higher serial replaces the older one.
    pub serial: u64,
}

impl Card {
    /// The digest by which a card names an encryption key: SHA-256 over a label and the key's bytes. Its first
    /// 80 bits are the fingerprint that people compare.
    #[must_use]
    pub fn hash_of_key(recipient: &[u8]) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(b"mrms/recipient-fingerprint/v1");
        digest.update(recipient);
        digest.finalize().into()
    }
}

impl Document for Card {
    const TOPIC: &'static str = "card";
    const CALLED: &'static str = "a card";
    /// So that a phone reads the QR code.
    const MOST_BYTES: usize = 500;

    fn signer(&self) -> StandardPrincipal {
        self.principal
    }

    fn chain_id(&self) -> ChainId {
        self.chain_id
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self {
            principal,
            kind,
            name,
            organisation,
            address,
            key_hash,
            chain_id,
            genesis,
            contract,
            issued,
            serial,
        } = self;
        let text = |text: &str| Value::StringUtf8(text.to_owned());
        vec![
            ("who", Value::principal(*principal)),
            ("kind", ascii(kind)),
            ("name", text(name.as_str())),
            ("org", Value::optional(organisation.as_ref().map(|one| text(one.as_str())))),
            ("address", Value::optional(address.as_ref().map(|one| text(one.as_str())))),
            ("key", Value::buffer(*key_hash)),
            ("chain", Value::uint(chain_id.number())),
            ("genesis", Value::buffer(*genesis)),
            ("contract", Value::principal(contract.clone())),
            ("issued", Value::uint(issued.seconds())),
            ("serial", Value::uint(*serial)),
        ]
    }

    fn from_fields(fields: &Reading<'_>) -> Result<Self, DocumentError> {
        let optional = |name: &str| fields.field(name)?.optional();
        let chain = fields.field("chain")?.uint64()?;
        Ok(Self {
            principal: *fields.field("who")?.account()?,
            kind: fields
                .field("kind")?
                .ascii()?
                .parse()
                .map_err(|_| DocumentError::Unknown { field: "kind" })?,
            name: read_text(&fields.field("name")?, "name")?,
            organisation: optional("org")?
                .map(|one| read_text(&one, "organisation"))
                .transpose()?,
            address: optional("address")?.map(|one| read_text(&one, "address")).transpose()?,
            key_hash: fields.field("key")?.array()?,
            chain_id: u32::try_from(chain)
                .map(ChainId::new)
                .map_err(|_| DocumentError::Unknown { field: "chain" })?,
            genesis: fields.field("genesis")?.array()?,
            contract: fields.field("contract")?.contract()?.clone(),
            issued: UnixTime::from_seconds(fields.field("issued")?.uint64()?),
            serial: fields.field("serial")?.uint64()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use mrms_stacks::keys::SigningKey;
    use mrms_stacks::network::TransactionVersion;

    use super::*;
    use crate::document::{SignedDocument, armor, armor_for_code, bytes_of_file, topic_of};

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_bytes(&[byte; 32]).unwrap()
    }

    fn card() -> Card {
        Card {
            principal: key(1).address(TransactionVersion::Testnet),
            kind: Kind::Practice,
            name: FieldText::new("Clinic B").unwrap(),
            organisation: Some(FieldText::new("Region Nord").unwrap()),
            address: None,
            key_hash: [9; 32],
            chain_id: ChainId::EMBEDDED,
            genesis: [7; 32],
            contract: "ST000000000000000000002AMW42H.medical-records-management".parse().unwrap(),
            issued: UnixTime::from_seconds(1_700_000_000),
            serial: 3,
        }
    }

    #[test]
    fn card_is_read_as_it_was_signed() {
        let signed = SignedDocument::sign(card(), &key(1)).unwrap();
        assert_eq!(signed.document(), &card());
        assert!(signed.to_bytes().len() < 500, "{}", signed.to_bytes().len());
        assert_eq!(SignedDocument::from_bytes(&signed.to_bytes()).unwrap(), signed);
        let wrapped = signed.to_text().replace('A', "A\n  ");
        assert_eq!(SignedDocument::<Card>::from_text(&wrapped).unwrap(), signed);
        assert_eq!(topic_of(&signed.to_bytes()).as_deref(), Some("card"));
        let bytes = signed.to_bytes();
        for contents in [
            bytes.clone(),
            format!("\u{feff}\n {wrapped}\n").into_bytes(),
            format!("{}\n", armor_for_code(&bytes)).into_bytes(),
        ] {
            assert_eq!(bytes_of_file(&contents).unwrap(), bytes);
        }
    }

    #[test]
    fn altered_or_foreign_card_is_refused() {
        let bytes = SignedDocument::sign(card(), &key(1)).unwrap().to_bytes();
        for position in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[position] ^= 1;
            assert!(SignedDocument::<Card>::from_bytes(&altered).is_err(), "byte {position}");
            assert!(SignedDocument::<Card>::from_bytes(&bytes[..position]).is_err());
        }
        assert!(SignedDocument::sign(card(), &key(2)).is_err(), "another's principal");
        for text in ["", "mrms:", "mrms:????", "http://x", "mrms:AAAA", &armor(&[0; 64])] {
            assert!(SignedDocument::<Card>::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn texts_that_act_on_a_screen_or_are_too_long_are_refused_when_read() {
        let long = "a".repeat(100_000);
        for field in ["name", "org", "address"] {
            for bad in ["Clinic\u{202e}B", "Clinic\u{1b}[2J", "a\nb", "\u{200b}", "", &long] {
                let mut fields = card().fields();
                for (name, value) in &mut fields {
                    if *name == field {
                        let text = Value::StringUtf8(bad.to_owned());
                        *value = if field == "name" { text } else { Value::optional(Some(text)) };
                    }
                }
                let value = crate::document::tuple(fields);
                let refused = Card::from_fields(&value.read()).unwrap_err();
                assert!(matches!(refused, DocumentError::Text { .. }), "{field}: {refused}");
            }
        }
    }
}
