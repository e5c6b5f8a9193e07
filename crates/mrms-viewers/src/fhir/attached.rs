//! Documents inside FHIR: in a resource itself, or in a Binary of the same file that the resource names.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Resources, values};
use crate::bounds;
use crate::json;
use crate::kind::Kind;

/// A document that lies whole inside another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// What it is called there.
    pub title: Option<String>,
    /// What it is said to be.
    pub media_type: Option<String>,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// The documents inside a file of FHIR, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachedFiles {
    /// In their order in the file.
    pub documents: Vec<Attached>,
    /// Whether the file only wraps them: it has nothing else that it says.
    pub is_wrapping: bool,
}

/// The documents inside a file; of anything else than FHIR, none.
#[must_use]
pub fn attached_files(content: &[u8]) -> AttachedFiles {
    if content.len() > bounds::MOST_BYTES || Kind::of(content, "") != Kind::Fhir {
        return AttachedFiles::default();
    }
    let Ok(values) = values(content) else { return AttachedFiles::default() };
    let resources = Resources::of(&values);
    let named = named(&resources);
    // A file that names one document a thousand times does not become a thousand files.
    let mut taken = HashSet::new();
    let mut documents = Vec::new();
    let mut is_wrapping = true;
    for one in resources.index.every.iter().copied() {
        let kind = json::text(one, "resourceType").unwrap_or_default();
        is_wrapping &= match kind {
            "DocumentReference" => true,
            "Binary" => named.contains(&std::ptr::from_ref(one)),
            _ => false,
        };
        for attachment in attachments(one) {
            let inside = inside(&resources, one, attachment);
            is_wrapping &= inside.is_some();
            let Some(inside) = inside.filter(|inside| taken.insert(inside.data.as_ptr())) else {
                continue;
            };
            match inside.bytes() {
                Some(content) if documents.len() < bounds::MOST_ENTRIES => {
                    documents.push(Attached {
                        title: inside.title.map(str::to_owned),
                        media_type: inside.media_type.map(str::to_owned),
                        content,
                    });
                }
                _ => is_wrapping = false,
            }
        }
    }
    AttachedFiles { is_wrapping: is_wrapping && !documents.is_empty(), documents }
}

/// The attachments of a DocumentReference or a DiagnosticReport.
pub(super) fn attachments(one: &Value) -> impl Iterator<Item = &Value> {
    let (forms, contents) = match json::text(one, "resourceType") {
        Some("DocumentReference") => (&[][..], json::list(one, "content")),
        Some("DiagnosticReport") => (json::list(one, "presentedForm"), &[][..]),
        _ => (&[][..], &[][..]),
    };
    forms.iter().chain(contents.iter().filter_map(|content| content.get("attachment")))
}

/// A document in the file, as it stands there.
pub(super) struct Inside<'v> {
    pub(super) title: Option<&'v str>,
    pub(super) media_type: Option<&'v str>,
    data: &'v str,
}

impl Inside<'_> {
    /// Its bytes. Lines may be broken.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        let data: Vec<u8> = self.data.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        STANDARD.decode(data).ok()
    }
}

/// What an attachment has inside the file: its own data, or those of the Binary that it names.
pub(super) fn inside<'v>(
    resources: &Resources<'v>,
    one: &'v Value,
    attachment: &'v Value,
) -> Option<Inside<'v>> {
    let title = json::text(attachment, "title").or_else(|| json::text(one, "description"));
    let media_type = json::text(attachment, "contentType");
    if let Some(data) = json::text(attachment, "data") {
        return Some(Inside { title, media_type, data });
    }
    let binary = binary(resources, one, attachment)?;
    let media_type = media_type.or_else(|| json::text(binary, "contentType"));
    Some(Inside { title, media_type, data: json::text(binary, "data")? })
}

fn binary<'v>(
    resources: &Resources<'v>,
    one: &'v Value,
    attachment: &'v Value,
) -> Option<&'v Value> {
    let found = resources.find(one, json::text(attachment, "url")?)?;
    (json::text(found, "resourceType") == Some("Binary")).then_some(found)
}

/// The Binaries that attachments of the file name.
pub(super) fn named(resources: &Resources<'_>) -> HashSet<*const Value> {
    let every = resources.index.every.iter().copied();
    every
        .flat_map(|one| attachments(one).filter_map(move |each| binary(resources, one, each)))
        .map(std::ptr::from_ref)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrapped(more: &[Value]) -> Vec<u8> {
        let mut entries = vec![
            json!({"fullUrl": "urn:uuid:1", "resource": {"resourceType": "DocumentReference",
                "content": [{"attachment": {"contentType": "application/pdf", "url": "urn:uuid:2",
                    "title": "Letter"}}]}}),
            json!({"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Binary",
                "contentType": "application/pdf", "data": "JVBE\nRi0x"}}),
        ];
        entries.extend_from_slice(more);
        json!({"resourceType": "Bundle", "type": "collection", "entry": entries})
            .to_string()
            .into_bytes()
    }

    fn letter() -> Attached {
        Attached {
            title: Some("Letter".to_owned()),
            media_type: Some("application/pdf".to_owned()),
            content: b"%PDF-1".to_vec(),
        }
    }

    #[test]
    fn document_in_a_binary_of_the_same_bundle_comes_out_whole() {
        let found = attached_files(&wrapped(&[]));
        assert_eq!(found, AttachedFiles { documents: vec![letter()], is_wrapping: true });
    }

    #[test]
    fn file_that_says_more_is_no_wrapping_and_gives_each_document_once() {
        let again = json!({"resource": {"resourceType": "DocumentReference",
            "content": [{"attachment": {"url": "urn:uuid:2"}}]}});
        let patient = json!({"resource": {"resourceType": "Patient"}});
        let found = attached_files(&wrapped(&[again, patient]));
        assert_eq!(found, AttachedFiles { documents: vec![letter()], is_wrapping: false });
        let elsewhere = json!({"resource": {"resourceType": "DocumentReference",
            "content": [{"attachment": {"url": "https://archive.example/7"}}]}});
        assert!(!attached_files(&wrapped(&[elsewhere])).is_wrapping, "one is not in it");
        let alone = json!({"resource": {"resourceType": "Binary", "data": "AAAA"}});
        assert!(!attached_files(&wrapped(&[alone])).is_wrapping, "nobody names it");
        assert_eq!(attached_files(b"%PDF-1.4"), AttachedFiles::default());
    }

    #[test]
    fn summary_says_that_it_is_in_the_file() {
        let made = super::super::document(&wrapped(&[])).unwrap();
        let text = format!("{:?}", made.blocks);
        assert!(text.contains("AttachmentInside") && !text.contains("LinkElsewhere"), "{text}");
        assert!(!text.contains("AlsoInIt"), "{text}");
    }
}
