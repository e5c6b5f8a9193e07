//! Problems and allergies: a concern, and the findings that it is about.
//!
//! Whether a problem goes on is said by its own status, else by its end, else by the concern's status. What is negated without a
//! substance or a problem of its own is "none known"; with one it is refuted. Source: HL7 C-CDA on FHIR 1.1, "Problems" and
//! "Allergies".

use serde_json::{Map, Value, json};

use super::node::Node;
use super::scene::{Scene, coded, put, put_all, recorded, related, resource, snomed, status};
use super::values::{When, code_of};

pub(super) const PROBLEM: &str = "2.16.840.1.113883.10.20.22.4.4";
pub(super) const ALLERGY: &str = "2.16.840.1.113883.10.20.22.4.7";
const PROBLEM_STATUS: &str = "2.16.840.1.113883.10.20.22.4.6";
const ALLERGY_STATUS: &str = "2.16.840.1.113883.10.20.22.4.28";
const REACTION: &str = "2.16.840.1.113883.10.20.22.4.9";
const SEVERITY: &str = "2.16.840.1.113883.10.20.22.4.8";
const CRITICALITY: &str = "2.16.840.1.113883.10.20.22.4.145";

/// A problem or disease in general: what is negated in "no known problems".
const ANY_PROBLEM: [&str; 4] = ["55607006", "64572001", "404684003", "409586006"];
/// Substances, drugs and foods in general: what is negated in "no known allergies".
const ANY_SUBSTANCE: [&str; 5] = ["105590001", "410942007", "373873005", "762766007", "255620007"];

/// Whether what a finding says goes on: `active`, `inactive` or `resolved`.
fn clinical_status(concern: Option<&Node>, finding: &Node, template: &str) -> &'static str {
    let said = related(finding, "observation").find(|one| one.is_a(template));
    let said = said.and_then(|one| code_of(one.child("value")?));
    let when = When::of(finding.child("effectiveTime"));
    let has_ended = when.end.is_some() || when.no_end.is_some();
    match (said, has_ended) {
        (Some("413322009"), _) => "resolved",
        (Some("73425007"), _) => "inactive",
        // Something that ended is not active, whatever was said of it before.
        (_, true) => "resolved",
        (Some(_), false) => "active",
        (None, false) => match concern.map(status) {
            Some("completed" | "aborted" | "suspended") => "inactive",
            _ => "active",
        },
    }
}

fn is_mistaken(concern: Option<&Node>, finding: &Node) -> bool {
    status(finding) == "nullified" || concern.is_some_and(|one| status(one) == "nullified")
}

/// A finding that somebody has, or had.
pub(super) fn condition(
    scene: &Scene<'_>,
    concern: Option<&Node>,
    finding: &Node,
    category: &str,
) -> Value {
    let mut made = resource("Condition", finding);
    let clinical = clinical_status(concern, finding, PROBLEM_STATUS);
    let value = finding.child("value");
    let is_none = finding.is_negated()
        && value.is_none_or(|value| code_of(value).is_none_or(|code| ANY_PROBLEM.contains(&code)));
    let verified = match (is_mistaken(concern, finding), finding.is_negated() && !is_none) {
        (true, _) => Some("entered-in-error"),
        (false, true) => Some("refuted"),
        (false, false) => None,
    };
    // A mistake has no clinical status.
    if verified != Some("entered-in-error") {
        made["clinicalStatus"] = coded("condition-clinical", clinical);
    }
    put(&mut made, "verificationStatus", verified.map(|code| coded("condition-ver-status", code)));
    made["category"] = json!([coded("condition-category", category)]);
    made["code"] = match is_none {
        true => snomed("160245001", "No current problems or disability"),
        false => scene.required(value),
    };
    let when = When::of(finding.child("effectiveTime"));
    put(&mut made, "onsetDateTime", when.begin().map(str::to_owned));
    match (&when.end, when.no_end) {
        (Some(end), _) => made["abatementDateTime"] = json!(end),
        (None, Some(reason)) => made["_abatementDateTime"] = super::values::absent(reason),
        (None, None) => {}
    }
    put(&mut made, "recordedDate", recorded(finding).or_else(|| recorded(concern?)));
    put_all(&mut made, "note", scene.notes(finding));
    made
}

