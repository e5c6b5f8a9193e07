//! Erasures: the message that deletes what a vault keeps of a record.

use mrms_core::RecordId;
use mrms_stacks::clarity::Value;
use serde::{Deserialize, Serialize};

use super::signed::Message;
use super::{Hex, VaultReceipt};

/// Topic `erase`: delete ciphertext, salts and shares of a record, for good. Signed by its patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// The record.
    pub record_id: RecordId,
    /// SHA-256 of the ciphertexts that versions of the record refer to, at most 4,096. The vault checks on the chain that
    /// a version of this record refers to each.
    pub blobs: Vec<Hex<32>>,
}

impl Message for Erasure {
    const TOPIC: &'static str = "erase";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self { record_id, blobs } = self;
        let blobs = blobs.iter().map(|blob| Value::buffer(blob.0)).collect();
        vec![("record-id", Value::uint(record_id.number())), ("blobs", Value::List(blobs))]
    }
}

/// What an erasure deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Shares of versions for readers.
    pub shares: u64,
    /// Erasure salts.
    pub salts: u64,
    /// Ciphertexts that the vault had and has deleted.
    pub blobs: Vec<Hex<32>>,
    /// The vault's line about it.
    pub receipt: VaultReceipt,
}
