//! What `export --format` says of the one file that it writes.

use std::path::Path;

use mrms_core::{RecordId, Version};
use mrms_fhir::export::LeftOut;
use serde::Serialize;

/// What `export --format` wrote: one file for other health software.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ExportedHealthData<'a> {
    /// The file.
    pub(crate) output: &'a Path,
    /// `fhir`, `ips` or `pdf`.
    pub(crate) format: &'static str,
    /// How many FHIR resources are in it; of a PDF, in the summary that it shows.
    pub(crate) resources: usize,
    /// The sections of a summary, in order; none of a bundle of everything.
    pub(crate) sections: &'a [SummarySection],
    /// What of the records that were opened is not in it.
    pub(crate) left_out: &'a [LeftOutOfExport<'a>],
}

/// A section of a patient summary.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SummarySection {
    /// Its title.
    pub(crate) title: &'static str,
    /// How many entries it has; 0 where it says that there is no information, or that all of it is refuted.
    pub(crate) entries: usize,
    /// How many were left out of it because they are refuted.
    pub(crate) refuted: usize,
}

/// Something that is in a record and not in a file for other health software.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LeftOutOfExport<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Number of the version.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// A type of FHIR resource, or what kind of document the whole is.
    pub(crate) what: &'a str,
    /// How many of it.
    pub(crate) count: usize,
    /// Why, as a stable word: `not-fhir`, `not-read`, `too-long`, `too-many`, `other-type`, `several-people`,
    /// `other-person`, `no-section`, `mistaken`, `repeated`, `older`, `says-nothing`, `no-conversion`, `no-entries`,
    /// `intended`, `unclear`, `unnamed` or `own-words`.
    pub(crate) why: &'static str,
    /// Why, for people.
    pub(crate) message: &'static str,
}

impl<'a> LeftOutOfExport<'a> {
    pub(crate) fn of(one: &'a LeftOut) -> Self {
        Self {
            record_id: one.record,
            version: one.version,
            what: &one.what,
            count: one.count,
            why: one.why.as_str(),
            message: one.why.words(),
        }
    }
}
