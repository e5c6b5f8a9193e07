//! What the contract says of the records whose logs are compared, and what that tells of how a reader came to a key.
//!
//! It is asked about many records together: a question that goes alone costs as much as a page of them.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read::{self, Read};
use mrms_contract::state::Record;
use mrms_core::{Action, AuditEntry, Principal, RecordId, Version};
use mrms_vault::protocol::Topic;

use super::{VaultLog, is_opening};
use crate::session::{ASKED_AT_ONCE, AskError, Session};

/// How many records are asked about together.
pub(super) const AT_ONCE: usize = 100;

/// How a reader came to the key of a version that an entry says they opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// It is their own: they are the record's patient or the version's author.
    Own,
    /// It came with the record, which was sent to them.
    Sent,
    /// It is on chain for them (direct sharing).
    OnChain,
    /// These vaults released shares, by name.
    Released(Vec<String>),
    /// It is a link of the patient's own, or of who handed over to them: its files were sealed when it was made, so that no vault is needed.
    OwnLink,
    /// No vault released anything: the access was interrupted, or the reader had the key before.
    NotReleased,
}

impl KeySource {
    /// How many vaults released a share; `None` where none is needed.
    pub(super) const fn releases(&self) -> Option<usize> {
        match self {
            Self::Own | Self::Sent | Self::OnChain | Self::OwnLink => None,
            Self::Released(vaults) => Some(vaults.len()),
            Self::NotReleased => Some(0),
        }
    }
}

/// The entries of one record against which vaults released shares.
pub(super) type Releases<'l> = BTreeMap<u64, Vec<&'l str>>;

/// The entries against which these vaults released shares, with the vaults' names.
pub(super) fn releases_of(vaults: &[VaultLog]) -> Releases<'_> {
    let mut releases = Releases::new();
    for vault in vaults {
        let released = vault.lines.iter().filter(|line| line.topic == Topic::Release);
        let entries: BTreeSet<_> = released.filter_map(|line| line.audit_index).collect();
        for index in entries {
            releases.entry(index).or_default().push(&vault.name);
        }
    }
    releases
}

/// What the contract says of a record.
pub(super) struct OnChain {
    pub(super) record: Record,
    /// The record's log.
    pub(super) entries: BTreeMap<u64, AuditEntry>,
    /// The places of its offers to others.
    offers: BTreeSet<u64>,
    /// Who wrote the versions that were opened without a release.
    authors: BTreeMap<Version, Principal>,
    /// For whom the key of such a version is on chain.
    has_envelope: BTreeSet<(Version, Principal)>,
}

impl OnChain {
    const fn new(record: Record) -> Self {
        Self {
            record,
            entries: BTreeMap::new(),
            offers: BTreeSet::new(),
            authors: BTreeMap::new(),
            has_envelope: BTreeSet::new(),
        }
    }

    /// How the reader of an opening came to the key.
    pub(super) fn key_source(&self, opening: &AuditEntry, releases: &Releases<'_>) -> KeySource {
        if let Some(vaults) = releases.get(&opening.index) {
            return KeySource::Released(vaults.iter().map(|name| (*name).to_owned()).collect());
        }
        let Some(version) = Version::new(opening.version) else { return KeySource::NotReleased };
        if self.is_own(opening, version) {
            return KeySource::Own;
        }
        if self.was_sent(opening) {
            return KeySource::Sent;
        }
        match self.has_envelope.contains(&(version, opening.holder().clone())) {
            true => KeySource::OnChain,
            false => KeySource::NotReleased,
        }
    }

    /// A member has the key of an organisation, whatever they are to the record themselves.
    fn is_own(&self, opening: &AuditEntry, version: Version) -> bool {
        opening.subject.is_none()
            && (opening.actor == self.record.patient
                || self.authors.get(&version) == Some(&opening.actor))
    }

    /// Whether an opening is of a version that had come with an offer of the record: whoever sends a record wraps the keys
    /// of its versions to them.
    fn was_sent(&self, opening: &AuditEntry) -> bool {
        let mut before = self.offers.range(..opening.index).filter_map(|at| self.entries.get(at));
        before.any(|offer| {
            offer.subject.as_ref() == Some(opening.holder()) && opening.version <= offer.version
        })
    }

    fn take(&mut self, entry: AuditEntry) {
        if entry.action == Action::TransferOffer {
            self.offers.insert(entry.index);
        }
        self.entries.insert(entry.index, entry);
    }
}

/// What the contract says of some records, while it is asked.
struct Asked<'r> {
    records: BTreeMap<RecordId, OnChain>,
    released: &'r Released,
}

/// Entries of records against which a vault released a share.
pub(super) type Released = BTreeSet<(RecordId, u64)>;

impl Asked<'_> {
    /// The openings against which no vault released a share, each with its version.
    fn not_released(&self) -> impl Iterator<Item = (RecordId, &OnChain, &AuditEntry, Version)> {
        self.records.iter().flat_map(move |(id, one)| {
            let openings = one.entries.values().filter(|entry| is_opening(entry));
            openings.filter_map(move |entry| {
                let is_released = self.released.contains(&(*id, entry.index));
                let version = Version::new(entry.version).filter(|_| !is_released)?;
                Some((*id, one, entry, version))
            })
        })
    }
}

