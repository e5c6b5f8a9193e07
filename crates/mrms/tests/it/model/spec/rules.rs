//! Who may: the model's reading of the header's invariants and of the maps' comments.

use mrms_contract::ContractError;
use mrms_core::Principal;

use super::{Grant, Model, Record};

const READ_OR_AMEND: u8 = 1 | 2;
pub(crate) const AMEND: u8 = 2;
pub(crate) const EMERGENCY: u8 = 4;
pub(crate) const HISTORY: u8 = 8;

/// What lets somebody read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Being the patient or a delegate, or a grant to read.
    Open,
    /// An emergency that they declared, where their grant lets them do nothing else.
    EmergencyOnly,
}

impl Model {
    /// Invariant 5: an expiry is exclusive.
    pub(crate) fn is_open(&self, expiry: Option<u128>) -> bool {
        expiry.is_none_or(|expiry| u128::from(self.now) < expiry)
    }

    pub(crate) fn is_delegate(&self, patient: &Principal, user: &Principal) -> bool {
        let key = (patient.clone(), user.clone());
        self.delegates.get(&key).is_some_and(|expiry| self.is_open(*expiry))
    }

    /// Invariant 2: the patient or a live delegate.
    pub(crate) fn acts_for(&self, patient: &Principal, caller: &Principal) -> bool {
        caller == patient || self.is_delegate(patient, caller)
    }

    /// A standing grant while it is live: all versions.
    pub(crate) fn standing_grant(
        &self,
        patient: &Principal,
        user: &Principal,
    ) -> Result<Grant, ContractError> {
        let key = (patient.clone(), user.clone());
        let grant = self.standing.get(&key).ok_or(ContractError::NoAccess)?;
        match grant.rights {
            0 => Err(ContractError::GrantRevoked),
            _ if !self.is_open(grant.expiry) => Err(ContractError::GrantExpired),
            rights => Ok(Grant {
                rights,
                expiry: grant.expiry,
                granted_at: grant.granted_at,
                from_version: 1,
            }),
        }
    }

    /// The grant that counts: the record's own while it is live; nothing after a revoke
    /// (invariant 6); else the standing one. A refusal names the record's own grant first.
    pub(crate) fn effective_grant(
        &self,
        record: &Record,
        user: &Principal,
    ) -> Result<Grant, ContractError> {
        match record.grants.get(user) {
            Some(revoked) if revoked.rights == 0 => Err(ContractError::GrantRevoked),
            Some(own) if self.is_open(own.expiry) => Ok(own.clone()),
            Some(_) => {
                self.standing_grant(&record.patient, user).map_err(|_| ContractError::GrantExpired)
            }
            None => self.standing_grant(&record.patient, user),
        }
    }

    /// An emergency opening holds until its end, under a live grant with the right that was not
    /// granted again since. Heights tell before from after: in the burn block of the opening
    /// itself, granting again does not close it.
    fn is_emergency_open(&self, record: &Record, user: &Principal, grant: &Grant) -> bool {
        record.openings.get(user).is_some_and(|opening| {
            self.now < opening.until
                && opening.opened_at >= grant.granted_at
                && grant.rights & EMERGENCY != 0
        })
    }

    /// May `user` read this version, and what lets them? The grant is asked before the delegates:
    /// a delegate with an emergency opening of their own reads by that.
    pub(crate) fn may_read(
        &self,
        record: &Record,
        user: &Principal,
        version: u64,
    ) -> Result<Door, ContractError> {
        if *user == record.patient {
            return Ok(Door::Open);
        }
        match self.may_read_by_grant(record, user, version) {
            Err(_) if self.is_delegate(&record.patient, user) => Ok(Door::Open),
            by_grant => by_grant,
        }
    }

    fn may_read_by_grant(
        &self,
        record: &Record,
        user: &Principal,
        version: u64,
    ) -> Result<Door, ContractError> {
        let grant = self.effective_grant(record, user)?;
        let door = if grant.rights & READ_OR_AMEND != 0 {
            Door::Open
        } else if self.is_emergency_open(record, user, &grant) {
            Door::EmergencyOnly
        } else {
            return Err(ContractError::NoReadRight);
        };
        if version < grant.from_version { Err(ContractError::VersionNotGranted) } else { Ok(door) }
    }

    /// May `user` add a version?
    pub(crate) fn may_amend(&self, record: &Record, user: &Principal) -> Result<(), ContractError> {
        if self.acts_for(&record.patient, user)
            || self.effective_grant(record, user)?.rights & AMEND != 0
        {
            Ok(())
        } else {
            Err(ContractError::NoAmendRight)
        }
    }
}
