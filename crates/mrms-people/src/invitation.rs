//! [`Invitation`]: whom one joins, and how their node, vaults and sponsor are reached.
//!
//! Its maker's whole signed card is inside, and the same account signs the invitation. What it names can be
//! checked: a node by the first block of its chain, a vault by its account. Whether these answer as
//! named is asked by who joins.

use std::fmt;

use mrms_core::{ChainId, ContractId, StandardPrincipal, UnixTime};
use mrms_stacks::clarity::{Reading, Value};
use zeroize::Zeroizing;

use crate::card::Card;
use crate::document::{Document, DocumentError, SignedDocument, ascii, tuple};
use crate::url::ServiceUrl;

/// The most vaults that an invitation names.
pub const MOST_VAULTS: usize = 16;

/// A vault, as its operator and the inviter name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitedVault {
    /// Where it is reached.
    pub url: ServiceUrl,
    /// The account with which it answers.
    pub account: StandardPrincipal,
}

/// A secret that a sponsor takes once. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct VoucherText(Zeroizing<String>);

impl VoucherText {
    /// Takes 16 to 128 letters, digits and signs, as sponsors do.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_one = (16..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_one.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for VoucherText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VoucherText(..)")
    }
}

/// Who pays the fees of those who join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitedSponsor {
    /// Where it is reached.
    pub url: ServiceUrl,
    /// What makes it pay for one account that joins; `None` where it knows whom it pays for, or in an invitation for
    /// everybody.
    pub voucher: Option<VoucherText>,
}

/// Whom one joins, and how their node, vaults and sponsor are reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Who invites.
    pub inviter: SignedDocument<Card>,
    /// The node that serves the ledger.
    pub node: ServiceUrl,
    /// The chain.
    pub chain_id: ChainId,
    /// Hash of the chain's first block, as its nodes tell it.
    pub genesis: [u8; 32],
    /// The records contract.
    pub contract: ContractId,
    /// The vaults, in the order of their shares.
    pub vaults: Vec<InvitedVault>,
    /// How many of the vaults are needed to release a key.
    pub threshold: u8,
    /// Who pays fees; `None` if everybody pays their own.
    pub sponsor: Option<InvitedSponsor>,
    /// When it was made, by its maker's clock.
    pub issued: UnixTime,
    /// From when on it is not taken any more.
    pub valid_until: UnixTime,
    /// An invitation with a higher serial replaces the older one.
    pub serial: u64,
}

impl Invitation {
    /// Who invites, as their card says.
    #[must_use]
    pub const fn card(&self) -> &Card {
        self.inviter.document()
    }

    /// Whether it is over at this time.
    #[must_use]
    pub fn has_expired(&self, now: UnixTime) -> bool {
        now.seconds() >= self.valid_until.seconds()
    }

    /// Every address in it: node, vaults, sponsor.
    pub fn addresses(&self) -> impl Iterator<Item = &ServiceUrl> {
        let vaults = self.vaults.iter().map(|vault| &vault.url);
        let sponsor = self.sponsor.iter().map(|sponsor| &sponsor.url);
        std::iter::once(&self.node).chain(vaults).chain(sponsor)
    }

    /// The same for everybody who asks: without the voucher, which is for one account.
    #[must_use]
    pub fn for_everybody(&self) -> Self {
        let sponsor = self.sponsor.as_ref();
        let sponsor = sponsor.map(|one| InvitedSponsor { url: one.url.clone(), voucher: None });
        Self { sponsor, ..self.clone() }
    }

    /// Whether this is a newer invitation of the same inviter than another one, for the same ledger and contract.
    #[must_use]
    pub fn replaces(&self, other: &Self) -> bool {
        self.card().principal == other.card().principal
            && self.is_for_the_ledger_of(other)
            && self.serial > other.serial
    }

    /// Whether both are for one contract on one ledger.
    #[must_use]
    pub fn is_for_the_ledger_of(&self, other: &Self) -> bool {
        self.chain_id == other.chain_id
            && self.genesis == other.genesis
            && self.contract == other.contract
    }

    /// Fails unless its parts fit together.
    fn check(self) -> Result<Self, DocumentError> {
        let card = self.card();
        let is_of_one_ledger = card.chain_id == self.chain_id
            && card.genesis == self.genesis
            && card.contract == self.contract;
        if !is_of_one_ledger {
            return Err(DocumentError::Unfit {
                field: "inviter's card",
                reason: "it is for another ledger",
            });
        }
        let count = self.vaults.len();
        if !(1..=MOST_VAULTS).contains(&count) {
            return Err(DocumentError::Unfit {
                field: "list of vaults",
                reason: "it names none, or more than 16",
            });
        }
        if !(1..=count).contains(&usize::from(self.threshold)) {
            return Err(DocumentError::Unfit {
                field: "number of vaults that are needed",
                reason: "it is none from 1 to the number of vaults",
            });
        }
        for (at, vault) in self.vaults.iter().enumerate() {
            let is_twice =
                |other: &InvitedVault| other.url == vault.url || other.account == vault.account;
            if self.vaults[..at].iter().any(is_twice) {
                return Err(DocumentError::Unfit {
                    field: "list of vaults",
                    reason: "it names one twice",
                });
            }
        }
        Ok(self)
    }
}

