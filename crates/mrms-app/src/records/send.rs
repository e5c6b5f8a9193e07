//! Makes a record for somebody else: writes it, lets them read it, and offers it to them.
//!
//! The record is the sender's until the other accepts it, and nobody else can read it. Its key is wrapped to the other in the
//! content envelope, so no vault takes part. Who wrote it stays, on chain and in the sealed header. Follows
//! `create-medical-record`, `grant-record-access` and `transfer-patient`.

use std::io::Read;

use mrms_contract::{ContractError, call, ids, read};
use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::VersionContext;
use mrms_crypto::content::Retention;
use rand_core::CryptoRng;

use crate::records::write::{Added, Placement, Source, WriteError};
use crate::sending::outcome::{Outcome, SendError};
use crate::session::{Actor, AskError, Session};

/// Why an offer could not be taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WithdrawError {
    /// The contract refuses, as can be seen before anything is sent.
    #[error("{0}")]
    Refused(ContractError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The ledger or the contract refused.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl Session<'_> {
    /// Writes a record and offers it to a patient, who can read it from then on. Small content goes onto the ledger, other
    /// content to the vaults; an erasable record can't be sent, since its salt would be for the sender alone.
    ///
    /// # Errors
    ///
    /// [`WriteError`]; where the ledger failed in between, [`Session::resume`] goes on.
    pub fn send_to<R: Read + Send>(
        &self,
        actor: &Actor,
        id: RecordId,
        patient: &Principal,
        source: Source<R>,
        inline_limit: usize,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Added>, WriteError> {
        let me = actor.principal();
        if me == *patient {
            return Err(WriteError::Refused(ContractError::SelfGrant));
        }
        if self.ask(&read::record(id))?.is_some() {
            return Err(WriteError::Refused(ContractError::RecordExists));
        }
        if ids::is_foreign(id, &me) {
            return Err(WriteError::Refused(ContractError::ForeignId));
        }
        let pinned = self.profile.pinned()?;
        let context =
            VersionContext { record: id, version: Version::FIRST, patient: me.clone(), author: me };
        let placement = Placement { inline_limit, retention: Retention::Permanent };
        let sealed = self.seal_for(actor, context, source, placement, Some(patient), rng)?;
        let first_seen = self.first_seen(actor, patient, &pinned)?;
        let calls = vec![
            call::create_medical_record(id, sealed.envelope.to_bytes()),
            call::grant_record_access(id, patient, None),
            call::transfer_patient(id, patient),
        ];
        self.know_patient(actor, id, patient, rng)?;
        let description = format!("send record {id} to {patient}");
        let added = self.add(actor, &description, &sealed, calls, rng)?;
        Ok(added.map(|added| Added { first_seen, ..added }))
    }

    /// Takes back the offer of one's own record, and the access that came with it.
    ///
    /// # Errors
    ///
    /// [`WithdrawError`].
    pub fn withdraw_offer(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<Outcome<Principal>, WithdrawError> {
        let me = actor.principal();
        let record = self.ask(&read::record(id))?;
        let record = record.ok_or(WithdrawError::Refused(ContractError::RecordNotFound))?;
        if record.patient != me {
            let refusal = self.why_not_patient(&me, &record.patient);
            return Err(WithdrawError::Refused(refusal));
        }
        let offered = self.ask(&read::pending_transfer(id))?;
        let offered = offered.ok_or(WithdrawError::Refused(ContractError::NoOffer))?;
        let mut calls = vec![call::transfer_patient(id, &me)];
        if self.ask(&read::grant(id, &offered))?.is_some_and(|grant| grant.rights.is_some()) {
            calls.push(call::revoke_record_access(id, &offered));
        }
        let sent = self.carry_out(actor, &format!("withdraw the offer of record {id}"), calls)?;
        Ok(sent.map(|_| offered))
    }
}
