//! Which resources of the documents go into a summary, and which do not, and why.
//!
//! The documents come newest first. Of what is the same in several, the newest is taken; of measurements of one kind, the newest
//! value. What a chosen resource refers to comes with it.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use jiff::Timestamp;
use mrms_core::{RecordId, Version};
use serde_json::Value;

use super::people::{Whose, subject, whose};
use super::sections::{Section, says_nothing, why_not_so};
use super::text;
use crate::export::collection::others;
use crate::export::left_out::{LeftOut, Why};
use crate::export::links::Links;
use crate::resource::Resource;
use crate::scan::strings_named;
use crate::stored::Contents;
use crate::time::TimeRange;

/// What is chosen.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// The resources, those first that sections have.
    pub(super) resources: Vec<Resource>,
    /// The section of each that has one, by its place.
    pub(super) sections: Vec<(&'static Section, usize)>,
    /// The section of each resource that was left out because it is refuted.
    pub(super) refuted: Vec<&'static Section>,
    /// Addresses of what was not taken, since the same is there, and the address of that.
    pub(super) same: Vec<(String, String)>,
    /// Addresses by which documents mean the patient, by the beginning of their resources' ids.
    patients: HashMap<String, String>,
    patient: String,
    /// Values by address, for what others refer to.
    values: HashMap<String, Value>,
}

impl Chosen {
    /// What a resource says in one line.
    pub(super) fn row(&self, place: usize) -> String {
        let one = &self.resources[place];
        text::row(one, |address| self.values.get(address))
    }

    /// A resource's text, in which the patient has the patient's address.
    pub(super) fn linked(&self, one: &Resource) -> String {
        match self.patients.get(document_of(&one.id)) {
            Some(address) => {
                let mut links = Links::default();
                links.alias(address, &self.patient);
                links.applied(&one.text())
            }
            None => one.text().into_owned(),
        }
    }
}

/// The record and version in the id of a stored resource.
fn document_of(id: &str) -> &str {
    id.rsplit_once('.').map_or(id, |(document, _)| document)
}

/// A resource of a section that may be chosen.
struct Candidate {
    resource: Resource,
    section: &'static Section,
    place: (RecordId, Version),
}

/// Chooses.
pub(super) fn choose(
    patient: &str,
    documents: Vec<(RecordId, Version, Contents)>,
    left_out: &mut Vec<LeftOut>,
) -> Chosen {
    let mut chosen = Chosen { patient: patient.to_owned(), ..Chosen::default() };
    let (mut candidates, mut waiting) = (Vec::new(), Vec::new());
    for (record, version, contents) in documents {
        let leave = |what: &str, count: usize, why: Why| LeftOut {
            record,
            version,
            what: what.to_owned(),
            count,
            why,
        };
        left_out.extend(others(record, version, &contents));
        let alias = match whose(&contents, patient) {
            Whose::Several => {
                left_out.push(leave("document", 1, Why::SeveralPeople));
                continue;
            }
            Whose::Patients(alias) => alias,
        };
        if let Some(alias) = &alias {
            chosen.patients.insert(format!("{record}.{version}"), alias.clone());
        }
        for one in contents.resources {
            let (value, what) = (one.value(), one.kind.as_str());
            chosen.values.insert(one.address(), value.clone());
            let is_theirs = subject(value)
                .is_none_or(|address| address == patient || Some(address) == alias.as_deref());
            let why = if !is_theirs {
                Some(Why::OtherPerson)
            } else if let Some(why) = why_not_so(value) {
                chosen.refuted.extend(Section::of(value).filter(|_| why == Why::Refuted));
                Some(why)
            } else if says_nothing(value) {
                Some(Why::SaysNothing)
            } else if what == "Composition" {
                Some(Why::OwnWords)
            } else {
                None
            };
            match why {
                None => {}
                Some(Why::OtherPerson) => {
                    left_out.push(leave(what, 1, Why::OtherPerson));
                    continue;
                }
                Some(why) => {
                    waiting.push(Waiting { resource: one, place: (record, version), why });
                    continue;
                }
            }
            let place = (record, version);
            match Section::of(value) {
                Some(section) => candidates.push(Candidate { resource: one, section, place }),
                None => waiting.push(Waiting { resource: one, place, why: Why::NoSection }),
            }
        }
    }
    let candidates =
        newest_of_each(without_repeats(candidates, &mut chosen, left_out), &mut waiting);
    for candidate in candidates {
        chosen.sections.push((candidate.section, chosen.resources.len()));
        chosen.resources.push(candidate.resource);
    }
    with_what_they_name(&mut chosen, waiting, left_out);
    chosen
}

