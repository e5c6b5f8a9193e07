//! What a document says, in a form that any face can show: no markup, no script, nothing to load.
//!
//! Every text goes through [`Writer`], which cuts what is too long and makes visible what would act on a screen.

use crate::subject::Subject;
use mrms_core::visible;
use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::captions::Word;
use crate::coded::Coded;
use crate::figures::Figures;
use crate::kind::Kind;

/// A document as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What kind of document it is.
    pub kind: Kind,
    /// What it calls itself.
    pub title: Option<String>,
    /// When it was written, or what it is about happened: a date or time of ISO 8601, perhaps without day or month.
    pub date: Option<String>,
    /// Who wrote it, as it says.
    pub author: Option<String>,
    /// Whom it is about, as it says.
    pub patient: Option<String>,
    /// The same, each person for comparing.
    pub about: Vec<Subject>,
    /// What it says.
    pub blocks: Vec<Block>,
    /// Its pages or pictures, which are asked for one by one.
    pub paged: Option<Paged>,
    /// Whether more is in it than is shown.
    pub is_cut: bool,
}

/// Pages or pictures that are asked for one by one, from 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paged {
    /// How many there are.
    pub count: usize,
    /// Whether they are pages of paper, or else pictures of a scan.
    pub are_pages: bool,
    /// The window choices of a scan: name, centre and width. None where there is nothing to choose.
    pub windows: Vec<(Cell, f64, f64)>,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Block {
    /// A heading, 2 to 4.
    Heading {
        /// How deep it is.
        level: u8,
        /// What it says.
        text: Cell,
    },
    /// A paragraph.
    Text(Cell),
    /// Text whose spaces and line ends are meant.
    Preformatted(String),
    /// A list.
    List(Vec<Cell>),
    /// A table.
    Table(Table),
    /// Measurements of one kind over time.
    Series(Series),
    /// Curves over time, such as an ECG.
    Waveform(Waveform),
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What it is about.
    pub caption: Option<Cell>,
    /// The headings of its columns; none where it has none.
    pub head: Vec<Cell>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A text in a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// Somebody else's words.
    Text(String),
    /// A word of our own, which a face says in its language.
    Word(Word),
    /// A word of our own and a number.
    Counted(Word, u64),
    /// A word of our own, and somebody else's words about the same.
    Said(Word, String),
    /// A date or time of ISO 8601, perhaps without day or month.
    Date(String),
    /// A text with numbers in it, which a face writes as its language does.
    Figures(Figures),
    /// Something with a code, which a face names in its language where the document has the code alone.
    Coded(Coded),
}

/// Measurements of one kind over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// What was measured.
    pub name: Coded,
    /// The unit of all values.
    pub unit: String,
    /// The lower end of what is normal, as the newest result says.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The measurements, the oldest first.
    pub points: Vec<Point>,
}

/// A measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// When, in ISO 8601.
    pub date: String,
    /// The value, finite.
    pub value: f64,
    /// The value as the document writes it: perhaps a comparator, the number, and perhaps its unit.
    pub text: String,
}

/// Curves over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waveform {
    /// What it is.
    pub name: Cell,
    /// How long it is, in seconds.
    pub seconds: f64,
    /// One curve for each lead.
    pub traces: Vec<Trace>,
}

/// A curve, drawn into a box of 1000 by 100.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The lead's name.
    pub name: String,
    /// The unit of its values.
    pub unit: String,
    /// The smallest value.
    pub least: f64,
    /// The largest value.
    pub most: f64,
    /// The points of the curve in the box, from left to right.
    pub points: Vec<(f32, f32)>,
}

impl Cell {
    /// A text of others, on one line.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(one_line(text, bounds::MOST_CELL))
    }

    /// A text with numbers in it, on one line. What has to be cut or made visible first is text alone.
    pub(crate) fn figures(figures: Figures) -> Self {
        match one_line(figures.written(), bounds::MOST_CELL) {
            line if line == figures.written() => Self::Figures(figures),
            line => Self::Text(line),
        }
    }

    /// Something with a code, on one line.
    pub(crate) fn coded(coded: &Coded) -> Self {
        Self::Coded(coded.bounded())
    }

    /// Whether nothing is there to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) | Self::Date(text) => text.is_empty(),
            Self::Figures(figures) => figures.written().is_empty(),
            Self::Coded(coded) => coded.is_empty(),
            Self::Word(_) | Self::Counted(..) | Self::Said(..) => false,
        }
    }
}

impl From<Word> for Cell {
    fn from(word: Word) -> Self {
        Self::Word(word)
    }
}

/// A text on one line, with single spaces, cut where it is too long, and nothing in it that acts on a screen.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.len() >= most {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    visible::line(&cut(line, most)).into_owned()
}

