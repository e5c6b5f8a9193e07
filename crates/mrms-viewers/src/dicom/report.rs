//! Structured reports: what was found, as lines of name and value (PS3.3 §C.17.3).

use super::read::{Object, Tag};
use crate::captions::Word;
use crate::document::{Block, Cell, Table, Writer, date_of};
use crate::figures::Figures;

const CONTENT: Tag = (0x0040, 0xa730);
const CONCEPT: Tag = (0x0040, 0xa043);
const KIND: Tag = (0x0040, 0xa040);
const TEXT: Tag = (0x0040, 0xa160);
const CODE: Tag = (0x0040, 0xa168);
const DATE: Tag = (0x0040, 0xa121);
const DATE_TIME: Tag = (0x0040, 0xa120);
const PERSON: Tag = (0x0040, 0xa123);
const MEASURED: Tag = (0x0040, 0xa300);
const NUMBER: Tag = (0x0040, 0xa30a);
const UNITS: Tag = (0x0040, 0x08ea);
const MOST_NESTED: u8 = 8;

pub(super) fn write(object: &Object<'_>, writer: &mut Writer) {
    let mut rows = Vec::new();
    collect(object, 0, &mut rows, writer);
    flush(&mut rows, writer);
}

fn collect(object: &Object<'_>, depth: u8, rows: &mut Vec<Vec<Cell>>, writer: &mut Writer) {
    for item in object.items(CONTENT).iter() {
        let name = item.code(CONCEPT).unwrap_or_default();
        match item.text(KIND).as_deref() {
            Some("CONTAINER") if depth < MOST_NESTED => {
                flush(rows, writer);
                writer.heading(2 + depth, Cell::text(&name));
            }
            _ => {
                if let Some(value) = value(item) {
                    rows.push(vec![Cell::text(&name), value]);
                }
            }
        }
        if depth < MOST_NESTED {
            collect(item, depth + 1, rows, writer);
        }
    }
}

fn value(item: &Object<'_>) -> Option<Cell> {
    let measured = || {
        let measured = item.items(MEASURED);
        let one = measured.first()?;
        let unit = one.items(UNITS).first().and_then(|unit| unit.text((0x0008, 0x0100)));
        let number = Figures::of_number(one.text(NUMBER)?.trim());
        Some(match unit.filter(|unit| unit != "1") {
            Some(unit) => number.text(" ").text(&unit),
            None => number,
        })
    };
    let date = || item.text(DATE_TIME).or_else(|| item.text(DATE)).and_then(|text| date_of(&text));
    let text = item.text(TEXT).or_else(|| item.code(CODE)).map(|text| Cell::text(&text));
    let person = || item.person(PERSON).map(|text| Cell::text(&text));
    let text = text.or_else(|| measured().map(Cell::figures)).or_else(person);
    text.or_else(|| date().map(Cell::Date))
}

fn flush(rows: &mut Vec<Vec<Cell>>, writer: &mut Writer) {
    if !rows.is_empty() {
        let head = vec![Word::What.into(), Word::Value.into()];
        writer.push(Block::Table(Table { caption: None, head, rows: std::mem::take(rows) }));
    }
}
