//! Results: observations by what was measured, those with several values as a series over time. Vital signs and what is told
//! of somebody's life stand under headings of their own, as in the sections of a patient summary.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Resources;
use super::resource::{coded, concept, date, quantity, unit_line};
use super::status::not_so;
use crate::bounds;
use crate::captions::Word;
use crate::coded::Coded;
use crate::codes;
use crate::document::{Block, Cell, Point, Series, Table, Writer, one_line};
use crate::figures::Figures;
use crate::json;
use crate::measured::{self, same_unit};
use crate::subject::Subject;
use crate::waveform;

/// One value of an observation, or of a part of one.
struct Measured<'v> {
    what: Coded,
    date: Option<String>,
    /// What has the value and the normal range.
    part: &'v Value,
    /// What says whether it is normal.
    whole: &'v Value,
    /// What stands in place of a value.
    instead: Option<Cell>,
}

/// The headings under which observations stand, with their categories in HL7's `observation-category`.
const GROUPS: [(Word, Option<&str>); 3] = [
    (Word::Results, None),
    (Word::VitalSigns, Some("vital-signs")),
    (Word::SocialHistory, Some("social-history")),
];

pub(super) fn write(resources: &Resources<'_>, writer: &mut Writer) {
    for (heading, category) in GROUPS {
        write_group(resources, heading, category, writer);
    }
}

/// The category that gives an observation a heading of its own.
fn category(one: &Value) -> Option<&str> {
    let codings = json::list(one, "category").iter().flat_map(|one| json::list(one, "coding"));
    let codes: Vec<&str> = codings.filter_map(|coding| json::text(coding, "code")).collect();
    let mut named = GROUPS.iter().filter_map(|(_, category)| *category);
    named.find(|category| codes.contains(category))
}

fn write_group(resources: &Resources<'_>, heading: Word, group: Option<&str>, writer: &mut Writer) {
    let mut by_kind: BTreeMap<String, Vec<Measured<'_>>> = BTreeMap::new();
    let mut waveforms = Vec::new();
    for one in resources.of_type("Observation") {
        if not_so(one).is_some() || category(one) != group {
            continue;
        }
        let what = one.get("code").map(coded).unwrap_or_default();
        let date = date(one);
        let parts =
            json::list(one, "component").iter().map(|part| (name_of_part(&what, part), part));
        let (mut traces, mut is_shown) = (Vec::new(), false);
        // What was cancelled has no value that counts, whatever stands there.
        let is_cancelled = json::text(one, "status") == Some("cancelled");
        let all = std::iter::once((what.clone(), one)).chain(parts).filter(|_| !is_cancelled);
        for (what, part) in all {
            if let Some(sampled) = part.get("valueSampledData") {
                is_shown = true;
                traces.extend(waveform::sampled(&what.said("en"), sampled));
            } else if value(part).is_some() {
                let unit = unit(part).unwrap_or_default();
                let measured =
                    Measured { what, date: date.clone(), part, whole: one, instead: None };
                is_shown = true;
                let key = format!("{}\0{}", measured.what.key(), same_unit(&unit));
                by_kind.entry(key).or_default().push(measured);
            }
        }
        let instead = Some(instead(resources, one)).filter(|_| !is_shown && !what.is_empty());
        if instead.is_some() {
            let measured = Measured { what: what.clone(), date, part: one, whole: one, instead };
            by_kind.entry(what.key()).or_default().push(measured);
        }
        waveforms.extend(waveform::of_traces(Cell::coded(&what), traces));
    }
    if by_kind.is_empty() && waveforms.is_empty() {
        return;
    }
    writer.heading(2, heading);
    waveforms.into_iter().for_each(|one| writer.push(Block::Waveform(one)));
    let mut single = Vec::new();
    let mut kinds: Vec<Vec<Measured<'_>>> = by_kind.into_values().collect();
    kinds.sort_by_cached_key(|all| all.first().map(|one| one.what.said("en")));
    for mut all in kinds {
        all.sort_by(|one, other| one.date.cmp(&other.date));
        // What may still change stands beside the curve, and says so.
        single.extend(all.extract_if(.., |one| is_preliminary(one)));
        match series(&all) {
            Some(series) => writer.push(Block::Series(series)),
            None => single.extend(all.into_iter().rev()),
        }
    }
    single.sort_by(|one, other| other.date.cmp(&one.date));
    let head = [Word::What, Word::Value, Word::Normal, Word::Remark, Word::Date];
    let rows = single.iter().map(row).collect();
    let head = head.into_iter().map(Cell::Word).collect();
    writer.push(Block::Table(Table { caption: None, head, rows }));
}

/// The system of units that are written in one way.
const UCUM: &str = "http://unitsofmeasure.org";

