//! The lines that go over the socket.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::rpc::Mining;

/// What a node is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Command {
    /// Create STX for an account, on record.
    Faucet {
        /// The account, as `ST…`.
        account: String,
        /// Micro-STX, in decimal digits.
        amount: String,
    },
    /// Move burn time forward, on record.
    Advance {
        /// By how many burn blocks.
        burn_blocks: u64,
    },
    /// Make a block of all that waits, even if that is nothing.
    Mine {},
    /// Make blocks in another way from now on.
    Mining {
        /// How.
        mode: MiningText,
    },
    /// Keep a copy of the ledger as it stands.
    Snapshot {},
    /// Go back to such a copy; dropped blocks are named on record.
    Revert {
        /// What [`Command::Snapshot`] answered.
        snapshot: String,
    },
}

/// When blocks are made, as it is written: `auto`, `manual`, or a number of milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum MiningText {
    /// As soon as there is a transaction.
    Auto,
    /// Only when one is asked for.
    Manual,
    /// One in each so many milliseconds, at least 1.
    EveryMilliseconds(u32),
}

impl From<MiningText> for Mining {
    fn from(text: MiningText) -> Self {
        match text {
            MiningText::Auto => Self::Automatic,
            MiningText::Manual => Self::Manual,
            MiningText::EveryMilliseconds(time) => {
                Self::Every(Duration::from_millis(u64::from(time.max(1))))
            }
        }
    }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// It was done, and is durable where it changes the chain.
    Done(Done),
    /// It was not, and nothing has changed.
    Refused {
        /// Why, for programs.
        code: RefusalCode,
        /// Why, for people.
        message: String,
    },
}

/// Where the chain stands afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Done {
    /// Height of the newest block.
    pub block_height: u32,
    /// The burn height that a block made now would have.
    pub burn_height: u32,
    /// How many waiting transactions were put into a block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transactions: Option<u64>,
    /// Name of the snapshot that was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// How many blocks were dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped_blocks: Option<u32>,
}

/// Why a node does not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RefusalCode {
    /// The node was started without that right.
    NotAdmin,
    /// The line is no command, or names no account, amount or snapshot.
    BadRequest,
    /// There is no such snapshot.
    NoSuchSnapshot,
    /// It goes beyond what can be counted.
    OutOfRange,
    /// The ledger failed.
    LedgerFailed,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn commands_are_written_as_documented() {
        for (command, text) in [
            (
                Command::Faucet { account: "ST1".to_owned(), amount: "5".to_owned() },
                r#"{"faucet":{"account":"ST1","amount":"5"}}"#,
            ),
            (
                Command::Advance { burn_blocks: u64::MAX },
                r#"{"advance":{"burn_blocks":18446744073709551615}}"#,
            ),
            (Command::Mine {}, r#"{"mine":{}}"#),
            (Command::Mining { mode: MiningText::Auto }, r#"{"mining":{"mode":"auto"}}"#),
            (
                Command::Mining { mode: MiningText::EveryMilliseconds(5) },
                r#"{"mining":{"mode":{"every-milliseconds":5}}}"#,
            ),
            (Command::Snapshot {}, r#"{"snapshot":{}}"#),
            (Command::Revert { snapshot: "1-ab".to_owned() }, r#"{"revert":{"snapshot":"1-ab"}}"#),
        ] {
            assert_eq!(serde_json::to_string(&command).unwrap(), text);
            assert_eq!(serde_json::from_str::<Command>(text).unwrap(), command);
        }
        for text in ["{}", "\"mine\"", r#"{"mine":{"x":1}}"#, r#"{"steal":{}}"#, "[]"] {
            assert!(serde_json::from_str::<Command>(text).is_err(), "{text}");
        }
    }
}
