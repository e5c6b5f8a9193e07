//! Announcing ciphertext that is to be stored.

use mrms_stacks::clarity::Value;
use serde::{Deserialize, Serialize};

use super::Hex;
use super::signed::Message;

/// Topic `upload`: this much ciphertext with this hash is to come. Signed by whoever stores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadRequest {
    /// SHA-256 of the ciphertext: its name.
    pub sha256: Hex<32>,
    /// Its length in bytes.
    pub length: u64,
}

impl Message for UploadRequest {
    const TOPIC: &'static str = "upload";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self { sha256, length } = self;
        vec![("sha256", Value::buffer(sha256.0)), ("length", Value::uint(*length))]
    }
}