impl Document for Invitation {
    const TOPIC: &'static str = "invitation";
    const CALLED: &'static str = "an invitation";
    /// Sixteen vaults with the longest addresses.
    const MOST_BYTES: usize = 8_000;

    fn signer(&self) -> StandardPrincipal {
        self.card().principal
    }

    fn chain_id(&self) -> ChainId {
        self.chain_id
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self {
            inviter,
            node,
            chain_id,
            genesis,
            contract,
            vaults,
            threshold,
            sponsor,
            issued,
            valid_until,
            serial,
        } = self;
        let vault = |vault: &InvitedVault| {
            tuple([("who", Value::principal(vault.account)), ("url", ascii(&vault.url))])
        };
        let sponsor = sponsor.as_ref().map(|sponsor| {
            let voucher = sponsor.voucher.as_ref().map(|one| ascii(one.expose()));
            tuple([("url", ascii(&sponsor.url)), ("voucher", Value::optional(voucher))])
        });
        vec![
            ("card", Value::buffer(inviter.to_bytes())),
            ("node", ascii(node)),
            ("chain", Value::uint(chain_id.number())),
            ("genesis", Value::buffer(*genesis)),
            ("contract", Value::principal(contract.clone())),
            ("vaults", Value::List(vaults.iter().map(vault).collect())),
            ("threshold", Value::uint(*threshold)),
            ("sponsor", Value::optional(sponsor)),
            ("issued", Value::uint(issued.seconds())),
            ("until", Value::uint(valid_until.seconds())),
            ("serial", Value::uint(*serial)),
        ]
    }

    fn from_fields(fields: &Reading<'_>) -> Result<Self, DocumentError> {
        let inviter = SignedDocument::from_bytes(fields.field("card")?.buffer()?)?;
        let chain = fields.field("chain")?.uint64()?;
        let unknown = |field| DocumentError::Unknown { field };
        let mut vaults = Vec::new();
        for vault in fields.field("vaults")?.list()? {
            vaults.push(InvitedVault {
                url: read_url(&vault.field("url")?, "vault's address")?,
                account: *vault.field("who")?.account()?,
            });
        }
        let sponsor = fields.field("sponsor")?.optional()?.map(|sponsor| {
            let voucher = sponsor.field("voucher")?.optional()?;
            let read =
                |text: Reading<'_>| VoucherText::new(text.ascii()?).ok_or(unknown("voucher"));
            Ok::<_, DocumentError>(InvitedSponsor {
                url: read_url(&sponsor.field("url")?, "sponsor's address")?,
                voucher: voucher.map(read).transpose()?,
            })
        });
        let threshold = fields.field("threshold")?.uint64()?;
        let invitation = Self {
            inviter,
            node: read_url(&fields.field("node")?, "node's address")?,
            chain_id: u32::try_from(chain).map(ChainId::new).map_err(|_| unknown("chain"))?,
            genesis: fields.field("genesis")?.array()?,
            contract: fields.field("contract")?.contract()?.clone(),
            vaults,
            threshold: u8::try_from(threshold).map_err(|_| unknown("number of vaults"))?,
            sponsor: sponsor.transpose()?,
            issued: UnixTime::from_seconds(fields.field("issued")?.uint64()?),
            valid_until: UnixTime::from_seconds(fields.field("until")?.uint64()?),
            serial: fields.field("serial")?.uint64()?,
        };
        invitation.check()
    }
}

fn read_url(reading: &Reading<'_>, field: &'static str) -> Result<ServiceUrl, DocumentError> {
    reading.ascii()?.parse().map_err(|source| DocumentError::Address { field, source })
}

#[cfg(test)]
mod tests {
    use mrms_stacks::keys::SigningKey;
    use mrms_stacks::network::TransactionVersion;

