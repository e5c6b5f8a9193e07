//! How accounts are named outside of a ledger: by a URI that says which chain and contract they are of.

use mrms_core::{ChainId, ContractId};

/// The chain and the contract, by which accounts and records are named.
#[derive(Clone, Copy, Debug)]
pub struct Namespace<'a> {
    /// The chain.
    pub chain_id: ChainId,
    /// The records contract.
    pub contract: &'a ContractId,
}

impl Namespace<'_> {
    /// An account as a URI, after CAIP-10: `stacks:CHAIN:ADDRESS`.
    #[must_use]
    pub fn uri(&self, account: impl std::fmt::Display) -> String {
        format!("stacks:{}:{account}", self.chain_id.number())
    }
}
