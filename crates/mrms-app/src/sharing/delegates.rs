//! Who acts for whom: a patient's delegates, the patients whose delegate somebody is, and what an actor may do for another
//! patient.
//!
//! Reads the chain; the contract is the authority (`get-delegate`). Anybody can name anybody their delegate, for the fee of
//! a transaction, so lists of patients are bounded.

use mrms_contract::state::Delegation;
use mrms_contract::{ContractError, read};
use mrms_core::{BurnHeight, Powers, Principal, RecordId, Rights};

use crate::profile::ProfileError;
use crate::session::{AskError, Session};
use crate::sharing::grant::ShareError;

/// The newest patients of a user's list that are looked at.
pub(crate) const MOST_PATIENTS: u64 = 1_000;

/// Somebody who may act for a patient, or might.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegate {
    /// Who.
    pub user: Principal,
    /// What they may do, and until when.
    pub delegation: Delegation,
}

/// A patient for whom somebody may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Represented {
    /// Who is the patient now.
    pub patient: Principal,
    /// What may be done for them, and until when.
    pub delegation: Delegation,
}

/// Why what was shared with somebody, or whom they may act for, could not be listed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SharedError {
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// What an actor may do for a patient at a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They are the patient.
    Patient,
    /// They are a delegate with these powers.
    Delegate(Powers),
    /// Nothing: they are neither.
    Neither,
}

impl Standing {
    /// Fails where this power is lacking, with the contract's reason.
    ///
    /// # Errors
    ///
    /// [`ContractError::NotPatient`], [`ContractError::NoPower`].
    pub const fn must_have(self, power: Powers) -> Result<(), ContractError> {
        match self {
            Self::Patient => Ok(()),
            Self::Delegate(powers) if powers.include(power) => Ok(()),
            Self::Delegate(_) => Err(ContractError::NoPower),
            Self::Neither => Err(ContractError::NotPatient),
        }
    }
}

impl Session<'_> {
    /// Everybody who ever was a delegate of a patient.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn delegates(&self, patient: &Principal) -> Result<Vec<Delegate>, AskError> {
        let team = self.standing_users(patient)?;
        let reads: Vec<_> = team.iter().map(|user| read::delegate(patient, user)).collect();
        let found = team.into_iter().zip(self.ask_all(&reads)?);
        let found = found.filter_map(|(user, found)| Some(Delegate { user, delegation: found? }));
        Ok(found.collect())
    }

    /// Who acts for a patient now: nobody where everything was handed over, whatever was given before.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn live_delegates(&self, patient: &Principal) -> Result<Vec<Delegate>, AskError> {
        let now = self.ledger.tip()?.burn_height;
        let mut delegates = self.delegates(patient)?;
        delegates.retain(|one| one.delegation.powers_at(now).is_some());
        if !delegates.is_empty() && self.is_handed_over(patient)? {
            delegates.clear();
        }
        Ok(delegates)
    }

    /// Whether a user may see a record as a delegate of its patient now, whatever grant they have.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn sees_as_delegate(&self, id: RecordId, user: &Principal) -> Result<bool, AskError> {
        let Some(record) = self.ask(&read::record(id))? else { return Ok(false) };
        let now = self.ledger.tip()?.burn_height;
        let delegation = self.ask(&read::delegate(&record.patient, user))?;
        let powers = delegation.and_then(|delegation| delegation.powers_at(now));
        Ok(powers.is_some_and(|powers| powers.include(Powers::SEE)))
    }

    /// The patients for whom a user may act at `now`, without those whom the profile ignores.
    ///
    /// # Errors
    ///
    /// [`SharedError`].
    pub fn represented_by(
        &self,
        user: &Principal,
        now: BurnHeight,
    ) -> Result<Vec<Represented>, SharedError> {
        let ignored = self.profile.ignored()?;
        let count = self.ask(&read::user_counts(user))?.patients;
        let first = count.saturating_sub(MOST_PATIENTS);
        let at = |index: u64| read::care_patient(user, first + index);
        let mut patients = self.ask_list(count - first, at)?;
        patients.retain(|patient| !ignored.contains(patient));
        let reads: Vec<_> = patients.iter().map(|patient| read::delegate(patient, user)).collect();
        let mut found = Vec::new();
        for (patient, delegation) in patients.into_iter().zip(self.ask_all(&reads)?) {
            let Some(delegation) = delegation.filter(|one| one.powers_at(now).is_some()) else {
                continue;
            };
            // The list has the first of a line; the latest is who the patient is now.
            let counts = self.ask(&read::patient_counts(&patient))?;
            found.push(Represented { patient: counts.successor.unwrap_or(patient), delegation });
        }
        Ok(found)
    }

    /// Fails where somebody may not grant these rights on a patient's records; with none, where they may not revoke.
    pub(super) fn must_share(
        &self,
        user: &Principal,
        patient: &Principal,
        rights: Option<Rights>,
    ) -> Result<(), ShareError> {
        let standing = self.standing_of(user, patient)?;
        standing.must_have(Powers::SHARE).map_err(|refusal| {
            ShareError::Refused(match standing {
                Standing::Neither => self.why_not_patient(user, patient),
                _ => refusal,
            })
        })?;
        match (standing, rights) {
            (Standing::Delegate(powers), Some(rights)) if !powers.may_give(rights) => {
                Err(ShareError::Refused(ContractError::NoPower))
            }
            _ => Ok(()),
        }
    }

    /// What somebody may do for a patient now.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn standing_of(&self, user: &Principal, patient: &Principal) -> Result<Standing, AskError> {
        if user == patient {
            return Ok(Standing::Patient);
        }
        let now = self.ledger.tip()?.burn_height;
        let delegation = self.ask(&read::delegate(patient, user))?;
        let powers = delegation.and_then(|delegation| delegation.powers_at(now));
        Ok(powers.map_or(Standing::Neither, Standing::Delegate))
    }
}
