//! The index of an export without encryption: which file is what, as comma-separated values for a
//! spreadsheet.
//!
//! A row for each version of each record. Labels and names are somebody else's words: no cell acts
//! on a screen, and none begins as a spreadsheet's formula does. Reads and writes bytes; the caller
//! has the folder.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, Terminator, WriterBuilder};
use mrms_core::{RecordId, Version, visible};
use mrms_crypto::content::ContentHeader;
use serde::{Deserialize, Serialize};

use crate::records::titles::own_title;
use crate::times::rfc3339;

/// A row: one version of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexRow {
    /// The file's name in the folder.
    pub file: String,
    /// The record, in decimal.
    pub record_id: String,
    /// The version's number, from 1.
    pub version: u64,
    /// What the patient called this version; of one that somebody else wrote, what the record is called. Empty where that is the
    /// file's name beside it, or is not known.
    pub label: String,
    /// What the file was called; empty for none.
    pub name: String,
    /// What kind of bytes they are.
    pub media_type: String,
    /// How many there are.
    pub bytes: u64,
    /// When it was sealed, RFC 3339 in UTC, by its author's clock.
    pub written: String,
    /// Who wrote it.
    pub author: String,
}

impl IndexRow {
    /// The row of a version that is in this file, under this title.
    #[must_use]
    pub fn of(file: &str, header: &ContentHeader, title: Option<String>) -> Self {
        let text = |text: Option<String>| text.unwrap_or_default();
        let label = match title == own_title(header) {
            true => header.label.as_ref().map(ToString::to_string),
            false => title,
        };
        Self {
            file: file.to_owned(),
            record_id: header.context.record.to_string(),
            version: header.context.version.number(),
            label: text(label),
            name: text(header.file_name.as_ref().map(ToString::to_string)),
            media_type: header.media_type.to_string(),
            bytes: header.length,
            written: rfc3339(header.time),
            author: header.context.author.to_string(),
        }
    }

    fn in_cells(&self) -> Self {
        Self { label: cell(&self.label), name: cell(&self.name), ..self.clone() }
    }
}

/// A text for a cell of a spreadsheet.
fn cell(text: &str) -> String {
    let visible = visible::line(text);
    match visible.starts_with(['=', '+', '-', '@']) {
        true => format!("'{visible}"),
        false => visible.into_owned(),
    }
}

/// The rows of a folder, by record and version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportIndex {
    rows: BTreeMap<(RecordId, Version), IndexRow>,
}

impl ExportIndex {
    /// Its name in the folder.
    pub const FILE: &'static str = "index.csv";

    /// The index in these bytes. A row that can't be read is left out: its version counts as not
    /// exported.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut reader = ReaderBuilder::new().from_reader(bytes);
        let mut index = Self::default();
        for row in reader.deserialize::<IndexRow>().flatten() {
            index.put(row);
        }
        index
    }

    /// The file that has this version.
    #[must_use]
    pub fn file(&self, record: RecordId, version: Version) -> Option<&str> {
        self.rows.get(&(record, version)).map(|row| row.file.as_str())
    }

    /// Whether one of the rows names this file.
    #[must_use]
    pub fn has_file(&self, name: &str) -> bool {
        self.rows.values().any(|row| row.file == name)
    }

    /// Adds a row, or replaces the one about the same version.
    pub fn put(&mut self, row: IndexRow) {
        let key = (row.record_id.parse(), Version::new(row.version));
        if let (Ok(record), Some(version)) = key {
            self.rows.insert((record, version), row);
        }
    }

    /// The index as it is written: a heading, and a line for each row.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        lines(self.rows.values(), true)
    }

    /// A row as a line, to add it to an index that is written.
    #[must_use]
    pub fn line(row: &IndexRow) -> Vec<u8> {
        lines(std::iter::once(row), false)
    }
}

fn lines<'r>(mut rows: impl Iterator<Item = &'r IndexRow>, heading: bool) -> Vec<u8> {
    let mut writer = WriterBuilder::new()
        .has_headers(heading)
        .terminator(Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    // Writing to a Vec never fails.
    let written = rows.try_for_each(|row| writer.serialize(row.in_cells()));
    written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: u64, label: &str) -> IndexRow {
        IndexRow {
            file: format!("7-v{version}-a.txt"),
            record_id: "7".to_owned(),
            version,
            label: label.to_owned(),
            name: "a, \"b\".txt".to_owned(),
            media_type: "text/plain".to_owned(),
            bytes: 3,
            written: "2026-05-04T08:30:00Z".to_owned(),
            author: "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG".to_owned(),
        }
    }

    #[test]
    fn index_reads_as_it_was_written_with_the_newest_row_of_a_version() {
        let mut index = ExportIndex::default();
        for row in [row(2, "two"), row(1, "old"), row(1, "one")] {
            index.put(row);
        }
        let mut longer = index.to_bytes();
        longer.extend(ExportIndex::line(&row(1, "newer")));
        let read = ExportIndex::parse(&longer);
        assert_eq!(read.rows[&(RecordId::new(7), Version::FIRST)].label, "newer");
        let bytes = index.to_bytes();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.starts_with("file,record_id,version,label,name,"), "{text}");
        assert_eq!(ExportIndex::parse(&bytes), index);
        let found = index.file(RecordId::new(7), Version::FIRST);
        assert_eq!(found, Some("7-v1-a.txt"));
        assert!(index.has_file("7-v2-a.txt") && !index.has_file("7-v3-a.txt"));
    }

    #[test]
    fn words_of_others_are_no_formula_and_no_second_line() {
        let mut index = ExportIndex::default();
        index.put(row(1, "=cmd|'/c calc'!A0\u{2028}\x1b[2K"));
        let text = String::from_utf8(index.to_bytes()).unwrap();
        assert!(text.contains(",'=cmd|'/c calc'!A0\\u{2028}\\u{1b}[2K,"), "{text}");
    }

    #[test]
    fn rows_that_cannot_be_read_are_left_out() {
        let mut bytes = {
            let mut index = ExportIndex::default();
            index.put(row(1, ""));
            index.to_bytes()
        };
        bytes.extend_from_slice(b"cut off,12");
        assert!(ExportIndex::parse(&bytes).has_file("7-v1-a.txt"));
        assert_eq!(ExportIndex::parse(b"\xff\xfe"), ExportIndex::default());
    }
}
