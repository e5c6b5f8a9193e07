//! A report for spreadsheets (RFC 4180) and for programs (a JSON object on each line).

use csv::{Terminator, WriterBuilder};
use serde::Serialize;
use serde_json::{Value, json};

use super::{DisclosureReport, Rows};

/// The rows under a heading of their fields' names.
pub(super) fn to_csv(rows: &Rows) -> Vec<u8> {
    match rows {
        Rows::Disclosures(rows) => lines(rows, &DISCLOSURE),
        Rows::Events(rows) => lines(rows, &EVENT),
    }
}

/// The fields of a disclosure, in the order of the columns.
const DISCLOSURE: [&str; 20] = [
    "first",
    "last",
    "times",
    "recipient",
    "organisation",
    "address",
    "account",
    "record",
    "description",
    "versions",
    "means",
    "purpose",
    "purpose_words",
    "reason",
    "record_id",
    "first_entry",
    "last_entry",
    "first_txid",
    "last_txid",
    "organisation_account",
];

/// The fields of an event, in the order of the columns.
const EVENT: [&str; 21] = [
    "time",
    "action",
    "outcome",
    "refused",
    "actor",
    "organisation",
    "account",
    "subject",
    "subject_account",
    "record",
    "description",
    "version",
    "rights",
    "expiry",
    "purpose",
    "reason",
    "record_id",
    "entry",
    "txid",
    "head",
    "organisation_account",
];

fn lines<const COLUMNS: usize>(rows: &[impl Serialize], columns: &[&str; COLUMNS]) -> Vec<u8> {
    let mut writer =
        WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    // Writing to a Vec never fails.
    let _ = writer.write_record(columns);
    for row in rows {
        let row = serde_json::to_value(row).unwrap_or_default();
        let _ = writer.write_record(columns.iter().map(|column| cell(&row[*column])));
    }
    writer.into_inner().unwrap_or_default()
}

/// A cell. A spreadsheet takes a text that begins as a formula for one, so such a text gets an apostrophe before it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@']) => format!("'{text}"),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

pub(super) fn to_ndjson(report: &DisclosureReport) -> Vec<u8> {
    let mut lines = vec![typed("report", &report.about)];
    match &report.rows {
        Rows::Disclosures(rows) => lines.extend(rows.iter().map(|row| typed("disclosure", row))),
        Rows::Events(rows) => lines.extend(rows.iter().map(|row| typed("event", row))),
    }
    lines.extend(report.logs.iter().map(|log| typed("log", log)));
    lines.push(typed("missing", &report.missing));
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend(mrms_core::visible::json(&line.to_string()).as_bytes());
        bytes.push(b'\n');
    }
    bytes
}

/// An object that says what it is.
fn typed(kind: &str, fields: &impl Serialize) -> Value {
    let mut object = json!({ "type": kind });
    if let (Some(object), Ok(Value::Object(fields))) =
        (object.as_object_mut(), serde_json::to_value(fields))
    {
        object.extend(fields);
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_that_looks_like_a_formula_is_text_for_a_spreadsheet() {
        for (text, cell_text) in
            [("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("Clinic B", "Clinic B"), ("", "")]
        {
            assert_eq!(cell(&Value::String(text.to_owned())), cell_text);
        }
        assert_eq!(cell(&json!([1, 2])), "1 2");
    }
}
