//! What a resource says of its own standing: that something is so, was so, is only meant, or is not so.
//!
//! Source: the value sets of HL7 FHIR R4 for `status`, `intent`, `clinicalStatus`, `verificationStatus` and `docStatus`; and what
//! DSTU2 and STU3 say in other fields, since exports of telephones still have them.

use serde_json::Value;

use crate::captions::Word;
use crate::document::Cell;
use crate::json;

/// Codes of the International Patient Summary for what is not known.
const NOT_KNOWN: &str = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips";

/// What speaks against taking a resource as a fact about somebody: it was entered by mistake, or it is refuted.
pub(crate) fn not_so(value: &Value) -> Option<Word> {
    let says = |code: &str| {
        let fields = ["status", "lifecycleStatus", "docStatus"];
        fields.iter().any(|field| json::text(value, field) == Some(code))
            || codes(value, "verificationStatus").any(|one| one == code)
    };
    match (says("entered-in-error"), says("refuted")) {
        (true, _) => Some(Word::Mistaken),
        (false, true) => Some(Word::Refuted),
        (false, false) => None,
    }
}

/// The standing of a resource, in a word of ours where there is one; else as the document writes it. What is usual, and goes
/// without saying, is empty.
pub(crate) fn status(value: &Value) -> Cell {
    if let Some(word) = not_so(value) {
        return word.into();
    }
    if says_that_none_is_known(value) {
        return Cell::Text(String::new());
    }
    let kind = json::text(value, "resourceType").unwrap_or_default();
    let plain = json::text(value, "status").or_else(|| json::text(value, "lifecycleStatus"));
    let plain = plain.unwrap_or_default();
    let found = match kind {
        "Condition" | "AllergyIntolerance" => finding(value, plain),
        "MedicationRequest" => request(plain, json::text(value, "intent").unwrap_or("order")),
        "MedicationStatement" | "MedicationAdministration" | "Immunization" | "Procedure"
            if is_denied(value) =>
        {
            Some(not_done(kind))
        }
        "CarePlan" => match json::text(value, "intent") {
            Some("proposal") if matches!(plain, "active" | "draft") => Some(Word::Proposed),
            _ => general(kind, plain),
        },
        _ => general(kind, plain),
    };
    match found {
        Some(word) => word.into(),
        None if goes_without_saying(kind, plain) => Cell::Text(String::new()),
        None => Cell::text(json::text(value, "clinicalStatus.text").unwrap_or(plain)),
    }
}

/// Whether all that an entry says is that none is known, or that nothing is: then it has no standing of its own.
fn says_that_none_is_known(value: &Value) -> bool {
    let mut concepts = ["code", "medicationCodeableConcept", "vaccineCode"].into_iter();
    concepts.any(|field| {
        let codings = json::at(value, field).map_or(&[][..], |one| json::list(one, "coding"));
        codings.iter().any(|one| json::text(one, "system") == Some(NOT_KNOWN))
    })
}

/// Whether a problem is over.
pub(crate) fn is_past(value: &Value) -> bool {
    codes(value, "clinicalStatus").any(|code| matches!(code, "inactive" | "remission" | "resolved"))
}

/// A problem or an allergy. That it is not certain goes before whether it goes on.
fn finding(value: &Value, plain: &str) -> Option<Word> {
    let is_unconfirmed =
        |code: &str| matches!(code, "unconfirmed" | "provisional" | "differential");
    if codes(value, "verificationStatus").any(is_unconfirmed) || is_unconfirmed(plain) {
        return Some(Word::Unconfirmed);
    }
    codes(value, "clinicalStatus").chain([plain]).find_map(|code| match code {
        "active" => Some(Word::Active),
        "recurrence" | "relapse" => Some(Word::CameBack),
        "remission" => Some(Word::InRemission),
        "inactive" => Some(Word::Inactive),
        "resolved" => Some(Word::Resolved),
        "unknown" => Some(Word::Unknown),
        _ => None,
    })
}

/// A medicine that somebody asked for. What is only proposed or planned is never told as what somebody takes.
fn request(status: &str, intent: &str) -> Option<Word> {
    let meant = match intent {
        "proposal" => Some(Word::Proposed),
        "plan" => Some(Word::Planned),
        "option" => Some(Word::Possible),
        _ => None,
    };
    match (status, meant) {
        ("cancelled", _) => Some(Word::Cancelled),
        ("stopped", _) => Some(Word::Stopped),
        (_, Some(meant)) => Some(meant),
        ("active", None) => Some(Word::Prescribed),
        ("draft", None) => Some(Word::Draft),
        _ => general("MedicationRequest", status),
    }
}

/// The words that mean the same wherever they stand, and those that a type has for itself.
fn general(kind: &str, status: &str) -> Option<Word> {
    Some(match (status, kind) {
        ("in-progress" | "preparation", "MedicationDispense") => Word::BeingPrepared,
        ("completed", "MedicationDispense") => Word::HandedOut,
        ("completed", "MedicationAdministration" | "Immunization") => Word::Given,
        ("not-done", _) => not_done(kind),
        ("active" | "accepted", _) => Word::Active,
        ("in-progress" | "arrived" | "triaged" | "onleave", _) => Word::InProgress,
        ("completed" | "finished", _) => Word::Completed,
        ("stopped" | "abandoned", _) => Word::Stopped,
        ("cancelled" | "revoked", _) => Word::Cancelled,
        ("on-hold" | "suspended", _) => Word::OnHold,
        ("planned" | "intended" | "preparation", _) => Word::Planned,
        ("proposed", _) => Word::Proposed,
        ("draft", _) => Word::Draft,
        ("declined" | "rejected", _) => Word::Declined,
        ("not-taken", _) => Word::NotTaken,
        ("registered", _) => Word::Pending,
        ("preliminary" | "partial", _) => Word::Preliminary,
        ("amended" | "corrected" | "appended", _) => Word::Corrected,
        ("superseded", _) => Word::Superseded,
        ("unknown", _) => Word::Unknown,
        _ => return None,
    })
}

/// What is said of a document or result that is as it should be.
fn goes_without_saying(kind: &str, status: &str) -> bool {
    let is_usual = matches!(status, "final" | "current" | "available");
    is_usual && matches!(kind, "DiagnosticReport" | "DocumentReference" | "ImagingStudy" | "Media")
}

fn not_done(kind: &str) -> Word {
    match kind {
        "MedicationStatement" => Word::NotTaken,
        "MedicationAdministration" | "Immunization" => Word::NotGiven,
        _ => Word::NotDone,
    }
}

/// Whether something was not done, as DSTU2 and STU3 say it.
fn is_denied(value: &Value) -> bool {
    const FIELDS: [&str; 6] =
        ["wasNotTaken", "taken", "wasNotGiven", "notGiven", "notPerformed", "notDone"];
    FIELDS.iter().any(|field| match value.get(*field) {
        Some(Value::Bool(said)) => *said,
        Some(Value::String(said)) => *field == "taken" && said == "n",
        _ => false,
    })
}

/// The codes of a concept; where a field is a word alone, as in DSTU2 and STU3, that.
fn codes<'v>(value: &'v Value, field: &str) -> impl Iterator<Item = &'v str> {
    let coded = json::at(value, field).map_or(&[][..], |one| json::list(one, "coding"));
    let coded = coded.iter().filter_map(|coding| json::text(coding, "code"));
    coded.chain(json::text(value, field))
}
