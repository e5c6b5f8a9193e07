//! What a vault answers over HTTP beyond the answers of the guardian: faults, and how far an upload
//! is.

use serde::{Deserialize, Serialize};

use super::{Hex, Receipt};

/// A refusal or fault as it stands in an answer's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What it is.
    pub error: FaultWord,
    /// The vault's line about it, where it wrote one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Box<Receipt>>,
}

/// A word for machines and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultWord {
    /// A [`Reason`](super::Reason)'s word, or one of the HTTP face's own.
    pub code: String,
    /// The sentence.
    pub message: String,
}

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadAnswer {
    /// The ciphertext's name.
    pub sha256: Hex<32>,
    /// Its length in bytes.
    pub length: u64,
    /// Bytes that are here. All of them when there is no `upload`.
    pub offset: u64,
    /// The id under which the rest is sent; none when the ciphertext is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
}
