//! The lines of a record's trail as AuditEvents, after IHE's Basic Audit Log Patterns (BALP 1.1).
//!
//! Details of the entity that was acted upon carry what a line has beyond the pattern, so that
//! nothing of it is lost. Source: <https://profiles.ihe.net/ITI/BALP/>.

use std::collections::BTreeMap;

use mrms_core::{Action, Principal, Purpose};

use super::elements::{Coding, Namespace};
use super::pattern::{
    ADVOCATE, BREAK_THE_GLASS, DESTINATION, PROVIDER, Pattern, RECIPIENT, SOURCE,
};
use super::resource::{
    Agent, AuditEvent, Detail, Entity, Refusal, Told, acted_upon, agent, authors, details, judged,
    patient_entity, user,
};
use crate::audit::trail::{ActionOutcome, Trail, TrailLine};

/// The events of a trail's lines, in their order. `purposes` tells what openings were for, by their places in the log.
#[must_use]
pub fn audit_events(
    trail: &Trail,
    names: Namespace<'_>,
    purposes: &BTreeMap<u64, Purpose>,
) -> Vec<AuditEvent> {
    let lines = &trail.lines;
    let is_done = |line: &&TrailLine, action: Action| {
        line.outcome == ActionOutcome::Ok && line.action == action.as_str()
    };
    // The patient is who created the record, also for attempts before that, until somebody accepts
    // a transfer.
    let made = lines.iter().find_map(|line| match line {
        line if is_done(&line, Action::Create) => Some(&line.actor),
        line if is_done(&line, Action::CreateFor) => line.subject.as_ref(),
        _ => None,
    });
    let mut patient = made.unwrap_or(&trail.record.patient);
    let mut events = Vec::new();
    for line in lines {
        if is_done(&line, Action::TransferAccept) {
            patient = &line.actor;
        }
        let purpose = line.index.and_then(|index| purposes.get(&index)).copied();
        events.push(event(line, patient, names, purpose));
    }
    events
}

fn event(
    line: &TrailLine,
    patient: &Principal,
    names: Namespace<'_>,
    purpose: Option<Purpose>,
) -> AuditEvent {
    let action = line.action.parse().ok();
    let refusal = Refusal::of(line.outcome, line.reason.as_deref());
    let pattern = match refusal {
        Some(Refusal { is_decision: true, .. }) => Pattern::Decision,
        _ => Pattern::of(action),
    };
    let is_emergency = matches!(action, Some(Action::Emergency | Action::EmergencyRead));
    let told = Told {
        id: id(line),
        pattern,
        has_version: line.version.is_some(),
        time: line.time.as_deref(),
        refusal,
        purposes: match (is_emergency, purpose) {
            (true, _) => vec![BREAK_THE_GLASS.into(), coding(Purpose::EmergencyTreatment).into()],
            (false, Some(purpose)) => vec![coding(purpose).into()],
            (false, None) => Vec::new(),
        },
        agents: agents(pattern, line, names),
        entities: entities(pattern, line, action, patient, names),
    };
    AuditEvent::of(told, names)
}

const fn coding(purpose: Purpose) -> Coding {
    Coding::new(Purpose::SYSTEM, purpose.code(), purpose.display())
}

/// The resource's id: at most 64 of `A-Z a-z 0-9 - .`, and the same each time.
fn id(line: &TrailLine) -> String {
    match (line.index, line.txid) {
        (Some(index), _) => format!("{}.{index}", line.record_id),
        (None, Some(txid)) => {
            format!("{}.{}", line.record_id, hex::encode(&txid.as_bytes()[..12]))
        }
        (None, None) => format!("{}.refused", line.record_id),
    }
}

fn agents(pattern: Pattern, line: &TrailLine, names: Namespace<'_>) -> Vec<Agent> {
    let contract = || Some(names.uri(names.contract));
    let account = || names.account(&line.actor);
    let organisation = line.organisation().map(|one| names.account(one).to("Organization"));
    // A member of an organisation acts in a role there.
    let person = match &organisation {
        Some(_) => account().to("PractitionerRole"),
        None => account(),
    };
    match pattern {
        Pattern::Read => {
            let mut agents = vec![
                agent(DESTINATION, account(), Some(names.uri(&line.actor))),
                agent(SOURCE, names.service(), contract()),
                user(RECIPIENT, person),
            ];
            agents.extend(organisation.map(|one| agent(PROVIDER, one, None)));
            agents
        }
        Pattern::Create | Pattern::Update => authors(&line.actor, person, names),
        Pattern::Decision => judged(&line.actor, person, organisation, names),
        Pattern::Disclosure => {
            let reader = line.subject.as_ref().unwrap_or(&line.actor);
            vec![
                agent(SOURCE, names.service(), contract()),
                agent(DESTINATION, names.account(reader), Some(names.uri(reader))),
                user(ADVOCATE, person),
            ]
        }
    }
}

