//! [`Collection`]: everything of the records that were opened, as one bundle (`collection`).
//!
//! Of each version the document (DocumentReference), its content (Binary), who wrote it (Provenance), and the clinical
//! resources in it. It is written while it is made, a version after the other, since contents may be long.

use std::collections::BTreeSet;
use std::io::{self, Write};

use mrms_core::{RecordId, UnixTime, Version as RecordVersion};
use serde_json::json;

use super::left_out::{LeftOut, Why};
use super::links::{Links, urn};
use crate::resource::Resource;
use crate::stored::{Contents, NoResources, WhyNotTaken};
use crate::time::instant;
use crate::write::{
    Document, Patient, Provenance, binary, document, patient, provenance, version_id,
};

/// A version that was opened.
#[derive(Debug)]
pub struct Version<'c> {
    /// Its document.
    pub document: Document,
    /// Its media type.
    pub media_type: &'c str,
    /// Its content.
    pub content: &'c [u8],
    /// What is in it; `None` where it is no FHIR.
    pub contents: Option<Result<Contents, NoResources>>,
}

/// A bundle that is being written.
#[derive(Debug)]
pub struct Collection<W> {
    writer: W,
    /// The contract, in which records have their numbers.
    space: String,
    patients: BTreeSet<String>,
    entries: usize,
}

impl<W: Write> Collection<W> {
    /// Begins a bundle of the records of a contract.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn begin(mut writer: W, space: &str, now: UnixTime) -> io::Result<Self> {
        let time = instant(now);
        let identifier =
            json!({"system": "urn:ietf:rfc:3986", "value": urn(&[space, "collection", &time])});
        write!(
            writer,
            r#"{{"resourceType":"Bundle","identifier":{identifier},"type":"collection","timestamp":{}"#,
            json!(time)
        )?;
        Ok(Self { writer, space: space.to_owned(), patients: BTreeSet::new(), entries: 0 })
    }

    /// How many resources are in it.
    #[must_use]
    pub const fn entries(&self) -> usize {
        self.entries
    }

    /// Adds a version, and its patient where that is not there yet. Returns what of it was left out.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn add(&mut self, version: Version<'_>) -> io::Result<Vec<LeftOut>> {
        let Version { document: about, media_type, content, contents } = version;
        let (record, number) = (about.record, about.version);
        let (id, who) = about.patient.clone();
        let mut links = Links::default();
        let patient_url = links.add(&self.space, &format!("Patient/{id}"));
        let written = Provenance {
            record,
            version: number,
            patient: id.clone(),
            author: about.author.clone(),
            time: about.time,
            hash: about.hash.clone(),
        };
        if self.patients.insert(id.clone()) {
            self.entry(&patient_url, &patient(Patient { id, who }), &links)?;
        }
        let document = document(about);
        let document_url = links.add(&self.space, &document.versioned_address());
        // A Binary names the document by its record.
        links.alias(&document.address(), &document_url);
        let binary_url = links.add(&self.space, &format!("Binary/{}", version_id(record, number)));
        self.entry(&document_url, &document, &links)?;
        let text = binary(record, number, media_type, content);
        self.text(&binary_url, &links.applied(&text))?;
        let provenance = provenance(written);
        let provenance_url = links.add(&self.space, &provenance.address());
        self.entry(&provenance_url, &provenance, &links)?;
        let contents = match contents {
            None => return Ok(Vec::new()),
            Some(Ok(contents)) => contents,
            Some(Err(why)) => return Ok(vec![not_read(record, number, why)]),
        };
        let urls: Vec<_> =
            contents.resources.iter().map(|one| links.add(&self.space, &one.address())).collect();
        for (url, one) in urls.iter().zip(&contents.resources) {
            self.entry(url, one, &links)?;
        }
        Ok(others(record, number, &contents).collect())
    }

    fn entry(&mut self, url: &str, resource: &Resource, links: &Links) -> io::Result<()> {
        self.text(url, &links.applied(&resource.text()))
    }

    fn text(&mut self, url: &str, resource: &str) -> io::Result<()> {
        let before = if self.entries == 0 { r#","entry":["# } else { "," };
        self.entries += 1;
        write!(self.writer, r#"{before}{{"fullUrl":{},"resource":{resource}}}"#, json!(url))
    }

    /// Ends the bundle. One in which nothing is has no list of entries, which FHIR wants.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn end(mut self) -> io::Result<W> {
        self.writer.write_all(if self.entries == 0 { b"}" } else { b"]}" })?;
        Ok(self.writer)
    }
}

/// Why nothing was taken out of a document that should be FHIR.
pub(super) fn not_read(record: RecordId, version: RecordVersion, why: NoResources) -> LeftOut {
    let why = match why {
        NoResources::NotJson | NoResources::NotCda => Why::NotRead,
        NoResources::TooMany => Why::TooMany,
    };
    LeftOut { record, version, what: "document".to_owned(), count: 1, why }
}

/// The types that the face does not know, and what could not be converted.
pub(super) fn others(
    record: RecordId,
    version: RecordVersion,
    contents: &Contents,
) -> impl Iterator<Item = LeftOut> {
    let leave = move |what: &str, count: usize, why: Why| LeftOut {
        record,
        version,
        what: what.to_owned(),
        count,
        why,
    };
    let others = contents.others.iter();
    let others = others.map(move |(what, count)| leave(what, *count, Why::OtherType));
    let not_taken = contents.not_taken.iter().map(move |one| {
        let why = match one.why {
            WhyNotTaken::NoConversion => Why::NoConversion,
            WhyNotTaken::NoEntries => Why::NoEntries,
            WhyNotTaken::SeveralPeople => Why::SeveralPeople,
            WhyNotTaken::OtherPerson => Why::OtherPerson,
            WhyNotTaken::Null => Why::SaysNothing,
            WhyNotTaken::Intended => Why::Intended,
            WhyNotTaken::Negated => Why::Refuted,
            WhyNotTaken::Unclear => Why::Unclear,
            WhyNotTaken::Unnamed => Why::Unnamed,
        };
        leave(&one.what, one.count, why)
    });
    others.chain(not_taken)
}
