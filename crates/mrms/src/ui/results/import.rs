//! What `import` prints.

use mrms_core::RecordId;
use serde::Serialize;

/// What became of a file, or of the scans of a study.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Imported<'a> {
    /// Where it lay; what is in an archive after `›`.
    pub(crate) file: &'a str,
    /// How many bytes it has.
    pub(crate) bytes: u64,
    /// How many files it stands for: more than one for a study.
    pub(crate) files: u64,
    /// What became of it.
    pub(crate) state: State,
    /// The record, in decimal; null where there is none.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) record_id: Option<RecordId>,
    /// What it is called on record; null for what is left out or could not be read.
    pub(crate) label: Option<&'a str>,
    /// What kind of document it is, in a stable word; null for what is left out or could not be read.
    pub(crate) kind: Option<&'a str>,
    /// Stable word for why it is not on record; null for what is.
    pub(crate) code: Option<&'a str>,
    /// The same in words.
    pub(crate) message: Option<&'a str>,
}

/// What became of a file.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// It is on record now.
    Created,
    /// It would be put on record.
    WouldCreate,
    /// It is on record, whatever brought it, or since another file of this import.
    Known,
    /// It is left out.
    LeftOut,
    /// It could not be read or put on record.
    Failed,
}

/// The whole import, in the last line.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ImportedAll {
    /// Records that were made.
    pub(crate) created: u64,
    /// Records that would be made, with `--dry-run`.
    pub(crate) would_create: u64,
    /// Files that are on record since before.
    pub(crate) known: u64,
    /// Files that were left out.
    pub(crate) left_out: u64,
    /// Files that could not be read or put on record.
    pub(crate) failed: u64,
    /// Bytes that were put on record, or would be.
    pub(crate) bytes: u64,
    /// Whether all was looked at: not so where something ended it that would have kept everything else from being written, too.
    pub(crate) complete: bool,
}
