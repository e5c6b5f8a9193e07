//! The FHIR server as the face of a home: it has the words of its profile, and nobody to ask.

use mrms_core::MicroStx;
use mrms_crypto::Words;
use mrms_crypto::age_file::Passphrase;
use mrms_home::{Face, FaceError, Notice, ProfileName, Progress, Task};
use zeroize::Zeroizing;

/// What a request does in place of a question to the person.
pub(crate) struct ServerFace {
    phrase: Zeroizing<String>,
}

/// There is nobody to ask.
#[derive(Debug, thiserror::Error)]
#[error("the profile is locked")]
struct Locked;

impl ServerFace {
    pub(crate) const fn new(phrase: Zeroizing<String>) -> Self {
        Self { phrase }
    }
}

impl Face for ServerFace {
    fn notice(&self, notice: &Notice<'_>) {
        // Without the names and ids that a notice has.
        let what = match notice {
            Notice::CannotFinish { .. } => "an interrupted action cannot be finished now",
            Notice::Unreadable { .. } => "what was sent before cannot be read",
            Notice::GoingFirst(_) => "what ends access goes before what waits",
            Notice::NonceUnsure { .. } => "the ledger does not tell the account",
            Notice::FeeUnsure { .. } => "the ledger does not tell the fee",
            Notice::Finished(_) => "an interrupted action was finished",
            Notice::PutBack { .. } => "what a block had is sent again",
            Notice::VaultHasNoCopy { .. } => "a vault has no copy",
            Notice::ReadingCalls { .. } => "a contract's transactions are looked through",
            Notice::LedgerBroken { .. } => "the ledger is not what this profile saw of it",
            _ => "waiting",
        };
        tracing::info!(target: "mrms::fhir", "{what}");
    }

    fn agrees_to_pay(&self, _: MicroStx, _: &str) -> bool {
        // Whoever started the server was told that openings and grants cost; the settings' ceiling bounds it.
        true
    }

    fn passphrase(&self, _: &ProfileName) -> Result<Passphrase, FaceError> {
        Err(Locked.into())
    }

    fn unlocked_words(&self) -> Option<Words> {
        Words::parse(&self.phrase).ok()
    }

    fn unlocks_quietly(&self) -> bool {
        true
    }

    fn progress(&self, _: Task, _: u64) -> Box<dyn Progress> {
        Box::new(NoProgress)
    }
}

struct NoProgress;

impl Progress for NoProgress {
    fn advance(&mut self, _: u64) {}
}
