//! Where everything stands: breaks text into lines, and lines and rows into pages.

use crate::fonts::{Fonts, Weight};
use crate::tags::{ElementId, Elements, Role};
use crate::{Block, Document, Paper, Table};

/// Points from the paper's edge.
const MARGIN: f32 = 40.0;
/// Points between the last line and the foot.
const ABOVE_FOOT: f32 = 14.0;
/// Points of a cell that stay free to the right.
const BETWEEN_COLUMNS: f32 = 6.0;
/// A line's height against the size of its letters.
const LEADING: f32 = 1.3;

const TITLE: Style = Style { size: 16.0, weight: Weight::Bold, before: 0.0, after: 4.0 };
const HEADING: Style = Style { size: 11.0, weight: Weight::Bold, before: 10.0, after: 2.0 };
const PARAGRAPH: Style = Style { size: 9.0, weight: Weight::Regular, before: 2.0, after: 4.0 };
const CELL: Style = Style { size: 7.5, weight: Weight::Regular, before: 2.5, after: 2.5 };
const COLUMN: Style = Style { weight: Weight::Bold, ..CELL };
const FOOT: Style = Style { size: 7.0, weight: Weight::Regular, before: 0.0, after: 0.0 };

/// How a text is set.
#[derive(Clone, Copy, Debug)]
struct Style {
    size: f32,
    weight: Weight,
    /// Points above it, and below.
    before: f32,
    after: f32,
}

impl Style {
    fn leading(self) -> f32 {
        self.size * LEADING
    }
}

/// Lines below each other.
#[derive(Debug)]
pub(crate) struct Text {
    /// Where the first line begins, in points from the lower left corner.
    pub(crate) x: f32,
    pub(crate) y: f32,
    /// Points from line to line.
    pub(crate) leading: f32,
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) lines: Vec<String>,
    /// What it belongs to; nothing where it only repeats or numbers.
    pub(crate) element: Option<ElementId>,
}

/// A page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) texts: Vec<Text>,
    /// Heights of horizontal lines.
    pub(crate) rules: Vec<f32>,
}

/// All pages.
#[derive(Debug)]
pub(crate) struct LaidOut {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) pages: Vec<Page>,
    pub(crate) elements: Elements,
}

impl LaidOut {
    /// From where to where a horizontal line goes.
    pub(crate) fn rule(&self) -> (f32, f32) {
        (MARGIN, self.width - MARGIN)
    }
}

/// Lays out a document.
pub(crate) fn lay_out(document: &Document, fonts: &Fonts) -> LaidOut {
    let (width, height) = match document.paper {
        Paper::A4 => (841.89, 595.28),
        Paper::Letter => (792.0, 612.0),
    };
    let mut setter = Setter {
        fonts,
        out: LaidOut { width, height, pages: vec![Page::default()], elements: Elements::new() },
        y: height - MARGIN,
    };
    for block in &document.blocks {
        match block {
            Block::Title(text) => setter.text(text, TITLE, Role::Title),
            Block::Heading(text) => setter.text(text, HEADING, Role::Heading),
            Block::Paragraph(text) => setter.text(text, PARAGRAPH, Role::Paragraph),
            Block::Table(table) => setter.table(table),
        }
    }
    setter.foot(&document.foot);
    setter.out
}

struct Setter<'f> {
    fonts: &'f Fonts,
    out: LaidOut,
    /// Height at which the next part begins.
    y: f32,
}

