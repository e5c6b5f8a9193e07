//! FHIR R4 (4.0.1) without a server: resources from values, search, bundles, errors.
//!
//! Values in, text out. It knows neither home nor ledger nor HTTP; `mrms-fhir-server` asks them. Resources that this
//! program writes are `serde_json` values; those that somebody stored stay the text that they were ([`stored`]).
//! Source: <https://hl7.org/fhir/R4/>.

pub mod asked_consent;
pub mod bundle;
pub mod cda;
pub mod etag;
pub mod export;
pub mod kind;
pub mod literal;
mod matching;
pub mod outcome;
pub mod page;
mod parameters;
pub mod query;
pub mod resource;
mod scan;
pub mod stored;
pub mod time;
pub mod write;

pub use kind::Kind;
pub use outcome::{Refusal, Why};
pub use query::Query;
pub use resource::Resource;
