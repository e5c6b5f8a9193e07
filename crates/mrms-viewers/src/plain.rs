//! A document as plain text, for a terminal or a reader of screens: columns of a fixed width, curves as figures.

use crate::document::{Block, Cell, Document, Series, Table, time_of_day};

/// The document as text in lines of at most this many characters, in English.
#[must_use]
pub fn plain_text(document: &Document, width: usize) -> String {
    let width = width.max(20);
    let mut out = String::new();
    for (name, value) in [
        ("", &document.title),
        ("Kind: ", &Some(document.kind.english().to_owned())),
        ("Patient: ", &document.patient),
        ("Who: ", &document.author),
        ("Date: ", &document.date.as_deref().map(day)),
    ] {
        if let Some(value) = value {
            wrapped(&mut out, &format!("{name}{value}"), width);
        }
    }
    for block in &document.blocks {
        out.push('\n');
        match block {
            Block::Heading { text, .. } => {
                let text = words(text);
                let line = "─".repeat(text.chars().count().min(width));
                wrapped(&mut out, &text, width);
                wrapped(&mut out, &line, width);
            }
            Block::Text(text) => wrapped(&mut out, &words(text), width),
            Block::Preformatted(text) => {
                text.lines().for_each(|line| wrapped(&mut out, line, width))
            }
            Block::List(items) => {
                items
                    .iter()
                    .for_each(|item| wrapped(&mut out, &format!("- {}", words(item)), width));
            }
            Block::Table(one) => table(&mut out, one, width),
            Block::Series(one) => series(&mut out, one, width),
            Block::Waveform(one) => {
                wrapped(&mut out, &format!("{}, {:.1} s", words(&one.name), one.seconds), width);
                for trace in &one.traces {
                    let range = format!("{} to {} {}", trace.least, trace.most, trace.unit);
                    wrapped(&mut out, &format!("- {}: {range}", trace.name), width);
                }
            }
        }
    }
    if let Some(paged) = &document.paged {
        let what = if paged.are_pages { "pages" } else { "pictures" };
        wrapped(&mut out, &format!("\n{} {what}: mrms portal shows them", paged.count), width);
    }
    if document.is_cut {
        wrapped(&mut out, "More is in the file than is shown here.", width);
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

/// A text in lines; a word that is longer than a line is cut into several.
fn wrapped(out: &mut String, text: &str, width: usize) {
    let mut length = 0;
    for word in text.split(' ') {
        let mut rest: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + rest.len() > width {
            out.push('\n');
            length = 0;
        } else if length > 0 {
            out.push(' ');
            length += 1;
        }
        while rest.len() > width {
            let next = rest.split_off(width);
            out.extend(rest);
            out.push('\n');
            rest = next;
        }
        length += rest.len();
        out.extend(rest);
    }
    out.push('\n');
}

fn table(out: &mut String, table: &Table, width: usize) {
    if let Some(caption) = &table.caption {
        wrapped(out, &words(caption), width);
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
        wrapped(out, &format!("- {}", named.collect::<Vec<_>>().join("; ")), width);
    }
}

fn series(out: &mut String, series: &Series, width: usize) {
    let normal = match (series.low, series.high) {
        (Some(low), Some(high)) => format!(" (normal {low} to {high})"),
        (Some(low), None) => format!(" (normal from {low})"),
        (None, Some(high)) => format!(" (normal up to {high})"),
        (None, None) => String::new(),
    };
    wrapped(out, &format!("{}{normal}", series.name), width);
    for point in series.points.iter().rev() {
        let day = point.date.split('T').next().unwrap_or_default();
        wrapped(out, &format!("- {day}  {}", point.text), width);
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
        wrapped(&mut out, &"x".repeat(100), 40);
        assert_eq!(out.lines().map(str::len).collect::<Vec<_>>(), [40, 40, 20]);
    }
}
