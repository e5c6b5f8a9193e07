//! Health data that leaves: bundles for other programs, and a report of what is not in them.
//!
//! [`Collection`] writes everything that was opened; [`summary`] chooses what an International Patient Summary has. Both give
//! each resource an address of its own (`urn:uuid:…`) and let references lead there, since whoever gets the bundle has no
//! server. Values in, text out; the caller has opened the records, with their entries.

mod collection;
mod left_out;
mod links;
mod names;
pub mod summary;

pub use collection::{Collection, Version};
pub use left_out::{LeftOut, Why};
pub use links::Links;
pub use names::{is_same_name, patient_names};
