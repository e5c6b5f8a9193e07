//! The settings of the homes in these tests.

use std::time::Duration;

use mrms_app::session::Sending;
use mrms_core::MicroStx;
use mrms_home::{HomeSettings, ProfileName, RemoteSettings, VaultSettings};
use mrms_stacks::client::PlainHttp;

/// Of a ledger elsewhere, where a command waits so long for a block.
pub(crate) fn remote(wait: Duration) -> RemoteSettings {
    RemoteSettings {
        fee_ceiling: MicroStx::new(1_000_000),
        wait,
        reach: None,
        plain_http: PlainHttp::LoopbackOnly,
        api_key: None,
        witnesses: Vec::new(),
        ending: false,
        sponsor: None,
        sponsor_voucher: None,
    }
}

/// Of a home on its own ledger.
pub(crate) fn home(profile: ProfileName) -> HomeSettings {
    let plain_http = PlainHttp::LoopbackOnly;
    HomeSettings {
        profile,
        ledger: None,
        remote: remote(Duration::from_secs(60)),
        vaults: VaultSettings { urls: Vec::new(), threshold: 1, plain_http },
        contract: None,
        lock_wait: Duration::from_secs(30),
        sending: Sending::Send,
    }
}
