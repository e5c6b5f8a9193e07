//! The header of a version's content: tells what it is, and shows that it is the version asked for.
//!
//! It lies inside the ciphertext, before the original bytes. Format 1, numbers big-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | format: 1 |
//! | 2 | bytes of the fields that follow |
//! | 16 | record id |
//! | 8 | version |
//! | 1, n | patient: length and consensus serialization (SIP-005) |
//! | 1, n | author: the same |
//! | 8 | time of sealing, seconds since 1970 |
//! | 8 | bytes of content |
//! | 1, n | media type: length and text |
//! | 1, n | file name; length 0 for none |
//! | 1, n | label; length 0 for none |
//!
//! Each field has one encoding. Each text is checked when it is read, as when it is written.

use std::fmt;
use std::str::FromStr;

use mrms_core::{RecordId, UnixTime, Version};

use super::padding::padded_length;
use crate::bytes::{self, Reader, Short};
use crate::context::VersionContext;
use crate::stream::payload_length;

const FORMAT: u8 = 1;
/// Format and length.
pub(super) const PREFIX_LENGTH: usize = 3;
/// Most bytes that the fields can take up: fixed fields, principals of 63, texts of 255.
const MOST_FIELDS: usize = 16 + 8 + 2 * 64 + 8 + 8 + 3 * 256;

/// Why decrypted content is not the version that was asked for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A later format than this software knows.
    #[error("the content has format {format}, this software knows {FORMAT}")]
    UnknownFormat {
        /// The format's number.
        format: u8,
    },
    /// A field is cut short, too long, or has a value that it cannot have.
    #[error("the content's header is not in order: {field}")]
    Malformed {
        /// Which field.
        field: &'static str,
    },
    /// It is genuine, but belongs to another version than was asked for.
    #[error("the content is of another version: its {field} is not the one asked for")]
    OtherVersion {
        /// Which field differs.
        field: &'static str,
    },
    /// The content is shorter or longer than its header says, or not padded as it must be.
    #[error("the content's length or padding is not as its header says")]
    Length,
}

/// Why a text cannot be a media type, a file name or a label.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseTextError {
    /// Empty, or longer than can be stored.
    #[error("a {what} has 1 to {most} bytes, not {length}")]
    Length {
        /// What it should be.
        what: &'static str,
        /// The most bytes it can have.
        most: usize,
        /// How many it has.
        length: usize,
    },
    /// Characters that it cannot have.
    #[error("a {what} {rule}")]
    Characters {
        /// What it should be.
        what: &'static str,
        /// The rule for it.
        rule: &'static str,
    },
}

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $most:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Most bytes of UTF-8.
            pub const MOST: usize = $most;

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseTextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let length = text.len();
                if length == 0 || length > Self::MOST {
                    return Err(ParseTextError::Length { what: $what, most: Self::MOST, length });
                }
                let valid: fn(&str) -> bool = $valid;
                if !valid(text) {
                    return Err(ParseTextError::Characters { what: $what, rule: $rule });
                }
                Ok(Self(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        // A file's name may tell something about the patient.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

checked_text! {
    /// What kind of bytes the content is (RFC 6838): `application/pdf`, perhaps with parameters.
    MediaType, "media type", 127, "is a type, a slash and a subtype in plain characters",
    |text| {
        let token = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
        };
        let essence = text.split(';').next().unwrap_or_default().trim_end_matches(' ');
        essence.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
            && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
    }
}

checked_text! {
    /// What the file was called: one name, no folders, so that it is safe to write it out again.
    FileName, "file name", 255, "has no slashes and no control characters, and is not . or ..",
    |text| {
        text != "." && text != ".." && !text.contains(|c: char| c.is_control() || "/\\".contains(c))
    }
}

checked_text! {
    /// What the patient calls the record.
    Label, "label", 255, "has no control characters",
    |text| !text.contains(char::is_control)
}

impl MediaType {
    /// `application/octet-stream`: any bytes.
    #[must_use]
    pub fn octet_stream() -> Self {
        Self("application/octet-stream".to_owned())
    }
}

/// What stands before the original bytes inside the ciphertext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentHeader {
    /// The version that this is.
    pub context: VersionContext,
    /// When it was sealed, by its author's clock.
    pub time: UnixTime,
    /// Bytes of the original content.
    pub length: u64,
    /// What kind of bytes they are.
    pub media_type: MediaType,
    /// What the file was called.
    pub file_name: Option<FileName>,
    /// What the patient calls the record.
    pub label: Option<Label>,
}

