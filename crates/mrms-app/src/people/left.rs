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

#[cfg(test)]
mod tests {
    use mrms_core::{ChainId, Powers};
    use mrms_people::FieldText;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::profile::granted_all::{AllTerms, Allows};
    use crate::testing::{Fakes, actor};

    struct Scene {
        fakes: Fakes,
        child: Actor,
        parent: Actor,
        stranger: Actor,
        rng: StdRng,
    }

    fn person(who: &Principal, called: &str) -> Person {
        let own_name = Some(FieldText::new(called).unwrap());
        Person { principal: who.clone(), own_name, card: None, added: 1 }
    }

    impl Scene {
        /// A child whose profile remembers that it named the parent a delegate.
        fn new() -> Self {
            let mut rng = StdRng::seed_from_u64(12);
            let [child, parent, stranger] = [(); 3].map(|()| actor(&mut rng));
            let fakes = Fakes::new(child.principal).unwrap();
            let root = child.keyring.record_root().unwrap();
            let terms = AllTerms {
                allows: Allows::Powers(Powers::ALL),
                expiry: None,
                recipient: String::new(),
                goes_on: false,
            };
            let contract = fakes.contract.clone();
            let name = |memory: &mut crate::profile::granted::GrantedMemory| {
                memory.set_all(&contract, &parent.principal(), terms);
            };
            fakes.profile.change_granted(&root, name).unwrap();
            Self { fakes, child, parent, stranger, rng }
        }

        fn leaves(&mut self, giver: usize, patient: usize, people: &[Person]) {
            let all = [&self.parent, &self.stranger, &self.child];
            let (giver, patient) = (all[giver], all[patient]);
            let mut left = People::default();
            people.iter().for_each(|one| left.set(one.clone()));
            let recipient = self.child.keyring.identity(self.child.identity).unwrap();
            let bytes = serde_json::to_vec(&left).unwrap();
            let left = LeftNames {
                giver: giver.principal,
                patient: patient.principal,
                chain_id: ChainId::EMBEDDED,
                issued: UnixTime::from_seconds(1_800_000_000),
                sealed: note::seal(recipient.recipient().clone(), &bytes, &mut self.rng).unwrap(),
            };
            let text = SignedDocument::sign(left, &giver.key).unwrap().to_text();
            self.fakes.profile.save_left_names(&text).unwrap();
        }

        /// What the child calls somebody, after the profile was unlocked once more.
        fn called(&mut self, who: &Principal) -> Option<String> {
            let profile = &self.fakes.profile;
            profile.take_left_names(&self.child, &mut self.rng).unwrap();
            let root = self.child.keyring.record_root().unwrap();
            profile.people(&root).unwrap().name_of(who).map(str::to_owned)
        }
    }

    #[test]
    fn names_of_a_delegate_are_taken_up_once_and_whom_the_child_knows_stays() {
        let mut scene = Scene::new();
        let clinic: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let parent = scene.parent.principal();
        scene.leaves(0, 2, &[person(&parent, "Anna Muster"), person(&clinic, "Clinic Nord")]);
        assert_eq!(scene.called(&parent).as_deref(), Some("Anna Muster"));
        assert_eq!(scene.called(&clinic).as_deref(), Some("Clinic Nord"));
        assert_eq!(scene.fakes.profile.left_names().unwrap(), None, "taken up");
        // A name that the child has for somebody, and a name that means another, stay what they are.
        let other: Principal = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap();
        scene.leaves(0, 2, &[person(&parent, "Anna M."), person(&other, "clinic  nord")]);
        assert_eq!(scene.called(&parent).as_deref(), Some("Anna Muster"));
        assert_eq!(scene.called(&other), None);
    }

    #[test]
    fn names_that_a_stranger_leaves_or_that_are_for_another_name_nobody() {
        let mut scene = Scene::new();
        let clinic: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        for (giver, patient) in [(1, 2), (0, 1)] {
            scene.leaves(giver, patient, &[person(&clinic, "Clinic Nord")]);
            assert_eq!(scene.called(&clinic), None, "{giver} for {patient}");
        }
        scene.fakes.profile.save_left_names("mrms:damaged").unwrap();
        assert_eq!(scene.called(&clinic), None);
    }
}
