//! Names that somebody who acts for a patient leaves in the patient's profile, where both profiles are in one home: a child
//! reads who a clinic is that a parent chose, and who the parent is.
//!
//! What is left is sealed to the patient and signed by whoever leaves it. The patient's program takes it up when the profile
//! is unlocked, from those whom the profile itself remembers to have named; whom the patient knows already keeps their name.

use mrms_contract::read;
use mrms_core::{Principal, StandardPrincipal, UnixTime};
use mrms_crypto::HybridRecipient;
use mrms_people::left_names::MOST_SEALED;
use mrms_people::{LeftNames, People, Person, SignedDocument};
use rand_core::CryptoRng;

use crate::people::card::CardError;
use crate::profile::granted_all::ReadsAllBy;
use crate::profile::{ProfileError, ProfileFolder};
use crate::session::{Actor, Session};
use crate::sharing::note;

/// Names are sealed in a multiple of this many bytes, so that their length tells little.
const PADDED_TO: usize = 4_096;

impl Session<'_> {
    /// Leaves names for a patient in their profile. Nothing is left where the patient has published no key, and where the names
    /// are too many.
    ///
    /// # Errors
    ///
    /// [`CardError`].
    pub fn leave_people(
        &self,
        actor: &Actor,
        (patient, profile): (StandardPrincipal, &ProfileFolder),
        people: &People,
        now: UnixTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), CardError> {
        let published = self.ask(&read::encryption_key(&Principal::from(patient)))?;
        let key = published.and_then(|key| HybridRecipient::from_bytes(&key.recipient).ok());
        let Some(recipient) = key else { return Ok(()) };
        // Plain fields: nothing here can fail to serialize.
        let mut bytes = serde_json::to_vec(people).unwrap_or_default();
        bytes.resize(bytes.len().next_multiple_of(PADDED_TO), b' ');
        let sealed = note::seal(recipient, &bytes, rng);
        let Some(sealed) = sealed.filter(|sealed| sealed.len() <= MOST_SEALED) else {
            return Ok(());
        };
        let left = LeftNames {
            giver: actor.principal,
            patient,
            chain_id: self.ledger.network().chain_id,
            issued: now,
            sealed,
        };
        let signed = SignedDocument::sign(left, &actor.key).map_err(CardError::from)?;
        Ok(profile.save_left_names(&signed.to_text())?)
    }

    /// Everybody to be named to a patient: whoever may do something with their records now, as far as the actor knows a name
    /// for them, and the actor.
    ///
    /// # Errors
    ///
    /// [`CardError`].
    pub fn names_to_leave(
        &self,
        actor: &Actor,
        patient: &Principal,
        now: UnixTime,
    ) -> Result<People, CardError> {
        let root = actor.keyring.record_root()?;
        let known = self.profile.people(&root)?;
        let mut people = People::default();
        let me = actor.principal();
        if let Some(name) = self.profile.called(&root)? {
            let card = self.profile.own_card(&root)?.map(|card| card.to_text());
            let own_name = Some(name);
            people.set(Person { principal: me.clone(), own_name, card, added: now.seconds() });
        }
        for holder in self.holders(patient)? {
            if let Some(person) = known.get(&holder.who).filter(|_| holder.who != me) {
                people.set(person.clone());
            }
        }
        Ok(people)
    }
}

impl ProfileFolder {
    /// Takes up the names that were left in this profile. Only those count that somebody left whom this profile remembers as a
    /// delegate; whatever else lies there is left as it is.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn take_left_names(
        &self,
        actor: &Actor,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ProfileError> {
        let Some(text) = self.left_names()? else { return Ok(()) };
        let Ok(signed) = SignedDocument::<LeftNames>::from_text(&text) else { return Ok(()) };
        let left = signed.document();
        let Ok(root) = actor.keyring.record_root() else { return Ok(()) };
        let giver = Principal::from(left.giver);
        let is_mine = left.patient.hash160() == actor.principal.hash160();
        if !is_mine || !self.has_named(&root, &giver)? {
            return Ok(());
        }
        let Some(bytes) = note::open(actor, &left.sealed) else { return Ok(()) };
        let Ok(new) = serde_json::from_slice::<People>(&bytes) else { return Ok(()) };
        let me = actor.principal();
        self.change_people(&root, rng, |people| {
            for person in new.all() {
                let is_free = person.own_name.as_ref().is_none_or(|name| {
                    people
                        .look_at_name(name.as_str(), &person.principal)
                        .is_ok_and(|alike| alike.is_empty())
                });
                if person.principal != me && people.get(&person.principal).is_none() && is_free {
                    people.set(person.clone());
                }
            }
        })?;
        self.forget_left_names()
    }

    /// Whether the person named somebody a delegate, also one who is none any more.
    fn has_named(
        &self,
        root: &mrms_crypto::RecordRoot,
        who: &Principal,
    ) -> Result<bool, ProfileError> {
        let by = [ReadsAllBy::Delegation, ReadsAllBy::Contact];
        let memory = self.granted(root)?;
        Ok(memory.of_all().iter().any(|one| one.reader == *who && by.contains(&one.by)))
    }
}
