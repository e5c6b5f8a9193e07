//! HL7 version 2 messages as tables: results and patient by name, everything else segment by segment.
//!
//! Source: HL7 v2.5.1 chapter 2 (encoding), 3 (PID), 7 (OBR, OBX).

use crate::bounds;
use crate::document::{Block, Cell, Document, Point, Series, Table, Writer, date_of, one_line};
use crate::kind::Kind;
use crate::request::NotShown;
use crate::text::decoded;
use crate::word::Word;

/// A message: its separators and its segments.
struct Message<'t> {
    field: char,
    component: char,
    repetition: char,
    escape: char,
    subcomponent: char,
    segments: Vec<&'t str>,
}

impl<'t> Message<'t> {
    /// The messages of a file. Batch headers and the marks of a transport are passed over.
    fn all(text: &'t str) -> Vec<Self> {
        let mut messages: Vec<Self> = Vec::new();
        let lines = text
            .split(['\r', '\n', '\u{b}', '\u{1c}'])
            .map(str::trim_end)
            .filter(|line| !line.is_empty());
        for line in lines {
            if line.starts_with("MSH") {
                let mut signs = line.chars().skip(3);
                let mut sign = |usual| signs.next().unwrap_or(usual);
                let message = Self {
                    field: sign('|'),
                    component: sign('^'),
                    repetition: sign('~'),
                    escape: sign('\\'),
                    subcomponent: sign('&'),
                    segments: vec![line],
                };
                if messages.len() < 100 {
                    messages.push(message);
                }
            } else if let Some(last) = messages.last_mut()
                && last.segments.len() < bounds::MOST_ROWS * 4
            {
                last.segments.push(line);
            }
        }
        messages
    }

    fn fields<'s>(&self, segment: &'s str) -> Vec<&'s str> {
        segment.split(self.field).take(200).collect()
    }

    fn first(&self, name: &str) -> Option<Vec<&'t str>> {
        self.of(name).next().map(|segment| self.fields(segment))
    }

    fn of<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'t str> + 'm {
        self.segments.iter().copied().filter(move |one| one.split(self.field).next() == Some(name))
    }

    /// A component of a field, from 1, of its first repetition.
    fn part<'s>(&self, field: Option<&&'s str>, number: usize) -> &'s str {
        let first = field.and_then(|field| field.split(self.repetition).next()).unwrap_or_default();
        first.split(self.component).nth(number - 1).unwrap_or_default()
    }

    /// A field in words: separators become spaces and commas, escapes what they stand for.
    fn words(&self, field: &str) -> String {
        let mut words = String::new();
        let mut rest = field.chars();
        while let Some(character) = rest.next() {
            if character == self.escape {
                let code: String =
                    rest.by_ref().take_while(|one| *one != self.escape).take(40).collect();
                match code.as_str() {
                    "F" => words.push(self.field),
                    "S" => words.push(self.component),
                    "T" => words.push(self.subcomponent),
                    "R" => words.push(self.repetition),
                    "E" => words.push(self.escape),
                    ".br" => words.push('\n'),
                    _ => words.push(' '),
                }
            } else if character == self.component || character == self.subcomponent {
                if !words.ends_with(' ') {
                    words.push(' ');
                }
            } else if character == self.repetition {
                words.push_str(", ");
            } else {
                words.push(character);
            }
        }
        words
    }

    /// The name of a code: its text, else itself.
    fn coded(&self, field: Option<&&str>) -> String {
        let text = self.part(field, 2);
        self.words(if text.is_empty() { self.part(field, 1) } else { text })
    }
}

/// What the first message says of itself.
pub(crate) struct Head {
    pub(crate) title: String,
    pub(crate) date: Option<String>,
    pub(crate) author: String,
    pub(crate) patient: String,
}

