//! The settings that a face hands in when it opens a home. The face decides where they come from.

use std::time::Duration;

use mrms_app::session::Sending;
use mrms_core::{ContractId, MicroStx};
use mrms_stacks::client::{ApiKey, PlainHttp, Voucher};

use crate::folder::ProfileName;

/// Which ledger, vaults and contract a home works with, and who acts.
#[derive(Clone, Debug)]
pub struct HomeSettings {
    /// The profile that acts.
    pub profile: ProfileName,
    /// The address of a Stacks node or hosted API; `None` for the home's own ledger.
    pub ledger: Option<String>,
    /// How a ledger over HTTP is used.
    pub remote: RemoteSettings,
    /// The vaults that keep shares and ciphertext.
    pub vaults: VaultSettings,
    /// The records contract; `None` for the one that the home knows.
    pub contract: Option<ContractId>,
    /// How long to wait for another process that has the ledger or the vault locked.
    pub lock_wait: Duration,
    /// Whether transactions are sent or only tried.
    pub sending: Sending,
}

/// How a ledger over HTTP is used.
#[derive(Clone, Debug)]
pub struct RemoteSettings {
    /// The highest fee of one transaction.
    pub fee_ceiling: MicroStx,
    /// How long to wait until a transaction is in a block.
    pub wait: Duration,
    /// How long an address that has not answered yet is tried; `None` for the usual number of tries.
    pub reach: Option<Duration>,
    /// Where unencrypted HTTP may be spoken.
    pub plain_http: PlainHttp,
    /// Further nodes of the same network, which must say the same where it matters.
    pub witnesses: Vec<String>,
    /// Whether something is to be ended: then nodes that are silent, or disagree, hold nothing up.
    pub ending: bool,
    /// The key by which the hosted API knows who asks; `None` where it wants none.
    pub api_key: Option<ApiKey>,
    /// The address of the sponsor; `None` if the account that signs pays.
    pub sponsor: Option<String>,
    /// What the sponsor gave to the person, so that it pays for their account.
    pub sponsor_voucher: Option<Voucher>,
}

/// The vaults that keep shares and ciphertext.
#[derive(Clone, Debug)]
pub struct VaultSettings {
    /// Their addresses, in the order of their shares; empty for the home's own vault.
    pub urls: Vec<String>,
    /// The threshold: how many of them are needed to release a key.
    pub threshold: u8,
    /// Where unencrypted HTTP may be spoken.
    pub plain_http: PlainHttp,
}
