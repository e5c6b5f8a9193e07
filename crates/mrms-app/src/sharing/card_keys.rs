//! Cards and keys: whoever has somebody's card wraps nothing to a key that is not on it, unless they have compared that
//! key's fingerprint.
//!
//! A card counts on the chain and for the contract that it names, and nowhere else.

use std::collections::BTreeMap;

use mrms_core::{Principal, hexadecimal};
use mrms_crypto::{Fingerprint, HybridRecipient, RecordRoot};
use mrms_people::{Card, People};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::session::{Actor, Session};
use crate::sharing::recipients::RecipientError;

/// The file with the keys that a person has accepted beside a card, by whom they belong to; and the name under which it is
/// sealed.
const FILE: &str = "accepted-keys.sealed";

/// A key that was accepted beside a card. It counts as long as the card names the key that it named then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AcceptedKey {
    /// Digest of the key on the card, in hexadecimal.
    card: String,
    /// Digest of the key that was accepted.
    key: String,
}

type Accepted = BTreeMap<Principal, AcceptedKey>;

/// The key that somebody's card names, and the one that was accepted beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CardKey {
    card: [u8; 32],
    accepted: Option<[u8; 32]>,
}

/// The cards that a person has, and the keys that they accepted beside them.
pub(super) struct KnownCards {
    root: RecordRoot,
    people: People,
    accepted: Accepted,
}

impl CardKey {
    /// Whether something may be wrapped to this key.
    pub(super) fn allows(&self, recipient: &HybridRecipient) -> bool {
        let digest = recipient.digest();
        digest == self.card || Some(digest) == self.accepted
    }

    /// The fingerprint on the card.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_digest(&self.card)
    }
}

impl Session<'_> {
    /// The key that the owner's card names; `None` without an actor, whose cards could be read, and without a card for
    /// this ledger and contract.
    pub(super) fn card_key(
        &self,
        actor: Option<&Actor>,
        owner: &Principal,
    ) -> Result<Option<CardKey>, RecipientError> {
        let Some(actor) = actor else { return Ok(None) };
        self.card_key_among(&self.known_cards(actor)?, owner)
    }

    /// The cards that a person has, to look into for many people.
    pub(super) fn known_cards(&self, actor: &Actor) -> Result<KnownCards, RecipientError> {
        let root = actor.keyring.record_root()?;
        let people = self.profile.people(&root)?;
        let accepted = self.profile.load_sealed(&root, FILE)?;
        Ok(KnownCards { root, people, accepted })
    }

    fn card_key_among(
        &self,
        KnownCards { root, people, accepted }: &KnownCards,
        owner: &Principal,
    ) -> Result<Option<CardKey>, RecipientError> {
        let card = self.profile.card_among(people, root, owner)?;
        let Some(card) = card.filter(|card| self.is_for_here(card.document())) else {
            return Ok(None);
        };
        let hash = card.document().key_hash;
        let accepted = accepted.get(owner).filter(|accepted| accepted.card == hex::encode(hash));
        let accepted = accepted.and_then(|accepted| {
            let mut digest = [0; 32];
            hexadecimal::decode_to_slice(&accepted.key, &mut digest).ok().map(|()| digest)
        });
        Ok(Some(CardKey { card: hash, accepted }))
    }

    /// Whether a recipient is the one on the owner's card, or was accepted beside it; so is any, without a card.
    pub(crate) fn is_on_card(
        &self,
        actor: &Actor,
        owner: &Principal,
        recipient: &HybridRecipient,
    ) -> Result<bool, RecipientError> {
        self.is_on_card_among(&self.known_cards(actor)?, owner, recipient)
    }

    /// The same, where the cards were read already.
    pub(super) fn is_on_card_among(
        &self,
        cards: &KnownCards,
        owner: &Principal,
        recipient: &HybridRecipient,
    ) -> Result<bool, RecipientError> {
        Ok(self.card_key_among(cards, owner)?.is_none_or(|card| card.allows(recipient)))
    }

    /// Remembers that this key of the owner was compared and is trusted, where the card that one has names another.
    pub(super) fn accept_beside_card(
        &self,
        root: &RecordRoot,
        owner: &Principal,
        recipient: &str,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), RecipientError> {
        let Some(card) = self.profile.card_of(root, owner)? else { return Ok(()) };
        let key = self.remembered_recipient(recipient)?.digest();
        let card = card.document().key_hash;
        if key == card {
            return Ok(());
        }
        let accepted = AcceptedKey { card: hex::encode(card), key: hex::encode(key) };
        self.profile.change_sealed(root, FILE, rng, |all: &mut Accepted| {
            all.insert(owner.clone(), accepted);
        })?;
        Ok(())
    }

    /// Whether a card is for this chain, ledger and contract.
    #[must_use]
    pub fn is_for_here(&self, card: &Card) -> bool {
        let is_ledger = self.genesis().is_none_or(|genesis| genesis == card.genesis);
        card.chain_id == self.ledger.network().chain_id
            && is_ledger
            && card.contract == *self.contract
    }
}