fn head(message: &Message<'_>) -> Head {
    let msh = message.first("MSH").unwrap_or_default();
    let obr = message.first("OBR").unwrap_or_default();
    let txa = message.first("TXA").unwrap_or_default();
    let pid = message.first("PID").unwrap_or_default();
    let asked = message.coded(obr.get(4));
    let title = match asked.trim() {
        "" if !txa.is_empty() => message.coded(txa.get(2)),
        // The type of message, ADT^A01 for example, in place of a title.
        "" => message.words(msh.get(8).copied().unwrap_or_default()),
        _ => asked,
    };
    let observed = obr.get(7).and_then(|field| date_of(message.part(Some(field), 1)));
    let sent = || msh.get(6).and_then(|field| date_of(message.part(Some(field), 1)));
    Head {
        title,
        date: observed.or_else(sent),
        author: message.words(message.part(msh.get(3), 1)),
        // PID-5 is an XPN: family, given, further, suffix, prefix.
        patient: {
            let [family, given] = [1, 2].map(|number| message.part(pid.get(5), number));
            one_line(&message.words(&format!("{given} {family}")), bounds::MOST_TITLE)
        },
    }
}

/// What the first message of these bytes says of itself.
pub(crate) fn head_of(bytes: &[u8]) -> Option<Head> {
    let text = decoded(bytes);
    Message::all(&text).first().map(head)
}

pub(crate) fn document(bytes: &[u8]) -> Result<Document, NotShown> {
    let text = decoded(bytes);
    let messages = Message::all(&text);
    let first = messages.first().ok_or(NotShown::Damaged)?;
    let mut writer = Writer::new(Kind::Hl7);
    let Head { title, date, author, patient } = head(first);
    writer.title(&title);
    writer.date(date);
    writer.author(&author);
    writer.patient(&patient);
    for (index, message) in messages.iter().enumerate() {
        if messages.len() > 1 {
            writer.heading(2, Cell::Counted(Word::Message, index as u64 + 1));
        }
        results(message, &mut writer);
        notes(message, &mut writer);
        segments(message, &mut writer);
    }
    Ok(writer.done())
}

/// OBX segments: what was measured, its value, what is normal. Text results in several lines become one text.
fn results(message: &Message<'_>, writer: &mut Writer) {
    let mut rows = Vec::new();
    let mut text = String::new();
    let mut series: Vec<Series> = Vec::new();
    for segment in message.of("OBX") {
        let fields = message.fields(segment);
        let kind = fields.get(2).copied().unwrap_or_default();
        let value = message.words(fields.get(5).copied().unwrap_or_default());
        if matches!(kind, "TX" | "FT") {
            text.push_str(&value);
            text.push('\n');
            continue;
        }
        if matches!(kind, "ED" | "RP") {
            rows.push(vec![
                Cell::text(&message.coded(fields.get(3))),
                Word::AttachmentInside.into(),
            ]);
            continue;
        }
        let name = message.coded(fields.get(3));
        let date = fields.get(14).and_then(|field| date_of(message.part(Some(field), 1)));
        let (unit, range) =
            (message.coded(fields.get(6)), fields.get(7).copied().unwrap_or_default());
        collect(&mut series, &name, &unit, &value, range, date.as_deref());
        rows.push(vec![
            Cell::text(&name),
            Cell::text(&format!("{value} {unit}")),
            Cell::text(&message.words(range)),
            Cell::text(&message.words(fields.get(8).copied().unwrap_or_default())),
            date.map_or(Cell::Text(String::new()), Cell::Date),
        ]);
    }
    if !rows.is_empty() {
        writer.heading(2, Word::Results);
        for one in series.into_iter().filter(|one| one.points.len() > 1) {
            writer.push(Block::Series(one));
        }
        let head = [Word::What, Word::Value, Word::Normal, Word::Remark, Word::Date];
        let head = head.into_iter().map(Cell::Word).collect();
        writer.push(Block::Table(Table { caption: None, head, rows }));
    }
    if !text.trim().is_empty() {
        writer.preformatted(&text);
    }
}