/// The beginning of a text, up to a number of bytes, with an ellipsis where something is missing.
pub(crate) fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        let mut end = most;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Writes a document within its bounds.
#[derive(Debug)]
pub(crate) struct Writer {
    document: Document,
    left: usize,
    /// How much deeper headings are than they say.
    depth: u8,
}

impl Writer {
    pub(crate) fn new(kind: Kind) -> Self {
        let document = Document {
            kind,
            title: None,
            date: None,
            author: None,
            patient: None,
            about: Vec::new(),
            blocks: Vec::new(),
            paged: None,
            is_cut: false,
        };
        Self { document, left: bounds::MOST_TEXT, depth: 0 }
    }

    /// The title, unless it is empty.
    pub(crate) fn title(&mut self, text: &str) {
        self.document.title = named(text);
    }

    pub(crate) fn date(&mut self, date: Option<String>) {
        self.document.date = date;
    }

    pub(crate) fn author(&mut self, text: &str) {
        self.document.author = named(text);
    }

    pub(crate) fn patient(&mut self, text: &str) {
        self.document.patient = named(text);
    }

    pub(crate) fn paged(&mut self, paged: Paged) {
        self.document.paged = Some(paged);
    }

    /// Something was left out.
    pub(crate) fn cut(&mut self) {
        self.document.is_cut = true;
    }

    pub(crate) fn heading(&mut self, level: u8, text: impl Into<Cell>) {
        let text = text.into();
        if !text.is_empty() {
            let level = level.saturating_add(self.depth).clamp(2, 4);
            self.push(Block::Heading { level, text });
        }
    }

    /// Writes a part whose headings are one deeper.
    pub(crate) fn nested(&mut self, part: impl FnOnce(&mut Self)) {
        self.depth += 1;
        part(self);
        self.depth -= 1;
    }

    pub(crate) fn paragraph(&mut self, text: &str) {
        let cell = Cell::Text(one_line(text, bounds::MOST_TEXT));
        if !cell.is_empty() {
            self.push(Block::Text(cell));
        }
    }

    pub(crate) fn preformatted(&mut self, text: &str) {
        let kept = cut(text.to_owned(), self.left);
        self.document.is_cut |= kept.len() < text.len();
        self.push(Block::Preformatted(visible::lines(&kept.replace("\r\n", "\n")).into_owned()));
    }

    /// A block, while there is room. What is too long for a block is cut by whoever makes it.
    pub(crate) fn push(&mut self, mut block: Block) {
        match &mut block {
            Block::Table(table) => {
                if table.rows.is_empty() {
                    return;
                }
                self.document.is_cut |= table.rows.len() > bounds::MOST_ROWS;
                table.rows.truncate(bounds::MOST_ROWS);
                for row in table.rows.iter_mut().chain([&mut table.head]) {
                    self.document.is_cut |= row.len() > bounds::MOST_COLUMNS;
                    row.truncate(bounds::MOST_COLUMNS);
                }
            }
            Block::List(items) => {
                if items.is_empty() {
                    return;
                }
                self.document.is_cut |= items.len() > bounds::MOST_ROWS;
                items.truncate(bounds::MOST_ROWS);
            }
            _ => {}
        }
        let weight = weight(&block);
        if self.document.blocks.len() >= bounds::MOST_BLOCKS || weight > self.left {
            self.document.is_cut = true;
            return;
        }
        self.left -= weight;
        self.document.blocks.push(block);
    }

    /// How many blocks were written.
    pub(crate) fn blocks(&self) -> usize {
        self.document.blocks.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.document.blocks.is_empty() && self.document.paged.is_none()
    }

    pub(crate) fn done(self) -> Document {
        self.document
    }
}

fn named(text: &str) -> Option<String> {
    let line = one_line(text, bounds::MOST_TITLE);
    (!line.is_empty()).then_some(line)
}

/// About how many bytes a block has, so that the whole document has a bound.
fn weight(block: &Block) -> usize {
    let cell = |cell: &Cell| match cell {
        Cell::Text(text) | Cell::Date(text) | Cell::Said(_, text) => text.len() + 4,
        Cell::Figures(figures) => figures.written().len() + 4,
        Cell::Coded(coded) => coded.weight(),
        Cell::Word(_) | Cell::Counted(..) => 4,
    };
    match block {
        Block::Heading { text, .. } | Block::Text(text) => cell(text),
        Block::Preformatted(text) => text.len(),
        Block::List(items) => items.iter().map(cell).sum(),
        Block::Table(table) => {
            let cells = table.rows.iter().flatten().chain(&table.head).chain(&table.caption);
            cells.map(cell).sum()
        }
        Block::Series(series) => series.name.weight() + series.points.len() * 32,
        Block::Waveform(waveform) => waveform.traces.iter().map(|one| one.points.len() * 8).sum(),
    }
}

