//! For whom the person at work acts: the switch of a session, as `mrms as` is of one command. It is in memory alone, in what
//! the session keeps of an open profile, and ends when that is locked. What may be done, `mrms-app` and the contract say.

use mrms_app::sharing::delegates::Standing;
use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{BurnClock, Powers, Principal, RecordId, UnixTime};
use mrms_people::name::quotable;

use crate::error::{PortalError, refused};
use crate::memory::{Acted, Memory};
use crate::named::Named;
use crate::work::Work;

/// The patient for whom a session acts.
#[derive(Clone, Debug)]
pub(crate) struct Acting {
    pub(crate) patient: Principal,
    /// Who that is.
    pub(crate) who: Named,
    /// What may be done for them.
    pub(crate) powers: Powers,
    /// When it ends; `None` until they end it.
    pub(crate) until: Option<UnixTime>,
}

impl Acting {
    pub(crate) const fn may(&self, power: Powers) -> bool {
        self.powers.include(power)
    }

    /// Whether the person may let others open records: nobody gives what they do not have.
    pub(crate) const fn may_give(&self) -> bool {
        self.may(Powers::SEE.with(Powers::SHARE))
    }
}

/// What a patient is called: by name, else as they call themselves where that came with their records, opened or not, else by
/// another account of theirs.
pub(crate) fn called(work: &Work, patient: &Principal) -> Result<Named, PortalError> {
    let named = work.named(patient);
    let Named::Unknown(end) = named else { return Ok(named) };
    if let Some(name) = work.learned(patient) {
        return Ok(Named::Calls { short: end, name: quotable(&name) });
    }
    Ok(Named::Unknown(end))
}

/// Why a session acts for nobody: it never did, or somebody else ended that.
pub(crate) fn for_nobody(memory: &Memory) -> PortalError {
    match memory.acted() {
        Some(Acted { who, to, .. }) => PortalError::ActsNoMore { who: Box::new(who), to },
        None => PortalError::Form { key: "acting-none" },
    }
}

impl Work {
    /// For whom the person may act now, if they may: what the contract says of this patient.
    pub(crate) fn may_act_for(
        &self,
        patient: &Principal,
        clock: BurnClock,
    ) -> Result<Option<Acting>, PortalError> {
        let (session, me) = (self.session(), self.actor.principal());
        // Whoever handed over is nobody's patient any more; the new account is chosen by itself.
        if session.handed_over(patient).map_err(refused)?.is_some() {
            return Ok(None);
        }
        let Standing::Delegate(powers) = session.standing_of(&me, patient).map_err(refused)? else {
            return Ok(None);
        };
        let delegation = session.ask(&read::delegate(patient, &me)).map_err(refused)?;
        let expiry = delegation.and_then(|found| found.expiry);
        Ok(Some(Acting {
            who: called(self, patient)?,
            powers,
            until: expiry.map(|expiry| clock.time_of(expiry)),
            patient: patient.clone(),
        }))
    }

    /// The account under which a patient goes on who handed over, where the person may act for it.
    fn goes_on(
        &self,
        patient: &Principal,
        clock: BurnClock,
    ) -> Result<Option<Principal>, PortalError> {
        match self.session().handed_over_to(patient).map_err(refused)? {
            Some(new) => Ok(self.may_act_for(&new, clock)?.map(|acting| acting.patient)),
            None => Ok(None),
        }
    }

    /// The patient for whom this session acts, as it is now. `said` is who a form names: a page that was open before may
    /// be of somebody else. Fails where it has ended, and then the session acts for nobody; and where the power is lacking.
    pub(crate) fn acting(
        &self,
        said: Option<&Principal>,
        power: Option<Powers>,
    ) -> Result<Acting, PortalError> {
        let Some(before) = self.memory.acting() else { return Err(for_nobody(&self.memory)) };
        if said.is_some_and(|said| *said != before.patient) {
            return Err(PortalError::Form { key: "acting-other" });
        }
        let clock = self.session().ledger.tip().map_err(refused)?.clock();
        let Some(now) = self.may_act_for(&before.patient, clock)? else {
            let to = self.goes_on(&before.patient, clock)?;
            let acted = Acted { who: before.who.clone(), to: to.clone(), unsent: Vec::new() };
            self.memory.acts_no_more_for(&before.patient, acted);
            return Err(PortalError::ActsNoMore { who: Box::new(before.who), to });
        };
        self.memory.still_acts_for(now.clone());
        if let Some(power) = power {
            Standing::Delegate(now.powers).must_have(power).map_err(refused)?;
        }
        Ok(now)
    }

    /// A record of the patient for whom this session acts.
    pub(crate) fn record_of(&self, acting: &Acting, id: RecordId) -> Result<Record, PortalError> {
        let record = self.session().ask(&read::record(id)).map_err(refused)?;
        record.filter(|record| record.patient == acting.patient).ok_or(PortalError::NoPage)
    }
}