/// The results of these resources that curves over several files can take, all of them of one person.
pub(super) fn measurements(
    resources: &Resources<'_>,
    whose: Option<&Subject>,
) -> Vec<measured::Measurement> {
    let mut found = Vec::new();
    for one in resources.of_type("Observation") {
        let group = category(one);
        let counts =
            !matches!(json::text(one, "status"), Some("cancelled" | "preliminary" | "registered"));
        if not_so(one).is_some() || !counts || group == Some("social-history") {
            continue;
        }
        let Some(date) = date(one) else { continue };
        let what = one.get("code").map(coded).unwrap_or_default();
        let parts =
            json::list(one, "component").iter().map(|part| (name_of_part(&what, part), part));
        for (name, part) in std::iter::once((what.clone(), one)).chain(parts) {
            let is_vital = group == Some("vital-signs");
            found.extend(measurement(&name, part, is_vital).map(|(what, value, text)| {
                let (low, high) = (end_of(part, "low"), end_of(part, "high"));
                let (date, whose) = (date.clone(), whose.cloned());
                measured::Measurement { what, whose, date, value, text, low, high }
            }));
            if found.len() > bounds::MOST_RESULTS {
                return found;
            }
        }
    }
    found
}

/// What a part of an observation measures: with the name of the whole before its own.
fn name_of_part(whole: &Coded, part: &Value) -> Coded {
    let part = part.get("code").map(coded).unwrap_or_default();
    let is_known = codes::name(&part.system, &part.code).is_some();
    let own = part.name.clone().or_else(|| (!is_known).then(|| part.said("en")));
    let name = match (&whole.name, own) {
        (Some(whole), Some(own)) => Some(format!("{whole}: {own}")),
        _ => part.name,
    };
    Coded { name, ..part }
}

/// What a part measures, and its value; `None` where it is no number, or has neither a name nor a code.
fn measurement(
    name: &Coded,
    part: &Value,
    is_vital: bool,
) -> Option<(measured::Measured, f64, String)> {
    let line = |text: &str| one_line(text, bounds::MOST_TITLE);
    let quantity_of = part.get("valueQuantity")?;
    let value = json::number(quantity_of, "value")?;
    let unit_name = unit(part).unwrap_or_default();
    let is_ucum = json::text(quantity_of, "system").is_some_and(|system| system.starts_with(UCUM));
    let unit = json::text(quantity_of, "code").filter(|_| is_ucum).unwrap_or(&unit_name);
    let what = measured::Measured {
        system: line(&name.system),
        code: line(&name.code),
        unit: line(unit),
        name: line(name.name.as_deref().unwrap_or_default()),
        unit_name: line(&unit_name),
        is_vital,
    };
    (!name.is_empty()).then_some(())?;
    Some((what, value, line(quantity(quantity_of)?.written())))
}

/// An end of what is normal, unless it is in another unit than the value.
fn end_of(part: &Value, end: &str) -> Option<f64> {
    let range = json::at(part, "referenceRange")?.get(end)?;
    let said = |one: &Value| {
        [json::text(one, "unit"), json::text(one, "code")].map(|text| text.map(str::to_owned))
    };
    let (of_value, of_end) = (said(part.get("valueQuantity")?), said(range));
    let fits = of_end == [None, None]
        || of_end.iter().flatten().any(|unit| of_value.iter().flatten().any(|one| one == unit));
    json::number(range, "value").filter(|_| fits)
}

fn row(measured: &Measured<'_>) -> Vec<Cell> {
    vec![
        Cell::coded(&measured.what),
        match (&measured.instead, json::text(measured.part, "valueDateTime")) {
            (Some(instead), _) => instead.clone(),
            (None, Some(time)) => super::resource::date_cell(Some(time)),
            (None, None) => Cell::figures(value(measured.part).unwrap_or_default()),
        },
        Cell::figures(normal(measured.part).unwrap_or_default()),
        remark(measured),
        measured.date.clone().map_or(Cell::Text(String::new()), Cell::Date),
    ]
}

