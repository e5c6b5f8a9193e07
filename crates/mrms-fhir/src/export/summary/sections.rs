//! The sections of a summary: which resources each takes, and what one says in which nothing is.

use serde_json::{Value, json};

use crate::export::left_out::Why;
use crate::write::ABSENT;

/// Codes of IPS for what is not known.
pub(super) const NOT_KNOWN: &str = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips";

/// A section.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    /// Its code in LOINC, and LOINC's name of it.
    pub(super) code: &'static str,
    pub(super) display: &'static str,
    /// What it says where nothing is there; `None` where it is left away then.
    pub(super) nothing: Option<Nothing>,
}

/// The entry of a section in which nothing is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nothing {
    pub(super) resource: &'static str,
    pub(super) code: &'static str,
    pub(super) display: &'static str,
}

const fn section(
    title: &'static str,
    code: &'static str,
    display: &'static str,
    nothing: Option<Nothing>,
) -> Section {
    Section { title, code, display, nothing }
}

const fn nothing(
    resource: &'static str,
    code: &'static str,
    display: &'static str,
) -> Option<Nothing> {
    Some(Nothing { resource, code, display })
}

/// The sections, in the order of the document.
pub(super) static SECTIONS: [Section; 10] = [
    section(
        "Allergies and intolerances",
        "48765-2",
        "Allergies and adverse reactions Document",
        nothing("AllergyIntolerance", "no-allergy-info", "No information about allergies"),
    ),
    section(
        "Medicines",
        "10160-0",
        "History of Medication use Narrative",
        nothing("MedicationStatement", "no-medication-info", "No information about medications"),
    ),
    section(
        "Problems",
        "11450-4",
        "Problem list - Reported",
        nothing("Condition", "no-problem-info", "No information about problems"),
    ),
    section("Vaccinations", "11369-6", "History of Immunization Narrative", None),
    section("Procedures", "47519-4", "History of Procedures Document", None),
    section("Results", "30954-2", "Relevant diagnostic tests/laboratory data Narrative", None),
    section("Vital signs", "8716-3", "Vital signs", None),
    section("Social history", "29762-2", "Social history Narrative", None),
    section("Past problems", "11348-0", "History of Past illness Narrative", None),
    section("Plan", "18776-5", "Plan of care note", None),
];

impl Section {
    /// Whether of its observations the newest of each kind counts.
    pub(super) fn is_of_measurements(&self) -> bool {
        matches!(self.code, "30954-2" | "8716-3")
    }

    /// The section that takes a resource.
    pub(super) fn of(value: &Value) -> Option<&'static Self> {
        let code = match value.get("resourceType")?.as_str()? {
            "AllergyIntolerance" => "48765-2",
            "MedicationStatement" | "MedicationRequest" => "10160-0",
            "Condition" if is_past(value) => "11348-0",
            "Condition" => "11450-4",
            "Immunization" => "11369-6",
            "Procedure" => "47519-4",
            "DiagnosticReport" => "30954-2",
            "Observation" if has_category(value, "vital-signs") => "8716-3",
            "Observation" if has_category(value, "social-history") => "29762-2",
            "Observation" => "30954-2",
            "CarePlan" => "18776-5",
            _ => return None,
        };
        SECTIONS.iter().find(|section| section.code == code)
    }
}

impl Nothing {
    /// What it says where entries were left out because they are refuted.
    pub(super) fn but_refuted(self) -> String {
        let about = self.display.trim_start_matches("No information ");
        format!("Only refuted entries are on record {about}; they are left out here")
    }

    /// The entry: it says that there is no information, in these words where there are any, and nothing more.
    pub(super) fn written(self, patient: &str, words: Option<&str>) -> Value {
        let mut code =
            json!({"coding": [{"system": NOT_KNOWN, "code": self.code, "display": self.display}]});
        if let Some(words) = words {
            code["text"] = json!(words);
        }
        let who = json!({"reference": patient});
        let status = |system: &str| {
            let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
            json!({"coding": [{"system": system, "code": "active"}]})
        };
        let mut entry = json!({"resourceType": self.resource, "id": self.code});
        match self.resource {
            "AllergyIntolerance" => {
                entry["clinicalStatus"] = status("allergyintolerance-clinical");
                entry["code"] = code;
                entry["patient"] = who;
            }
            "Condition" => {
                entry["clinicalStatus"] = status("condition-clinical");
                entry["code"] = code;
                entry["subject"] = who;
            }
            _ => {
                entry["status"] = json!("unknown");
                entry["medicationCodeableConcept"] = code;
                entry["subject"] = who;
                entry["_effectiveDateTime"] =
                    json!({"extension": [{"url": ABSENT, "valueCode": "unknown"}]});
            }
        }
        entry
    }
}

fn codes<'v>(value: &'v Value, field: &str) -> impl Iterator<Item = &'v str> {
    let concepts = match value.get(field) {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    concepts
        .iter()
        .filter_map(|concept| concept.get("coding")?.as_array())
        .flatten()
        .filter_map(|coding| coding.get("code")?.as_str())
}

fn has_category(value: &Value, category: &str) -> bool {
    codes(value, "category").any(|code| code == category)
}

fn is_past(value: &Value) -> bool {
    codes(value, "clinicalStatus").any(|code| matches!(code, "inactive" | "remission" | "resolved"))
}

/// Whether a resource was marked as a mistake, or as refuted.
pub(super) fn why_not_so(value: &Value) -> Option<Why> {
    let status = value.get("status").and_then(Value::as_str);
    let is = |wrong: &str| {
        status == Some(wrong) || codes(value, "verificationStatus").any(|code| code == wrong)
    };
    match (is("entered-in-error"), is("refuted")) {
        (true, _) => Some(Why::Mistaken),
        (false, true) => Some(Why::Refuted),
        (false, false) => None,
    }
}

/// Whether all that a resource says is that nothing is known.
pub(super) fn says_nothing(value: &Value) -> bool {
    let concept = ["code", "medicationCodeableConcept", "vaccineCode"];
    let mut coding =
        concept.iter().filter_map(|field| value.get(*field)?.get("coding")?.as_array()).flatten();
    coding.any(|coding| {
        let code = coding.get("code").and_then(Value::as_str).unwrap_or_default();
        let system = coding.get("system").and_then(Value::as_str);
        system == Some(NOT_KNOWN) && code.starts_with("no-") && code.ends_with("-info")
    })
}
