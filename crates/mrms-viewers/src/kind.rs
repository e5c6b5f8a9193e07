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

/// The media type of a study, under which it goes on record. It is an archive besides.
pub const STUDY_MEDIA_TYPE: &str = "application/vnd.mrms.dicom-study+zip";
/// The media type of a CDA document, as FHIR R4 writes it.
pub const CDA_MEDIA_TYPE: &str = "application/hl7-v3+xml";

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

    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Fhir,
        Self::Cda,
        Self::Hl7,
        Self::Pdf,
        Self::Dicom,
        Self::Study,
        Self::HealthCard,
        Self::AppleHealth,
        Self::Archive,
        Self::Picture,
        Self::Csv,
        Self::Json,
        Self::Xml,
        Self::Text,
        Self::Other,
    ];

    /// What people call it: its key in a catalogue, and the English words.
    const fn named(self) -> (&'static str, &'static str) {
        match self {
            Self::Fhir => ("kind-fhir", "Health data (FHIR)"),
            Self::Cda => ("kind-cda", "Clinical document (CDA)"),
            Self::Hl7 => ("kind-hl7", "Message of a laboratory or clinic (HL7)"),
            Self::Pdf => ("kind-pdf", "Document (PDF)"),
            Self::Dicom => ("kind-dicom", "Scan (DICOM)"),
            Self::Study => ("kind-study", "Scan of several pictures (DICOM)"),
            Self::HealthCard => ("kind-health-card", "Health card (SMART)"),
            Self::AppleHealth => ("kind-apple-health", "Export of Apple Health"),
            Self::Archive => ("kind-archive", "Archive"),
            Self::Picture => ("kind-picture", "Picture"),
            Self::Csv => ("kind-csv", "Table (CSV)"),
            Self::Json => ("kind-json", "Data (JSON)"),
            Self::Xml => ("kind-xml", "Data (XML)"),
            Self::Text => ("kind-text", "Text"),
            Self::Other => ("kind-file", "File"),
        }
    }

    /// Its key in a catalogue.
    #[must_use]
    pub const fn key(self) -> &'static str {
        self.named().0
    }

    /// What people call it, in English.
    #[must_use]
    pub const fn english(self) -> &'static str {
        self.named().1
    }

    /// The kind of what went on record under a media type.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Self {
        let plain = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let has = |part: &str| plain.contains(part);
        match plain.as_str() {
            STUDY_MEDIA_TYPE => Self::Study,
            "application/pdf" => Self::Pdf,
            "text/csv" | "text/tab-separated-values" => Self::Csv,
            "application/zip" | "application/gzip" | "application/x-tar" => Self::Archive,
            _ if has("dicom") => Self::Dicom,
            _ if has("smart-health-card") => Self::HealthCard,
            _ if has("fhir") => Self::Fhir,
            _ if has("hl7-v2") => Self::Hl7,
            _ if has("hl7-v3") || has("cda+xml") => Self::Cda,
            _ if plain.starts_with("image/") && !plain.ends_with("xml") => Self::Picture,
            _ if plain.ends_with("json") => Self::Json,
            _ if plain.ends_with("xml") => Self::Xml,
            _ if plain.starts_with("text/") => Self::Text,
            _ => Self::Other,
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
    fn each_kind_has_words_of_its_own_and_media_types_lead_to_them() {
        for part in [Kind::key, Kind::english] {
            let mut all = Kind::ALL.map(part);
            all.sort_unstable();
            assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{all:?}");
        }
        for (media_type, kind) in [
            ("application/dicom", Kind::Dicom),
            (STUDY_MEDIA_TYPE, Kind::Study),
            (CDA_MEDIA_TYPE, Kind::Cda),
            ("x-application/hl7-v2+er7", Kind::Hl7),
            ("application/fhir+ndjson", Kind::Fhir),
            ("application/smart-health-card", Kind::HealthCard),
            ("text/plain; charset=utf-8", Kind::Text),
            ("image/jpeg", Kind::Picture),
            ("image/svg+xml", Kind::Xml),
            ("application/zip", Kind::Archive),
            ("application/octet-stream", Kind::Other),
        ] {
            assert_eq!(Kind::of_media_type(media_type), kind, "{media_type}");
        }
    }

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
