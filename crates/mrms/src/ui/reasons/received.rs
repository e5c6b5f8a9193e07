//! Errors of what others gave, asked for or sent.

use mrms_app::records::inbox::InboxError;
use mrms_app::records::received::ReceivedError;
use mrms_app::records::send::WithdrawError;
use mrms_app::sharing::purpose::{KnownPurposesError, PurposeError};

use super::refusal_failure;
use crate::ui::failure::{Exit, Failure, chain};

impl From<PurposeError> for Failure {
    fn from(error: PurposeError) -> Self {
        match error {
            PurposeError::Refused(refusal) => refusal_failure(refusal),
            PurposeError::Ask(error) => error.into(),
            PurposeError::Recipient(error) => error.into(),
            PurposeError::Open(error) => error.into(),
            other => Self::new(Exit::Failed, "purpose", chain(&other)),
        }
    }
}

impl From<KnownPurposesError> for Failure {
    fn from(error: KnownPurposesError) -> Self {
        match error {
            KnownPurposesError::Ask(error) => error.into(),
            KnownPurposesError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "no-key", chain(&other)),
        }
    }
}

impl From<InboxError> for Failure {
    fn from(error: InboxError) -> Self {
        let message = chain(&error);
        match error {
            InboxError::Shared(error) => error.into(),
            InboxError::Refused(refusal) => refusal_failure(refusal),
            InboxError::KeyMissing { .. } => Self::new(Exit::NotFound, "key-not-shared", message)
                .hint("ask its sender to send it again, or accept it all the same with --even-unreadable"),
            InboxError::Ask(error) => error.into(),
            InboxError::Send(error) => error.into(),
            InboxError::Profile(error) => error.into(),
            _ => Self::new(Exit::Failed, "no-key", message),
        }
    }
}

impl From<WithdrawError> for Failure {
    fn from(error: WithdrawError) -> Self {
        match error {
            WithdrawError::Refused(refusal) => refusal_failure(refusal),
            WithdrawError::Ask(error) => error.into(),
            WithdrawError::Send(error) => error.into(),
            other => Self::new(Exit::Failed, "withdraw", chain(&other)),
        }
    }
}

impl From<ReceivedError> for Failure {
    fn from(error: ReceivedError) -> Self {
        match error {
            ReceivedError::Ask(error) => error.into(),
            ReceivedError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "no-key", chain(&other)),
        }
    }
}
