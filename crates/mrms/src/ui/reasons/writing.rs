//! Errors of writing, sharing and erasing records.

use mrms_app::records::bring::BringError;
use mrms_app::records::erase::EraseError;
use mrms_app::records::pass_on::PassOnError;
use mrms_app::records::rename::RenameError;
use mrms_app::records::write::WriteError;
use mrms_app::sharing::grant::ShareError;
use mrms_app::sharing::recipients::RecipientError;
use mrms_home::HomeError;
use mrms_home::erasing::EraseRecordError;

use super::home::cannot;
use super::ledger::refusal_failure;
use crate::ui::failure::{Exit, Failure, chain};

impl From<EraseRecordError> for Failure {
    fn from(error: EraseRecordError) -> Self {
        match error {
            EraseRecordError::Erase(error) => error.into(),
            EraseRecordError::Home(HomeError::NotSent) => {
                Self::new(Exit::Failed, "not-sent", "nothing was sent")
            }
            EraseRecordError::Home(error) => error.into(),
            error => Self::new(Exit::Failed, "failed", chain(&error)),
        }
    }
}

impl From<PassOnError> for Failure {
    fn from(error: PassOnError) -> Self {
        match error {
            PassOnError::Open(error) => error.into(),
            PassOnError::Write(error) => error.into(),
            error => Self::new(Exit::Failed, "failed", chain(&error)),
        }
    }
}

impl From<RenameError> for Failure {
    fn from(error: RenameError) -> Self {
        match error {
            RenameError::Ask(error) => error.into(),
            RenameError::PassOn(error) => error.into(),
            error => Self::new(Exit::Failed, "failed", chain(&error)),
        }
    }
}

impl From<BringError> for Failure {
    fn from(error: BringError) -> Self {
        match error {
            BringError::Ask(error) => error.into(),
            BringError::Profile(error) => error.into(),
            BringError::PassOn(error) => error.into(),
            BringError::NotSent => Self::new(Exit::Failed, "not-sent", "nothing was sent"),
            error => Self::new(Exit::Failed, "failed", chain(&error)),
        }
    }
}

impl From<EraseError> for Failure {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::Refused(refusal) => refusal_failure(refusal),
            EraseError::Ask(error) => error.into(),
            EraseError::Send(error) => error.into(),
            EraseError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "erase", chain(&other)),
        }
    }
}

impl From<RecipientError> for Failure {
    fn from(error: RecipientError) -> Self {
        let message = chain(&error);
        match error {
            RecipientError::Ask(error) => error.into(),
            RecipientError::Profile(error) => error.into(),
            RecipientError::NoKey(_) => {
                Self::new(Exit::Failed, "no-key", message).hint("make a profile with other words")
            }
            RecipientError::NotPublished { .. } => {
                Self::new(Exit::NotFound, "no-encryption-key", message)
                    .hint("ask them to run mrms key publish")
            }
            RecipientError::OtherNetwork { here, .. } => {
                Self::new(Exit::Usage, "other-network", message)
                    .hint(format!("name {here}, if it is this person whom you mean"))
            }
            RecipientError::IsContract { .. } => Self::new(Exit::Usage, "is-contract", message)
                .hint("name the account of a person: mrms key show prints it for its owner. A contract has no key to open a record with"),
            RecipientError::Changed { .. } => {
                Self::new(Exit::NotAllowed, "key-changed", message).hint(
                    "ask them, by another way than this, to read you the fingerprint that mrms key show prints; if it is the new one, mrms key trust PRINCIPAL takes it, and shares again with it what they may open",
                )
            }
            RecipientError::NotOnCard { .. } => Self::new(Exit::NotAllowed, "key-not-on-card", message).hint(
                "ask them for their newest card, and mrms people add takes it; or ask them, by another way than this, to read you the fingerprint that mrms key show prints: if it is the published one, mrms key trust takes it, and shares again with it what they may open",
            ),
            _ => Self::new(Exit::Integrity, "encryption-key-malformed", message)
                .hint("ask them to run mrms key publish"),
        }
    }
}

