//! AuditEvents: the logs of one's own records, and of the records of others what this profile did, or what was done about it. The
//! same of patients' own logs, which are about no single record: access to all records, delegates, contacts, staff, successions.
//!
//! Each names patient and document by literal references into the face as well as by identifier, so that clients find
//! them by `patient=` and `entity=`.

use std::collections::{BTreeMap, BTreeSet};

use mrms_app::audit::fhir::{AuditEvent, audit_events, patient_events};
use mrms_app::audit::patient_trail::PatientTrail;
use mrms_app::audit::trail::{Trail, TrailLine};
use mrms_contract::state::Record;
use mrms_core::{Principal, RecordId};
use mrms_fhir::literal::add_references;
use mrms_fhir::time::{TimeRange, seconds};
use mrms_fhir::write::{consent_id, consent_to_all_id, is_log_event, is_log_event_of};
use mrms_fhir::{Kind, Refusal, Resource, Why};
use serde_json::Value;

use crate::gather::consents;
use crate::gather::not_here;
use crate::gather::parties::{self, patient_id};
use crate::gather::records::{self, Seen, State};
use crate::reasons::refused;
use crate::work::Work;

/// Those of all records, and those of patients' own logs.
pub(crate) fn all(work: &Work) -> Result<Vec<Resource>, Refusal> {
    let mut seen = records::all(work)?;
    let patients = parties::patients_of(work, &seen);
    seen.retain(Seen::is_told);
    let named: Vec<(RecordId, Record)> =
        seen.iter().map(|one| (one.id, one.record.clone())).collect();
    let mut trails = work.session().trails(named);
    let lines = Lines::of(work, &patients)?;
    let mut all = Vec::new();
    for one in &seen {
        all.extend(of(work, one, &trails.read(one.id).map_err(refused)?, &lines)?);
    }
    for trail in work.session().patient_trails(&work.me(), &patients).map_err(refused)? {
        all.extend(of_patient(work, &trail)?);
    }
    Ok(all)
}

/// One of them.
pub(crate) fn one(work: &Work, id: &str) -> Result<Vec<Resource>, Refusal> {
    let none = || not_here(Kind::AuditEvent, id);
    if is_log_event(id) {
        let patients = parties::patients_of(work, &records::all(work)?);
        let trails = work.session().patient_trails(&work.me(), &patients).map_err(refused)?;
        let is_of = |trail: &&PatientTrail| is_log_event_of(id, &patient_id(&trail.root));
        let of = trails.iter().find(is_of).ok_or_else(none)?;
        return of_patient(work, of);
    }
    let (record, _) = id.split_once('.').ok_or_else(none)?;
    let seen = records::one(work, record.parse().map_err(|_| none())?).map_err(|_| none())?;
    if !seen.is_told() {
        return Err(none());
    }
    let trail = work.session().trail(seen.id).map_err(refused)?;
    let lines = Lines::of(work, &[seen.record.patient.clone()].into())?;
    of(work, &seen, &trail, &lines)
}

impl Seen {
    /// Whether its log is told.
    const fn is_told(&self) -> bool {
        !matches!(self.state, State::Erased)
    }
}

fn of(work: &Work, seen: &Seen, trail: &Trail, lines: &Lines) -> Result<Vec<Resource>, Refusal> {
    let (me, is_own) = (work.me(), seen.record.patient == work.me());
    let purposes = match is_own {
        true => work.session().known_purposes(&work.actor, seen.id).map_err(refused)?,
        false => BTreeMap::new(),
    };
    let events = audit_events(trail, work.namespace(), &purposes);
    let concerns =
        |line: &TrailLine| is_own || line.actor == me || line.subject.as_ref() == Some(&me);
    let addresses = Addresses::of_record(work, seen, lines)?;
    let told = events.iter().zip(&trail.lines).filter(|(_, line)| concerns(line));
    let patient = patient_id(&seen.record.patient);
    told.map(|(event, line)| written(event, line.time.as_deref(), &patient, &addresses)).collect()
}

