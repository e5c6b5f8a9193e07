//! Several deposits in one message: what a patient leaves for somebody who reads everything.

use std::collections::BTreeSet;

use mrms_stacks::clarity::Value;
use serde::{Deserialize, Serialize};

use super::deposit::Deposit;
use super::reader_note::ReaderNote;
use super::signed::{Message, Signed};
use super::tuple;

/// Most deposits in one message.
pub const MOST_DEPOSITS: usize = 32;

/// Topic `deposits`: keep these shares. Each deposit is as one by itself, with a line of its own; signed once for all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deposits {
    /// The deposits: 1 to [`MOST_DEPOSITS`], each for another record or reader.
    pub deposits: Vec<Deposit>,
    /// Notes for readers of these deposits, each signed by itself, so that its reader can check it.
    pub notes: Vec<Signed<ReaderNote>>,
}

impl Message for Deposits {
    const TOPIC: &'static str = "deposits";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let deposits = self.deposits.iter().map(|one| tuple(one.fields())).collect();
        let notes = self.notes.iter().map(|one| tuple(one.message.fields())).collect();
        vec![("deposits", Value::List(deposits)), ("notes", Value::List(notes))]
    }
}

impl Deposits {
    /// Whether the deposits are as many as they can be, each valid and for another record or reader, and every note is of
    /// one of them.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let pairs: BTreeSet<_> =
            self.deposits.iter().map(|one| (one.record_id, &one.reader)).collect();
        let is_of_one = |note: &Signed<ReaderNote>| {
            note.message.is_sound()
                && pairs.contains(&(note.message.record_id, &note.message.reader))
        };
        (1..=MOST_DEPOSITS).contains(&self.deposits.len())
            && pairs.len() == self.deposits.len()
            && self.notes.len() <= self.deposits.len()
            && self.deposits.iter().all(Deposit::is_sound)
            && self.notes.iter().all(is_of_one)
    }
}
