//! [`Difference`]: what does not fit between a record's log and a vault's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use mrms_core::AuditEntry;
use mrms_vault::protocol::Topic;

use super::{VaultLog, is_opening};

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

/// Checks that each release has an entry of that reader about that version, and that no two have
/// the same.
pub(super) fn compare_releases(
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
