//! AuditEvents: the logs of one's own records, and of the records of others what this profile did, or what was done about it.
//!
//! Each names patient and document by literal references into the face as well as by identifier, so that clients find
//! them by `patient=` and `entity=`.

use std::collections::BTreeMap;

use mrms_app::audit::fhir::audit_events;
use mrms_app::audit::trail::{Trail, TrailLine};
use mrms_contract::state::Record;
use mrms_core::{Principal, RecordId};
use mrms_fhir::literal::add_references;
use mrms_fhir::time::{TimeRange, seconds};
use mrms_fhir::write::consent_id;
use mrms_fhir::{Kind, Refusal, Resource, Why};
use serde_json::Value;

use crate::gather::consents;
use crate::gather::not_here;
use crate::gather::parties::patient_id;
use crate::gather::records::{self, Seen, State};
use crate::reasons::refused;
use crate::work::Work;

/// Those of all records.
pub(crate) fn all(work: &Work) -> Result<Vec<Resource>, Refusal> {
    let seen: Vec<_> = records::all(work)?.into_iter().filter(Seen::is_told).collect();
    let named: Vec<(RecordId, Record)> =
        seen.iter().map(|one| (one.id, one.record.clone())).collect();
    let mut trails = work.session().trails(named);
    let mut all = Vec::new();
    for one in &seen {
        all.extend(of(work, one, &trails.read(one.id).map_err(refused)?)?);
    }
    Ok(all)
}

/// One of them.
pub(crate) fn one(work: &Work, id: &str) -> Result<Vec<Resource>, Refusal> {
    let none = || not_here(Kind::AuditEvent, id);
    let (record, _) = id.split_once('.').ok_or_else(none)?;
    let seen = records::one(work, record.parse().map_err(|_| none())?).map_err(|_| none())?;
    if !seen.is_told() {
        return Err(none());
    }
    let trail = work.session().trail(seen.id).map_err(refused)?;
    of(work, &seen, &trail)
}

impl Seen {
    /// Whether its log is told.
    const fn is_told(&self) -> bool {
        !matches!(self.state, State::Erased)
    }
}

fn of(work: &Work, seen: &Seen, trail: &Trail) -> Result<Vec<Resource>, Refusal> {
    let (me, is_own) = (work.me(), seen.record.patient == work.me());
    let purposes = match is_own {
        true => work.session().known_purposes(&work.actor, seen.id).map_err(refused)?,
        false => BTreeMap::new(),
    };
    let events = audit_events(trail, work.namespace(), &purposes);
    let concerns =
        |line: &TrailLine| is_own || line.actor == me || line.subject.as_ref() == Some(&me);
    let addresses = Addresses::of(work, seen)?;
    let mut resources = Vec::new();
    for (event, line) in events.iter().zip(&trail.lines).filter(|(_, line)| concerns(line)) {
        let mut value = serde_json::to_value(event)
            .map_err(|_| Why::Failed.because("An event can't be written."))?;
        let id = value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        add_references(&mut value, &|kind, identifier| addresses.find(kind, identifier));
        let updated =
            line.time.as_deref().and_then(TimeRange::parse).map(|time| seconds(time.from));
        let patient = Some(patient_id(&seen.record.patient));
        resources.push(Resource::written(Kind::AuditEvent, id, 1, updated, patient, value));
    }
    Ok(resources)
}

/// What the identifiers in a record's events are at the face.
struct Addresses {
    /// Patients, by their accounts' URIs.
    patients: BTreeMap<String, String>,
    /// Consents, by `RECORD/READER`.
    consents: BTreeMap<String, String>,
}

impl Addresses {
    fn of(work: &Work, seen: &Seen) -> Result<Self, Refusal> {
        let uri = |account: &Principal| work.namespace().uri(account);
        let mut patients = BTreeMap::new();
        // A record may have had another patient before, who is none of the face's.
        for account in [&seen.record.patient, &work.me()] {
            patients.insert(uri(account), format!("Patient/{}", patient_id(account)));
        }
        let mut consents = BTreeMap::new();
        for log in consents::logs(work, seen)? {
            let address = format!("Consent/{}", consent_id(seen.id, log.place));
            consents.insert(format!("{}/{}", seen.id, log.reader), address);
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
