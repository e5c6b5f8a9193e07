//! The resource AuditEvent, whatever log its line stands in.

use mrms_contract::ContractError;
use mrms_core::Principal;
use serde::Serialize;

use super::elements::{CodeableConcept, Coding, Namespace, Reference};
use super::pattern::{
    APPLICATION, AUTHOR, AUTHORIZER, Concerns, DESTINATION, PROVIDER, Pattern, RECIPIENT, SERVER,
    SOURCE, entity_type, object_role,
};
use crate::audit::trail::ActionOutcome;

/// The resource: what somebody did, or was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    resource_type: &'static str,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Meta>,
    #[serde(rename = "type")]
    kind: Coding,
    subtype: [Coding; 1],
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<String>,
    #[serde(rename = "_recorded", skip_serializing_if = "Option::is_none")]
    no_recorded: Option<Absent>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome_desc: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    purpose_of_event: Vec<CodeableConcept>,
    agent: Vec<Agent>,
    source: Source,
    entity: Vec<Entity>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Meta {
    profile: [&'static str; 1],
}

/// Stands in place of a required value that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Absent {
    extension: [AbsentReason; 1],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct AbsentReason {
    url: &'static str,
    value_code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Agent {
    #[serde(rename = "type")]
    kind: CodeableConcept,
    who: Reference,
    requestor: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
}

/// The network address of an agent: the account that signed, since a ledger sees no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Network {
    address: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Source {
    observer: Reference,
    #[serde(rename = "type")]
    kind: [Coding; 1],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Entity {
    pub(super) what: Reference,
    #[serde(rename = "type")]
    pub(super) kind: Coding,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<Coding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) detail: Vec<Detail>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Detail {
    #[serde(rename = "type")]
    kind: &'static str,
    value_string: String,
}

/// A line of a log, as its event needs it.
pub(super) struct Told<'l> {
    pub(super) id: String,
    /// The pattern of what was done or attempted.
    pub(super) pattern: Pattern,
    pub(super) has_version: bool,
    pub(super) time: Option<&'l str>,
    pub(super) refusal: Option<Refusal>,
    pub(super) purposes: Vec<CodeableConcept>,
    pub(super) agents: Vec<Agent>,
    pub(super) entities: Vec<Entity>,
}

impl AuditEvent {
    pub(super) fn of(told: Told<'_>, names: Namespace<'_>) -> Self {
        let Told { id, pattern, has_version, time, refusal, purposes, agents, entities } = told;
        let concerns = match entities.iter().any(Entity::is_patient) {
            true => Concerns::Patient,
            false => Concerns::NoPatient,
        };
        Self {
            resource_type: "AuditEvent",
            id,
            // The patterns for actions are only for actions that succeeded.
            meta: refusal
                .as_ref()
                .is_none_or(|refusal| refusal.is_decision)
                .then(|| Meta { profile: [pattern.profile(concerns)] }),
            kind: pattern.kind(),
            subtype: [pattern.subtype(has_version)],
            action: pattern.action(),
            recorded: time.map(str::to_owned),
            no_recorded: time.is_none().then_some(Absent {
                extension: [AbsentReason {
                    url: "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                    value_code: "unknown",
                }],
            }),
            outcome: match refusal {
                None => "0",
                Some(Refusal { is_decision: true, .. }) => "8",
                Some(Refusal { is_decision: false, .. }) => "4",
            },
            outcome_desc: refusal.map(|refusal| refusal.words),
            purpose_of_event: purposes,
            agent: agents,
            source: Source { observer: names.service(), kind: [SERVER] },
            entity: entities,
        }
    }
}

/// A line's refusal.
pub(super) struct Refusal {
    words: String,
    /// Whether the caller lacked permission; otherwise the request itself was wrong.
    pub(super) is_decision: bool,
}

impl Refusal {
    pub(super) fn of(outcome: ActionOutcome, reason: Option<&str>) -> Option<Self> {
        if outcome == ActionOutcome::Ok {
            return None;
        }
        let slug = reason.unwrap_or("refused");
        let known = ContractError::ALL.iter().find(|error| error.slug() == slug);
        Some(Self {
            words: known.map_or_else(|| slug.to_owned(), |error| format!("{slug}: {error}")),
            // The contract numbers refusals of permission from 101.
            is_decision: known.is_some_and(|error| (101..200).contains(&error.code())),
        })
    }
}

/// Somebody who took part, or a program.
pub(super) fn agent(kind: Coding, who: Reference, address: Option<String>) -> Agent {
    let network = address.map(|address| Network { address, kind: "5" });
    Agent { kind: kind.into(), who, requestor: false, network }
}

/// Who asked for it.
pub(super) fn user(kind: Coding, who: Reference) -> Agent {
    Agent { requestor: true, ..agent(kind, who, None) }
}

/// Who wrote something: the account, the contract, and the person.
pub(super) fn authors(actor: &Principal, person: Reference, names: Namespace<'_>) -> Vec<Agent> {
    vec![
        agent(SOURCE, names.account(actor), Some(names.uri(actor))),
        agent(DESTINATION, names.service(), Some(names.uri(names.contract))),
        user(AUTHOR, person),
    ]
}

/// Who was judged, and by whom.
pub(super) fn judged(
    actor: &Principal,
    person: Reference,
    organisation: Option<Reference>,
    names: Namespace<'_>,
) -> Vec<Agent> {
    let unknown = || Reference::unknown("not known to the contract");
    vec![
        agent(APPLICATION, names.account(actor), Some(names.uri(actor))),
        user(RECIPIENT, person),
        agent(PROVIDER, organisation.unwrap_or_else(unknown), None),
        agent(AUTHORIZER, names.service(), None),
    ]
}

impl Entity {
    /// Whether it says whose things it was about.
    fn is_patient(&self) -> bool {
        self.role == Some(PATIENT)
    }
}

const PATIENT: Coding = object_role("1", "Patient");

/// Whose things it was about.
pub(super) fn patient_entity(patient: &Principal, names: Namespace<'_>) -> Entity {
    Entity {
        what: names.account(patient).to("Patient"),
        kind: entity_type("1", "Person"),
        role: Some(PATIENT),
        detail: Vec::new(),
    }
}

/// What was acted upon. `is_judged` says that the event is a decision: its pattern takes a consent alone.
pub(super) fn acted_upon(what: Reference, is_judged: bool, detail: Vec<Detail>) -> Entity {
    if is_judged {
        let kind = Coding::new("http://hl7.org/fhir/resource-types", "Consent", "Consent");
        return Entity { what, kind, role: None, detail };
    }
    let (kind, role) = (entity_type("2", "System Object"), object_role("4", "Domain Resource"));
    Entity { what, kind, role: Some(role), detail }
}

/// The fields of a line that it has, under their names.
pub(super) fn details<const N: usize>(fields: [(&'static str, Option<String>); N]) -> Vec<Detail> {
    let told = fields.into_iter();
    told.filter_map(|(kind, value)| value.map(|value_string| Detail { kind, value_string }))
        .collect()
}
