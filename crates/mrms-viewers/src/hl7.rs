//! HL7 version 2 messages as tables: results and patient by name, everything else segment by segment.
//!
//! Source: HL7 v2.5.1 chapter 2 (encoding), 3 (PID), 7 (OBR, OBX).

use crate::bounds;
use crate::captions::Word;
use crate::coded::Coded;
use crate::codes;
use crate::document::{Block, Cell, Document, Point, Series, Table, Writer, date_of, one_line};
use crate::figures::{Figures, is_plain};
use crate::kind::Kind;
use crate::measured::{Measured, Measurement, same_unit};
use crate::request::NotShown;
use crate::subject::Subject;
use crate::text::decoded;

/// Messages that are read of one file.
const MOST_MESSAGES: usize = 100;

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
                if messages.len() < MOST_MESSAGES {
                    messages.push(message);
                }
            } else if let Some(last) = messages.last()
                && messages.len() < MOST_MESSAGES
                && last.is_named(line, "PID")
                && last.first("PID").is_some()
            {
                // One message can have results of several patients. Each is shown as one of its own.
                let segments = last.segments.iter().take(1).copied().chain([line]).collect();
                let next = Self { segments, ..*last };
                messages.push(next);
            } else if let Some(last) = messages.last_mut()
                && last.segments.len() < bounds::MOST_ROWS * 4
            {
                last.segments.push(line);
            }
        }
        messages
    }

    fn is_named(&self, segment: &str, name: &str) -> bool {
        segment.split(self.field).next() == Some(name)
    }

    /// Whom it is about: name, date of birth and number; `None` where it names nobody.
    fn patient(&self) -> Option<Patient> {
        let pid = self.first("PID")?;
        let part = |field: usize, number| self.words(self.part(pid.get(field), number));
        // PID-5 is an XPN: family, given, further, suffix, prefix.
        let name = one_line(&format!("{} {}", part(5, 2), part(5, 1)), bounds::MOST_TITLE);
        let patient = Patient { name, born: part(7, 1), number: part(3, 1) };
        (!patient.name.is_empty() || !patient.number.is_empty()).then_some(patient)
    }

    fn fields<'s>(&self, segment: &'s str) -> Vec<&'s str> {
        segment.split(self.field).take(200).collect()
    }

    fn first(&self, name: &str) -> Option<Vec<&'t str>> {
        self.of(name).next().map(|segment| self.fields(segment))
    }

    fn of<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'t str> + 'm {
        self.segments.iter().copied().filter(move |one| self.is_named(one, name))
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

    /// The name of a code: its text, else what it is known to mean, else itself.
    fn coded(&self, field: Option<&&str>) -> String {
        let coded = self.coding(field);
        match coded.name.is_none() && codes::name(&coded.system, &coded.code).is_none() {
            true => coded.code,
            false => coded.said("en"),
        }
    }

    /// A coded field (CWE): a code with its name and system, and perhaps a second one. LOINC's code where there is one; else
    /// the first, whose meaning is the sender's own.
    fn coding(&self, field: Option<&&str>) -> Coded {
        let all = [1, 4].map(|at| {
            let part = |more: usize| self.words(self.part(field, at + more)).trim().to_owned();
            (part(0), part(1), part(2))
        });
        let is_code = |name: &str| all.iter().any(|(code, ..)| code == name);
        let mut names = all.iter().map(|(_, name, _)| name);
        let name = names.find(|name| !name.is_empty() && !is_code(name)).cloned();
        let is_loinc = |system: &str| codes::system_of_hl7(system) == Some(codes::LOINC);
        let loinc = all.iter().find(|(code, _, system)| !code.is_empty() && is_loinc(system));
        let first = loinc.or_else(|| all.iter().find(|(code, ..)| !code.is_empty()));
        let Some((code, _, system)) = first else {
            return Coded { name, ..Coded::default() };
        };
        let system = match codes::system_of_hl7(system) {
            Some(known) => known.to_owned(),
            None => self.own_system(system),
        };
        Coded { name, system, code: code.clone() }
    }

    /// A system of codes that is the sender's: another one may mean something else by the same code.
    fn own_system(&self, word: &str) -> String {
        let msh = self.first("MSH").unwrap_or_default();
        // MSH-1 is the separator itself: MSH-4 is the facility, MSH-3 the application.
        let sender = [3, 2].map(|at| self.words(self.part(msh.get(at), 1)));
        let sender = sender.into_iter().find(|sender| !sender.is_empty()).unwrap_or_default();
        let plain = |text: &str| text.replace([':', '/'], " ").trim().to_owned();
        format!("urn:hl7v2:{}:{}", plain(word), plain(&sender))
    }
}

