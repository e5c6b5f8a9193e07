//! The messages between a client and a vault.
//!
//! A message is a Clarity tuple that its sender's account signs (SIP-018), so that a wallet could sign it too. Its
//! [`Header`] binds it to one vault, one contract, one chain and one time: it is invalid elsewhere and later. Over HTTP it
//! is JSON with the same names.
//!
//! Pure: fields, digests and signatures. The guardian decides what to do with a message.

mod answer;
mod deposit;
mod deposits;
mod erase;
mod hex_bytes;
mod line;
mod log;
mod reader_note;
mod refusal;
mod release;
mod signed;
mod upload;
mod vault_receipt;

pub use answer::{Fault, FaultWord, UploadAnswer};
pub use deposit::{Deposit, DepositedVersion, MOST_VERSIONS, SaltDeposit, Split};
pub use deposits::{Deposits, MOST_DEPOSITS};
pub use erase::{Erased, Erasure};
pub use hex_bytes::Hex;
pub use line::{LogHead, LogLine, Topic};
pub use log::{
    LogItem, LogPage, LogRequest, MOST_LINES, MOST_LOGGED_RECORDS, RecordLines, RecordLinesRequest,
};
pub use reader_note::{
    MOST_NOTED_RECORDS, MemberNotesRequest, ReaderNote, ReaderNoteKept, ReaderNotes,
    ReaderNotesRequest,
};
pub use refusal::{Refusal, RefusalReason};
pub use release::{MOST_NOTE, Release, ReleaseRequest, SaltRelease, SaltRequest};
pub use signed::{Header, Message, Nonce, Signed, SignedError};
pub use upload::UploadRequest;
pub use vault_receipt::{ReceiptError, VaultReceipt};

use mrms_core::{ChainId, ContractId, StandardPrincipal};
use mrms_stacks::clarity::{AsciiString, ClarityName, Value};
use mrms_stacks::structured::Domain;
use serde::{Deserialize, Serialize};

/// What a vault says about itself to anybody who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultCard {
    /// The account that signs its receipts and anchors its log.
    pub vault: StandardPrincipal,
    /// The records contract whose log it follows.
    pub contract: ContractId,
    /// The chain of that contract.
    pub chain_id: u32,
    /// How many lines its log has.
    pub log_count: u64,
    /// The hash that commits to all of them.
    pub log_head: LogHead,
}

/// The application that messages are signed for (SIP-018), on this chain.
fn domain(chain: ChainId) -> Domain {
    let text = |text: &str| -> AsciiString {
        text.parse().unwrap_or_else(|_| unreachable!("a literal in ASCII"))
    };
    Domain { name: text("mrms-vault"), version: text("1"), chain_id: chain }
}

/// A tuple of literal names.
fn tuple(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let fields = fields.into_iter().map(|(name, value)| (ClarityName::literal(name), value));
    Value::tuple(fields).unwrap_or_else(|_| unreachable!("the names of a message differ"))
}

/// A text that is ASCII by construction: a principal, a contract's id, a word of this protocol.
fn ascii(text: impl std::fmt::Display) -> Value {
    match text.to_string().parse() {
        Ok(text) => Value::StringAscii(text),
        Err(_) => unreachable!("names and principals are ASCII"),
    }
}

#[cfg(test)]
mod tests;
