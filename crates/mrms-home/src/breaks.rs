//! How a ledger is not what a profile saw of it. `heads` finds it out; a face tells it.

use mrms_app::ledger::LedgerError;
use mrms_app::profile::ProfileError;
use mrms_app::profile::chains::KnownChain;
use mrms_app::profile::remembered::SeenHead;

/// A ledger that is not what a profile saw of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// It has another block in the place of the newest one that was seen.
    Forked {
        /// That block.
        seen: SeenHead,
    },
    /// It ends below the newest block that was seen.
    TakenBack {
        /// That block.
        seen: SeenHead,
        /// Height of the newest block now.
        newest: u32,
    },
    /// Another ledger is in its place.
    OtherLedger {
        /// The former one.
        was: KnownChain,
        /// The present one.
        is: KnownChain,
    },
    /// It gave proofs before, and gives none now.
    NoProofs {
        /// The newest block that was seen.
        seen: SeenHead,
    },
}

impl Break {
    /// What happened, without heights and hashes.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Forked { .. } => {
                "the ledger was forked or taken back: it is no longer the one that this profile saw"
            }
            Self::TakenBack { .. } => {
                "the ledger was taken back: the newest entries that this profile saw are missing"
            }
            Self::OtherLedger { .. } => "this is another ledger than before",
            Self::NoProofs { .. } => {
                "the ledger no longer proves that it has what this profile saw"
            }
        }
    }
}

impl std::fmt::Display for Break {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Forked { seen } => write!(
                f,
                "the ledger was forked or taken back: block {}, which this profile saw as {}, is another one now",
                seen.height, seen.hash
            ),
            Self::TakenBack { seen, newest } => write!(
                f,
                "the ledger was taken back: it ends with block {newest}, and this profile saw block {} ({})",
                seen.height, seen.hash
            ),
            Self::OtherLedger { was, is } => {
                write!(f, "this is another ledger than before: it is {is}, and was {was}")
            }
            Self::NoProofs { seen } => write!(
                f,
                "the ledger no longer proves that it has block {} ({}), which this profile saw",
                seen.height, seen.hash
            ),
        }
    }
}

/// Why a ledger could not be compared with what was seen of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// The ledger does not give its newest block, or its proofs do not hold.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What the profile remembers could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}
