//! One's own card: what it says is the person's own choice, what it is signed for is the contract's.

use mrms_contract::read;
use mrms_core::UnixTime;
use mrms_crypto::RecordRoot;
use mrms_crypto::keyring::NoKeyError;
use mrms_people::card::{MOST_ADDRESS, MOST_NAME, MOST_ORGANISATION};
use mrms_people::{Card, DocumentError, FieldText, Kind, SignedDocument};
use rand_core::CryptoRng;

use crate::profile::{ProfileError, ProfileFolder};
use crate::session::{Actor, AskError, Sending, Session};

/// The file with one's own card as text, and the name under which it is sealed.
const FILE: &str = "card.sealed";

/// What somebody says of themselves on a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardTexts {
    /// What kind of person or organisation they are.
    pub kind: Kind,
    /// What they call themselves.
    pub name: FieldText<MOST_NAME>,
    /// The organisation that they belong to.
    pub organisation: Option<FieldText<MOST_ORGANISATION>>,
    /// Where they are.
    pub address: Option<FieldText<MOST_ADDRESS>>,
}

/// Why there is no card.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// The person has not said what it should say.
    #[error("this profile has no card yet")]
    NotSet,
    /// Others could not encrypt to them.
    #[error("your encryption key is not published, and a card names it")]
    NotPublished,
    /// The ledger does not tell its first block.
    #[error("the {ledger} does not tell its first block, and a card names it")]
    NoGenesis {
        /// The ledger's name.
        ledger: String,
    },
    /// It can't be signed, or the file was altered.
    #[error("the card cannot be made or read")]
    Document(#[from] DocumentError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's file could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] NoKeyError),
}

/// One's own card, ready to be given away.
#[derive(Clone, Debug)]
pub struct OwnCard {
    /// The card.
    pub card: SignedDocument<Card>,
    /// Whether it was made anew just now, since the one before names another key, chain or contract.
    pub is_renewed: bool,
}

impl ProfileFolder {
    /// One's own card as it was made last, without asking the ledger whether it still fits; `None` before there is one.
    ///
    /// # Errors
    ///
    /// [`CardError::Profile`], [`CardError::Document`].
    pub fn own_card(&self, root: &RecordRoot) -> Result<Option<SignedDocument<Card>>, CardError> {
        let text: Option<String> = self.load_sealed(root, FILE)?;
        Ok(text.as_deref().map(SignedDocument::from_text).transpose()?)
    }
}

impl Session<'_> {
    /// Makes one's own card. It replaces the one before wherever others have that.
    ///
    /// # Errors
    ///
    /// [`CardError`].
    pub fn set_card(
        &self,
        actor: &Actor,
        texts: CardTexts,
        now: UnixTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<SignedDocument<Card>, CardError> {
        let root = actor.keyring.record_root()?;
        let before = self.profile.own_card(&root)?;
        self.sign_card(actor, texts, before.as_ref(), now, rng)
    }

    /// One's own card. Makes it anew, with the same words, if it names another key, chain or contract than this
    /// session works with.
    ///
    /// # Errors
    ///
    /// [`CardError::NotSet`] before [`Self::set_card`]; else [`CardError`].
    pub fn own_card(
        &self,
        actor: &Actor,
        now: UnixTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<OwnCard, CardError> {
        let root = actor.keyring.record_root()?;
        let kept = self.profile.own_card(&root)?.ok_or(CardError::NotSet)?;
        let Card { kind, name, organisation, address, .. } = kept.document().clone();
        let wanted = self.card(actor, CardTexts { kind, name, organisation, address }, now)?;
        let same =
            Card { issued: kept.document().issued, serial: kept.document().serial, ..wanted };
        if same == *kept.document() {
            return Ok(OwnCard { card: kept, is_renewed: false });
        }
        let Card { kind, name, organisation, address, .. } = same;
        let texts = CardTexts { kind, name, organisation, address };
        let card = self.sign_card(actor, texts, Some(&kept), now, rng)?;
        Ok(OwnCard { card, is_renewed: true })
    }

    fn sign_card(
        &self,
        actor: &Actor,
        texts: CardTexts,
        before: Option<&SignedDocument<Card>>,
        now: UnixTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<SignedDocument<Card>, CardError> {
        let mut card = self.card(actor, texts, now)?;
        // The time, so that a profile that was recovered from its words goes on above the serials of before.
        let next = before.map_or(0, |before| before.document().serial.saturating_add(1));
        card.serial = next.max(now.seconds());
        let signed = SignedDocument::sign(card, &actor.key)?;
        if self.sending != Sending::DryRun {
            let root = actor.keyring.record_root()?;
            let text = signed.to_text();
            self.profile.change_sealed(&root, FILE, rng, |kept: &mut Option<String>| {
                *kept = Some(text);
            })?;
        }
        Ok(signed)
    }

    fn card(&self, actor: &Actor, texts: CardTexts, now: UnixTime) -> Result<Card, CardError> {
        let published = self.ask(&read::encryption_key(&actor.principal()))?;
        let published = published.ok_or(CardError::NotPublished)?;
        let CardTexts { kind, name, organisation, address } = texts;
        Ok(Card {
            principal: actor.principal,
            kind,
            name,
            organisation,
            address,
            key_hash: Card::hash_of_key(&published.recipient),
            chain_id: self.ledger.network().chain_id,
            genesis: self
                .genesis()
                .ok_or_else(|| CardError::NoGenesis { ledger: self.ledger.name().to_owned() })?,
            contract: self.contract.clone(),
            issued: now,
            serial: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use mrms_crypto::{IdentityIndex, Keyring, Words};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn card_names_a_key_by_the_digest_of_its_fingerprint() {
        let words = Words::generate(&mut StdRng::seed_from_u64(4));
        let identity = Keyring::from_words(&words).identity(IdentityIndex::FIRST).unwrap();
        let recipient = identity.recipient();
        let hash = Card::hash_of_key(&recipient.to_bytes());
        assert_eq!(hash, recipient.digest());
        assert_eq!(mrms_crypto::Fingerprint::of_digest(&hash), recipient.fingerprint());
    }
}
