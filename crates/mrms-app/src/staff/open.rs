//! Opening a record for an organisation: by what that one was granted, as who the member is.
//!
//! Follows `access-for`. The entry names both. Whoever is no member any more is refused by the contract, and the attempt
//! stands on record like any other.

use mrms_contract::{ContractError, call, read};
use mrms_core::{Principal, Purpose, RecordId, Version};
use mrms_vault::protocol::RefusalReason;
use rand_core::CryptoRng;

use crate::access::holder::OpensBy;
use crate::access::open::{Access, Beginning, Interrupted, OpenRecordError};
use crate::sending::outcome::{Outcome, SendError};
use crate::session::vaults::MemberError;
use crate::session::{Actor, AskError, Session};
use crate::sharing::purpose::PurposeError;
use crate::staff::administer::StaffError;

/// Why a record could not be opened for an organisation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenForError {
    /// The membership is what is lacking.
    #[error(transparent)]
    Staff(#[from] StaffError),
    /// The purpose could not be sealed to the patient, or the contract refuses.
    #[error(transparent)]
    Purpose(#[from] PurposeError),
}

impl From<AskError> for OpenForError {
    fn from(error: AskError) -> Self {
        StaffError::from(error).into()
    }
}

impl Session<'_> {
    /// Opens a version for an organisation, the latest when none is named. Takes the organisation's newest key first, where
    /// the one that is held is not the one that is published.
    ///
    /// # Errors
    ///
    /// [`OpenForError`]; the entry stands in the log even when what follows fails.
    pub fn access_for_organisation(
        &self,
        actor: &Actor,
        organisation: &Principal,
        (id, version): (RecordId, Option<Version>),
        purpose: Option<Purpose>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Access>, OpenForError> {
        let record = self.ask(&read::record(id))?;
        let record = record.ok_or(PurposeError::Refused(ContractError::RecordNotFound))?;
        let version = version.unwrap_or(record.version);
        let mut held = self.held(actor, organisation).map_err(StaffError::from)?;
        if !self.has_published_key(&held)? && self.has_newer_key(actor, organisation)? {
            // Who is no member gets no key. They go on without: the contract refuses, which is on record then.
            match self.take_staff_key(actor, organisation, &mut *rng) {
                Ok(Outcome::Done(_)) => {
                    held = self.held(actor, organisation).map_err(StaffError::from)?;
                }
                Ok(Outcome::Planned(_) | Outcome::Signed(_)) => {}
                Err(StaffError::NotMember { .. } | StaffError::NoStaff { .. }) => {}
                // What was held may open it all the same.
                Err(_) if !held.identities().is_empty() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let me = actor.principal();
        if held.identities().is_empty() && self.why_no_member(organisation, &me)?.is_none() {
            // A member without any key would make an entry and open nothing.
            return Err(StaffError::NoStaff { organisation: organisation.clone() }.into());
        }
        let note = match purpose {
            Some(purpose) => self.purpose_note(actor, &record.patient, purpose, &mut *rng)?,
            None => Vec::new(),
        };
        let begin = Beginning {
            calls: vec![call::access_for(id, version, organisation)],
            note: &note,
            interrupted: Interrupted::TakeUp,
            by: OpensBy::Organisation(&held),
        };
        match self.access_by(actor, id, Some(version), begin, rng) {
            Err(error) if is_about_membership(&error) => {
                match self.why_no_member(organisation, &me)? {
                    Some(why) => Err(why.into()),
                    None => Err(PurposeError::Open(error).into()),
                }
            }
            opened => Ok(opened.map_err(PurposeError::from)?),
        }
    }

    /// Whether the staff record has a version that this person has not taken. An organisation may publish a key that it gave
    /// nobody; nothing is asked for that again and again.
    fn has_newer_key(&self, actor: &Actor, organisation: &Principal) -> Result<bool, StaffError> {
        let root = actor.keyring.record_root()?;
        let taken = self.profile.held_keys(&root, self.contract)?.remove(organisation);
        let newest = self.staff_record(organisation)?.map(|staff| staff.record.version);
        Ok(newest > taken.map(|keys| keys.version))
    }

    /// The organisations of which this person holds keys and that can open a record, where the person can't by their own
    /// grant.
    ///
    /// # Errors
    ///
    /// [`StaffError`].
    pub fn organisations_that_open(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<Vec<Principal>, StaffError> {
        let organisations = self.organisations(actor)?;
        if organisations.is_empty() {
            return Ok(organisations);
        }
        let me = actor.principal();
        let Some(record) = self.ask(&read::record(id))? else { return Ok(Vec::new()) };
        if record.patient == me || self.ask(&read::has_access(id, &me))? {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for organisation in organisations {
            if record.patient != organisation && self.ask(&read::has_access(id, &organisation))? {
                found.push(organisation);
            }
        }
        Ok(found)
    }
}

/// Whether contract or vaults refused since the person is no member.
fn is_about_membership(error: &OpenRecordError) -> bool {
    match error {
        OpenRecordError::Send(SendError::Refused { refusal, .. })
        | OpenRecordError::Closed { reason: refusal, .. } => *refusal == ContractError::NotMember,
        OpenRecordError::Vaults(refused) => {
            let reasons = refused.failures.iter().filter_map(MemberError::reason);
            reasons.into_iter().any(|reason| reason == RefusalReason::NotMember)
        }
        _ => false,
    }
}
