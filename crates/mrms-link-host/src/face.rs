//! The host as the face of a home: it has no profile's words, and nobody to ask.

use mrms_core::MicroStx;
use mrms_crypto::Words;
use mrms_crypto::age_file::Passphrase;
use mrms_home::{Face, FaceError, Notice, ProfileName, Progress, Task};

/// What a request does in place of a question to a person.
pub(crate) struct HostFace;

/// There is nobody to ask.
#[derive(Debug, thiserror::Error)]
#[error("a link host unlocks no profile")]
struct Locked;

impl Face for HostFace {
    fn notice(&self, notice: &Notice<'_>) {
        // Without the names and ids that a notice has.
        if let Notice::LedgerBroken { .. } = notice {
            tracing::warn!(target: "mrms::link", "the ledger is not what this home saw of it");
        }
    }

    fn agrees_to_pay(&self, _: MicroStx, _: &str) -> bool {
        // The link's own account pays, with what the patient gave it; the settings' ceiling bounds each fee.
        true
    }

    fn passphrase(&self, _: &ProfileName) -> Result<Passphrase, FaceError> {
        Err(Locked.into())
    }

    fn unlocked_words(&self) -> Option<Words> {
        None
    }

    fn unlocks_quietly(&self) -> bool {
        false
    }

    fn progress(&self, _: Task, _: u64) -> Box<dyn Progress> {
        Box::new(NoProgress)
    }
}

struct NoProgress;

impl Progress for NoProgress {
    fn advance(&mut self, _: u64) {}
}
