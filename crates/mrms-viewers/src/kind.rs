//! What kind of document some bytes are.
//!
//! Looks at the content alone. Names and media types are somebody's word, and only decide where the content says nothing.

use serde::{Deserialize, Serialize};

/// A kind of document that has a viewer, or that import tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// FHIR: a resource, a bundle, or lines of resources.
    Fhir,
    /// A CDA document.
    Cda,
    /// HL7 version 2 messages.
    Hl7,
    /// A PDF.
    Pdf,
    /// A DICOM object.
    Dicom,
    /// A study: an archive of DICOM objects.
    Study,
    /// A SMART Health Card.
    HealthCard,
    /// An export of Apple Health: its XML.
    AppleHealth,
    /// Another archive.
    Archive,
    /// A picture.
    Picture,
    /// A table of separated values.
    Csv,
    /// JSON that is no FHIR.
    Json,
    /// XML that is no CDA.
    Xml,
    /// Plain text.
    Text,
    /// Anything else.
    Other,
}

/// How many bytes from the beginning are looked at.
pub(crate) const HEAD: usize = 64 * 1024;

impl Kind {
    /// A stable word for programs, as it is serialized.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fhir => "fhir",
            Self::Cda => "cda",
            Self::Hl7 => "hl7",
            Self::Pdf => "pdf",
            Self::Dicom => "dicom",
            Self::Study => "study",
            Self::HealthCard => "health-card",
            Self::AppleHealth => "apple-health",
            Self::Archive => "archive",
            Self::Picture => "picture",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Text => "text",
            Self::Other => "other",
        }
    }

    /// The kind of content that begins with these bytes; more than 64 KiB make no difference.
    #[must_use]
    pub fn of(content: &[u8], name: &str) -> Self {
        let head = &content[..content.len().min(HEAD)];
        if head.get(128..132) == Some(b"DICM") {
            return Self::Dicom;
        }
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return if begins_study(head) { Self::Study } else { Self::Archive };
        }
        // A PDF may have something before its beginning.
        if contains(&head[..head.len().min(1024)], b"%PDF-") {
            return Self::Pdf;
        }
        if is_picture(head) {
            return Self::Picture;
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        if [&b"MSH|"[..], b"FHS|", b"BHS|", b"\x0bMSH|"].iter().any(|begin| text.starts_with(begin))
        {
            return Self::Hl7;
        }
        if text.starts_with(b"shc:/") || is_jws(text) {
            return Self::HealthCard;
        }
        if text.starts_with(b"{") || text.starts_with(b"[") {
            return if contains(text, b"\"verifiableCredential\"") {
                Self::HealthCard
            } else if contains(text, b"\"resourceType\"") {
                Self::Fhir
            } else {
                Self::Json
            };
        }
        if text.starts_with(b"<") {
            let root = crate::xml::root(text);
            return match root.as_deref() {
                Some("ClinicalDocument") => Self::Cda,
                Some("HealthData") => Self::AppleHealth,
                Some("html") => Self::Text,
                _ => Self::Xml,
            };
        }
        // DICOM without its preamble begins with a group of small number.
        if begins_without_preamble(head) {
            return Self::Dicom;
        }
        if !is_text(head) {
            return Self::Other;
        }
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension.to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Self::Csv,
            _ => Self::Text,
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn is_picture(head: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 7] =
        [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*"];
    BEGINNINGS.iter().any(|begin| head.starts_with(begin))
        || (head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"))
}

/// Whether an archive begins with the mark of a study: its first entry, which is empty.
fn begins_study(head: &[u8]) -> bool {
    const MARK: &[u8] = b"dicom-study";
    head.get(30..30 + MARK.len()) == Some(MARK)
}

/// Whether bytes without the usual preamble begin like an object: group 8, a small element, and a known kind or length.
fn begins_without_preamble(head: &[u8]) -> bool {
    let Some(&[group, 0, element, 0, kind_0, kind_1, length_0, length_1]) = head.first_chunk::<8>()
    else {
        return false;
    };
    if !matches!(group, 2 | 8) || !matches!(element, 0 | 1 | 2 | 5 | 8 | 12..=24) {
        return false;
    }
    let is_explicit = kind_0.is_ascii_uppercase() && kind_1.is_ascii_uppercase();
    let is_implicit = kind_0 < 128 && kind_1 == 0 && length_0 == 0 && length_1 == 0;
    is_explicit || is_implicit
}

/// Three parts in base64url, of which the first is a JSON object.
fn is_jws(text: &[u8]) -> bool {
    text.starts_with(b"eyJ")
        && text.iter().filter(|byte| **byte == b'.').count() == 2
        && text
            .trim_ascii_end()
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// UTF-8 without control characters, apart from a character that the end of the head cuts.
pub(crate) fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        // Latin-1, as older systems write: no control characters either.
        Err(_) => return !head.iter().any(|byte| matches!(byte, 0..=8 | 14..=31 | 127..=159)),
    };
    valid
        .chars()
        .all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_content() {
        let mut dicom = vec![0; 132];
        dicom[..4].copy_from_slice(b"II*\0");
        dicom[128..].copy_from_slice(b"DICM");
        let cases: [(&[u8], &str, Kind); 17] = [
            (&dicom, "x", Kind::Dicom),
            (b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100", "IMG0", Kind::Dicom),
            (b"%PDF-1.4", "x", Kind::Pdf),
            (b"PK\x03\x04......................", "x", Kind::Archive),
            (b"MSH|^~\\&|LAB", "x", Kind::Hl7),
            (b"shc:/5676", "x", Kind::HealthCard),
            (b"eyJhbGciOiJFUzI1NiJ9.e30.AAAA\n", "x.txt", Kind::HealthCard),
            (b"{\"verifiableCredential\":[]}", "x", Kind::HealthCard),
            (b"\xef\xbb\xbf {\"resourceType\":\"Bundle\"}", "x", Kind::Fhir),
            (b"{\"a\":1}", "x", Kind::Json),
            (
                b"<?xml version='1.0'?><!-- c --><n:ClinicalDocument xmlns:n='urn:hl7-org:v3'>",
                "x",
                Kind::Cda,
            ),
            (
                b"<?xml version=\"1.0\"?><!DOCTYPE HealthData [ <!ELEMENT a (b)> ]><HealthData>",
                "x",
                Kind::AppleHealth,
            ),
            (b"<html><script>", "x", Kind::Text),
            (b"\x89PNG\r\n\x1a\n", "x.pdf", Kind::Picture),
            (b"a,b\n1,2\n", "x.CSV", Kind::Csv),
            ("Grüße".as_bytes(), "x.txt", Kind::Text),
            (b"\0\x01\x02\xff", "x.txt", Kind::Other),
        ];
        for (content, name, expected) in cases {
            assert_eq!(Kind::of(content, name), expected, "{}", String::from_utf8_lossy(content));
        }
    }
}
