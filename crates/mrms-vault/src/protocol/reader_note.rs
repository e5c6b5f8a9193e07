//! Notes for readers: what the patient calls a record, and themselves, sealed to one reader of the record.
//!
//! A note is no key and no content. So a reader may have it while their grant is live, without an entry in the
//! record's log. The vault keeps the patient's signed message as it came and gives it out whole: the reader checks the
//! patient's signature, so that no vault can give another name. What was left for an organisation its live members may have.

use mrms_core::{Principal, RecordId};
use mrms_stacks::clarity::Value;
use serde::{Deserialize, Serialize};

use super::hex_bytes;
use super::release::MOST_NOTE;
use super::signed::{Message, Signed};

/// Most records in one request for notes.
pub const MOST_NOTED_RECORDS: usize = 32;

/// Topic `reader-note`: keep this for one reader of one record, for as long as the shares that were left for them. Signed
/// by the record's patient. A later note for the same record and reader replaces this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderNote {
    /// The record.
    pub record_id: RecordId,
    /// Who may read it.
    pub reader: Principal,
    /// The note, sealed to the reader as an age file: 1 to [`MOST_NOTE`] bytes.
    #[serde(with = "hex_bytes::any")]
    pub note: Vec<u8>,
}

impl Message for ReaderNote {
    const TOPIC: &'static str = "reader-note";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self { record_id, reader, note } = self;
        vec![
            ("record-id", Value::uint(record_id.number())),
            ("reader", Value::principal(reader.clone())),
            ("note", Value::buffer(note.clone())),
        ]
    }
}

impl ReaderNote {
    /// Whether the note has a length that it can have.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        matches!(self.note.len(), 1..=MOST_NOTE)
    }
}

/// The vault keeps a note. It writes no line about it, since a note is no key and no proof of anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderNoteKept {
    /// The record.
    pub record_id: RecordId,
}

/// Topic `reader-notes`: give the notes that were left for the signer about these records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderNotesRequest {
    /// The records: 1 to [`MOST_NOTED_RECORDS`], each once, in ascending order.
    pub records: Vec<RecordId>,
}

impl Message for ReaderNotesRequest {
    const TOPIC: &'static str = "reader-notes";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let records = self.records.iter().map(|id| Value::uint(id.number())).collect();
        vec![("records", Value::List(records))]
    }
}

impl ReaderNotesRequest {
    /// Whether the records are as many as they can be, and in order.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        are_sound(&self.records)
    }
}

fn are_sound(records: &[RecordId]) -> bool {
    let ascending = records.windows(2).all(|pair| pair[0] < pair[1]);
    ascending && (1..=MOST_NOTED_RECORDS).contains(&records.len())
}

/// Topic `member-notes`: give the notes that were left for an organisation about these records. Signed by a live member of
/// it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberNotesRequest {
    /// The organisation for which the notes were left.
    pub organisation: Principal,
    /// The records: 1 to [`MOST_NOTED_RECORDS`], each once, in ascending order.
    pub records: Vec<RecordId>,
}

impl Message for MemberNotesRequest {
    const TOPIC: &'static str = "member-notes";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let records = self.records.iter().map(|id| Value::uint(id.number())).collect();
        vec![
            ("organisation", Value::principal(self.organisation.clone())),
            ("records", Value::List(records)),
        ]
    }
}

impl MemberNotesRequest {
    /// Whether the records are as many as they can be, and in order.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        are_sound(&self.records)
    }
}

/// The notes that a vault has for a reader. Of a record without a note, or whose grant is not live, it says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderNotes {
    /// The patients' messages, as they came.
    pub notes: Vec<Signed<ReaderNote>>,
}
