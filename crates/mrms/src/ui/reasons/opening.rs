//! Errors of opening records, and listing those of others.

use mrms_app::access::open::OpenRecordError;
use mrms_app::records::shared::SharedError;
use mrms_app::sharing::emergency::EmergencyError;

use super::home::{cannot, is_format};
use super::ledger::refusal_failure;
use crate::ui::failure::{Exit, Failure, chain};

impl From<OpenRecordError> for Failure {
    fn from(error: OpenRecordError) -> Self {
        use mrms_crypto::content::OpenError;
        use mrms_crypto::stream::StreamError;
        let message = chain(&error);
        match error {
            OpenRecordError::Send(error) => error.into(),
            OpenRecordError::Ask(error) => error.into(),
            OpenRecordError::Store(error) => error.into(),
            OpenRecordError::NotFound { .. } => {
                Self::new(Exit::NotFound, "version-not-found", message)
            }
            OpenRecordError::NoKey { .. } => Self::new(Exit::NotAllowed, "key-not-shared", message)
                .hint("ask the patient to run mrms grant again: it shares what was not shared yet"),
            OpenRecordError::Vaults(error) => error.into(),
            OpenRecordError::NoSalt { ref unanswered, .. } if !unanswered.is_empty() => {
                Self::new(Exit::Unreachable, "vault-unreachable", message)
                    .hint("repeat the command when they answer: they may have it")
            }
            OpenRecordError::NoSalt { .. } => Self::new(Exit::NotAllowed, "no-share", message)
                .hint("the words alone don't open an erasable record: name every vault that you used under [vault] urls in mrms.toml, or restore a backup that was made with --with-epoch-keys; without the salt nobody can open it, and nothing else of yours is lost"),
            OpenRecordError::Profile(error) => error.into(),
            OpenRecordError::Closed { reason, .. } => Self { message, ..refusal_failure(reason) },
            OpenRecordError::OtherIdentity => {
                Self::new(Exit::NotAllowed, "other-identity", message)
                    .hint("ask the patient to run mrms grant again, which wraps the key for the one you have now")
            }
            OpenRecordError::OtherKey { .. } => {
                Self::new(Exit::Integrity, "key-does-not-fit", message)
                    .hint("ask the patient to run mrms grant again: it leaves the right key")
            }
            OpenRecordError::Open(OpenError::Stream(StreamError::Write { source })) => {
                cannot("write", std::path::Path::new("the output"), &source)
            }
            OpenRecordError::Open(OpenError::Stream(StreamError::Read { ref source }))
                if !is_format(source) =>
            {
                Self::new(Exit::Unreachable, "content-unreadable", message)
                    .hint("the ciphertext did not come whole: repeat the command when the vault can be reached, or when the disk is well again")
            }
            OpenRecordError::NoKeyInRing(_) => Self::new(Exit::Failed, "no-key", message),
            OpenRecordError::Envelope { .. } => {
                Self::new(Exit::Integrity, "not-an-envelope", message).hint(
                    "its content was put there by another program: mrms contract read get-record-version shows the bytes",
                )
            }
            _ => Self::new(Exit::Integrity, "content-altered", message)
                .hint("restore the home folder's vault from a backup; mrms verify ID checks a record whole"),
        }
    }
}

impl From<SharedError> for Failure {
    fn from(error: SharedError) -> Self {
        match error {
            SharedError::Ask(error) => error.into(),
            SharedError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "list", chain(&other)),
        }
    }
}

impl From<EmergencyError> for Failure {
    fn from(error: EmergencyError) -> Self {
        let message = chain(&error);
        match error {
            EmergencyError::NoReason => Self::new(Exit::Usage, "no-reason", message)
                .hint("say in a sentence why: --emergency \"unconscious, no next of kin\""),
            EmergencyError::Characters { .. } => {
                Self::new(Exit::Usage, "reason-characters", message)
                    .hint("write it as one line; the patient reads it as it is")
            }
            EmergencyError::Refused(refusal) => refusal_failure(refusal),
            EmergencyError::Ask(error) => error.into(),
            EmergencyError::Profile(error) => error.into(),
            EmergencyError::Recipient(error) => error.into(),
            EmergencyError::Open(error) => error.into(),
            _ => Self::new(Exit::Failed, "no-key", message),
        }
    }
}
