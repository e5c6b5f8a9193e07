//! Openings for which their reader got no key: the entry stands in the record's log, and the vaults refused, or were not asked.
//!
//! They are told apart from those that opened something. What is unsure counts as opened: where a vault was not asked, where the
//! logs differ, and where the reader had that version's key before.

use std::collections::{BTreeMap, BTreeSet};

use mrms_core::{Principal, RecordId};
use mrms_vault::protocol::Topic;
use rand_core::CryptoRng;

use super::on_chain::releases_of;
use super::{Difference, Reconciled, VaultLog};
use crate::audit::shares::count_openings;
use crate::records::list::{KeyOnChain, Openings};
use crate::session::{Actor, Session};

impl Reconciled {
    /// The openings for which their reader surely got no key, by their places in the record's log.
    #[must_use]
    pub fn without_key(&self) -> BTreeSet<u64> {
        let unsure =
            |one: &Difference| one.is_grave() || matches!(one, Difference::NotAsked { .. });
        if self.differences.iter().any(unsure) {
            return BTreeSet::new();
        }
        let mut without = BTreeSet::new();
        let mut had = BTreeSet::new();
        for (entry, source) in &self.openings {
            let key = (entry.holder(), entry.version);
            match source.releases() {
                Some(releases) if releases < self.needed && !had.contains(&key) => {
                    without.insert(entry.index);
                }
                _ => {
                    had.insert(key);
                }
            }
        }
        without
    }

    fn tell_apart(&self, without: &BTreeSet<u64>, openings: &mut BTreeMap<Principal, Openings>) {
        if !without.is_empty() {
            let entries = self.openings.iter().map(|(entry, _)| entry);
            count_openings(entries, without, openings);
        }
    }
}

impl Session<'_> {
    /// Tells those openings of one's own record apart for which the reader got no key. Asks the vaults if what this profile
    /// read of their logs does not explain all of them. What can't be asked or compared now counts as opened.
    pub fn tell_without_key(
        &self,
        actor: &Actor,
        id: RecordId,
        openings: &mut BTreeMap<Principal, Openings>,
        rng: &mut dyn CryptoRng,
    ) {
        if self.are_explained(&self.known_logs(actor, id), openings) {
            return;
        }
        if let Ok(reconciled) = self.reconcile(actor, id, rng) {
            reconciled.tell_apart(&reconciled.without_key(), openings);
        }
    }

    /// The same by what this profile read of the vaults' logs before, without asking them.
    pub fn tell_known_without_key(
        &self,
        actor: &Actor,
        id: RecordId,
        openings: &mut BTreeMap<Principal, Openings>,
    ) {
        let logs = self.known_logs(actor, id);
        if !self.are_explained(&logs, openings)
            && let Some((reconciled, without)) = self.known(actor, id, logs)
        {
            reconciled.tell_apart(&without, openings);
        }
    }

    /// Of these openings of one's own record those for which their reader got no key, by what this profile read of the vaults'
    /// logs so far.
    #[must_use]
    pub fn known_without_key(
        &self,
        actor: &Actor,
        id: RecordId,
        opened: &BTreeSet<u64>,
    ) -> BTreeSet<u64> {
        let logs = self.known_logs(actor, id);
        if self.released(&logs, opened).len() == opened.len() {
            return BTreeSet::new();
        }
        self.known(actor, id, logs).map(|(_, without)| without).unwrap_or_default()
    }

    /// Of these openings of one's own record those for which enough vaults gave their share, by what this profile read of their
    /// logs so far.
    #[must_use]
    pub fn known_with_key(
        &self,
        actor: &Actor,
        id: RecordId,
        opened: &BTreeSet<u64>,
    ) -> BTreeSet<u64> {
        self.released(&self.known_logs(actor, id), opened)
    }

    fn released(&self, logs: &[VaultLog], opened: &BTreeSet<u64>) -> BTreeSet<u64> {
        let needed = usize::from(self.vaults.threshold().needed());
        let releases = releases_of(logs);
        let has_key =
            |index: &u64| releases.get(index).is_some_and(|vaults| vaults.len() >= needed);
        opened.iter().copied().filter(has_key).collect()
    }

    /// What these logs say, and the openings without a key; `None` where they do not tell.
    fn known(
        &self,
        actor: &Actor,
        id: RecordId,
        logs: Vec<VaultLog>,
    ) -> Option<(Reconciled, BTreeSet<u64>)> {
        // An entry behind the newest that each log names may be told of later.
        let newest = |log: &VaultLog| log.lines.iter().filter_map(|line| line.audit_index).max();
        let known = logs.iter().map(newest).min().flatten()?;
        if logs.len() < self.vaults.members().len() {
            return None;
        }
        let links = self.link_accounts(actor);
        let released = releases_of(&logs).into_keys().map(|index| (id, index)).collect();
        let on_chain = self.on_chain(&[id], &released).ok()?.remove(&id)?;
        let reconciled = self.compare(actor, on_chain, logs, Vec::new(), &links);
        let mut without = reconciled.without_key();
        without.retain(|index| *index <= known);
        Some((reconciled, without))
    }

    /// What this profile read of the vaults' logs about a record.
    fn known_logs(&self, actor: &Actor, id: RecordId) -> Vec<VaultLog> {
        let Ok(root) = actor.keyring.record_root() else { return Vec::new() };
        let logs = self.vaults.members().iter().filter_map(|member| {
            let vault = self.remembered_account(member)?;
            let read = self.profile.read_log(&root, &vault, id)?;
            let (count, head) = (read.until.count, read.until.head);
            let (name, lines) = (member.name().to_owned(), read.lines);
            Some(VaultLog { name, vault, count, head, anchor: None, lines })
        });
        logs.collect()
    }

    /// Whether these logs have a key for each opening of those who need the vaults.
    fn are_explained(&self, logs: &[VaultLog], openings: &BTreeMap<Principal, Openings>) -> bool {
        let mut released: BTreeMap<(&Principal, u64), usize> = BTreeMap::new();
        for log in logs {
            let lines = log.lines.iter().filter(|line| line.topic == Topic::Release);
            let of_log: BTreeSet<_> =
                lines.filter_map(|line| Some((line.reader.as_ref()?, line.audit_index?))).collect();
            of_log.into_iter().for_each(|one| *released.entry(one).or_default() += 1);
        }
        let needed = usize::from(self.vaults.threshold().needed());
        openings.iter().filter(|(_, theirs)| theirs.key_on_chain == KeyOnChain::Nothing).all(
            |(reader, theirs)| {
                let keys = released
                    .iter()
                    .filter(|((who, _), vaults)| *who == reader && **vaults >= needed);
                theirs.count <= keys.count() as u64
            },
        )
    }
}
