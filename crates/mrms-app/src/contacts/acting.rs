//! Who acts for a patient now, and since when: what the patient is told on the first page.
//!
//! Reads the chain: the delegations, and the patient's own log for the day on which each began.

use std::collections::BTreeMap;

use mrms_contract::read;
use mrms_core::{Action, AuditEntry, BurnHeight, Powers, Principal, UnixTime};

use crate::session::{AskError, Session};

/// The newest entries of the patient's log that are looked through.
const MOST_ENTRIES: u64 = 1_000;

/// Somebody who acts for the patient now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActsNow {
    /// Who.
    pub who: Principal,
    /// What they may do.
    pub powers: Powers,
    /// When they began, estimated; `None` where the log that was read does not tell.
    pub since: Option<UnixTime>,
}

impl Session<'_> {
    /// Everybody who acts for this patient now. The log is read only where somebody does.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn acting_now(&self, me: &Principal) -> Result<Vec<ActsNow>, AskError> {
        let delegates = self.live_delegates(me)?;
        if delegates.is_empty() {
            return Ok(Vec::new());
        }
        let count = self.ask(&read::patient_counts(me))?.audit_count;
        let first = count.saturating_sub(MOST_ENTRIES);
        let at = |index: u64| read::patient_audit_entry(me, first + index);
        let began = began(&self.ask_list(count - first, at)?);
        let clock = self.ledger.tip()?.clock();
        let told = delegates.into_iter().map(|one| ActsNow {
            since: began.get(&one.user).map(|height| clock.time_of(*height)),
            powers: one.delegation.powers,
            who: one.user,
        });
        Ok(told.collect())
    }
}

/// When each delegate began, by a patient's log. Whoever is named again while they act began at the first time.
fn began(entries: &[AuditEntry]) -> BTreeMap<Principal, BurnHeight> {
    let mut began: BTreeMap<Principal, (BurnHeight, Option<BurnHeight>)> = BTreeMap::new();
    for entry in entries {
        let who = match entry.action {
            Action::ContactAccept => &entry.actor,
            Action::DelegateSet | Action::DelegateRemove | Action::DelegateEnd => {
                let Some(subject) = &entry.subject else { continue };
                subject
            }
            _ => continue,
        };
        if matches!(entry.action, Action::DelegateRemove | Action::DelegateEnd) {
            began.remove(who);
            continue;
        }
        let before =
            began.get(who).filter(|(_, end)| end.is_none_or(|end| end > entry.burn_height));
        let since = before.map_or(entry.burn_height, |(since, _)| *since);
        began.insert(who.clone(), (since, entry.expiry));
    }
    began.into_iter().map(|(who, (since, _))| (who, since)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delegate_began_at_the_first_naming_after_the_last_end() {
        let me: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let who: Principal = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap();
        let entry =
            |action: Action, actor: &Principal, height: u64, expiry: Option<u64>| AuditEntry {
                index: 0,
                action,
                actor: actor.clone(),
                subject: Some(who.clone()),
                version: 0,
                expiry: expiry.map(BurnHeight::new),
                detail: [0; 32],
                burn_height: BurnHeight::new(height),
            };
        let since = |entries: &[AuditEntry]| began(entries).get(&who).map(|at| at.number());
        let set = |height, expiry| entry(Action::DelegateSet, &me, height, expiry);
        assert_eq!(since(&[set(5, None), set(9, None)]), Some(5), "other powers, and no break");
        assert_eq!(since(&[set(5, Some(7)), set(9, None)]), Some(9), "their time was over");
        let ended = entry(Action::DelegateRemove, &me, 6, None);
        assert_eq!(since(&[set(5, None), ended.clone(), set(9, None)]), Some(9));
        assert_eq!(since(&[set(5, None), ended]), None);
        assert_eq!(since(&[entry(Action::ContactAccept, &who, 8, None)]), Some(8));
    }
}