    use super::*;
    use crate::card::Kind;
    use crate::text::FieldText;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_bytes(&[byte; 32]).unwrap()
    }

    fn account(byte: u8) -> StandardPrincipal {
        key(byte).address(TransactionVersion::Testnet)
    }

    fn card(genesis: [u8; 32]) -> SignedDocument<Card> {
        let card = Card {
            principal: account(1),
            kind: Kind::Practice,
            name: FieldText::new("Clinic B").unwrap(),
            organisation: None,
            address: None,
            key_hash: Card::hash_of_key(b"key"),
            chain_id: ChainId::EMBEDDED,
            genesis,
            contract: "ST000000000000000000002AMW42H.medical-records-management".parse().unwrap(),
            issued: UnixTime::from_seconds(1_700_000_000),
            serial: 3,
        };
        SignedDocument::sign(card, &key(1)).unwrap()
    }

    fn vault(number: u8) -> InvitedVault {
        let url = format!("https://vault{number}.clinic.example").parse().unwrap();
        InvitedVault { url, account: account(number) }
    }

    fn invitation() -> Invitation {
        let inviter = card([7; 32]);
        Invitation {
            node: "https://node.clinic.example".parse().unwrap(),
            chain_id: ChainId::EMBEDDED,
            genesis: [7; 32],
            contract: inviter.document().contract.clone(),
            inviter,
            vaults: vec![vault(2), vault(3), vault(4)],
            threshold: 2,
            sponsor: Some(InvitedSponsor {
                url: "https://sponsor.clinic.example".parse().unwrap(),
                voucher: VoucherText::new("0123456789abcdef"),
            }),
            issued: UnixTime::from_seconds(1_700_000_000),
            valid_until: UnixTime::from_seconds(1_702_592_000),
            serial: 5,
        }
    }

    /// The content with one field in place of its own.
    fn with(name: &str, value: Value) -> Result<Invitation, DocumentError> {
        let mut fields = invitation().fields();
        fields.iter_mut().find(|(field, _)| *field == name).unwrap().1 = value;
        Invitation::from_fields(&tuple(fields).read())
    }

    #[test]
    fn invitation_is_read_as_it_was_signed() {
        let signed = SignedDocument::sign(invitation(), &key(1)).unwrap();
        assert_eq!(SignedDocument::from_text(&signed.to_text()).unwrap(), signed);
        // Short enough for the QR code of a telephone.
        assert!(signed.to_text().len() < 2_000, "{}", signed.to_text().len());
        assert!(!format!("{signed:?}").contains("0123456789abcdef"));
        let everybody = signed.document().for_everybody();
        assert_eq!(everybody.sponsor.unwrap().voucher, None);
        assert!(!invitation().has_expired(UnixTime::from_seconds(1_702_591_999)));
        assert!(invitation().has_expired(UnixTime::from_seconds(1_702_592_000)));
    }

    #[test]
    fn altered_cut_or_foreign_invitation_is_refused() {
        let bytes = SignedDocument::sign(invitation(), &key(1)).unwrap().to_bytes();
        for position in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[position] ^= 1;
            assert!(SignedDocument::<Invitation>::from_bytes(&altered).is_err(), "byte {position}");
        }
        for length in (0..bytes.len()).step_by(7) {
            assert!(SignedDocument::<Invitation>::from_bytes(&bytes[..length]).is_err());
        }
        assert!(SignedDocument::sign(invitation(), &key(2)).is_err(), "another's card");
        let card = card([7; 32]).to_bytes();
        let refused = SignedDocument::<Invitation>::from_bytes(&card).unwrap_err();
        assert!(matches!(refused, DocumentError::OtherKind { expected: "an invitation", .. }));
    }

    #[test]
    fn parts_that_do_not_fit_together_are_refused() {
        assert!(with("serial", Value::uint(6_u64)).is_ok());
        let one = |number: u8, url: &str| {
            tuple([("who", Value::principal(account(number))), ("url", ascii(url))])
        };
        let many = (1..=17).map(|at| one(at, &format!("https://v{at}.example"))).collect();
        for (name, value) in [
            ("genesis", Value::buffer([8; 32])),
            ("card", Value::buffer(card([8; 32]).to_bytes())),
            ("card", Value::buffer([0; 400])),
            ("threshold", Value::uint(0_u8)),
            ("threshold", Value::uint(4_u8)),
            ("threshold", Value::uint(258_u64)),
            ("vaults", Value::List(Vec::new())),
            ("vaults", Value::List(many)),
            ("vaults", Value::List(vec![one(2, "https://a.example"), one(2, "https://b.example")])),
            ("vaults", Value::List(vec![one(2, "https://a.example"), one(3, "https://a.example")])),
            ("node", ascii("ftp://node.clinic.example")),
            ("node", ascii("https://me@node.clinic.example")),
            ("node", ascii(format!("https://{}.example", "a".repeat(100_000)))),
            ("node", Value::StringUtf8("https://node\u{202e}.example".to_owned())),
        ] {
            assert!(with(name, value).is_err(), "{name}");
        }
    }

    #[test]
    fn newer_one_of_the_same_inviter_replaces() {
        let old = invitation();
        let newer = Invitation { serial: 6, ..invitation() };
        assert!(newer.replaces(&old) && !old.replaces(&newer) && !old.replaces(&old));
        let elsewhere = Invitation { serial: 6, genesis: [8; 32], ..invitation() };
        assert!(!elsewhere.replaces(&old));
    }
}
