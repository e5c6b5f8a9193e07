//! What an operator decides about a vault.

use mrms_core::{ChainId, ContractId, StandardPrincipal};

/// How a vault judges. Fields may be added: start from [`GuardianSettings::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuardianSettings {
    /// The account that signs receipts; its key is given beside.
    pub vault: StandardPrincipal,
    /// The records contract whose log is followed.
    pub contract: ContractId,
    /// The chain of that contract.
    pub chain_id: ChainId,
    /// Blocks that must lie on top of an entry's block; 0 where a block is final at once.
    pub finality_blocks: u64,
    /// Seconds after which a chain without news is not believed.
    pub tip_age_limit: u64,
    /// Burn blocks that an entry may be old when a share is asked for against it.
    pub entry_age_limit: u64,
    /// Burn blocks that a deposit waits for its grant, and a salt for its version.
    pub deposit_wait: u64,
    /// Requests of one account that are looked at in a minute.
    pub requests_per_minute: u32,
    /// Requests in a minute that are looked at of all the accounts together that no shares were left
    /// by or for. Keys cost nothing: without this bound they could fill the disk.
    pub stranger_requests_per_minute: u32,
}

impl GuardianSettings {
    /// The defaults: final at once, a tip of at most an hour, entries of at most 6 burn blocks, a
    /// wait of 144 burn blocks, 600 requests a minute and account, 600
    /// requests of strangers a minute.
    #[must_use]
    pub const fn new(vault: StandardPrincipal, contract: ContractId, chain_id: ChainId) -> Self {
        Self {
            vault,
            contract,
            chain_id,
            finality_blocks: 0,
            tip_age_limit: 3_600,
            entry_age_limit: 6,
            deposit_wait: 144,
            requests_per_minute: 600,
            stranger_requests_per_minute: 600,
        }
    }
}

/// Seconds that a message's time, and the vault's own clock, may be off.
pub const CLOCK_WINDOW: u64 = 300;