impl ContentHeader {
    /// Bytes of the payload that this content will be sealed as, padding included. The caller can
    /// choose where to store it before anything is sealed.
    #[must_use]
    pub fn payload_length(&self) -> u64 {
        payload_length(padded_length((self.to_bytes().len() as u64).saturating_add(self.length)))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let Self { context, time, length, media_type, file_name, label } = self;
        let VersionContext { record, version, patient, author } = context;
        let mut bytes = vec![FORMAT, 0, 0];
        bytes.extend_from_slice(&record.number().to_be_bytes());
        bytes.extend_from_slice(&version.number().to_be_bytes());
        for principal in [patient, author] {
            push_short(&mut bytes, &principal.to_consensus_bytes());
        }
        bytes.extend_from_slice(&time.seconds().to_be_bytes());
        bytes.extend_from_slice(&length.to_be_bytes());
        push_short(&mut bytes, media_type.0.as_bytes());
        push_short(&mut bytes, file_name.as_ref().map_or("", |name| &name.0).as_bytes());
        push_short(&mut bytes, label.as_ref().map_or("", |label| &label.0).as_bytes());
        // Below 1,000: no field is longer than 255.
        let fields = (bytes.len() - PREFIX_LENGTH) as u16;
        bytes[1..PREFIX_LENGTH].copy_from_slice(&fields.to_be_bytes());
        bytes
    }

    /// How many bytes of fields follow this prefix.
    pub(super) fn fields_length(prefix: [u8; PREFIX_LENGTH]) -> Result<usize, HeaderError> {
        let [format, high, low] = prefix;
        if format != FORMAT {
            return Err(HeaderError::UnknownFormat { format });
        }
        match usize::from(u16::from_be_bytes([high, low])) {
            length if length <= MOST_FIELDS => Ok(length),
            _ => Err(HeaderError::Malformed { field: "header length" }),
        }
    }

    /// Reads the fields, which must fill these bytes.
    pub(super) fn from_fields(fields: &[u8]) -> Result<Self, HeaderError> {
        let malformed = |field| HeaderError::Malformed { field };
        let short = |field| move |Short: Short| HeaderError::Malformed { field };
        let mut reader = Reader::new(fields);
        let record = RecordId::new(reader.u128().map_err(short("record id"))?);
        let version = Version::new(reader.u64().map_err(short("version"))?)
            .ok_or_else(|| malformed("version"))?;
        let mut principal = |field| {
            let bytes = reader.short_field().map_err(short(field))?;
            bytes::principal(bytes).ok_or_else(|| malformed(field))
        };
        let (patient, author) = (principal("patient")?, principal("author")?);
        let time = UnixTime::from_seconds(reader.u64().map_err(short("time"))?);
        let length = reader.u64().map_err(short("content length"))?;
        let mut text = |field| {
            let bytes = reader.short_field().map_err(short(field))?;
            std::str::from_utf8(bytes).map_err(|_| malformed(field))
        };
        let media_type = text("media type")?.parse().map_err(|_| malformed("media type"))?;
        let file_name = optional(text("file name")?).map_err(|_| malformed("file name"))?;
        let label = optional(text("label")?).map_err(|_| malformed("label"))?;
        if !reader.is_empty() {
            return Err(malformed("header length"));
        }
        let context = VersionContext { record, version, patient, author };
        Ok(Self { context, time, length, media_type, file_name, label })
    }

    /// Checks that this is the version asked for.
    pub(super) fn check(&self, asked: &VersionContext) -> Result<(), HeaderError> {
        let VersionContext { record, version, patient, author } = asked;
        let field = if self.context.record != *record {
            "record"
        } else if self.context.version != *version {
            "version number"
        } else if self.context.patient != *patient {
            "patient"
        } else if self.context.author != *author {
            "author"
        } else {
            return Ok(());
        };
        Err(HeaderError::OtherVersion { field })
    }
}

fn optional<T: FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

