//! What a log says of each reader: when they were granted a record, or all of a patient's records, and when that was ended.
//!
//! Reads only the chain. What is in force now, [`readers`](super::readers) judges.

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{Action, AuditEntry, Principal, RecordId, Rights};

use crate::session::{AskError, Session};

/// A reader, and what was done about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderLog {
    /// Their place among those who were ever granted the record by name, or in the patient's care team, from 0. It never
    /// changes.
    pub place: u64,
    /// Who.
    pub reader: Principal,
    /// The grants and revokes, oldest first.
    pub acts: Vec<AuditEntry>,
}

/// What a grant's entry says that it allows; `None` for a revoke.
#[must_use]
pub fn rights_of(entry: &AuditEntry) -> Option<Rights> {
    match (entry.action, entry.detail.split_last()) {
        (Action::Grant | Action::StandingGrant, Some((bits, zeros)))
            if zeros.iter().all(|byte| *byte == 0) =>
        {
            Rights::from_bits(*bits)
        }
        _ => None,
    }
}

impl Session<'_> {
    /// Everybody who was ever granted a record by name, with the acts of its log about them.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn reader_logs(&self, id: RecordId, record: &Record) -> Result<Vec<ReaderLog>, AskError> {
        let readers = self.ask_list(record.readers, |index| read::record_reader(id, index))?;
        if readers.is_empty() {
            return Ok(Vec::new());
        }
        let entries = self.ask_list(record.audit_count, |index| read::audit_entry(id, index))?;
        Ok(logs_of(readers, &entries, [Action::Grant, Action::Revoke]))
    }

    /// Everybody who was ever granted all records of a patient, with the acts of the patient's own log about them.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn standing_logs(&self, patient: &Principal) -> Result<Vec<ReaderLog>, AskError> {
        let team = self.standing_users(patient)?;
        if team.is_empty() {
            return Ok(Vec::new());
        }
        let count = self.ask(&read::patient_counts(patient))?.audit_count;
        let entries = self.ask_list(count, |index| read::patient_audit_entry(patient, index))?;
        let mut logs = logs_of(team, &entries, [Action::StandingGrant, Action::StandingRevoke]);
        // Delegates are of the team, too.
        logs.retain(|log| !log.acts.is_empty());
        Ok(logs)
    }
}

/// The acts about each of these readers, by their places.
fn logs_of(
    readers: Vec<Principal>,
    entries: &[AuditEntry],
    actions: [Action; 2],
) -> Vec<ReaderLog> {
    let acts_on = |reader: &Principal| {
        let concerns = |entry: &&AuditEntry| {
            actions.contains(&entry.action) && entry.subject.as_ref() == Some(reader)
        };
        entries.iter().filter(concerns).cloned().collect()
    };
    let with_acts = |(place, reader)| ReaderLog { place, acts: acts_on(&reader), reader };
    (0..).zip(readers).map(with_acts).collect()
}

#[cfg(test)]
mod tests {
    use mrms_core::BurnHeight;

    use super::*;

    #[test]
    fn rights_stand_in_the_entrys_last_byte() {
        let entry = |action, bits, first| {
            let mut detail = [0; 32];
            (detail[0], detail[31]) = (first, bits);
            let actor: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
            let burn_height = BurnHeight::new(1);
            AuditEntry {
                index: 0,
                action,
                actor,
                subject: None,
                version: 1,
                expiry: None,
                detail,
                burn_height,
            }
        };
        assert_eq!(rights_of(&entry(Action::Grant, 1, 0)), Some(Rights::READ));
        assert_eq!(rights_of(&entry(Action::Grant, 1, 1)), None);
        assert_eq!(rights_of(&entry(Action::StandingGrant, 1, 0)), Some(Rights::READ));
        for end in [Action::Revoke, Action::StandingRevoke] {
            assert_eq!(rights_of(&entry(end, 1, 0)), None);
        }
    }
}