/// Leaves out what says the same as something newer, or is an older state of it.
fn without_repeats(
    candidates: Vec<Candidate>,
    chosen: &mut Chosen,
    left_out: &mut Vec<LeftOut>,
) -> Vec<Candidate> {
    let (mut known, mut identified) = (HashMap::new(), HashMap::new());
    let mut kept = Vec::new();
    for candidate in candidates {
        let value = candidate.resource.value();
        let address = candidate.resource.address();
        let said = fingerprint(value, &chosen.values, 2);
        let identities = identities(value);
        let again = known.get(&said).cloned().map(|same: String| (same, Why::Repeated));
        let again = again.or_else(|| {
            let older = identities.iter().find_map(|one| identified.get(one)).cloned();
            older.map(|same: String| (same, Why::Older))
        });
        if let Some((same, why)) = again {
            left_out.push(candidate.leave(why));
            chosen.same.push((address, same));
            continue;
        }
        known.insert(said, address.clone());
        identified.extend(identities.into_iter().map(|one| (one, address.clone())));
        kept.push(candidate);
    }
    kept
}

/// Of measurements of one kind the newest that has a result, and what is newer than it; of what has no date, or no code, all.
fn newest_of_each(candidates: Vec<Candidate>, older: &mut Vec<Waiting>) -> Vec<Candidate> {
    // With a result goes before without one, and then the later before the earlier.
    let mut newest: HashMap<String, (bool, Timestamp)> = HashMap::new();
    let measured = |one: &Candidate| {
        let value = one.resource.value();
        let is_measured =
            one.section.is_of_measurements() && one.resource.kind.as_str() == "Observation";
        let code = value.get("code").filter(|_| is_measured)?;
        Some((fingerprint(code, &HashMap::new(), 0), text::instant(value)?))
    };
    for one in &candidates {
        if let Some((code, time)) = measured(one) {
            let this = (has_result(one.resource.value()), time);
            let latest = newest.entry(code).or_insert(this);
            *latest = this.max(*latest);
        }
    }
    let mut kept = Vec::new();
    for one in candidates {
        let is_older = measured(&one).is_some_and(|(code, time)| {
            newest.get(&code).is_some_and(|(_, latest)| time < *latest)
        });
        match is_older {
            true => {
                let Candidate { resource, place, .. } = one;
                older.push(Waiting { resource, place, why: Why::Older });
            }
            false => kept.push(one),
        }
    }
    kept
}

/// Whether an observation came to a result: one that was cancelled, or is only ordered, says nothing about an earlier one.
fn has_result(observation: &Value) -> bool {
    let status = observation.get("status").and_then(Value::as_str);
    !matches!(status, Some("cancelled" | "entered-in-error" | "registered"))
}

/// A resource that is left out, unless one that was chosen refers to it.
struct Waiting {
    resource: Resource,
    place: (RecordId, Version),
    why: Why,
}

impl Candidate {
    fn leave(&self, why: Why) -> LeftOut {
        let (record, version) = self.place;
        LeftOut { record, version, what: self.resource.kind.to_string(), count: 1, why }
    }
}

