//! Settings of a ledger. The defaults are for a ledger on one machine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::clock::{Clock, SteadyClock};
use super::identifiers::SourceHash;
use super::operation::Allocation;
use super::units::BurnHeight;

/// Default chain id: the letters `MRMS`. No other network has it, so a transaction that is signed for this
/// ledger cannot be replayed on another network.
pub const DEFAULT_CHAIN_ID: u32 = 0x4d52_4d53;

/// Default burn height of a new ledger: a round number near Bitcoin's height in 2025. Heights then look as
/// they do on the Stacks network, and nobody takes an expiry of today for one of long ago.
pub const DEFAULT_GENESIS_BURN_HEIGHT: BurnHeight = BurnHeight::new(900_000);

/// How to open a ledger.
#[derive(Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Network that transactions must be signed for. An existing ledger opens only with its own chain id.
    pub chain_id: u32,
    /// Burn height of block 0. Ignored for an existing ledger.
    pub genesis_burn_height: BurnHeight,
    /// STX that exist from block 0 on. Ignored for an existing ledger.
    pub allocations: Vec<Allocation>,
    /// Sources that run without metering. A pinned source stays pinned on that ledger for ever, because
    /// receipts depend on it.
    pub pinned: Vec<SourceHash>,
    /// The source of the time.
    pub clock: Arc<dyn Clock>,
    /// How long to wait for another process to unlock the folder.
    pub lock_wait: Duration,
    /// How long a transaction may run a contract that is not pinned. It is then stopped and refused.
    pub foreign_time: Duration,
    /// How long one question to the ledger may run a contract that is not pinned.
    pub question_time: Duration,
    /// Maximum number of transactions in a block.
    pub block_transactions: usize,
    /// Maximum size of the ledger file in bytes; none for no limit but the disk's.
    pub max_file_bytes: Option<u64>,
    /// Whether a chain begins in a folder that has none. Where one had begun, none begins a second time.
    pub may_begin: bool,
    /// A second file for the mark of the newest block, outside of the ledger's folder: by it an older copy of
    /// the whole folder is noticed.
    pub mark_beside: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            chain_id: DEFAULT_CHAIN_ID,
            genesis_burn_height: DEFAULT_GENESIS_BURN_HEIGHT,
            allocations: Vec::new(),
            pinned: Vec::new(),
            clock: Arc::new(SteadyClock::new()),
            lock_wait: Duration::from_secs(5),
            foreign_time: Duration::from_millis(300),
            question_time: Duration::from_secs(10),
            block_transactions: 500,
            max_file_bytes: None,
            may_begin: true,
            mark_beside: None,
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("chain_id", &self.chain_id)
            .field("genesis_burn_height", &self.genesis_burn_height)
            .field("allocations", &self.allocations)
            .field("pinned", &self.pinned)
            .field("lock_wait", &self.lock_wait)
            .field("foreign_time", &self.foreign_time)
            .field("question_time", &self.question_time)
            .field("block_transactions", &self.block_transactions)
            .field("max_file_bytes", &self.max_file_bytes)
            .field("may_begin", &self.may_begin)
            .field("mark_beside", &self.mark_beside)
            .finish_non_exhaustive()
    }
}
