//! The bytes of a Stacks transaction, as a node reads them.
//!
//! Decoding is total (any bytes give a transaction or a [`WireError`]) and canonical (encoding what was
//! decoded gives the same bytes). It checks the form only: signatures are checked in `signature`, balances
//! and contracts by the chain. Source: SIP-005, with the additions of SIP-015 (versioned deploys) and
//! SIP-040 (originator mode, maybe-sent), and SIP-027 (signatures in any order).
//!
//! The client of this workspace has its own codec on purpose: a mistake in one is then found by the other.

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

pub(crate) use bytes::{Reader, Writer};
pub(crate) use signature::{hash160, recover, sha512_256};

/// Longest transaction that a node takes: 2 MiB (SIP-005, the block's own limit).
pub const MAX_TRANSACTION_BYTES: usize = 2 * 1024 * 1024;

/// Why bytes are no transaction that this node reads.
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
        /// How many.
        count: usize,
    },
    /// More bytes than a block holds.
    #[error("transaction of {length} bytes is over the limit of {MAX_TRANSACTION_BYTES}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A byte that selects a variant has a value that SIP-005 does not define.
    #[error("{field} cannot be {byte:#04x}")]
    UnknownByte {
        /// The field.
        field: &'static str,
        /// The byte that was found.
        byte: u8,
    },
    /// Defined by a SIP, and not run by this ledger.
    #[error("{what} is not supported by this ledger")]
    Unsupported {
        /// The SIP's name for it.
        what: &'static str,
    },
    /// A name breaks the rules for contract, function or asset names.
    #[error("{field} is no valid name")]
    BadName {
        /// The field.
        field: &'static str,
    },
    /// An address version that no address can be spelt with.
    #[error("address version {version} does not exist")]
    BadAddressVersion {
        /// The version byte.
        version: u8,
    },
    /// Keys and signatures of an account of several keys do not go together.
    #[error("multi-signature condition is refused: {source}")]
    Multisig {
        /// Why.
        #[source]
        source: SignatureError,
    },
    /// A contract's source has other characters than printable ASCII, tab and line feed.
    #[error("contract source is no printable ASCII text")]
    SourceNotText,
    /// A Clarity value does not decode.
    #[error("{field} is no Clarity value: {detail}")]
    BadValue {
        /// The field.
        field: &'static str,
        /// What the VM's decoder says.
        detail: String,
    },
    /// A Clarity value decodes, and its canonical encoding is another one.
    #[error("{field} is not in canonical form")]
    NotCanonical {
        /// The field.
        field: &'static str,
    },
}
