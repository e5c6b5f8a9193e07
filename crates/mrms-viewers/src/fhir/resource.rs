//! What every resource has in its own way: a title, a date, an author, names and codes.

use serde_json::Value;

use super::Resources;
use crate::coded::Coded;
use crate::codes;
use crate::document::{Cell, date_of};
use crate::figures::{Figures, four_digits};
use crate::json;

/// A coded concept in words: its text, else what a code is called, else the code with the name of its system.
pub(crate) fn concept(value: &Value) -> Option<String> {
    if let Some(said) = own_words(value) {
        return Some(said.to_owned());
    }
    let coded = |one: &'_ Value| {
        let (system, code) =
            (json::text(one, "system").unwrap_or_default(), json::text(one, "code")?);
        Some((codes::name(system, code), codes::shown(system, code)))
    };
    let coded: Vec<_> = json::list(value, "coding").iter().filter_map(coded).collect();
    let named = coded.iter().find_map(|(name, _)| *name).map(str::to_owned);
    named.or_else(|| coded.into_iter().next().map(|(_, shown)| shown))
}

/// What a document itself calls a concept. A code that stands in place of the name, as some systems write it, is none.
fn own_words(value: &Value) -> Option<&str> {
    let codings = json::list(value, "coding");
    let is_none = |said: &str| {
        let mut codes = codings.iter().filter_map(|one| json::text(one, "code"));
        said.trim().is_empty() || codes.any(|code| code == said.trim())
    };
    let displays = codings.iter().filter_map(|one| json::text(one, "display"));
    let mut said = json::text(value, "text").into_iter().chain(displays);
    said.find(|said| !is_none(said))
}

/// A coded concept with one of its codes: LOINC's where there is one.
pub(crate) fn coded(value: &Value) -> Coded {
    let codings = json::list(value, "coding").iter().filter_map(|one| {
        let system = json::text(one, "system").unwrap_or_default().trim_end_matches('/');
        Some((system, json::text(one, "code")?))
    });
    let first = codings.min_by_key(|(system, _)| *system != codes::LOINC);
    let (system, code) = first.unwrap_or_default();
    Coded {
        name: own_words(value).map(str::to_owned),
        system: system.to_owned(),
        code: code.to_owned(),
    }
}