/// Whom a message is about.
#[derive(Debug, PartialEq, Eq)]
struct Patient {
    name: String,
    born: String,
    number: String,
}

impl Patient {
    fn shown(&self) -> &str {
        if self.name.is_empty() { &self.number } else { &self.name }
    }

    /// Whether it is the same person: by the number, else by name and date of birth.
    fn is(&self, other: &Self) -> bool {
        let is_same_name = self.name == other.name && self.born == other.born;
        match self.number.is_empty() || other.number.is_empty() {
            true => is_same_name,
            false => self.number == other.number && self.name == other.name,
        }
    }
}

/// The people whom messages are about, each once.
fn patients(messages: &[Message<'_>]) -> Vec<Patient> {
    let mut all: Vec<Patient> = Vec::new();
    for patient in messages.iter().filter_map(Message::patient) {
        if !all.iter().any(|one| one.is(&patient)) {
            all.push(patient);
        }
    }
    all
}

fn names(patients: &[Patient]) -> String {
    patients.iter().map(Patient::shown).collect::<Vec<_>>().join(", ")
}

/// What messages say of themselves: the first of them, and all patients.
pub(crate) struct Head {
    pub(crate) title: String,
    pub(crate) date: Option<String>,
    pub(crate) author: String,
    /// The names of all patients, or their numbers, for the head of a document.
    names: String,
    pub(crate) about: Vec<Subject>,
}

fn head(messages: &[Message<'_>]) -> Option<Head> {
    let message = messages.first()?;
    let msh = message.first("MSH").unwrap_or_default();
    let obr = message.first("OBR").unwrap_or_default();
    let txa = message.first("TXA").unwrap_or_default();
    let asked = message.coded(obr.get(4));
    let title = match asked.trim() {
        "" if !txa.is_empty() => message.coded(txa.get(2)),
        // The type of message, ADT^A01 for example, in place of a title.
        "" => message.words(msh.get(8).copied().unwrap_or_default()),
        _ => asked,
    };
    let observed = obr.get(7).and_then(|field| date_of(message.part(Some(field), 1)));
    let sent = || msh.get(6).and_then(|field| date_of(message.part(Some(field), 1)));
    let patients = patients(messages);
    Some(Head {
        title,
        date: observed.or_else(sent),
        author: message.words(message.part(msh.get(3), 1)),
        names: names(&patients),
        about: patients.iter().map(|one| Subject::of(&one.name, &one.born)).collect(),
    })
}

/// What the messages in these bytes say of themselves.
pub(crate) fn head_of(bytes: &[u8]) -> Option<Head> {
    let text = decoded(bytes);
    head(&Message::all(&text))
}

pub(crate) fn document(bytes: &[u8]) -> Result<Document, NotShown> {
    let text = decoded(bytes);
    let messages = Message::all(&text);
    let Head { title, date, author, names, about: _ } = head(&messages).ok_or(NotShown::Damaged)?;
    let mut writer = Writer::new(Kind::Hl7);
    writer.title(&title);
    writer.date(date);
    writer.author(&author);
    writer.patient(&names);
    let people = patients(&messages).len();
    if people > 1 {
        writer.push(Block::Text(Cell::Counted(Word::SeveralPeople, people as u64)));
    }
    for (index, message) in messages.iter().enumerate() {
        if people > 1 {
            let patient = message.patient();
            let named = patient.map(|patient| Cell::text(patient.shown()));
            writer.heading(2, named.unwrap_or(Word::NobodyNamed.into()));
        } else if messages.len() > 1 {
            writer.heading(2, Cell::Counted(Word::Message, index as u64 + 1));
        }
        let write = |writer: &mut Writer| {
            results(message, writer);
            notes(message, writer);
            segments(message, writer);
        };
        if messages.len() > 1 { writer.nested(write) } else { write(&mut writer) }
    }
    Ok(writer.done())
}

/// OBX segments: what was measured, its value, what is normal. Text results in several lines become one text.
fn results(message: &Message<'_>, writer: &mut Writer) {
    let mut rows = Vec::new();
    let mut text = String::new();
    let mut links = Vec::new();
    let mut series: Vec<Series> = Vec::new();
    for fields in message.of("OBX").map(|segment| message.fields(segment)) {
        let kind = fields.get(2).copied().unwrap_or_default();
        let value = message.words(fields.get(5).copied().unwrap_or_default());
        let missing = match value.trim() {
            "" => fields.get(11).and_then(|status| no_value(message.part(Some(status), 1))),
            _ => None,
        };
        if matches!(kind, "TX" | "FT") && missing.is_none() {
            text.push_str(&value);
            text.push('\n');
            continue;
        }
        if kind == "ED" && missing.is_none() {
            rows.push(vec![
                Cell::text(&message.coded(fields.get(3))),
                Word::AttachmentInside.into(),
            ]);
            continue;
        }
        if kind == "RP" && missing.is_none() {
            // A pointer: the document lies with somebody else.
            links.push((message.coded(fields.get(3)), message.part(fields.get(5), 1)));
            continue;
        }
        let name = message.coding(fields.get(3));
        let date = fields.get(14).and_then(|field| date_of(message.part(Some(field), 1)));
        let (unit, range) =
            (message.coded(fields.get(6)), fields.get(7).copied().unwrap_or_default());
        collect(&mut series, &name, &unit, &value, range, date.as_deref());
        rows.push(vec![
            Cell::coded(&name),
            missing.map_or_else(|| Cell::figures(amount(kind, &value, &unit)), Cell::Word),
            Cell::figures(normal(kind, &message.words(range))),
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
    for (name, address) in links {
        writer.heading(3, Cell::text(&name));
        writer.push(Block::Text(Word::LinkElsewhere.into()));
        writer.paragraph(&message.words(address));
    }
}

/// Whether a value of this type is a number, perhaps with a comparator (OBX-2, table 0125).
fn is_number(kind: &str) -> bool {
    matches!(kind, "NM" | "SN")
}

/// A value and its unit.
fn amount(kind: &str, value: &str, unit: &str) -> Figures {
    let value = value.trim();
    let figures =
        if is_number(kind) { Figures::of_quantity(value) } else { Figures::of_text(value) };
    if unit.trim().is_empty() { figures } else { figures.text(" ").text(unit.trim()) }
}

/// What is normal for a number (OBX-7): `12-16`, `> 5`, or words.
fn normal(kind: &str, range: &str) -> Figures {
    let range = range.trim();
    let ends = range.split_once('-').map(|(low, high)| (low.trim(), high.trim()));
    match ends {
        Some((low, high)) if is_number(kind) && is_plain(low) && is_plain(high) => {
            Figures::of_number(low).text("-").number(high)
        }
        _ if is_number(kind) => Figures::of_quantity(range),
        _ => Figures::of_text(range),
    }
}

/// Why a result has no value, by its status (OBX-11, table 0085).
fn no_value(status: &str) -> Option<Word> {
    match status {
        "I" | "O" | "P" | "R" | "S" => Some(Word::Pending),
        "X" => Some(Word::NotObtained),
        _ => None,
    }
}

/// The results of messages that curves over several files can take: numbers that are final, each with its patient.
pub(crate) fn measurements(bytes: &[u8]) -> Vec<Measurement> {
    let text = decoded(bytes);
    let mut found = Vec::new();
    for message in Message::all(&text) {
        let whose = message.patient().map(|one| Subject::of(&one.name, &one.born));
        // A result without a time of its own is of the time of its order, which stands before it.
        let mut ordered = None;
        for segment in &message.segments {
            let fields = message.fields(segment);
            let time = |at: usize| fields.get(at).and_then(|f| date_of(message.part(Some(f), 1)));
            match fields.first().copied() {
                Some("OBR") => ordered = time(7),
                Some("OBX") => {
                    let date = time(14).or_else(|| ordered.clone());
                    found.extend(measurement(&message, &fields, whose.clone(), date));
                }
                _ => {}
            }
            if found.len() > bounds::MOST_RESULTS {
                return found;
            }
        }
    }
    found
}

/// A result; `None` where it is no number, is not final, or has no time or nothing that it is of.
fn measurement(
    message: &Message<'_>,
    fields: &[&str],
    whose: Option<Subject>,
    date: Option<String>,
) -> Option<Measurement> {
    let line = |text: &str| one_line(text, bounds::MOST_TITLE);
    let status = message.part(fields.get(11), 1);
    let is_final = matches!(status, "" | "F" | "C");
    if fields.get(2).copied() != Some("NM") || !is_final {
        return None;
    }
    let what = Some(message.coding(fields.get(3))).filter(|what| !what.is_empty())?;
    let written = message.words(fields.get(5)?);
    let value: f64 = written.trim().parse().ok().filter(|value: &f64| value.is_finite())?;
    let unit_name = message.coded(fields.get(6));
    let is_ucum = message.part(fields.get(6), 3) == "UCUM";
    let unit =
        if is_ucum { message.words(message.part(fields.get(6), 1)) } else { unit_name.clone() };
    let range = message.words(fields.get(7).copied().unwrap_or_default());
    let ends = range.split_once('-').map(|(low, high)| (low.trim(), high.trim()));
    let ends = ends.filter(|(low, high)| is_plain(low) && is_plain(high));
    let (low, high) =
        ends.map_or((None, None), |(low, high)| (low.parse().ok(), high.parse().ok()));
    Some(Measurement {
        what: Measured {
            system: line(&what.system),
            code: line(&what.code),
            unit: line(&unit),
            name: line(what.name.as_deref().unwrap_or_default()),
            unit_name: line(&unit_name),
            is_vital: false,
        },
        whose,
        date: date?,
        value,
        text: line(&format!("{} {unit_name}", written.trim())),
        low,
        high,
    })
}

/// Adds a number with its date to the series of its name and unit.
fn collect(
    all: &mut Vec<Series>,
    name: &Coded,
    unit: &str,
    value: &str,
    range: &str,
    date: Option<&str>,
) {
    let number = value.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let (Some(number), Some(date)) = (number, date) else { return };
    let (name, unit) = (name.bounded(), one_line(unit, bounds::MOST_TITLE));
    let is_it =
        |one: &Series| one.name.key() == name.key() && same_unit(&one.unit) == same_unit(&unit);
    let place = all.iter().position(is_it);
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
            rows.push(vec![Cell::text(&number), value(message, field)]);
        }
    }
    writer.heading(2, Word::AlsoInIt);
    let head = vec![Word::Field.into(), Word::Value.into()];
    writer.push(Block::Table(Table { caption: None, head, rows }));
}

/// A field in words; a day or time as such.
fn value(message: &Message<'_>, field: &str) -> Cell {
    let is_time = field.len() >= 8
        && field.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte))
        && (field.starts_with("19") || field.starts_with("20"));
    match date_of(field).filter(|_| is_time) {
        Some(date) if date.len() >= 10 => Cell::Date(date),
        _ => Cell::text(&message.words(field)),
    }
}

#[cfg(test)]
mod tests;