/// An allergy or intolerance, or that none is known.
pub(super) fn allergy(scene: &Scene<'_>, concern: Option<&Node>, finding: &Node) -> Value {
    let mut made = resource("AllergyIntolerance", finding);
    let substance = finding
        .all("participant")
        .filter(|one| one.attribute("typeCode") == Some("CSM"))
        .find_map(|one| one.at(&["participantRole", "playingEntity"]));
    let substance_code = substance.and_then(|one| one.child("code"));
    let kind = finding.child("value").and_then(code_of).unwrap_or_default();
    let general = substance_code.and_then(code_of).is_none_or(|code| ANY_SUBSTANCE.contains(&code));
    let is_none = finding.is_negated() && general;
    let verified = match (is_mistaken(concern, finding), finding.is_negated() && !is_none) {
        (true, _) => Some("entered-in-error"),
        (false, true) => Some("refuted"),
        (false, false) => None,
    };
    if verified != Some("entered-in-error") {
        let clinical = clinical_status(concern, finding, ALLERGY_STATUS);
        made["clinicalStatus"] = coded("allergyintolerance-clinical", clinical);
    }
    let verified = verified.map(|code| coded("allergyintolerance-verification", code));
    put(&mut made, "verificationStatus", verified);
    let (is_a, category) = sort(kind);
    put(&mut made, "type", is_a);
    put_all(&mut made, "category", category.map(|one| json!(one)).into_iter().collect());
    let named = || {
        let name = substance?.child("name")?.words();
        (!name.is_empty()).then(|| json!({"text": super::values::plain(&name)}))
    };
    made["code"] = match is_none {
        true => none_known(category, substance_code.and_then(code_of)),
        false => {
            let coded = scene.concept(substance_code).filter(|one| one.get("extension").is_none());
            coded.or_else(named).unwrap_or_else(|| scene.required(substance_code))
        }
    };
    let critical = related(finding, "observation").find(|one| one.is_a(CRITICALITY));
    let critical = critical.and_then(|one| match code_of(one.child("value")?)? {
        "CRITL" => Some("low"),
        "CRITH" => Some("high"),
        "CRITU" => Some("unable-to-assess"),
        _ => None,
    });
    put(&mut made, "criticality", critical);
    let when = When::of(finding.child("effectiveTime"));
    put(&mut made, "onsetDateTime", when.begin().map(str::to_owned));
    put(&mut made, "recordedDate", recorded(finding).or_else(|| recorded(concern?)));
    let reactions = related(finding, "observation").filter(|one| one.is_a(REACTION));
    let reactions = reactions.map(|one| reaction(scene, one)).collect();
    put_all(&mut made, "reaction", reactions);
    put_all(&mut made, "note", scene.notes(finding));
    made
}

fn reaction(scene: &Scene<'_>, finding: &Node) -> Value {
    let mut reaction = Map::new();
    reaction.insert("manifestation".to_owned(), json!([scene.required(finding.child("value"))]));
    let when = When::of(finding.child("effectiveTime"));
    if let Some(onset) = when.begin() {
        reaction.insert("onset".to_owned(), json!(onset));
    }
    let severity = related(finding, "observation").find(|one| one.is_a(SEVERITY));
    let severity =
        severity.and_then(|one| code_of(one.child("value")?)).and_then(|code| match code {
            "255604002" => Some("mild"),
            "6736007" | "371923003" => Some("moderate"),
            "24484000" | "371924009" | "399166001" => Some("severe"),
            _ => None,
        });
    if let Some(severity) = severity {
        reaction.insert("severity".to_owned(), json!(severity));
    }
    Value::Object(reaction)
}

/// What sort of allergy a code says: its type, and to what.
fn sort(kind: &str) -> (Option<&'static str>, Option<&'static str>) {
    match kind {
        "416098002" => (Some("allergy"), Some("medication")),
        "414285001" => (Some("allergy"), Some("food")),
        "426232007" | "232347008" => (Some("allergy"), Some("environment")),
        "419199007" => (Some("allergy"), None),
        "59037007" => (Some("intolerance"), Some("medication")),
        "235719002" => (Some("intolerance"), Some("food")),
        "419511003" => (None, Some("medication")),
        "418471000" => (None, Some("food")),
        _ => (None, None),
    }
}

fn none_known(category: Option<&str>, substance: Option<&str>) -> Value {
    match (category, substance) {
        (Some("medication"), _) | (None, Some("410942007" | "373873005")) => {
            snomed("409137002", "No known drug allergy")
        }
        (Some("food"), _) | (None, Some("762766007" | "255620007")) => {
            snomed("429625007", "No known food allergy")
        }
        (Some("environment"), _) => snomed("428607008", "No known environmental allergy"),
        _ => snomed("716186003", "No known allergy"),
    }
}
