//! Documents as FHIR R4, since viewers read FHIR and health cards alone.
//!
//! A document that is FHIR already, or a health card, stays as it is, byte for byte. Any other one goes into a Bundle as a
//! DocumentReference with its bytes. A bundle of the kind KTC is what clinics of the United States scan: one Patient, and a
//! DocumentReference with the bytes inline for each document.
//!
//! Sources: HL7 FHIR R4 Bundle, DocumentReference and Binary; CMS "Kill the Clipboard" for the shape of KTC.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand_core::CryptoRng;
use serde_json::{Value, json};

use crate::{FHIR_JSON, HEALTH_CARD};

/// A document that goes into a link.
#[derive(Clone, Copy, Debug)]
pub struct Document<'d> {
    /// Its bytes.
    pub content: &'d [u8],
    /// What they are.
    pub media_type: &'d str,
    /// What its patient calls it.
    pub title: &'d str,
    /// When it was put on record, RFC 3339.
    pub date: &'d str,
}

/// A file of a link before it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFile {
    /// What it is: FHIR in JSON, or a health card.
    pub content_type: &'static str,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// Who the patient is, as they say themselves. Clinics match people by it.
#[derive(Clone, Copy, Debug)]
pub struct PatientWords<'p> {
    /// Their name.
    pub name: &'p str,
    /// Their day of birth, such as `1980-02-29`.
    pub birth_date: Option<&'p str>,
}

/// The file that a document becomes by itself.
#[must_use]
pub fn file_of(document: &Document<'_>, rng: &mut dyn CryptoRng) -> LinkFile {
    match as_it_is(document.content) {
        Some(content_type) => LinkFile { content_type, content: document.content.to_vec() },
        None => bundle_of(&[*document], rng),
    }
}

/// The one file that several documents become.
#[must_use]
pub fn bundle_of(documents: &[Document<'_>], rng: &mut dyn CryptoRng) -> LinkFile {
    let mut entries = Vec::new();
    for document in documents {
        if as_it_is(document.content) == Some(FHIR_JSON)
            && let Ok(text) = std::str::from_utf8(document.content)
        {
            // As it stands: it is somebody's document, and is not written anew.
            entries.push(format!(
                r#"{{"fullUrl":{},"resource":{}}}"#,
                json!(urn(rng)),
                text.trim()
            ));
            continue;
        }
        let (reference, binary) = (urn(rng), urn(rng));
        let described = json!({
            "resourceType": "DocumentReference",
            "status": "current",
            "date": document.date,
            "description": document.title,
            "content": [{"attachment": {
                "contentType": document.media_type,
                "url": binary,
                "title": document.title,
                "size": document.content.len(),
            }}],
        });
        let bytes = json!({
            "resourceType": "Binary",
            "contentType": document.media_type,
            "data": STANDARD.encode(document.content),
        });
        entries.push(json!({"fullUrl": reference, "resource": described}).to_string());
        entries.push(json!({"fullUrl": binary, "resource": bytes}).to_string());
    }
    collection(&entries, documents.iter().map(|document| document.date).max())
}

/// The one file of a link of the kind KTC: who the patient is, and their documents.
#[must_use]
pub fn ktc(
    patient: &PatientWords<'_>,
    documents: &[Document<'_>],
    now: &str,
    rng: &mut dyn CryptoRng,
) -> LinkFile {
    let subject = urn(rng);
    let mut person = json!({"resourceType": "Patient", "name": [{"text": patient.name}]});
    if let Some(birth_date) = patient.birth_date {
        person["birthDate"] = json!(birth_date);
    }
    let mut entries = vec![json!({"fullUrl": subject, "resource": person}).to_string()];
    for document in documents {
        // A summary is what systems make; whatever else a patient shares is a note of theirs.
        let (code, display) = match document.media_type {
            "application/pdf" => ("60591-5", "Patient summary Document"),
            _ => ("51855-5", "Patient Note"),
        };
        let described = json!({
            "resourceType": "DocumentReference",
            "status": "current",
            "type": {"coding": [{"system": "http://loinc.org", "code": code, "display": display}]},
            "category": [{"coding": [{
                "system": "https://cms.gov/fhir/CodeSystem/patient-shared-category",
                "code": "patient-shared",
                "display": "Patient Shared",
            }]}],
            "subject": {"reference": subject},
            "date": document.date,
            "author": [{"reference": subject}],
            "description": document.title,
            "securityLabel": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
                "code": "PATAST",
                "display": "patient asserted",
            }]}],
            "content": [{"attachment": {
                "contentType": document.media_type,
                "data": STANDARD.encode(document.content),
                "title": document.title,
                "creation": document.date,
            }}],
        });
        entries.push(json!({"fullUrl": urn(rng), "resource": described}).to_string());
    }
    collection(&entries, Some(now))
}

