//! Medicines and vaccinations.
//!
//! What somebody takes or took is a MedicationStatement, what is meant to be given a MedicationRequest. Source: HL7 C-CDA on FHIR
//! 1.1, "Medications" and "Immunizations".

use serde_json::{Map, Value, json};

use super::node::Node;
use super::scene::{Scene, performers, put, put_all, recorded, related, resource, snomed, status};
use super::stated::{SO, SO_OR_MEANT, is_denied, says, stated};
use super::values::{self, When, absent, code_of};
use crate::stored::WhyNotTaken;

pub(super) const MEDICATION: &str = "2.16.840.1.113883.10.20.22.4.16";
pub(super) const VACCINATION: &str = "2.16.840.1.113883.10.20.22.4.52";
const REFUSAL: &str = "2.16.840.1.113883.10.20.22.4.53";
/// Drugs in general: what is negated in "no known medications".
const ANY_DRUG: &[&str] = &["410942007", "373873005"];
/// That no medicine is known, or prescribed.
const NO_DRUG: &[&str] = &["787481004", "182849000"];
/// That it is not known whether somebody takes medicines.
const DRUG_UNKNOWN: &[&str] = &["182904002"];
/// Codes of CVX for a vaccine that was not given, and for one that is not known.
const NO_VACCINE: [&str; 2] = ["998", "999"];
const CVX: &str = "2.16.840.1.113883.12.292";
const FREE_SIG: &str = "2.16.840.1.113883.10.20.22.4.147";

/// The events that CDA's timing and FHIR's have in common.
const EVENTS: [&str; 14] =
    ["HS", "WAKE", "C", "CM", "CD", "CV", "AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV"];

fn material(entry: &Node) -> Option<&Node> {
    entry.at(&["consumable", "manufacturedProduct", "manufacturedMaterial"])
}

/// What was given: its code, else its name.
fn given(scene: &Scene<'_>, entry: &Node) -> Result<Value, WhyNotTaken> {
    let coded = scene.said(material(entry).and_then(|one| one.child("code")));
    let named = || {
        let name = material(entry)?.child("name").filter(|name| !name.is_null())?.words();
        (!name.is_empty()).then(|| json!({"text": values::plain(&name)}))
    };
    coded.or_else(named).ok_or(WhyNotTaken::Unnamed)
}

/// A medicine that somebody takes, took, or is meant to get; it may stand in an act.
pub(super) fn medicine(
    scene: &Scene<'_>,
    around: Option<&Node>,
    entry: &Node,
) -> Result<Value, WhyNotTaken> {
    stated(entry, SO_OR_MEANT)?;
    let is_planned = entry.attribute("moodCode").is_some_and(|mood| mood != "EVN");
    let kind = if is_planned { "MedicationRequest" } else { "MedicationStatement" };
    let mut made = resource(kind, entry);
    let denied = is_denied(around, entry)?;
    let code = material(entry).and_then(|one| one.child("code"));
    let is_none = match (says(code, NO_DRUG), says(code, ANY_DRUG)) {
        _ if says(code, DRUG_UNKNOWN) => return Err(WhyNotTaken::Null),
        // That none is meant to be taken, or that it is not so that none is.
        (true, _) if denied || is_planned => return Err(WhyNotTaken::Unclear),
        (said, any) => said || (any && denied && !is_planned),
    };
    let negated = denied && !is_none;
    let said = match (status(entry), is_planned) {
        ("nullified", _) => "entered-in-error",
        _ if is_none => "unknown",
        (_, false) if negated => "not-taken",
        (_, true) if negated => "cancelled",
        ("active", _) => "active",
        ("completed", _) => "completed",
        ("aborted", _) => "stopped",
        ("suspended" | "held", _) => "on-hold",
        ("cancelled", true) => "cancelled",
        _ => "unknown",
    };
    made["status"] = json!(said);
    made["medicationCodeableConcept"] = match is_none {
        true if denied => snomed("787481004", "No known medications"),
        _ => given(scene, entry)?,
    };
    let times: Vec<_> = entry.all("effectiveTime").collect();
    let span = times.iter().find(|one| matches!(one.kind_of_value(), "IVL_TS" | "TS" | ""));
    let when = When::of(span.copied());
    let mut dosage = dosage(scene, entry, &times);
    if is_planned {
        made["intent"] =
            json!(if entry.attribute("moodCode") == Some("RQO") { "order" } else { "plan" });
        put(&mut made, "authoredOn", recorded(entry));
        // When it is meant to be taken.
        let mut period = Value::Null;
        when.put(&mut period, "bounds");
        if let (Some(bounds), Some(dosage)) = (period.get("boundsPeriod"), dosage.as_mut()) {
            dosage["timing"]["repeat"]["boundsPeriod"] = bounds.clone();
        }
    } else {
        when.put(&mut made, "effective");
        put(&mut made, "dateAsserted", recorded(entry));
    }
    let field = if is_planned { "dosageInstruction" } else { "dosage" };
    put_all(&mut made, field, dosage.into_iter().collect());
    put_all(&mut made, "reasonCode", scene.reasons(entry));
    put_all(&mut made, "note", scene.notes(entry));
    Ok(made)
}

