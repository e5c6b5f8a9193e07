//! What a face hands in when it opens a home. Where each value comes from is the face's business.

use std::time::Duration;

use mrms_app::session::Sending;
use mrms_core::{ContractId, MicroStx};
use mrms_stacks::client::PlainHttp;

use crate::folder::ProfileName;

/// Which ledger, vaults and contract a home works with, and who acts.
#[derive(Clone, Debug)]
pub struct HomeSettings {
    /// The profile that acts.
    pub profile: ProfileName,
    /// The address of a Stacks node or hosted API; none where the home's own ledger is used.
    pub ledger: Option<String>,
    /// How a ledger over HTTP is used.
    pub remote: RemoteSettings,
    /// The vaults that keys and ciphertext are left with.
    pub vaults: VaultSettings,
    /// The records contract, where it is not the one that the home knows.
    pub contract: Option<ContractId>,
    /// How long to wait for another process that holds the ledger or the vault.
    pub lock_wait: Duration,
    /// Whether transactions are sent or only tried.
    pub sending: Sending,
}

/// How a ledger over HTTP is used.
#[derive(Clone, Debug)]
pub struct RemoteSettings {
    /// Most that one transaction may cost.
    pub fee_ceiling: MicroStx,
    /// How long to wait for a transaction's block.
    pub wait: Duration,
    /// Where unencrypted HTTP may be spoken.
    pub plain_http: PlainHttp,
    /// The address of the fee sponsor, where somebody else pays.
    pub sponsor: Option<String>,
}

/// The vaults that keys and ciphertext are left with.
#[derive(Clone, Debug)]
pub struct VaultSettings {
    /// Their addresses, in the order of their shares; none where the home's own vault is used.
    pub urls: Vec<String>,
    /// How many of them release a key together.
    pub threshold: u8,
    /// Where unencrypted HTTP may be spoken.
    pub plain_http: PlainHttp,
}