impl Setter<'_> {
    fn bottom(&self) -> f32 {
        MARGIN + FOOT.leading() + ABOVE_FOOT
    }

    fn next_page(&mut self) {
        self.out.pages.push(Page::default());
        self.y = self.out.height - MARGIN;
    }

    fn is_at_top(&self) -> bool {
        self.y >= self.out.height - MARGIN
    }

    /// How many lines fit below `y`.
    fn room(&self, style: Style) -> usize {
        let points = self.y - style.before - style.after - self.bottom();
        // Whole lines; a negative number becomes zero.
        (points / style.leading()) as usize
    }

    fn put(
        &mut self,
        x: f32,
        y: f32,
        style: Style,
        lines: Vec<String>,
        element: Option<ElementId>,
    ) {
        let page = self.out.pages.len() - 1;
        let Some(texts) = self.out.pages.last_mut().map(|page| &mut page.texts) else { return };
        let (size, weight) = (style.size, style.weight);
        let first = y - style.before - size;
        texts.push(Text { x, y: first, leading: style.leading(), size, weight, lines, element });
        let number = texts.len() - 1;
        if let Some(element) = element {
            self.out.elements.add_text(element, page, number);
        }
    }

    fn text(&mut self, text: &str, style: Style, role: Role) {
        let width = self.out.width - 2.0 * MARGIN;
        let element = self.out.elements.add(Elements::DOCUMENT, role);
        let mut lines = self.lines(text, style, width);
        // A heading does not stand alone at the end of a page.
        let together = if role == Role::Heading { lines.len() + 5 } else { 1 };
        if self.room(style) < together && !self.is_at_top() {
            self.next_page();
        }
        while !lines.is_empty() {
            let rest = lines.split_off(self.room(style).max(1).min(lines.len()));
            let height = style.before + lines.len() as f32 * style.leading() + style.after;
            self.put(MARGIN, self.y, style, lines, Some(element));
            self.y -= height;
            lines = rest;
            if !lines.is_empty() {
                self.next_page();
            }
        }
    }

    fn table(&mut self, table: &Table) {
        let shares: f32 = table.columns.iter().map(|column| f32::from(column.width)).sum();
        if shares <= 0.0 {
            return;
        }
        let whole = self.out.width - 2.0 * MARGIN;
        let widths: Vec<f32> =
            table.columns.iter().map(|one| f32::from(one.width) / shares * whole).collect();
        let element = self.out.elements.add(Elements::DOCUMENT, Role::Table);
        let headings: Vec<_> = table.columns.iter().map(|one| one.heading.clone()).collect();
        let head = self.cells(&headings, COLUMN, &widths);
        let tallest = head.iter().map(Vec::len).max().unwrap_or_default();
        if self.room(COLUMN) < tallest + 3 && !self.is_at_top() {
            self.next_page();
        }
        let row = self.out.elements.add(element, Role::Row);
        let tags = self.tags(row, Role::ColumnHeading, widths.len());
        self.row(&head, COLUMN, &widths, &tags);
        for cells in &table.rows {
            let mut cells = self.cells(cells, CELL, &widths);
            let row = self.out.elements.add(element, Role::Row);
            let tags = self.tags(row, Role::Cell, widths.len());
            loop {
                let tallest = cells.iter().map(Vec::len).max().unwrap_or_default();
                let is_new = self.is_at_top();
                if tallest > self.room(CELL) && !is_new {
                    self.next_page();
                    let nothing = vec![None; widths.len()];
                    self.row(&head, COLUMN, &widths, &nothing);
                }
                // A row that is taller than a page goes on with the next one.
                let room = self.room(CELL).max(1);
                let cut = |lines: &mut Vec<String>| lines.split_off(room.min(lines.len()));
                let rest: Vec<_> = cells.iter_mut().map(cut).collect();
                self.row(&cells, CELL, &widths, &tags);
                if rest.iter().all(Vec::is_empty) {
                    break;
                }
                cells = rest;
            }
        }
    }

    fn tags(&mut self, row: ElementId, role: Role, columns: usize) -> Vec<Option<ElementId>> {
        (0..columns).map(|_| Some(self.out.elements.add(row, role))).collect()
    }

    fn cells(&self, texts: &[String], style: Style, widths: &[f32]) -> Vec<Vec<String>> {
        let lines = |(number, width): (usize, &f32)| {
            let text = texts.get(number).map_or("", String::as_str);
            self.lines(text, style, width - BETWEEN_COLUMNS)
        };
        widths.iter().enumerate().map(lines).collect()
    }

    fn row(
        &mut self,
        cells: &[Vec<String>],
        style: Style,
        widths: &[f32],
        tags: &[Option<ElementId>],
    ) {
        let tallest = cells.iter().map(Vec::len).max().unwrap_or_default();
        let mut x = MARGIN;
        for ((lines, width), tag) in cells.iter().zip(widths).zip(tags) {
            self.put(x, self.y, style, lines.clone(), *tag);
            x += width;
        }
        self.y -= style.before + tallest as f32 * style.leading() + style.after;
        if let Some(page) = self.out.pages.last_mut() {
            page.rules.push(self.y);
        }
    }

    fn foot(&mut self, foot: &str) {
        let count = self.out.pages.len();
        let (fonts, width) = (self.fonts.get(FOOT.weight), self.out.width);
        for (number, page) in self.out.pages.iter_mut().enumerate() {
            let place = format!("{} / {count}", number + 1);
            let right = width - MARGIN - fonts.width(&place, FOOT.size);
            let room = right - MARGIN - BETWEEN_COLUMNS;
            let mut lines = lines_of(foot, |text| fonts.width(text, FOOT.size), room);
            lines.truncate(1);
            for (x, lines) in [(MARGIN, lines), (right, vec![place])] {
                let (size, weight, leading) = (FOOT.size, FOOT.weight, FOOT.leading());
                page.texts.push(Text { x, y: MARGIN, leading, size, weight, lines, element: None });
            }
        }
    }

    fn lines(&self, text: &str, style: Style, width: f32) -> Vec<String> {
        let font = self.fonts.get(style.weight);
        lines_of(text, |text| font.width(text, style.size), width)
    }
}

