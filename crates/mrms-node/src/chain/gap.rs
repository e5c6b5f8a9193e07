//! What a ledger lacks of the blocks that it once acknowledged, and how such a block was noted.
//!
//! Values only, which the errors name. `mark` writes the notes, reads them, and compares them with a chain.

use std::path::PathBuf;

use super::identifiers::BlockHash;
use super::units::BlockHeight;

/// A block that a ledger has acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Hash of block 0, which identifies the ledger.
    pub genesis: BlockHash,
    /// Height of the block.
    pub height: BlockHeight,
    /// Hash of the block.
    pub hash: BlockHash,
}

/// A mark, and where it was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedMark {
    /// The block.
    pub mark: Mark,
    /// Who noted it, as a sentence for people: `ledger/node.mark names it`.
    pub noted: String,
}

/// What a ledger has of a block that it once acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The block is in the chain.
    OnChain,
    /// It is not, and a block of the chain says so: the ledger was taken back, or the loss was accepted.
    OnRecord,
    /// It is not in the chain, and nothing says why.
    Missing,
}

/// What is missing of a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The ledger's folder.
    pub folder: PathBuf,
    /// Height of the newest block that is there; none when there is none.
    pub ends: Option<BlockHeight>,
    /// The newest block that is missing, and where it was noted; none when only the emptiness says that
    /// something is.
    pub missing: Option<NotedMark>,
    /// Whether the missing block is of another ledger than the one that is there.
    pub is_other: bool,
    /// Whether the database's log, which has the newest blocks until the ledger is closed, was there.
    pub has_log: bool,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { folder, ends, missing, is_other, has_log } = self;
        let folder = folder.display();
        match ends {
            Some(ends) => write!(f, "the ledger in {folder} ends at block {ends}")?,
            None => write!(f, "the ledger in {folder} has no block")?,
        }
        match missing {
            Some(NotedMark { mark, noted }) if *is_other => {
                write!(f, ", and is another one than that of {}: {noted}", mark.genesis)?;
            }
            Some(NotedMark { mark: Mark { height, hash, .. }, noted }) => {
                write!(f, ", and block {height} ({hash}) is missing: {noted}")?;
            }
            None => f.write_str(", and one had been begun")?,
        }
        if !has_log && !is_other {
            f.write_str("; the file ledger.sqlite-wal, which has the newest blocks until a ledger is closed, is not there")?;
        }
        Ok(())
    }
}