/// A series, if there are at least two numbers with their dates.
fn series(all: &[Measured<'_>]) -> Option<Series> {
    let points = all.iter().filter_map(|one| {
        let value = json::number(one.part, "valueQuantity.value")?;
        Some(Point {
            date: one.date.clone()?,
            value,
            text: quantity(one.part.get("valueQuantity")?)?.written().to_owned(),
        })
    });
    let mut points: Vec<Point> = points.collect();
    if points.len() < 2 || points.len() < all.len() {
        return None;
    }
    points.drain(..points.len().saturating_sub(bounds::MOST_POINTS));
    let newest = all.iter().rev().find(|one| one.part.get("referenceRange").is_some());
    let end = |field: &str| json::number(newest?.part, field);
    let cell = |text: &str| crate::document::one_line(text, bounds::MOST_CELL);
    for point in &mut points {
        point.text = cell(&point.text);
    }
    Some(Series {
        name: all.last()?.what.bounded(),
        unit: cell(&unit(all.last()?.part).unwrap_or_default()),
        low: end("referenceRange.low.value"),
        high: end("referenceRange.high.value"),
        points,
    })
}

fn unit(part: &Value) -> Option<String> {
    let unit =
        json::text(part, "valueQuantity.unit").or_else(|| json::text(part, "valueQuantity.code"));
    unit.map(unit_line)
}

fn value(part: &Value) -> Option<Figures> {
    let plain = |name: &str| {
        part.get(name).map(|value| match value {
            Value::String(text) => Figures::of_text(text),
            Value::Number(number) => Figures::of_number(&number.to_string()),
            Value::Bool(_) => Figures::of_text(&value.to_string()),
            _ => Figures::default(),
        })
    };
    let ratio = || {
        let ratio = part.get("valueRatio")?;
        let below = quantity(ratio.get("denominator")?)?;
        Some(quantity(ratio.get("numerator")?)?.text(" : ").then(&below))
    };
    let range = || {
        let range = part.get("valueRange")?;
        let end = |name: &str| range.get(name).and_then(quantity).unwrap_or_default();
        Some(end("low").text(" – ").then(&end("high")))
    };
    let said = |name: &str| part.get(name).and_then(concept).map(|said| Figures::of_text(&said));
    let found = part
        .get("valueQuantity")
        .and_then(quantity)
        .or_else(|| said("valueCodeableConcept"))
        .or_else(|| plain("valueString"))
        .or_else(|| plain("valueInteger"))
        .or_else(|| plain("valueBoolean"))
        .or_else(|| plain("valueDateTime"))
        .or_else(|| plain("valueTime"))
        .or_else(ratio)
        .or_else(range);
    found.filter(|said| !said.written().is_empty())
}

/// What is said of an observation that has no value: that it is pending, why there is none, or of what it is the heading.
fn instead(resources: &Resources<'_>, one: &Value) -> Cell {
    match json::text(one, "status") {
        Some("registered" | "preliminary") => return Word::Pending.into(),
        Some("cancelled") => return Word::NotObtained.into(),
        _ => {}
    }
    if let Some(why) = one.get("dataAbsentReason").and_then(concept) {
        return Cell::text(&why);
    }
    let member = |member: &Value| {
        let display = json::text(member, "display").map(str::to_owned);
        let named = || {
            let found = resources.find(resources.same(one)?, json::text(member, "reference")?)?;
            concept(found.get("code")?)
        };
        display.or_else(named)
    };
    let members: Vec<String> = json::list(one, "hasMember").iter().filter_map(member).collect();
    Cell::text(&members.join(", "))
}

/// The normal range in words.
fn normal(part: &Value) -> Option<Figures> {
    let range = json::at(part, "referenceRange")?;
    if let Some(text) = json::text(range, "text") {
        return Some(Figures::of_text(text));
    }
    let end = |name: &str| range.get(name).and_then(quantity);
    match (end("low"), end("high")) {
        (Some(low), Some(high)) => Some(low.text(" – ").then(&high)),
        (Some(low), None) => Some(Figures::of_text("≥ ").then(&low)),
        (None, Some(high)) => Some(Figures::of_text("≤ ").then(&high)),
        (None, None) => None,
    }
}

/// Whether a value may still change.
fn is_preliminary(measured: &Measured<'_>) -> bool {
    matches!(json::text(measured.whole, "status"), Some("preliminary" | "registered"))
}

/// Whether a value lies outside of its own normal range.
fn is_outside(measured: &Measured<'_>) -> bool {
    let Some(value) = json::number(measured.part, "valueQuantity.value") else { return false };
    let (low, high) = (end_of(measured.part, "low"), end_of(measured.part, "high"));
    measured.instead.is_none()
        && (low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high))
}

/// What the laboratory says of it, or its normal range where that says nothing: whether it may still change, and its interpretation, else a note.
fn remark(measured: &Measured<'_>) -> Cell {
    let of = |one: &Value| json::at(one, "interpretation").and_then(concept);
    let note = || json::text(measured.whole, "note.text").map(str::to_owned);
    let said = of(measured.part).or_else(|| of(measured.whole)).or_else(note).unwrap_or_default();
    match Cell::text(&said) {
        Cell::Text(said)
            if said.is_empty() && is_outside(measured) && !is_preliminary(measured) =>
        {
            Word::Outside.into()
        }
        Cell::Text(said) if measured.instead.is_none() && is_preliminary(measured) => {
            match said.is_empty() {
                true => Word::Preliminary.into(),
                false => Cell::Said(Word::Preliminary, said),
            }
        }
        said => said,
    }
}
