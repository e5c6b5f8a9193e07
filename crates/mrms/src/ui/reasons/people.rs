//! Errors of names.

use mrms_home::NameError;

use crate::ui::failure::{Exit, Failure};

impl From<NameError> for Failure {
    fn from(error: NameError) -> Self {
        match &error {
            NameError::Unclear { .. } => Self::new(Exit::Usage, "name-unclear", &error).hint(
                "name the one you mean with the end of the principal, or by the whole principal",
            ),
            NameError::Nobody { near, .. } if near.is_empty() => {
                Self::new(Exit::NotFound, "name-unknown", &error)
                    .hint("mrms people list shows whom you know; mrms people add takes a card")
            }
            NameError::Nobody { near, .. } => Self::new(Exit::NotFound, "name-unknown", &error)
                .hint(format!("did you mean {}?", near.join(" or "))),
            NameError::Locked { .. } => Self::new(Exit::Usage, "names-locked", &error)
                .hint("mrms key unlock opens them for a while; or give the principal"),
            _ => Self::new(Exit::Failed, "name", &error),
        }
    }
}
