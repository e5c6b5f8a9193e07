//! What a document that is about to go on record calls itself, read from its beginning as it comes.

use std::io::{self, Cursor, Read};

use mrms_viewers::{Description, Head, Kind, describe};

/// Bytes of a file that are looked at for what it is called.
const HEAD: u64 = 64 * 1024;
/// The same of kinds that only tell it as a whole.
const WHOLE: u64 = 8 * 1024 * 1024;
/// The same of scans, whose names may come after small pictures.
pub(crate) const SCAN: u64 = 1024 * 1024;

/// How many bytes from the beginning a document of this kind needs to say what it is called.
pub(crate) const fn needed(kind: Kind) -> u64 {
    match kind {
        Kind::Fhir | Kind::HealthCard => WHOLE,
        Kind::Dicom => SCAN,
        _ => HEAD,
    }
}

/// Reads as much of content of this length as it takes to say what it is called. Returns that with the whole content.
///
/// # Errors
///
/// Those of reading.
pub fn described<R: Read>(
    mut content: R,
    length: u64,
    name: &str,
) -> io::Result<(Description, impl Read + use<R>)> {
    let mut head = Vec::new();
    (&mut content).take(HEAD).read_to_end(&mut head)?;
    let more = needed(Kind::of(&head, name)).saturating_sub(HEAD);
    (&mut content).take(more).read_to_end(&mut head)?;
    let is_whole = head.len() as u64 >= length;
    let description = describe(Head { bytes: &head, is_whole }, name);
    Ok((description, Cursor::new(head).chain(content)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_described_and_stays_whole() {
        let long = "x".repeat(100_000);
        let text = format!(
            r#"{{"resourceType":"Observation","code":{{"text":"Haemoglobin"}},"note":[{{"text":"{long}"}}]}}"#
        );
        let found = described(text.as_bytes(), text.len() as u64, "lab.json");
        let (description, mut content) = found.unwrap();
        assert_eq!(description.title.as_deref(), Some("Haemoglobin"));
        let mut all = String::new();
        content.read_to_string(&mut all).unwrap();
        assert_eq!(all, text);
    }
}