fn push_short(bytes: &mut Vec<u8>, field: &[u8]) {
    // Principals and checked texts have at most 255 bytes.
    bytes.push(field.len() as u8);
    bytes.extend_from_slice(field);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> ContentHeader {
        let patient: mrms_core::Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        ContentHeader {
            context: VersionContext {
                record: RecordId::new(u128::MAX),
                version: Version::FIRST,
                author: "ST000000000000000000002AMW42H.clinic".parse().unwrap(),
                patient,
            },
            time: UnixTime::from_seconds(1_700_000_000),
            length: 12_345,
            media_type: "application/fhir+json; fhirVersion=4.0".parse().unwrap(),
            file_name: Some("Agustín 1.json".parse().unwrap()),
            label: None,
        }
    }

    fn reread(bytes: &[u8]) -> Result<ContentHeader, HeaderError> {
        let (prefix, fields) = bytes.split_first_chunk().unwrap();
        let length = ContentHeader::fields_length(*prefix)?;
        ContentHeader::from_fields(fields.get(..length).ok_or(HeaderError::Length)?)
    }

    #[test]
    fn names_that_could_leave_their_folder_are_refused() {
        for name in ["", ".", "..", "../x", "a/b", "a\\b", "a\0", "a\nb", &"x".repeat(256)] {
            assert!(name.parse::<FileName>().is_err(), "{name:?}");
        }
        for name in [".hidden", "report.pdf", "Befund März (1).pdf"] {
            assert_eq!(name.parse::<FileName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn media_types_that_are_none_are_refused() {
        let long = format!("text/{}", "x".repeat(123));
        for text in
            ["", "text", "text/", "/plain", "te xt/plain", "text/pläin", "text/a\r\nb", &long]
        {
            assert!(text.parse::<MediaType>().is_err(), "{text:?}");
        }
        for text in
            ["text/plain", "application/vnd.oasis.opendocument.text", "text/html ;charset=x"]
        {
            assert!(text.parse::<MediaType>().is_ok(), "{text:?}");
        }
        assert!("application/octet-stream".parse() == Ok(MediaType::octet_stream()));
    }

    #[test]
    fn labels_with_control_characters_are_refused() {
        assert!("a\tb".parse::<Label>().is_err());
        assert!("Blood test, spring 🩸".parse::<Label>().is_ok());
    }

    #[test]
    fn a_header_cut_short_or_with_more_is_refused() {
        let bytes = header().to_bytes();
        for length in PREFIX_LENGTH..bytes.len() {
            assert!(ContentHeader::from_fields(&bytes[PREFIX_LENGTH..length]).is_err());
        }
        let longer = [&bytes[PREFIX_LENGTH..], &[0]].concat();
        assert!(ContentHeader::from_fields(&longer).is_err());
        assert!(ContentHeader::fields_length([2, 0, 1]).is_err());
        assert!(ContentHeader::fields_length([1, 0xff, 0xff]).is_err());
    }

    #[test]
    fn a_header_of_another_version_is_refused_by_field() {
        let header = header();
        let other = |change: fn(&mut VersionContext)| {
            let mut asked = header.context.clone();
            change(&mut asked);
            header.check(&asked).map_err(|error| match error {
                HeaderError::OtherVersion { field } => field,
                _ => "none",
            })
        };
        assert_eq!(other(|asked| asked.record = RecordId::new(1)), Err("record"));
        assert_eq!(other(|asked| asked.version = asked.version.next()), Err("version number"));
        assert_eq!(other(|asked| asked.patient = asked.author.clone()), Err("patient"));
        assert_eq!(other(|asked| asked.author = asked.patient.clone()), Err("author"));
        assert_eq!(other(|_| {}), Ok(()));
    }

    #[test]
    fn what_a_file_is_called_does_not_print() {
        let printed = format!("{:?}", header());
        assert!(!printed.contains("json") && !printed.contains("Agust"), "{printed}");
    }

    #[test]
    fn a_header_survives_encoding() {
        let header = header();
        assert_eq!(reread(&header.to_bytes()), Ok(header.clone()));
        let most = "x".repeat(255);
        let full = ContentHeader {
            file_name: Some(most.parse().unwrap()),
            label: Some(most.parse().unwrap()),
            ..header
        };
        assert_eq!(reread(&full.to_bytes()), Ok(full));
    }

    proptest! {
        #[test]
        fn whatever_reads_as_a_header_is_its_own_encoding(
            fields in proptest::collection::vec(any::<u8>(), 0..400),
            at: proptest::sample::Index,
            byte: u8,
        ) {
            let _ = ContentHeader::from_fields(&fields);
            let mut bytes = header().to_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(read) = reread(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
            }
        }
    }
}
