//! The narrative of a document, in CDA's narrative block or in the XHTML of FHIR, as blocks.
//!
//! Takes text out of elements that it knows and leaves out all markup: no element, attribute, style, link or picture of the
//! original gets through, so nothing of it can run or load anything. Sources: HL7 CDA R2 §4.3.5, FHIR R4 "Narrative".

use crate::bounds;
use crate::captions::Word;
use crate::document::{Block, Cell, Table, Writer};
use crate::xml::{Element, Piece, Pieces};

/// Writes the narrative in these bytes.
pub(crate) fn write(bytes: &[u8], writer: &mut Writer) {
    let mut narrative = Narrative::new();
    for piece in Pieces::of(bytes) {
        narrative.take(&piece, writer);
    }
    narrative.end(writer);
}

/// A narrative as it is read.
pub(crate) struct Narrative {
    text: String,
    /// Tables that are open; of a table in a cell, the text stands in that cell.
    tables: usize,
    table: Table,
    row: Vec<Cell>,
    is_head: bool,
    lists: usize,
    items: Vec<Cell>,
    /// Elements that are passed over, with all in them.
    hidden: usize,
}

impl Narrative {
    pub(crate) fn new() -> Self {
        Self {
            text: String::new(),
            tables: 0,
            table: Table::default(),
            row: Vec::new(),
            is_head: false,
            lists: 0,
            items: Vec::new(),
            hidden: 0,
        }
    }

    pub(crate) fn take(&mut self, piece: &Piece, writer: &mut Writer) {
        match piece {
            Piece::Text(text) if self.hidden == 0 => {
                let room = (bounds::MOST_CELL * 8).saturating_sub(self.text.len());
                if room < text.len() {
                    writer.cut();
                }
                self.text.extend(text.chars().take(room));
            }
            Piece::Text(_) => {}
            Piece::Begin(element) => self.begin(element, writer),
            Piece::End(name) => self.finish(name, writer),
        }
    }

    /// What is left when the narrative ends.
    pub(crate) fn end(&mut self, writer: &mut Writer) {
        self.hidden = 0;
        if self.tables > 0 {
            self.end_row();
            self.tables = 0;
            writer.push(Block::Table(std::mem::take(&mut self.table)));
        }
        self.lists = 0;
        self.end_list(writer);
        self.paragraph(writer);
    }

    fn begin(&mut self, element: &Element, writer: &mut Writer) {
        let name = element.name.as_str();
        if self.hidden > 0 || is_hidden(name) {
            self.hidden += usize::from(is_hidden(name));
            return;
        }
        let is_deleted = element.attribute("revised") == Some("delete");
        match name {
            "br" => self.space(),
            "table" => {
                if self.tables == 0 {
                    self.end_list(writer);
                    self.paragraph(writer);
                }
                self.tables += 1;
            }
            "tr" if self.tables == 1 => self.is_head = true,
            "td" if self.tables == 1 => {
                self.is_head = false;
                self.text.clear();
            }
            "th" if self.tables == 1 => self.text.clear(),
            "list" | "ul" | "ol" | "dl" => {
                if self.tables == 0 && self.lists == 0 {
                    self.paragraph(writer);
                }
                self.lists += 1;
            }
            "item" | "li" | "dd" => self.space(),
            "img" | "renderMultiMedia" | "observationMedia" if self.tables == 0 => {
                self.paragraph(writer);
                writer.push(Block::Text(Word::LeftOutImage.into()));
            }
            "paragraph" | "p" | "div" | "pre" | "blockquote" | "caption" if self.is_in_cell() => {
                self.space()
            }
            "paragraph" | "p" | "div" | "pre" | "blockquote" => self.paragraph(writer),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "title" if !self.is_in_cell() => {
                self.paragraph(writer)
            }
            _ if is_deleted => self.text.push_str(" [− "),
            _ => {}
        }
    }

