//! Uploads: the message that announces ciphertext, and says for which version it is.

use mrms_core::{RecordId, Version};
use mrms_stacks::clarity::Value;
use serde::{Deserialize, Serialize};

use super::Hex;
use super::signed::Message;

/// Topic `upload`: the signer will send the ciphertext of this version, with this hash and length. Signed by whoever writes
/// the version, or by the record's patient. An erasure of this record may delete the ciphertext, and no other record's may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadRequest {
    /// SHA-256 of the ciphertext, which is its name.
    pub sha256: Hex<32>,
    /// Its length in bytes.
    pub length: u64,
    /// The record.
    pub record_id: RecordId,
    /// The version that refers to it.
    pub version: Version,
}

impl Message for UploadRequest {
    const TOPIC: &'static str = "upload";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self { sha256, length, record_id, version } = self;
        vec![
            ("sha256", Value::buffer(sha256.0)),
            ("length", Value::uint(*length)),
            ("record-id", Value::uint(record_id.number())),
            ("version", Value::uint(version.number())),
        ]
    }
}