fn entities(
    pattern: Pattern,
    line: &TrailLine,
    action: Option<Action>,
    patient: &Principal,
    names: Namespace<'_>,
) -> Vec<Entity> {
    // The version is named only when it is what was acted upon.
    let version = match action {
        Some(
            Action::Create
            | Action::CreateFor
            | Action::Amend
            | Action::Access
            | Action::EmergencyRead
            | Action::Envelope,
        ) => line.version,
        _ => None,
    };
    let concerned = match action {
        Some(Action::Grant | Action::Revoke) => line.subject.as_ref(),
        _ => None,
    };
    // A decision was about a consent.
    let is_judged = pattern == Pattern::Decision;
    let what = match concerned.filter(|_| !is_judged) {
        Some(user) => names.consent(line.record_id, user),
        None if is_judged => {
            names.consent(line.record_id, line.organisation().unwrap_or(&line.actor))
        }
        None => names.record(line.record_id, version),
    };
    vec![patient_entity(patient, names), acted_upon(what, is_judged, fields(line))]
}

/// The fields of the exported line, under the same names.
fn fields(line: &TrailLine) -> Vec<Detail> {
    details([
        ("record_id", Some(line.record_id.to_string())),
        ("action", Some(line.action.clone())),
        ("index", line.index.map(|index| index.to_string())),
        ("subject", line.subject.as_ref().map(ToString::to_string)),
        ("version", line.version.map(|version| version.to_string())),
        ("expiry", line.expiry.map(|expiry| expiry.to_string())),
        ("burn_height", Some(line.burn_height.to_string())),
        ("txid", line.txid.map(|txid| txid.to_string())),
        ("detail", line.detail.clone()),
        ("head", line.head.clone()),
    ])
}

#[cfg(test)]
mod tests {
    use mrms_contract::state::Record;
    use mrms_contract::trail::Head;
    use mrms_core::{BurnHeight, ChainId, ContractId, RecordId, TxId, Version};
    use serde_json::Value;

    use super::*;

    const ANA: &str = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG";
    const BEN: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";

    fn line(action: &str, actor: &str, index: Option<u64>) -> TrailLine {
        TrailLine {
            record_id: RecordId::new(u128::MAX),
            index,
            action: action.to_owned(),
            actor: actor.parse().unwrap(),
            subject: None,
            version: Some(1),
            expiry: None,
            burn_height: BurnHeight::new(900_001),
            time: Some("2026-05-04T08:30:00Z".to_owned()),
            txid: Some(TxId::from_bytes([0xab; 32])),
            outcome: if index.is_some() { ActionOutcome::Ok } else { ActionOutcome::Denied },
            reason: None,
            detail: None,
            head: None,
        }
    }

    fn refused(action: &str, actor: &str, reason: &str) -> TrailLine {
        TrailLine { reason: Some(reason.to_owned()), ..line(action, actor, None) }
    }

    fn events(lines: &[TrailLine]) -> Vec<Value> {
        let contract: ContractId = format!("{ANA}.medical-records-management").parse().unwrap();
        let names = Namespace { chain_id: ChainId::EMBEDDED, contract: &contract };
        let record = Record {
            patient: BEN.parse().unwrap(),
            version: Version::FIRST,
            readers: 0,
            audit_count: lines.len() as u64,
            audit_head: Head::EMPTY,
        };
        let refusals = crate::audit::trail::Refusals::Told;
        let trail = Trail { record, lines: lines.to_vec(), uncompared: 0, refusals };
        let events = audit_events(&trail, names, &BTreeMap::new());
        events.iter().map(|event| serde_json::to_value(event).unwrap()).collect()
    }

    #[test]
    fn patient_of_an_event_is_who_it_was_then() {
        let lines = [
            refused("access", BEN, "record-not-found"),
            line("create", ANA, Some(0)),
            refused("transfer-accept", BEN, "not-offered"),
            line("transfer-offer", ANA, Some(1)),
            line("transfer-accept", BEN, Some(2)),
            line("access", BEN, Some(3)),
        ];
        let patients: Vec<_> = events(&lines)
            .iter()
            .map(|event| event["entity"][0]["what"]["identifier"]["value"].to_string())
            .collect();
        let is_bens: Vec<_> = patients.iter().map(|patient| patient.contains(BEN)).collect();
        assert_eq!(is_bens, [false, false, false, false, true, true]);
    }