    fn finish(&mut self, name: &str, writer: &mut Writer) {
        if self.hidden > 0 {
            self.hidden -= usize::from(is_hidden(name));
            return;
        }
        match name {
            "td" | "th" if self.tables == 1 => {
                let text = std::mem::take(&mut self.text);
                if self.row.len() <= bounds::MOST_COLUMNS {
                    self.row.push(Cell::text(&text));
                }
            }
            "tr" if self.tables == 1 => self.end_row(),
            "caption" if self.tables == 1 => {
                self.table.caption = Some(Cell::text(&std::mem::take(&mut self.text)));
            }
            "table" => {
                self.tables = self.tables.saturating_sub(1);
                if self.tables == 0 {
                    self.end_row();
                    writer.push(Block::Table(std::mem::take(&mut self.table)));
                }
            }
            "item" | "li" | "dd" if self.tables == 0 => {
                let text = std::mem::take(&mut self.text);
                if !text.trim().is_empty() && self.items.len() <= bounds::MOST_ROWS {
                    self.items.push(Cell::text(&text));
                }
            }
            "list" | "ul" | "ol" | "dl" => {
                self.lists = self.lists.saturating_sub(1);
                if self.lists == 0 {
                    self.end_list(writer);
                }
            }
            "paragraph" | "p" | "div" | "pre" | "blockquote" if !self.is_in_cell() => {
                self.paragraph(writer)
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "title" if !self.is_in_cell() => {
                let text = std::mem::take(&mut self.text);
                writer.heading(3, Cell::text(&text));
            }
            "paragraph" | "p" | "div" => self.space(),
            _ => {}
        }
    }

    const fn is_in_cell(&self) -> bool {
        self.tables > 0 || self.lists > 0
    }

    fn space(&mut self) {
        self.text.push('\n');
    }

    fn paragraph(&mut self, writer: &mut Writer) {
        let text = std::mem::take(&mut self.text);
        writer.paragraph(&text);
    }

    /// A row is the head if it comes first and has only headings.
    fn end_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        if row.is_empty() {
            return;
        }
        if self.is_head && self.table.head.is_empty() && self.table.rows.is_empty() {
            self.table.head = row;
        } else if self.table.rows.len() <= bounds::MOST_ROWS {
            self.table.rows.push(row);
        }
    }

    fn end_list(&mut self, writer: &mut Writer) {
        if self.tables == 0 {
            writer.push(Block::List(std::mem::take(&mut self.items)));
        }
    }
}

/// What is no text, whatever it has inside.
fn is_hidden(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "head"
            | "object"
            | "iframe"
            | "svg"
            | "math"
            | "template"
            | "noscript"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    fn blocks(text: &str) -> Vec<Block> {
        let mut writer = Writer::new(Kind::Cda);
        write(text.as_bytes(), &mut writer);
        writer.done().blocks
    }

    fn cell(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn tables_lists_and_paragraphs_become_blocks() {
        let made = blocks(
            "<text>Before<table><caption>Values</caption><thead><tr><th>Test</th><th>Value</th></tr></thead>\
             <tbody><tr><td><content ID='x'>Hb</content></td><td>13<br/>g/dl</td></tr></tbody></table>\
             <list><item>one</item><item><paragraph>two</paragraph></item></list><paragraph>a &lt; b</paragraph></text>",
        );
        let table = Table {
            caption: Some(cell("Values")),
            head: vec![cell("Test"), cell("Value")],
            rows: vec![vec![cell("Hb"), cell("13 g/dl")]],
        };
        let expected = [
            Block::Text(cell("Before")),
            Block::Table(table),
            Block::List(vec![cell("one"), cell("two")]),
            Block::Text(cell("a < b")),
        ];
        assert_eq!(made, expected);
    }

    #[test]
    fn nothing_that_runs_or_loads_gets_through() {
        let hostile = "<div onclick='alert(1)'><script>alert(1)</script><style>@import 'http://evil.example'</style>\
            <img src='http://evil.example/x.png'/><a href='javascript:alert(1)'>click</a>\
            <svg><script>alert(2)</script></svg><iframe src='http://evil.example'>inner</iframe>after</div>";
        let text = format!("{:?}", blocks(hostile));
        for word in ["alert", "evil", "javascript", "inner", "onclick"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
        assert!(text.contains("click") && text.contains("after"), "{text}");
    }

    #[test]
    fn what_never_ends_is_shown_all_the_same() {
        assert_eq!(blocks("<table><tr><td>a"), [Block::Text(cell("a"))]);
        assert_eq!(
            blocks("<table><tr><td>a</td><td>b").len(),
            2,
            "the row, and what stands in no cell"
        );
        assert_eq!(blocks("<list><item>a</item>").len(), 1);
        let wide = "<table><tr>".to_owned() + &"<td>x</td>".repeat(100_000) + "</tr></table>";
        let made = blocks(&wide);
        assert!(
            matches!(&made[..], [Block::Table(table)] if table.rows[0].len() == bounds::MOST_COLUMNS)
        );
    }
}