/// The name of a person, as one would say it.
pub(crate) fn person(value: &Value) -> Option<String> {
    let names = json::list(value, "name");
    let usual = |kind: &str| names.iter().find(|name| json::text(name, "use") == Some(kind));
    let name = usual("official").or_else(|| usual("usual")).or_else(|| names.first())?;
    if let Some(text) = json::text(name, "text") {
        return Some(text.to_owned());
    }
    let all = |field: &str| json::list(name, field).iter().filter_map(Value::as_str);
    let parts = all("prefix").chain(all("given")).chain(json::text(name, "family"));
    let parts: Vec<&str> = parts.chain(all("suffix")).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The name of a person, organisation, device or medicine.
pub(crate) fn name(value: &Value) -> Option<String> {
    person(value)
        .or_else(|| json::text(value, "name").map(str::to_owned))
        .or_else(|| concept(value.get("code")?))
        .or_else(|| json::text(value, "deviceName.name").map(str::to_owned))
        .or_else(|| concept(value.get("type")?))
}

/// The numbers by which a patient is known, at most three.
pub(crate) fn identifiers(value: &Value) -> String {
    let all = json::list(value, "identifier").iter().take(3);
    let values: Vec<&str> = all.filter_map(|one| json::text(one, "value")).collect();
    values.join(", ")
}

/// When a resource was written, or what it is about happened.
pub(crate) fn date(value: &Value) -> Option<String> {
    const FIELDS: [&str; 20] = [
        "date",
        "effectiveDateTime",
        "effectivePeriod.start",
        "effectiveInstant",
        "occurrenceDateTime",
        "performedDateTime",
        "performedPeriod.start",
        "authoredOn",
        "onsetDateTime",
        "onsetPeriod.start",
        "recordedDate",
        "started",
        "period.start",
        "issued",
        "created",
        "dateAsserted",
        "assertedDate",
        "timestamp",
        "content.attachment.creation",
        "meta.lastUpdated",
    ];
    FIELDS.iter().find_map(|field| date_of(json::text(value, field)?))
}

/// What a resource calls itself.
pub(crate) fn title(value: &Value, resources: &Resources<'_>) -> Option<String> {
    let kind = json::text(value, "resourceType")?;
    if kind == "Bundle" {
        // Several documents in one file have no title in common.
        let mut inner = resources.of_type("Composition");
        let (Some(only), None) = (inner.next(), inner.next()) else { return None };
        return json::text(only, "title").map(str::to_owned);
    }
    let field = |name: &str| json::at(value, name).and_then(concept);
    json::text(value, "title")
        .or_else(|| json::text(value, "description"))
        .map(str::to_owned)
        .or_else(|| field("code"))
        .or_else(|| field("vaccineCode"))
        .or_else(|| field("medicationCodeableConcept"))
        .or_else(|| resources.named(resources.same(value)?, "medicationReference"))
        .or_else(|| field("type"))
        .or_else(|| if kind == "Patient" { person(value) } else { None })
}

/// Who wrote a resource.
pub(crate) fn author(value: &Value, resources: &Resources<'_>) -> Option<String> {
    let value = resources.same(value)?;
    ["author", "performer", "recorder", "requester", "asserter", "custodian", "performer.actor"]
        .iter()
        .find_map(|field| resources.named(value, field))
}

/// A date in a cell; what is no date stands there as it is.
pub(crate) fn date_cell(text: Option<&str>) -> Cell {
    match text.map(|text| (date_of(text), text)) {
        Some((Some(date), _)) => Cell::Date(date),
        Some((None, text)) => Cell::text(text),
        None => Cell::Text(String::new()),
    }
}

/// A quantity in words, such as `13.2 g/dL` or `> 200 mg/L`.
pub(crate) fn quantity(value: &Value) -> Option<Figures> {
    let number = number_line(value.get("value").filter(|number| number.is_number())?);
    let unit = json::text(value, "unit").or_else(|| json::text(value, "code"));
    let unit = unit.map(unit_line).filter(|unit| !unit.is_empty());
    let comparator = json::text(value, "comparator").map(|sign| format!("{sign} "));
    let figures = Figures::of_text(&comparator.unwrap_or_default()).number(&number);
    Some(match unit {
        Some(unit) => figures.text(" ").text(&unit),
        None => figures,
    })
}

/// More decimals than anybody measures: a program computed them.
const LONG_TAIL: usize = 4;

/// A number as people read it: one with a long tail of decimals is rounded to four digits, any other stays as it is written.
fn number_line(number: &Value) -> String {
    let text = number.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let value = number.as_f64().filter(|_| decimals > LONG_TAIL);
    value.map_or(text, four_digits)
}

/// A unit as people write it. Those of UCUM are made for programs: `mm[Hg]`, `10*3/uL`, `{score}`, `1`.
pub(crate) fn unit_line(unit: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for letter in unit.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    match plain.as_str() {
        "1" => String::new(),
        "mm[Hg]" => "mmHg".to_owned(),
        "[degF]" => "°F".to_owned(),
        "Cel" => "°C".to_owned(),
        "[lb_av]" => "lb".to_owned(),
        "[in_i]" => "in".to_owned(),
        "kg/m2" => "kg/m²".to_owned(),
        _ => plain.replace("10*3", "10³").replace("10*6", "10⁶").replace("10*9", "10⁹"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_units_are_written_as_people_write_them() {
        let said = |value: serde_json::Value, unit: &str| {
            let said = quantity(&serde_json::json!({"value": value, "unit": unit})).unwrap();
            said.written().to_owned()
        };
        assert_eq!(said(118.648_105_168_023_75.into(), "mm[Hg]"), "118.6 mmHg");
        assert_eq!(said(2.625_111_254_799_209.into(), "{score}"), "2.625");
        assert_eq!(said(0.000_123_456_7.into(), "g/L"), "0.0001235 g/L");
        assert_eq!(said(13.25.into(), "g/dL"), "13.25 g/dL");
        assert_eq!(said(7.into(), "1"), "7");
        assert_eq!(said(5.1.into(), "10*3/uL"), "5.1 10³/uL");
        assert_eq!(said(36.6.into(), "Cel"), "36.6 °C");
    }
}
