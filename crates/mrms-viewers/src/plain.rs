//! A document as plain text, for a terminal or a reader of screens: columns of a fixed width, curves as figures.
//!
//! Words of others never begin a line that could be taken for one of this program: what says who, what and whom has its name
//! before it, and a field that takes several lines is indented from the second on.

use mrms_core::visible;

use crate::document::{Block, Cell, Document, Series, Table, time_of_day};

/// What stands before the further lines of a field.
const INDENT: &str = "  ";

/// The document as text in lines of at most this many characters, in English.
#[must_use]
pub fn plain_text(document: &Document, width: usize) -> String {
    let width = width.max(20);
    let mut out = String::new();
    for (name, value) in [
        ("Title: ", &document.title),
        ("Kind: ", &Some(document.kind.english().to_owned())),
        ("Patient: ", &document.patient),
        ("Who: ", &document.author),
        ("Date: ", &document.date.as_deref().map(day)),
    ] {
        if let Some(value) = value {
            field(&mut out, &format!("{name}{value}"), width);
        }
    }
    for block in &document.blocks {
        out.push('\n');
        match block {
            Block::Heading { text, .. } => {
                let text = words(text);
                let line = "─".repeat(text.chars().count().min(width));
                field(&mut out, &text, width);
                field(&mut out, &line, width);
            }
            Block::Text(text) => field(&mut out, &words(text), width),
            // Its line ends are meant, and nothing stands below it that it could be taken for.
            Block::Preformatted(text) => text.lines().for_each(|line| field(&mut out, line, width)),
            Block::List(items) => {
                items.iter().for_each(|item| field(&mut out, &format!("- {}", words(item)), width));
            }
            Block::Table(one) => table(&mut out, one, width),
            Block::Series(one) => series(&mut out, one, width),
            Block::Waveform(one) => {
                field(&mut out, &format!("{}, {:.1} s", words(&one.name), one.seconds), width);
                for trace in &one.traces {
                    let range = format!("{} to {} {}", trace.least, trace.most, trace.unit);
                    field(&mut out, &format!("- {}: {range}", trace.name), width);
                }
            }
        }
    }
    if let Some(paged) = &document.paged {
        let what = if paged.are_pages { "pages" } else { "pictures" };
        out.push('\n');
        field(&mut out, &format!("{} {what}: mrms portal shows them", paged.count), width);
    }
    if document.is_cut {
        field(&mut out, "More is in the file than is shown here.", width);
    }
    out
}

fn words(cell: &Cell) -> String {
    cell.in_english()
}

impl Cell {
    /// What it says, in English.
    #[must_use]
    pub fn in_english(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Word(word) => word.english().to_owned(),
            Self::Counted(word, number) => format!("{} {number}", word.english()),
            Self::Said(word, said) => format!("{}; {said}", word.english()),
            Self::Date(date) => day(date),
            Self::Figures(figures) => figures.written().to_owned(),
            Self::Coded(coded) => coded.said("en"),
        }
    }
}

/// A date, with its time to the minute.
fn day(date: &str) -> String {
    let day = date.split('T').next().unwrap_or_default();
    match time_of_day(date) {
        Some(time) => format!("{day} {time}"),
        None => day.to_owned(),
    }
}

/// A text that is one line, whatever is in it, in as many as it takes: those after the first are indented. A word that is
/// longer than a line is cut into several.
fn field(out: &mut String, text: &str, width: usize) {
    let (mut length, mut is_empty) = (0, true);
    for word in visible::line(text).split(' ') {
        let mut rest: Vec<char> = word.chars().collect();
        if !is_empty && length + 1 + rest.len() > width {
            length = further(out);
        } else if !is_empty {
            out.push(' ');
            length += 1;
        }
        while length + rest.len() > width {
            let next = rest.split_off(width - length);
            out.extend(rest);
            length = further(out);
            rest = next;
        }
        is_empty &= rest.is_empty();
        length += rest.len();
        out.extend(rest);
    }
    out.push('\n');
}

/// Begins a further line of a field, and returns how long it is already.
fn further(out: &mut String) -> usize {
    out.push('\n');
    out.push_str(INDENT);
    INDENT.len()
}

