//! FHIR R4: a resource, a bundle, an International Patient Summary, or lines of resources, as a summary of what is in it.
//!
//! Follows HL7 FHIR R4 and, for the order of sections, the International Patient Summary. Unknown fields are passed over:
//! this reads what a person would look for, and the file itself stays as it is.

mod attached;
mod people;
mod resource;
mod results;
mod sections;
mod status;

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use crate::bounds;
use crate::captions::Word;
use crate::document::{Block, Cell, Document, Table, Writer};
use crate::json;
use crate::kind::Kind;
use crate::measured::Measurement;
use crate::narrative;
use crate::request::NotShown;
use crate::subject::Subject;

pub use attached::{Attached, AttachedFiles, attached_files};
pub(crate) use people::{About, names, people, subjects};
pub(crate) use resource::{author, concept, date, person, title};

/// Resources of one file, and what finds one that another one names.
pub(crate) struct Resources<'v> {
    all: Vec<&'v Value>,
    index: Rc<Index<'v>>,
}

/// Every resource of a file, and where it lies.
#[derive(Default)]
struct Index<'v> {
    every: Vec<&'v Value>,
    /// The place of a resource in `every`, and the number of its bundle.
    places: HashMap<*const Value, (usize, usize)>,
    /// The bundle in which a bundle lies. What lies in none has the number 0.
    parents: Vec<usize>,
    urls: HashMap<&'v str, Vec<(usize, &'v Value)>>,
    ids: HashMap<(&'v str, &'v str), Vec<(usize, &'v Value)>>,
}

impl<'v> Index<'v> {
    fn add(&mut self, value: &'v Value, bundle: usize, depth: usize) {
        let Some(kind) = json::text(value, "resourceType") else { return };
        if kind == "Bundle" && depth < 4 {
            let number = self.parents.len();
            self.parents.push(bundle);
            for entry in json::list(value, "entry") {
                let Some(resource) = entry.get("resource") else { continue };
                if let Some(url) = json::text(entry, "fullUrl") {
                    self.urls.entry(url).or_default().push((number, resource));
                }
                self.add(resource, number, depth + 1);
            }
            return;
        }
        self.places.insert(std::ptr::from_ref(value), (self.every.len(), bundle));
        if let Some(id) = json::text(value, "id") {
            self.ids.entry((kind, id)).or_default().push((bundle, value));
        }
        self.every.push(value);
    }

    /// Of those with the same name, the one that is meant from a bundle: in it, or in one around it. One that lies elsewhere
    /// is meant where it is the only one, and its name is not one that each file has anew.
    fn nearest(
        &self,
        found: &[(usize, &'v Value)],
        from: usize,
        is_local: bool,
    ) -> Option<&'v Value> {
        let mut bundle = from;
        loop {
            if let Some((_, one)) = found.iter().find(|(number, _)| *number == bundle) {
                return Some(one);
            }
            if bundle == 0 {
                break;
            }
            bundle = self.parents.get(bundle).copied().unwrap_or_default();
        }
        match found {
            [(_, one)] if !is_local => Some(one),
            _ => None,
        }
    }
}

impl<'v> Resources<'v> {
    /// The resources of these values: bundles are opened, also those in bundles.
    pub(crate) fn of(values: &'v [Value]) -> Self {
        let mut index = Index { parents: vec![0], ..Index::default() };
        for value in values {
            index.add(value, 0, 0);
        }
        Self { all: index.every.clone(), index: Rc::new(index) }
    }

    /// None of them, in the same file.
    fn none(&self) -> Self {
        Self { all: Vec::new(), index: Rc::clone(&self.index) }
    }

    fn place(&self, value: &Value) -> Option<usize> {
        self.index.places.get(&std::ptr::from_ref(value)).map(|(place, _)| *place)
    }

    /// Whether a bundle gives this resource an address.
    fn has_address(&self, value: &Value) -> bool {
        self.index.urls.values().flatten().any(|(_, one)| std::ptr::eq(*one, value))
    }

    /// The same resource, with the lifetime of the file.
    fn same(&self, value: &Value) -> Option<&'v Value> {
        self.index.every.get(self.place(value)?).copied()
    }

