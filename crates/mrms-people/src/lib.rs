//! People in place of principals: what somebody says of themselves, signed, and a person's own book of names.
//!
//! A [`Document`] is a Clarity tuple that its maker's account signs (SIP-018). It exists as bytes, as
//! text (`mrms:` and base64url), as a file and as a QR code. [`Card`], [`Invitation`] and [`Directory`] are kinds of documents.
//! [`People`] is what one person knows of others: the names they gave, and the cards they keep.
//!
//! Pure: knows no files, no network and no keys that decrypt.

mod base32;
pub mod card;
pub mod directory;
pub mod document;
pub mod hand_over;
pub mod invitation;
pub mod left_names;
pub mod listings;
pub mod name;
pub mod pasted;
pub mod people;
pub mod request;
pub mod sought;
pub mod text;
pub mod url;

pub use card::{Card, Kind};
pub use directory::Directory;
pub use document::{Document, DocumentError, SignedDocument};
pub use hand_over::HandOver;
pub use invitation::{Invitation, InvitedSponsor, InvitedVault, VoucherText};
pub use left_names::LeftNames;
pub use listings::Listings;
pub use people::{CardNews, People, Person, Resolved};
pub use request::Request;
pub use sought::Sought;
pub use text::{FieldError, FieldText};
pub use url::{ServiceUrl, UrlError};
