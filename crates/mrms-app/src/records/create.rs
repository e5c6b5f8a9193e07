//! Creates a record with its first version.
//!
//! Follows `create-medical-record`, and `create-record-for` where a delegate creates it for a patient.

use std::io::Read;

use mrms_contract::{ContractError, call, ids, read};
use mrms_core::{Powers, Principal, RecordId};
use rand_core::CryptoRng;

use crate::records::write::{Added, LeftOut, Placement, Source, WriteError};
use crate::sending::outcome::Outcome;
use crate::session::{Actor, Session};
use crate::sharing::tend::LeftNew;

/// What creating a record is called in the outbox; of somebody else, it is theirs.
#[must_use]
pub fn creating(id: RecordId, patient: Option<&Principal>) -> String {
    match patient {
        None => format!("create record {id}"),
        Some(patient) => format!("create record {id} for {patient}"),
    }
}

impl Session<'_> {
    /// Creates a record with its first version; the actor becomes its patient.
    ///
    /// # Errors
    ///
    /// [`WriteError`]; then there is no such record of this actor.
    pub fn create<R: Read + Send>(
        &self,
        actor: &Actor,
        id: RecordId,
        source: Source<R>,
        placement: Placement,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Added>, WriteError> {
        // Asked before anything is sealed and stored; the contract has the last word.
        if self.ask(&read::record(id))?.is_some() {
            return Err(WriteError::Refused(ContractError::RecordExists));
        }
        if ids::is_foreign(id, &actor.principal()) {
            return Err(WriteError::Refused(ContractError::ForeignId));
        }
        let me = actor.principal();
        let (sealed, mut missing) = self.ready(actor, (id, &me), source, placement, rng)?;
        let call = call::create_medical_record(id, sealed.envelope.to_bytes());
        let description = creating(id, None);
        let added = self.add(actor, &description, &sealed, vec![call], rng)?;
        let (mut shared_with, mut left_out) = (Vec::new(), Vec::new());
        if let Outcome::Done(added) = &added {
            // Without this the next list looks at whose version this is.
            let _ = self.note_versions(actor, [(id, added.version)], rng);
            let new = sealed.new_version(id, added.version);
            let LeftNew { served, waiting } = self.leave_new(actor, &[new], &mut missing, rng);
            shared_with.extend(served);
            left_out.extend(waiting.into_iter().map(|(user, why)| LeftOut { user, why }));
        }
        Ok(added.map(|added| Added { missing, shared_with, left_out, ..added }))
    }

    /// Creates a record of a patient whose delegate the actor is. The actor is its author.
    ///
    /// # Errors
    ///
    /// [`WriteError`]; then there is no such record.
    pub fn create_for<R: Read + Send>(
        &self,
        actor: &Actor,
        patient: &Principal,
        id: RecordId,
        source: Source<R>,
        placement: Placement,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Added>, WriteError> {
        let me = actor.principal();
        let standing = self.standing_of(&me, patient)?;
        standing.must_have(Powers::ADD).map_err(WriteError::Refused)?;
        if self.ask(&read::record(id))?.is_some() {
            return Err(WriteError::Refused(ContractError::RecordExists));
        }
        if ids::is_foreign(id, &me) {
            return Err(WriteError::Refused(ContractError::ForeignId));
        }
        let pinned = self.profile.pinned()?;
        let (sealed, missing) = self.ready(actor, (id, patient), source, placement, rng)?;
        let first_seen = self.first_seen(actor, patient, &pinned)?;
        let call = call::create_record_for(patient, id, sealed.envelope.to_bytes());
        self.know_patient(actor, id, patient, rng)?;
        let description = creating(id, Some(patient));
        let added = self.add(actor, &description, &sealed, vec![call], rng)?;
        Ok(added.map(|added| Added { missing, first_seen, ..added }))
    }
}
