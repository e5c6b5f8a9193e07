//! What is made of a document so far, and what every resource of it has.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::node::Node;
use super::stated::{SO, is_denied, relates, stated};
use super::values::{self, Texts};
use crate::stored::WhyNotTaken;

/// The address of the patient within the document.
pub(super) const PATIENT: &str = "Patient/patient";

/// What is made of a document.
#[derive(Default)]
pub(super) struct Scene<'d> {
    pub(super) texts: Texts<'d>,
    pub(super) resources: Vec<Value>,
    /// The title of the section that is read.
    pub(super) section: String,
    /// What was not converted, in words, and why, and how much of it.
    pub(super) left: BTreeMap<(String, WhyNotTaken), usize>,
}

impl<'d> Scene<'d> {
    pub(super) fn of(root: &'d Node) -> Self {
        let mut texts = Texts::new();
        root.below(&mut |node| {
            if let Some(id) = node.attribute("ID") {
                texts.entry(id).or_insert(node);
            }
        });
        Self { texts, ..Self::default() }
    }

    /// Adds a resource; returns its address within the document.
    pub(super) fn add(&mut self, mut resource: Value) -> String {
        let id = format!("c{}", self.resources.len());
        let kind = resource["resourceType"].as_str().unwrap_or_default();
        let address = format!("{kind}/{id}");
        resource["id"] = json!(id);
        self.resources.push(resource);
        address
    }

    /// Notes that something was left out of the section that is read.
    pub(super) fn leave(&mut self, what: &str, why: WhyNotTaken) {
        let what = format!("{what} “{}”", self.section);
        *self.left.entry((what, why)).or_default() += 1;
    }

    /// Adds what was made of an entry, or notes why nothing was; returns its address.
    pub(super) fn take(&mut self, made: Result<Value, WhyNotTaken>) -> Option<String> {
        match made {
            Ok(made) => Some(self.add(made)),
            Err(why) => {
                self.leave("entry of", why);
                None
            }
        }
    }

    /// A code in one of these elements.
    pub(super) fn concept(&self, node: Option<&Node>) -> Option<Value> {
        values::concept(node?, &self.texts)
    }

    /// The codes of all elements of a name.
    pub(super) fn concepts_of(&self, node: &Node, name: &str) -> Vec<Value> {
        let coded = node.all(name).filter_map(|one| self.concept(Some(one)));
        coded.filter(|one| one.get("extension").is_none()).collect()
    }

    pub(super) fn text(&self, node: Option<&Node>) -> Option<String> {
        values::text(node?, &self.texts)
    }

    /// What an entry says that it is about.
    pub(super) fn said(&self, node: Option<&Node>) -> Option<Value> {
        values::said(node?, &self.texts)
    }

    /// The code of what a resource is about; what FHIR wants there is said to be unknown where it is not.
    pub(super) fn required(&self, node: Option<&Node>) -> Value {
        self.concept(node).unwrap_or_else(|| values::absent("unknown"))
    }

    /// The comments beside an entry.
    pub(super) fn notes(&self, entry: &Node) -> Vec<Value> {
        related(entry, "act")
            .filter(|act| act.is_a("2.16.840.1.113883.10.20.22.4.64"))
            .filter_map(|act| Some(json!({"text": self.text(act.child("text"))?})))
            .collect()
    }

    /// The reasons that an entry gives: findings that it was done for.
    pub(super) fn reasons(&self, entry: &Node) -> Vec<Value> {
        entry
            .all("entryRelationship")
            .filter(|one| one.attribute("typeCode") == Some("RSON"))
            .filter_map(|one| one.child("observation"))
            .filter(|one| stated(one, SO).is_ok() && is_denied(None, one) == Ok(false))
            .filter_map(|one| {
                let value = one.child("value").filter(|value| value.attribute("code").is_some());
                self.said(value.or_else(|| one.child("code")))
            })
            .collect()
    }
}

/// A resource of a type with the entry's identifiers and its patient.
pub(super) fn resource(kind: &str, entry: &Node) -> Value {
    let mut made = json!({"resourceType": kind});
    let identifiers = values::identifiers(entry);
    put_all(&mut made, "identifier", identifiers);
    let whom = match kind {
        "AllergyIntolerance" | "Immunization" => "patient",
        _ => "subject",
    };
    made[whom] = json!({"reference": PATIENT});
    made
}

/// Puts a value where there is one.
pub(super) fn put(resource: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        resource[name] = value.into();
    }
}

/// Puts a list where something is in it.
pub(super) fn put_all(resource: &mut Value, name: &str, values: Vec<Value>) {
    if !values.is_empty() {
        resource[name] = Value::Array(values);
    }
}

/// What stands in relation to an entry, of one kind.
pub(super) fn related<'n>(entry: &'n Node, kind: &'n str) -> impl Iterator<Item = &'n Node> {
    let relations = entry.all("entryRelationship").filter(|one| relates(one).is_ok());
    relations.filter_map(move |one| one.child(kind))
}

/// The status of an entry, in CDA's word.
pub(super) fn status(entry: &Node) -> &str {
    entry.child("statusCode").and_then(values::code_of).unwrap_or_default()
}

/// When an entry was written down: the earliest of its authors' times.
pub(super) fn recorded(entry: &Node) -> Option<String> {
    entry.all("author").filter_map(|author| values::time(author.child("time")?)).min()
}

/// A code of a system of FHIR's own.
pub(super) fn coded(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": format!("http://terminology.hl7.org/CodeSystem/{system}"), "code": code}]})
}

/// A code of SNOMED CT.
pub(super) fn snomed(code: &str, display: &str) -> Value {
    json!({"coding": [{"system": "http://snomed.info/sct", "code": code, "display": display}]})
}

/// Those who did something, by name.
pub(super) fn performers(entry: &Node) -> Vec<Value> {
    let names = entry.all("performer").filter_map(values::called);
    names.map(|name| json!({"actor": {"display": name}})).collect()
}
