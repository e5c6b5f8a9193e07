//! What a ledger is told when it is opened. Defaults are those of a ledger on one machine.

use std::sync::Arc;
use std::time::Duration;

use super::clock::{Clock, SystemClock};
use super::identifiers::SourceHash;
use super::operation::Allocation;
use super::units::BurnHeight;

/// Chain id when none is chosen: the letters `MRMS`. No other network has it, so that a transaction signed
/// for this ledger can't be replayed on one.
pub const DEFAULT_CHAIN_ID: u32 = 0x4d52_4d53;

/// Burn height of a new ledger when none is chosen: a round number near Bitcoin's in 2025, so that heights
/// look as they do on the Stacks network and an expiry of today is not taken for one of long ago.
pub const DEFAULT_GENESIS_BURN_HEIGHT: BurnHeight = BurnHeight::new(900_000);

/// How a ledger is opened.
#[derive(Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Network that transactions must be signed for. A ledger keeps the one it began with.
    pub chain_id: u32,
    /// Burn height of block 0; without effect on a ledger that exists.
    pub genesis_burn_height: BurnHeight,
    /// STX that exist from block 0 on; without effect on a ledger that exists.
    pub allocations: Vec<Allocation>,
    /// Sources that run without metering. What was pinned once stays pinned on that ledger, because
    /// receipts depend on it.
    pub pinned: Vec<SourceHash>,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// How long to wait for another process to let go of the folder.
    pub lock_wait: Duration,
    /// Most transactions in one block.
    pub block_transactions: usize,
    /// Largest size of the ledger file in bytes; none for as large as the disk allows.
    pub max_file_bytes: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            chain_id: DEFAULT_CHAIN_ID,
            genesis_burn_height: DEFAULT_GENESIS_BURN_HEIGHT,
            allocations: Vec::new(),
            pinned: Vec::new(),
            clock: Arc::new(SystemClock),
            lock_wait: Duration::from_secs(5),
            block_transactions: 500,
            max_file_bytes: None,
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
            .field("block_transactions", &self.block_transactions)
            .field("max_file_bytes", &self.max_file_bytes)
            .finish_non_exhaustive()
    }
}
