//! What a profile remembers: recipients, pair secrets, openings, and vaults' logs.

use mrms_core::{BurnHeight, Principal, RecordId, TxId, Version};
use mrms_vault::protocol::{LogHead, LogLine, Release};
use serde::{Deserialize, Serialize};

/// The recipient that a principal had published when this profile first wrapped a key to it, or
/// when the person at work last accepted a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedRecipient {
    /// The recipient's text.
    pub recipient: String,
    /// The directory's generation of it.
    pub generation: u64,
}

/// Where the pair secret for a reader was set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPair {
    /// The epoch that the secret is derived from.
    #[serde(with = "crate::profile::as_text")]
    pub epoch: u64,
    /// The record whose key envelope carries the pair header.
    pub record: RecordId,
    /// The version of that envelope.
    pub version: Version,
    /// The recipient that it was wrapped to.
    pub recipient: String,
}

/// What was to be opened: an opening that was interrupted is found again by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The record.
    pub record: RecordId,
    /// The version; `None` for the latest.
    pub version: Option<Version>,
    /// The organisation by whose grants; `None` for the person's own.
    pub organisation: Option<&'a Principal>,
}

/// An entry in a record's log that let this profile in, and what vaults have released for it so
/// far. The releases are sealed to this profile, and each was checked when it came.
///
/// It is kept until the content has left or was saved, the grant is found closed, or the entry is
/// too old: then it is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The record.
    pub record: RecordId,
    /// The version that was asked for; `None` for the latest.
    pub asked: Option<Version>,
    /// The organisation for which a member opened; `None` for the person's own grants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Principal>,
    /// The version that was opened.
    pub version: Version,
    /// The transaction of the entry.
    pub txid: TxId,
    /// The entry's index.
    #[serde(with = "crate::profile::as_text")]
    pub audit_index: u64,
    /// The burn height of the entry.
    pub burn_height: BurnHeight,
    /// What vaults have released, with each vault's name.
    pub releases: Vec<(String, Release)>,
    /// What the patient is to read about this opening, such as the reason of an emergency, sealed to
    /// the patient.
    #[serde(with = "crate::profile::as_hex", default)]
    pub note: Vec<u8>,
}

impl Opening {
    /// What was to be opened.
    #[must_use]
    pub const fn was_asked(&self) -> Asked<'_> {
        let Self { record, asked, organisation, .. } = self;
        Asked { record: *record, version: *asked, organisation: organisation.as_ref() }
    }
}

/// What this profile has read of a vault's log about one record, so that the next reading goes on there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadLog {
    /// How far it was read.
    pub until: SeenLog,
    /// What the vault had anchored then, if it was met.
    pub anchor: Option<SeenLog>,
    /// The lines about the record.
    pub lines: Vec<LogLine>,
}

/// How far this profile has read a vault's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenLog {
    /// How many lines.
    pub count: u64,
    /// What commits to them.
    pub head: LogHead,
}

/// The newest block that this profile saw of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenHead {
    /// Hash of the ledger's block 0, in hexadecimal.
    pub genesis: String,
    /// Height of the block.
    pub height: u32,
    /// Its hash, in hexadecimal.
    pub hash: String,
}
