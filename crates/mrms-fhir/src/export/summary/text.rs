//! The words of a section, which a summary has beside its entries: a line for each, in the entries' own words.

use jiff::Timestamp;
use mrms_core::visible;
use serde_json::Value;

use super::chosen::instant_of;
use crate::resource::Resource;
use crate::scan::member;

/// The longest line, in bytes.
const MOST_LINE: usize = 400;

fn text<'v>(value: &'v Value, path: &str) -> Option<&'v str> {
    let found = path.split('.').try_fold(value, |value, name| match value {
        Value::Array(all) => all.first()?.get(name),
        other => other.get(name),
    })?;
    found.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// What a concept says: its text, or the name of its code, or the code.
fn concept(value: &Value) -> Option<String> {
    let codings = value.get("coding").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let named = || codings.iter().find_map(|coding| text(coding, "display"));
    let coded = || codings.iter().find_map(|coding| text(coding, "code"));
    text(value, "text").or_else(named).or_else(coded).map(str::to_owned)
}

/// When it was, as it says.
fn date(value: &Value) -> Option<&str> {
    const FIELDS: [&str; 12] = [
        "effectiveDateTime",
        "effectivePeriod.start",
        "effectiveInstant",
        "occurrenceDateTime",
        "performedDateTime",
        "performedPeriod.start",
        "onsetDateTime",
        "onsetPeriod.start",
        "authoredOn",
        "recordedDate",
        "issued",
        "period.start",
    ];
    FIELDS.iter().find_map(|field| text(value, field))
}

/// The same for comparing.
pub(super) fn instant(value: &Value) -> Option<Timestamp> {
    instant_of(date(value)?)
}

/// A resource in one line. `find` knows what another resource of its document is.
pub(super) fn row<'v>(one: &Resource, find: impl Fn(&str) -> Option<&'v Value>) -> String {
    let value = one.value();
    let coded = |field: &str| value.get(field).and_then(concept);
    let referred = |field: &str| {
        let reference = value.get(field)?;
        let named = || concept(find(text(reference, "reference")?)?.get("code")?);
        text(reference, "display").map(str::to_owned).or_else(named)
    };
    let what = coded("code")
        .or_else(|| coded("medicationCodeableConcept"))
        .or_else(|| referred("medicationReference"))
        .or_else(|| coded("vaccineCode"))
        .or_else(|| text(value, "title").map(str::to_owned))
        .or_else(|| value.get("category").and_then(|all| all.get(0)).and_then(concept))
        .unwrap_or_else(|| format!("{} without a name", one.kind));
    let measured = quantity(&one.text())
        .or_else(|| coded("valueCodeableConcept"))
        .or_else(|| text(value, "valueString").map(str::to_owned));
    let dose = text(value, "dosage.text").or_else(|| text(value, "dosageInstruction.text"));
    let status = text(value, "clinicalStatus.coding.code").or_else(|| {
        let status = text(value, "status")?;
        (!matches!(status, "active" | "final" | "completed")).then_some(status)
    });
    let status = status.filter(|status| *status != "active");
    // What nobody is certain of does not read as what somebody has.
    let certainty = text(value, "verificationStatus.coding.code");
    let certainty = certainty
        .filter(|one| matches!(*one, "unconfirmed" | "provisional" | "differential"))
        .map(|_| "not confirmed");
    // What is only meant to be taken does not read as what somebody takes.
    let intent = (one.kind.as_str() == "MedicationRequest").then(|| meant(text(value, "intent")));
    let [dose, intent, certainty, status] =
        [dose, intent, certainty, status].map(|part| part.map(str::to_owned));
    let parts = [measured, dose, intent, certainty, status];
    let mut line = what;
    for part in parts.into_iter().flatten() {
        line.push_str(", ");
        line.push_str(&part);
    }
    if let Some(date) = date(value) {
        line.push_str(&format!(" ({date})"));
    }
    line
}

/// What a request means: a proposal, a plan, or an order.
fn meant(intent: Option<&str>) -> &'static str {
    match intent {
        Some("proposal") => "proposed",
        Some("plan") => "planned",
        Some("option") => "an option",
        Some("order" | "original-order" | "reflex-order" | "filler-order" | "instance-order") => {
            "ordered"
        }
        _ => "requested",
    }
}

/// A quantity with the digits of the document.
fn quantity(resource: &str) -> Option<String> {
    let place = member(resource, 0..resource.len(), "valueQuantity")?;
    let part = |name: &str| {
        let text = &resource[member(resource, place.clone(), name)?];
        Some(serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned()))
    };
    let parts = [part("comparator"), Some(part("value")?), part("unit").or_else(|| part("code"))];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// Lines as a list in XHTML.
pub(super) fn list(lines: impl Iterator<Item = String>) -> String {
    let items: String = lines.map(|line| format!("<li>{}</li>", escaped(&line))).collect();
    format!(r#"<div xmlns="http://www.w3.org/1999/xhtml"><ul>{items}</ul></div>"#)
}

/// A sentence in XHTML.
pub(super) fn paragraph(words: &str) -> String {
    format!(r#"<div xmlns="http://www.w3.org/1999/xhtml"><p>{}</p></div>"#, escaped(words))
}

/// Somebody else's words: on one line, nothing that acts on a screen, and no markup.
fn escaped(line: &str) -> String {
    let mut line = visible::line(line).into_owned();
    if line.len() > MOST_LINE {
        let end = (0..=MOST_LINE).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
        line.truncate(end);
        line.push('…');
    }
    let mut text = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            other => text.push(other),
        }
    }
    text
}
