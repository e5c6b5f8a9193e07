//! Errors of what others gave, asked for or sent.

use mrms_app::records::received::ReceivedError;

use crate::ui::failure::{Exit, Failure, chain};

impl From<ReceivedError> for Failure {
    fn from(error: ReceivedError) -> Self {
        match error {
            ReceivedError::Ask(error) => error.into(),
            ReceivedError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "no-key", chain(&other)),
        }
    }
}
