//! An International Patient Summary: one document about one person, out of the FHIR that their records have.
//!
//! Follows the sections of HL7's International Patient Summary (IPS 1.1). Resources stay as their authors wrote them, but for
//! ids and references; so they may lack what the profiles of IPS ask for, and none is claimed. Allergies, medicines and problems
//! always have a section: where nothing is there, its one entry says that there is no information, as IPS asks, and its words
//! whether something was left out because it is refuted. Nothing is
//! translated, guessed or joined: what does not go in is a [`LeftOut`].
//! Source: <https://hl7.org/fhir/uv/ips/>.

mod chosen;
mod people;
mod sections;
mod text;

use mrms_core::{RecordId, UnixTime, Version};
use serde_json::{Value, json};

use super::collection::not_read;
use super::left_out::{LeftOut, Why, counted};
use super::links::{Links, urn};
use crate::stored::{Contents, NoResources};
use crate::time::instant;
use crate::write::Party;

use chosen::{Chosen, choose};
use people::{Named, patient};
use sections::{SECTIONS, Section};

/// A version of a record that may have something for the summary.
#[derive(Debug)]
pub struct Source {
    /// The record.
    pub record: RecordId,
    /// Its version.
    pub version: Version,
    /// When it was put on record.
    pub time: UnixTime,
    /// What kind of document it is, in words.
    pub kind: String,
    /// What is in it; `None` where it is no FHIR.
    pub contents: Option<Result<Contents, NoResources>>,
}

/// About whom the summary is, and who makes it.
#[derive(Debug)]
pub struct About<'a> {
    /// The id of the patient at the face, and who it is.
    pub patient: (String, Party),
    /// The contract's URI.
    pub space: &'a str,
    /// The time that the summary bears.
    pub now: UnixTime,
    /// The program's version.
    pub program: &'a str,
}

/// A section of the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its title.
    pub title: &'static str,
    /// How many entries it has; 0 where it says that there is no information, or that all of it is refuted.
    pub entries: usize,
    /// How many were left out of it because they are refuted.
    pub refuted: usize,
    /// How many of them are reports, which viewers show beside single results.
    pub reports: usize,
}

/// The summary.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The bundle, of type `document`.
    pub bundle: String,
    /// How many resources are in it.
    pub resources: usize,
    /// Its sections, in order.
    pub sections: Vec<Written>,
    /// What is not in it.
    pub left_out: Vec<LeftOut>,
    /// Whether a date of birth is in it.
    pub has_birth_date: bool,
    /// What the documents call their patient; `None` where they do not say it.
    pub patient: Option<String>,
}

/// Why there is no summary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoSummary {
    /// The documents name people who were born on different days, so that they are about several.
    #[error("the documents are about people who were born on different days: {}", births.join(", "))]
    SeveralPeople {
        /// The days, with the record of each.
        births: Vec<String>,
    },
}

/// Makes the summary of these versions.
///
/// # Errors
///
/// [`NoSummary`].
pub fn summary(about: &About<'_>, mut sources: Vec<Source>) -> Result<Summary, NoSummary> {
    // What was put on record last says how things are now.
    sources.sort_by_key(|source| std::cmp::Reverse((source.time, source.record, source.version)));
    let mut left_out = Vec::new();
    let mut readable = Vec::new();
    for source in sources {
        let (record, version) = (source.record, source.version);
        match source.contents {
            None => {
                let (what, why) = (source.kind, Why::NotFhir);
                left_out.push(LeftOut { record, version, what, count: 1, why });
            }
            Some(Err(why)) => left_out.push(not_read(record, version, why)),
            Some(Ok(contents)) => readable.push((record, version, contents)),
        }
    }
    let named = Named::of(&readable)?;
    let chosen = choose(&format!("Patient/{}", about.patient.0), readable, &mut left_out);
    Ok(written(about, &named, &chosen, left_out))
}