impl Session<'_> {
    /// What the contract says of these records; those that do not exist are left out. Against the entries in `released` a
    /// vault released a share: nothing more is asked about them.
    pub(super) fn on_chain(
        &self,
        ids: &[RecordId],
        released: &Released,
    ) -> Result<BTreeMap<RecordId, OnChain>, AskError> {
        let mut asked = Asked { records: BTreeMap::new(), released };
        let about = |id: &RecordId| read::record(*id);
        self.ask_about(ids.iter().copied(), about, |id, record| {
            asked.records.extend(record.map(|record| (id, OnChain::new(record))));
        })?;

        let logs: Vec<_> =
            asked.records.iter().map(|(id, one)| (*id, one.record.audit_count)).collect();
        let places = logs.into_iter().flat_map(|(id, count)| (0..count).map(move |at| (id, at)));
        let about = |(id, at): &(RecordId, u64)| read::audit_entry(*id, *at);
        self.ask_about(places, about, |(id, _), entry| {
            if let Some((one, entry)) = asked.records.get_mut(&id).zip(entry) {
                one.take(entry);
            }
        })?;

        let by_themselves = asked.not_released().filter(|(_, _, entry, _)| entry.subject.is_none());
        let versions: BTreeSet<_> =
            by_themselves.map(|(id, _, _, version)| (id, version)).collect();
        let about = |(id, version): &(RecordId, Version)| read::record_version(*id, *version);
        self.ask_about(versions, about, |(id, version), stored| {
            if let Some((one, stored)) = asked.records.get_mut(&id).zip(stored) {
                one.authors.insert(version, stored.author);
            }
        })?;

        let unexplained = asked.not_released().filter(|(_, one, entry, version)| {
            !one.is_own(entry, *version) && !one.was_sent(entry)
        });
        let keys: BTreeSet<_> = unexplained
            .map(|(id, _, entry, version)| (id, version, entry.holder().clone()))
            .collect();
        let about = |(id, version, holder): &(RecordId, Version, Principal)| {
            read::key_envelope(*id, *version, holder)
        };
        self.ask_about(keys, about, |(id, version, holder), envelope| {
            if let Some((one, _)) = asked.records.get_mut(&id).zip(envelope) {
                one.has_envelope.insert((version, holder));
            }
        })?;
        Ok(asked.records)
    }

    /// Asks the contract the same about many things, some hundred at a time, and hands on each answer.
    fn ask_about<K, T>(
        &self,
        about: impl IntoIterator<Item = K>,
        question: impl Fn(&K) -> Read<T>,
        mut take: impl FnMut(K, T),
    ) -> Result<(), AskError> {
        let mut about = about.into_iter().peekable();
        while about.peek().is_some() {
            let some: Vec<_> = about.by_ref().take(ASKED_AT_ONCE).collect();
            let questions: Vec<_> = some.iter().map(&question).collect();
            for (one, answer) in some.into_iter().zip(self.ask_all(&questions)?) {
                take(one, answer);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mrms_contract::trail::Head;
    use mrms_core::{BurnHeight, StandardPrincipal};

    use super::*;

    fn person(byte: u8) -> Principal {
        StandardPrincipal::new(26, [byte; 20]).unwrap().into()
    }

    fn entry(index: u64, action: Action, actor: u8, subject: Option<u8>) -> AuditEntry {
        AuditEntry {
            index,
            action,
            actor: person(actor),
            subject: subject.map(person),
            version: 1,
            expiry: None,
            detail: [0; 32],
            burn_height: BurnHeight::new(1),
        }
    }

    /// A record of patient 1, whose first version doctor 2 wrote. It was offered to 3, and the key is on chain for 4.
    fn on_chain() -> OnChain {
        let mut found = OnChain::new(Record {
            patient: person(1),
            version: Version::FIRST,
            readers: 0,
            audit_count: 0,
            audit_head: Head::EMPTY,
        });
        found.authors.insert(Version::FIRST, person(2));
        found.take(entry(5, Action::TransferOffer, 1, Some(3)));
        found.has_envelope.insert((Version::FIRST, person(4)));
        found
    }

    #[test]
    fn how_a_reader_came_to_the_key_is_told_by_what_the_contract_has() {
        let found = on_chain();
        let source = |index, actor, organisation| {
            found.key_source(&entry(index, Action::Access, actor, organisation), &Releases::new())
        };
        assert_eq!(source(9, 1, None), KeySource::Own);
        assert_eq!(source(9, 2, None), KeySource::Own, "its author");
        assert_eq!(source(9, 2, Some(7)), KeySource::NotReleased, "for an organisation");
        assert_eq!(source(9, 7, Some(4)), KeySource::OnChain, "with the organisation's key");
        assert_eq!(source(9, 4, None), KeySource::OnChain);
        assert_eq!(source(9, 3, None), KeySource::Sent);
        assert_eq!(source(4, 3, None), KeySource::NotReleased, "before it was offered");
        let later = AuditEntry { version: 2, ..entry(9, Action::Access, 3, None) };
        assert_eq!(found.key_source(&later, &Releases::new()), KeySource::NotReleased);
    }

    #[test]
    fn release_comes_before_all_else_and_each_vault_counts_once() {
        let opening = entry(9, Action::Access, 1, None);
        let releases = Releases::from([(9, vec!["one", "two"])]);
        let both = KeySource::Released(vec!["one".to_owned(), "two".to_owned()]);
        assert_eq!(on_chain().key_source(&opening, &releases), both);
        assert_eq!(both.releases(), Some(2));
    }
}
