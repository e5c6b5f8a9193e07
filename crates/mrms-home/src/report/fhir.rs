//! A report for programs that read FHIR R4: a bundle with a List of AuditEvents, one for each line.
//!
//! The List says what the report is about, rests on and lacks. Every field of a line stands in the details of its event's entity,
//! under the name that it has in the other formats, so that nothing is lost and the numbers are the same. The events follow no
//! pattern of IHE's: those are for single events without names, which `mrms audit --fhir` has.

use mrms_core::{ChainId, Purpose};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{DisclosureReport, DisclosureRow, EventRow, Extent, Rows, paper};

const URI: &str = "urn:ietf:rfc:3986";
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

pub(super) fn to_fhir(report: &DisclosureReport) -> Vec<u8> {
    let names = Naming { report, chain: report.chain_id };
    let events: Vec<Value> = match &report.rows {
        Rows::Disclosures(rows) => rows.iter().map(|row| names.disclosure(row)).collect(),
        Rows::Events(rows) => rows.iter().map(|row| names.event(row)).collect(),
    };
    let made = &report.about.made;
    let url = |number: usize| {
        urn(&[&report.about.contract, &report.about.patient, made, &number.to_string()])
    };
    let items: Vec<_> =
        (1..=events.len()).map(|number| json!({"item": {"reference": url(number)}})).collect();
    let mut entries = vec![json!({"fullUrl": url(0), "resource": names.list(items)})];
    for (number, mut event) in events.into_iter().enumerate() {
        let url = url(number + 1);
        event["id"] = json!(url.trim_start_matches("urn:uuid:"));
        entries.push(json!({"fullUrl": url, "resource": event}));
    }
    let bundle = json!({
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": made,
        "entry": entries,
    });
    let mut bytes = mrms_core::visible::json(&bundle.to_string()).into_owned().into_bytes();
    bytes.push(b'\n');
    bytes
}

struct Naming<'r> {
    report: &'r DisclosureReport,
    chain: ChainId,
}

