//! Whether content is what it says that it is: what can't be read as that is never put on record silently.
//!
//! Judges form alone. Whether a card's issuer signed it is [`mrms_links::card`], and what a document says is `mrms-viewers`.

use mrms_links::HEALTH_CARD;
use mrms_links::card::{self, CheckedCard, IssuerKeys};
use mrms_viewers::{Kind, card_tokens};

/// There is no health card in it, or one of them can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCard;

/// Why content can't be read as what it says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It says that it is a health card, or begins as one.
    NoCard,
    /// Its bytes are of another kind than it says.
    OtherKind,
    /// It begins as a document of its kind, and is none.
    Damaged,
}

impl Unread {
    /// A stable word for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoCard => "no-card",
            Self::OtherKind => "other-kind",
            Self::Damaged => "damaged",
        }
    }

    /// The reason in words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoCard => "it should be a health card, and is none",
            Self::OtherKind => "it is not of the kind that it says",
            Self::Damaged => "it is damaged, or not what it seems to be",
        }
    }
}

/// Whether content says that it is a health card, or begins as one.
#[must_use]
pub fn is_card(content: &[u8], content_type: Option<&str>) -> bool {
    let claimed = content_type.map(Kind::of_media_type);
    claimed == Some(Kind::HealthCard)
        || content_type == Some(HEALTH_CARD)
        || Kind::of(content, "") == Kind::HealthCard
}

/// The health cards in content that says it has some, with what is known of their signatures.
///
/// # Errors
///
/// [`NoCard`].
pub fn cards_in(content: &[u8], keys: &IssuerKeys) -> Result<Vec<CheckedCard>, NoCard> {
    let tokens = card_tokens(content).map_err(|_| NoCard)?;
    let cards: Result<Vec<_>, _> = tokens.iter().map(|token| card::check(token, keys)).collect();
    cards.ok().filter(|cards| !cards.is_empty()).ok_or(NoCard)
}

/// Whether the bytes are of another kind than content says. Only kinds that the first bytes tell are judged.
#[must_use]
pub fn other_kind(content: &[u8], content_type: Option<&str>) -> Option<Unread> {
    let claimed = content_type?.split(';').next()?.trim().to_ascii_lowercase();
    let found = Kind::of(content, "");
    let fits = match claimed.as_str() {
        "application/pdf" => found == Kind::Pdf,
        "application/dicom" => found == Kind::Dicom,
        json if json.ends_with("json") => {
            matches!(found, Kind::Fhir | Kind::Json | Kind::HealthCard)
                && (!json.contains("fhir") || is_resource(content))
        }
        // Not every kind of picture is told by its first bytes, and one is drawn in XML.
        "image/svg+xml" => matches!(found, Kind::Xml | Kind::Text),
        picture if picture.starts_with("image/") => matches!(found, Kind::Picture | Kind::Other),
        xml if xml.ends_with("xml") => {
            matches!(found, Kind::Xml | Kind::Cda | Kind::AppleHealth | Kind::Text)
                && content.trim_ascii_start().contains(&b'<')
        }
        _ => true,
    };
    (!fits).then_some(Unread::OtherKind)
}

/// Whether content is a resource of FHIR, or lines of them, wherever it says so.
fn is_resource(content: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Resource {
        #[allow(dead_code)]
        resource_type: String,
    }
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut resources = serde_json::Deserializer::from_slice(content).into_iter::<Resource>();
    resources.next().is_some_and(|first| first.is_ok()) && resources.all(|one| one.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_held_to_what_it_says_that_it_is() {
        let fhir = br#"{"entry":[],"resourceType":"Bundle"}"#.as_slice();
        for (content, says, is_that) in [
            (fhir, "application/fhir+json; fhirVersion=4.0.1", true),
            (fhir, "application/json", true),
            (b"{\"a\":1}".as_slice(), "application/fhir+json", false),
            (b"{\"resourceType\":", "application/fhir+json", false),
            (b"a letter", "application/fhir+json", false),
            (b"%PDF-1.7 ...", "application/pdf", true),
            (b"a letter", "application/pdf", false),
            (b"<ClinicalDocument xmlns='urn:hl7-org:v3'/>", "text/xml", true),
            (b"a letter", "text/xml", false),
            (b"%PDF-1.7", "image/png", false),
            (b"\0\x01\x02\xff", "image/heic", true),
            (b"a letter", "text/plain", true),
            (b"\0\x01\x02\xff", "application/octet-stream", true),
        ] {
            assert_eq!(other_kind(content, Some(says)).is_none(), is_that, "{says}");
        }
        assert_eq!(other_kind(b"a letter", None), None, "it claims nothing");
    }

    #[test]
    fn text_that_begins_as_a_card_is_no_card_by_that() {
        for content in ["shc:/123", "shc:/5676", "shc:/hello", "{\"verifiableCredential\":[]}", "x"]
        {
            assert_eq!(cards_in(content.as_bytes(), &IssuerKeys::default()), Err(NoCard));
        }
        assert!(
            is_card(b"shc:/5676", None) && is_card(b"x", Some("application/smart-health-card"))
        );
        assert!(!is_card(b"a letter", Some("text/plain")));
    }
}
