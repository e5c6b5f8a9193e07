//! A line of a vault's log, and the head: the hash that commits to all lines up to it.
//!
//! `head' = sha256(head ‖ sha256(line))`, starting from 32 zero bytes, where `line` is the Clarity consensus serialization
//! (SIP-005) of the tuple [`LogLine::to_value`]. The contract hashes its own logs in the same way, so that one
//! checker can verify both.

use std::fmt;

use mrms_core::{Principal, RecordId, TxId};
use mrms_stacks::clarity::{EncodeError, Value};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Hex, RefusalReason, ascii, hex_bytes, tuple};

/// The hash that commits to a vault's log up to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogHead(pub Hex<32>);

impl LogHead {
    /// The head of a log without lines.
    pub const EMPTY: Self = Self(Hex([0; 32]));

    /// The head after a line with this hash.
    #[must_use]
    pub fn after(self, line: &Hex<32>) -> Self {
        let hash = Sha256::new().chain_update(self.0.0).chain_update(line.0).finalize();
        Self(Hex(hash.into()))
    }
}

impl fmt::Display for LogHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Topic {
    /// Shares were left for a reader.
    Deposit,
    /// An erasure salt was left.
    Salt,
    /// A share was released.
    Release,
    /// An erasure salt was released.
    SaltRelease,
    /// Everything of a record was deleted, as its patient asked.
    Erase,
    /// The shares of one reader of one record were deleted: `reason` says why.
    Forget,
    /// A signed message was refused. `reason` says why, and `of` what it asked.
    Refusal,
    /// `count` messages without a valid signature, or repeated ones, were refused.
    Rejected,
}

impl Topic {
    /// The word for it, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Salt => "salt",
            Self::Release => "release",
            Self::SaltRelease => "salt-release",
            Self::Erase => "erase",
            Self::Forget => "forget",
            Self::Refusal => "refusal",
            Self::Rejected => "rejected",
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A line of a vault's log. It never has a key, share, salt or content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// Its place in the log, from 0.
    pub number: u64,
    /// The vault's time: seconds since 1970. Never before the line before it.
    pub time: u64,
    /// What it is about.
    pub topic: Topic,
    /// Why, for a refusal or a deletion.
    pub reason: Option<RefusalReason>,
    /// The record.
    pub record_id: Option<RecordId>,
    /// The version. 0 if it is about none or several.
    pub version: u64,
    /// Who asked.
    pub actor: Option<Principal>,
    /// The reader whose shares they are.
    pub reader: Option<Principal>,
    /// The entry of the record's log that was named.
    pub audit_index: Option<u64>,
    /// The transaction that was named.
    pub txid: Option<TxId>,
    /// The topic of the message. Empty if the vault acted by itself.
    pub of: String,
    /// Number of shares that were left or deleted, or of messages.
    pub count: u64,
    /// Digest of the signed message. Zeros if the vault acted by itself.
    pub request: Hex<32>,
    /// Words of the reader, sealed to the patient.
    #[serde(with = "hex_bytes::any", default)]
    pub note: Vec<u8>,
}

impl LogLine {
    /// The tuple that is hashed.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let Self {
            number,
            time,
            topic,
            reason,
            record_id,
            version,
            actor,
            reader,
            audit_index,
            txid,
            of,
            count,
            request,
            note,
        } = self;
        let reason = reason.map_or("", RefusalReason::as_str);
        tuple([
            ("number", Value::uint(*number)),
            ("time", Value::uint(*time)),
            ("topic", ascii(topic)),
            ("reason", ascii(reason)),
            ("record-id", Value::optional(record_id.map(|id| Value::uint(id.number())))),
            ("version", Value::uint(*version)),
            ("actor", Value::optional(actor.clone().map(Value::principal))),
            ("reader", Value::optional(reader.clone().map(Value::principal))),
            ("audit-index", Value::optional(audit_index.map(Value::uint))),
            ("txid", Value::optional(txid.map(|txid| Value::buffer(*txid.as_bytes())))),
            ("of", Value::StringUtf8(of.clone())),
            ("count", Value::uint(*count)),
            ("request", Value::buffer(request.0)),
            ("note", Value::buffer(note.clone())),
        ])
    }

    /// SHA-256 of the line's consensus serialization.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] for a line that is longer than Clarity allows, which no vault writes.
    pub fn hash(&self) -> Result<Hex<32>, EncodeError> {
        Ok(Hex(Sha256::digest(self.to_value().encode()?).into()))
    }
}
