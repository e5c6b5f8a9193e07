//! What kind of document a media type means, in plain words.

/// The plain kind of a media type, as a key of the catalogues.
pub(crate) fn kind(media_type: &str) -> &'static str {
    let is = |begin: &str| media_type.starts_with(begin);
    if is("application/dicom") {
        "kind-scan"
    } else if is("image/") {
        "kind-picture"
    } else if is("application/pdf") {
        "kind-document"
    } else if media_type.contains("fhir") || media_type.contains("hl7") {
        "kind-health-data"
    } else if is("text/") {
        "kind-text"
    } else {
        "kind-file"
    }
}
