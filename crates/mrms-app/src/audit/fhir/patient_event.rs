//! The lines of a patient's own trail as AuditEvents: access to all records, delegates, contacts, members, successions.
//!
//! As with records' lines, the patterns are IHE's, and the details of the entity that was acted upon have every field of the line.
//! What is acted upon is the Consent to all records, the delegate or contact as a RelatedPerson, the member as a PractitionerRole,
//! or the account of whom everything passes to or came from. An organisation is no patient, so that an event about its staff follows the patterns that need none.

use mrms_core::{Action, Principal};
use mrms_fhir::write::{log_event_id, patient_id};

use super::elements::Namespace;
use super::pattern::Pattern;
use super::resource::{
    AuditEvent, Entity, Refusal, Told, acted_upon, authors, details, judged, patient_entity,
};
use crate::audit::patient_trail::{PatientLine, PatientTrail};

/// The events of a patient's own trail, in its order.
#[must_use]
pub fn patient_events(trail: &PatientTrail, names: Namespace<'_>) -> Vec<AuditEvent> {
    let mut patient = &trail.root;
    let mut events = Vec::with_capacity(trail.lines.len());
    for line in &trail.lines {
        if let Some(index) = line.index {
            patient = trail.patient_at(index);
        }
        events.push(event(trail, line, patient, names));
    }
    events
}

fn event(
    trail: &PatientTrail,
    line: &PatientLine,
    patient: &Principal,
    names: Namespace<'_>,
) -> AuditEvent {
    let refusal = Refusal::of(line.outcome, line.reason.as_deref());
    let pattern = match refusal {
        Some(Refusal { is_decision: true, .. }) => Pattern::Decision,
        _ => Pattern::of(Some(line.action)),
    };
    let account = names.account(&line.actor);
    let is_of_staff = matches!(line.action, Action::MemberSet | Action::MemberRemove);
    let told = Told {
        id: id(trail, line),
        pattern,
        has_version: false,
        time: line.time.as_deref(),
        refusal,
        purposes: Vec::new(),
        agents: match pattern {
            Pattern::Decision => judged(&line.actor, account, None, names),
            _ if is_of_staff => authors(&line.actor, account.to("Organization"), names),
            _ => authors(&line.actor, account, names),
        },
        entities: entities(trail, line, (pattern, patient, is_of_staff), names),
    };
    AuditEvent::of(told, names)
}

/// The resource's id: the same each time, and none that a record's event has.
fn id(trail: &PatientTrail, line: &PatientLine) -> String {
    let place = match (line.index, line.txid) {
        (Some(index), _) => index.to_string(),
        (None, Some(txid)) => hex::encode(&txid.as_bytes()[..12]),
        (None, None) => "refused".to_owned(),
    };
    log_event_id(&patient_id(&trail.root), &place)
}

fn entities(
    trail: &PatientTrail,
    line: &PatientLine,
    (pattern, patient, is_of_staff): (Pattern, &Principal, bool),
    names: Namespace<'_>,
) -> Vec<Entity> {
    let is_judged = pattern == Pattern::Decision;
    let subject = line.subject.as_ref().unwrap_or(&line.actor);
    let what = match line.action {
        // A decision was about a consent.
        _ if is_judged => names.consent_to_all(&trail.root, &line.actor),
        Action::StandingGrant | Action::StandingRevoke => {
            names.consent_to_all(&trail.root, subject)
        }
        Action::MemberSet | Action::MemberRemove => names.account(subject).to("PractitionerRole"),
        // The other account of the line: the patient is one person of both.
        Action::SuccessionOffer | Action::SuccessionAccept => names.account(subject),
        _ => names.account(subject).to("RelatedPerson"),
    };
    let (name, allows) = line.allows().unwrap_or(("allows", String::new()));
    let fields = details([
        ("patient", Some(trail.root.to_string())),
        ("action", Some(line.action.to_string())),
        ("index", line.index.map(|index| index.to_string())),
        ("subject", line.subject.as_ref().map(ToString::to_string)),
        (name, Some(allows).filter(|allows| !allows.is_empty())),
        ("expiry", line.expiry.map(|expiry| expiry.to_string())),
        ("burn_height", Some(line.burn_height.to_string())),
        ("txid", line.txid.map(|txid| txid.to_string())),
        ("detail", line.detail.map(hex::encode)),
        ("head", line.head.map(|head| head.to_string())),
    ]);
    let acted_upon = acted_upon(what, is_judged, fields);
    match is_of_staff && !is_judged {
        true => vec![acted_upon],
        false => vec![patient_entity(patient, names), acted_upon],
    }
}

#[cfg(test)]
mod tests {
    use mrms_core::{BurnHeight, ChainId, ContractId, TxId};
    use serde_json::Value;

    use super::*;
    use crate::audit::trail::ActionOutcome;

    const ANA: &str = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG";
    const BEN: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";
    const EVE: &str = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5";

    fn line(action: Action, actor: &str, subject: &str, index: u64) -> PatientLine {
        let mut detail = [0; 32];
        detail[31] = 3;
        PatientLine {
            index: Some(index),
            action,
            actor: actor.parse().unwrap(),
            subject: Some(subject.parse().unwrap()),
            expiry: Some(BurnHeight::new(900_500)),
            burn_height: BurnHeight::new(900_001),
            time: Some("2026-05-04T08:30:00Z".to_owned()),
            txid: Some(TxId::from_bytes([0xab; 32])),
            outcome: ActionOutcome::Ok,
            reason: None,
            detail: Some(detail),
            head: None,
        }
    }

