//! Uploads: the message that announces ciphertext.

use mrms_stacks::clarity::Value;
use serde::{Deserialize, Serialize};

use super::Hex;
use super::signed::Message;

/// Topic `upload`: the signer will send ciphertext with this hash and length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadRequest {
    /// SHA-256 of the ciphertext, which is its name.
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
