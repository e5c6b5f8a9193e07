//! Whose a record is, before a version is sealed to its patient.
//!
//! The ledger names the patient, and a node can name anybody: whoever believed it would seal the next version to a stranger.
//! So something else has to show it. An id that is bound to its maker names them. Whoever made a record for somebody, or sent it
//! to them, remembers to whom. A record that was made by somebody whom this profile knows and now is another one's needs the
//! person's word, once. Where the maker is unknown, as a patient's delegate may be, whom the profile met first counts.

use mrms_contract::{ContractError, ids, read};
use mrms_core::{Principal, RecordId};
use mrms_crypto::RecordRoot;
use rand_core::CryptoRng;

use crate::records::write::WriteError;
use crate::session::{Actor, Session};

impl Session<'_> {
    /// The person says whose a record is, or made it theirs.
    ///
    /// # Errors
    ///
    /// [`WriteError::Profile`], [`WriteError::NoKey`].
    pub fn know_patient(
        &self,
        actor: &Actor,
        id: RecordId,
        patient: &Principal,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), WriteError> {
        let root = actor.keyring.record_root()?;
        Ok(self.profile.know_whose(&root, self.contract, (id, patient), rng)?)
    }

    /// Whom the ledger calls a record's patient, where nothing else shows it: a version would be refused until the person says
    /// that it is theirs.
    ///
    /// # Errors
    ///
    /// [`WriteError`], also where there is no such record, or one was succeeded.
    pub fn patient_in_doubt(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<Option<Principal>, WriteError> {
        let Some(record) = self.ask(&read::record(id))? else {
            return Err(WriteError::Refused(ContractError::RecordNotFound));
        };
        match self.must_be_patient(actor, id, &record.patient) {
            Ok(()) => Ok(None),
            Err(WriteError::OtherPatient { named, .. }) => Ok(Some(named)),
            Err(error) => Err(error),
        }
    }

    /// Refuses a patient whom the ledger names and nothing else shows.
    pub(crate) fn must_be_patient(
        &self,
        actor: &Actor,
        id: RecordId,
        named: &Principal,
    ) -> Result<(), WriteError> {
        if *named == actor.principal() || ids::is_of_maker(id, named) {
            return Ok(());
        }
        let root = actor.keyring.record_root()?;
        let known = self.profile.whose(&root, self.contract, id)?;
        let is_theirs = match known {
            Some(known) => known == *named,
            None => self.met_as_theirs(actor, &root, id, named)?,
        };
        if is_theirs {
            return Ok(());
        }
        // Who has handed everything over to them is told that.
        Err(match self.why_not_patient(&actor.principal(), named) {
            refusal @ ContractError::Succeeded => WriteError::Refused(refusal),
            _ => WriteError::OtherPatient { record: id, named: named.clone() },
        })
    }

    /// Of an id that tells nothing, or names somebody whom this profile does not know: whether nothing that it met before says
    /// otherwise.
    fn met_as_theirs(
        &self,
        actor: &Actor,
        root: &RecordRoot,
        id: RecordId,
        named: &Principal,
    ) -> Result<bool, WriteError> {
        let received = self.profile.received(root)?.records(self.contract);
        let is_other = received.get(&id).is_some_and(|one| one.patient != *named);
        if is_other || self.record_index(Some(actor)).knows(id) {
            return Ok(false);
        }
        let made = |one: &Principal| ids::is_of_maker(id, one);
        let is_of_known = made(&actor.principal())
            || self.profile.pinned()?.keys().any(made)
            || received.values().any(|one| made(&one.patient))
            || self.profile.people(root)?.all().iter().any(|person| made(&person.principal));
        Ok(!is_of_known)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::profile::remembered::PinnedRecipient;
    use crate::session::Sending;
    use crate::testing::{Fakes, actor};

    #[test]
    fn patient_is_whom_the_id_names_or_the_person_and_nobody_whom_the_ledger_alone_names() {
        let mut rng = StdRng::seed_from_u64(11);
        let (me, other, third) = (actor(&mut rng), actor(&mut rng), actor(&mut rng));
        let fakes = Fakes::new(me.principal).unwrap();
        let session = fakes.session(Sending::Send);
        let [mine, theirs] = [&me, &other].map(|one| ids::bound_to(&one.principal(), 5).unwrap());
        let (other, third) = (other.principal(), third.principal());
        let is_fine = |id, named: &Principal| session.must_be_patient(&me, id, named).is_ok();
        assert!(is_fine(mine, &me.principal()) && is_fine(theirs, &me.principal()));
        assert!(is_fine(theirs, &other), "the id names its maker");
        for named in [&other, &third] {
            let refused = session.must_be_patient(&me, mine, named).unwrap_err();
            assert!(matches!(refused, WriteError::OtherPatient { .. }), "{refused}");
        }
        // Until their maker is known, whom the ledger names first counts.
        assert!(is_fine(theirs, &third));
        let key = PinnedRecipient { recipient: "age1".to_owned(), generation: 1 };
        session.profile.pin(&BTreeMap::from([(other.clone(), key)])).unwrap();
        assert!(!is_fine(theirs, &third) && is_fine(theirs, &other));
        session.know_patient(&me, mine, &other, &mut rng).unwrap();
        assert!(is_fine(mine, &other) && !is_fine(mine, &third));
        // An id that tells nothing is whose the ledger says, until the person said it.
        let silent = RecordId::new(7);
        assert!(is_fine(silent, &other));
        session.know_patient(&me, silent, &third, &mut rng).unwrap();
        assert!(!is_fine(silent, &other) && is_fine(silent, &third));
    }
}
