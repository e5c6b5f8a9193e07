//! Whom the resources of a file are about, so that what is about one person is never shown as another's.
//!
//! Follows `subject`, `patient`, `beneficiary` and `for` of each resource (HL7 FHIR R4 "References"). Two Patient resources
//! with the same name and date of birth are one person. A reference that leads nowhere is a person of its own.

use serde_json::Value;

use super::{Resources, person, resource};
use crate::json;
use crate::subject::Subject;

/// The fields that say whom a resource is about.
const ABOUT: [&str; 4] = ["subject", "patient", "beneficiary", "for"];
/// What a resource can be about that is a person, or several.
const OF_PEOPLE: [&str; 4] = ["Patient", "Person", "RelatedPerson", "Group"];

/// What makes somebody the same person in two places of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// By name and date of birth.
    Named(String, String),
    /// A Patient resource without one of these, by its place among all resources.
    Resource(usize),
    /// What a reference says that leads to no resource.
    Reference(String),
}

/// What a resource says of somebody whom it is about.
struct Said {
    key: Key,
    name: String,
    subject: Subject,
}

impl Said {
    fn of(key: Key, patient: &Value) -> Self {
        let born = json::text(patient, "birthDate").unwrap_or_default();
        let subject = Subject::of(&person(patient).unwrap_or_default(), born);
        Self { key, name: name_of(patient), subject }
    }

    /// Somebody of whom the file has no Patient resource: a reference, and the words beside it if there are any.
    fn by_reference(reference: &str, name: &str, display: Option<&str>) -> Self {
        let subject = Subject::of(display.unwrap_or_default(), "");
        Self { key: Key::Reference(reference.to_owned()), name: name.to_owned(), subject }
    }
}

/// Somebody whom a file is about, and what of it is about them.
pub(crate) struct About<'v> {
    key: Key,
    /// What they are called; the reference where the file has no name.
    pub(crate) name: String,
    /// What the file says of them.
    subject: Subject,
    /// Their Patient resource, and what is about them.
    pub(crate) resources: Resources<'v>,
}

impl About<'_> {
    /// Who it is for other files: by the name of their Patient resource, and their date of birth. `None` where this file alone
    /// knows them, by a number of its own.
    pub(crate) fn whose(&self) -> Option<Subject> {
        let patient = self.resources.of_type("Patient").find(|one| person(one).is_some())?;
        let born = json::text(patient, "birthDate").unwrap_or_default();
        Some(Subject::of(&person(patient)?, born))
    }
}

/// The people of a file in the order in which it names them, and the resources that name nobody.
pub(crate) fn people<'v>(resources: &Resources<'v>) -> (Vec<About<'v>>, Resources<'v>) {
    let mut people: Vec<About<'v>> = Vec::new();
    let mut others = resources.none();
    for patient in resources.of_type("Patient") {
        let key = key_of(resources, patient);
        of_key(&mut people, resources, Said::of(key, patient)).all.push(patient);
    }
    for one in resources.all.iter().copied() {
        if json::text(one, "resourceType") == Some("Patient") {
            continue;
        }
        match subject(resources, one) {
            Some(said) => of_key(&mut people, resources, said).all.push(one),
            None => others.all.push(one),
        }
    }
    unite_unnamed(resources, &mut people);
    (people, others)
}

/// What the file says of these people.
pub(crate) fn subjects(people: &[About<'_>]) -> Vec<Subject> {
    people.iter().map(|one| one.subject.clone()).collect()
}

/// The names of these people, for the head of a document.
pub(crate) fn names(people: &[About<'_>]) -> String {
    people.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn of_key<'p, 'v>(
    people: &'p mut Vec<About<'v>>,
    resources: &Resources<'v>,
    Said { key, name, subject }: Said,
) -> &'p mut Resources<'v> {
    let place = people.iter().position(|one| one.key == key).unwrap_or_else(|| {
        people.push(About { key, name, subject, resources: resources.none() });
        people.len() - 1
    });
    &mut people[place].resources
}

fn name_of(patient: &Value) -> String {
    let numbers = resource::identifiers(patient);
    let id = || json::text(patient, "id").map(|id| format!("Patient/{id}"));
    person(patient)
        .or_else(|| Some(numbers).filter(|numbers| !numbers.is_empty()))
        .or_else(id)
        .unwrap_or_else(|| "Patient".to_owned())
}

fn key_of(resources: &Resources<'_>, patient: &Value) -> Key {
    match (person(patient), json::text(patient, "birthDate")) {
        (Some(name), Some(born)) => Key::Named(name.to_lowercase(), born.to_owned()),
        _ => match resources.place(patient) {
            Some(place) => Key::Resource(place),
            // A patient that is contained in a resource.
            None => Key::Reference(name_of(patient)),
        },
    }
}

/// Whom a resource is about, as it says itself.
fn subject<'v>(resources: &Resources<'v>, one: &'v Value) -> Option<Said> {
    ABOUT.iter().find_map(|field| referred(resources, one, json::at(one, field)?))
}

fn referred<'v>(resources: &Resources<'v>, from: &'v Value, reference: &'v Value) -> Option<Said> {
    let display = json::text(reference, "display");
    if let Some(text) = json::text(reference, "reference") {
        let text = text.split("/_history/").next().unwrap_or_default();
        let said = || Some(Said::by_reference(text, display.unwrap_or(text), display));
        return match resources.find(from, text) {
            Some(found) => match json::text(found, "resourceType") {
                Some("Patient") => Some(Said::of(key_of(resources, found), found)),
                Some(kind) if OF_PEOPLE.contains(&kind) => said(),
                _ => None,
            },
            None if may_be_person(text) => said(),
            None => None,
        };
    }
    let number = json::text(reference, "identifier.value");
    let same = |patient: &&'v Value| match number {
        Some(number) => json::list(patient, "identifier")
            .iter()
            .any(|one| json::text(one, "value") == Some(number)),
        None => display.is_some() && person(patient).as_deref() == display,
    };
    if let Some(found) = resources.of_type("Patient").find(same) {
        return Some(Said::of(key_of(resources, found), found));
    }
    let said = display.or(number)?;
    Some(Said::by_reference(number.unwrap_or(said), said, display))
}

/// Whether a reference that leads nowhere can mean a person: by its type, or because it does not say one.
fn may_be_person(reference: &str) -> bool {
    match reference.rsplit_once('/') {
        Some((kind, _)) => {
            let kind = kind.rsplit('/').next().unwrap_or_default();
            OF_PEOPLE.contains(&kind)
        }
        None => true,
    }
}

/// A Patient resource without an id or address can't be referred to. Where the file has this one, and all of its references
/// that lead nowhere are the same, they mean it.
fn unite_unnamed<'v>(resources: &Resources<'v>, people: &mut Vec<About<'v>>) {
    let mut patients = resources.of_type("Patient");
    let (Some(patient), None) = (patients.next(), patients.next()) else { return };
    if json::text(patient, "id").is_some() || resources.has_address(patient) {
        return;
    }
    if let [_, other] = people.as_slice()
        && matches!(other.key, Key::Reference(_))
        && let Some(other) = people.pop()
        && let Some(first) = people.first_mut()
    {
        first.resources.all.extend(other.resources.all);
    }
}