/// The events of a patient's own log, as far as they are told to this profile.
fn of_patient(work: &Work, trail: &PatientTrail) -> Result<Vec<Resource>, Refusal> {
    let events = patient_events(trail, work.namespace());
    let addresses = Addresses::of_patient(work, trail)?;
    let told = events.iter().zip(&trail.lines);
    let patient = patient_id(&trail.patient);
    told.map(|(event, line)| written(event, line.time.as_deref(), &patient, &addresses)).collect()
}

fn written(
    event: &AuditEvent,
    time: Option<&str>,
    patient: &str,
    addresses: &Addresses,
) -> Result<Resource, Refusal> {
    let mut value = serde_json::to_value(event)
        .map_err(|_| Why::Failed.because("An event can't be written."))?;
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    add_references(&mut value, &|kind, identifier| addresses.find(kind, identifier));
    let updated = time.and_then(TimeRange::parse).map(|time| seconds(time.from));
    let patient = Some(patient.to_owned());
    Ok(Resource::written(Kind::AuditEvent, id, 1, updated, patient, value))
}

/// Who was a patient before, by the present patients of their lines of succession.
struct Lines(BTreeMap<Principal, Vec<Principal>>);

impl Lines {
    fn of(work: &Work, patients: &BTreeSet<Principal>) -> Result<Self, Refusal> {
        let mut lines = BTreeMap::new();
        for patient in patients {
            let former = work.session().predecessors(patient).map_err(refused)?;
            lines.insert(patient.clone(), former.into_iter().map(|(one, _)| one).collect());
        }
        Ok(Self(lines))
    }

    fn before(&self, patient: &Principal) -> impl Iterator<Item = &Principal> {
        self.0.get(patient).into_iter().flatten()
    }
}

/// What the identifiers in a log's events are at the face.
struct Addresses {
    /// Patients, by their accounts' URIs.
    patients: BTreeMap<String, String>,
    /// Consents, by `RECORD/READER` or `PATIENT/READER`.
    consents: BTreeMap<String, String>,
}

impl Addresses {
    fn of_record(work: &Work, seen: &Seen, lines: &Lines) -> Result<Self, Refusal> {
        let patient = &seen.record.patient;
        // A record may have had another patient before, who is none of the face's. Whom they succeeded is the same patient here.
        let patients = patients_at(work, patient, lines.before(patient));
        let mut consents = BTreeMap::new();
        for log in consents::logs(work, seen)? {
            let address = format!("Consent/{}", consent_id(seen.id, log.place));
            consents.insert(format!("{}/{}", seen.id, log.reader), address);
        }
        Ok(Self { patients, consents })
    }

    fn of_patient(work: &Work, trail: &PatientTrail) -> Result<Self, Refusal> {
        let patients = patients_at(work, &trail.patient, trail.everybody());
        let of = patient_id(&trail.patient);
        let mut consents = BTreeMap::new();
        for log in consents::logs_of_all(work, &trail.patient)? {
            let address = format!("Consent/{}", consent_to_all_id(&of, log.place));
            consents.insert(format!("{}/{}", trail.root, log.reader), address);
        }
        Ok(Self { patients, consents })
    }

    fn find(&self, kind: &str, identifier: &str) -> Option<String> {
        match kind {
            "Patient" => self.patients.get(identifier).cloned(),
            "Consent" => self.consents.get(identifier).cloned(),
            "DocumentReference" => Some(match identifier.split_once('/') {
                Some((record, version)) => format!("DocumentReference/{record}/_history/{version}"),
                None => format!("DocumentReference/{identifier}"),
            }),
            _ => None,
        }
    }
}

/// The Patients at the face of a patient and of whom they succeeded, and oneself; by their accounts' URIs.
fn patients_at<'p>(
    work: &Work,
    patient: &Principal,
    before: impl Iterator<Item = &'p Principal>,
) -> BTreeMap<String, String> {
    let uri = |account: &Principal| work.namespace().uri(account);
    let at = |account: &Principal| format!("Patient/{}", patient_id(account));
    let mut patients: BTreeMap<_, _> = before.map(|one| (uri(one), at(patient))).collect();
    for account in [patient, &work.me()] {
        patients.insert(uri(account), at(account));
    }
    patients
}
