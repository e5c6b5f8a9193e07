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
    /// What it is called on record, or would be; null for what is no document or could not be read.
    pub(crate) label: Option<&'a str>,
    /// What kind of document it is, in a stable word; null for what is no document or could not be read.
    pub(crate) kind: Option<&'a str>,
    /// Whom it is about, as it says itself; empty where it names nobody in a way that is read.
    pub(crate) about: &'a [About<'a>],
    /// Whether that may be you, in a stable word. `not-named`: it names nobody; `fits`: nothing speaks against it;
    /// `other-name`: you call yourself otherwise; `other-birth-date`: the name fits, and most of these documents tell
    /// another date of birth; `other-than-most`: nothing says what you are called, and most of these documents name
    /// somebody else; `unclear`: these documents name several people, and nothing says which is you; `several-people`:
    /// it is about several. Null for what is no document or could not be read.
    pub(crate) whose: Option<&'a str>,
    /// Stable word for why it is not on record; null for what is.
    pub(crate) code: Option<&'a str>,
    /// The same in words.
    pub(crate) message: Option<&'a str>,
}

/// Somebody whom a document is about, as it says itself.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct About<'a> {
    /// Their name; null where it has none.
    pub(crate) name: Option<&'a str>,
    /// Their date of birth in ISO 8601, perhaps without day or month; null where it tells none.
    pub(crate) born: Option<&'a str>,
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
pub(crate) struct ImportedAll<'a> {
    /// Records that were made.
    pub(crate) created: u64,
    /// Records that would be made, with `--dry-run`.
    pub(crate) would_create: u64,
    /// Files that are on record since before.
    pub(crate) known: u64,
    /// Files that were left out.
    pub(crate) left_out: u64,
    /// How many of these because they name somebody else than you, or several people.
    pub(crate) other_people: u64,
    /// The name with which documents were compared: your own, else that of most of them; null where there is none.
    pub(crate) compared_name: Option<&'a str>,
    /// The date of birth of most documents with that name, in ISO 8601; null where none tells one.
    pub(crate) compared_born: Option<&'a str>,
    /// Files that could not be read or put on record.
    pub(crate) failed: u64,
    /// Bytes that were put on record, or would be.
    pub(crate) bytes: u64,
    /// What `--dry-run` estimates for all of them, in micro-STX; null where fees cost nothing or somebody else pays.
    pub(crate) fee: Option<u64>,
    /// Whether all was looked at: not so where something ended it that would have kept everything else from being written, too.
    pub(crate) complete: bool,
}