/// Breaks a text at its line ends, between words, and within a word that is wider than a line.
fn lines_of(text: &str, width_of: impl Fn(&str) -> f32, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if width_of(&longer) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for character in word.chars() {
                line.push(character);
                if width_of(&line) > width && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, character.to_string()));
                }
            }
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_a_long_word_within() {
        let count = |text: &str| text.chars().count() as f32;
        let lines = |text| lines_of(text, count, 5.0);
        assert_eq!(lines("one two three"), ["one", "two", "three"]);
        assert_eq!(lines("a b c d"), ["a b c", "d"]);
        assert_eq!(lines("x abcdefghijk y"), ["x", "abcde", "fghij", "k y"]);
        assert_eq!(lines("one\n\ntwo"), ["one", "", "two"]);
        assert!(lines("").is_empty());
    }

    #[test]
    fn nothing_stands_beyond_the_paper_and_no_text_is_lost() {
        let fonts = Fonts::load().unwrap();
        let long = "word ".repeat(3_000);
        let column = |width| crate::Column { heading: "Heading".to_owned(), width };
        let rows = vec![vec!["short".to_owned(), long.clone()], vec![], vec!["a".to_owned(); 3]];
        let document = Document {
            title: String::new(),
            language: "en".to_owned(),
            foot: "foot".to_owned(),
            paper: Paper::A4,
            blocks: vec![
                Block::Title("Title".to_owned()),
                Block::Paragraph(long),
                Block::Table(Table { columns: vec![column(1), column(3)], rows }),
            ],
        };
        let laid_out = lay_out(&document, &fonts);
        let mut words = 0;
        for text in laid_out.pages.iter().flat_map(|page| &page.texts) {
            for (number, line) in text.lines.iter().enumerate() {
                let y = text.y - number as f32 * text.leading;
                assert!(y >= MARGIN - 1.0 && y <= laid_out.height - MARGIN, "{y}: {line}");
                let end = text.x + fonts.get(text.weight).width(line, text.size);
                assert!(end <= laid_out.width - MARGIN + 0.5, "{end}: {line}");
                words += line.split_whitespace().filter(|word| *word == "word").count();
            }
        }
        assert_eq!(words, 6_000);
        assert!(laid_out.pages.len() > 3);
    }
}
