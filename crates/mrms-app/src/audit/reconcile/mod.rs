//! Compares the contract's log with the logs of the vaults, both ways, and names every difference.
//!
//! A vault shows its lines about the record, and the hashes of all others. Together they must give
//! the head that it states, contain the head that it anchored on chain, and continue from what this
//! profile saw last. What was read and checked once is kept, and not read again. Then each release must
//! have its entry, and each entry of a reader who needs the vaults must have its release.

mod difference;
mod emergencies;
mod many;
mod on_chain;
mod read_log;
mod replay;
mod without_key;

use std::collections::{BTreeMap, BTreeSet};

pub use difference::Difference;
pub use emergencies::{Declared, GivenReason};
pub use many::Reconciling;
pub use on_chain::KeySource;

use mrms_contract::read;
use mrms_contract::state::Anchor;
use mrms_core::{Action, AuditEntry, Principal, Purpose, RecordId, StandardPrincipal};
use mrms_vault::protocol::{LogHead, LogLine};
use rand_core::CryptoRng;

use self::difference::compare_releases;
use self::on_chain::{OnChain, releases_of};
use crate::profile::ProfileError;
use crate::profile::links::is_link;
use crate::session::vaults::Member;
use crate::session::{Actor, AskError, Session};
use crate::sharing::purpose::{is_theirs, opening_of};

/// What one vault's log says.
#[derive(Clone, Debug)]
pub struct VaultLog {
    /// The vault's name.
    pub name: String,
    /// Its account.
    pub vault: StandardPrincipal,
    /// How many lines its log has.
    pub count: u64,
    /// What commits to them.
    pub head: LogHead,
    /// What it anchored on chain.
    pub anchor: Option<Anchor>,
    /// Its lines about the record.
    pub lines: Vec<LogLine>,
}

/// A record's log beside those of the vaults.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// The record's patient.
    pub patient: Principal,
    /// The openings in the record's log, and how each reader came to the key.
    pub openings: Vec<(AuditEntry, KeySource)>,
    /// The emergencies in the record's log, and their reasons.
    pub emergencies: Vec<Declared>,
    /// What openings were for, by their places in the log, as the readers told the patient. Of an opening in an emergency
    /// it is emergency treatment.
    pub purposes: BTreeMap<u64, Purpose>,
    /// What each vault says.
    pub vaults: Vec<VaultLog>,
    /// Every difference.
    pub differences: Vec<Difference>,
    /// How many vaults' shares make a key.
    pub needed: usize,
}

/// Why logs could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// There is no such record.
    #[error("there is no record {record}")]
    NotFound {
        /// The id asked for.
        record: RecordId,
    },
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl Reconciled {
    /// The entries of the emergencies of which this has all that there is: to be shown to the patient. One whose
    /// reason may be with a vault that was not asked is left out.
    #[must_use]
    pub fn told_emergencies(&self) -> Vec<&AuditEntry> {
        let asked_all = !self
            .differences
            .iter()
            .any(|difference| matches!(difference, Difference::NotAsked { .. }));
        let is_told = |one: &&Declared| asked_all || one.reason != GivenReason::Missing;
        self.emergencies.iter().filter(is_told).map(|one| &one.entry).collect()
    }
}

