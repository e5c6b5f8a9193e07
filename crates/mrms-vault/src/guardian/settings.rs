//! [`GuardianSettings`]: what the operator decides about a vault.

use mrms_core::{ChainId, ContractId, Finality, StandardPrincipal};

/// How a vault decides. Fields may be added: start from [`GuardianSettings::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuardianSettings {
    /// The account that signs receipts. Its key is given separately.
    pub vault: StandardPrincipal,
    /// The records contract whose log the vault follows.
    pub contract: ContractId,
    /// The chain of that contract.
    pub chain_id: ChainId,
    /// When a block is settled, so that the vault acts on it.
    pub finality: Finality,
    /// Greatest age of the newest block, in seconds. With an older one the vault releases nothing.
    pub tip_age_limit: u64,
    /// Greatest age of an entry when a share is requested against it, in burn blocks.
    pub entry_age_limit: u64,
    /// How long a deposit waits for its grant, and a salt for its version, in burn blocks.
    pub deposit_wait: u64,
    /// Requests a minute of one account. Further ones are refused.
    pub requests_per_minute: u32,
    /// Requests a minute of all unknown accounts together: those that left no shares and for whom none were left. Keys
    /// cost nothing, so without this limit strangers could fill the disk.
    pub stranger_requests_per_minute: u32,
}

impl GuardianSettings {
    /// The defaults: blocks are final at once, the tip is at most an hour old, an entry at most 6 burn blocks, deposits
    /// wait 144 burn blocks, 600 requests a minute for each account and 600 for all unknown accounts.
    #[must_use]
    pub const fn new(vault: StandardPrincipal, contract: ContractId, chain_id: ChainId) -> Self {
        Self {
            vault,
            contract,
            chain_id,
            finality: Finality::AT_ONCE,
            tip_age_limit: 3_600,
            entry_age_limit: 6,
            deposit_wait: 144,
            requests_per_minute: 600,
            stranger_requests_per_minute: 600,
        }
    }
}

/// How far a message's time, and the vault's own clock, may be off, in seconds.
pub const CLOCK_WINDOW: u64 = 300;
