//! A face for tests: nobody is there, and every fee is agreed to.

use std::sync::Arc;
use std::time::Duration;

use mrms_core::MicroStx;
use mrms_crypto::Words;
use mrms_crypto::age_file::Passphrase;
use mrms_home::ledger::remote::RemoteLedger;
use mrms_home::{Face, FaceError, KnownLedgers, Notice, ProfileName, Progress, Task};

use crate::settings;

/// Nobody.
pub(crate) struct Nobody;

impl Face for Nobody {
    fn notice(&self, _: &Notice<'_>) {}

    fn agrees_to_pay(&self, _: MicroStx, _: &str) -> bool {
        true
    }

    fn passphrase(&self, _: &ProfileName) -> Result<Passphrase, FaceError> {
        Err("nobody is there".into())
    }

    fn unlocked_words(&self) -> Option<Words> {
        None
    }

    fn unlocks_quietly(&self) -> bool {
        false
    }

    fn progress(&self, _: Task, _: u64) -> Box<dyn Progress> {
        unreachable!("nothing here is a backup")
    }
}

/// The ledger at an address, which is waited for so long.
pub(crate) fn connect(url: &str, wait: Duration) -> RemoteLedger {
    RemoteLedger::connect(url, settings::remote(wait), &KnownLedgers::none(), Arc::new(Nobody))
        .unwrap()
}