/// How much, how often, and how.
fn dosage(scene: &Scene<'_>, entry: &Node, times: &[&Node]) -> Option<Value> {
    let mut dosage = Map::new();
    let free = related(entry, "substanceAdministration").find(|one| one.is_a(FREE_SIG));
    let text = free.and_then(|one| scene.text(one.child("text")));
    if let Some(text) = text.or_else(|| scene.text(entry.child("text"))) {
        dosage.insert("text".to_owned(), json!(text));
    }
    if let Some(repeat) = repeat(times) {
        dosage.insert("timing".to_owned(), json!({"repeat": repeat}));
    }
    if let Some(condition) = entry.child("precondition") {
        let value = condition.at(&["criterion", "value"]);
        match scene.concept(value).filter(|one| one.get("extension").is_none()) {
            Some(what) => dosage.insert("asNeededCodeableConcept".to_owned(), what),
            None => dosage.insert("asNeededBoolean".to_owned(), json!(true)),
        };
    }
    if let Some(route) = scene.concept(entry.child("routeCode")) {
        dosage.insert("route".to_owned(), route);
    }
    if let Some(site) = scene.concept(entry.child("approachSiteCode")) {
        dosage.insert("site".to_owned(), site);
    }
    let mut amounts = Map::new();
    if let Some(dose) = entry.child("doseQuantity") {
        if let Some(quantity) = values::quantity(dose) {
            amounts.insert("doseQuantity".to_owned(), quantity);
        } else if let Some(range) = values::range(dose) {
            amounts.insert("doseRange".to_owned(), range);
        }
    }
    if let Some(rate) = entry.child("rateQuantity") {
        if let Some(quantity) = values::quantity(rate) {
            amounts.insert("rateQuantity".to_owned(), quantity);
        } else if let Some(range) = values::range(rate) {
            amounts.insert("rateRange".to_owned(), range);
        }
    }
    if !amounts.is_empty() {
        dosage.insert("doseAndRate".to_owned(), json!([amounts]));
    }
    (!dosage.is_empty()).then_some(Value::Object(dosage))
}

/// How often, of a time that comes again.
fn repeat(times: &[&Node]) -> Option<Value> {
    let unit = |node: &Node| {
        node.attribute("unit")
            .filter(|unit| matches!(*unit, "s" | "min" | "h" | "d" | "wk" | "mo" | "a"))
            .map(str::to_owned)
    };
    let amount = |node: &Node| Some((values::number(node.attribute("value")?)?, unit(node)?));
    for time in times {
        match time.kind_of_value() {
            "PIVL_TS" => {
                let period = time.child("period")?;
                let (low, high) = match amount(period) {
                    Some(one) => (one, None),
                    None => (amount(period.child("low")?)?, period.child("high").and_then(amount)),
                };
                let mut repeat = json!({"frequency": 1, "period": low.0, "periodUnit": low.1});
                if let Some((most, unit)) = high.filter(|high| high.1 == low.1) {
                    repeat["periodMax"] = most;
                    repeat["periodUnit"] = json!(unit);
                }
                return Some(repeat);
            }
            "EIVL_TS" => {
                let event = time.child("event").and_then(code_of)?;
                if EVENTS.contains(&event) {
                    return Some(json!({"when": [event]}));
                }
            }
            _ => {}
        }
    }
    None
}

/// A vaccination that was given, or was not.
pub(super) fn vaccination(scene: &Scene<'_>, entry: &Node) -> Result<Value, WhyNotTaken> {
    stated(entry, SO)?;
    let code = material(entry).and_then(|one| one.child("code"));
    let is_none = code.is_some_and(|one| {
        one.attribute("codeSystem") == Some(CVX)
            && code_of(one).is_some_and(|one| NO_VACCINE.contains(&one))
    });
    if is_none {
        return Err(WhyNotTaken::Null);
    }
    let mut made = resource("Immunization", entry);
    let said = match status(entry) {
        "nullified" => "entered-in-error",
        _ if entry.is_negated() => "not-done",
        "aborted" | "cancelled" => "not-done",
        _ => "completed",
    };
    made["status"] = json!(said);
    let refusal = related(entry, "observation").find(|one| one.is_a(REFUSAL));
    let refusal = refusal.and_then(|one| scene.concept(one.child("code")));
    put(&mut made, "statusReason", refusal.filter(|_| said == "not-done"));
    made["vaccineCode"] = given(scene, entry)?;
    let when = When::of(entry.child("effectiveTime"));
    match when.begin().or(when.end.as_deref()) {
        Some(time) => made["occurrenceDateTime"] = json!(time),
        None => made["_occurrenceDateTime"] = absent(when.absent.unwrap_or("unknown")),
    }
    let product = entry.at(&["consumable", "manufacturedProduct"]);
    let maker = product.and_then(|one| one.at(&["manufacturerOrganization", "name"]));
    let maker = maker.map(|one| values::plain(&one.words())).filter(|name| !name.is_empty());
    put(&mut made, "manufacturer", maker.map(|name| json!({"display": name})));
    let lot = material(entry).and_then(|one| one.child("lotNumberText"));
    let lot = lot.map(|one| values::plain(&one.words())).filter(|lot| !lot.is_empty());
    put(&mut made, "lotNumber", lot);
    put(&mut made, "site", scene.concept(entry.child("approachSiteCode")));
    put(&mut made, "route", scene.concept(entry.child("routeCode")));
    put(&mut made, "doseQuantity", entry.child("doseQuantity").and_then(values::quantity));
    put(&mut made, "recorded", recorded(entry));
    put_all(&mut made, "performer", performers(entry));
    put_all(
        &mut made,
        "reasonCode",
        if said == "completed" { scene.reasons(entry) } else { Vec::new() },
    );
    put_all(&mut made, "note", scene.notes(entry));
    Ok(made)
}