/// Adds a number with its date to the series of its name and unit.
fn collect(
    all: &mut Vec<Series>,
    name: &str,
    unit: &str,
    value: &str,
    range: &str,
    date: Option<&str>,
) {
    let number = value.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let (Some(number), Some(date)) = (number, date) else { return };
    let (name, unit) = (one_line(name, bounds::MOST_TITLE), one_line(unit, bounds::MOST_TITLE));
    let place = all.iter().position(|one| one.name == name && one.unit == unit);
    let place = place.unwrap_or_else(|| {
        all.push(Series { name, unit: unit.clone(), low: None, high: None, points: Vec::new() });
        all.len() - 1
    });
    let series = &mut all[place];
    let ends = range.split_once('-').map(|(low, high)| (low.trim().parse(), high.trim().parse()));
    if let Some((Ok(low), Ok(high))) = ends {
        (series.low, series.high) = (Some(low), Some(high));
    }
    if series.points.len() < bounds::MOST_POINTS {
        let text = one_line(value, bounds::MOST_TITLE);
        series.points.push(Point { date: date.to_owned(), value: number, text });
        series.points.sort_by(|one, other| one.date.cmp(&other.date));
    }
}

fn notes(message: &Message<'_>, writer: &mut Writer) {
    for segment in message.of("NTE") {
        let fields = message.fields(segment);
        writer.paragraph(&message.words(fields.get(3).copied().unwrap_or_default()));
    }
}

/// Every segment with the fields that have something in them.
fn segments(message: &Message<'_>, writer: &mut Writer) {
    let mut rows = Vec::new();
    for segment in &message.segments {
        let fields = message.fields(segment);
        let name = fields.first().copied().unwrap_or_default();
        // MSH-1 is the separator itself, so that its fields count from 2.
        let shift = usize::from(name == "MSH");
        for (index, field) in
            fields.iter().enumerate().skip(1 + shift).filter(|(_, field)| !field.is_empty())
        {
            if matches!(name, "OBX") {
                continue;
            }
            let number = format!("{name}-{}", index + shift);
            rows.push(vec![Cell::text(&number), Cell::text(&message.words(field))]);
        }
    }
    writer.heading(2, Word::AlsoInIt);
    let head = vec![Word::Field.into(), Word::Value.into()];
    writer.push(Block::Table(Table { caption: None, head, rows }));
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAB: &str = "MSH|^~\\&|LAB|HOSP|EHR|HOSP|20260504113000||ORU^R01|1|P|2.5\r\
        PID|1||123^^^H||Muster^Ana^B||19700102|F\r\
        OBR|1|||718-7^Blood count^LN|||20260503080000\r\
        OBX|1|NM|718-7^Haemoglobin^LN||13.2|g/dL|12-16|N|||F|||20260503080000\r\
        OBX|2|NM|718-7^Haemoglobin^LN||11.0|g/dL|12-16|L|||F|||20260401080000\r\
        OBX|3|TX|N^Note||fine \\T\\ dandy\\.br\\second||\rNTE|1||a note";

    #[test]
    fn results_are_a_table_and_a_series() {
        let made = document(LAB.as_bytes()).unwrap();
        assert_eq!(made.title.as_deref(), Some("Blood count"));
        assert_eq!(made.date.as_deref(), Some("2026-05-03T08:00:00"));
        assert_eq!(made.patient.as_deref(), Some("Ana Muster"));
        let series = made.blocks.iter().find_map(|one| match one {
            Block::Series(series) => Some(series),
            _ => None,
        });
        let series = series.unwrap();
        assert_eq!((series.low, series.high, series.points.len()), (Some(12.0), Some(16.0), 2));
        assert_eq!(series.points[0].value, 11.0, "the oldest first");
        let text = format!("{:?}", made.blocks);
        assert!(text.contains("fine & dandy\\nsecond") && text.contains("a note"), "{text}");
        assert!(text.contains("PID-5") && text.contains("MSH-9"), "{text}");
    }

    #[test]
    fn broken_messages_are_shown_or_refused() {
        assert!(document(b"nothing").is_err());
        for broken in [
            "MSH",
            "MSH|",
            "MSH|^~\\&|\\\\\\",
            "MSHéàü",
            "MSH|^~\\&\rOBX|1|NM|||||||",
            "MSH|^~\\&\rPID",
        ] {
            assert!(document(broken.as_bytes()).is_ok(), "{broken}");
        }
        let many = format!("MSH|^~\\&\r{}", "OBX|1|NM|A||1|u\r".repeat(200_000));
        assert!(document(many.as_bytes()).unwrap().is_cut);
    }
}
