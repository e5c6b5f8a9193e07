//! Reads the trails of one record or of many.
//!
//! What many trails share is asked once: what the contract printed at a burn height, and the calls that
//! it refused. So the time for all records of a patient grows with their lines, and not with the lines
//! times the records. Every entry is checked against the contract's head, wherever it came from.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_contract::state::{Record, printed_entry, printed_record};
use mrms_contract::trail::{self, Head, TrailError};
use mrms_core::{AuditEntry, BlockHeight, BurnHeight, RecordId};
use mrms_stacks::clarity::Value;

use crate::audit::trail::{Printed, ReadTrailError, Refusals, Trail, TrailLine};
use crate::ledger::LedgerError;
use crate::session::{AskError, Session};

/// What was read for some records so far.
pub struct Trails<'s> {
    session: Session<'s>,
    records: BTreeMap<RecordId, Record>,
    /// The burn heights whose events were read.
    heights: BTreeSet<BurnHeight>,
    /// What the contract printed for these records, by index.
    printed: BTreeMap<RecordId, BTreeMap<u64, Printed>>,
    /// What was refused on these records, once it was read.
    refused: Option<BTreeMap<RecordId, Vec<(BlockHeight, TrailLine)>>>,
    /// Whether the ledger keeps lists of what contracts printed and refused.
    history: History,
}

/// Whether a ledger keeps lists of what contracts printed and refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum History {
    Kept,
    NotKept,
}

impl<'s> Session<'s> {
    /// Reads the whole trail of a record, refusals included. Checks every entry against the
    /// contract's head and against what the contract printed.
    ///
    /// # Errors
    ///
    /// [`ReadTrailError`].
    pub fn trail(&self, id: RecordId) -> Result<Trail, ReadTrailError> {
        let record = self.ask(&read::record(id))?.ok_or(ReadTrailError::NotFound { record: id })?;
        self.trails([(id, record)]).read(id)
    }

    /// Reads the trails of these records one by one, as [`trail`](Self::trail) does, up to the entries that
    /// the records have here.
    pub fn trails(&self, records: impl IntoIterator<Item = (RecordId, Record)>) -> Trails<'s> {
        Trails {
            session: *self,
            records: records.into_iter().collect(),
            heights: BTreeSet::new(),
            printed: BTreeMap::new(),
            refused: None,
            history: History::Kept,
        }
    }
}