impl Session<'_> {
    /// Compares a record's log with the vaults' logs.
    ///
    /// # Errors
    ///
    /// [`ReconcileError`]; a vault that can't be asked is a difference, not an error.
    pub fn reconcile(
        &self,
        actor: &Actor,
        id: RecordId,
        rng: &mut dyn CryptoRng,
    ) -> Result<Reconciled, ReconcileError> {
        let (mut vaults, mut differences) = (Vec::new(), Vec::new());
        for member in self.vaults.members() {
            self.read_one(actor, member, id, rng, &mut vaults, &mut differences)?;
        }
        // Asked after the vaults: an entry that is older than its release is there.
        let released = releases_of(&vaults).into_keys().map(|index| (id, index)).collect();
        let mut found = self.on_chain(&[id], &released)?;
        let on_chain = found.remove(&id).ok_or(ReconcileError::NotFound { record: id })?;
        Ok(self.compare(actor, on_chain, vaults, differences, &self.link_accounts(actor)))
    }

    /// Reads what the vaults' logs have about these records since the profile last read them, so that it is known what
    /// openings were for. Returns whether every vault was asked about every record; one that can't be reached is asked once.
    ///
    /// # Errors
    ///
    /// [`ReconcileError`].
    pub fn read_vault_logs(
        &self,
        actor: &Actor,
        records: &[RecordId],
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, ReconcileError> {
        let mut asked_all = true;
        for member in self.vaults.members() {
            for id in records {
                let read = self.read_log(actor, member, *id, rng, &mut Vec::new());
                if let Err(error) = read {
                    asked_all = false;
                    if error.of_member()?.is_unreachable() {
                        break;
                    }
                }
            }
        }
        Ok(asked_all)
    }

    /// Why emergencies were declared on one's own record, in the words of whoever declared them, by the entries of the
    /// emergencies and of the openings in them: as far as the vaults' logs were read by this profile.
    ///
    /// # Errors
    ///
    /// [`ReconcileError`].
    pub fn known_reasons(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<BTreeMap<u64, String>, ReconcileError> {
        let record = self.ask(&read::record(id))?.ok_or(ReconcileError::NotFound { record: id })?;
        let Ok(root) = actor.keyring.record_root() else { return Ok(BTreeMap::new()) };
        let mut lines = Vec::new();
        for (_, vault) in self.remembered_vaults()? {
            let log = self.profile.read_log(&root, &vault, id);
            lines.extend(log.map(|log| log.lines).unwrap_or_default());
        }
        if lines.is_empty() {
            return Ok(BTreeMap::new());
        }
        let entries = self.ask_list(record.audit_count, |index| read::audit_entry(id, index))?;
        let entries = entries.into_iter().map(|entry| (entry.index, entry)).collect();
        Ok(emergencies::told(&entries, lines.iter(), &|note| self.read_note(actor, note)))
    }

    /// Reads what one vault's log has about a record.
    fn read_one(
        &self,
        actor: &Actor,
        member: &Member,
        id: RecordId,
        rng: &mut dyn CryptoRng,
        vaults: &mut Vec<VaultLog>,
        differences: &mut Vec<Difference>,
    ) -> Result<(), ReconcileError> {
        match self.read_log(actor, member, id, rng, differences) {
            Ok(log) => vaults.push(log),
            Err(error) => differences.push(Difference::NotAsked {
                vault: member.name().to_owned(),
                reason: error.of_member()?.to_string(),
            }),
        }
        Ok(())
    }

    /// Compares a record's log with what the vaults' logs have about it.
    fn compare(
        &self,
        actor: &Actor,
        on_chain: OnChain,
        vaults: Vec<VaultLog>,
        mut differences: Vec<Difference>,
        links: &BTreeSet<Principal>,
    ) -> Reconciled {
        let OnChain { record, entries, .. } = &on_chain;
        for log in &vaults {
            compare_releases(log, entries, &mut differences);
        }
        let is_patient = record.patient == actor.principal();
        let read = |note: &[u8]| self.read_note(actor, note);
        let read: Option<&emergencies::ReadNote<'_>> = is_patient.then_some(&read);
        let emergencies = emergencies::judge(entries, &vaults, read, &mut differences);
        let purposes = match is_patient {
            true => self.purposes_in(actor, entries, &vaults),
            false => BTreeMap::new(),
        };
        let needed = usize::from(self.vaults.threshold().needed());
        let mut openings = Vec::new();
        let releases = releases_of(&vaults);
        for entry in entries.values().filter(|entry| is_opening(entry)) {
            let source = match on_chain.key_source(entry, &releases) {
                KeySource::NotReleased if links.contains(entry.holder()) => KeySource::OwnLink,
                other => other,
            };
            let releases = source.releases();
            if let Some(releases) = releases.filter(|releases| *releases < needed) {
                differences.push(Difference::TooFewReleases { audit_index: entry.index, releases });
            }
            openings.push((entry.clone(), source));
        }
        let patient = on_chain.record.patient;
        Reconciled { patient, openings, emergencies, purposes, vaults, differences, needed }
    }

    /// The accounts of links: of the actor's own, whoever the patient is by now, and of those that a former patient handed
    /// over with their names. What can't be read is no link here.
    fn link_accounts(&self, actor: &Actor) -> BTreeSet<Principal> {
        let own = self.links(actor).unwrap_or_default().into_iter().map(|link| link.principal);
        let mut accounts: BTreeSet<_> = own.collect();
        let people =
            actor.keyring.record_root().ok().and_then(|root| self.profile.people(&root).ok());
        let people = people.iter().flat_map(|people| people.all());
        accounts.extend(people.filter(|one| is_link(one)).map(|one| one.principal.clone()));
        accounts
    }

    /// What the openings were for, as the notes in the vaults' lines say.
    fn purposes_in(
        &self,
        actor: &Actor,
        entries: &BTreeMap<u64, AuditEntry>,
        vaults: &[VaultLog],
    ) -> BTreeMap<u64, Purpose> {
        let emergency = |entry: &&AuditEntry| entry.action == Action::EmergencyRead;
        let emergencies = entries.values().filter(emergency);
        let mut purposes: BTreeMap<_, _> =
            emergencies.map(|entry| (entry.index, Purpose::EmergencyTreatment)).collect();
        for line in vaults.iter().flat_map(|vault| &vault.lines) {
            let entry = opening_of(line).and_then(|index| entries.get(&index));
            let Some(entry) = entry.filter(|entry| is_theirs(entry, line.actor.as_ref())) else {
                continue;
            };
            if let Some(purpose) = self.read_purpose(actor, &line.note) {
                purposes.entry(entry.index).or_insert(purpose);
            }
        }
        purposes
    }
}

fn is_opening(entry: &AuditEntry) -> bool {
    matches!(entry.action, Action::Access | Action::EmergencyRead)
}

#[cfg(test)]
mod tests;
