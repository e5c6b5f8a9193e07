//! SMART Health Links and SMART Health Cards: their texts, files and messages.
//!
//! Pure: bytes in, values out. It knows no network, file, clock or record. A [`Shlink`] is the text that somebody scans;
//! [`jwe`] seals the files under the key in it; [`manifest`] is what a viewer and a host say to each other; [`bundle`] puts
//! documents into FHIR, which is what viewers read; [`card`] checks the signature of a health card.
//!
//! Sources: SMART Health Cards and Links IG 1.0.0 (STU 1), RFC 7516 (JWE), RFC 7515 (JWS), RFC 7517 (JWK), and the
//! conventions of CMS "Kill the Clipboard" for links of the kind KTC.

pub mod bundle;
pub mod card;
pub mod jwe;
pub mod link;
pub mod manifest;
pub mod page;

pub use link::{Flags, LinkError, LinkKey, Shlink};

/// The content type of FHIR in JSON.
pub const FHIR_JSON: &str = "application/fhir+json";
/// The content type of a health card in a file.
pub const HEALTH_CARD: &str = "application/smart-health-card";
/// The most bytes that something compressed may become.
pub const MOST_INFLATED: usize = 16 * 1024 * 1024;
