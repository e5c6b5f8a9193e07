//! FHIR R4: a resource, a bundle, an International Patient Summary, or lines of resources, as a summary of what is in it.
//!
//! Follows HL7 FHIR R4 and, for the order of sections, the International Patient Summary. Unknown fields are passed over:
//! this reads what a person would look for, and the file itself stays as it is.

mod resource;
mod results;
mod sections;

use serde_json::Value;

use crate::bounds;
use crate::document::{Block, Cell, Document, Table, Writer};
use crate::json;
use crate::kind::Kind;
use crate::narrative;
use crate::request::NotShown;
use crate::word::Word;

pub(crate) use resource::{author, concept, date, person, title};

/// The resources of one file, and what finds one that another one names.
pub(crate) struct Resources<'v> {
    all: Vec<&'v Value>,
    urls: std::collections::HashMap<&'v str, &'v Value>,
}

impl<'v> Resources<'v> {
    /// The resources of these values: bundles are opened, also those in bundles.
    pub(crate) fn of(values: &'v [Value]) -> Self {
        let mut found = Self { all: Vec::new(), urls: std::collections::HashMap::new() };
        for value in values {
            found.add(value, 0);
        }
        found
    }

    fn add(&mut self, value: &'v Value, depth: usize) {
        let Some(kind) = json::text(value, "resourceType") else { return };
        if kind == "Bundle" && depth < 4 {
            for entry in json::list(value, "entry") {
                let Some(resource) = entry.get("resource") else { continue };
                if let Some(url) = json::text(entry, "fullUrl") {
                    self.urls.insert(url, resource);
                }
                self.add(resource, depth + 1);
            }
            return;
        }
        self.all.push(value);
    }

    /// The resources of a type.
    pub(crate) fn of_type(&self, kind: &str) -> impl Iterator<Item = &'v Value> + '_ {
        let kind = kind.to_owned();
        self.all.iter().copied().filter(move |one| json::text(one, "resourceType") == Some(&kind))
    }

    /// The resource that a reference names: in the same bundle, or contained in `from`.
    pub(crate) fn find(&self, from: &'v Value, reference: &str) -> Option<&'v Value> {
        if let Some(id) = reference.strip_prefix('#') {
            return json::list(from, "contained")
                .iter()
                .find(|one| json::text(one, "id") == Some(id));
        }
        if let Some(found) = self.urls.get(reference) {
            return Some(found);
        }
        let (kind, id) = reference.rsplit_once('/')?;
        let kind = kind.rsplit('/').next()?;
        self.all.iter().copied().find(|one| {
            json::text(one, "id") == Some(id) && json::text(one, "resourceType") == Some(kind)
        })
    }

    fn named(&self, from: &'v Value, field: &str) -> Option<String> {
        let reference = json::at(from, field)?;
        if let Some(display) = json::text(reference, "display") {
            return Some(display.to_owned());
        }
        let found = self.find(from, json::text(reference, "reference")?)?;
        resource::name(found).or_else(|| concept(found.get("code")?))
    }
}

/// The values of a file: one, or one on each line.
pub(crate) fn values(bytes: &[u8]) -> Result<Vec<Value>, NotShown> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotShown::Damaged)?;
    let text = text.trim_start_matches('\u{feff}');
    let mut values = Vec::new();
    let stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    for value in stream {
        match value {
            Ok(value) if values.len() < bounds::MOST_ENTRIES * 20 => values.push(value),
            Ok(_) => break,
            Err(error) if error.is_syntax() && error.to_string().contains("recursion") => {
                return Err(NotShown::TooMuch);
            }
            Err(_) if values.is_empty() => return Err(NotShown::Damaged),
            // What was read before the fault is shown.
            Err(_) => break,
        }
    }
    if values.is_empty() { Err(NotShown::Damaged) } else { Ok(values) }
}

/// A file of resources as a document.
pub(crate) fn document(bytes: &[u8]) -> Result<Document, NotShown> {
    Ok(summary(&values(bytes)?, Kind::Fhir))
}

/// The summary of resources that were read.
pub(crate) fn summary(values: &[Value], kind: Kind) -> Document {
    let resources = Resources::of(values);
    let mut writer = Writer::new(kind);
    head(&resources, values, &mut writer);
    patients(&resources, &mut writer);
    sections::write(&resources, &mut writer);
    results::write(&resources, &mut writer);
    sections::write_later(&resources, &mut writer);
    narratives(&resources, &mut writer);
    sections::write_others(&resources, &mut writer);
    writer.done()
}

fn head(resources: &Resources<'_>, values: &[Value], writer: &mut Writer) {
    let main = resources.of_type("Composition").next().or(values.first()).unwrap_or(&Value::Null);
    writer.title(&title(main, resources).unwrap_or_default());
    writer.date(date(main).or_else(|| date(values.first()?)));
    writer.author(&author(main, resources).unwrap_or_default());
    let patient = resources.of_type("Patient").next();
    let named = patient.and_then(person);
    writer.patient(&named.or_else(|| resources.named(main, "subject")).unwrap_or_default());
}

fn patients(resources: &Resources<'_>, writer: &mut Writer) {
    let rows = resources.of_type("Patient").map(|one| {
        vec![
            Cell::text(&person(one).unwrap_or_default()),
            resource::date_cell(json::text(one, "birthDate")),
            Cell::text(json::text(one, "gender").unwrap_or_default()),
            Cell::text(&resource::identifiers(one)),
        ]
    });
    let table = Table {
        caption: Some(Word::Patient.into()),
        head: vec![Word::Name.into(), Word::Born.into(), Word::Sex.into(), Word::Number.into()],
        rows: rows.collect(),
    };
    writer.push(Block::Table(table));
}

/// What a composition says in its own words, where no resource of the bundle says it.
fn narratives(resources: &Resources<'_>, writer: &mut Writer) {
    for composition in resources.of_type("Composition") {
        for section in json::list(composition, "section") {
            let has_resources = json::list(section, "entry").iter().any(|entry| {
                json::text(entry, "reference")
                    .is_some_and(|one| resources.find(composition, one).is_some())
            });
            let Some(narrative) = json::text(section, "text.div") else { continue };
            if !has_resources {
                writer.heading(2, Cell::text(json::text(section, "title").unwrap_or_default()));
                narrative::write(narrative.as_bytes(), writer);
            }
        }
    }
    // A resource alone, of a type for which there is no table.
    if writer.is_empty()
        && let [one] = resources.all.as_slice()
        && let Some(narrative) = json::text(one, "text.div")
    {
        narrative::write(narrative.as_bytes(), writer);
    }
}

#[cfg(test)]
mod tests;