fn written(about: &About<'_>, named: &Named, chosen: &Chosen, left_out: Vec<LeftOut>) -> Summary {
    let (id, who) = &about.patient;
    let mut links = Links::default();
    let patient_url = links.add(about.space, &format!("Patient/{id}"));
    for one in &chosen.resources {
        links.add(about.space, &one.address());
    }
    for (address, kept) in &chosen.same {
        let url = links.url(kept).map(str::to_owned);
        if let Some(url) = url {
            links.alias(address, &url);
        }
    }
    let mut entries: Vec<(String, String)> = vec![(patient_url.clone(), patient(id, who, named))];
    let device_url = links.add(about.space, "Device/mrms");
    entries.push((device_url.clone(), device(about.program)));
    let (mut parts, mut told) = (Vec::new(), Vec::new());
    for section in &SECTIONS {
        let refuted = chosen.refuted.iter().filter(|one| std::ptr::eq(**one, section)).count();
        let inside: Vec<_> =
            chosen.sections.iter().filter(|(one, _)| std::ptr::eq(*one, section)).collect();
        let Some(nothing) = section.nothing else {
            if !inside.is_empty() {
                let rows = inside.iter().map(|(_, place)| chosen.row(*place));
                let urls = inside
                    .iter()
                    .filter_map(|(_, place)| links.url(&chosen.resources[*place].address()));
                parts.push(part(section, &text::list(rows), urls));
                let is_report =
                    |place: usize| chosen.resources[place].kind.as_str() == "DiagnosticReport";
                let reports = inside.iter().filter(|(_, place)| is_report(*place)).count();
                let (title, entries) = (section.title, inside.len());
                told.push(Written { title, entries, refuted, reports });
            }
            continue;
        };
        if inside.is_empty() {
            let url = links.add(about.space, &format!("{}/{}", nothing.resource, nothing.code));
            let words = (refuted > 0).then(|| nothing.but_refuted());
            let entry = nothing.written(&patient_url, words.as_deref());
            entries.push((url.clone(), entry.to_string()));
            let said = words.as_deref().unwrap_or(nothing.display);
            parts.push(part(section, &text::paragraph(said), [url.as_str()].into_iter()));
        } else {
            let rows = inside.iter().map(|(_, place)| chosen.row(*place));
            let urls = inside
                .iter()
                .filter_map(|(_, place)| links.url(&chosen.resources[*place].address()));
            parts.push(part(section, &text::list(rows), urls));
        }
        told.push(Written { title: section.title, entries: inside.len(), refuted, reports: 0 });
    }
    for one in &chosen.resources {
        if let Some(url) = links.url(&one.address()) {
            let text = chosen.linked(one);
            entries.push((url.to_owned(), links.applied(&text)));
        }
    }
    let time = instant(about.now);
    let all: String = entries.iter().map(|(_, text)| text.as_str()).collect();
    let identifier = urn(&[about.space, "summary", id, &time, &all]);
    let composition_url = urn(&[about.space, "composition", &identifier]);
    let composition = composition(&composition_url, &patient_url, &device_url, &time, &parts);
    entries.insert(0, (composition_url, composition));
    let entries: Vec<_> = entries
        .iter()
        .map(|(url, text)| format!(r#"{{"fullUrl":{},"resource":{text}}}"#, json!(url)))
        .collect();
    let identifier = json!({"system": "urn:ietf:rfc:3986", "value": identifier});
    let bundle = format!(
        r#"{{"resourceType":"Bundle","identifier":{identifier},"type":"document","timestamp":{},"entry":[{}]}}"#,
        json!(time),
        entries.join(",")
    );
    Summary {
        bundle,
        resources: entries.len(),
        sections: told,
        left_out: counted(left_out),
        has_birth_date: named.birth_date.is_some(),
        patient: named.said(),
    }
}

fn part<'u>(section: &Section, div: &str, urls: impl Iterator<Item = &'u str>) -> Value {
    let entries: Vec<_> = urls.map(|url| json!({"reference": url})).collect();
    json!({
        "title": section.title,
        "code": {"coding": [{"system": "http://loinc.org", "code": section.code, "display": section.display}]},
        "text": {"status": "generated", "div": div},
        "entry": entries,
    })
}

fn composition(url: &str, patient: &str, device: &str, time: &str, parts: &[Value]) -> String {
    json!({
        "resourceType": "Composition",
        "id": url.trim_start_matches("urn:uuid:"),
        "language": "en",
        "status": "final",
        "type": {"coding": [{
            "system": "http://loinc.org",
            "code": "60591-5",
            "display": "Patient summary Document",
        }]},
        "subject": {"reference": patient},
        "date": time,
        // A program put it together, and nobody has looked over it.
        "author": [{"reference": device}],
        "title": "Patient summary",
        "section": parts,
    })
    .to_string()
}

fn device(version: &str) -> String {
    json!({
        "resourceType": "Device",
        "id": "mrms",
        "deviceName": [{"name": "MRMS", "type": "model-name"}],
        "version": [{"value": version}],
    })
    .to_string()
}

#[cfg(test)]
mod tests;
