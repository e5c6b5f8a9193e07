//! Compares the contract's log with the logs of the vaults, both ways, and names every difference.
//!
//! A vault shows its lines about the record, and the hashes of all others. Together they must give
//! the head that it states, contain the head that it anchored on chain, and continue from what this
//! profile saw last. What was read and checked once is kept, and not read again. Then each release must have its entry, and each entry of a reader who needs
//! the vaults must have its release.

mod emergencies;
mod many;
mod replay;
mod without_key;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use emergencies::{Declared, GivenReason};
pub use many::Reconciling;

use mrms_contract::read;
use mrms_contract::state::{Anchor, Record};
use mrms_core::{Action, AuditEntry, Principal, Purpose, RecordId, StandardPrincipal, Version};
use mrms_vault::protocol::{LogHead, LogLine, LogRequest, MOST_LINES, Topic};
use rand_core::CryptoRng;

use self::replay::LogReplay;
use crate::profile::ProfileError;
use crate::profile::links::is_link;
use crate::profile::remembered::{ReadLog, SeenLog};
use crate::session::vaults::{Member, MemberError};
use crate::session::{Actor, AskError, Session};
use crate::sharing::purpose::{is_theirs, opening_of};

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
    const fn releases(&self) -> Option<usize> {
        match self {
            Self::Own | Self::Sent | Self::OnChain | Self::OwnLink => None,
            Self::Released(vaults) => Some(vaults.len()),
            Self::NotReleased => Some(0),
        }
    }
}

/// Something that should not be so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// A vault released a share, and the log has no such entry.
    ReleaseWithoutEntry {
        /// The vault.
        vault: String,
        /// The line of its log.
        line: u64,
    },
    /// A vault released a share against an entry of another reader, version or kind.
    OtherEntry {
        /// The vault.
        vault: String,
        /// The line of its log.
        line: u64,
        /// The entry that it names.
        audit_index: u64,
    },
    /// A vault released two shares against one entry.
    ReleasedTwice {
        /// The vault.
        vault: String,
        /// The later line.
        line: u64,
        /// The entry.
        audit_index: u64,
    },
    /// Fewer vaults released a share than a key needs, though the reader has no other way.
    TooFewReleases {
        /// The entry.
        audit_index: u64,
        /// How many did.
        releases: usize,
    },
    /// A vault released a share for an emergency, with a note that is not the reason that was declared.
    ReasonDiffers {
        /// The vault.
        vault: String,
        /// The line of its log.
        line: u64,
    },
    /// A vault released a share for an emergency without its reason.
    ReleasedWithoutReason {
        /// The vault.
        vault: String,
        /// The line of its log.
        line: u64,
        /// The entry that declared the emergency.
        audit_index: u64,
    },
    /// The reason of an emergency was not sealed to the patient.
    ReasonUnreadable {
        /// The entry that declared the emergency.
        audit_index: u64,
    },
    /// The lines do not give the head that the vault states.
    LogAltered {
        /// The vault.
        vault: String,
    },
    /// The log is not the one that the vault anchored on chain.
    NotAsAnchored {
        /// The vault.
        vault: String,
    },
    /// The log is not the one that this profile saw before.
    NotAsSeen {
        /// The vault.
        vault: String,
    },
    /// A vault could not be asked.
    NotAsked {
        /// The vault.
        vault: String,
        /// What happened.
        reason: String,
    },
}