/// Adds what the chosen resources refer to, and what that refers to. The rest is left out.
fn with_what_they_name(chosen: &mut Chosen, waiting: Vec<Waiting>, left_out: &mut Vec<LeftOut>) {
    let mut waiting: HashMap<String, Waiting> =
        waiting.into_iter().map(|one| (one.resource.address(), one)).collect();
    let same: HashMap<String, String> = chosen.same.iter().cloned().collect();
    // The same doctor or place in several documents is there once.
    let mut known: HashMap<String, String> = HashMap::new();
    let mut next = 0;
    while next < chosen.resources.len() {
        let text = chosen.resources[next].text().into_owned();
        next += 1;
        for place in strings_named(&text, 0..text.len(), "reference") {
            let Ok(address) = serde_json::from_str::<String>(&text[place]) else { continue };
            let address = same.get(&address).cloned().unwrap_or(address);
            let Some(Waiting { resource: named, .. }) = waiting.remove(&address) else { continue };
            let said = fingerprint(named.value(), &chosen.values, 2);
            match known.get(&said) {
                Some(same) => chosen.same.push((address, same.clone())),
                None => {
                    known.insert(said, address);
                    chosen.resources.push(named);
                }
            }
        }
    }
    let mut rest: Vec<_> = waiting.into_values().collect();
    rest.sort_by_key(|one| one.resource.address());
    left_out.extend(rest.into_iter().map(|one| {
        let (record, version) = one.place;
        LeftOut { record, version, what: one.resource.kind.to_string(), count: 1, why: one.why }
    }));
}

/// What a value says, whatever it is called and whoever wrote it down: the same for the same content.
fn fingerprint(value: &Value, values: &HashMap<String, Value>, depth: usize) -> String {
    let mut said = String::new();
    say(value, values, depth, true, &mut said);
    said
}

fn say(
    value: &Value,
    values: &HashMap<String, Value>,
    depth: usize,
    is_resource: bool,
    said: &mut String,
) {
    match value {
        Value::Array(items) => {
            said.push('[');
            for item in items {
                say(item, values, depth, false, said);
                said.push(',');
            }
            said.push(']');
        }
        Value::Object(members) => {
            if let Some(address) = members.get("reference").and_then(Value::as_str)
                && let Some(named) = values.get(address)
            {
                match depth {
                    0 => said.push_str(address.split('/').next().unwrap_or_default()),
                    _ => say(named, values, depth - 1, true, said),
                }
                return;
            }
            let names: BTreeSet<&String> = members.keys().collect();
            said.push('{');
            for name in names {
                let is_of_the_file = matches!(name.as_str(), "id" | "meta" | "text" | "language");
                if is_resource && is_of_the_file {
                    continue;
                }
                // Writing to a String never fails.
                let _ = write!(said, "{name:?}:");
                say(&members[name], values, depth, false, said);
                said.push(',');
            }
            said.push('}');
        }
        plain => {
            let _ = write!(said, "{plain}");
        }
    }
}

/// What makes two resources two states of one thing: an identifier and what it is of. An order's number alone is on each of its
/// results.
fn identities(value: &Value) -> Vec<String> {
    let kind = value.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    let fields = ["code", "medicationCodeableConcept", "medicationReference", "vaccineCode"];
    let of = fields.iter().find_map(|field| value.get(*field));
    let Some(of) = of else { return Vec::new() };
    let of = fingerprint(of, &HashMap::new(), 0);
    let identifiers =
        value.get("identifier").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let text = |one: &Value, field: &str| one.get(field).and_then(Value::as_str).map(str::to_owned);
    identifiers
        .iter()
        .filter_map(|one| {
            let (system, number) = (text(one, "system")?, text(one, "value")?);
            Some(format!("{kind}\0{system}\0{number}\0{of}"))
        })
        .collect()
}

/// When something was, for comparing.
pub(super) fn instant_of(date: &str) -> Option<Timestamp> {
    TimeRange::parse(date).map(|range| range.from)
}
