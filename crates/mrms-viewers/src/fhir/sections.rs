//! The sections of a summary that are tables: problems, medicines, allergies, vaccinations and what else has happened.

use serde_json::Value;

use super::resource::{concept, date, date_cell, quantity, title};
use super::status::{is_past, not_so, status};
use super::{Resources, attached};
use crate::captions::Word;
use crate::document::{Block, Cell, Table, Writer};
use crate::figures::Figures;
use crate::json;

/// A section: which resources it has, its heading, its columns, and the cells of a row.
type Section =
    (&'static [&'static str], Word, &'static [Word], fn(&Resources<'_>, usize) -> Vec<Cell>);

const FIRST: [Section; 5] = [
    (
        &["AllergyIntolerance"],
        Word::Allergies,
        &[Word::What, Word::Reaction, Word::Severity, Word::Status, Word::Since],
        allergy,
    ),
    (
        &[
            "MedicationStatement",
            "MedicationRequest",
            "MedicationAdministration",
            "MedicationDispense",
        ],
        Word::Medicines,
        &[Word::What, Word::Dose, Word::Status, Word::Date],
        medicine,
    ),
    (
        &["Condition"],
        Word::Problems,
        &[Word::What, Word::Status, Word::Since, Word::Until],
        problem,
    ),
    (
        &["Condition"],
        Word::PastProblems,
        &[Word::What, Word::Status, Word::Since, Word::Until],
        problem,
    ),
    (
        &["Immunization"],
        Word::Vaccinations,
        &[Word::What, Word::Date, Word::DoseNumber, Word::Lot, Word::Status],
        vaccination,
    ),
];

const LATER: [Section; 5] = [
    (
        &["DiagnosticReport"],
        Word::Reports,
        &[Word::What, Word::Date, Word::Author, Word::Conclusion, Word::Status],
        report,
    ),
    (&["Procedure"], Word::Procedures, &[Word::What, Word::Date, Word::Status], event),
    (&["Encounter"], Word::Visits, &[Word::What, Word::Date, Word::Reason, Word::Status], visit),
    (&["CarePlan", "Goal"], Word::Plans, &[Word::What, Word::Date, Word::Status], plan),
    (
        &["DocumentReference", "ImagingStudy", "Media"],
        Word::Documents,
        &[Word::What, Word::Date, Word::Author, Word::Status],
        paper,
    ),
];

/// Types that stand elsewhere in a summary, or only name others.
const ELSEWHERE: [&str; 10] = [
    "Patient",
    "Composition",
    "Observation",
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "Location",
    "Medication",
    "Device",
    "Provenance",
];

/// What a person should see first.
pub(super) fn write(resources: &Resources<'_>, writer: &mut Writer) {
    FIRST.iter().for_each(|section| table(resources, section, writer));
}

/// What comes after results.
pub(super) fn write_later(resources: &Resources<'_>, writer: &mut Writer) {
    LATER.iter().for_each(|section| table(resources, section, writer));
    for one in resources.of_type("DiagnosticReport").chain(resources.of_type("DocumentReference")) {
        if not_so(one).is_none() {
            attachments(resources, one, writer);
        }
    }
    write_not_so(resources, writer);
}