    /// The resources of a type.
    pub(crate) fn of_type(&self, kind: &str) -> impl Iterator<Item = &'v Value> + '_ {
        let kind = kind.to_owned();
        self.all.iter().copied().filter(move |one| json::text(one, "resourceType") == Some(&kind))
    }

    /// The resource that a reference names: contained in `from`, in the same bundle, or elsewhere in the file.
    pub(crate) fn find(&self, from: &'v Value, reference: &str) -> Option<&'v Value> {
        if let Some(id) = reference.strip_prefix('#') {
            return json::list(from, "contained")
                .iter()
                .find(|one| json::text(one, "id") == Some(id));
        }
        let index = &self.index;
        let bundle = index.places.get(&std::ptr::from_ref(from)).map_or(0, |(_, bundle)| *bundle);
        // Health cards number their resources, each card from 0.
        let is_local = reference.starts_with("resource:");
        if let Some(found) = index.urls.get(reference)
            && let Some(one) = index.nearest(found, bundle, is_local)
        {
            return Some(one);
        }
        let (kind, id) = reference.rsplit_once('/')?;
        let kind = kind.rsplit('/').next()?;
        index.nearest(index.ids.get(&(kind, id))?, bundle, false)
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

/// The results in these resources, each with whom it is of.
pub(crate) fn measurements(values: &[Value]) -> Vec<Measurement> {
    let resources = Resources::of(values);
    let (people, others) = people(&resources);
    if let [] | [_] = people.as_slice() {
        let whose = people.first().and_then(About::whose);
        return results::measurements(&resources, whose.as_ref());
    }
    let of_people = people.iter().flat_map(|one| {
        let whose = one.whose().or_else(|| Some(Subject::of(&one.name, "")));
        results::measurements(&one.resources, whose.as_ref())
    });
    of_people.chain(results::measurements(&others, None)).collect()
}

/// The summary of resources that were read.
pub(crate) fn summary(values: &[Value], kind: Kind) -> Document {
    let resources = Resources::of(values);
    let mut writer = Writer::new(kind);
    let (people, others) = people(&resources);
    head(&resources, values, &people, &mut writer);
    if people.len() > 1 {
        writer.push(Block::Text(Cell::Counted(Word::SeveralPeople, people.len() as u64)));
        for one in &people {
            writer.heading(2, Cell::text(&one.name));
            writer.nested(|writer| write(&one.resources, writer));
        }
        let mut unnamed = Writer::new(kind);
        write(&others, &mut unnamed);
        if !unnamed.is_empty() {
            writer.heading(2, Word::NobodyNamed);
            writer.nested(|writer| write(&others, writer));
        }
    } else {
        write(&resources, &mut writer);
    }
    writer.done()
}

fn write(resources: &Resources<'_>, writer: &mut Writer) {
    let before = writer.blocks();
    patients(resources, writer);
    sections::write(resources, writer);
    results::write(resources, writer);
    sections::write_later(resources, writer);
    narratives(resources, writer.blocks() == before, writer);
    sections::write_others(resources, writer);
}

fn head(resources: &Resources<'_>, values: &[Value], people: &[About<'_>], writer: &mut Writer) {
    let mut compositions = resources.of_type("Composition");
    let composition = compositions.next();
    // What one of several people's parts calls itself is no name of the whole.
    if people.len() > 1 && (composition.is_none() || compositions.next().is_some()) {
        writer.patient(&names(people));
        return;
    }
    let main = composition.or(values.first()).unwrap_or(&Value::Null);
    writer.title(&title(main, resources).unwrap_or_default());
    writer.date(date(main).or_else(|| date(values.first()?)));
    writer.author(&author(main, resources).unwrap_or_default());
    if people.len() > 1 {
        writer.patient(&names(people));
        return;
    }
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
fn narratives(resources: &Resources<'_>, is_bare: bool, writer: &mut Writer) {
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
    if is_bare
        && let [one] = resources.all.as_slice()
        && let Some(narrative) = json::text(one, "text.div")
    {
        narrative::write(narrative.as_bytes(), writer);
    }
}

#[cfg(test)]
mod tests;
