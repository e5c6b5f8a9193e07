//! Answers of a vault over HTTP that are not the guardian's: faults, and the state of an upload.

use serde::{Deserialize, Serialize};

use super::{Hex, VaultReceipt};

/// A refusal or fault, as the body of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What it is.
    pub error: FaultWord,
    /// The vault's line about it, if it wrote one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Box<VaultReceipt>>,
}

/// A code for machines and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultWord {
    /// The word of a [`RefusalReason`](super::RefusalReason), or a code of the HTTP server's own.
    pub code: String,
    /// The sentence.
    pub message: String,
}

/// The state of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadAnswer {
    /// SHA-256 of the ciphertext, which is its name.
    pub sha256: Hex<32>,
    /// Its length in bytes.
    pub length: u64,
    /// Bytes that have arrived. All of them if there is no `upload`.
    pub offset: u64,
    /// The id under which the rest is sent. None if the ciphertext is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
}
