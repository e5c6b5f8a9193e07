//! The messages of the control socket: commands and replies, as lines of JSON.

use serde::{Deserialize, Serialize};

/// A command to a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Command {
    /// Create STX for an account. Recorded in a block.
    Faucet {
        /// The account, as `ST…`.
        account: String,
        /// Micro-STX, in decimal digits.
        amount: String,
    },
    /// Move burn time forward. Recorded in a block.
    Advance {
        /// By how many burn blocks.
        burn_blocks: u64,
    },
    /// Make a block of all waiting transactions, or an empty block when none waits.
    Mine {},
    /// Change when blocks are made.
    Mining {
        /// The new mode.
        mode: MiningText,
    },
    /// Save a snapshot: a copy of the ledger as it is now.
    Snapshot {},
    /// Revert to a saved snapshot. The next block records the revert.
    Revert {
        /// The snapshot's name, from the reply to [`Command::Snapshot`].
        snapshot: String,
    },
}

/// When blocks are made, as it is written in JSON: `auto`, `manual`, or a number of milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum MiningText {
    /// As soon as there is a transaction.
    Auto,
    /// Only on request.
    Manual,
    /// One block per interval of so many milliseconds, at least 1.
    EveryMilliseconds(u32),
}

/// The reply to a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The command was executed. What it changed on the chain is durable.
    Done(Done),
    /// The command was refused. Nothing has changed.
    Refused {
        /// The reason, for programs.
        code: RefusalCode,
        /// The reason, for people.
        message: String,
    },
}

/// The state of the chain after a command, and the command's own results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Done {
    /// Height of the newest block.
    pub block_height: u32,
    /// Burn height that a block made now would have.
    pub burn_height: u32,
    /// How many waiting transactions the block includes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transactions: Option<u64>,
    /// Name of the saved snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// How many blocks were dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped_blocks: Option<u32>,
}

/// Why a node refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RefusalCode {
    /// The node was started without the right to do this.
    NotAdmin,
    /// The line is not a command, or its account, amount or snapshot is not valid.
    BadRequest,
    /// The snapshot does not exist.
    NoSuchSnapshot,
    /// The result would be too large to count.
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