impl Difference {
    /// Whether somebody must have broken the rules. The other differences may have an innocent
    /// cause.
    #[must_use]
    pub const fn is_grave(&self) -> bool {
        !matches!(self, Self::TooFewReleases { .. } | Self::NotAsked { .. })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReleaseWithoutEntry { vault, line } => {
                write!(f, "{vault} released a share (line {line}) for which the log has no entry")
            }
            Self::OtherEntry { vault, line, audit_index } => write!(
                f,
                "{vault} released a share (line {line}) against entry {audit_index}, which is about something else"
            ),
            Self::ReleasedTwice { vault, line, audit_index } => write!(
                f,
                "{vault} released a second share (line {line}) against entry {audit_index}"
            ),
            Self::TooFewReleases { audit_index, releases } => write!(
                f,
                "entry {audit_index} is an access for which {releases} vaults released a share: it was interrupted, or the reader had the key already"
            ),
            Self::ReasonDiffers { vault, line } => write!(
                f,
                "{vault} released a share (line {line}) for an emergency with another reason than the declared one"
            ),
            Self::ReleasedWithoutReason { vault, line, audit_index } => write!(
                f,
                "{vault} released a share (line {line}) without the reason of the emergency that entry {audit_index} declared"
            ),
            Self::ReasonUnreadable { audit_index } => write!(
                f,
                "the reason of the emergency that entry {audit_index} declared does not open with your keys"
            ),
            Self::LogAltered { vault } => {
                write!(f, "the log of {vault} does not give the head that it states")
            }
            Self::NotAsAnchored { vault } => {
                write!(f, "the log of {vault} is not the one that it anchored on chain")
            }
            Self::NotAsSeen { vault } => {
                write!(f, "the log of {vault} was cut or rewritten since this profile last read it")
            }
            Self::NotAsked { vault, reason } => write!(f, "{vault} was not asked: {reason}"),
        }
    }
}

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
        self.compare(actor, id, vaults, differences, &self.link_accounts(actor))
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
        id: RecordId,
        vaults: Vec<VaultLog>,
        mut differences: Vec<Difference>,
        links: &BTreeSet<Principal>,
    ) -> Result<Reconciled, ReconcileError> {
        let record = self.ask(&read::record(id))?.ok_or(ReconcileError::NotFound { record: id })?;
        let entries = self.ask_list(record.audit_count, |index| read::audit_entry(id, index))?;
        let entries: BTreeMap<_, _> =
            entries.into_iter().map(|entry| (entry.index, entry)).collect();
        for log in &vaults {
            compare_releases(log, &entries, &mut differences);
        }
        let is_patient = record.patient == actor.principal();
        let read = |note: &[u8]| self.read_note(actor, note);
        let read: Option<&emergencies::ReadNote<'_>> = is_patient.then_some(&read);
        let emergencies = emergencies::judge(&entries, &vaults, read, &mut differences);
        let purposes = match is_patient {
            true => self.purposes_in(actor, &entries, &vaults),
            false => BTreeMap::new(),
        };
        let needed = usize::from(self.vaults.threshold().needed());
        let mut openings = Vec::new();
        let offers: Vec<_> = entries.values().filter_map(Offer::of).collect();
        let mut asked = AskedOfRecord::default();
        for entry in entries.into_values().filter(is_opening) {
            let also = (offers.as_slice(), &mut asked);
            let source = match self.key_source(&record, id, &entry, &vaults, also)? {
                KeySource::NotReleased if links.contains(entry.holder()) => KeySource::OwnLink,
                other => other,
            };
            let releases = source.releases();
            if let Some(releases) = releases.filter(|releases| *releases < needed) {
                differences.push(Difference::TooFewReleases { audit_index: entry.index, releases });
            }
            openings.push((entry, source));
        }
        Ok(Reconciled { openings, emergencies, purposes, vaults, differences, needed })
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

    fn key_source(
        &self,
        record: &Record,
        id: RecordId,
        entry: &AuditEntry,
        vaults: &[VaultLog],
        (offers, asked): (&[Offer], &mut AskedOfRecord),
    ) -> Result<KeySource, AskError> {
        let released: Vec<_> = vaults
            .iter()
            .filter(|log| log.lines.iter().any(|line| releases(line, entry.index)))
            .map(|log| log.name.clone())
            .collect();
        if !released.is_empty() {
            return Ok(KeySource::Released(released));
        }
        let Some(version) = Version::new(entry.version) else { return Ok(KeySource::NotReleased) };
        let author = match asked.authors.get(&version) {
            Some(author) => author.clone(),
            None => {
                let stored = self.ask(&read::record_version(id, version))?;
                let author = stored.map(|stored| stored.author);
                asked.authors.entry(version).or_insert(author).clone()
            }
        };
        let is_own = entry.actor == record.patient || author.as_ref() == Some(&entry.actor);
        // A member has the key of an organisation, whatever they are to the record themselves.
        if is_own && entry.subject.is_none() {
            return Ok(KeySource::Own);
        }
        if offers.iter().any(|offer| offer.brings_the_key(entry)) {
            return Ok(KeySource::Sent);
        }
        let holder = (version, entry.holder().clone());
        let is_on_chain = match asked.on_chain.get(&holder) {
            Some(is_on_chain) => *is_on_chain,
            None => {
                let envelope = self.ask(&read::key_envelope(id, version, &holder.1))?;
                *asked.on_chain.entry(holder).or_insert(envelope.is_some())
            }
        };
        Ok(if is_on_chain { KeySource::OnChain } else { KeySource::NotReleased })
    }

    /// Reads a vault's log, and checks it. Goes on where the last reading of this record ended; if what comes does not fit
    /// that, reads all again.
    fn read_log(
        &self,
        actor: &Actor,
        member: &Member,
        id: RecordId,
        rng: &mut dyn CryptoRng,
        differences: &mut Vec<Difference>,
    ) -> Result<VaultLog, ReadLogError> {
        let vault = self.vault_card(member)?.vault;
        let anchor = self.ask(&read::vault_log(&Principal::from(vault)))?;
        let mut seen_logs = self.profile.seen_logs()?;
        let seen = seen_logs.get(&vault.to_string()).copied();
        let root = actor.keyring.record_root().ok();
        let read = root.as_ref().and_then(|root| self.profile.read_log(root, &vault, id));
        let before = read.as_ref().map(|read| (read.until, read.anchor));
        let mut replay = match read.and_then(|read| LogReplay::resume(read, anchor, seen)) {
            Some(mut replay) => {
                self.follow_log(actor, member, id, rng, &mut replay)?;
                replay
            }
            None => LogReplay::broken(anchor, seen),
        };
        if !replay.holds() {
            replay = LogReplay::new(anchor, seen);
            self.follow_log(actor, member, id, rng, &mut replay)?;
        }
        let name = || member.name().to_owned();
        if !replay.sound {
            differences.push(Difference::LogAltered { vault: name() });
        }
        if !replay.holds_anchor() {
            differences.push(Difference::NotAsAnchored { vault: name() });
        }
        if !replay.holds_seen() {
            differences.push(Difference::NotAsSeen { vault: name() });
        }
        if replay.holds() {
            let until = SeenLog { count: replay.count, head: replay.head };
            if seen_logs.insert(vault.to_string(), until) != Some(until) {
                self.profile.remember_logs(&seen_logs)?;
            }
            // What has not grown is remembered as it is.
            if before != Some((until, replay.anchor))
                && let Some(root) = &root
            {
                let read = ReadLog { until, anchor: replay.anchor, lines: replay.lines.clone() };
                self.profile.remember_read_log(root, (&vault, id), &read, rng)?;
            }
        }
        let LogReplay { count, head, lines, .. } = replay;
        Ok(VaultLog { name: name(), vault, count, head, anchor, lines })
    }

    /// Reads a log from where the replay is to its end.
    fn follow_log(
        &self,
        actor: &Actor,
        member: &Member,
        id: RecordId,
        rng: &mut dyn CryptoRng,
        replay: &mut LogReplay,
    ) -> Result<(), ReadLogError> {
        loop {
            let request = LogRequest { record_id: id, from: replay.count, limit: MOST_LINES };
            let (page, _) =
                self.send_to_vault(actor, member, request, rng, |vault, signed| vault.log(signed))?;
            let is_next = page.from == replay.count && page.before == replay.head;
            if !is_next || page.items.is_empty() && replay.count < page.count {
                replay.sound = false;
                return Ok(());
            }
            for item in page.items {
                replay.take(item);
            }
            if replay.count >= page.count {
                replay.sound &= replay.count == page.count && replay.head == page.head;
                return Ok(());
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ReadLogError {
    #[error(transparent)]
    Member(#[from] MemberError),
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl ReadLogError {
    /// Why the vault could not be asked; what else fails is an error of the whole.
    fn of_member(self) -> Result<MemberError, ReconcileError> {
        match self {
            Self::Member(error) => Ok(error),
            Self::Ask(error) => Err(error.into()),
            Self::Profile(error) => Err(error.into()),
        }
    }
}

/// What the contract said of a record's versions: many openings are of the same.
#[derive(Default)]
struct AskedOfRecord {
    authors: BTreeMap<Version, Option<Principal>>,
    /// Whether the key of a version is on chain for somebody.
    on_chain: BTreeMap<(Version, Principal), bool>,
}

/// A record that was offered to somebody: whoever sends one wraps the keys of its versions to them.
struct Offer {
    to: Principal,
    index: u64,
    version: u64,
}

impl Offer {
    fn of(entry: &AuditEntry) -> Option<Self> {
        let to = entry.subject.clone().filter(|_| entry.action == Action::TransferOffer)?;
        Some(Self { to, index: entry.index, version: entry.version })
    }

    /// Whether an opening is of a version that had come with the offer.
    fn brings_the_key(&self, opening: &AuditEntry) -> bool {
        *opening.holder() == self.to
            && opening.index > self.index
            && opening.version <= self.version
    }
}

fn is_opening(entry: &AuditEntry) -> bool {
    matches!(entry.action, Action::Access | Action::EmergencyRead)
}

fn releases(line: &LogLine, audit_index: u64) -> bool {
    line.topic == Topic::Release && line.audit_index == Some(audit_index)
}

/// Checks that each release has an entry of that reader about that version, and that no two have
/// the same.
fn compare_releases(
    log: &VaultLog,
    entries: &BTreeMap<u64, AuditEntry>,
    differences: &mut Vec<Difference>,
) {
    let mut used = BTreeSet::new();
    for line in log.lines.iter().filter(|line| line.topic == Topic::Release) {
        let (vault, number) = (log.name.clone(), line.number);
        let entry = line.audit_index.and_then(|index| entries.get(&index));
        match entry {
            None => differences.push(Difference::ReleaseWithoutEntry { vault, line: number }),
            Some(entry)
                if !is_opening(entry)
                    || Some(&entry.actor) != line.actor.as_ref()
                    || entry.version != line.version =>
            {
                let audit_index = entry.index;
                differences.push(Difference::OtherEntry { vault, line: number, audit_index });
            }
            Some(entry) if !used.insert(entry.index) => {
                let audit_index = entry.index;
                differences.push(Difference::ReleasedTwice { vault, line: number, audit_index });
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
