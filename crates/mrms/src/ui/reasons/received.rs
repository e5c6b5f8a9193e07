//! Errors of what others gave, asked for or sent.

use mrms_app::records::received::ReceivedError;
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

impl From<ReceivedError> for Failure {
    fn from(error: ReceivedError) -> Self {
        match error {
            ReceivedError::Ask(error) => error.into(),
            ReceivedError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "no-key", chain(&other)),
        }
    }
}
