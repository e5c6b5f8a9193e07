//! The portal as the face of a home: it has the words of the profile that a session opened, asks nothing, and
//! keeps notices for the page.

use std::sync::{Arc, Mutex, PoisonError};

use mrms_core::MicroStx;
use mrms_crypto::Words;
use mrms_crypto::age_file::Passphrase;
use mrms_home::{Face, FaceError, Notice, ProfileName, Progress, Task};
use zeroize::Zeroizing;

use crate::memory::Memory;
use crate::notes::Notes;

/// What a request does in place of a question to the person.
pub(crate) struct PortalFace {
    /// The profile's words, if it is open.
    phrase: Option<Zeroizing<String>>,
    /// The passphrase that the person just gave, once.
    passphrase: Mutex<Option<Passphrase>>,
    /// What the session keeps, where one has opened the profile: what a person is to read goes there.
    memory: Option<Arc<Memory>>,
}

/// There is nobody to ask in the middle of a request.
#[derive(Debug, thiserror::Error)]
#[error("the profile is locked")]
struct Locked;

impl PortalFace {
    pub(crate) fn with_words(phrase: Zeroizing<String>) -> Self {
        Self { phrase: Some(phrase), passphrase: Mutex::new(None), memory: None }
    }

    /// For what needs no key.
    pub(crate) fn without_words() -> Self {
        Self { phrase: None, passphrase: Mutex::new(None), memory: None }
    }

    pub(crate) fn with_passphrase(passphrase: Passphrase) -> Self {
        Self { phrase: None, passphrase: Mutex::new(Some(passphrase)), memory: None }
    }

    /// The same, and what a person is to read goes into what the session keeps.
    pub(crate) fn telling(self, memory: Arc<Memory>) -> Self {
        Self { memory: Some(memory), ..self }
    }
}

impl Face for PortalFace {
    fn notice(&self, notice: &Notice<'_>) {
        // Without the names and ids that a notice has.
        let what = match notice {
            Notice::CannotFinish { .. } => "an interrupted action cannot be finished now",
            Notice::Unreadable { .. } => "what was sent before cannot be read",
            Notice::GoingFirst(_) => "what ends access goes before what waits",
            Notice::PerhapsGiven { .. } => "a node refused what may be given all the same",
            Notice::NodesDisagree { .. } => "the nodes disagree",
            Notice::NonceUnsure { .. } => "the ledger does not tell the account",
            Notice::FeeUnsure { .. } => "the ledger does not tell the fee",
            Notice::Finished(_) => "an interrupted action was finished",
            Notice::PutBack { .. } => "what a block had is sent again",
            Notice::VaultHasNoCopy { .. } => "a vault has no copy",
            Notice::KeyPublished => "the encryption key is published",
            Notice::ReadingCalls { .. } => "a contract's transactions are looked through",
            _ => "waiting",
        };
        tracing::info!(target: "mrms::portal", "{what}");
        let Some(memory) = &self.memory else { return };
        match notice {
            Notice::GoingFirst(going) => memory.change_notes(|notes| notes.displaced(going)),
            Notice::Finished(resumed) => memory.change_notes(|notes| notes.became(resumed)),
            Notice::PerhapsGiven { what, act } => {
                memory.change_notes(|notes| notes.perhaps_given(what, act));
            }
            Notice::NodesDisagree { ends: true, .. } => memory.change_notes(Notes::nodes_disagree),
            Notice::NonceUnsure { .. } => memory.change_notes(Notes::nonce_is_unsure),
            Notice::FeeUnsure { .. } => memory.change_notes(Notes::fee_is_unsure),
            _ => {}
        }
    }

    fn agrees_to_pay(&self, _: MicroStx, _: &str) -> bool {
        // The pages say that the person pays before a form is sent; the settings' ceiling bounds it.
        true
    }

    fn passphrase(&self, _: &ProfileName) -> Result<Passphrase, FaceError> {
        let mut given = self.passphrase.lock().unwrap_or_else(PoisonError::into_inner);
        given.take().ok_or_else(|| Locked.into())
    }

    fn unlocked_words(&self) -> Option<Words> {
        Words::parse(self.phrase.as_ref()?).ok()
    }

    fn unlocks_quietly(&self) -> bool {
        self.phrase.is_some()
    }

    fn progress(&self, _: Task, _: u64) -> Box<dyn Progress> {
        Box::new(NoProgress)
    }
}

struct NoProgress;

impl Progress for NoProgress {
    fn advance(&mut self, _: u64) {}
}
