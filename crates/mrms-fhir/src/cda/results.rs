//! Results, vital signs, findings of the social history, and procedures.
//!
//! Source: HL7 C-CDA on FHIR 1.1, "Results", "Vital signs", "Social history" and "Procedures".

use serde_json::{Value, json};

use super::node::Node;
use super::scene::{Scene, coded, performers, put, put_all, recorded, resource, status};
use super::stated::{SO, is_denied, relates, stated};
use super::values::{self, When, absent_reason};
use crate::stored::WhyNotTaken;

pub(super) const REPORT: &str = "2.16.840.1.113883.10.20.22.4.1";
pub(super) const RESULT: &str = "2.16.840.1.113883.10.20.22.4.2";
pub(super) const VITAL_SIGNS: &str = "2.16.840.1.113883.10.20.22.4.26";
pub(super) const VITAL_SIGN: &str = "2.16.840.1.113883.10.20.22.4.27";
/// Smoking status, tobacco use, and other findings of the social history.
pub(super) const SOCIAL: [&str; 3] = [
    "2.16.840.1.113883.10.20.22.4.78",
    "2.16.840.1.113883.10.20.22.4.85",
    "2.16.840.1.113883.10.20.22.4.38",
];
/// Procedures, acts and observations that were done as procedures.
pub(super) const PROCEDURE: [&str; 3] = [
    "2.16.840.1.113883.10.20.22.4.14",
    "2.16.840.1.113883.10.20.22.4.12",
    "2.16.840.1.113883.10.20.22.4.13",
];

