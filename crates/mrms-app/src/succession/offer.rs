//! The patient's part: offers everything to a successor, and makes the document with the keys.
//!
//! The document can be made again at any time, also after the successor has accepted: whoever has the former words can make
//! it. So nothing is lost where a command was killed between the two.

use mrms_contract::{ContractError, call, read};
use mrms_core::{Principal, StandardPrincipal, UnixTime};
use mrms_crypto::{Fingerprint, HybridRecipient};
use mrms_people::{Card, HandOver, SignedDocument};
use rand_core::CryptoRng;

use crate::profile::granted_all::{AllTerms, Allows, ReadsAllBy};
use crate::sending::outcome::Outcome;
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::note;
use crate::sharing::recipients::{ChangedKey, RecipientError};
use crate::succession::memory::{self, Memory};
use crate::succession::{HandOverError, HandedOver};

/// What the successor gets.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The document, sealed to the successor.
    pub document: SignedDocument<HandOver>,
    /// How far the handing over is.
    pub step: Step,
    /// Whether the memory of people and grants is in it; it is not where it is too long.
    pub has_memory: bool,
}

/// How far a handing over is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was offered just now.
    Offered,
    /// It was offered before.
    OfferedBefore,
    /// The successor has accepted.
    Accepted,
}

/// What an offer is called in the outbox.
#[must_use]
pub fn offering(successor: &Principal) -> String {
    format!("offer the succession to {successor}")
}

