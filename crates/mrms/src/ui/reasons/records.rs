//! Errors of what people call records.

use mrms_app::records::find::FindRecordError;
use mrms_app::records::handles::HandleError;

use crate::ui::failure::{Exit, Failure};

impl From<FindRecordError> for Failure {
    fn from(error: FindRecordError) -> Self {
        match error {
            FindRecordError::Handle(error) => error.into(),
            FindRecordError::Ask(error) => error.into(),
            FindRecordError::Profile(error) => error.into(),
            error @ FindRecordError::Renumbered => {
                Self::new(Exit::Integrity, "records-renumbered", error.to_string()).hint(
                    "nothing was done. mrms list shows the numbers as they are now, and they count from then on; or name the record by its label",
                )
            }
            other => Self::new(Exit::Failed, "record", other),
        }
    }
}

impl From<HandleError> for Failure {
    fn from(error: HandleError) -> Self {
        match &error {
            HandleError::Unclear { .. } => Self::new(Exit::Usage, "record-unclear", &error).hint(
                "#5 means the record with this number in mrms list, id:5 the one with this id",
            ),
            HandleError::Nothing { near, .. } if !near.is_empty() => {
                Self::new(Exit::NotFound, "record-unknown", &error)
                    .hint(format!("did you mean {}?", near.join(" or ")))
            }
            HandleError::Nothing { text, .. } if is_shared_number(text) => {
                Self::new(Exit::NotFound, "record-unknown", &error)
                    .hint("mrms list --shared-with-me shows what others share with you; --ended also what they did")
            }
            HandleError::Nothing { .. } => Self::new(Exit::NotFound, "record-unknown", &error)
                .hint("mrms list shows your records; name one by its number, label or id"),
            HandleError::Locked { .. } => Self::new(Exit::Usage, "names-locked", &error)
                .hint("mrms key unlock opens them for a while; or give the record's number"),
            HandleError::Several { .. } => Self::new(Exit::Usage, "several-records", &error)
                .hint("name one record by its number, label or id"),
            _ => Self::new(Exit::Failed, "record", &error),
        }
    }
}

/// Whether a text is a number among the records of others, such as `s5`.
fn is_shared_number(text: &str) -> bool {
    let digits = text.strip_prefix('s').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
