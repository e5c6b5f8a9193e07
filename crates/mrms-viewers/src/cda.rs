//! A CDA document: its header, and its sections by their narrative.
//!
//! The narrative is what its author signed; the entries beside it are for machines and are not shown. Source: HL7 CDA R2,
//! C-CDA R2.1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::bounds;
use crate::captions::Word;
use crate::document::{Block, Cell, Document, Writer, date_of};
use crate::kind::Kind;
use crate::narrative::Narrative;
use crate::request::NotShown;
use crate::subject::{self, Subject};
use crate::text::decoded;
use crate::xml::{Element, Piece, Pieces};

/// What the header says.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub(crate) title: String,
    pub(crate) date: Option<String>,
    pub(crate) author: String,
    pub(crate) custodian: String,
    /// Those whom it is about, as it names them.
    pub(crate) about: Vec<Subject>,
    /// How many they are.
    patients: u64,
    /// The name and date of birth of the one that is being read.
    now: (String, String),
    /// Whether its first name was read. Further ones are other names of the same person.
    has_name: bool,
}

/// Elements from the root to here.
#[derive(Default)]
struct Path(Vec<String>);

impl Path {
    fn ends(&self, names: &[&str]) -> bool {
        self.0.len() >= names.len()
            && self.0[self.0.len() - names.len()..].iter().zip(names).all(|(a, b)| a == b)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|one| one == name)
    }

    fn take(&mut self, piece: &Piece) {
        match piece {
            Piece::Begin(element) => self.0.push(element.name.clone()),
            Piece::End(name) => {
                if let Some(place) = self.0.iter().rposition(|one| one == name) {
                    self.0.truncate(place);
                }
            }
            Piece::Text(_) => {}
        }
    }
}

impl Header {
    /// The header of the document that begins with these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let text = decoded(bytes);
        let (mut header, mut path) = (Self::default(), Path::default());
        for piece in Pieces::of(text.as_bytes()) {
            path.take(&piece);
            if path.has("component") {
                break;
            }
            header.take(&piece, &path);
        }
        header.end_of_patient();
        header
    }

    /// Keeps what was read of a patient. The record target of a document that is cut may have no end.
    fn end_of_patient(&mut self) {
        let (name, born) = std::mem::take(&mut self.now);
        self.has_name = false;
        let one = Subject::of(&name, &born);
        if one.is_told() && self.about.len() < subject::MOST {
            self.about.push(one);
        }
    }

    /// Their names, for the head of a document.
    fn names(&self) -> String {
        self.about.iter().filter_map(|one| one.name.as_deref()).collect::<Vec<_>>().join(", ")
    }

    fn take(&mut self, piece: &Piece, path: &Path) {
        match piece {
            Piece::Begin(element) if path.ends(&["ClinicalDocument", "effectiveTime"]) => {
                self.date = element.attribute("value").and_then(date_of);
            }
            Piece::Begin(element) if element.name == "recordTarget" => {
                self.patients += 1;
            }
            Piece::End(name) if name == "recordTarget" => self.end_of_patient(),
            Piece::Begin(element) if element.name == "name" && path.has("patient") => {
                self.has_name = !self.now.0.trim().is_empty();
            }
            Piece::Begin(element)
                if path.ends(&["patient", "birthTime"]) && path.has("recordTarget") =>
            {
                self.now.1 = element.attribute("value").unwrap_or_default().to_owned();
            }
            Piece::Text(text) => {
                let is_name = path.has("name");
                let place = if path.ends(&["ClinicalDocument", "title"]) {
                    &mut self.title
                } else if is_name && path.has("patient") && !path.has("guardian") {
                    if self.has_name {
                        return;
                    }
                    &mut self.now.0
                } else if is_name && path.has("author") {
                    &mut self.author
                } else if is_name && path.has("custodian") {
                    &mut self.custodian
                } else {
                    return;
                };
                if place.len() < bounds::MOST_TITLE * 2 {
                    place.push(' ');
                    place.push_str(text.trim());
                }
            }
            _ => {}
        }
    }

    /// Who wrote it: a person, else the organisation that keeps it.
    pub(crate) fn author(&self) -> &str {
        if self.author.trim().is_empty() { &self.custodian } else { &self.author }
    }
}

