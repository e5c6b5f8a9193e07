//! Takes a card into one's people: what it is beside what one has, and whether it is for the ledger in use.

use mrms_contract::read;
use mrms_core::{ContractId, Principal, UnixTime};
use mrms_crypto::{Fingerprint, HybridRecipient};
use mrms_people::card::MOST_NAME;
use mrms_people::{Card, CardNews, DocumentError, FieldText, Person, SignedDocument};
use rand_core::CryptoRng;

use crate::people::card::CardError;
use crate::session::{Actor, Session};

/// A card that somebody handed over, looked at and not kept yet.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The card. Its signature holds.
    pub card: SignedDocument<Card>,
    /// What it is beside the one that is kept.
    pub news: CardNews,
    /// The key in the contract's directory, where it is not the one on the card.
    pub other_key: Option<OtherKey>,
}

/// Why the contract's directory does not have the key on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherKey {
    /// It has none of theirs.
    None,
    /// It has another one.
    Another(Fingerprint),
}

/// Why a card is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfferError {
    /// It is no card, or was altered.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It is the reader's own.
    #[error("this is your own card")]
    Own,
    /// It is for another ledger or contract.
    #[error("this card is for {theirs}, and you work with {ours}")]
    Elsewhere {
        /// What the card is for.
        theirs: Place,
        /// What this session works with.
        ours: Place,
    },
    /// A newer one is kept.
    #[error(
        "this card has the number {serial}, and you have a newer one of the same account, number {kept}"
    )]
    Older {
        /// Its serial.
        serial: u64,
        /// The serial of the one that is kept.
        kept: u64,
    },
    /// It says something else under a serial that was given already.
    #[error("this card has the number {serial}, as the one you have, and says something else")]
    Contradicts {
        /// The serial of both.
        serial: u64,
    },
    /// The contract or the profile could not be asked.
    #[error(transparent)]
    Card(#[from] CardError),
}

/// What a card is for, as far as two of them differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A chain.
    Chain(mrms_core::ChainId),
    /// A ledger, by the beginning of its first block's hash.
    Ledger([u8; 32]),
    /// A contract.
    Contract(ContractId),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Chain(chain) => write!(f, "the chain {chain}"),
            Self::Ledger(genesis) => {
                write!(f, "the ledger that began with {}", hex::encode(&genesis[..8]))
            }
            Self::Contract(contract) => write!(f, "the contract {contract}"),
        }
    }
}

impl Session<'_> {
    /// Looks at a card that somebody handed over.
    ///
    /// # Errors
    ///
    /// [`OfferError`].
    pub fn look_at_card(&self, actor: &Actor, bytes: &[u8]) -> Result<Offered, OfferError> {
        let card = SignedDocument::<Card>::from_bytes(bytes)?;
        let said = card.document();
        if said.principal.hash160() == actor.principal.hash160() {
            return Err(OfferError::Own);
        }
        self.must_be_for_here(said)?;
        let root = actor.keyring.record_root().map_err(CardError::from)?;
        let people = self.profile.people(&root).map_err(CardError::from)?;
        let news = people.news(&card);
        let serial = said.serial;
        match news {
            CardNews::Older { kept } => return Err(OfferError::Older { serial, kept }),
            CardNews::Contradicts { .. } => return Err(OfferError::Contradicts { serial }),
            _ => {}
        }
        let owner = Principal::from(said.principal);
        let published = self.ask(&read::encryption_key(&owner)).map_err(CardError::from)?;
        let other_key = match published {
            None => Some(OtherKey::None),
            Some(key) if Card::hash_of_key(&key.recipient) == said.key_hash => None,
            Some(key) => Some(match HybridRecipient::from_bytes(&key.recipient) {
                Ok(recipient) => OtherKey::Another(recipient.fingerprint()),
                Err(_) => OtherKey::None,
            }),
        };
        Ok(Offered { card, news, other_key })
    }

    /// Fails if a card is for another chain, ledger or contract than this session's.
    ///
    /// # Errors
    ///
    /// [`OfferError::Elsewhere`].
    pub fn must_be_for_here(&self, card: &Card) -> Result<(), OfferError> {
        let elsewhere = |theirs, ours| Err(OfferError::Elsewhere { theirs, ours });
        let chain = self.ledger.network().chain_id;
        if card.chain_id != chain {
            return elsewhere(Place::Chain(card.chain_id), Place::Chain(chain));
        }
        if let Some(genesis) = self.genesis()
            && genesis != card.genesis
        {
            return elsewhere(Place::Ledger(card.genesis), Place::Ledger(genesis));
        }
        if card.contract != *self.contract {
            return elsewhere(
                Place::Contract(card.contract.clone()),
                Place::Contract(self.contract.clone()),
            );
        }
        Ok(())
    }

    /// Keeps a card that was [looked at](Self::look_at_card). With a name, it is this person's own name for them from
    /// now on; without one, the name that they had stays.
    ///
    /// # Errors
    ///
    /// [`OfferError::Card`].
    pub fn keep_card(
        &self,
        actor: &Actor,
        offered: &Offered,
        own_name: Option<FieldText<MOST_NAME>>,
        now: UnixTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), OfferError> {
        let root = actor.keyring.record_root().map_err(CardError::from)?;
        let card = &offered.card;
        let kept = self.profile.change_people(&root, rng, |people| {
            // Another command may have kept a newer one meanwhile.
            if let CardNews::Older { kept } = people.news(card) {
                return Err(OfferError::Older { serial: card.document().serial, kept });
            }
            let principal = Principal::from(card.document().principal);
            let known = people.get(&principal);
            let (before, added) =
                known.map_or((None, now.seconds()), |known| (known.own_name.clone(), known.added));
            let own_name = own_name.or(before);
            people.set(Person { principal, own_name, card: Some(card.to_text()), added });
            Ok(())
        });
        kept.map_err(CardError::from)?
    }
}