impl Naming<'_> {
    fn account(&self, account: &str) -> Value {
        let value = format!("stacks:{}:{account}", self.chain.number());
        json!({"identifier": {"system": URI, "value": value}})
    }

    /// Somebody, with the name that the report has for them.
    fn agent(&self, account: &str, name: Option<&String>, kind: Value, is_asker: bool) -> Value {
        let mut agent = json!({"type": {"coding": [kind]}, "who": self.account(account), "requestor": is_asker});
        if let Some(name) = name {
            agent["name"] = json!(name);
        }
        agent
    }

    fn list(&self, items: Vec<Value>) -> Value {
        let about = &self.report.about;
        let (title, code) = match about.extent {
            Extent::Statutory => ("Accounting of disclosures", "statutory"),
            Extent::Full => ("Every access and every change", "full"),
        };
        let mut subject = self.account(&about.patient);
        if let Some(name) = &about.patient_name {
            subject["display"] = json!(name);
        }
        let from = about.from.as_deref().unwrap_or("the first entry");
        let mut notes = vec![format!(
            "From {from} to {}. Openings by others than the patient: {}.",
            about.made, self.report.openings
        )];
        notes.extend(paper::missing(&self.report.missing));
        notes.extend(self.report.logs.iter().map(|log| {
            format!("Log of record {}: {} entries, head {}.", log.record_id, log.entries, log.head)
        }));
        let notes: Vec<_> = notes.into_iter().map(|text| json!({"text": text})).collect();
        let mut list = json!({
            "resourceType": "List",
            "status": "current",
            "mode": "snapshot",
            "title": title,
            "code": {"coding": [{"system": "urn:mrms:fhir:report", "code": code}], "text": title},
            "subject": subject,
            "date": about.made,
            "note": notes,
        });
        match items.is_empty() {
            true => {
                list["emptyReason"] = json!({"coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/list-empty-reason",
                    "code": "nilknown",
                    "display": "Nil Known",
                }]});
            }
            false => list["entry"] = json!(items),
        }
        list
    }

    fn disclosure(&self, row: &DisclosureRow) -> Value {
        let mut event = json!({
            "resourceType": "AuditEvent",
            "type": coding(DICOM, "110106", "Export"),
            "subtype": [coding("http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "disclose", "Disclose Record Lifecycle Event")],
            "action": "R",
            "outcome": "0",
            "source": self.source(),
        });
        if let (Some(first), Some(last)) = (&row.first, &row.last) {
            event["period"] = json!({"start": first, "end": last});
        }
        recorded(&mut event, row.last.as_ref());
        purpose(&mut event, row.purpose, row.reason.as_ref());
        let mut agents = vec![
            self.agent(
                &self.report.about.contract,
                None,
                coding(DICOM, "110153", "Source Role ID"),
                false,
            ),
            self.agent(
                &row.account,
                row.recipient.as_ref(),
                coding(DICOM, "110152", "Destination Role ID"),
                true,
            ),
        ];
        if let Some(account) = &row.organisation_account {
            agents.push(self.organisation(account, row.organisation.as_ref()));
        }
        event["agent"] = json!(agents);
        event["entity"] = self.entities(&row.record_id, &row.description, row);
        event
    }

    fn event(&self, row: &EventRow) -> Value {
        let action = match row.action.as_str() {
            "create" | "create-for" => "C",
            "amend" => "U",
            "access" | "emergency-read" => "R",
            _ => "E",
        };
        let mut event = json!({
            "resourceType": "AuditEvent",
            "type": coding(EVENT_TYPE, "rest", "RESTful Operation"),
            "subtype": [{"system": "urn:mrms:fhir:action", "code": row.action}],
            "action": action,
            "outcome": if row.outcome == "ok" { "0" } else { "8" },
            "source": self.source(),
        });
        if let Some(why) = &row.refused {
            event["outcomeDesc"] = json!(why);
        }
        recorded(&mut event, row.time.as_ref());
        purpose(&mut event, row.purpose, row.reason.as_ref());
        let mut agents = vec![self.agent(
            &row.account,
            row.actor.as_ref(),
            coding(DICOM, "110150", "Application"),
            true,
        )];
        if let Some(account) = &row.organisation_account {
            agents.push(self.organisation(account, row.organisation.as_ref()));
        }
        event["agent"] = json!(agents);
        event["entity"] = self.entities(&row.record_id, &row.description, row);
        event
    }

    fn organisation(&self, account: &str, name: Option<&String>) -> Value {
        let kind = coding(
            "http://terminology.hl7.org/CodeSystem/v3-RoleClass",
            "PROV",
            "healthcare provider",
        );
        let mut agent = self.agent(account, name, kind, false);
        agent["who"]["type"] = json!("Organization");
        agent
    }

    fn source(&self) -> Value {
        json!({"observer": self.account(&self.report.about.contract)})
    }

    /// The record, with all fields of the line, and the patient.
    fn entities(&self, record: &str, description: &str, row: &impl Serialize) -> Value {
        let contract = format!("stacks:{}:{}", self.chain.number(), self.report.about.contract);
        let fields = match serde_json::to_value(row) {
            Ok(Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        let details: Vec<_> = fields
            .into_iter()
            .filter_map(|(name, value)| {
                let text = match value {
                    Value::Null => return None,
                    Value::String(text) => text,
                    Value::Array(items) => {
                        items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
                    }
                    other => other.to_string(),
                };
                (!text.is_empty()).then(|| json!({"type": name, "valueString": text}))
            })
            .collect();
        json!([
            {
                "what": {"type": "DocumentReference", "identifier": {"system": contract, "value": record}, "display": description},
                "type": coding(ENTITY_TYPE, "2", "System Object"),
                "role": coding(OBJECT_ROLE, "3", "Report"),
                "detail": details,
            },
            {
                "what": {"type": "Patient", "identifier": self.account(&self.report.about.patient)["identifier"]},
                "type": coding(ENTITY_TYPE, "1", "Person"),
                "role": coding(OBJECT_ROLE, "1", "Patient"),
            },
        ])
    }
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({"system": system, "code": code, "display": display})
}

/// When an event was put on record, which FHIR requires; or that the ledger no longer tells.
fn recorded(event: &mut Value, time: Option<&String>) {
    match time {
        Some(time) => event["recorded"] = json!(time),
        None => {
            event["_recorded"] = json!({"extension": [{"url": ABSENT, "valueCode": "unknown"}]});
        }
    }
}

fn purpose(event: &mut Value, code: Option<&str>, reason: Option<&String>) {
    let Some(code) = code else { return };
    let mut concept = json!({"coding": [{"system": Purpose::SYSTEM, "code": code}]});
    if let Some(reason) = reason {
        concept["text"] = json!(reason);
    }
    event["purposeOfEvent"] = json!([concept]);
}

/// A UUID of version 8 (RFC 9562) out of what it names: the same report has the same ones.
fn urn(of: &[&str]) -> String {
    let hash = Sha256::digest(of.join("\n").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let digits = hex::encode(bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    format!("urn:uuid:{}", parts.join("-"))
}
