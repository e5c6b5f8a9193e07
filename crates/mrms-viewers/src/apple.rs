//! The XML of an Apple Health export: what was measured, how often, and how the newest values went.
//!
//! Files of it have control characters, a document type that is no XML, and millions of records: each record is looked at once
//! and only sums are kept. Days are taken together, so that a curve has one point for each.

use std::collections::BTreeMap;

use crate::bounds;
use crate::captions::Word;
use crate::coded::Coded;
use crate::document::{Block, Cell, Document, Point, Series, Table, Writer, date_of, one_line};
use crate::kind::Kind;
use crate::request::NotShown;
use crate::subject::Subject;
use crate::xml::{Piece, Pieces};

/// Kinds of records that are kept apart.
const MOST_KINDS: usize = 300;

#[derive(Default)]
struct Measured {
    unit: String,
    count: u64,
    first: String,
    last: String,
    /// By day: sum and number of the values.
    days: BTreeMap<String, (f64, u32)>,
}

/// What the beginning of an export says of itself.
#[derive(Default)]
pub(crate) struct Head {
    /// When it was made.
    pub(crate) exported: Option<String>,
    /// Whose it is. An export has no name.
    pub(crate) about: Subject,
}

pub(crate) fn head_of(bytes: &[u8]) -> Head {
    let mut head = Head::default();
    for piece in Pieces::of(bytes).take(200) {
        let Piece::Begin(element) = piece else { continue };
        match element.name.as_str() {
            "ExportDate" => head.exported = element.attribute("value").and_then(date),
            "Me" => {
                let born = element.attribute("HKCharacteristicTypeIdentifierDateOfBirth");
                head.about = Subject::of("", born.unwrap_or_default());
            }
            _ => {}
        }
    }
    head
}

/// `2026-05-04 11:30:00 +0200` as a day.
fn date(text: &str) -> Option<String> {
    date_of(text.split(' ').next()?)
}

pub(crate) fn document(bytes: &[u8]) -> Result<Document, NotShown> {
    let mut kinds: BTreeMap<String, Measured> = BTreeMap::new();
    let mut writer = Writer::new(Kind::AppleHealth);
    writer.title("Apple Health");
    for piece in Pieces::of(bytes) {
        let Piece::Begin(element) = piece else { continue };
        let attribute = |name: &str| element.attribute(name);
        match element.name.as_str() {
            "ExportDate" => writer.date(attribute("value").and_then(date)),
            "Record" => {
                let kind = plain(attribute("type").unwrap_or_default());
                if kinds.len() >= MOST_KINDS && !kinds.contains_key(&kind) {
                    writer.cut();
                    continue;
                }
                let measured = kinds.entry(kind).or_default();
                let day = attribute("startDate").and_then(date).unwrap_or_default();
                let value = attribute("value").and_then(|value| value.parse::<f64>().ok());
                measured.add(&day, attribute("unit").unwrap_or_default(), value);
            }
            _ => {}
        }
    }
    if kinds.is_empty() {
        return Err(NotShown::Damaged);
    }
    write(kinds, &mut writer);
    Ok(writer.done())
}

impl Measured {
    fn add(&mut self, day: &str, unit: &str, value: Option<f64>) {
        self.count += 1;
        if self.first.is_empty() || day < self.first.as_str() {
            day.clone_into(&mut self.first);
        }
        if day > self.last.as_str() {
            day.clone_into(&mut self.last);
        }
        let Some(value) = value.filter(|value| value.is_finite()) else { return };
        if self.unit.is_empty() {
            self.unit = one_line(unit, bounds::MOST_TITLE);
        }
        if self.days.len() < bounds::MOST_POINTS * 10 || self.days.contains_key(day) {
            let (sum, count) = self.days.entry(day.to_owned()).or_default();
            *sum += value;
            *count += 1;
        }
    }
}

/// `HKQuantityTypeIdentifierHeartRate` as `Heart Rate`.
fn plain(kind: &str) -> String {
    let name = kind.rsplit_once("Identifier").map_or(kind, |(_, name)| name);
    let mut words = String::new();
    for (index, character) in name.chars().enumerate().take(bounds::MOST_TITLE) {
        if index > 0 && character.is_uppercase() && !words.ends_with(|one: char| one.is_uppercase())
        {
            words.push(' ');
        }
        words.push(character);
    }
    one_line(&words, bounds::MOST_TITLE)
}

fn write(kinds: BTreeMap<String, Measured>, writer: &mut Writer) {
    let rows = kinds.iter().map(|(name, measured)| {
        let day = |text: &str| {
            if text.is_empty() { Cell::Text(String::new()) } else { Cell::Date(text.to_owned()) }
        };
        vec![
            Cell::text(name),
            Cell::text(&measured.count.to_string()),
            day(&measured.first),
            day(&measured.last),
        ]
    });
    let head =
        vec![Word::What.into(), Word::HowMany.into(), Word::Since.into(), Word::Until.into()];
    writer.push(Block::Table(Table { caption: None, head, rows: rows.collect() }));
    writer.heading(2, Word::Results);
    for (name, measured) in kinds {
        let days = measured.days.into_iter().filter(|(day, _)| !day.is_empty());
        let points = days.map(|(date, (sum, count))| {
            let value = sum / f64::from(count);
            Point { date, value, text: format!("{value:.1} {}", measured.unit) }
        });
        let mut points: Vec<Point> = points.collect();
        // The newest year or so.
        points.drain(..points.len().saturating_sub(400));
        if points.len() > 1 {
            writer.push(Block::Series(Series {
                name: Coded { name: Some(name), ..Coded::default() },
                unit: measured.unit,
                low: None,
                high: None,
                points,
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_and_days_become_points() {
        let export = r#"<?xml version="1.0"?><!DOCTYPE HealthData [ <!ELEMENT HealthData (ExportDate,Me,Record*)> <!ATTLIST broken ]>
            <HealthData locale="de"><ExportDate value="2026-05-04 11:30:00 +0200"/><Me HKCharacteristicTypeIdentifierDateOfBirth="1950-05-03"/>
            <Record type="HKQuantityTypeIdentifierHeartRate" unit="count/min" startDate="2026-05-01 08:00:00 +0200" value="60"/>
            <Record type="HKQuantityTypeIdentifierHeartRate" unit="count/min" startDate="2026-05-01 09:00:00 +0200" value="80"/>
            <Record type="HKQuantityTypeIdentifierHeartRate" unit="count/min" startDate="2026-05-02 09:00:00 +0200" value="64"/>
            <Record type="HKCategoryTypeIdentifierSleepAnalysis" startDate="2026-05-02" value="HKCategoryValueSleep"/></HealthData>"#;
        let made = document(export.as_bytes()).unwrap();
        assert_eq!(made.date.as_deref(), Some("2026-05-04"));
        let head = head_of(export.as_bytes());
        assert_eq!(head.exported.as_deref(), Some("2026-05-04"));
        assert_eq!(head.about.born.as_deref(), Some("1950-05-03"));
        let [Block::Table(table), Block::Heading { .. }, Block::Series(series)] =
            made.blocks.as_slice()
        else {
            panic!("{made:?}")
        };
        assert_eq!(table.rows.len(), 2);
        assert_eq!(series.name.said("en"), "Heart Rate");
        assert_eq!(series.points.iter().map(|point| point.value).collect::<Vec<_>>(), [70.0, 64.0]);
    }
}