impl From<ShareError> for Failure {
    fn from(error: ShareError) -> Self {
        let message = chain(&error);
        match error {
            ShareError::Refused(refusal) => refusal_failure(refusal),
            ShareError::Recipient(error) => error.into(),
            ShareError::Ask(error) => error.into(),
            ShareError::Send(error) => error.into(),
            ShareError::Open(error) => error.into(),
            ShareError::Profile(error) => error.into(),
            ShareError::Vaults(error) => error.into(),
            ShareError::FormerContract { .. } => Self::new(Exit::Failed, "former-contract", message)
                .hint("mrms contract deploy puts the present one onto the ledger; docs/design/upgrades.md says what stays"),
            ShareError::NotByDelegate { .. } => Self::new(Exit::Usage, "not-by-delegate", message)
                .hint("leave out -o: it is opened and shared at once"),
            ShareError::DirectByDelegate => Self::new(Exit::NotAllowed, "not-by-delegate", message)
                .hint("leave out --direct; only the patient puts keys on chain"),
            ShareError::ErasableDirect { .. } => {
                Self::new(Exit::Failed, "erasable-direct", message)
                    .hint("leave out --direct: the vault releases its key and can erase it")
            }
            _ => Self::new(Exit::Failed, "no-key", message).hint("make a profile with other words"),
        }
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        use mrms_crypto::content::SealError;
        use mrms_crypto::stream::StreamError;
        let message = chain(&error);
        match error {
            WriteError::Empty => Self::new(Exit::Usage, "empty-content", message)
                .hint("there is nothing to put on record"),
            WriteError::LabelCharacters { .. } => {
                Self::new(Exit::Usage, "label-characters", message).hint(
                    "write it as one line, without characters that turn the reading direction",
                )
            }
            WriteError::OtherContent { .. } => {
                Self::new(Exit::Integrity, "content-altered", message)
            }
            WriteError::OtherPatient { .. } => Self::new(Exit::NotAllowed, "other-patient", message)
                .hint("nothing was sealed. If they have taken the record over, ask them for the fingerprint of their key, and name them with --patient; if nobody has, the ledger lies"),
            WriteError::Refused(refusal) => refusal_failure(refusal),
            WriteError::Store(error) => error.into(),
            WriteError::Ask(error) => error.into(),
            WriteError::Send(error) => error.into(),
            WriteError::Recipient(error) => error.into(),
            WriteError::Profile(error) => error.into(),
            WriteError::Share(error) => (*error).into(),
            WriteError::Vaults(error) => error.into(),
            WriteError::Read(source) => cannot("read", std::path::Path::new("the file"), &source),
            WriteError::Seal(SealError::Stream(StreamError::Read { source })) => {
                cannot("read", std::path::Path::new("the file"), &source)
            }
            WriteError::Seal(ref seal) => match seal {
                SealError::Stream(StreamError::Write { source }) => {
                    cannot("keep", std::path::Path::new("the ciphertext"), source)
                }
                _ => Self::new(Exit::Failed, "file-changed", message)
                    .hint("the file changed while it was read: repeat the command"),
            },
            _ => Self::new(Exit::Failed, "write", message).hint("nothing was put on record"),
        }
    }
}

impl From<mrms_app::sharing::keys::KeyError> for Failure {
    fn from(error: mrms_app::sharing::keys::KeyError) -> Self {
        use mrms_app::sharing::keys::KeyError;
        let message = chain(&error);
        match error {
            KeyError::Ask(error) => error.into(),
            KeyError::Send(error) => error.into(),
            KeyError::ForeignKey => Self::new(Exit::Integrity, "foreign-key", message)
                .hint("these are other words, or somebody published a key in this account's name"),
            _ => Self::new(Exit::Failed, "no-key", message),
        }
    }
}