impl Trails<'_> {
    /// The trail of one of the records. It is forgotten afterwards: a second time it is not found.
    ///
    /// # Errors
    ///
    /// [`ReadTrailError`].
    pub fn read(&mut self, id: RecordId) -> Result<Trail, ReadTrailError> {
        let record = self.records.get(&id).ok_or(ReadTrailError::NotFound { record: id })?.clone();
        let Read { entries, heads, events } = self.entries(id, &record)?;
        let uncompared = entries.iter().filter(|entry| !events.contains_key(&entry.index)).count();
        let mut lines = Vec::new();
        let mut place = BlockHeight::new(0);
        for (entry, head) in entries.iter().zip(heads) {
            let event = events.get(&entry.index);
            // The log's order counts: an entry whose block is not known is not before the one before it.
            place = event.map_or(place, |event| event.block_height.max(place));
            lines.push((place, TrailLine::of_entry(id, entry, event, head)));
        }
        lines.extend(self.refusals(id)?);
        // By block, and not by burn height: for one block the contract and the ledger may have seen different ones.
        lines.sort_by_key(|(place, _)| *place);
        self.records.remove(&id);
        let lines = lines.into_iter().map(|(_, line)| line).collect();
        let refusals = match self.history {
            History::Kept => Refusals::Told,
            History::NotKept => Refusals::NotTold,
        };
        Ok(Trail { record, lines, uncompared, refusals })
    }

    /// The entries of a record, and where the contract printed them. Those that it printed are not asked
    /// for one by one: the head says whether they are the log's.
    fn entries(&mut self, id: RecordId, record: &Record) -> Result<Read, ReadTrailError> {
        let mut entries = Vec::new();
        for index in 0..record.audit_count {
            if let Some(event) = self.event(id, index) {
                entries.push(event.entry.clone());
                continue;
            }
            // The count says that it is there.
            let Some(entry) = self.session.ask(&read::audit_entry(id, index))? else { continue };
            if self.heights.insert(entry.burn_height) {
                self.read_events(entry.burn_height)?;
            }
            entries.push(entry);
        }
        let events = self.printed.remove(&id).unwrap_or_default();
        let differs = |entry: &&AuditEntry| {
            events.get(&entry.index).is_some_and(|event| event.entry != **entry)
        };
        let mut heads = heads_of(id, &entries)?;
        let is_whole = entries.len() as u64 == record.audit_count;
        if !is_whole || heads.last().copied().unwrap_or(Head::EMPTY) != record.audit_head {
            // An event is not what the log has, or the log itself does not hold: the log tells which.
            let asked = |index| read::audit_entry(id, index);
            entries = self.session.ask_list(record.audit_count, asked)?;
            trail::verify(id, entries.iter().map(|entry| (entry, None)), record.audit_head)?;
            heads = heads_of(id, &entries)?;
        }
        if let Some(entry) = entries.iter().find(differs) {
            let index = entry.index;
            let event = events.get(&index).ok_or(ReadTrailError::NotFound { record: id })?;
            return Err(ReadTrailError::EventDiffers { index, txid: event.txid });
        }
        Ok(Read { entries, heads, events })
    }

    fn event(&self, id: RecordId, index: u64) -> Option<&Printed> {
        self.printed.get(&id)?.get(&index)
    }

    /// Reads what the contract printed at a burn height, and keeps what is about the records.
    fn read_events(&mut self, height: BurnHeight) -> Result<(), AskError> {
        if self.history == History::NotKept {
            return Ok(());
        }
        let concerns =
            |value: &Value| printed_record(value).is_some_and(|id| self.records.contains_key(&id));
        let Session { ledger, contract, .. } = self.session;
        let printed = match ledger.printed_at(contract, height, &concerns) {
            Err(LedgerError::NoHistory { .. }) => {
                self.history = History::NotKept;
                return Ok(());
            }
            printed => printed?,
        };
        for event in printed {
            let Some(record) = printed_record(&event.value) else { continue };
            let Some(entry) = printed_entry(&event.value, record)? else { continue };
            let (txid, block_height, time) = (event.txid, event.block_height, event.time);
            let printed = Printed { entry, txid, block_height, time };
            self.printed.entry(record).or_default().insert(printed.entry.index, printed);
        }
        Ok(())
    }

    /// The refusals on a record, each with its block. All of the contract's are read once.
    fn refusals(&mut self, id: RecordId) -> Result<Vec<(BlockHeight, TrailLine)>, AskError> {
        if let Some(refused) = &mut self.refused {
            return Ok(refused.remove(&id).unwrap_or_default());
        }
        let mut refused: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let only = match self.records.len() {
            1 => Value::uint(id.number()).encode().ok(),
            _ => None,
        };
        // Where it is about one record, calls that do not have its id in their bytes need no decoding.
        let may_concern = |bytes: &[u8]| {
            only.as_deref().is_none_or(|only| bytes.windows(only.len()).any(|found| found == only))
        };
        let Session { ledger, contract, .. } = self.session;
        let failed = match ledger.failed_calls(contract, &may_concern) {
            Err(LedgerError::NoHistory { .. }) => {
                self.history = History::NotKept;
                Vec::new()
            }
            failed => failed?,
        };
        for call in failed {
            for record in TrailLine::refused_records(&call) {
                if self.records.contains_key(&record) {
                    let line = TrailLine::of_refusal(record, &call);
                    let place = call.receipt.block_height;
                    refused.entry(record).or_default().extend(line.map(|line| (place, line)));
                }
            }
        }
        let found = refused.remove(&id).unwrap_or_default();
        self.refused = Some(refused);
        Ok(found)
    }
}

/// A log that holds.
struct Read {
    entries: Vec<AuditEntry>,
    /// The head after each entry.
    heads: Vec<Head>,
    /// Where the contract printed them, by index, as far as the ledger tells.
    events: BTreeMap<u64, Printed>,
}

/// The head after each of these entries.
fn heads_of(id: RecordId, entries: &[AuditEntry]) -> Result<Vec<Head>, TrailError> {
    let mut head = Head::EMPTY;
    entries
        .iter()
        .map(|entry| {
            head = head.after(id, entry)?;
            Ok(head)
        })
        .collect()
}

#[cfg(test)]
mod tests;