fn table(out: &mut String, table: &Table, width: usize) {
    if let Some(caption) = &table.caption {
        field(out, &words(caption), width);
    }
    let head: Vec<String> = table.head.iter().map(words).collect();
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(words).collect();
        let named =
            cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()).map(|(at, cell)| {
                match head.get(at).filter(|_| at > 0) {
                    Some(name) if !name.is_empty() => format!("{name}: {cell}"),
                    _ => cell.clone(),
                }
            });
        field(out, &format!("- {}", named.collect::<Vec<_>>().join("; ")), width);
    }
}

fn series(out: &mut String, series: &Series, width: usize) {
    let normal = match (series.low, series.high) {
        (Some(low), Some(high)) => format!(" (normal {low} to {high})"),
        (Some(low), None) => format!(" (normal from {low})"),
        (None, Some(high)) => format!(" (normal up to {high})"),
        (None, None) => String::new(),
    };
    field(out, &format!("{}{normal}", series.name.said("en")), width);
    for point in series.points.iter().rev() {
        let day = point.date.split('T').next().unwrap_or_default();
        field(out, &format!("- {day}  {}", point.text), width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::answer;
    use crate::request::{Answer, Request, Want};

    #[test]
    fn no_line_is_longer_than_it_may_be() {
        let named = "long words and \u{1b}[2K ".repeat(20);
        let text =
            serde_json::json!({"resourceType": "Condition", "code": {"text": named}}).to_string();
        let request = Request { name: String::new(), want: Want::Document };
        let Answer::Document(document) = answer(&request, text.as_bytes()) else { panic!() };
        let plain = plain_text(&document, 40);
        assert!(plain.lines().all(|line| line.chars().count() <= 40), "{plain}");
        assert!(plain.contains("Problems") && !plain.contains('\u{1b}'), "{plain}");
        assert_eq!(day("2026-05-04T11:30:59.5Z"), "2026-05-04 11:30 UTC");
        let mut out = String::new();
        field(&mut out, &"x".repeat(100), 40);
        assert_eq!(out.lines().map(str::len).collect::<Vec<_>>(), [40, 40, 24]);
    }

    /// A document whose words try to begin a line that looks like one of this program.
    fn forging(words: &str) -> Document {
        let cell = || Cell::Text(words.to_owned());
        let mut document = Document {
            kind: crate::kind::Kind::Fhir,
            title: Some(words.to_owned()),
            date: Some("2026-05-04".to_owned()),
            author: Some(words.to_owned()),
            patient: Some(words.to_owned()),
            about: Vec::new(),
            blocks: vec![
                Block::Heading { level: 2, text: cell() },
                Block::Text(cell()),
                Block::List(vec![
                    cell(),
                    Cell::Said(crate::captions::Word::Preliminary, words.to_owned()),
                ]),
                Block::Table(Table {
                    caption: Some(cell()),
                    head: vec![cell(), cell()],
                    rows: vec![vec![cell(), cell()]],
                }),
            ],
            paged: None,
            is_cut: false,
        };
        document.blocks.push(Block::Series(Series {
            name: crate::coded::Coded { name: Some(words.to_owned()), ..Default::default() },
            unit: words.to_owned(),
            low: None,
            high: None,
            points: vec![crate::document::Point {
                date: words.to_owned(),
                value: 1.0,
                text: words.to_owned(),
            }],
        }));
        document
    }

    #[test]
    fn words_of_others_forge_no_line_neither_by_a_line_end_nor_by_being_long() {
        let pad = |length: usize| format!("{} Patient: Ben Vogel", "x".repeat(length));
        let mut tried: Vec<String> = (1..90).map(pad).collect();
        for end in ["\n", "\r", "\r\n", "\u{2028}", "\u{85}"] {
            tried.push(format!("Letter{end}Patient: Ben Vogel"));
        }
        tried.push("Patient: Ben Vogel".to_owned());
        for words in tried {
            let mut document = forging(&words);
            if words.starts_with("Patient:") {
                // The text of a document may say so, below an empty line.
                document.blocks.clear();
                document.patient = Some("Ana".to_owned());
            }
            let plain = plain_text(&document, 80);
            let forged = |line: &&str| line.starts_with("Patient: Ben Vogel");
            assert_eq!(plain.lines().find(forged), None, "{words:?}: {plain}");
            assert_eq!(plain.lines().filter(|line| line.starts_with("Patient:")).count(), 1);
        }
    }
}
