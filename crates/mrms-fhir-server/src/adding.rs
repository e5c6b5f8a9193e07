//! DocumentReferences that clients send: each becomes a record of the profile's own, with its content.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mrms_app::records::write::{Placement, Source};
use mrms_contract::ids;
use mrms_crypto::content::{Label, MediaType, Retention};
use mrms_fhir::{Refusal, Resource, Why};
use mrms_home::clock::rng;
use rand_core::Rng as _;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::gather::documents;
use crate::gather::parties::patient_id;
use crate::reasons::refused;
use crate::work::Work;

/// Makes a record of a DocumentReference with its content inside.
pub(crate) fn create(work: &Work, document: &Value) -> Result<Resource, Refusal> {
    let wrong = |sentence: &str| Why::Unprocessable.because(sentence);
    if document.get("resourceType").and_then(Value::as_str) != Some("DocumentReference") {
        return Err(Why::Invalid.because("The body is no DocumentReference."));
    }
    let subject = document.get("subject").and_then(|subject| subject.get("reference")?.as_str());
    let me = format!("Patient/{}", patient_id(&work.me()));
    if subject.is_some_and(|subject| !subject.ends_with(&me)) {
        return Err(wrong("A record that is made here is the profile's own.")
            .hint("To give a document to a patient, send it: mrms send FILE --to PATIENT."));
    }
    if document.get("relatesTo").is_some() {
        return Err(wrong("DocumentReference.relatesTo would not be kept.")
            .hint("A further version is added with mrms amend."));
    }
    let attachment = match document.get("content").and_then(Value::as_array).map(Vec::as_slice) {
        Some([one]) => one.get("attachment"),
        _ => None,
    };
    let attachment =
        attachment.ok_or_else(|| wrong("DocumentReference.content has one attachment."))?;
    let text = |name: &str| attachment.get(name).and_then(Value::as_str);
    let content = text("data").ok_or_else(|| {
        wrong("The attachment's data is missing.").hint("Send the content in data, as base64.")
    })?;
    let content = STANDARD.decode(content).map(Zeroizing::new);
    let content =
        content.map_err(|_| Why::Invalid.because("The attachment's data is no base64."))?;
    let media_type: Option<MediaType> = match text("contentType") {
        Some(kind) => Some(kind.parse().map_err(|error| {
            wrong(&format!("The attachment's contentType can't be kept: {error}."))
        })?),
        None => None,
    };
    let title = text("title").or_else(|| document.get("description").and_then(Value::as_str));
    let label: Option<Label> = match title {
        Some(title) => Some(
            title.parse().map_err(|error| wrong(&format!("The title can't be kept: {error}.")))?,
        ),
        None => None,
    };
    let mut rng = rng();
    let id = ids::bound_to(&work.me(), rng.next_u64());
    let id = id.ok_or_else(|| Why::Failed.because("There is no id for the record."))?;
    let length = content.len() as u64;
    let source = Source {
        content: Cursor::new(content.as_slice()),
        length,
        file_name: None,
        media_type,
        label,
    };
    let placement = Placement {
        inline_limit: work.server.settings.inline_limit,
        retention: Retention::Permanent,
    };
    work.open.fund(&work.actor).map_err(refused)?;
    let added =
        work.session().create(&work.actor, id, source, placement, &mut rng).map_err(refused)?;
    let added = added.done().ok_or_else(|| Why::Failed.because("Nothing was sent."))?;
    work.open.tell_missing_copies();
    let found = documents::versions(work, &added.record.to_string())?.into_iter().next();
    found.ok_or_else(|| Why::Failed.because("The record is not there."))
}