    fn refused(line: PatientLine, reason: &str) -> PatientLine {
        PatientLine {
            index: None,
            outcome: ActionOutcome::Denied,
            reason: Some(reason.to_owned()),
            detail: None,
            ..line
        }
    }

    fn events(lines: Vec<PatientLine>) -> Vec<Value> {
        let contract: ContractId = format!("{ANA}.medical-records-management").parse().unwrap();
        let names = Namespace { chain_id: ChainId::EMBEDDED, contract: &contract };
        let accepted = lines.iter().filter(|line| line.action == Action::SuccessionAccept);
        let successions =
            accepted.filter_map(|line| Some((line.index?, line.actor.clone()))).collect();
        let patient = EVE.parse().unwrap();
        let trail = PatientTrail { root: ANA.parse().unwrap(), patient, lines, successions };
        let events = patient_events(&trail, names);
        events.iter().map(|event| serde_json::to_value(event).unwrap()).collect()
    }

    fn detail<'e>(event: &'e Value, name: &str) -> Option<&'e str> {
        let acted_upon = event["entity"].as_array().unwrap().last().unwrap();
        let details = acted_upon["detail"].as_array().unwrap();
        details.iter().find(|one| one["type"] == name)?["valueString"].as_str()
    }

    fn own() -> Vec<Action> {
        let of_records = Action::ALL.iter().position(|one| *one == Action::StandingGrant).unwrap();
        Action::ALL[of_records..].to_vec()
    }

    #[test]
    fn every_action_of_a_patients_own_log_has_an_event_that_names_it_and_whom_it_concerned() {
        for (index, action) in (0..).zip(own()) {
            let event = &events(vec![line(action, ANA, BEN, index)])[0];
            assert_eq!(detail(event, "action"), Some(action.as_str()));
            assert_eq!(detail(event, "subject"), Some(BEN));
            assert_eq!(detail(event, "patient"), Some(ANA));
            assert_eq!(event["id"], format!("{ANA}.-log.{index}"));
            let entities = event["entity"].as_array().unwrap();
            let about = entities.last().unwrap()["what"]["type"].as_str().unwrap_or_default();
            let (expected, count) = match action {
                Action::StandingGrant | Action::StandingRevoke => ("Consent", 2),
                Action::MemberSet | Action::MemberRemove => ("PractitionerRole", 1),
                Action::SuccessionOffer | Action::SuccessionAccept => ("", 2),
                _ => ("RelatedPerson", 2),
            };
            assert_eq!((about, entities.len()), (expected, count), "{action}");
            let profile = event["meta"]["profile"][0].as_str().unwrap();
            assert_eq!(profile.contains("BasicAudit.Patient"), count == 2, "{profile}");
        }
    }

    #[test]
    fn what_was_given_stands_in_words_beside_its_bits() {
        let events = events(vec![
            line(Action::StandingGrant, ANA, BEN, 0),
            line(Action::DelegateSet, ANA, BEN, 1),
            line(Action::DelegateRemove, ANA, BEN, 2),
        ]);
        assert_eq!(detail(&events[0], "rights"), Some("read+amend"));
        assert_eq!(detail(&events[1], "powers"), Some("see+share"));
        assert!(detail(&events[2], "powers").or(detail(&events[2], "rights")).is_none());
    }

    #[test]
    fn patient_of_an_event_is_who_it_was_then_in_a_line_of_succession() {
        let lines = vec![
            line(Action::DelegateSet, ANA, EVE, 0),
            line(Action::SuccessionOffer, ANA, BEN, 1),
            line(Action::SuccessionAccept, BEN, ANA, 2),
            refused(line(Action::DelegateSet, ANA, EVE, 0), "succeeded"),
            line(Action::DelegateRemove, BEN, EVE, 3),
        ];
        let patients: Vec<_> = events(lines)
            .iter()
            .map(|event| event["entity"][0]["what"]["identifier"]["value"].to_string())
            .collect();
        let is_bens: Vec<_> = patients.iter().map(|patient| patient.contains(BEN)).collect();
        assert_eq!(is_bens, [false, false, true, true, true], "{patients:?}");
    }

    #[test]
    fn refusal_of_permission_is_a_decision_and_ids_are_of_the_form_that_fhir_allows() {
        let events = events(vec![
            refused(line(Action::StandingGrant, BEN, EVE, 0), "not-patient"),
            refused(line(Action::ContactAccept, BEN, BEN, 0), "no-such-contact"),
        ]);
        assert_eq!((&events[0]["action"], &events[0]["outcome"]), (&"E".into(), &"8".into()));
        let consent = events[0]["entity"][1]["what"]["identifier"]["value"].as_str().unwrap();
        assert_eq!(consent, format!("{ANA}/{BEN}"), "what the asker was given was judged");
        assert_eq!((&events[1]["outcome"], &events[1]["meta"]), (&"4".into(), &Value::Null));
        for event in &events {
            let id = event["id"].as_str().unwrap();
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
            assert!(id.len() <= 64 && id.chars().all(is_allowed), "{id}");
        }
    }
}
