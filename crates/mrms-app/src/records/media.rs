//! Finds out what kind of document a file is, by its first bytes.
//!
//! Looks for health formats first, since `infer` takes some DICOM files for pictures; then for what
//! `infer` knows; then whether it is text. Looks only at the head of the file, parses nothing and
//! changes nothing. Sources: DICOM PS3.10 §7.1 (preamble and `DICM`), HL7 v2.x §2.5 (`MSH`), FHIR
//! R4 "MIME types", SMART Health Cards (`.smart-health-card`), FHIR R4 DocumentReference (CDA).

use mrms_viewers::{CDA_MEDIA_TYPE, Kind, STUDY_MEDIA_TYPE};

/// Bytes of a file that [`media_type`] looks at; more make no difference.
pub const HEAD_LENGTH: usize = 8 * 1024;

/// The media type of a file that begins with `head` (up to [`HEAD_LENGTH`] bytes) and is named
/// `file_name`.
#[must_use]
pub fn media_type(head: &[u8], file_name: &str) -> &'static str {
    let extension = file_name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let extension = extension.to_ascii_lowercase();
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    // Of several programs, the viewers know best what a health document is.
    match Kind::of(head, file_name) {
        Kind::Dicom => return "application/dicom",
        Kind::Study => return STUDY_MEDIA_TYPE,
        Kind::Hl7 => return "x-application/hl7-v2+er7",
        Kind::HealthCard => return "application/smart-health-card",
        Kind::Cda => return CDA_MEDIA_TYPE,
        _ => {}
    }
    if text.starts_with(b"{") {
        return json_type(text, &extension);
    }
    if contains(text, b"<ClinicalDocument") {
        return CDA_MEDIA_TYPE;
    }
    if let Some(kind) = infer::get(head) {
        return kind.mime_type();
    }
    match extension.as_str() {
        "xml" => "text/xml",
        "json" => "application/json",
        "html" | "htm" => "text/html",
        "csv" => "text/csv",
        _ if is_text(head) => "text/plain",
        _ => "application/octet-stream",
    }
}

fn json_type(text: &[u8], extension: &str) -> &'static str {
    if extension == "smart-health-card" {
        "application/smart-health-card"
    } else if !contains(text, b"\"resourceType\"") {
        "application/json"
    } else if extension == "ndjson" || text.windows(3).any(|three| three == b"}\n{") {
        "application/fhir+ndjson"
    } else {
        "application/fhir+json"
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// UTF-8 without control characters, apart from a character cut off where the head ends.
fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    valid.chars().all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{c}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dicom_is_known_by_its_prefix_even_where_it_looks_like_a_picture() {
        let mut head = vec![0; 132];
        head[..4].copy_from_slice(b"II*\0");
        head[128..].copy_from_slice(b"DICM");
        assert_eq!(media_type(&head, "scan"), "application/dicom");
    }

    #[test]
    fn health_formats_are_told_from_plain_json_and_xml() {
        let cases: [(&[u8], &str, &str); 11] = [
            (b"MSH|^~\\&|LAB", "a.hl7", "x-application/hl7-v2+er7"),
            (b"{\"resourceType\":\"Bundle\"}", "b.json", "application/fhir+json"),
            (b"{\"resourceType\":\"P\"}\n{\"resourceType\":\"P\"}", "p", "application/fhir+ndjson"),
            (b"{\"a\":1}", "a.json", "application/json"),
            (
                b"<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\">",
                "c",
                "application/hl7-v3+xml",
            ),
            (b"shc:/56762909524320603460", "card.txt", "application/smart-health-card"),
            (b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100", "IMG0", "application/dicom"),
            (b"<?xml version=\"1.0\"?><data/>", "d.xml", "text/xml"),
            (b"{\"verifiableCredential\":[]}", "x", "application/smart-health-card"),
            (b"%PDF-1.7", "letter", "application/pdf"),
            ("Grüße, Käthe\n".as_bytes(), "note.txt", "text/plain"),
        ];
        for (head, name, expected) in cases {
            assert_eq!(media_type(head, name), expected, "{name}");
        }
    }

    #[test]
    fn bytes_that_are_nothing_known_are_octets() {
        assert_eq!(media_type(&[0, 1, 2, 3, 255], "x"), "application/octet-stream");
        assert_eq!(media_type(&[0xc3], "cut"), "text/plain");
        assert_eq!(media_type(&[0xff, 0xff], "x"), "application/octet-stream");
    }
}
