//! Who belongs to an organisation, by its log, and whether each has taken its newest key.
//!
//! Reads only the chain.

use std::collections::BTreeMap;

use mrms_contract::state::{Membership, Record};
use mrms_contract::{ids, read};
use mrms_core::{Action, AuditEntry, BurnHeight, Principal, RecordId, Version};

use crate::session::{AskError, Session};

/// Somebody who was ever a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffMember {
    /// Who.
    pub principal: Principal,
    /// Whether they are one now, and until when.
    pub membership: Membership,
    /// When the organisation named them first.
    pub since: BurnHeight,
    /// The newest version of the staff record that they opened: the key that they have taken.
    pub has_key: Option<Version>,
}

/// An organisation's staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// Everybody who was ever a member, in the order in which they were named first.
    pub members: Vec<StaffMember>,
    /// The number of the newest key, as versions of the staff record count it; `None` before there is one.
    pub key: Option<Version>,
    /// Whether a new key is due: somebody could take the newest one and was removed since, or took it and their time ran out.
    pub is_key_due: bool,
}

/// A staff record as the contract has it.
pub(crate) struct StaffRecord {
    pub(crate) id: RecordId,
    pub(crate) record: Record,
}

impl Session<'_> {
    /// An organisation's staff record. `None` where it has none of its own: it may also have been given away.
    pub(crate) fn staff_record(
        &self,
        organisation: &Principal,
    ) -> Result<Option<StaffRecord>, AskError> {
        let Some(id) = ids::staff_record(organisation) else { return Ok(None) };
        let found = self.ask(&read::record(id))?;
        let own = found.filter(|record| record.patient == *organisation);
        Ok(own.map(|record| StaffRecord { id, record }))
    }

    /// An organisation's staff.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn staff(&self, organisation: &Principal) -> Result<Staff, AskError> {
        let count = self.ask(&read::patient_counts(organisation))?.audit_count;
        let entries =
            self.ask_list(count, |index| read::patient_audit_entry(organisation, index))?;
        let mut named: Vec<(Principal, BurnHeight)> = Vec::new();
        for entry in entries.into_iter().filter(|entry| entry.action == Action::MemberSet) {
            let Some(member) = entry.subject else { continue };
            if !named.iter().any(|(known, _)| *known == member) {
                named.push((member, entry.burn_height));
            }
        }
        let record = self.staff_record(organisation)?;
        let log = match &record {
            Some(record) => self.log_of(record)?,
            None => Vec::new(),
        };
        let mut taken: BTreeMap<&Principal, Version> = BTreeMap::new();
        for entry in log.iter().filter(|entry| entry.is_opening()) {
            if let Some(version) = Version::new(entry.version) {
                let newest = taken.entry(&entry.actor).or_insert(version);
                *newest = version.max(*newest);
            }
        }
        let reads: Vec<_> =
            named.iter().map(|(member, _)| read::member(organisation, member)).collect();
        let found = named.iter().zip(self.ask_all(&reads)?);
        let members = found.filter_map(|((principal, since), membership)| {
            let (principal, membership) = (principal.clone(), membership?);
            let has_key = taken.get(&principal).copied();
            Some(StaffMember { principal, membership, since: *since, has_key })
        });
        let members: Vec<StaffMember> = members.collect();
        let key = record.map(|record| record.record.version);
        let now = self.ledger.tip()?.burn_height;
        let has_gone = |one: &StaffMember| !one.membership.is_live(now);
        let gone_with_it = |one: &StaffMember| key.is_some() && one.has_key == key && has_gone(one);
        let is_key_due = is_key_due(&log) || members.iter().any(gone_with_it);
        Ok(Staff { members, key, is_key_due })
    }

    pub(crate) fn log_of(&self, record: &StaffRecord) -> Result<Vec<AuditEntry>, AskError> {
        self.ask_list(record.record.audit_count, |index| read::audit_entry(record.id, index))
    }
}

/// Whether somebody lost the staff record since its newest version was written.
pub(crate) fn is_key_due(log: &[AuditEntry]) -> bool {
    let last = log
        .iter()
        .rev()
        .find(|entry| matches!(entry.action, Action::Create | Action::Amend | Action::Revoke));
    last.is_some_and(|entry| entry.action == Action::Revoke)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_due_after_a_removal_until_the_next_one_is_written() {
        let entry = |(index, action): (usize, &Action)| AuditEntry {
            index: index as u64,
            action: *action,
            actor: "ST000000000000000000002AMW42H".parse().unwrap(),
            subject: None,
            version: 1,
            expiry: None,
            detail: [0; 32],
            burn_height: BurnHeight::new(1),
        };
        let due = |actions: &[Action]| {
            is_key_due(&actions.iter().enumerate().map(entry).collect::<Vec<_>>())
        };
        use Action::{Access, Amend, Create, Grant, Revoke};
        assert!(!due(&[]) && !due(&[Create, Grant, Access]));
        assert!(due(&[Create, Grant, Revoke]) && due(&[Create, Amend, Revoke, Grant, Access]));
        assert!(!due(&[Create, Grant, Revoke, Amend]));
    }
}
