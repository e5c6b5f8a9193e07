//! Releases: the messages that ask for a share or a salt, and the answers.

use mrms_core::{RecordId, TxId, Version};
use mrms_stacks::clarity::Value;
use serde::{Deserialize, Serialize};

use super::signed::Message;
use super::{Hex, Split, VaultReceipt, hex_bytes};

/// Longest note, in bytes.
pub const MOST_NOTE: usize = 4_096;

/// Topic `release`: give the share of a version, against the entry that opening it left in the contract's log. Signed by
/// the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// The record.
    pub record_id: RecordId,
    /// The version that was opened.
    pub version: Version,
    /// The entry's place in the record's log.
    pub audit_index: u64,
    /// The transaction that made the entry.
    pub txid: TxId,
    /// Words for the patient, such as the reason of an emergency, sealed to the patient as an age file. At most
    /// [`MOST_NOTE`] bytes. In an emergency it is the note whose SHA-256 is on chain as the reason; otherwise it
    /// may be empty.
    #[serde(with = "hex_bytes::any", default)]
    pub note: Vec<u8>,
}

impl Message for ReleaseRequest {
    const TOPIC: &'static str = "release";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self { record_id, version, audit_index, txid, note } = self;
        vec![
            ("record-id", Value::uint(record_id.number())),
            ("version", Value::uint(version.number())),
            ("audit-index", Value::uint(*audit_index)),
            ("txid", Value::buffer(*txid.as_bytes())),
            ("note", Value::buffer(note.clone())),
        ]
    }
}

/// What a vault releases. Useless without the reader's key and enough other shares.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The epoch of the pair.
    pub epoch: u64,
    /// What share and wrap are bound to.
    pub deposit_id: Hex<16>,
    /// How the release secret was split, and which share this is.
    pub split: Split,
    /// The pair secret, sealed to the reader.
    pub pair_header: Hex<1152>,
    /// The version's file key under pair secret and release secret.
    pub wrap: Hex<32>,
    /// The share, sealed under the pair secret.
    pub share: Hex<48>,
    /// The erasure salt of an erasable version.
    pub salt: Option<Hex<32>>,
    /// The vault's line about it.
    pub receipt: VaultReceipt,
}

impl std::fmt::Debug for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Release")
            .field("split", &self.split)
            .field("receipt", &self.receipt)
            .finish_non_exhaustive()
    }
}

/// Topic `salt-release`: give the erasure salt of a version. Signed by the record's patient or the version's author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaltRequest {
    /// The record.
    pub record_id: RecordId,
    /// The version.
    pub version: Version,
}

impl Message for SaltRequest {
    const TOPIC: &'static str = "salt-release";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self { record_id, version } = self;
        vec![
            ("record-id", Value::uint(record_id.number())),
            ("version", Value::uint(version.number())),
        ]
    }
}

/// An erasure salt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaltRelease {
    /// The salt.
    pub salt: Hex<32>,
    /// The vault's line about it.
    pub receipt: VaultReceipt,
}

impl std::fmt::Debug for SaltRelease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SaltRelease").field("receipt", &self.receipt).finish_non_exhaustive()
    }
}