/// The status of a result or a report; what an active one is called differs between them.
fn status_as(entry: &Node, active: &'static str) -> &'static str {
    match status(entry) {
        "completed" => "final",
        "active" => active,
        "aborted" | "cancelled" => "cancelled",
        "held" | "suspended" | "new" => "registered",
        "nullified" => "entered-in-error",
        _ => "unknown",
    }
}

/// What was found.
pub(super) fn observation(
    scene: &Scene<'_>,
    entry: &Node,
    category: &str,
    organizer: Option<&Node>,
) -> Result<Value, WhyNotTaken> {
    stated(entry, SO)?;
    if is_denied(organizer, entry)? {
        return Err(WhyNotTaken::Negated);
    }
    let mut made = resource("Observation", entry);
    made["status"] = json!(status_as(entry, "preliminary"));
    made["category"] = json!([coded("observation-category", category)]);
    made["code"] = scene.said(entry.child("code")).ok_or(WhyNotTaken::Unnamed)?;
    let when = When::of(entry.child("effectiveTime"));
    let when = match when == When::default() {
        true => When::of(organizer.and_then(|one| one.child("effectiveTime"))),
        false => when,
    };
    when.put(&mut made, "effective");
    let mut values = entry.all("value");
    match values.next() {
        Some(value) => put_value(scene, value, &mut made),
        None => made["dataAbsentReason"] = reason_concept("unknown"),
    }
    let more = values.map(|value| {
        let mut part = json!({"code": made["code"]});
        put_value(scene, value, &mut part);
        part
    });
    let more: Vec<_> = more.collect();
    put_all(&mut made, "component", more);
    put_all(&mut made, "interpretation", scene.concepts_of(entry, "interpretationCode"));
    let ranges = entry.all("referenceRange").filter_map(|one| one.child("observationRange"));
    let ranges = ranges.filter_map(|one| reference_range(scene, one)).collect();
    put_all(&mut made, "referenceRange", ranges);
    put(&mut made, "method", scene.concept(entry.child("methodCode")));
    put(&mut made, "bodySite", scene.concept(entry.child("targetSiteCode")));
    let names = entry.all("performer").filter_map(values::called);
    put_all(&mut made, "performer", names.map(|name| json!({"display": name})).collect());
    put_all(&mut made, "note", scene.notes(entry));
    Ok(made)
}

fn reason_concept(reason: &str) -> Value {
    coded("data-absent-reason", reason)
}

/// Puts a value of CDA where FHIR has one of its type; what has none is said in words, or to be absent.
fn put_value(scene: &Scene<'_>, value: &Node, made: &mut Value) {
    let text = || scene.text(Some(value));
    let put = match value.kind_of_value() {
        // Its number, or whatever else is there, is not said to be so.
        "INT" | "BL" | "TS" if value.is_null() => None,
        "PQ" | "REAL" | "MO" => values::quantity(value).map(|one| ("valueQuantity", one)),
        "IVL_PQ" => limits(value),
        "INT" => value
            .attribute("value")
            .and_then(|text| text.parse::<i32>().ok())
            .map(|number| ("valueInteger", json!(number))),
        "BL" => match value.attribute("value") {
            Some("true") => Some(("valueBoolean", json!(true))),
            Some("false") => Some(("valueBoolean", json!(false))),
            _ => None,
        },
        "TS" => values::time(value).map(|time| ("valueDateTime", json!(time))),
        "RTO" | "RTO_PQ_PQ" | "RTO_QTY_QTY" => ratio(value).map(|one| ("valueRatio", one)),
        "CD" | "CE" | "CO" | "CV" | "CS" => scene
            .concept(Some(value))
            .filter(|one| one.get("extension").is_none())
            .map(|one| ("valueCodeableConcept", one)),
        // A file is no word.
        "ED" if value.attribute("representation") == Some("B64") => None,
        _ => text().map(|text| ("valueString", json!(text))),
    };
    // What can't be said in its type is said in its words.
    let said = put.or_else(|| {
        let is_file = value.attribute("representation") == Some("B64");
        text().filter(|_| !is_file).map(|text| ("valueString", json!(text)))
    });
    match said {
        Some((name, value)) => made[name] = value,
        None => {
            made["dataAbsentReason"] =
                reason_concept(absent_reason(value).unwrap_or("unsupported"));
        }
    }
}

/// An interval: a range, or of one limit alone the quantity with its sign.
fn limits(value: &Node) -> Option<(&'static str, Value)> {
    let limit = |name: &str| {
        let node = value.child(name)?;
        Some((values::quantity(node)?, node.attribute("inclusive") != Some("false")))
    };
    match (limit("low"), limit("high")) {
        (Some(_), Some(_)) => values::range(value).map(|range| ("valueRange", range)),
        (Some((mut low, inclusive)), None) => {
            low["comparator"] = json!(if inclusive { ">=" } else { ">" });
            Some(("valueQuantity", low))
        }
        (None, Some((mut high, inclusive))) => {
            high["comparator"] = json!(if inclusive { "<=" } else { "<" });
            Some(("valueQuantity", high))
        }
        (None, None) => values::quantity(value).map(|one| ("valueQuantity", one)),
    }
}

fn ratio(value: &Node) -> Option<Value> {
    let part = |name: &str| values::quantity(value.child(name)?);
    Some(json!({"numerator": part("numerator")?, "denominator": part("denominator")?}))
}

fn reference_range(scene: &Scene<'_>, range: &Node) -> Option<Value> {
    let mut made = range.child("value").and_then(values::range).unwrap_or_else(|| json!({}));
    let words = range.child("value").filter(|one| matches!(one.kind_of_value(), "ST" | "ED"));
    let text = scene.text(range.child("text")).or_else(|| scene.text(words));
    put(&mut made, "text", text);
    made.as_object().is_some_and(|all| !all.is_empty()).then_some(made)
}

/// A report with its results, which are added first.
pub(super) fn report(scene: &mut Scene<'_>, organizer: &Node) -> Vec<String> {
    let is_stated = stated(organizer, SO);
    let is_negated = organizer.is_negated().then_some(WhyNotTaken::Negated);
    if let Some(why) = is_stated.err().or(is_negated) {
        scene.leave("entry of", why);
        return Vec::new();
    }
    let mut made = resource("DiagnosticReport", organizer);
    made["status"] = json!(status_as(organizer, "partial"));
    made["category"] = json!([{"coding": [{
        "system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB",
    }]}]);
    let code = scene.said(organizer.child("code"));
    When::of(organizer.child("effectiveTime")).put(&mut made, "effective");
    let results = parts(scene, organizer, RESULT, "laboratory");
    let all = results.iter().map(|address| json!({"reference": address})).collect();
    put_all(&mut made, "result", all);
    let report = code.ok_or(WhyNotTaken::Unnamed).map(|code| {
        made["code"] = code;
        made
    });
    scene.take(report).into_iter().chain(results).collect()
}

/// The findings in an organizer.
pub(super) fn parts(
    scene: &mut Scene<'_>,
    organizer: &Node,
    template: &str,
    category: &str,
) -> Vec<String> {
    let around = stated(organizer, SO);
    let mut addresses = Vec::new();
    for component in organizer.all("component") {
        let Some(one) = component.child("observation").filter(|one| one.is_a(template)) else {
            continue;
        };
        let counts = around.and_then(|()| relates(component));
        let made = counts.and_then(|()| observation(scene, one, category, Some(organizer)));
        addresses.extend(scene.take(made));
    }
    addresses
}

/// What was done to somebody.
pub(super) fn procedure(scene: &Scene<'_>, entry: &Node) -> Result<Value, WhyNotTaken> {
    stated(entry, SO)?;
    let mut made = resource("Procedure", entry);
    made["status"] = json!(match status(entry) {
        "nullified" => "entered-in-error",
        _ if entry.is_negated() => "not-done",
        "completed" => "completed",
        "active" => "in-progress",
        "aborted" => "stopped",
        "cancelled" => "not-done",
        "suspended" | "held" => "on-hold",
        _ => "unknown",
    });
    made["code"] = scene.said(entry.child("code")).ok_or(WhyNotTaken::Unnamed)?;
    When::of(entry.child("effectiveTime")).put(&mut made, "performed");
    put(&mut made, "outcome", outcome(scene, entry));
    put_all(&mut made, "bodySite", scene.concepts_of(entry, "targetSiteCode"));
    put_all(&mut made, "performer", performers(entry));
    put_all(&mut made, "reasonCode", scene.reasons(entry));
    let mut notes = scene.notes(entry);
    if let (Some(note), Some(time)) = (notes.first_mut(), recorded(entry)) {
        note["time"] = json!(time);
    }
    put_all(&mut made, "note", notes);
    Ok(made)
}

/// Of an observation that was done as a procedure, what it found.
fn outcome(scene: &Scene<'_>, entry: &Node) -> Option<Value> {
    let value = entry.child("value").filter(|_| entry.name() == "observation")?;
    match value.kind_of_value() {
        "CD" | "CE" | "CO" => {
            scene.concept(Some(value)).filter(|one| one.get("extension").is_none())
        }
        _ => Some(json!({"text": scene.text(Some(value))?})),
    }
}
