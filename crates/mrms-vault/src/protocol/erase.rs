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
    /// SHA-256 of the ciphertexts that versions of the record refer to, at most 4,096. The vault deletes what was announced
    /// for this record, named or not; of those that are named, it tells which ones it keeps.
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
    /// Ciphertexts that were named and that the vault has and keeps: nobody brought them for this record, or another
    /// record referred to them before this one.
    pub kept: Vec<Hex<32>>,
    /// The vault's line about it.
    pub receipt: VaultReceipt,
}
