//! The wire format of Stacks transactions, as a node reads it.
//!
//! Decoding is total: any bytes give a transaction or a [`WireError`]. It is canonical: encoding a decoded
//! transaction gives the same bytes. It checks the form only; `signature` checks signatures, and the chain
//! checks balances and contracts. Source: SIP-005, with SIP-015 (versioned deploys), SIP-027 (signatures in
//! any order) and SIP-040 (originator mode, maybe-sent).
//!
//! The client of this workspace has its own codec on purpose: each finds the mistakes of the other.

mod auth;
mod bytes;
mod multisig;
mod payload;
mod post_condition;
mod signature;
mod transaction;

pub use auth::{Authorization, KeyEncoding, SpendingCondition, Witness};
pub use multisig::{AuthField, Multisig, MultisigMode};
pub use payload::{ClarityVersionByte, Payload};
pub use post_condition::{
    Amount, AmountTest, Asset, NftTest, PostCondition, PostConditionMode, PostConditionSubject,
};
pub use signature::{SignatureError, SigningKey};
pub use transaction::{AnchorMode, Transaction, TransactionVersion};

pub(crate) use bytes::{ByteReader, ByteWriter};
pub(crate) use signature::{hash160, recover, sha512_256};
pub(crate) use transaction::Signers;

/// Maximum length of a transaction in bytes: 2 MiB, the limit of a whole block (SIP-005).
pub const MAX_TRANSACTION_BYTES: usize = 2 * 1024 * 1024;

/// Why bytes are not a transaction that this node can read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The bytes end inside a field.
    #[error("transaction ends inside {field}")]
    Truncated {
        /// The field that was being read.
        field: &'static str,
    },
    /// Bytes follow a complete transaction.
    #[error("{count} bytes follow the transaction")]
    TrailingBytes {
        /// How many bytes.
        count: usize,
    },
    /// The transaction is longer than a block.
    #[error("transaction of {length} bytes is over the limit of {MAX_TRANSACTION_BYTES}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A byte selects a variant that SIP-005 does not define.
    #[error("{field} cannot be {byte:#04x}")]
    UnknownByte {
        /// The field.
        field: &'static str,
        /// The byte's value.
        byte: u8,
    },
    /// A SIP defines it, but this ledger does not support it.
    #[error("{what} is not supported by this ledger")]
    Unsupported {
        /// The SIP's name for it.
        what: &'static str,
    },
    /// A name is not a valid contract, function or asset name.
    #[error("{field} is no valid name")]
    BadName {
        /// The field.
        field: &'static str,
    },
    /// c32check cannot write an address of this version.
    #[error("address version {version} does not exist")]
    BadAddressVersion {
        /// The version byte.
        version: u8,
    },
    /// The keys and signatures of a multi-signature condition do not fit together.
    #[error("multi-signature condition is refused: {source}")]
    Multisig {
        /// The cause.
        #[source]
        source: SignatureError,
    },
    /// A contract's source contains characters other than printable ASCII, tab and line feed.
    #[error("contract source is no printable ASCII text")]
    SourceNotText,
    /// A Clarity value does not decode.
    #[error("{field} is no Clarity value: {detail}")]
    BadValue {
        /// The field.
        field: &'static str,
        /// The VM decoder's message.
        detail: String,
    },
    /// A Clarity value decodes, but its encoding is not canonical.
    #[error("{field} is not in canonical form")]
    NotCanonical {
        /// The field.
        field: &'static str,
    },
}