pub(crate) fn document(bytes: &[u8]) -> Result<Document, NotShown> {
    let text = decoded(bytes);
    let mut writer = Writer::new(Kind::Cda);
    let mut header = Header::default();
    let mut path = Path::default();
    let mut narrative: Option<Narrative> = None;
    let (mut heading, mut body) = (String::new(), String::new());
    let mut sections = 0_u8;
    for piece in Pieces::of(text.as_bytes()) {
        // The narrative of a section: `section/text`, and all that is in it.
        if let Some(reading) = &mut narrative {
            let is_end = matches!(&piece, Piece::End(name) if name == "text");
            if is_end {
                reading.end(&mut writer);
                narrative = None;
                path.take(&piece);
            } else {
                reading.take(&piece, &mut writer);
            }
            continue;
        }
        path.take(&piece);
        match &piece {
            Piece::Begin(Element { name, .. }) if name == "section" => {
                sections = sections.saturating_add(1)
            }
            Piece::Begin(Element { name, .. })
                if name == "text" && path.ends(&["section", "text"]) =>
            {
                narrative = Some(Narrative::new());
            }
            Piece::End(name) if name == "section" => sections = sections.saturating_sub(1),
            Piece::Text(text) if path.ends(&["section", "title"]) => heading.push_str(text),
            Piece::End(name) if name == "title" && sections > 0 => {
                writer
                    .heading(sections.saturating_add(1), Cell::text(&std::mem::take(&mut heading)));
            }
            Piece::Text(text)
                if path.ends(&["nonXMLBody", "text"]) && body.len() < bounds::MOST_INFLATED =>
            {
                body.push_str(text);
            }
            _ if !path.has("component") => header.take(&piece, &path),
            _ => {}
        }
    }
    writer.title(&header.title);
    writer.date(header.date.clone());
    writer.author(header.author());
    header.end_of_patient();
    writer.patient(&header.names());
    unstructured(&body, &mut writer);
    if writer.is_empty() && header.title.trim().is_empty() {
        return Err(NotShown::Damaged);
    }
    let mut document = writer.done();
    if header.patients > 1 {
        let warning = Cell::Counted(Word::SeveralPeople, header.patients);
        document.blocks.insert(0, Block::Text(warning));
    }
    Ok(document)
}

/// A body that is no XML: text is shown, and whatever else it is can be downloaded.
fn unstructured(body: &str, writer: &mut Writer) {
    if body.trim().is_empty() {
        return;
    }
    let plain: String = body.split_ascii_whitespace().collect();
    match STANDARD.decode(&plain) {
        Ok(bytes) if Kind::of(&bytes, "") == Kind::Pdf => {
            // Its pages are asked for like those of a PDF.
            match crate::pdf::outline(&bytes) {
                Ok(paged) => writer.paged(paged),
                Err(_) => writer.push(Block::Text(Word::AttachmentInside.into())),
            }
        }
        Ok(bytes) if crate::kind::is_text(&bytes) => writer.preformatted(&decoded(&bytes)),
        Ok(_) => writer.push(Block::Text(Word::AttachmentInside.into())),
        Err(_) => writer.paragraph(body),
    }
}

