//! Separated values as a table (RFC 4180, and what spreadsheets make of it: semicolons and tabs).

use crate::bounds;
use crate::document::{Block, Cell, Document, Table, Writer};
use crate::kind::Kind;
use crate::text::decoded;

/// The table in these bytes. Its first row is its head.
pub(crate) fn document(bytes: &[u8]) -> Document {
    let text = decoded(bytes);
    let mut writer = Writer::new(Kind::Csv);
    let mut rows = rows(&text, separator(&text));
    if rows.len() > bounds::MOST_ROWS {
        writer.cut();
    }
    let head = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
    if rows.is_empty() {
        writer.preformatted(&text);
    } else {
        writer.push(Block::Table(Table { caption: None, head, rows }));
    }
    writer.done()
}

/// What separates the first line most often.
fn separator(text: &str) -> char {
    let line = text.lines().next().unwrap_or_default();
    let count = |separator: &char| line.matches(*separator).count();
    ['\t', ';', ','].into_iter().max_by_key(count).unwrap_or(',')
}

/// Rows, one more than are shown.
fn rows(text: &str, separator: char) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    let mut row: Vec<Cell> = Vec::new();
    let mut value = String::new();
    let mut is_quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                value.push('"');
            }
            '"' if is_quoted || value.is_empty() => is_quoted = !is_quoted,
            '\r' if !is_quoted && characters.peek() == Some(&'\n') => {}
            '\n' | '\r' if !is_quoted => {
                row.push(Cell::text(&std::mem::take(&mut value)));
                rows.push(std::mem::take(&mut row));
                if rows.len() > bounds::MOST_ROWS {
                    return rows;
                }
            }
            other if other == separator && !is_quoted => {
                if row.len() <= bounds::MOST_COLUMNS {
                    row.push(Cell::text(&value));
                }
                value.clear();
            }
            other if value.len() < bounds::MOST_CELL * 2 => value.push(other),
            _ => {}
        }
    }
    if !value.is_empty() || !row.is_empty() {
        row.push(Cell::text(&value));
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_separators_of_spreadsheets_are_read() {
        let made = document(b"Name;Value\r\n\"A; \"\"b\"\"\";1,5\r\nC;\r\n");
        let [Block::Table(table)] = made.blocks.as_slice() else { panic!("{made:?}") };
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(table.head, [text("Name"), text("Value")]);
        assert_eq!(table.rows, [[text("A; \"b\""), text("1,5")], [text("C"), text("")]]);
    }

    #[test]
    fn a_quote_that_never_ends_and_endless_rows_have_a_bound() {
        let open = format!("a,b\n\"{}", "x,\n".repeat(1_000_000));
        assert_eq!(document(open.as_bytes()).blocks.len(), 1);
        let long = document("1,2\n".repeat(1_000_000).as_bytes());
        let [Block::Table(table)] = long.blocks.as_slice() else { panic!() };
        assert!(table.rows.len() == bounds::MOST_ROWS && long.is_cut);
        let wide = document(format!("{}\n1", ",".repeat(1_000_000)).as_bytes());
        assert!(wide.is_cut);
    }
}
