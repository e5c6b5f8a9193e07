//! Who may: the model's reading of the header's invariants and of the maps' comments.

use mrms_contract::ContractError;
use mrms_core::Principal;

use super::{Grant, InForce, Mark, Model, Record};

const READ_OR_AMEND: u8 = 1 | 2;
pub(crate) const AMEND: u8 = 2;
pub(crate) const EMERGENCY: u8 = 4;
pub(crate) const HISTORY: u8 = 8;

pub(crate) const SEE: u8 = 1;
pub(crate) const SHARE: u8 = 2;
pub(crate) const ADD: u8 = 4;
const ALL_POWERS: u8 = SEE | SHARE | ADD;

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

    /// Invariant 9: of a line, the latest alone.
    pub(crate) fn is_patient(&self, first: &Principal, user: &Principal) -> bool {
        self.latest(first) == *user
    }

    /// Whether somebody handed everything over.
    pub(crate) fn is_over(&self, user: &Principal) -> bool {
        self.latest(user) != *user
    }

    /// The first of one's line, for what one does as a patient.
    pub(crate) fn own_line(&self, me: &Principal) -> Result<Principal, ContractError> {
        if self.is_over(me) { Err(ContractError::Succeeded) } else { Ok(self.first(me)) }
    }

    /// What a delegate may do for a patient; 0 for nothing.
    pub(crate) fn powers(&self, patient: &Principal, user: &Principal) -> u8 {
        let found = self.delegates.get(&(patient.clone(), user.clone()));
        found.filter(|found| self.is_open(found.expiry)).map_or(0, |found| found.powers)
    }

    pub(crate) fn is_delegate(&self, patient: &Principal, user: &Principal) -> bool {
        self.powers(patient, user) != 0
    }

    /// Invariant 2: what somebody may do for a patient, all of it for the patient, and by which delegation.
    pub(crate) fn authority(
        &self,
        patient: &Principal,
        me: &Principal,
    ) -> Result<(u8, Option<Mark>), ContractError> {
        if self.is_patient(patient, me) {
            return Ok((ALL_POWERS, None));
        }
        if me == patient {
            return Err(ContractError::Succeeded);
        }
        match self.powers(patient, me) {
            0 => Err(ContractError::NotPatient),
            powers => {
                let term = self.delegates[&(patient.clone(), me.clone())].term;
                let (patient, delegate) = (patient.clone(), me.clone());
                Ok((powers, Some(Mark { patient, delegate, term })))
            }
        }
    }

    pub(crate) fn must_have(
        &self,
        patient: &Principal,
        me: &Principal,
        power: u8,
    ) -> Result<(), ContractError> {
        let (powers, _) = self.authority(patient, me)?;
        if powers & power == 0 { Err(ContractError::NoPower) } else { Ok(()) }
    }

    /// What was granted by a delegation ends when the patient ends what that delegate granted.
    pub(crate) fn is_kept(&self, by: &Option<Mark>) -> bool {
        by.as_ref().is_none_or(|Mark { patient, delegate, term }| {
            self.delegates[&(patient.clone(), delegate.clone())].ended < *term
        })
    }

    pub(crate) fn is_member(&self, organisation: &Principal, member: &Principal) -> bool {
        let found = self.members.get(&(organisation.clone(), member.clone()));
        found.is_some_and(|expiry| self.is_open(*expiry))
    }

    /// A standing grant while it is live: all versions.
    pub(crate) fn standing_grant(
        &self,
        patient: &Principal,
        user: &Principal,
    ) -> Result<InForce, ContractError> {
        let key = (patient.clone(), user.clone());
        let grant = self.standing.get(&key).ok_or(ContractError::NoAccess)?;
        match grant.rights {
            0 => Err(ContractError::GrantRevoked),
            _ if !self.is_kept(&grant.by) => Err(ContractError::GrantRevoked),
            _ if !self.is_open(grant.expiry) => Err(ContractError::GrantExpired),
            rights => {
                let grant = Grant {
                    rights,
                    expiry: grant.expiry,
                    granted_at: grant.granted_at,
                    from_version: 1,
                    entry: grant.entry,
                    by: grant.by.clone(),
                };
                Ok(InForce { grant, standing: Some(patient.clone()) })
            }
        }
    }

    /// The grant that counts: the record's own while it is live; nothing after a revoke
    /// (invariant 6); else the standing one. A refusal names the record's own grant first.
    pub(crate) fn effective_grant(
        &self,
        record: &Record,
        user: &Principal,
    ) -> Result<InForce, ContractError> {
        match record.grants.get(user) {
            Some(revoked) if revoked.rights == 0 || !self.is_kept(&revoked.by) => {
                Err(ContractError::GrantRevoked)
            }
            Some(own) if self.is_open(own.expiry) => {
                Ok(InForce { grant: own.clone(), standing: None })
            }
            Some(_) => {
                self.standing_grant(&record.patient, user).map_err(|_| ContractError::GrantExpired)
            }
            None => self.standing_grant(&record.patient, user),
        }
    }

    /// An emergency opening holds until its end, under the very grant by which it was made.
    fn is_emergency_open(&self, record: &Record, user: &Principal, under: &InForce) -> bool {
        record.openings.get(user).is_some_and(|opening| {
            self.now < opening.until
                && (opening.entry, &opening.standing) == (under.grant.entry, &under.standing)
                && under.grant.rights & EMERGENCY != 0
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
            return if self.is_over(user) { Err(ContractError::Succeeded) } else { Ok(Door::Open) };
        }
        let sees = self.powers(&record.patient, user) & SEE != 0;
        match self.may_read_by_grant(record, user, version) {
            Err(_) if sees || self.is_patient(&record.patient, user) => Ok(Door::Open),
            by_grant => by_grant,
        }
    }

    pub(crate) fn may_read_by_grant(
        &self,
        record: &Record,
        user: &Principal,
        version: u64,
    ) -> Result<Door, ContractError> {
        let under = self.effective_grant(record, user)?;
        let door = if under.grant.rights & READ_OR_AMEND != 0 {
            Door::Open
        } else if self.is_emergency_open(record, user, &under) {
            Door::EmergencyOnly
        } else {
            return Err(ContractError::NoReadRight);
        };
        if version < under.grant.from_version {
            Err(ContractError::VersionNotGranted)
        } else {
            Ok(door)
        }
    }

    /// May `user` add a version?
    pub(crate) fn may_amend(&self, record: &Record, user: &Principal) -> Result<(), ContractError> {
        if *user == record.patient && self.is_over(user) {
            return Err(ContractError::Succeeded);
        }
        let adds = self.powers(&record.patient, user) & ADD != 0;
        if adds
            || self.is_patient(&record.patient, user)
            || self.effective_grant(record, user)?.grant.rights & AMEND != 0
        {
            Ok(())
        } else {
            Err(ContractError::NoAmendRight)
        }
    }
}

/// Nobody gives what they do not have.
pub(crate) fn may_give(powers: u8, rights: u8) -> bool {
    let needed = SHARE | SEE | if rights & AMEND == 0 { 0 } else { ADD };
    powers & needed == needed
}