/// What was entered by mistake or is refuted, away from what is so, and without its details.
fn write_not_so(resources: &Resources<'_>, writer: &mut Writer) {
    let shown = FIRST.iter().chain(&LATER).flat_map(|section| section.0.iter());
    let shown: Vec<&str> = shown.copied().chain(["Observation"]).collect();
    let rows = resources.all.iter().filter_map(|one| {
        json::text(one, "resourceType").filter(|kind| shown.contains(kind))?;
        let why = not_so(one)?;
        Some(vec![Cell::text(&title(one, resources).unwrap_or_default()), why.into(), when(one)])
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        writer.heading(2, Word::NotSo);
        let head = [Word::What, Word::Status, Word::Date].map(Cell::Word).to_vec();
        writer.push(Block::Table(Table { caption: None, head, rows }));
    }
}

/// How many there are of what has no section.
pub(super) fn write_others(resources: &Resources<'_>, writer: &mut Writer) {
    let mut counts = std::collections::BTreeMap::<&str, u64>::new();
    let shown = FIRST.iter().chain(&LATER).flat_map(|section| section.0.iter());
    let shown: Vec<&str> = shown.chain(&ELSEWHERE).copied().collect();
    let named = attached::named(resources);
    for one in &resources.all {
        let kind = json::text(one, "resourceType").unwrap_or_default();
        // The bytes of a document that is told already.
        let is_told = |one: &&Value| kind == "Binary" && named.contains(&std::ptr::from_ref(*one));
        if !shown.contains(&kind) && !is_told(one) {
            *counts.entry(kind).or_default() += 1;
        }
    }
    let rows = counts
        .into_iter()
        .map(|(kind, count)| vec![Cell::text(kind), Cell::text(&count.to_string())]);
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        writer.heading(2, Word::AlsoInIt);
        writer.push(Block::Table(Table {
            caption: None,
            head: vec![Word::What.into(), Word::HowMany.into()],
            rows,
        }));
    }
}

fn table(resources: &Resources<'_>, (kinds, heading, head, row): &Section, writer: &mut Writer) {
    let mut found: Vec<(Option<String>, usize)> = Vec::new();
    for (index, one) in resources.all.iter().enumerate() {
        let is_of_kind = json::text(one, "resourceType").is_some_and(|kind| kinds.contains(&kind));
        let is_here = match *heading {
            Word::Problems => !is_past(one),
            Word::PastProblems => is_past(one),
            _ => true,
        };
        if is_of_kind && is_here && not_so(one).is_none() {
            found.push((date(one), index));
        }
    }
    // The newest first; what has no date last.
    found.sort_by(|one, other| other.0.cmp(&one.0));
    let rows: Vec<Vec<Cell>> = found.into_iter().map(|(_, index)| row(resources, index)).collect();
    if !rows.is_empty() {
        writer.heading(2, *heading);
        let head = head.iter().map(|word| Cell::Word(*word)).collect();
        writer.push(Block::Table(Table { caption: None, head, rows }));
    }
}

fn code(one: &Value, field: &str) -> Cell {
    Cell::text(&json::at(one, field).and_then(concept).unwrap_or_default())
}

fn when(one: &Value) -> Cell {
    date(one).map_or(Cell::Text(String::new()), Cell::Date)
}

fn text(one: &Value, field: &str) -> Cell {
    Cell::text(json::text(one, field).unwrap_or_default())
}

fn allergy(resources: &Resources<'_>, index: usize) -> Vec<Cell> {
    let one = resources.all[index];
    let reactions =
        json::list(one, "reaction").iter().flat_map(|one| json::list(one, "manifestation"));
    let reactions: Vec<String> = reactions.filter_map(concept).collect();
    let severity = json::text(one, "criticality").or_else(|| json::text(one, "reaction.severity"));
    vec![
        code(one, "code"),
        Cell::text(&reactions.join(", ")),
        Cell::text(severity.unwrap_or_default()),
        status(one),
        date_cell(json::text(one, "onsetDateTime").or_else(|| json::text(one, "recordedDate"))),
    ]
}

fn medicine(resources: &Resources<'_>, index: usize) -> Vec<Cell> {
    let one = resources.all[index];
    let coded = json::at(one, "medicationCodeableConcept").and_then(concept);
    let name = coded.or_else(|| resources.named(one, "medicationReference"));
    let dosage = ["dosage", "dosageInstruction"].iter().find_map(|field| json::at(one, field));
    let dose = dosage.and_then(|dosage| {
        let quantity = || quantity(json::at(dosage, "doseAndRate.doseQuantity")?);
        json::text(dosage, "text").map(Figures::of_text).or_else(quantity)
    });
    vec![
        Cell::text(&name.unwrap_or_default()),
        Cell::figures(dose.unwrap_or_default()),
        status(one),
        when(one),
    ]
}

