//! Creates a record with its first version.
//!
//! Follows `create-medical-record`.

use std::io::Read;

use mrms_contract::{ContractError, call, ids, read};
use mrms_core::RecordId;
use rand_core::CryptoRng;

use crate::records::write::{Added, Placement, Source, WriteError};
use crate::sending::outcome::Outcome;
use crate::session::{Actor, Session};

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
        let (sealed, missing) = self.ready(actor, id, source, placement, rng)?;
        let call = call::create_medical_record(id, sealed.envelope.to_bytes());
        let added = self.add(actor, &format!("create record {id}"), &sealed, vec![call])?;
        if let Outcome::Done(added) = &added {
            // Without this the next list looks at whose version this is.
            let _ = self.note_versions(actor, [(id, added.version)], rng);
        }
        Ok(added.map(|added| Added { missing, ..added }))
    }
}