fn collection(entries: &[String], timestamp: Option<&str>) -> LinkFile {
    let timestamp =
        timestamp.map_or_else(String::new, |time| format!(r#","timestamp":{}"#, json!(time)));
    let text = format!(
        r#"{{"resourceType":"Bundle","type":"collection"{timestamp},"entry":[{}]}}"#,
        entries.join(",")
    );
    LinkFile { content_type: FHIR_JSON, content: text.into_bytes() }
}

/// What a document is, if viewers read it as it is.
fn as_it_is(content: &[u8]) -> Option<&'static str> {
    if content.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return None;
    }
    let value: Value = serde_json::from_slice(content).ok()?;
    if value.get("resourceType").is_some_and(Value::is_string) {
        return Some(FHIR_JSON);
    }
    let cards = value.get("verifiableCredential")?.as_array()?;
    (!cards.is_empty() && cards.iter().all(Value::is_string)).then_some(HEALTH_CARD)
}

/// A fresh name: a random UUID (RFC 9562, version 4).
fn urn(rng: &mut dyn CryptoRng) -> String {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    let [a, b, c, d, e] = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    format!("urn:uuid:{a}-{b}-{c}-{d}-{e}")
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    const FHIR: &str = r#"{ "resourceType":"Observation","valueQuantity":{"value":4.10} }"#;

    fn document<'d>(content: &'d [u8], media_type: &'d str) -> Document<'d> {
        Document { content, media_type, title: "Blood test", date: "2026-05-04T10:00:00Z" }
    }

    fn rng() -> StdRng {
        StdRng::seed_from_u64(5)
    }

    fn read(file: &LinkFile) -> Value {
        serde_json::from_slice(&file.content).unwrap()
    }

    #[test]
    fn fhir_and_health_cards_stay_as_they_are() {
        let file = file_of(&document(FHIR.as_bytes(), "application/fhir+json"), &mut rng());
        assert_eq!((file.content_type, file.content.as_slice()), (FHIR_JSON, FHIR.as_bytes()));
        let card = br#"{"verifiableCredential":["a.b.c"]}"#;
        assert_eq!(
            file_of(&document(card, "application/json"), &mut rng()).content_type,
            HEALTH_CARD
        );
    }

    #[test]
    fn any_other_document_is_wrapped_with_its_bytes() {
        for content in [&b"%PDF-1.7"[..], b"{\"a\":1}", b"{", b"", b"\xff\xfe"] {
            let file = file_of(&document(content, "application/pdf"), &mut rng());
            assert_eq!(file.content_type, FHIR_JSON);
            let bundle = read(&file);
            let (reference, binary) = (&bundle["entry"][0], &bundle["entry"][1]);
            assert_eq!(reference["resource"]["content"][0]["attachment"]["url"], binary["fullUrl"]);
            let data = binary["resource"]["data"].as_str().unwrap();
            assert_eq!(STANDARD.decode(data).unwrap(), content);
        }
    }

    #[test]
    fn several_documents_become_one_bundle_and_fhir_in_it_is_not_written_anew() {
        let documents =
            [document(FHIR.as_bytes(), "application/fhir+json"), document(b"x", "text/plain")];
        let file = bundle_of(&documents, &mut rng());
        assert_eq!(read(&file)["entry"].as_array().unwrap().len(), 3);
        let text = String::from_utf8(file.content).unwrap();
        assert!(text.contains(FHIR.trim()), "4.10 keeps its zero");
    }

    #[test]
    fn ktc_bundle_has_one_patient_and_each_document_inline() {
        let patient = PatientWords { name: "Maria Muster", birth_date: Some("1980-02-29") };
        let documents = [document(b"%PDF-1.7", "application/pdf"), document(b"note", "text/plain")];
        let bundle = read(&ktc(&patient, &documents, "2026-11-29T08:00:00Z", &mut rng()));
        assert_eq!(bundle["type"], "collection");
        assert_eq!(bundle["timestamp"], "2026-11-29T08:00:00Z");
        let entries = bundle["entry"].as_array().unwrap();
        let kinds: Vec<_> =
            entries.iter().map(|entry| &entry["resource"]["resourceType"]).collect();
        assert_eq!(kinds, ["Patient", "DocumentReference", "DocumentReference"]);
        let mut codes = Vec::new();
        for entry in entries {
            assert!(entry["fullUrl"].as_str().unwrap().starts_with("urn:uuid:"));
            assert!(entry["resource"].get("meta").is_none());
            if let Some(code) = entry["resource"]["type"]["coding"][0]["code"].as_str() {
                codes.push(code);
                assert_eq!(entry["resource"]["subject"]["reference"], entries[0]["fullUrl"]);
                assert_eq!(entry["resource"]["category"][0]["coding"][0]["code"], "patient-shared");
                assert_eq!(entry["resource"]["securityLabel"][0]["coding"][0]["code"], "PATAST");
                assert!(entry["resource"]["content"][0]["attachment"]["data"].is_string());
            }
        }
        assert_eq!(codes, ["60591-5", "51855-5"]);
    }
}