fn problem(resources: &Resources<'_>, index: usize) -> Vec<Cell> {
    let one = resources.all[index];
    let since = ["onsetDateTime", "onsetPeriod.start", "onsetString", "recordedDate"];
    let until = ["abatementDateTime", "abatementPeriod.end", "abatementString"];
    let first = |fields: &[&str]| fields.iter().find_map(|field| json::text(one, field));
    vec![code(one, "code"), status(one), date_cell(first(&since)), date_cell(first(&until))]
}

fn vaccination(resources: &Resources<'_>, index: usize) -> Vec<Cell> {
    let one = resources.all[index];
    let dose = json::at(one, "protocolApplied.doseNumberPositiveInt").map(ToString::to_string);
    let dose =
        dose.or_else(|| json::text(one, "protocolApplied.doseNumberString").map(str::to_owned));
    vec![
        code(one, "vaccineCode"),
        when(one),
        Cell::text(&dose.unwrap_or_default()),
        text(one, "lotNumber"),
        status(one),
    ]
}

fn report(resources: &Resources<'_>, index: usize) -> Vec<Cell> {
    let one = resources.all[index];
    let conclusion = json::text(one, "conclusion").map(str::to_owned);
    let conclusion = conclusion.or_else(|| json::at(one, "conclusionCode").and_then(concept));
    vec![
        code(one, "code"),
        when(one),
        Cell::text(&resources.named(one, "performer").unwrap_or_default()),
        Cell::text(&conclusion.unwrap_or_default()),
        status(one),
    ]
}

fn event(resources: &Resources<'_>, index: usize) -> Vec<Cell> {
    let one = resources.all[index];
    vec![code(one, "code"), when(one), status(one)]
}

fn visit(resources: &Resources<'_>, index: usize) -> Vec<Cell> {
    let one = resources.all[index];
    vec![code(one, "type"), when(one), code(one, "reasonCode"), status(one)]
}

fn plan(resources: &Resources<'_>, index: usize) -> Vec<Cell> {
    let one = resources.all[index];
    let title = json::text(one, "title").or_else(|| json::text(one, "description.text"));
    let name = title.map(str::to_owned).or_else(|| json::at(one, "category").and_then(concept));
    vec![Cell::text(&name.unwrap_or_default()), when(one), status(one)]
}

fn paper(resources: &Resources<'_>, index: usize) -> Vec<Cell> {
    let one = resources.all[index];
    let title =
        json::text(one, "description").or_else(|| json::text(one, "content.attachment.title"));
    let coded = || {
        ["type", "category", "procedureCode"]
            .iter()
            .find_map(|field| concept(json::at(one, field)?))
    };
    let name = title.map(str::to_owned).or_else(coded).unwrap_or_default();
    let who = resources.named(one, "author").unwrap_or_default();
    vec![Cell::text(&name), when(one), Cell::text(&who), status(one)]
}

/// The texts that a resource has inside. Other documents in the file, and those elsewhere, are told.
fn attachments<'v>(resources: &Resources<'v>, one: &'v Value, writer: &mut Writer) {
    for attachment in attached::attachments(one) {
        let Some(inside) = attached::inside(resources, one, attachment) else {
            if let Some(url) = json::text(attachment, "url") {
                writer.push(Block::Text(Word::LinkElsewhere.into()));
                writer.paragraph(url);
            }
            continue;
        };
        let kind = inside.media_type.unwrap_or_default();
        match inside.bytes().and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(text) if kind.starts_with("text/plain") => {
                let title = inside.title.map(str::to_owned);
                let title = title.or_else(|| concept(one.get("code").or(one.get("type"))?));
                writer.heading(3, Cell::text(&title.unwrap_or_default()));
                writer.preformatted(&text);
            }
            _ => {
                writer.push(Block::Text(Word::AttachmentInside.into()));
                writer.paragraph(kind);
            }
        }
    }
}
