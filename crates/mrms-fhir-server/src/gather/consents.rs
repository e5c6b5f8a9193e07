//! Consents: the grants on one's own records, and those that others gave to this profile.
//!
//! Each act of granting or ending in a record's log is a version of the reader's Consent; grants on all records of a patient
//! stand in the patient's own log.

use mrms_app::sharing::reader_logs::{ReaderLog, rights_of};
use mrms_contract::read;
use mrms_core::{AuditEntry, Powers, Principal, RecordId, grant};
use mrms_fhir::write::{
    Consent, Performer, Scope, consent, consent_id, consent_to_all_id, is_consent_to_all,
    patient_id,
};
use mrms_fhir::{Kind, Refusal, Resource};

use crate::gather::not_here;
use crate::gather::parties::{Parties, patients_of};
use crate::gather::records::{self, Seen, State};
use crate::reasons::refused;
use crate::work::Work;

/// A reader of a record, and the record.
pub(crate) struct Granted {
    pub(crate) seen: Seen,
    pub(crate) log: ReaderLog,
}

/// The present versions of all Consents.
pub(crate) fn all(work: &Work) -> Result<Vec<Resource>, Refusal> {
    let seen = records::all(work)?;
    let parties = Parties::of(work, &seen);
    let mut all = Vec::new();
    for one in seen.iter().filter(|one| !matches!(one.state, State::Erased)) {
        for log in logs(work, one)? {
            all.extend(
                log.acts.len().checked_sub(1).map(|last| of(work, &parties, one, &log, last)),
            );
        }
    }
    for patient in patients_of(work, &seen) {
        for log in logs_of_all(work, &patient)? {
            let last = log.acts.len().checked_sub(1);
            all.extend(last.map(|last| to_all(work, &parties, &patient, &log, last)));
        }
    }
    all.into_iter().collect()
}

/// What a patient's own log says of those who were granted all records: of all where it is the profile's own, else of the
/// profile.
pub(crate) fn logs_of_all(work: &Work, patient: &Principal) -> Result<Vec<ReaderLog>, Refusal> {
    let mut logs = work.session().standing_logs(patient).map_err(refused)?;
    let me = work.me();
    logs.retain(|log| *patient == me || log.reader == me);
    Ok(logs)
}

/// The versions of one Consent, the newest first.
pub(crate) fn versions(work: &Work, id: &str) -> Result<Vec<Resource>, Refusal> {
    if !is_consent_to_all(id) {
        return versions_of(work, &one(work, id)?);
    }
    let seen = records::all(work)?;
    let mut found = None;
    for patient in patients_of(work, &seen) {
        let mut logs = logs_of_all(work, &patient)?;
        let of = patient_id(&patient);
        logs.retain(|log| consent_to_all_id(&of, log.place) == id);
        found = found.or_else(|| Some((patient, logs.pop()?)));
    }
    let (patient, log) = found.ok_or_else(|| not_here(Kind::Consent, id))?;
    let parties = Parties::of(work, &seen);
    (0..log.acts.len()).rev().map(|at| to_all(work, &parties, &patient, &log, at)).collect()
}

/// The versions of a known one.
pub(crate) fn versions_of(work: &Work, granted: &Granted) -> Result<Vec<Resource>, Refusal> {
    let Granted { seen, log } = granted;
    let parties = Parties::of(work, std::slice::from_ref(seen));
    (0..log.acts.len()).rev().map(|at| of(work, &parties, seen, log, at)).collect()
}

/// One grant, by the id of its Consent.
pub(crate) fn one(work: &Work, id: &str) -> Result<Granted, Refusal> {
    let none = || not_here(Kind::Consent, id);
    let (record, _) = id.split_once('.').ok_or_else(none)?;
    let record: RecordId = record.parse().map_err(|_| none())?;
    let seen = records::one(work, record).map_err(|_| none())?;
    let log = logs(work, &seen)?.into_iter().find(|log| consent_id(record, log.place) == id);
    Ok(Granted { log: log.ok_or_else(none)?, seen })
}

/// What a record's log says of its readers: of all where the record is the profile's own, else of the profile.
pub(crate) fn logs(work: &Work, seen: &Seen) -> Result<Vec<ReaderLog>, Refusal> {
    let mut logs = work.session().reader_logs(seen.id, &seen.record).map_err(refused)?;
    let (me, is_own) = (work.me(), seen.record.patient == work.me());
    logs.retain(|log| !log.acts.is_empty() && (is_own || log.reader == me));
    Ok(logs)
}

fn of(
    work: &Work,
    parties: &Parties<'_>,
    seen: &Seen,
    log: &ReaderLog,
    at: usize,
) -> Result<Resource, Refusal> {
    let act: &AuditEntry = &log.acts[at];
    let rights = rights_of(act);
    // Only the present version can be in force, and only if the contract says so.
    let is_live = match at + 1 == log.acts.len() && rights.is_some() {
        false => false,
        true => {
            let given = work.session().grants(seen.id, &seen.record.patient, &log.reader);
            let (own, _) = given.map_err(refused)?;
            own.is_some_and(|own| {
                own.rights.is_some() && grant::is_live(own.expiry, work.clock.height)
            })
        }
    };
    let of = Act { scope: Scope::Record(seen.id), patient: &seen.record.patient, log, at };
    written(work, parties, &of, is_live)
}

/// A grant on all records of a patient.
fn to_all(
    work: &Work,
    parties: &Parties<'_>,
    patient: &Principal,
    log: &ReaderLog,
    at: usize,
) -> Result<Resource, Refusal> {
    let standing = work.session().ask(&read::standing_grant(patient, &log.reader));
    let is_live = at + 1 == log.acts.len()
        && standing.map_err(refused)?.is_some_and(|one| {
            one.rights.is_some() && grant::is_live(one.expiry, work.clock.height)
        });
    written(work, parties, &Act { scope: Scope::AllRecords, patient, log, at }, is_live)
}

/// One act of a log on a reader.
struct Act<'a> {
    scope: Scope,
    patient: &'a Principal,
    log: &'a ReaderLog,
    at: usize,
}

fn written(
    work: &Work,
    parties: &Parties<'_>,
    of: &Act<'_>,
    is_live: bool,
) -> Result<Resource, Refusal> {
    let Act { scope, patient, log, at } = *of;
    let act: &AuditEntry = &log.acts[at];
    let rights = rights_of(act);
    let performer = parties.party(&act.actor);
    let acted = act.actor != *patient && {
        let delegations = work.session().delegations_of(patient).map_err(refused)?;
        delegations.had(&act.actor, Powers::SHARE, act.burn_height)
    };
    Ok(consent(Consent {
        scope,
        place: log.place,
        version: at as u64 + 1,
        time: work.clock.time_of(act.burn_height),
        contract: work.contract_uri(),
        entry: act.index,
        patient: parties.patient(patient),
        performer: if acted {
            Performer::Delegate(performer)
        } else {
            Performer::Patient(performer)
        },
        reader: parties.party(&log.reader),
        rights,
        end: act.expiry.filter(|_| rights.is_some()).map(|expiry| work.clock.time_of(expiry)),
        is_live,
    }))
}
