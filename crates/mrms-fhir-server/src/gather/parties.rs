//! Patients, and accounts as FHIR names them: by account, and by the names that the profile's person has for them.

use std::collections::{BTreeMap, BTreeSet};

use mrms_core::{Principal, visible};
pub(crate) use mrms_fhir::write::patient_id;
use mrms_fhir::write::{Party, Patient, patient};
use mrms_fhir::{Refusal, Resource};

use crate::gather::records::{self, Seen};
use crate::work::Work;

/// The accounts whom a request names, with what they are called.
pub(crate) struct Parties<'w> {
    work: &'w Work,
    /// Who is a Patient here, with what they call themselves.
    patients: BTreeMap<Principal, Option<String>>,
}

impl<'w> Parties<'w> {
    /// Those of these records.
    pub(crate) fn of(work: &'w Work, seen: &[Seen]) -> Self {
        let mut patients = BTreeMap::new();
        patients.insert(work.me(), None);
        for one in seen {
            let known = patients.entry(one.record.patient.clone()).or_insert(None);
            *known = known.take().or_else(|| one.patient_name.clone());
        }
        Self { work, patients }
    }

    fn name(&self, account: &Principal) -> Option<String> {
        let own = || {
            let root = self.work.actor.keyring.record_root().ok()?;
            let called = self.work.session().profile.called(&root).ok()??;
            Some(called.as_str().to_owned())
        };
        let name = match *account == self.work.me() {
            true => own(),
            false => self.work.names.name_of(account).map(str::to_owned),
        };
        let name = name.or_else(|| self.patients.get(account).cloned().flatten())?;
        Some(visible::line(&name).into_owned())
    }

    pub(crate) fn party(&self, account: &Principal) -> Party {
        Party {
            account: self.work.namespace().uri(account),
            patient: self.patients.contains_key(account).then(|| patient_id(account)),
            name: self.name(account),
        }
    }

    /// A record's patient, with the id.
    pub(crate) fn patient(&self, account: &Principal) -> (String, Party) {
        (patient_id(account), self.party(account))
    }
}

/// Oneself, and those whose records are seen.
pub(crate) fn patients_of(work: &Work, seen: &[Seen]) -> BTreeSet<Principal> {
    let theirs = seen.iter().map(|one| one.record.patient.clone());
    theirs.chain([work.me()]).collect()
}

/// The profile itself, and those who let it open something now.
pub(crate) fn patients(work: &Work) -> Result<Vec<Resource>, Refusal> {
    let seen: Vec<_> = records::all(work)?.into_iter().filter(Seen::is_open).collect();
    let parties = Parties::of(work, &seen);
    let accounts = parties.patients.keys();
    let one = |account: &Principal| {
        patient(Patient { id: patient_id(account), who: parties.party(account) })
    };
    Ok(accounts.map(one).collect())
}
