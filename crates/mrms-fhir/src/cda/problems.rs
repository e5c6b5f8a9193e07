//! Problems and allergies: a concern, and the findings that it is about.
//!
//! Whether a problem goes on is said by its own status, else by its end, else by the concern's status. What is negated in general,
//! and what a code for that says, is "none known"; what is negated of one substance or problem is refuted. What names nothing is
//! no problem and no allergy. Source: HL7 C-CDA on FHIR 1.1, "Problems" and "Allergies".

use serde_json::{Map, Value, json};

use super::node::Node;
use super::scene::{Scene, coded, put, put_all, recorded, related, resource, snomed, status};
use super::stated::{SO, is_denied, says, stated};
use super::values::{When, code_of};
use crate::stored::WhyNotTaken;

pub(super) const PROBLEM: &str = "2.16.840.1.113883.10.20.22.4.4";
pub(super) const ALLERGY: &str = "2.16.840.1.113883.10.20.22.4.7";
const PROBLEM_STATUS: &str = "2.16.840.1.113883.10.20.22.4.6";
const ALLERGY_STATUS: &str = "2.16.840.1.113883.10.20.22.4.28";
const REACTION: &str = "2.16.840.1.113883.10.20.22.4.9";
const SEVERITY: &str = "2.16.840.1.113883.10.20.22.4.8";
const CRITICALITY: &str = "2.16.840.1.113883.10.20.22.4.145";

/// A problem or disease in general: what is negated in "no known problems".
const ANY_PROBLEM: &[&str] = &["55607006", "64572001", "404684003", "409586006"];
/// That no problem is known.
const NO_PROBLEM: &[&str] = &["160245001"];
/// Substances, drugs and foods in general: what is negated in "no known allergies".
const ANY_SUBSTANCE: &[&str] = &["105590001", "410942007", "373873005", "762766007", "255620007"];
/// That no allergy is known: none at all, or none to drugs, foods, latex, insects, animals or the environment.
const NO_ALLERGY: &[&str] = &[
    "716186003",
    "409137002",
    "428607008",
    "429625007",
    "716184000",
    "716185004",
    "428197003",
    "716220001",
    "1003774007",
    "160244002",
];
/// Allergies and intolerances in general, and of each sort: what is negated in "no known allergies".
const ANY_ALLERGY: &[&str] = &[
    "420134006",
    "418038007",
    "419511003",
    "418471000",
    "419199007",
    "416098002",
    "414285001",
    "59037007",
    "235719002",
    "426232007",
    "232347008",
];

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
) -> Result<Value, WhyNotTaken> {
    stated(finding, SO)?;
    let denied = is_denied(concern, finding)?;
    let mut made = resource("Condition", finding);
    let clinical = clinical_status(concern, finding, PROBLEM_STATUS);
    let value = finding.child("value");
    let problem = scene.said(value).ok_or_else(|| nameless(value))?;
    // That it is not so that there is none.
    if denied && says(value, NO_PROBLEM) {
        return Err(WhyNotTaken::Unclear);
    }
    let is_none = denied && says(value, ANY_PROBLEM);
    let verified = match (is_mistaken(concern, finding), denied && !is_none) {
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
        false => problem,
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
    Ok(made)
}

/// Why nothing is made of an entry that does not say what it is about.
fn nameless(value: Option<&Node>) -> WhyNotTaken {
    match value.is_some_and(Node::is_null) {
        true => WhyNotTaken::Null,
        false => WhyNotTaken::Unnamed,
    }
}

/// An allergy or intolerance, or that none is known.
pub(super) fn allergy(
    scene: &mut Scene<'_>,
    concern: Option<&Node>,
    finding: &Node,
) -> Result<Value, WhyNotTaken> {
    stated(finding, SO)?;
    let denied = is_denied(concern, finding)?;
    let mut made = resource("AllergyIntolerance", finding);
    let substance = finding
        .all("participant")
        .filter(|one| one.attribute("typeCode") == Some("CSM"))
        .find_map(|one| one.at(&["participantRole", "playingEntity"]));
    let substance_code = substance.and_then(|one| one.child("code"));
    let value = finding.child("value");
    let kind = value.filter(|one| !one.is_null()).and_then(code_of).unwrap_or_default();
    let named = || {
        let name = substance?.child("name").filter(|name| !name.is_null())?.words();
        (!name.is_empty()).then(|| json!({"text": super::values::plain(&name)}))
    };
    let what = scene.said(substance_code).or_else(named);
    let is_any = says(substance_code, ANY_SUBSTANCE);
    let said_none = [value, substance_code].into_iter().find(|one| says(*one, NO_ALLERGY));
    // Without a substance, or with one that does not apply.
    let is_open = what.is_none()
        && substance_code.is_none_or(|one| one.attribute("nullFlavor") == Some("NA"));
    let denies_all = denied && (is_any || is_open && ANY_ALLERGY.contains(&kind));
    let code = match said_none {
        Some(_) if denied => return Err(WhyNotTaken::Unclear),
        Some(one) => {
            // None is known, and yet a substance is named.
            let is_alone = what.is_none() || is_any || says(substance_code, NO_ALLERGY);
            scene.said(one).filter(|_| is_alone).ok_or(WhyNotTaken::Unclear)?
        }
        None if denies_all => none_known(sort(kind).1, substance_code.and_then(code_of)),
        None => what.ok_or_else(|| nameless(value.or(substance_code)))?,
    };
    let verified = match (is_mistaken(concern, finding), denied && !denies_all) {
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
    made["code"] = code;
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
    let mut reactions = Vec::new();
    for one in related(finding, "observation").filter(|one| one.is_a(REACTION)) {
        match reaction(scene, one) {
            Ok(reaction) => reactions.push(reaction),
            Err(why) => scene.leave("reaction in", why),
        }
    }
    put_all(&mut made, "reaction", reactions);
    put_all(&mut made, "note", scene.notes(finding));
    Ok(made)
}

fn reaction(scene: &Scene<'_>, finding: &Node) -> Result<Value, WhyNotTaken> {
    stated(finding, SO)?;
    if finding.is_negated() {
        return Err(WhyNotTaken::Negated);
    }
    let value = finding.child("value");
    let what = scene.said(value).ok_or_else(|| nameless(value))?;
    let mut reaction = Map::new();
    reaction.insert("manifestation".to_owned(), json!([what]));
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
    Ok(Value::Object(reaction))
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