/// A date or time of ISO 8601 as documents write it, or of HL7 (`20260504113000+0200`): shortened to seconds, and `None`
/// where it is none.
pub(crate) fn date_of(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let iso = match text.get(4..5) {
        Some("-") => text.to_owned(),
        _ => {
            let end = text.find(['+', '-', '.']).unwrap_or(text.len());
            let (plain, zone) = text.split_at(end);
            if !digits(plain) || plain.len() < 4 {
                return None;
            }
            let part = |from: usize| plain.get(from..from + 2);
            let mut iso = plain.get(..4)?.to_owned();
            for (from, sign) in [(4, "-"), (6, "-"), (8, "T"), (10, ":"), (12, ":")] {
                let Some(two) = part(from) else { break };
                iso.push_str(sign);
                iso.push_str(two);
            }
            if iso.len() == 13 {
                iso.push_str(":00");
            }
            let zone = zone.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
            if iso.len() > 10 && zone.len() == 5 {
                iso.push_str(&format!("{}:{}", &zone[..3], &zone[3..]));
            }
            iso
        }
    };
    let (day, time) =
        iso.split_once('T').map_or((iso.as_str(), None), |(day, time)| (day, Some(time)));
    let parts: Vec<&str> = day.split('-').collect();
    let fits = |part: Option<&&str>, length: usize, most: u32| match part {
        None => true,
        Some(part) => {
            part.len() == length
                && digits(part)
                && part.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number))
        }
    };
    if parts.len() > 3
        || !fits(parts.first(), 4, 9999)
        || !fits(parts.get(1), 2, 12)
        || !fits(parts.get(2), 2, 31)
    {
        return None;
    }
    let Some(time) = time else { return Some(day.to_owned()) };
    let is_time = time.len() <= 35
        && time.bytes().all(|byte| byte.is_ascii_digit() || b":.+-Z".contains(&byte));
    Some(if is_time { format!("{day}T{time}") } else { day.to_owned() })
}

/// The time of day of such a date, to the minute: `11:30`, `11:30 UTC`, `11:30 (UTC+02:00)`. `None` where it has none.
#[must_use]
pub fn time_of_day(date: &str) -> Option<String> {
    let (_, time) = date.split_once('T')?;
    let minute = time.get(..5)?;
    let zone = time.find(['Z', '+', '-']).map_or("", |at| &time[at..]);
    Some(match zone {
        "" => minute.to_owned(),
        "Z" | "+00:00" => format!("{minute} UTC"),
        zone => format!("{minute} (UTC{zone})"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_formats_are_iso_dates_or_none() {
        for (text, expected) in [
            ("2026-05-04", Some("2026-05-04")),
            ("2026-05", Some("2026-05")),
            ("2026", Some("2026")),
            ("20260504", Some("2026-05-04")),
            ("202605041130", Some("2026-05-04T11:30")),
            ("20260504113059.123+0200", Some("2026-05-04T11:30:59+02:00")),
            ("2026-05-04T11:30:00Z", Some("2026-05-04T11:30:00Z")),
            ("2026-05-04T<script>", Some("2026-05-04")),
            ("2026-13-04", None),
            ("May 2026", None),
            ("99999999", None),
            ("äöü-", None),
            ("", None),
        ] {
            assert_eq!(date_of(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn times_of_day_have_their_zone_where_it_is_known() {
        for (date, expected) in [
            ("2026-05-04T11:30:59", Some("11:30")),
            ("2026-05-04T11:30:00.123Z", Some("11:30 UTC")),
            ("2026-05-04T11:30:59+02:00", Some("11:30 (UTC+02:00)")),
            ("2026-05-04", None),
            ("2026-05-04T11", None),
        ] {
            assert_eq!(time_of_day(date).as_deref(), expected, "{date}");
        }
    }

    #[test]
    fn texts_are_cut_and_act_on_no_screen() {
        assert_eq!(one_line(" a\n\n b\t\u{1b}[2K", 100), "a b \\u{1b}[2K");
        assert_eq!(one_line(&"ä".repeat(100), 5), "ää…");
        let mut writer = Writer::new(Kind::Text);
        for _ in 0..bounds::MOST_BLOCKS + 5 {
            writer.paragraph("x");
        }
        let document = writer.done();
        assert_eq!((document.blocks.len(), document.is_cut), (bounds::MOST_BLOCKS, true));
        let mut writer = Writer::new(Kind::Text);
        writer.preformatted(&"x".repeat(bounds::MOST_TEXT + 1));
        assert!(writer.done().is_cut);
    }
}