    #[test]
    fn patient_of_a_record_that_a_delegate_created_is_the_patient() {
        let made =
            TrailLine { subject: Some(ANA.parse().unwrap()), ..line("create-for", BEN, Some(0)) };
        let event = &events(&[made])[0];
        let patient = event["entity"][0]["what"]["identifier"]["value"].to_string();
        assert!(patient.contains(ANA), "{patient}");
        assert_eq!(event["action"], "C");
    }

    #[test]
    fn member_of_an_organisation_is_the_agent_and_the_organisation_stands_beside_them() {
        let opened =
            TrailLine { subject: Some(ANA.parse().unwrap()), ..line("access", BEN, Some(1)) };
        let mut denied = refused("access", BEN, "not-member");
        denied.subject = Some(ANA.parse().unwrap());
        let plain = line("access", BEN, Some(2));
        let events = events(&[line("create", ANA, Some(0)), opened, denied, plain]);
        let agents = |event: &Value| -> Vec<(String, String, bool)> {
            let agents = event["agent"].as_array().unwrap().iter();
            let fact = |agent: &Value| {
                let kind = agent["who"]["type"].as_str().unwrap_or_default().to_owned();
                let value = agent["who"]["identifier"]["value"].as_str().unwrap_or_default();
                (kind, value.to_owned(), agent["requestor"] == true)
            };
            agents.map(fact).collect()
        };
        for event in &events[1..3] {
            let agents = agents(event);
            let role = agents.iter().find(|(.., is_requestor)| *is_requestor).unwrap();
            assert!(role.0 == "PractitionerRole" && role.1.ends_with(BEN), "{agents:?}");
            let organisation = agents.iter().find(|(kind, ..)| kind == "Organization").unwrap();
            assert!(organisation.1.ends_with(ANA), "{agents:?}");
        }
        let consent = events[2]["entity"][1]["what"]["identifier"]["value"].to_string();
        assert!(
            consent.contains(ANA),
            "what was judged is what the organisation was granted: {consent}"
        );
        assert!(agents(&events[3]).iter().all(|(kind, ..)| kind.is_empty()));
    }

    #[test]
    fn ids_are_of_the_form_that_fhir_allows_and_no_two_are_the_same() {
        let other = TxId::from_bytes([0xac; 32]);
        let lines = [
            line("create", ANA, Some(u64::MAX)),
            refused("access", BEN, "no-access"),
            TrailLine { txid: Some(other), ..refused("access", BEN, "no-access") },
        ];
        let mut ids: Vec<_> =
            events(&lines).iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
        let allowed = |id: &String| {
            id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        };
        assert!(ids.iter().all(allowed), "{ids:?}");
        ids.dedup();
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn refusal_of_permission_is_a_decision_and_a_mistake_is_a_failed_attempt() {
        let lines = [
            line("create", ANA, Some(0)),
            refused("access", BEN, "grant-expired"),
            refused("amend", ANA, "version-taken"),
            refused("emergency", BEN, "no-reason"),
        ];
        let events = events(&lines);
        assert_eq!((&events[1]["action"], &events[1]["outcome"]), (&"E".into(), &"8".into()));
        assert!(events[1]["meta"]["profile"][0].as_str().unwrap().ends_with("AuthZconsent"));
        assert!(events[1]["outcomeDesc"].as_str().unwrap().starts_with("grant-expired: "));
        assert_eq!((&events[2]["action"], &events[2]["outcome"]), (&"U".into(), &"4".into()));
        assert_eq!((&events[3]["action"], &events[3]["outcome"]), (&"E".into(), &"4".into()));
        assert_eq!((&events[2]["meta"], &events[3]["meta"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn time_that_the_ledger_no_longer_tells_is_absent_with_a_reason() {
        let told = TrailLine { time: None, ..line("create", ANA, Some(0)) };
        let event = &events(&[told])[0];
        assert_eq!(event["recorded"], Value::Null);
        assert_eq!(event["_recorded"]["extension"][0]["valueCode"], "unknown");
    }

    #[test]
    fn every_action_of_the_contract_has_an_event_that_names_it() {
        for action in Action::ALL {
            let lines = [line("create", ANA, Some(0)), line(action.as_str(), ANA, Some(1))];
            let event = &events(&lines)[1];
            let details = event["entity"][1]["detail"].as_array().unwrap();
            let named = details.iter().find(|detail| detail["type"] == "action").unwrap();
            assert_eq!(named["valueString"], action.as_str());
        }
    }
}