impl Session<'_> {
    /// Offers everything to a successor, unless that is offered already, and makes the document with the keys.
    ///
    /// # Errors
    ///
    /// [`HandOverError`].
    pub fn offer_succession(
        &self,
        actor: &Actor,
        successor: StandardPrincipal,
        now: UnixTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Offered>, HandOverError> {
        let (me, to) = (actor.principal(), Principal::from(successor));
        if me == to {
            return Err(HandOverError::Oneself);
        }
        let step = match self.handed_over(&me)? {
            Some(HandedOver { to: latest, .. }) if latest == to => Step::Accepted,
            Some(HandedOver { to, since }) => return Err(HandOverError::Already { to, since }),
            None => {
                self.must_be_new(&to)?;
                match self.offered_to(&me)? {
                    Some(pending) if pending == to => Step::OfferedBefore,
                    _ => Step::Offered,
                }
            }
        };
        // Before the transaction: whatever is wrong with their key or the memory is found out first.
        let (document, has_memory) = self.hand_over_document(actor, successor, now, rng)?;
        let offered = Offered { document, step, has_memory };
        if step != Step::Offered {
            return Ok(Outcome::Done(offered));
        }
        // Before it is sent: an offer that nobody here noted is one of somebody else who has the words.
        self.note_offer_made(&me, &to)?;
        let remembered = AllTerms {
            allows: Allows::Succession,
            expiry: None,
            recipient: String::new(),
            goes_on: false,
        };
        let sent = self.carry_out_for_all(
            actor,
            (&to, ReadsAllBy::Offer),
            &offering(&to),
            Some(remembered),
            call::offer_succession(&to),
        )?;
        Ok(sent.map(|_| {
            self.note_replaced_offers(actor, &to);
            offered
        }))
    }

    /// The contract has one offer: whoever had one before has it no more.
    fn note_replaced_offers(&self, actor: &Actor, to: &Principal) {
        let Ok(root) = actor.keyring.record_root() else { return };
        let memory = self.profile.granted(&root).unwrap_or_default();
        let others = memory
            .all_of(self.contract)
            .filter(|one| one.by == ReadsAllBy::Offer && one.reader != *to && one.stands());
        for other in others {
            self.note_ended(actor, &other.reader, &[], ReadsAllBy::Offer.ended_with());
        }
    }

    /// Takes the offer back. Returns to whom it was. What this profile remembers to have offered is taken back whatever a ledger
    /// shows.
    ///
    /// # Errors
    ///
    /// [`HandOverError`].
    pub fn withdraw_succession(&self, actor: &Actor) -> Result<Outcome<Principal>, HandOverError> {
        let me = actor.principal();
        self.note_remembered_offers(actor);
        // One that was not made here is told from now on, whoever takes it back.
        let _ = self.past_offers(&me);
        let shown = self.offer_that_stands(&me);
        let to = match (&shown, self.offer_remembered(actor)?) {
            (Ok(to), _) => to.clone(),
            (Err(_), Some(to)) => to,
            (Err(_), None) => return shown.map(Outcome::Done),
        };
        let sent = self.carry_out_for_all(
            actor,
            (&to, ReadsAllBy::Offer),
            "take back the offer of the succession",
            None,
            call::offer_succession(&me),
        );
        match (sent, shown) {
            (Err(error), Err(shown)) if error.refusal().is_some() => Err(shown),
            (sent, _) => Ok(sent?.map(|_| to)),
        }
    }

    /// To whom everything is offered, as the ledger shows it.
    fn offer_that_stands(&self, me: &Principal) -> Result<Principal, HandOverError> {
        if let Some(HandedOver { to, since }) = self.handed_over(me)? {
            return Err(HandOverError::Already { to, since });
        }
        let pending = self.offered_to(me)?;
        pending.ok_or(HandOverError::Refused(ContractError::NoOffer))
    }

    /// The same as this profile remembers it. Where that can't be read, nothing is known.
    fn offer_remembered(&self, actor: &Actor) -> Result<Option<Principal>, HandOverError> {
        let memory = self.profile.granted(&actor.keyring.record_root()?).unwrap_or_default();
        let mut offers = memory.all_of(self.contract).filter(|one| one.by == ReadsAllBy::Offer);
        Ok(offers.find(|one| one.stands()).map(|one| one.reader.clone()))
    }

    /// Fails if the key on a card is not the one that its maker has published.
    ///
    /// # Errors
    ///
    /// [`HandOverError::Recipient`].
    pub fn must_be_key_of(&self, card: &Card) -> Result<(), HandOverError> {
        let owner = Principal::from(card.principal);
        let published = self.ask(&read::encryption_key(&owner))?;
        let published = published
            .ok_or_else(|| RecipientError::NotPublished { owner: owner.clone() })?
            .recipient;
        let recipient = HybridRecipient::from_bytes(&published)
            .map_err(|source| RecipientError::Malformed { owner: owner.clone(), source })?;
        if Card::hash_of_key(&published) == card.key_hash {
            return Ok(());
        }
        let (card, published) = (Fingerprint::of_digest(&card.key_hash), recipient.fingerprint());
        Err(RecipientError::NotOnCard { owner, card, published }.into())
    }

    /// Fails if somebody is a member of the organisation that hands over: the contract lets nobody end that later, and members
    /// go on opening what was granted to it.
    ///
    /// # Errors
    ///
    /// [`HandOverError::StaffStands`].
    pub fn must_have_no_members(&self, organisation: &Principal) -> Result<(), HandOverError> {
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let staff = self.staff(organisation)?;
        match staff.members.iter().filter(|one| one.membership.is_live(now)).count() {
            0 => Ok(()),
            count => Err(HandOverError::StaffStands { count }),
        }
    }

    /// Fails if the contract would not take this account as a successor.
    pub(crate) fn must_be_new(&self, successor: &Principal) -> Result<(), HandOverError> {
        let counts = self.ask(&read::patient_counts(successor))?;
        if counts.records > 0 || counts.audit_count > 0 || counts.successor.is_some() {
            return Err(HandOverError::Refused(ContractError::NotNew));
        }
        Ok(())
    }

    fn hand_over_document(
        &self,
        actor: &Actor,
        successor: StandardPrincipal,
        now: UnixTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<(SignedDocument<HandOver>, bool), HandOverError> {
        let to = Principal::from(successor);
        let changed = match self.sending {
            // The person was asked before; a dry run remembers no answer.
            Sending::DryRun => ChangedKey::Accept,
            _ => ChangedKey::Refuse,
        };
        let recipient = self.recipient_of(Some(actor), &to, changed)?;
        let key_hash = Card::hash_of_key(&recipient.to_bytes());
        let root = actor.keyring.record_root()?;
        let remembered = Memory::of(self.profile, &root, self.contract)?;
        let keys = actor.keyring.bequest(actor.identity)?.to_secret_bytes();
        let (bytes, has_memory) = memory::to_bytes(&keys, &remembered);
        let sealed = note::seal(recipient, &bytes, rng)
            .ok_or(HandOverError::Document(mrms_people::DocumentError::Unknown { field: "key" }))?;
        let document = HandOver {
            patient: actor.principal,
            successor,
            key_hash,
            chain_id: self.ledger.network().chain_id,
            genesis: self.genesis().ok_or_else(|| HandOverError::NoGenesis {
                ledger: self.ledger.name().to_owned(),
            })?,
            contract: self.contract.clone(),
            issued: now,
            sealed,
        };
        Ok((SignedDocument::sign(document, &actor.key)?, has_memory))
    }
}