/// The PDF that is the body of an unstructured document.
pub(crate) fn embedded_pdf(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = decoded(bytes);
    let (mut path, mut body) = (Path::default(), String::new());
    for piece in Pieces::of(text.as_bytes()) {
        path.take(&piece);
        if let Piece::Text(text) = &piece
            && path.ends(&["nonXMLBody", "text"])
        {
            body.extend(text.split_ascii_whitespace());
        }
    }
    STANDARD.decode(&body).ok().filter(|bytes| Kind::of(bytes, "") == Kind::Pdf)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Discharge letter</title><effectiveTime value="20260504113000+0200"/>
<recordTarget><patientRole><patient><name><given>Ana</given><family>Muster</family></name></patient></patientRole></recordTarget>
<author><assignedAuthor><assignedPerson><name>Dr Ada Quist</name></assignedPerson></assignedAuthor></author>
<component><structuredBody><component><section><title>Allergies</title><text><table><thead><tr><th>To</th></tr></thead>
<tbody><tr><td>Penicillin</td></tr></tbody></table></text><entry><text>machine</text></entry></section></component>
<component><section><title>Plan</title><text>Rest.<title>x</title></text></section></component></structuredBody></component></ClinicalDocument>"#;

    #[test]
    fn header_and_narrative_are_shown_and_entries_are_not() {
        let made = document(SAMPLE.as_bytes()).unwrap();
        assert_eq!(made.title.as_deref(), Some("Discharge letter"));
        assert_eq!(made.date.as_deref(), Some("2026-05-04T11:30:00+02:00"));
        assert_eq!(made.author.as_deref(), Some("Dr Ada Quist"));
        assert_eq!(made.patient.as_deref(), Some("Ana Muster"));
        let text = format!("{:?}", made.blocks);
        assert!(text.contains("Penicillin") && text.contains("Rest."), "{text}");
        assert!(!text.contains("machine"), "{text}");
        let headings =
            made.blocks.iter().filter(|one| matches!(one, Block::Heading { level: 2, .. }));
        assert_eq!(headings.count(), 2);
        assert_eq!(
            Header::of(&SAMPLE.as_bytes()[..600]).names(),
            "Ana Muster",
            "of its beginning alone"
        );
    }

    #[test]
    fn several_people_of_one_document_are_named_and_told() {
        let second = "<recordTarget><patientRole><patient><name>Ben Muster</name></patient></patientRole></recordTarget>\n<author>";
        let made = document(SAMPLE.replacen("<author>", second, 1).as_bytes()).unwrap();
        assert_eq!(made.patient.as_deref(), Some("Ana Muster, Ben Muster"));
        assert_eq!(made.blocks[0], Block::Text(Cell::Counted(Word::SeveralPeople, 2)));
    }

    #[test]
    fn whose_a_document_is_stands_in_its_record_target_and_not_in_its_guardians() {
        let target = r#"<ClinicalDocument><recordTarget><patientRole><patient>
            <name use="L"><given>Ana</given><family>Muster</family></name><name use="P"><given>Annie</given></name>
            <birthTime value="19500503"/><guardian><guardianPerson><name>Eva Vogel</name></guardianPerson></guardian>
            </patient><providerOrganization><name>Clinic North</name></providerOrganization></patientRole></recordTarget>"#;
        let header = Header::of(target.as_bytes());
        assert_eq!(header.about, [Subject::of("Ana Muster", "19500503")]);
        let unnamed = "<ClinicalDocument><recordTarget><patientRole><patient><name nullFlavor='MSK'/></patient></patientRole></recordTarget>";
        assert!(Header::of(unnamed.as_bytes()).about.is_empty());
    }

    #[test]
    fn a_body_that_is_no_xml_is_text_or_told() {
        let with = |body: &str| {
            format!(
                "<ClinicalDocument><title>t</title><component><nonXMLBody><text representation='B64'>{body}</text></nonXMLBody></component></ClinicalDocument>"
            )
        };
        let text = document(with(&STANDARD.encode("plain words")).as_bytes()).unwrap();
        assert_eq!(text.blocks, [Block::Preformatted("plain words".to_owned())]);
        let other = document(with(&STANDARD.encode([0, 1, 2, 255])).as_bytes()).unwrap();
        assert_eq!(other.blocks, [Block::Text(Word::AttachmentInside.into())]);
    }
}
